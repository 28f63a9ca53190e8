//! Which letter or digit may stand for which.

use unicode_normalization::UnicodeNormalization as _;

use super::super::spelling::hiragana;

/// Letters that may stand for each other; no letter is in two alphabets, so that an output has the format of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// So many characters in a row, from this one.
    Row(char, u16),
    /// The kana without voicing marks and small forms, as far from hiragana as this.
    Kana(u32),
    /// What lies in the same 64 characters of Unicode and is of the same sort.
    Block(char),
}

/// A character's place in its alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) alphabet: Alphabet,
    pub(super) index: u16,
}

impl Letter {
    pub(super) fn is_digit(self) -> bool {
        matches!(self.alphabet, Alphabet::Row('0' | '０', _))
    }
}

/// The character as a letter or digit; none for what stays. With `accents` of no account letters that differ in
/// nothing else count as one, and come out without.
#[inline]
pub(super) fn letter(c: char, accents: bool) -> Option<Letter> {
    match c {
        '0'..='9' => Some(of_row(c, '0', 10)),
        'a'..='z' => Some(of_row(c, 'a', 26)),
        'A'..='Z' => Some(of_row(c, 'A', 26)),
        _ if c.is_ascii() => None,
        _ => beyond_ascii(c, accents),
    }
}

fn beyond_ascii(c: char, accents: bool) -> Option<Letter> {
    if !c.is_alphanumeric() {
        return None;
    }
    if accents && let Some(letter) = plain(c) {
        return Some(letter);
    }
    match c {
        'ß' | 'ÿ' => None, // these have no capital in a row with the others
        _ => in_row(c, ROWS).or_else(|| in_block(c)),
    }
}

fn of_row(c: char, first: char, count: u16) -> Letter {
    Letter {
        alphabet: Alphabet::Row(first, count),
        index: (c as u32 - first as u32) as u16,
    }
}

const ASCII: &[(char, u16)] = &[('0', 10), ('a', 26), ('A', 26)];

/// Full width, Latin-1, Cyrillic, kana in both widths, Chinese characters, Hangul.
const ROWS: &[(char, u16)] = &[
    ('０', 10),
    ('ａ', 26),
    ('Ａ', 26),
    ('à', 23),
    ('À', 23),
    ('ø', 7),
    ('Ø', 7),
    ('а', 32),
    ('А', 32),
    ('ぁ', 83),
    ('ァ', 86),
    ('ｱ', 45),
    (HAN, 20_902),
    ('가', 11_172),
];
const HAN: char = '一';

fn in_row(c: char, rows: &[(char, u16)]) -> Option<Letter> {
    rows.iter().find_map(|(first, count)| {
        let index = u16::try_from((c as u32).checked_sub(*first as u32)?).ok()?;
        (index < *count).then_some(Letter {
            alphabet: Alphabet::Row(*first, *count),
            index,
        })
    })
}

/// The letter without accents, in the row of the plain ones.
fn plain(c: char) -> Option<Letter> {
    let kana = hiragana(std::iter::once(c).nfd().next()?);
    if let Some(index) = KANA.iter().position(|known| *known == kana) {
        let katakana = u32::from(('ァ'..='ヺ').contains(&c)) * 0x60;
        return Some(Letter {
            alphabet: Alphabet::Kana(katakana),
            index: index as u16,
        });
    }
    in_row(std::iter::once(c).nfd().next()?, ASCII)
}

/// The kana that a collation without accents tells apart.
const KANA: [char; 46] = [
    'あ', 'い', 'う', 'え', 'お', 'か', 'き', 'く', 'け', 'こ', 'さ', 'し', 'す', 'せ', 'そ', 'た', 'ち',
    'つ', 'て', 'と', 'な', 'に', 'ぬ', 'ね', 'の', 'は', 'ひ', 'ふ', 'へ', 'ほ', 'ま', 'み', 'む', 'め',
    'も', 'や', 'ゆ', 'よ', 'ら', 'り', 'る', 'れ', 'ろ', 'わ', 'を', 'ん',
];

/// Chinese characters that names and addresses are full of.
const COMMON: [char; 64] = [
    '一', '三', '上', '下', '中', '丸', '久', '井', '今', '光', '北', '千', '南', '原', '口', '和', '土',
    '大', '太', '宮', '小', '山', '岡', '島', '川', '平', '幸', '広', '木', '本', '村', '東', '松', '林',
    '森', '橋', '水', '永', '池', '河', '浜', '清', '田', '白', '石', '神', '福', '秋', '竹', '西', '谷',
    '豊', '金', '長', '青', '高', '野', '里', '村', '春', '花', '星', '月', '雪',
];

fn in_block(c: char) -> Option<Letter> {
    let index = block(c).position(|other| other == c)?;
    Some(Letter {
        alphabet: Alphabet::Block(c),
        index: index as u16,
    })
}

/// The characters of the 64 around `c` that are of its sort and in no row.
fn block(c: char) -> impl Iterator<Item = char> {
    let sort = |c: char| (c.is_alphabetic(), c.is_lowercase(), c.is_uppercase());
    let first = c as u32 & !63;
    (first..first + 64)
        .filter_map(char::from_u32)
        .filter(move |other| other.is_alphanumeric() && sort(*other) == sort(c))
        .filter(|other| in_row(*other, ROWS).is_none() && !matches!(other, 'ß' | 'ÿ'))
}

impl Alphabet {
    /// How many letters it has.
    pub(super) fn size(self) -> u16 {
        match self {
            Self::Row(_, count) => count,
            Self::Kana(_) => KANA.len() as u16,
            Self::Block(c) => block(c).count() as u16,
        }
    }

    /// Its letter of that place.
    pub(super) fn at(self, index: u16) -> char {
        match self {
            Self::Row(first, _) => char::from_u32(first as u32 + u32::from(index)).unwrap_or(first),
            Self::Kana(far) => {
                let kana = KANA[usize::from(index) % KANA.len()];
                char::from_u32(kana as u32 + far).unwrap_or(kana)
            }
            Self::Block(c) => block(c).nth(index.into()).unwrap_or(c),
        }
    }

    /// A letter for that place that people can read: not every place has its own.
    pub(super) fn common(self, index: u16) -> char {
        match self {
            Self::Row(HAN, _) => COMMON[usize::from(index) % COMMON.len()],
            _ => self.at(index),
        }
    }
}
