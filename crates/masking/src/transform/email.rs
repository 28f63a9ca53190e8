//! `email`: an address in a domain that can never receive mail (RFC 2606).

use super::Cell;

pub(super) const DOMAIN: &str = "@example.com";

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let room = cell.limit.saturating_sub(DOMAIN.len() + 1).clamp(1, 16);
    format!("u{}{DOMAIN}", cell.prf.stream(&cell.seed(value)).letters(room))
}
