//! `url`: a page of a domain that belongs to nobody (RFC 2606).

use super::Cell;

pub(super) const BASE: &str = "https://example.com/";

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let room = cell.limit.saturating_sub(BASE.len()).clamp(1, 16);
    format!("{BASE}{}", cell.prf.stream(&cell.seed(value)).letters(room))
}
