//! `url`: a page of a domain that belongs to nobody (RFC 2606).

use super::{Cell, push};

pub(super) const BASE: &str = "https://example.com/";

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let room = cell.place.limit.saturating_sub(BASE.len()).clamp(1, 16);
    push(BASE, out);
    cell.stream(value).push_letters(room, out);
}
