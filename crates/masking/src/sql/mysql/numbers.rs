//! Dates and numbers.

use super::Place;
use crate::schema::{Column, Kind};

fn base(type_name: &str) -> &str {
    type_name.split([' ', '(']).next().unwrap_or_default()
}

/// A date some days away, never the same. What is no date is not moved (zeros), or becomes one (a day or month of
/// zero); near the end of what the type can hold it moves inwards.
pub(super) fn date(place: &Place<'_>, name: &str, shift_days: u32) -> Option<String> {
    let base = base(&place.column.type_name);
    let (low, high) = match base {
        "date" | "datetime" => ("0200-01-01", "9800-01-01"),
        // A timestamp's whole range is 68 years.
        "timestamp" if shift_days <= 3650 => ("1981-01-01", "2026-01-01"),
        _ => return None,
    };
    if place.treatment.unique {
        return None;
    }
    let days = format!("(1 + FLOOR(RAND() * {shift_days}))");
    Some(format!(
        "CASE WHEN {name} BETWEEN '{low}' AND '{high}' AND MONTH({name}) AND DAYOFMONTH({name}) \
         THEN {name} + INTERVAL {days} * IF(RAND() < 0.5, -1, 1) DAY {} \
         ELSE {name} + INTERVAL {days} * IF({name} < '{low}', 1, -1) DAY END",
        odd_days(base, name)
    ))
}

/// What becomes of zeros, and of dates without a day or month.
fn odd_days(base: &str, name: &str) -> String {
    let some_day = if base == "date" {
        "DATE'1970-01-02'"
    } else {
        "TIMESTAMP'1970-01-02 00:00:00'"
    };
    format!(
        "WHEN YEAR({name}) = 0 THEN {name} WHEN MONTH({name}) = 0 OR DAYOFMONTH({name}) = 0 THEN {some_day}"
    )
}

/// Another day of the same year: days are counted round it, and the last day of a leap year is never met.
pub(super) fn birthday(place: &Place<'_>, name: &str) -> Option<String> {
    let base = base(&place.column.type_name);
    if place.treatment.unique || !matches!(base, "date" | "datetime") {
        return None;
    }
    Some(format!(
        "CASE {} ELSE {name} + INTERVAL (DAYOFYEAR({name}) + FLOOR(RAND() * 364)) % 365 + 1 - DAYOFYEAR({name}) DAY END",
        odd_days(base, name)
    ))
}

/// The number rounded down to a multiple; towards zero where the type has no smaller one.
pub(super) fn bucket(column: &Column, name: &str, width: u64) -> Option<String> {
    let inner = inner_half(&column.type_name)?;
    if column.kind != Kind::Integer && decimals(&column.type_name).is_none() {
        return None;
    }
    let towards_zero = format!("{name} - {name} % {width}");
    if column.type_name.contains("unsigned") {
        return Some(towards_zero);
    }
    Some(format!(
        "{towards_zero} - IF({name} % {width} < 0 AND {name} > -{inner}, {width}, 0)"
    ))
}

/// A number up to so many percent away. The outer half of a type's range moves towards zero, so that nothing leaves it.
pub(super) fn noise(column: &Column, name: &str, percent: u32) -> Option<String> {
    let inner = inner_half(&column.type_name)?;
    let inner = if column.type_name.contains("unsigned") {
        format!("{name} <= {inner}")
    } else {
        format!("{name} BETWEEN -{inner} AND {inner}")
    };
    // A thousand steps on either side, never the middle one.
    let step = format!("(1 + FLOOR(RAND() * 1000)) * {percent} / 100000E0");
    let moved = format!("{name} * (1 + IF({inner} AND RAND() < 0.5, 1, -1) * {step})");
    Some(match column.kind {
        Kind::Integer => format!("ROUND({moved})"),
        _ => match decimals(&column.type_name) {
            Some((_, scale)) => format!("ROUND({moved}, {scale})"),
            None => moved,
        },
    })
}

/// Half of the largest number that a signed column of the type can hold.
fn inner_half(type_name: &str) -> Option<String> {
    Some(match base(type_name) {
        "tinyint" => "63".to_owned(),
        "smallint" => "16000".to_owned(),
        "mediumint" => "4000000".to_owned(),
        "int" => "1000000000".to_owned(),
        "bigint" => "4000000000000000000".to_owned(),
        "float" => "1e38".to_owned(),
        "double" => "8e307".to_owned(),
        _ => {
            let (precision, scale) = decimals(type_name)?;
            let whole = usize::try_from(precision.checked_sub(scale)?).ok()?;
            if whole == 0 {
                "0.4".to_owned()
            } else {
                format!("4{}", "0".repeat(whole - 1))
            }
        }
    })
}

/// Precision and scale, where the type states them.
fn decimals(type_name: &str) -> Option<(u32, u32)> {
    let (precision, rest) = type_name.split_once('(')?.1.split_once(',')?;
    let scale = rest.split(')').next()?;
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}
