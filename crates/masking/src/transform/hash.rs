//! `hash`: up to 32 hexadecimal digits of the keyed function.

use super::Cell;

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let length = cell.place.limit.min(32);
    cell.stream(value).push_hex(length, out);
}
