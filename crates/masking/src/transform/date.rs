//! `date`: moved by up to so many days either way, never by none. The time of day and the zone stay.
//!
//! In a unique column all dates of the group move by the same keyed number of days, so that they stay apart. With `by`
//! all dates of one person move by the same number of days, so that the days between them stay what they were. Where a
//! move would leave the years that the type can hold, the date moves the other way.

use super::calendar::{Written, date_of};
use super::{Cell, push};
use crate::key::Stream;
use crate::schema::Kind;

pub(super) fn mask(value: &str, shift_days: u32, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    rewrite(value, cell, out, |written, cell| {
        let mut stream = if cell.place.unique {
            cell.draw.group.stream(b"every date")
        } else {
            cell.stream(value)
        };
        moved(written.day, shift(&mut stream, shift_days), cell.place.years)
    });
}

pub(super) fn mask_by(value: &str, shift_days: u32, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    rewrite(value, cell, out, |written, cell| {
        let shift = shift(&mut cell.stream_of_person(), shift_days);
        moved(written.day, shift, cell.place.years)
    });
}

/// Appends the date with another day. What lies beyond all days stays, and what cannot be read becomes a fixed date.
pub(super) fn rewrite(
    value: &str,
    cell: &mut Cell<'_>,
    out: &mut Vec<u8>,
    day: impl FnOnce(&Written<'_>, &mut Cell<'_>) -> i64,
) {
    if matches!(value, "infinity" | "-infinity") || value.starts_with("0000-00-00") {
        return push(value, out);
    }
    match Written::read(value) {
        Some(written) => {
            let day = day(&written, cell);
            written.write(day, out);
        }
        None if cell.place.kind == Kind::Timestamp => push("1970-01-02 00:00:00", out),
        None => push("1970-01-02", out),
    }
}

/// From 1 to `most` days, forwards or backwards.
fn shift(stream: &mut Stream, most: u32) -> i64 {
    let days = 1 + stream.below(most as usize) as i64;
    if stream.below(2) == 0 { -days } else { days }
}

fn moved(day: i64, shift: i64, (first, last): (i64, i64)) -> i64 {
    let is_held = |day| (first..=last).contains(&date_of(day).0);
    if is_held(day) && !is_held(day + shift) {
        day - shift
    } else {
        day + shift
    }
}
