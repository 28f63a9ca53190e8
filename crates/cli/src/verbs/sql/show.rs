//! A result as a table for people, as CSV, or as JSON, with every type as what it is.

use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_sdk_rdsdata::types::{ArrayValue, ColumnMetadata, Field};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::exit::{Exit, Stop};
use crate::table::table;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Table,
    Csv,
    Json,
}

/// A result, written.
pub(super) struct Shown {
    /// For standard output.
    pub text: String,
    /// For standard error.
    pub beside: String,
}

/// Writes an answer.
pub(super) fn of(answer: &ExecuteStatementOutput, form: Form) -> Result<Shown, Stop> {
    let columns = answer.column_metadata();
    let (mut text, mut beside) = (String::new(), String::new());
    match (&answer.records, form) {
        (Some(rows), Form::Table) => {
            text = as_table(columns, rows);
            text.push_str(&format!("({})\n", count(rows.len() as u64, "row")));
        }
        (Some(rows), Form::Csv) => text = as_csv(columns, rows),
        (Some(rows), Form::Json) => text = as_json(columns, rows)?,
        (None, Form::Json) => {
            let generated: Vec<_> = answer.generated_fields().iter().map(plain).collect();
            text = format!(
                "{{\"changed\":{},\"generated\":[{}]}}\n",
                answer.number_of_records_updated,
                generated.join(",")
            );
        }
        (None, form) => {
            let changed = u64::try_from(answer.number_of_records_updated).unwrap_or(0);
            let mut said = format!("{} changed", count(changed, "row"));
            if let Some(generated) = answer.generated_fields().first() {
                said.push_str(&format!("; the last new one is {}", plain(generated)));
            }
            said.push('\n');
            match form {
                Form::Csv => beside = said,
                _ => text = said,
            }
        }
    }
    Ok(Shown { text, beside })
}

fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

fn label(column: &ColumnMetadata) -> &str {
    column.label().unwrap_or_default()
}

fn as_table(columns: &[ColumnMetadata], rows: &[Vec<Field>]) -> String {
    let head = columns.iter().map(|column| visible(label(column))).collect();
    let cell = |field: &Field| match field {
        Field::IsNull(_) => "NULL".to_owned(),
        field => visible(&plain(field)),
    };
    let rows = rows.iter().map(|row| row.iter().map(cell).collect());
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

/// What would move a terminal's cursor is written out.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            c if c.is_control() => c.escape_default().collect::<Vec<_>>(),
            c => vec![c],
        })
        .collect()
}

/// NULL is nothing at all, and an empty text a pair of quotes.
fn as_csv(columns: &[ColumnMetadata], rows: &[Vec<Field>]) -> String {
    let cell = |field: &Field| match field {
        Field::IsNull(_) => String::new(),
        field => quoted(&plain(field)),
    };
    let head = columns.iter().map(|column| quoted(label(column))).collect();
    let rows = rows.iter().map(|row| row.iter().map(cell).collect());
    let lines = std::iter::once(head).chain(rows);
    lines
        .map(|cells: Vec<String>| format!("{}\n", cells.join(",")))
        .collect()
}

fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && text.trim() == text && !text.contains([',', '"', '\n', '\r']);
    match is_plain {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

/// Objects by the columns' names, in their order. Exact numbers keep every digit, and JSON stays JSON.
fn as_json(columns: &[ColumnMetadata], rows: &[Vec<Field>]) -> Result<String, Stop> {
    for (at, column) in columns.iter().enumerate() {
        if columns[..at].iter().any(|other| label(other) == label(column)) {
            return Err(Exit::Failed.with(format!(
                "two columns are called `{}`, which an object of JSON cannot hold: give one an alias",
                label(column)
            )));
        }
    }
    let objects = rows.iter().map(|row| {
        let pairs = columns.iter().zip(row);
        let pairs = pairs.map(|(column, field)| format!("{}:{}", text(label(column)), json(column, field)));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    });
    Ok(format!("[{}]\n", objects.collect::<Vec<_>>().join(",")))
}

/// A text, as JSON.
fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn json(column: &ColumnMetadata, field: &Field) -> String {
    let kind = column.type_name().unwrap_or_default().to_ascii_lowercase();
    let is_number = kind == "numeric" || kind.starts_with("decimal") || kind.starts_with("bigint");
    let stays = |said: &str| match kind.as_str() {
        "json" | "jsonb" => serde_json::from_str::<IgnoredAny>(said).is_ok(),
        _ => is_number && serde_json::from_str::<serde_json::Number>(said).is_ok(),
    };
    match field {
        Field::StringValue(said) if stays(said) => said.clone(),
        Field::StringValue(said) => text(said),
        Field::IsNull(_) => "null".to_owned(),
        Field::DoubleValue(number) if !number.is_finite() => text(&plain(field)),
        Field::BlobValue(_) => text(&plain(field)),
        field => plain(field),
    }
}

/// A value as a bare word.
fn plain(field: &Field) -> String {
    match field {
        Field::IsNull(_) => "null".to_owned(),
        Field::BooleanValue(yes) => yes.to_string(),
        Field::LongValue(number) => number.to_string(),
        Field::DoubleValue(number) => double(*number),
        Field::StringValue(text) => text.clone(),
        Field::BlobValue(blob) => {
            let digits: String = blob.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\\x{digits}")
        }
        Field::ArrayValue(array) => list(array),
        other => format!("{other:?}"),
    }
}

fn double(number: f64) -> String {
    match number.is_finite() {
        true => Value::from(number).to_string(),
        false => number.to_string(),
    }
}

/// A list, as JSON writes it.
fn list(array: &ArrayValue) -> String {
    fn all<T>(values: &[Option<T>], word: impl Fn(&T) -> String) -> String {
        let words = values
            .iter()
            .map(|value| value.as_ref().map_or_else(|| "null".to_owned(), &word));
        format!("[{}]", words.collect::<Vec<_>>().join(","))
    }
    match array {
        ArrayValue::BooleanValues(values) => all(values, bool::to_string),
        ArrayValue::LongValues(values) => all(values, i64::to_string),
        ArrayValue::DoubleValues(values) => all(values, |number| double(*number)),
        ArrayValue::StringValues(values) => all(values, |said| text(said)),
        ArrayValue::ArrayValues(values) => all(values, list),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rdsdata::primitives::Blob;

    fn answer() -> ExecuteStatementOutput {
        let columns = [
            ("id", "int4", Field::LongValue(7)),
            ("price", "numeric", Field::StringValue("0.10".into())),
            (
                "name",
                "text",
                Field::StringValue("Ann, \"A\"\n\u{1b}[31m".into()),
            ),
            ("nothing", "text", Field::IsNull(true)),
            ("empty", "text", Field::StringValue(String::new())),
            ("doc", "jsonb", Field::StringValue("{\"a\": [1, null]}".into())),
            ("raw", "bytea", Field::BlobValue(Blob::new([0, 255]))),
            (
                "ids",
                "_int4",
                Field::ArrayValue(ArrayValue::LongValues(vec![Some(1), None])),
            ),
            (
                "tags",
                "_text",
                Field::ArrayValue(ArrayValue::StringValues(vec![Some("a\"b".into())])),
            ),
            ("ratio", "float8", Field::DoubleValue(1.0)),
            ("ok", "bool", Field::BooleanValue(true)),
            ("day", "date", Field::StringValue("2026-01-31".into())),
            ("zip", "text", Field::StringValue("007".into())),
        ];
        let mut answer = ExecuteStatementOutput::builder();
        for (name, kind, _) in &columns {
            answer = answer.column_metadata(ColumnMetadata::builder().label(*name).type_name(*kind).build());
        }
        answer.records(columns.map(|(_, _, field)| field).into()).build()
    }

    fn text_of(answer: &ExecuteStatementOutput, form: Form) -> String {
        of(answer, form).unwrap().text
    }

    #[test]
    fn every_type_is_what_it_is_in_each_form() {
        let table = text_of(&answer(), Form::Table);
        let row = table.lines().nth(1).unwrap().split("  ");
        let words: Vec<_> = row.map(str::trim).filter(|word| !word.is_empty()).collect();
        assert_eq!(words[..4], ["7", "0.10", "Ann, \"A\"\\n\\u{1b}[31m", "NULL"]);
        assert!(table.ends_with("(1 row)\n"));
        assert_eq!(
            text_of(&answer(), Form::Csv).split_once('\n').unwrap().1,
            "7,0.10,\"Ann, \"\"A\"\"\n\u{1b}[31m\",,\"\",\"{\"\"a\"\": [1, null]}\",\\x00ff,\"[1,null]\",\"[\"\"a\\\"\"b\"\"]\",1.0,true,2026-01-31,007\n"
        );
        assert_eq!(
            text_of(&answer(), Form::Json),
            "[{\"id\":7,\"price\":0.10,\"name\":\"Ann, \\\"A\\\"\\n\\u001b[31m\",\"nothing\":null,\"empty\":\"\",\"doc\":{\"a\": [1, null]},\
             \"raw\":\"\\\\x00ff\",\"ids\":[1,null],\"tags\":[\"a\\\"b\"],\"ratio\":1.0,\"ok\":true,\"day\":\"2026-01-31\",\"zip\":\"007\"}]\n"
        );
    }

    #[test]
    fn what_has_no_rows_says_how_many_it_changed() {
        let changed = ExecuteStatementOutput::builder()
            .number_of_records_updated(3)
            .generated_fields(Field::LongValue(12))
            .build();
        assert_eq!(
            text_of(&changed, Form::Table),
            "3 rows changed; the last new one is 12\n"
        );
        assert_eq!(
            text_of(&changed, Form::Json),
            "{\"changed\":3,\"generated\":[12]}\n"
        );
        let csv = of(&changed, Form::Csv).unwrap();
        assert_eq!(
            (csv.text.as_str(), csv.beside.as_str()),
            ("", "3 rows changed; the last new one is 12\n")
        );
    }

    #[test]
    fn two_columns_of_one_name_are_no_object() {
        let twice = ["a", "a"].map(|name| ColumnMetadata::builder().label(name).build());
        let answer = ExecuteStatementOutput::builder()
            .set_column_metadata(Some(twice.into()))
            .set_records(Some(vec![]));
        let refusal = of(&answer.build(), Form::Json).err().unwrap().to_string();
        assert!(refusal.contains("give one an alias"), "{refusal}");
    }
}
