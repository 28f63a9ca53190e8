//! `email`: an address in a domain that can never receive mail (RFC 2606), or at the domain of the value.

use super::{Cell, push};

pub(super) const DOMAIN: &str = "@example.com";

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    local_part(value, DOMAIN.len(), cell, out);
    push(DOMAIN, out);
}

/// Keeps what stands after the last `@`; a value without any, or without room beside its domain, gets the other domain.
pub(super) fn mask_at_domain(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let domain = value.rfind('@').map_or("", |at| &value[at..]);
    let least = if cell.place.unique {
        super::UNIQUE_LETTERS
    } else {
        4
    };
    let room = cell.place.limit.min(cell.place.byte_limit);
    if domain.len() < 2 || domain.len() + 1 + least > room || !is_domain(&domain[1..]) {
        return mask(value, cell, out);
    }
    local_part(value, domain.len(), cell, out);
    push(domain, out);
}

/// Whether it is a name and hides nothing else.
fn is_domain(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

fn local_part(value: &str, rest: usize, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let room = cell.place.limit.saturating_sub(rest + 1).clamp(1, 16);
    out.push(b'u');
    cell.stream(value).push_letters(room, out);
}
