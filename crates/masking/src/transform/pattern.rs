//! `pattern`: a digit for each digit, a letter of the same script and case for each letter; everything else stays where
//! it is. Where outputs are a function of the value, all values of the same format are permuted under the key: what was
//! unique stays unique, also for a column that ignores case or accents. A single digit or letter is moved on.

mod alphabet;

use alphabet::letter;

use super::{Cell, number, push};
use crate::schema::Kind;

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    if cell.place.kind == Kind::Integer {
        integer(value, cell, out);
    } else {
        rewrite(value, 0, cell, out);
    }
}

/// Appends the value in its own format, with its first `kept` digits as they are.
pub(super) fn rewrite(value: &str, kept: usize, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let accents = cell.place.spelling.accents;
    let (mut symbols, mut radices) = take(cell);
    let mut prefix = 0_u64;
    let mut digits = 0;
    for letter in value.chars().filter_map(|c| letter(c, accents)) {
        if digits < kept && letter.is_digit() {
            digits += 1;
            prefix = prefix * 10 + u64::from(letter.index) + 1;
        } else {
            symbols.push(letter.index);
            radices.push(letter.alphabet.size());
        }
    }
    if cell.place.exact {
        cell.draw.group.permute(prefix, &mut symbols, &radices);
    } else {
        redraw(&mut symbols, &radices, cell);
    }
    let (mut changed, mut digits) = (symbols.iter(), 0);
    let mut utf8 = [0; 4];
    for c in value.chars() {
        let shown = match letter(c, accents) {
            Some(letter) if digits < kept && letter.is_digit() => {
                digits += 1;
                c
            }
            Some(letter) => {
                let index = *changed.next().unwrap_or(&0);
                if cell.place.exact {
                    letter.alphabet.at(index)
                } else {
                    letter.alphabet.common(index)
                }
            }
            None => c,
        };
        if shown.is_ascii() {
            out.push(shown as u8);
        } else {
            push(shown.encode_utf8(&mut utf8), out);
        }
    }
    (cell.draw.symbols, cell.draw.radices) = (symbols, radices);
}

/// The room to work in, empty.
fn take(cell: &mut Cell<'_>) -> (Vec<u16>, Vec<u16>) {
    let (mut symbols, mut radices) = (
        std::mem::take(&mut cell.draw.symbols),
        std::mem::take(&mut cell.draw.radices),
    );
    symbols.clear();
    radices.clear();
    (symbols, radices)
}

/// Other symbols, by chance; not all of them the same as before.
fn redraw(symbols: &mut [u16], radices: &[u16], cell: &mut Cell<'_>) {
    let mut stream = cell.draw.fresh();
    let mut same = true;
    for (symbol, radix) in symbols.iter_mut().zip(radices) {
        let drawn = stream.below((*radix).into()) as u16;
        same &= drawn == *symbol;
        *symbol = drawn;
    }
    if same && let (Some(last), Some(radix)) = (symbols.last_mut(), radices.last()) {
        *last = (*last + 1) % radix; // at least the last one differs
    }
}

/// A whole number of as many digits, none of them a leading zero, that the type can hold: permuted until it is one.
fn integer(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value),
    };
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return out.push(b'0');
    }
    let (mut symbols, mut radices) = take(cell);
    // Neither a leading zero nor minus zero.
    let least = u16::from(digits.len() > 1 || sign < 0);
    for (at, digit) in digits.bytes().enumerate() {
        let first = least * u16::from(at == 0);
        symbols.push(u16::from(digit - b'0').saturating_sub(first));
        radices.push(10 - first);
    }
    let numbers = cell.place.numbers;
    // Whoever walks on from a number that fits comes back to it at last, so that the walk ends.
    let found = loop {
        if cell.place.exact {
            cell.draw.group.permute(0, &mut symbols, &radices);
        } else {
            redraw(&mut symbols, &radices, cell);
        }
        let mut found = 0_i128;
        for (at, symbol) in symbols.iter().enumerate() {
            found = found * 10 + i128::from(*symbol + least * u16::from(at == 0));
        }
        if numbers.hold(sign * found) || !numbers.hold(sign * value_of(digits)) {
            break found;
        }
    };
    if sign < 0 && found != 0 {
        out.push(b'-');
    }
    number(found.unsigned_abs(), 1, out);
    (cell.draw.symbols, cell.draw.radices) = (symbols, radices);
}

fn value_of(digits: &str) -> i128 {
    digits
        .bytes()
        .fold(0, |value, digit| value * 10 + i128::from(digit - b'0'))
}
