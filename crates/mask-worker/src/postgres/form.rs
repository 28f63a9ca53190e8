//! COPY's two forms. The binary one costs the server and the worker less, wherever a masked value can be said in it.

use masking::{Column, Kind, Transform};

/// What is written at the beginning of a binary COPY: the signature, no flags, no extension.
const BEGINNING: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// How rows are written on their way through the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines with tabs, each value as the server writes it.
    Text,
    /// Lengths and bytes, each value as the server holds it.
    Binary,
}

impl Form {
    /// The binary form if all columns have one, and this program can write those that are masked.
    pub(super) fn of<'a>(mut columns: impl Iterator<Item = (&'a Column, Option<&'a Transform>)>) -> Self {
        let all = columns.all(|(column, transform)| match transform {
            None | Some(Transform::Shuffle) => has_binary_form(column),
            // A constant is written as the rules write it, which the server may read in many ways.
            Some(Transform::Constant(_)) => matches!(Code::of(column), Some(Code::Text | Code::Jsonb)),
            Some(_) => Code::of(column).is_some(),
        });
        if all { Self::Binary } else { Self::Text }
    }

    /// COPY's options.
    pub(super) fn options(self, frozen: bool) -> &'static str {
        match (self, frozen) {
            (Self::Text, false) => "",
            (Self::Text, true) => " (FREEZE)",
            (Self::Binary, false) => " (FORMAT binary)",
            (Self::Binary, true) => " (FORMAT binary, FREEZE)",
        }
    }

    /// What stands before the first row.
    pub(super) fn begin(self, out: &mut Vec<u8>) {
        if self == Self::Binary {
            out.extend_from_slice(BEGINNING);
        }
    }

    /// What stands after the last row.
    pub(super) fn end(self, out: &mut Vec<u8>) {
        if self == Self::Binary {
            out.extend_from_slice(&(-1_i16).to_be_bytes());
        }
    }
}

/// Built-in types that are sent and received in the binary form. What is not known here goes as text.
fn has_binary_form(column: &Column) -> bool {
    const TYPES: &[&str] = &[
        "bigint",
        "integer",
        "smallint",
        "numeric",
        "real",
        "double precision",
        "money",
        "boolean",
        "text",
        "character",
        "character varying",
        "name",
        "bytea",
        "json",
        "jsonb",
        "uuid",
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
        "interval",
        "inet",
        "cidr",
        "macaddr",
        "bit",
        "bit varying",
        "oid",
        "tsvector",
        "point",
    ];
    let name = plain(&column.type_name);
    column.kind == Kind::Enum && !column.array || TYPES.contains(&name.trim_end_matches("[]"))
}

/// A type's name without what stands in brackets: `timestamp(3) without time zone`.
fn plain(name: &str) -> String {
    match (name.find('('), name.find(')')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &name[..from], &name[to + 1..]),
        _ => name.to_owned(),
    }
}

/// How a masked value, which comes as text, is written in the binary form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// As text.
    Text,
    /// A text after the number of its version.
    Jsonb,
    /// Whole numbers of so many bytes.
    Integer(u8),
    /// Days since 2000.
    Date,
    /// Microseconds since 2000, in UTC.
    Timestamp,
    /// Sixteen bytes.
    Uuid,
}

/// A text that is no value of the type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoValue;

impl Code {
    /// How the column's masked values are written; none where only the server can read them.
    pub(super) fn of(column: &Column) -> Option<Self> {
        Some(match plain(&column.type_name).as_str() {
            "text" | "character varying" | "character" | "json" => Self::Text,
            "jsonb" => Self::Jsonb,
            "smallint" => Self::Integer(2),
            "integer" => Self::Integer(4),
            "bigint" => Self::Integer(8),
            "date" => Self::Date,
            "timestamp without time zone" | "timestamp with time zone" => Self::Timestamp,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    /// Whether the type's own binary form is its text.
    pub(super) fn is_text(self) -> bool {
        self == Self::Text
    }

    /// Appends the value that a text says. Texts are as the server writes them in this worker's sessions: dates in ISO's
    /// form, moments in UTC.
    pub(super) fn write(self, text: &[u8], out: &mut Vec<u8>) -> Result<(), NoValue> {
        match self {
            Self::Text => out.extend_from_slice(text),
            Self::Jsonb => {
                out.push(1);
                out.extend_from_slice(text);
            }
            Self::Integer(bytes) => {
                let number: i64 = read(text)?;
                let bytes = usize::from(bytes);
                let whole = number.to_be_bytes();
                let (beyond, value) = whole.split_at(8 - bytes);
                let sign = if value.first().is_some_and(|byte| *byte >= 0x80) {
                    0xff
                } else {
                    0
                };
                if beyond.iter().any(|byte| *byte != sign) {
                    return Err(NoValue);
                }
                out.extend_from_slice(value);
            }
            Self::Date => {
                let days = match endless(text) {
                    Some(true) => i32::MAX,
                    Some(false) => i32::MIN,
                    None => {
                        let (text, before) = era(text);
                        i32::try_from(days(text, before)?).map_err(|_| NoValue)?
                    }
                };
                out.extend_from_slice(&days.to_be_bytes());
            }
            Self::Timestamp => {
                let moment = match endless(text) {
                    Some(true) => i64::MAX,
                    Some(false) => i64::MIN,
                    None => moment(text)?,
                };
                out.extend_from_slice(&moment.to_be_bytes());
            }
            Self::Uuid => {
                let start = out.len();
                let mut high = None;
                for byte in text.iter().filter(|byte| **byte != b'-') {
                    let digit = char::from(*byte).to_digit(16).ok_or(NoValue)? as u8;
                    match high.take() {
                        None => high = Some(digit << 4),
                        Some(high) => out.push(high | digit),
                    }
                }
                if high.is_some() || out.len() - start != 16 {
                    out.truncate(start);
                    return Err(NoValue);
                }
            }
        }
        Ok(())
    }
}

fn read<T: std::str::FromStr>(text: &[u8]) -> Result<T, NoValue> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(NoValue)
}

/// Whether the value is the end of time, or its beginning.
fn endless(text: &[u8]) -> Option<bool> {
    match text {
        b"infinity" => Some(true),
        b"-infinity" => Some(false),
        _ => None,
    }
}

/// The text without the word for years before the first, and whether it was there.
fn era(text: &[u8]) -> (&[u8], bool) {
    match text.strip_suffix(b" BC") {
        Some(text) => (text, true),
        None => (text, false),
    }
}

/// `2024-01-31` as days since 2000, in the Gregorian calendar of all times.
fn days(text: &[u8], before: bool) -> Result<i64, NoValue> {
    let mut parts = text.split(|byte| *byte == b'-');
    let mut next = || parts.next().ok_or(NoValue).and_then(read::<u32>);
    let (year, month, day) = (next()?, next()?, next()?);
    let year = if before {
        1 - i64::from(year)
    } else {
        i64::from(year)
    };
    // The calendar comes again every 400 years, and the server's ends later than chrono's.
    let in_era = i32::try_from(year.rem_euclid(400)).map_err(|_| NoValue)?;
    let date = chrono::NaiveDate::from_ymd_opt(in_era, month, day).ok_or(NoValue)?;
    let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).ok_or(NoValue)?;
    Ok(date.signed_duration_since(first).num_days() + year.div_euclid(400) * 146_097)
}

/// `2024-01-31 10:00:00.5+00` as microseconds since 2000.
fn moment(text: &[u8]) -> Result<i64, NoValue> {
    let (text, before) = era(text);
    let (date, time) = text
        .split_at_checked(text.iter().position(|byte| *byte == b' ').ok_or(NoValue)?)
        .ok_or(NoValue)?;
    let time = time[1..].strip_suffix(b"+00").unwrap_or(&time[1..]);
    let (clock, fraction) = match time.iter().position(|byte| *byte == b'.') {
        Some(point) => (&time[..point], &time[point + 1..]),
        None => (time, &b""[..]),
    };
    let mut parts = clock.split(|byte| *byte == b':');
    let mut next = |most: i64| match parts.next().map(read::<i64>) {
        Some(Ok(part)) if (0..=most).contains(&part) => Ok(part),
        _ => Err(NoValue),
    };
    let seconds = (next(24)? * 60 + next(59)?) * 60 + next(60)?;
    if fraction.len() > 6 || parts.next().is_some() {
        return Err(NoValue);
    }
    let mut micros: i64 = if fraction.is_empty() {
        0
    } else {
        read::<u32>(fraction)?.into()
    };
    micros *= 10_i64.pow(6 - fraction.len() as u32);
    let day = days(date, before)?.checked_mul(86_400_000_000).ok_or(NoValue)?;
    day.checked_add(seconds * 1_000_000 + micros).ok_or(NoValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(code: Code, text: &str) -> Result<Vec<u8>, NoValue> {
        let mut out = Vec::new();
        code.write(text.as_bytes(), &mut out).map(|()| out)
    }

    #[test]
    fn a_text_is_written_as_the_server_holds_it() {
        for (code, text, value) in [
            (Code::Text, "Anna", b"Anna".to_vec()),
            (Code::Jsonb, "{}", b"\x01{}".to_vec()),
            (Code::Integer(2), "-2", (-2_i16).to_be_bytes().to_vec()),
            (Code::Integer(4), "-2147483648", i32::MIN.to_be_bytes().to_vec()),
            (
                Code::Integer(8),
                "9223372036854775807",
                i64::MAX.to_be_bytes().to_vec(),
            ),
            (Code::Date, "2000-01-01", 0_i32.to_be_bytes().to_vec()),
            (Code::Date, "1999-12-31", (-1_i32).to_be_bytes().to_vec()),
            (Code::Date, "0044-03-15 BC", (-746_117_i32).to_be_bytes().to_vec()),
            (
                Code::Date,
                "5874897-12-31",
                2_145_031_948_i32.to_be_bytes().to_vec(),
            ),
            (Code::Date, "infinity", i32::MAX.to_be_bytes().to_vec()),
            (
                Code::Timestamp,
                "2000-01-01 00:00:01.5",
                1_500_000_i64.to_be_bytes().to_vec(),
            ),
            (
                Code::Timestamp,
                "1999-12-31 23:59:59.999999+00",
                (-1_i64).to_be_bytes().to_vec(),
            ),
            (Code::Timestamp, "-infinity", i64::MIN.to_be_bytes().to_vec()),
            (
                Code::Uuid,
                "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
                vec![
                    0x3f, 0x25, 4, 0xe0, 0x4f, 0x89, 0x11, 0xd3, 0x9a, 0x0c, 3, 5, 0xe8, 0x2c, 0x33, 1,
                ],
            ),
        ] {
            assert_eq!(written(code, text), Ok(value), "{code:?} {text}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_is_refused() {
        for (code, text) in [
            (Code::Integer(2), "32768"),
            (Code::Integer(4), "2147483648"),
            (Code::Integer(8), "1.5"),
            (Code::Date, "2024-02-30"),
            (Code::Date, "yesterday"),
            (Code::Timestamp, "2024-01-01"),
            (Code::Timestamp, "2024-01-01 10:00:00+09"),
            (Code::Timestamp, "2024-01-01 10:61:00"),
            (Code::Uuid, "3f2504e0"),
            (Code::Uuid, "zf2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ] {
            assert_eq!(written(code, text), Err(NoValue), "{code:?} {text}");
        }
    }
}
