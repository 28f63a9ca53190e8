//! Whether one rule can be carried out on one column.

use crate::rules::ColumnRule;
use crate::schema::{Column, Engine, Kind, Table};
use crate::transform::{Locale, Transform};

/// Whether the rule can be carried out on the column; else what is right.
pub(super) fn fits(engine: Engine, table: &Table, column: &Column, rule: &ColumnRule) -> Result<(), String> {
    let place = format!("`{}.{}` ({})", table.name, column.name, column.type_name);
    let transform = &rule.transform;
    if transform.keeps() {
        return Ok(());
    }
    let name = transform.name();
    if column.generated {
        return Err(format!(
            "{place} is computed from other columns; mask those, and leave this one out or `keep` it"
        ));
    }
    if !transform.fits(column.kind) || (column.array && !fits_elements(transform)) {
        return Err(format!("`{name}` does not fit {place}; {}", what_fits(column)));
    }
    if *transform == Transform::Null && !column.nullable {
        return Err(format!("{place} is NOT NULL; `null` cannot be written there"));
    }
    if let Transform::Constant(value) = transform {
        constant_fits(value, column)
            .map_err(|expected| format!("the constant does not fit {place}: {expected} is expected"))?;
    }
    let unique = table.is_unique(&column.name);
    if unique && !transform.keeps_unique() {
        return Err(format!(
            "{place} is unique, and `{name}` would make values equal; use `hash`, `email`, `username` or `keep`"
        ));
    }
    let needed = transform.needs_length(unique);
    if column.max_length.is_some_and(|limit| limit < needed) {
        return Err(format!(
            "{place} is too short for `{name}`, which needs {needed} characters; use `text`, `null` or `constant`"
        ));
    }
    if engine == Engine::Postgres && table.partition_key.contains(&column.name) {
        return Err(format!(
            "{place} chooses the partition of a row; it can only be kept"
        ));
    }
    if column.narrow_charset && is_japanese(transform) {
        return Err(format!(
            "the character set of {place} cannot hold Japanese; use locale \"en\""
        ));
    }
    Ok(())
}

fn fits_elements(transform: &Transform) -> bool {
    !matches!(transform, Transform::Json(_) | Transform::Bytes)
}

fn is_japanese(transform: &Transform) -> bool {
    matches!(
        transform,
        Transform::Name {
            locale: Locale::Ja | Locale::Kana,
            ..
        } | Transform::Address(Locale::Ja | Locale::Kana)
            | Transform::City(Locale::Ja | Locale::Kana)
            | Transform::Company(Locale::Ja | Locale::Kana)
    )
}

fn what_fits(column: &Column) -> String {
    let own = match column.kind {
        Kind::Date | Kind::Timestamp => "`date`, ",
        Kind::Inet => "`ip`, ",
        Kind::Json => "`json`, ",
        Kind::Uuid => "`uuid`, ",
        Kind::Bytes => "`bytes`, ",
        Kind::Integer | Kind::Number => "`noise`, ",
        Kind::TsVector => "`text`, ",
        Kind::Text => "any transform of text, ",
        _ => "",
    };
    format!("there are {own}`null`, `constant` and `keep`")
}

fn constant_fits(value: &str, column: &Column) -> Result<(), String> {
    if column.array {
        return if value.starts_with('{') {
            Ok(())
        } else {
            Err("an array such as `{}`".to_owned())
        };
    }
    let (good, expected) = match column.kind {
        Kind::Integer => (value.parse::<i128>().is_ok(), "a whole number"),
        Kind::Number => (value.parse::<f64>().is_ok(), "a number"),
        Kind::Date => (
            chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok(),
            "a date such as 1970-01-01",
        ),
        Kind::Timestamp => (
            value
                .get(..10)
                .is_some_and(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()),
            "a date and time such as 1970-01-01 00:00:00",
        ),
        Kind::Json => (
            serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
            "JSON",
        ),
        Kind::Inet => (
            value
                .split('/')
                .next()
                .is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok()),
            "an IP address",
        ),
        Kind::Uuid => (value.len() == 36, "a UUID"),
        Kind::Enum if column.labels.is_empty() => (true, ""),
        Kind::Enum => (
            column.labels.iter().any(|label| label == value),
            "one of its labels",
        ),
        Kind::Text => (
            column
                .max_length
                .is_none_or(|limit| value.chars().count() <= limit),
            "a shorter text",
        ),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err(expected.to_owned()) }
}
