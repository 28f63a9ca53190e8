//! The transforms, one file each, and [`Masker`], which applies one of them to the values of a column.
//!
//! A column whose values must agree with others (`same`, a foreign key) or stay unique is masked by a function of the
//! value under the run's key: the same input gives the same output within a run, and nothing that can be computed
//! without the key. Every other column draws anew for each value, so that equal values come out unlike. NULL stays NULL
//! and empty stays empty, whatever the transform.

mod address;
mod array;
mod birthday;
mod bucket;
mod bytes;
mod calendar;
mod card;
mod company;
mod date;
mod email;
mod hash;
mod iban;
mod ip;
mod json;
pub(crate) mod lists;
mod masker;
mod name;
mod noise;
mod numbers;
mod pattern;
mod phone;
mod place;
mod postcode;
mod shuffle;
mod spelling;
mod text;
mod url;
mod username;
mod uuid;
mod vector;

pub use json::{InvalidPath, Path};
pub(crate) use lists::is_name;
pub use masker::Masker;
pub use name::Part;
pub use shuffle::Shuffler;

use place::{Cell, Place, cut, number, push};

use crate::schema::{Column, Kind};

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
    /// `u<letters>@` and the domain of the value.
    EmailKeepDomain,
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
    /// A postcode in the format of the language's country.
    PostcodeIn(Locale),
    /// A company's name.
    Company(Locale),
    /// `user_<letters>`.
    Username,
    /// Moved by up to so many days, never by none; the time of day stays.
    Date {
        /// The farthest that a date moves, in days, at least 1.
        shift_days: u32,
    },
    /// Moved by up to so many days, never by none, and by the same number of days for all dates of one person.
    DateBy {
        /// The farthest that a date moves, in days, at least 1.
        shift_days: u32,
        /// The column of the same row that says whose date it is.
        by: String,
    },
    /// Another day of the same year.
    Birthday,
    /// An address of the documentation ranges (RFC 5737, RFC 3849).
    Ip,
    /// `https://example.com/<letters>`.
    Url,
    /// A random UUID (version 4).
    Uuid,
    /// A card number of a test range, with a right check digit.
    Card,
    /// An IBAN of the same country and length, with right check digits and a bank that does not exist.
    Iban,
    /// A number near the old one.
    Noise {
        /// The farthest that a number moves, in percent.
        percent: u32,
    },
    /// The number rounded down to a multiple of this one, at least 1.
    Bucket(u64),
    /// The column's values change places among the rows; see [`Shuffler`].
    Shuffle,
    /// Digit for digit and letter for letter, everything else kept.
    Pattern,
    /// Free text emptied.
    TextDrop,
    /// Free text in which e-mails, phones, card numbers, IBANs, IP addresses and URLs that name a person are replaced
    /// by `[email]` and so on.
    TextRedact,
    /// Leaves of a JSON document, each path with its transform; the first path that matches wins.
    Json(Vec<(Path, Transform)>),
    /// Random bytes of the same length.
    Bytes,
    /// pgvector's `[…]`: nothing but zeros, at the same dimension.
    VectorZero,
    /// pgvector's `[…]`: random numbers from -1 to 1, at the same dimension.
    VectorRandom,
}

/// The language of made-up names and addresses: what the rule says (`locale = "ja"`), else English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
    /// Japanese names in katakana.
    Kana,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
}

/// The transforms that a rules file can name, for messages.
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
    "birthday",
    "ip",
    "url",
    "uuid",
    "card",
    "iban",
    "noise",
    "bucket",
    "shuffle",
    "pattern",
    "text",
    "json",
    "bytes",
    "vector",
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
            Self::Email | Self::EmailKeepDomain => "email",
            Self::Name { .. } => "name",
            Self::Phone => "phone",
            Self::Address(_) => "address",
            Self::City(_) => "city",
            Self::Postcode | Self::PostcodeIn(_) => "postcode",
            Self::Company(_) => "company",
            Self::Username => "username",
            Self::Date { .. } | Self::DateBy { .. } => "date",
            Self::Birthday => "birthday",
            Self::Ip => "ip",
            Self::Url => "url",
            Self::Uuid => "uuid",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Noise { .. } => "noise",
            Self::Bucket(_) => "bucket",
            Self::Shuffle => "shuffle",
            Self::Pattern => "pattern",
            Self::TextDrop | Self::TextRedact => "text",
            Self::Json(_) => "json",
            Self::Bytes => "bytes",
            Self::VectorZero | Self::VectorRandom => "vector",
        }
    }

    /// Whether values stay as they are.
    #[must_use]
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Keep { .. })
    }

    /// The column of the same row that says whose date it is, where the transform wants one.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        match self {
            Self::DateBy { by, .. } => Some(by),
            Self::Json(paths) => paths.iter().find_map(|(_, inner)| inner.by()),
            _ => None,
        }
    }

    /// Whether the transform can be applied to values of that kind.
    #[must_use]
    pub fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Keep { .. } | Self::Null | Self::Constant(_) | Self::Shuffle => true,
            Self::Date { .. } | Self::DateBy { .. } | Self::Birthday => {
                matches!(kind, Kind::Date | Kind::Timestamp | Kind::Text)
            }
            Self::Ip => matches!(kind, Kind::Inet | Kind::Text),
            Self::Uuid => matches!(kind, Kind::Uuid | Kind::Text),
            Self::Json(_) => matches!(kind, Kind::Json | Kind::Text),
            Self::Noise { .. } | Self::Bucket(_) => matches!(kind, Kind::Integer | Kind::Number),
            Self::Pattern => matches!(kind, Kind::Integer | Kind::Text),
            Self::Bytes => kind == Kind::Bytes,
            Self::VectorZero | Self::VectorRandom => kind == Kind::Vector,
            Self::TextDrop => {
                matches!(
                    kind,
                    Kind::Text | Kind::Bytes | Kind::TsVector | Kind::Hstore | Kind::Xml
                )
            }
            _ => kind == Kind::Text,
        }
    }

    /// The shortest column, in characters, that its values fit in; `unique` ones need room to stay apart.
    #[must_use]
    pub fn needs_length(&self, unique: bool) -> usize {
        let apart = |least: usize, unique_least: usize| if unique { unique_least } else { least };
        match self {
            // A domain that leaves no room is not kept.
            Self::Email | Self::EmailKeepDomain => email::DOMAIN.len() + apart(5, 1 + UNIQUE_LETTERS),
            Self::Hash => apart(1, UNIQUE_HEX),
            Self::Username => username::PREFIX.len() + apart(3, UNIQUE_LETTERS),
            Self::Url => url::BASE.len() + apart(4, UNIQUE_LETTERS),
            Self::Uuid => 32,
            Self::Ip => apart(13, 39),
            Self::Date { .. } | Self::DateBy { .. } | Self::Birthday => 8,
            Self::PostcodeIn(_) => 8,
            Self::Constant(value) => value.chars().count(),
            _ => 1,
        }
    }

    /// Whether unique inputs give unique outputs: by a permutation of all values of the same format, or by 64 random
    /// bits at least.
    #[must_use]
    pub fn keeps_unique(&self) -> bool {
        matches!(
            self,
            Self::Keep { .. }
                | Self::Null
                | Self::Hash
                | Self::Email
                | Self::EmailKeepDomain
                | Self::Phone
                | Self::Postcode
                | Self::Username
                | Self::Ip
                | Self::Url
                | Self::Uuid
                | Self::Date { .. }
                | Self::DateBy { .. }
                | Self::Birthday
                | Self::Pattern
                | Self::Shuffle
                | Self::Bytes
        )
    }

    /// Whether its outputs are so many that meeting an original among them by chance is out of the question.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        matches!(
            self,
            Self::Hash | Self::Email | Self::EmailKeepDomain | Self::Username | Self::Url | Self::Uuid
        )
    }
}

/// Whether the column's type can hold the whole number.
pub(crate) fn holds(column: &Column, number: i128) -> bool {
    numbers::Numbers::of(column).hold(number)
}

/// Letters of 5 bits that make 64 bits.
const UNIQUE_LETTERS: usize = 13;
/// Hexadecimal digits that make 64 bits.
const UNIQUE_HEX: usize = 16;

#[cfg(test)]
mod tests;
