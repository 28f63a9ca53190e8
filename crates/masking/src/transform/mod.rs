//! The transforms, one file each, and [`Masker`], which applies one of them to the values of a column.
//!
//! Every transform is deterministic under a key: the same input gives the same output within a run, and nothing
//! that can be computed without the key. NULL stays NULL and empty stays empty, whatever the transform.

mod address;
mod array;
mod bytes;
mod company;
mod date;
mod email;
mod hash;
mod ip;
mod json;
mod lists;
mod name;
mod noise;
mod phone;
mod postcode;
mod text;
mod url;
mod username;
mod uuid;

pub use json::{InvalidPath, Path};
pub(crate) use lists::is_name;
pub use name::Part;

use crate::coverage::ColumnTreatment;
use crate::key::{Key, Prf};
use crate::schema::{Column, Engine, Kind};

/// What happens to the values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// The values stay as they are. With a reason, personal data that the scan finds in them is accepted.
    Keep {
        /// Why, as the rules file says.
        reason: Option<String>,
    },
    /// NULL.
    Null,
    /// The same value in every row.
    Constant(String),
    /// Hexadecimal digits, up to 32.
    Hash,
    /// `u<letters>@example.com`.
    Email,
    /// A person's name.
    Name {
        /// First, last or full.
        part: Part,
        /// The language.
        locale: Locale,
    },
    /// Other digits in the same format; prefix and length stay.
    Phone,
    /// A street address.
    Address(Locale),
    /// A city.
    City(Locale),
    /// Other digits and letters in the same format.
    Postcode,
    /// A company's name.
    Company(Locale),
    /// `user_<letters>`.
    Username,
    /// Moved by up to so many days, never by none; the time of day stays.
    Date {
        /// The farthest that a date moves, in days, at least 1.
        shift_days: u32,
    },
    /// An address of the documentation ranges (RFC 5737, RFC 3849).
    Ip,
    /// `https://example.com/<letters>`.
    Url,
    /// A random UUID (version 4).
    Uuid,
    /// A number near the old one.
    Noise {
        /// The farthest that a number moves, in percent.
        percent: u32,
    },
    /// Free text emptied.
    TextDrop,
    /// Free text in which e-mails, phones, card numbers and IP addresses are replaced by `[email]` and so on.
    TextRedact,
    /// Leaves of a JSON document, each path with its transform; the first path that matches wins.
    Json(Vec<(Path, Transform)>),
    /// Random bytes of the same length.
    Bytes,
}

/// The language of made-up names and addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
    /// Japanese names in katakana.
    Kana,
}

/// The transforms that a rules file can name without options, for messages.
pub const NAMES: &[&str] = &[
    "keep",
    "null",
    "constant",
    "hash",
    "email",
    "name",
    "first_name",
    "last_name",
    "full_name",
    "phone",
    "address",
    "city",
    "postcode",
    "company",
    "username",
    "date",
    "ip",
    "url",
    "uuid",
    "noise",
    "text",
    "json",
    "bytes",
];

impl Transform {
    /// The transform's name in a rules file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep { .. } => "keep",
            Self::Null => "null",
            Self::Constant(_) => "constant",
            Self::Hash => "hash",
            Self::Email => "email",
            Self::Name { .. } => "name",
            Self::Phone => "phone",
            Self::Address(_) => "address",
            Self::City(_) => "city",
            Self::Postcode => "postcode",
            Self::Company(_) => "company",
            Self::Username => "username",
            Self::Date { .. } => "date",
            Self::Ip => "ip",
            Self::Url => "url",
            Self::Uuid => "uuid",
            Self::Noise { .. } => "noise",
            Self::TextDrop | Self::TextRedact => "text",
            Self::Json(_) => "json",
            Self::Bytes => "bytes",
        }
    }

    /// Whether values stay as they are.
    #[must_use]
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Keep { .. })
    }

    /// Whether the transform can be applied to values of that kind.
    #[must_use]
    pub fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Keep { .. } | Self::Null | Self::Constant(_) => true,
            Self::Date { .. } => matches!(kind, Kind::Date | Kind::Timestamp | Kind::Text),
            Self::Ip => matches!(kind, Kind::Inet | Kind::Text),
            Self::Uuid => matches!(kind, Kind::Uuid | Kind::Text),
            Self::Json(_) => matches!(kind, Kind::Json | Kind::Text),
            Self::Noise { .. } => matches!(kind, Kind::Integer | Kind::Number),
            Self::Bytes => kind == Kind::Bytes,
            Self::TextDrop => matches!(kind, Kind::Text | Kind::Bytes | Kind::TsVector),
            _ => kind == Kind::Text,
        }
    }

    /// The shortest column, in characters, that its values fit in; `unique` ones need room to stay apart.
    #[must_use]
    pub fn needs_length(&self, unique: bool) -> usize {
        match self {
            Self::Email => email::DOMAIN.len() + if unique { 14 } else { 5 },
            Self::Hash if unique => 16,
            Self::Username => {
                if unique {
                    18
                } else {
                    8
                }
            }
            Self::Url => url::BASE.len() + if unique { 13 } else { 4 },
            Self::Uuid => 36,
            Self::Ip => 13,
            Self::Date { .. } => 10,
            Self::Constant(value) => value.chars().count(),
            _ => 1,
        }
    }

    /// Whether unique inputs give unique outputs.
    #[must_use]
    pub fn keeps_unique(&self) -> bool {
        matches!(
            self,
            Self::Keep { .. }
                | Self::Null
                | Self::Hash
                | Self::Email
                | Self::Phone
                | Self::Username
                | Self::Url
                | Self::Uuid
                | Self::Date { .. }
        )
    }

    /// Whether its outputs are so many that meeting an original among them by chance is out of the question.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        matches!(
            self,
            Self::Hash | Self::Email | Self::Username | Self::Url | Self::Uuid
        )
    }
}

/// One transform, made ready for one column.
#[derive(Clone, Debug)]
pub struct Masker {
    transform: Transform,
    prf: Prf,
    engine: Engine,
    kind: Kind,
    array: bool,
    limit: usize,
    fold: bool,
    unique: bool,
}

impl Masker {
    /// The masker of `column`, under the run's key. Each stream of rows has maskers of its own: `part` is its number,
    /// other than that of every other stream over the same column.
    #[must_use]
    pub fn new(treatment: &ColumnTreatment, column: &Column, engine: Engine, key: &Key, part: u64) -> Self {
        let _ = part;
        Self {
            transform: treatment.transform.clone(),
            prf: key.group(&treatment.group),
            engine,
            kind: column.kind,
            array: column.array,
            limit: column.max_length.unwrap_or(usize::MAX),
            fold: treatment.fold,
            unique: treatment.unique,
        }
    }

    /// The masked form of a value in the engine's text form (bytes as they are in MySQL, `\x…` in PostgreSQL);
    /// `None` is NULL. NULL itself is never masked.
    #[must_use]
    pub fn mask(&self, value: &[u8]) -> Option<Vec<u8>> {
        match &self.transform {
            Transform::Keep { .. } => Some(value.to_vec()),
            Transform::Null => None,
            Transform::Constant(constant) => Some(constant.clone().into_bytes()),
            _ if value.is_empty() => Some(Vec::new()),
            Transform::Bytes => Some(bytes::mask(value, &self.prf, self.engine)),
            Transform::TextDrop if self.kind == Kind::Bytes => Some(bytes::empty(self.engine)),
            _ => {
                let text = String::from_utf8_lossy(value);
                let masked = if self.array {
                    array::mask(&text, &mut |element| self.text(element))
                } else {
                    self.text(&text)
                };
                Some(masked.into_bytes())
            }
        }
    }

    /// The column of the same row whose value, as text, [`Self::mask_into`] wants beside the column's own.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        None
    }

    /// Appends the masked form of a value to `out`; `false` is NULL, and nothing is appended then. The value is in the
    /// engine's text form, as [`Self::mask`] takes it, `by` that of the column [`Self::by`] in the engine's text form.
    /// NULL itself is never masked.
    #[must_use]
    pub fn mask_into(&mut self, value: &[u8], by: Option<&[u8]>, out: &mut Vec<u8>) -> bool {
        let _ = by;
        match self.mask(value) {
            Some(masked) => {
                out.extend_from_slice(&masked);
                true
            }
            None => false,
        }
    }

    fn text(&self, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        apply(
            &self.transform,
            value,
            &Cell {
                prf: &self.prf,
                kind: self.kind,
                limit: self.limit,
                fold: self.fold,
                unique: self.unique,
            },
        )
    }
}

/// What a transform is told of the place of a value.
struct Cell<'a> {
    prf: &'a Prf,
    kind: Kind,
    limit: usize,
    fold: bool,
    unique: bool,
}

impl Cell<'_> {
    /// What the output is derived from: the value, spelt alike where the column compares alike.
    fn seed(&self, value: &str) -> Vec<u8> {
        if self.fold {
            value.trim_end().to_lowercase().into_bytes()
        } else {
            value.as_bytes().to_vec()
        }
    }

    /// The first of the outputs `make(0)`, `make(1)`, … that is not the value itself.
    fn other_than(&self, value: &str, make: impl Fn(usize) -> String) -> String {
        let first = cut(make(0), self.limit);
        if first.eq_ignore_ascii_case(value.trim_end()) {
            cut(make(1), self.limit)
        } else {
            first
        }
    }
}

fn apply(transform: &Transform, value: &str, cell: &Cell<'_>) -> String {
    let masked = match transform {
        Transform::Keep { .. } => return value.to_owned(),
        Transform::Null | Transform::Bytes | Transform::TextDrop => String::new(),
        Transform::Constant(constant) => constant.clone(),
        Transform::Hash => hash::mask(value, cell),
        Transform::Email => email::mask(value, cell),
        Transform::Name { part, locale } => name::mask(value, *part, *locale, cell),
        Transform::Phone => phone::mask(value, cell),
        Transform::Address(locale) => address::street(value, *locale, cell),
        Transform::City(locale) => address::city(value, *locale, cell),
        Transform::Postcode => postcode::mask(value, cell),
        Transform::Company(locale) => company::mask(value, *locale, cell),
        Transform::Username => username::mask(value, cell),
        Transform::Date { shift_days } => date::mask(value, *shift_days, cell),
        Transform::Ip => ip::mask(value, cell),
        Transform::Url => url::mask(value, cell),
        Transform::Uuid => uuid::mask(value, cell),
        Transform::Noise { percent } => return noise::mask(value, *percent, cell),
        Transform::TextRedact => text::redact(value),
        Transform::Json(paths) => return json::mask(value, paths, cell),
    };
    cut(masked, cell.limit)
}

/// At most `limit` characters of `text`.
fn cut(text: String, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
