//! `phone`: country, prefix, length and punctuation stay; the other digits, and any letters, become others.

use super::{Cell, pattern};

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    pattern::rewrite(value, prefix(value), cell, out);
}

/// How many leading digits stay: a country's code, or the beginning of an area's; never so many that few change.
fn prefix(value: &str) -> usize {
    let mut digits = value.chars().filter_map(digit);
    let mut first = [0; 5];
    let mut count = 0;
    for place in &mut first {
        let Some(digit) = digits.next() else { break };
        *place = digit;
        count += 1;
    }
    let count = count + digits.count();
    let wanted = match value.trim_start().chars().next() {
        Some('+' | '＋') => country(first[0], first[1]),
        _ if first[..2] == [0, 0] => 2 + country(first[2], first[3]),
        _ if first[0] == 0 => 3,
        _ => 1,
    };
    if count >= wanted + 6 { wanted } else { 0 }
}

/// How many digits a country's code has that begins with these two (ITU-T E.164, list of assigned codes).
fn country(first: u32, second: u32) -> usize {
    match (first, second) {
        (1 | 7, _) => 1,
        (2, 0 | 7)
        | (3, 0..=4 | 6 | 9)
        | (4, 0 | 1 | 3..=9)
        | (5, 1..=8)
        | (6, 0..=6)
        | (8, 1 | 2 | 4 | 6)
        | (9, 0..=5 | 8) => 2,
        _ => 3,
    }
}

/// The digit that a character is, full-width ones too.
fn digit(c: char) -> Option<u32> {
    match c {
        '０'..='９' => Some(c as u32 - '０' as u32),
        _ => c.to_digit(10),
    }
}
