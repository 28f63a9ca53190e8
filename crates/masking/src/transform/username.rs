//! `username`: `user_` and letters.

use super::{Cell, push};

pub(super) const PREFIX: &str = "user_";

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let room = cell.place.limit.saturating_sub(PREFIX.len()).clamp(1, 16);
    push(PREFIX, out);
    cell.stream(value).push_letters(room, out);
}
