//! `ip`: an address of the documentation ranges: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737) and
//! 2001:db8::/32 (RFC 3849). A network becomes one of these networks.

use super::Cell;

const V4: [&str; 3] = ["192.0.2", "198.51.100", "203.0.113"];

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let mut stream = cell.prf.stream(&cell.seed(value));
    let network = value.contains('/');
    if value.contains(':') && cell.limit >= 24 {
        let (a, b, c) = (stream.hex(4), stream.hex(4), stream.hex(4));
        return if network {
            format!("2001:db8:{a}::/48")
        } else {
            format!("2001:db8:{a}:{b}::{c}")
        };
    }
    let range = stream.pick(&V4);
    if network {
        format!("{range}.0/24")
    } else {
        cell.other_than(value, |n| format!("{range}.{}", (last(cell, value) + n) % 256))
    }
}

fn last(cell: &Cell<'_>, value: &str) -> usize {
    cell.prf.apart("last").stream(&cell.seed(value)).below(256)
}
