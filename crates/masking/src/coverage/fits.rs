//! Whether one rule can be carried out on one column.

use crate::rules::{ColumnRule, nearest};
use crate::schema::{Column, Kind, Table};
use crate::transform::{self, Locale, Transform};

/// Whether the rule can be carried out on the column; else what is right.
pub(super) fn fits(table: &Table, column: &Column, rule: &ColumnRule) -> Result<(), String> {
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
    stays_unique(table, column, transform)
        .map_err(|right| format!("{place} is unique, and `{name}` would make values equal; {right}"))?;
    let needed = transform.needs_length(table.is_unique(&column.name));
    if let Some(limit) = column.max_length.filter(|limit| *limit < needed) {
        let right = if Transform::Pattern.fits(column.kind) {
            "`pattern`, "
        } else {
            ""
        };
        return Err(format!(
            "{place} is too short for `{name}`, which needs {needed} characters, not {limit}; use {right}`text`, `null` or `constant`"
        ));
    }
    if table.partition_key.contains(&column.name) {
        return Err(format!(
            "{place} chooses the partition of a row; it can only be kept"
        ));
    }
    if column.narrow_charset && is_japanese(transform) {
        return Err(format!(
            "the character set of {place} cannot hold Japanese; use locale \"en\""
        ));
    }
    companion(table, column, transform)
}

/// Whether unique values stay so; else what is right.
fn stays_unique(table: &Table, column: &Column, transform: &Transform) -> Result<(), String> {
    if !table.is_unique(&column.name) {
        return Ok(());
    }
    let with = |other: &str| {
        table
            .uniques
            .iter()
            .filter(|unique| unique.columns.contains(&column.name))
            .all(|unique| unique.columns.iter().any(|c| c == other))
    };
    let alone = table
        .uniques
        .iter()
        .all(|unique| !unique.columns.contains(&column.name) || unique.columns.len() == 1);
    match transform {
        Transform::Shuffle if !alone => {
            Err("it is unique together with other columns, whose rows its values would leave".to_owned())
        }
        Transform::DateBy { by, .. } if !with(by) => Err(format!(
            "two persons' dates can meet; leave `by` out, for the same shift for all, unless `{by}` is part of what is unique"
        )),
        // There are 768 addresses of version 4 for documentation.
        Transform::Ip if column.type_name.eq_ignore_ascii_case("inet4") => {
            Err("it can only be kept".to_owned())
        }
        _ if transform.keeps_unique() => Ok(()),
        _ => Err(format!("use {}`keep`", what_stays_unique(column.kind))),
    }
}

fn what_stays_unique(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "`hash`, `email`, `username`, `pattern` or ",
        Kind::Integer => "`pattern` or ",
        Kind::Date | Kind::Timestamp => "`date`, `birthday` or ",
        Kind::Uuid => "`uuid` or ",
        Kind::Inet => "`ip` or ",
        Kind::Bytes => "`bytes` or ",
        _ => "",
    }
}

/// The column that names whose date it is must be there, and not be the date itself.
fn companion(table: &Table, column: &Column, transform: &Transform) -> Result<(), String> {
    let inner = match transform {
        Transform::Json(paths) => paths.iter().map(|(_, inner)| inner).collect(),
        other => vec![other],
    };
    let mut named = None;
    for transform in inner {
        let Transform::DateBy { by, .. } = transform else {
            continue;
        };
        if *by == column.name || table.column(by).is_none() {
            let near = nearest(
                by,
                table
                    .columns
                    .iter()
                    .map(|c| c.name.as_str())
                    .filter(|name| *name != column.name),
            );
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!(
                "`by` names another column of `{}`, and `{by}` is none{hint}",
                table.name
            ));
        }
        if named.replace(by).is_some_and(|before| before != by) {
            return Err(
                "the dates of one document move with one column: write the same `by` everywhere".to_owned(),
            );
        }
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
        Kind::Date | Kind::Timestamp => "`date`, `birthday`, ",
        Kind::Inet => "`ip`, ",
        Kind::Json => "`json`, ",
        Kind::Uuid => "`uuid`, ",
        Kind::Bytes => "`bytes`, `text`, ",
        Kind::Integer => "`noise`, `bucket`, `pattern`, ",
        Kind::Number => "`noise`, `bucket`, ",
        Kind::TsVector | Kind::Hstore | Kind::Xml => "`text`, ",
        Kind::Vector => "`vector`, ",
        Kind::Text => "any transform of text, ",
        _ => "",
    };
    format!("there are {own}`null`, `constant`, `shuffle` and `keep`")
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
        Kind::Integer => (
            value.parse().is_ok_and(|number| transform::holds(column, number)),
            "a whole number that the type can hold",
        ),
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
