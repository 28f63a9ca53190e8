//! `postcode`: every digit and letter becomes another of its sort; separators and length stay.

use super::Cell;

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let mut stream = cell.prf.stream(&cell.seed(value));
    value
        .chars()
        .map(|c| match c {
            '0'..='9' => other(c, b'0', 10, stream.below(9)),
            'a'..='z' => other(c, b'a', 26, stream.below(25)),
            'A'..='Z' => other(c, b'A', 26, stream.below(25)),
            '０'..='９' => char::from(b'0' + stream.below(10) as u8),
            _ if c.is_alphabetic() => 'X',
            _ => c,
        })
        .collect()
}

/// Another character of the `count` that begin at `first`: `step + 1` places on.
fn other(c: char, first: u8, count: u8, step: usize) -> char {
    char::from(first + (c as u8 - first + 1 + step as u8) % count)
}
