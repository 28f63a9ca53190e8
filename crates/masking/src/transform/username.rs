//! `username`: `user_` and letters.

use super::Cell;

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let room = cell.limit.saturating_sub(5).clamp(1, 16);
    format!("user_{}", cell.prf.stream(&cell.seed(value)).letters(room))
}
