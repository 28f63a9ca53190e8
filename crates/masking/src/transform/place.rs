//! Where a value stands, and what a transform draws from for it.

use unicode_normalization::UnicodeNormalization as _;

use super::numbers::Numbers;
use super::spelling::{Spelling, spelt};
use crate::coverage::ColumnTreatment;
use crate::key::{Key, Prf, Stream};
use crate::schema::{Column, Engine, Kind};

/// What a transform is told of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) engine: Engine,
    pub(super) kind: Kind,
    /// The longest output in characters.
    pub(super) limit: usize,
    /// The longest output in bytes.
    pub(super) byte_limit: usize,
    /// Outputs are a function of the value.
    pub(super) exact: bool,
    /// Other columns hold the same values, perhaps spelt otherwise.
    pub(super) linked: bool,
    /// Distinct values must give distinct outputs.
    pub(super) unique: bool,
    /// Which spellings count as one.
    pub(super) spelling: Spelling,
    /// The character set may not hold more than ASCII.
    pub(super) narrow: bool,
    /// The numbers that the type can hold.
    pub(super) numbers: Numbers,
    /// The first and the last year that the type can hold.
    pub(super) years: (i64, i64),
}

impl Place {
    pub(super) fn of(treatment: &ColumnTreatment, column: &Column, engine: Engine) -> Self {
        let limit = treatment.room.or(column.max_length).unwrap_or(usize::MAX);
        // What MySQL calls the length of a TEXT is in bytes.
        let in_bytes = engine == Engine::Mysql && column.type_name.to_ascii_lowercase().contains("text");
        Self {
            engine,
            kind: column.kind,
            limit,
            byte_limit: if in_bytes { limit } else { usize::MAX },
            exact: treatment.linked || treatment.apart,
            linked: treatment.linked,
            unique: treatment.apart,
            spelling: Spelling::of(treatment, column, engine),
            narrow: column.narrow_charset,
            numbers: Numbers::of(column),
            years: years(column, engine),
        }
    }

    /// The place of a leaf of a document.
    pub(super) fn inside(&self, kind: Kind) -> Self {
        Self {
            kind,
            limit: usize::MAX,
            byte_limit: usize::MAX,
            unique: false,
            narrow: false,
            numbers: Numbers::ANY,
            years: TEXT_YEARS,
            ..*self
        }
    }
}

const TEXT_YEARS: (i64, i64) = (1, 9999);

/// PostgreSQL's manual, table 8.9, and MySQL's, "Date and Time Data Types", a year inside where the limit depends on the
/// zone.
fn years(column: &Column, engine: Engine) -> (i64, i64) {
    match (engine, column.kind) {
        (Engine::Postgres, Kind::Date) => (-4711, 5_874_896),
        (Engine::Postgres, Kind::Timestamp) => (-4711, 294_275),
        (Engine::Mysql, Kind::Timestamp)
            if column.type_name.to_ascii_lowercase().starts_with("timestamp") =>
        {
            (1971, 2037)
        }
        _ => TEXT_YEARS,
    }
}

/// Where pseudo-random numbers come from, and room to work in: no value costs an allocation.
#[derive(Clone)]
pub(super) struct Draw {
    /// The function of the group.
    pub(super) group: Prf,
    fresh: Prf,
    persons: Prf,
    part: u64,
    count: u64,
    respelt: String,
    pub(super) symbols: Vec<u16>,
    pub(super) radices: Vec<u16>,
}

impl Draw {
    pub(super) fn new(group: &str, key: &Key, part: u64) -> Self {
        let group = key.group(group);
        Self {
            fresh: key.fresh(&group),
            persons: group.apart("persons"),
            group,
            part,
            count: 0,
            respelt: String::new(),
            symbols: Vec::new(),
            radices: Vec::new(),
        }
    }

    /// A stream that nothing else draws from.
    pub(super) fn fresh(&mut self) -> Stream {
        self.count += 1;
        self.fresh.numbered(self.part, self.count)
    }
}

impl std::fmt::Debug for Draw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draw(…)")
    }
}

/// One value's place, and what it draws from.
pub(super) struct Cell<'a> {
    pub(super) place: &'a Place,
    pub(super) draw: &'a mut Draw,
    /// The value of the companion column.
    pub(super) by: Option<&'a [u8]>,
}

impl Cell<'_> {
    /// What the output is drawn from: the value, spelt alike where the column compares alike; or chance.
    pub(super) fn stream(&mut self, value: &str) -> Stream {
        if !self.place.exact {
            return self.draw.fresh();
        }
        let draw = &mut *self.draw;
        let text = if self.place.linked {
            spelt(value, self.place.spelling, &mut draw.respelt)
        } else {
            value // what is merely unique must stay apart
        };
        draw.group.stream(text.as_bytes())
    }

    /// The same for bytes.
    pub(super) fn stream_of_bytes(&mut self, value: &[u8]) -> Stream {
        if self.place.exact {
            self.draw.group.stream(value)
        } else {
            self.draw.fresh()
        }
    }

    /// What all values of the person draw from whom the companion column names.
    pub(super) fn stream_of_person(&mut self) -> Stream {
        match self.by {
            Some(person) => self.draw.persons.stream(person),
            None => self.draw.fresh(),
        }
    }

    /// Appends the first of the outputs `make(0)`, `make(1)` that is not the value itself.
    pub(super) fn other_than(&self, value: &str, out: &mut Vec<u8>, make: impl Fn(usize, &mut Vec<u8>)) {
        let start = out.len();
        make(0, out);
        cut(out, start, self.place);
        if out[start..].eq_ignore_ascii_case(value.trim_end().as_bytes()) {
            out.truncate(start);
            make(1, out);
        }
    }
}

/// Appends text.
pub(super) fn push(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// Appends a number of at least `width` decimal digits.
pub(super) fn number(number: u128, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 40];
    let (mut left, mut at) = (number, digits.len());
    while left > 0 {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    at = at.min(digits.len() - width.clamp(1, digits.len()));
    out.extend_from_slice(&digits[at..]);
}

/// Takes off what does not fit the place, character by character, of the text that begins at `start`.
pub(super) fn cut(out: &mut Vec<u8>, start: usize, place: &Place) {
    let length = out.len() - start;
    if length <= place.limit && length <= place.byte_limit {
        return;
    }
    let is_start = |byte: &u8| byte & 0xC0 != 0x80;
    let fits = out[start..]
        .iter()
        .enumerate()
        .filter(|(_, byte)| is_start(byte))
        .nth(place.limit)
        .map_or(length, |(at, _)| at);
    let mut end = fits.min(place.byte_limit);
    while end < length && end > 0 && !is_start(&out[start + end]) {
        end -= 1;
    }
    out.truncate(start + end);
}

/// Appends a word of the lists; without accents where the character set may not have them.
pub(super) fn word(text: &str, place: &Place, out: &mut Vec<u8>) {
    if !place.narrow || text.is_ascii() {
        return push(text, out);
    }
    for c in text.nfd() {
        match c {
            'ß' => push("ss", out),
            c if c.is_ascii() => out.push(c as u8),
            _ => {}
        }
    }
}
