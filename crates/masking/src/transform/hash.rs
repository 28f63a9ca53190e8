//! `hash`: up to 32 hexadecimal digits of the keyed function.

use super::Cell;

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    cell.prf.stream(&cell.seed(value)).hex(cell.limit.min(32))
}
