//! `birthday`: another day of the same year, any of them equally likely. The time of day stays. In a unique column the
//! days of a year move round it by a keyed amount, so that they stay apart.

use super::calendar::{date_of, day_of, is_leap};
use super::{Cell, date};

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    date::rewrite(value, cell, out, |written, cell| {
        let (year, ..) = date_of(written.day);
        let days = 365 + i64::from(is_leap(year));
        let first = day_of(year, 1, 1).unwrap_or(written.day);
        let mut stream = if cell.place.unique {
            cell.draw.group.numbered(year.cast_unsigned(), 0)
        } else {
            cell.stream(value)
        };
        let on = 1 + stream.below(days as usize - 1) as i64;
        first + (written.day - first + on) % days
    });
}
