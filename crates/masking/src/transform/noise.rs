//! `noise`: a number near the old one. Whole numbers stay whole, decimals keep their places; zero stays zero.

use super::Cell;
use crate::schema::Kind;

pub(super) fn mask(value: &str, percent: u32, cell: &Cell<'_>) -> String {
    let Ok(number) = value.parse::<f64>() else {
        return "0".to_owned();
    };
    if !number.is_finite() {
        return value.to_owned();
    }
    // A thousand steps on either side, never the middle one.
    let mut stream = cell.prf.stream(value.as_bytes());
    let step = 1.0 + stream.below(1000) as f64;
    let sign = if stream.below(2) == 0 { 1.0 } else { -1.0 };
    let moved = number * (1.0 + sign * step / 1000.0 * f64::from(percent) / 100.0);
    let places = value.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match cell.kind {
        Kind::Integer => format!("{moved:.0}"),
        _ if value.contains(['e', 'E']) => format!("{moved:e}"),
        _ => format!("{moved:.places$}"),
    }
}
