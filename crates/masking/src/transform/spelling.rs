//! Which spellings a column takes for one: what refers to a value by another spelling must be masked like it.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::coverage::ColumnTreatment;
use crate::schema::{Column, Engine};

/// How a column compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Case does not count.
    pub(super) case: bool,
    /// Neither do accents, the width of a character, nor which kana it is written in.
    pub(super) accents: bool,
    /// Nor do blanks at the end.
    pub(super) blanks: bool,
}

impl Spelling {
    /// MySQL's collations that ignore case ignore accents too, but for the few called `_as_ci`; PostgreSQL's citext does
    /// not. Both pad `char(n)`, and MySQL's older collations pad everything.
    pub(super) fn of(treatment: &ColumnTreatment, column: &Column, engine: Engine) -> Self {
        let mysql = engine == Engine::Mysql;
        Self {
            case: treatment.fold,
            accents: treatment.fold && mysql,
            blanks: mysql
                || column.type_name.starts_with("character(")
                || column.type_name.starts_with("char("),
        }
    }
}

/// The value in the spelling that stands for all that compare like it; `room` is where it is written.
pub(super) fn spelt<'a>(value: &'a str, spelling: Spelling, room: &'a mut String) -> &'a str {
    let value = if spelling.blanks {
        value.trim_end_matches(' ')
    } else {
        value
    };
    if !spelling.case && !spelling.accents {
        return value;
    }
    room.clear();
    if value.is_ascii() {
        room.push_str(value);
        room.make_ascii_lowercase();
    } else if spelling.accents {
        let plain = value.nfkd().filter(|c| !is_combining_mark(*c)).map(hiragana);
        room.extend(plain.flat_map(char::to_lowercase));
    } else {
        room.extend(value.chars().flat_map(char::to_lowercase));
    }
    room
}

/// The large hiragana of a kana, which has no voicing mark any more.
pub(super) fn hiragana(c: char) -> char {
    let c = match c {
        'ァ'..='ヶ' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
        _ => c,
    };
    match c {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        _ => c,
    }
}
