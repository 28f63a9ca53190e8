//! `bucket`: the number rounded down to a multiple, so that only its size remains. What would then be too small for
//! its type is rounded towards zero.

use super::numbers::Decimal;
use super::{Cell, push};

pub(super) fn mask(value: &str, width: u64, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let Some(given) = Decimal::read(value) else {
        let kept = matches!(value.trim_start_matches('-'), "NaN" | "Infinity" | "inf" | "nan");
        return push(if kept { value } else { "0" }, out);
    };
    if !given.exponent.is_empty() {
        let width = width as f64;
        let rounded = value
            .parse::<f64>()
            .map_or(0.0, |number| (number / width).floor() * width);
        return push(&format!("{rounded:e}"), out);
    }
    let width = i128::from(width)
        .saturating_mul(10_i128.pow(given.scale().min(18)))
        .max(1);
    let towards_zero = given.digits - given.digits % width;
    let down = if given.negative && towards_zero != given.digits {
        towards_zero + width
    } else {
        towards_zero
    };
    let fits = cell.place.numbers.hold(given.whole(down));
    given.write(if fits { down } else { towards_zero }, || 0, out);
}
