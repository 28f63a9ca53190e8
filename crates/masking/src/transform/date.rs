//! `date`: moved by up to so many days either way, never by none. The time of day and the zone stay.
//! In a unique column all dates of a group move by the same keyed number of days, so that they stay apart.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::Cell;
use crate::schema::Kind;

pub(super) fn mask(value: &str, shift_days: u32, cell: &Cell<'_>) -> String {
    if matches!(value, "infinity" | "-infinity") || value.starts_with("0000-") {
        return value.to_owned();
    }
    let parsed = value
        .get(..10)
        .filter(|_| !value.ends_with("BC"))
        .and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
    let Some(date) = parsed else {
        return fallback(cell.kind).to_owned();
    };
    let input: &[u8] = if cell.unique {
        b"every date"
    } else {
        value.as_bytes()
    };
    let mut stream = cell.prf.stream(input);
    let days = 1 + stream.below(shift_days as usize) as i64;
    let back = stream.below(2) == 0;
    format!("{}{}", moved(date, if back { -days } else { days }), &value[10..])
}

/// The date `days` on; the other way where that would leave the years that MySQL's TIMESTAMP can hold.
fn moved(date: NaiveDate, days: i64) -> NaiveDate {
    let safe = |date: &NaiveDate| (1971..=2037).contains(&date.year());
    let there = date.checked_add_signed(TimeDelta::days(days)).unwrap_or(date);
    if safe(&date) && !safe(&there) {
        date.checked_sub_signed(TimeDelta::days(days)).unwrap_or(date)
    } else {
        there
    }
}

/// What stands for a date that cannot be read.
fn fallback(kind: Kind) -> &'static str {
    if kind == Kind::Timestamp {
        "1970-01-02 00:00:00"
    } else {
        "1970-01-02"
    }
}
