//! `--param name=value`, and as what it is sent.

use std::str::FromStr;

use aws_sdk_rdsdata::primitives::Blob;
use aws_sdk_rdsdata::types::{Field, SqlParameter, TypeHint};

/// A named parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    name: String,
    value: Field,
    hint: Option<TypeHint>,
}

/// A text that is no parameter, and what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameter {
    /// It has no name, or none that a statement can hold.
    #[error(
        "`{0}` is no parameter: write NAME=VALUE or NAME:TYPE=VALUE, such as id=7 or day:date=2026-01-31"
    )]
    Shape(String),
    /// There is no such type.
    #[error("`{0}` is no type of a parameter: there are {TYPES}")]
    Type(String),
    /// The value is not of its type.
    #[error("`{value}` is no {kind}")]
    Value {
        /// What was given.
        value: String,
        /// The type.
        kind: String,
    },
}

const TYPES: &str = "text, int, double, decimal, bool, date, time, timestamp, json, uuid, hex and null";

impl Parameter {
    /// As the Data API takes it.
    pub fn to_sql(&self) -> SqlParameter {
        SqlParameter::builder()
            .name(&self.name)
            .value(self.value.clone())
            .set_type_hint(self.hint.clone())
            .build()
    }
}

impl FromStr for Parameter {
    type Err = InvalidParameter;

    /// Without a type, whole numbers, numbers with a fraction, `true`, `false` and `null` are what they look like, and all
    /// else is text.
    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let shape = || InvalidParameter::Shape(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(shape)?;
        let (name, kind) = match name.split_once(':') {
            Some((name, kind)) => (name, kind),
            None => (name, looks_like(value)),
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(shape());
        }
        let (value, hint) = typed(kind, value)?;
        Ok(Self {
            name: name.to_owned(),
            value,
            hint,
        })
    }
}

fn looks_like(value: &str) -> &'static str {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_whole = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    // A leading zero says that it is no number: a postcode, a telephone number.
    let is_padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    match value {
        "true" | "false" => "bool",
        "null" => "null",
        _ if is_padded => "text",
        _ if is_whole(digits) && value.parse::<i64>().is_ok() => "int",
        _ if digits
            .split_once('.')
            .is_some_and(|(whole, part)| is_whole(whole) && is_whole(part)) =>
        {
            "decimal"
        }
        _ => "text",
    }
}

fn typed(kind: &str, value: &str) -> Result<(Field, Option<TypeHint>), InvalidParameter> {
    let wrong = || InvalidParameter::Value {
        value: value.to_owned(),
        kind: kind.to_owned(),
    };
    let hinted = |hint| Ok((Field::StringValue(value.to_owned()), Some(hint)));
    let field = match kind {
        "text" => Field::StringValue(value.to_owned()),
        "int" => Field::LongValue(value.parse().map_err(|_| wrong())?),
        "double" => Field::DoubleValue(value.parse().map_err(|_| wrong())?),
        "bool" => Field::BooleanValue(value.parse().map_err(|_| wrong())?),
        "hex" => Field::BlobValue(Blob::new(bytes(value).ok_or_else(wrong)?)),
        "null" => Field::IsNull(true),
        "decimal" => return hinted(TypeHint::Decimal),
        "date" => return hinted(TypeHint::Date),
        "time" => return hinted(TypeHint::Time),
        "timestamp" => return hinted(TypeHint::Timestamp),
        "json" => return hinted(TypeHint::Json),
        "uuid" => return hinted(TypeHint::Uuid),
        other => return Err(InvalidParameter::Type(other.to_owned())),
    };
    Ok((field, None))
}

/// The bytes that pairs of hexadecimal digits say.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok());
    rest.is_empty().then(|| bytes.collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("id=7", Field::LongValue(7), None)]
    #[case("id=-7", Field::LongValue(-7), None)]
    #[case("zip=007", Field::StringValue("007".into()), None)]
    #[case("n=99999999999999999999", Field::StringValue("99999999999999999999".into()), None)]
    #[case("price=0.50", Field::StringValue("0.50".into()), Some(TypeHint::Decimal))]
    #[case("ok=true", Field::BooleanValue(true), None)]
    #[case("gone=null", Field::IsNull(true), None)]
    #[case("name=a=b:c", Field::StringValue("a=b:c".into()), None)]
    #[case("name=", Field::StringValue(String::new()), None)]
    #[case("id:text=7", Field::StringValue("7".into()), None)]
    #[case("day:date=2026-01-31", Field::StringValue("2026-01-31".into()), Some(TypeHint::Date))]
    #[case("ratio:double=1", Field::DoubleValue(1.0), None)]
    #[case("raw:hex=00ff", Field::BlobValue(Blob::new([0, 255])), None)]
    fn a_parameter_is_sent_as_what_it_looks_like_or_is_said_to_be(
        #[case] text: &str,
        #[case] value: Field,
        #[case] hint: Option<TypeHint>,
    ) {
        let read: Parameter = text.parse().unwrap();
        assert_eq!((read.value, read.hint), (value, hint));
    }

    #[rstest::rstest]
    #[case("id", "is no parameter")]
    #[case("=7", "is no parameter")]
    #[case("a-b=7", "is no parameter")]
    #[case("id:number=7", "`number` is no type of a parameter: there are text, int")]
    #[case("id:int=seven", "`seven` is no int")]
    #[case("raw:hex=0", "`0` is no hex")]
    fn what_is_no_parameter_is_refused(#[case] text: &str, #[case] words: &str) {
        let refusal = text.parse::<Parameter>().unwrap_err().to_string();
        assert!(refusal.contains(words), "{refusal}");
    }
}
