//! What goes into a statement and comes out of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use winterbaume_rdsdata::model::{ColumnMetadata, Field, ResultSetOptions, SqlParameter};

use super::fault::{self, Fault};

/// A value for a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    Text(String, Hint),
    Blob(Vec<u8>),
}

/// What a text is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    None,
    Date,
    Decimal,
    Json,
    Time,
    Timestamp,
    Uuid,
}

/// A value in a result.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    /// An exact number, as the database writes it; the flag says that it has no fraction.
    Decimal(String, bool),
    Text(String),
    Blob(Vec<u8>),
    Array(Vec<Cell>),
}

/// What a statement led to.
#[derive(Default)]
pub(super) struct Outcome {
    /// Of each column; without any, the statement has no result.
    pub columns: Vec<ColumnMetadata>,
    pub rows: Vec<Vec<Cell>>,
    /// Rows that were written.
    pub updated: u64,
    /// The number that MySQL gave the last new row.
    pub generated: Option<u64>,
}

/// The value of the parameter of that name.
pub(super) fn given(parameters: &[SqlParameter], name: &str) -> Result<Given, Fault> {
    let found = parameters
        .iter()
        .find(|parameter| parameter.name.as_deref() == Some(name));
    let Some(found) = found else {
        return Err(fault::INVALID.because(format!("Cannot find parameter: {name}")));
    };
    let hint = match found.type_hint.as_deref() {
        None => Hint::None,
        Some("DATE") => Hint::Date,
        Some("DECIMAL") => Hint::Decimal,
        Some("JSON") => Hint::Json,
        Some("TIME") => Hint::Time,
        Some("TIMESTAMP") => Hint::Timestamp,
        Some("UUID") => Hint::Uuid,
        Some(other) => {
            let message = format!(
                "Value '{other}' at 'parameters.member.typeHint' failed to satisfy constraint: Member must satisfy enum value set: [JSON, UUID, TIMESTAMP, DATE, TIME, DECIMAL]"
            );
            return Err(fault::INVALID.because(message));
        }
    };
    let value = found.value.clone().unwrap_or_default();
    Ok(match value {
        Field {
            array_value: Some(_), ..
        } => {
            return Err(fault::INVALID.because("Array parameters are not supported."));
        }
        Field {
            is_null: Some(true), ..
        } => Given::Null,
        Field {
            boolean_value: Some(yes),
            ..
        } => Given::Bool(yes),
        Field {
            long_value: Some(number),
            ..
        } => Given::Long(number),
        Field {
            double_value: Some(number),
            ..
        } => Given::Double(number),
        Field {
            string_value: Some(text),
            ..
        } => Given::Text(text, hint),
        Field {
            blob_value: Some(blob),
            ..
        } => {
            let bytes = STANDARD.decode(blob);
            Given::Blob(bytes.map_err(|_| fault::INVALID.because("The blob is not in base64."))?)
        }
        _ => return Err(fault::INVALID.because(format!("The parameter {name} has no value."))),
    })
}

impl Cell {
    /// How many bytes it takes of an answer.
    pub fn size(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) => 1,
            Self::Long(_) | Self::Double(_) => 8,
            Self::Decimal(text, _) | Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Array(cells) => cells.iter().map(Self::size).sum(),
        }
    }

    /// As a field of a record. Lists may hold NULL, which the borrowed shapes do not know: hence JSON.
    pub fn field(self, options: &ResultSetOptions) -> Value {
        let as_number = options.decimal_return_type.as_deref() == Some("DOUBLE_OR_LONG");
        match self {
            Self::Null => json!({ "isNull": true }),
            Self::Bool(yes) => json!({ "booleanValue": yes }),
            Self::Long(number) if options.long_return_type.as_deref() == Some("STRING") => {
                json!({ "stringValue": number.to_string() })
            }
            Self::Long(number) => json!({ "longValue": number }),
            Self::Double(number) => json!({ "doubleValue": double(number) }),
            Self::Decimal(text, is_whole) if as_number => {
                match (is_whole, text.parse::<i64>(), text.parse::<f64>()) {
                    (true, Ok(number), _) => json!({ "longValue": number }),
                    (_, _, Ok(number)) => json!({ "doubleValue": double(number) }),
                    _ => json!({ "stringValue": text }),
                }
            }
            Self::Decimal(text, _) | Self::Text(text) => json!({ "stringValue": text }),
            Self::Blob(bytes) => json!({ "blobValue": STANDARD.encode(bytes) }),
            Self::Array(cells) => json!({ "arrayValue": array(cells) }),
        }
    }

    /// As JSON's text.
    pub fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(yes) => yes.to_string(),
            Self::Long(number) => number.to_string(),
            Self::Double(number) if number.is_finite() => Value::from(*number).to_string(),
            Self::Double(number) => Value::from(number.to_string()).to_string(),
            Self::Decimal(text, _) if text.parse::<f64>().is_ok_and(f64::is_finite) => text.clone(),
            Self::Decimal(text, _) | Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::Blob(bytes) => Value::from(STANDARD.encode(bytes)).to_string(),
            Self::Array(cells) => {
                let cells: Vec<_> = cells.iter().map(Self::json).collect();
                format!("[{}]", cells.join(","))
            }
        }
    }
}

/// A number, or the text by which AWS's protocols say what is none.
fn double(number: f64) -> Value {
    match number {
        number if number.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        number => json!(number),
    }
}

/// An array: its cells are of one kind, or NULL. An empty one is of texts.
fn array(cells: Vec<Cell>) -> Value {
    let of = match cells.iter().find(|cell| **cell != Cell::Null) {
        Some(Cell::Bool(_)) => "booleanValues",
        Some(Cell::Long(_)) => "longValues",
        Some(Cell::Double(_)) => "doubleValues",
        _ => "stringValues",
    };
    let values = cells.into_iter().map(|cell| match cell {
        Cell::Bool(yes) => json!(yes),
        Cell::Long(number) => json!(number),
        Cell::Double(number) => double(number),
        Cell::Decimal(text, _) | Cell::Text(text) => json!(text),
        Cell::Blob(bytes) => json!(STANDARD.encode(bytes)),
        Cell::Null | Cell::Array(_) => Value::Null,
    });
    json!({ of: values.collect::<Vec<_>>() })
}
