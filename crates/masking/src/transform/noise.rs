//! `noise`: a number near the old one, never the same, never of the other sign; zero stays zero. Whole numbers stay
//! whole, decimals keep their places, and no number leaves the range of its type.

use super::numbers::Decimal;
use super::{Cell, push};

/// Steps on either side.
const STEPS: usize = 1000;

pub(super) fn mask(value: &str, percent: u32, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let Some(given) = Decimal::read(value) else {
        // `NaN` and `Infinity` say nothing of anybody.
        let endless = value.trim_start_matches('-');
        let kept = matches!(endless, "NaN" | "Infinity" | "inf" | "nan");
        return push(if kept { value } else { "0" }, out);
    };
    if given.digits == 0 {
        return push(value, out);
    }
    let mut stream = cell.stream(value);
    let step = 1 + stream.below(STEPS) as i128;
    let by = (given.digits * step * i128::from(percent) / (STEPS as i128 * 100)).max(1);
    let (more, less) = (given.digits + by, given.digits - by);
    let numbers = cell.place.numbers;
    // A domain's name does not say what it holds.
    let known = numbers.hold(given.whole(given.digits));
    let fits = |digits| !known || numbers.hold(given.whole(digits));
    // The greatest floating-point numbers can only grow less.
    let grows = stream.below(2) == 0 && given.exponent.is_empty();
    let (wanted, other) = if grows { (more, less) } else { (less, more) };
    let digits = if fits(wanted) {
        wanted
    } else if fits(other) {
        other
    } else {
        let (least, most) = (numbers.least.unsigned_abs(), numbers.most.unsigned_abs());
        let edge = if given.negative { least } else { most };
        edge.cast_signed().saturating_mul(10_i128.pow(given.scale()))
    };
    given.write(digits, || stream.below(10) as u8, out);
}
