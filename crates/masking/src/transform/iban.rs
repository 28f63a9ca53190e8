//! `iban`: the same country, length and spacing, right check digits (ISO 13616), and a bank that does not exist: its
//! code begins `0000` or `XXXX`. What is no IBAN is masked as `pattern` does.

use super::{Cell, pattern};

/// The longest IBAN that the standard allows.
const LONGEST: usize = 34;

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let mut characters = [0; LONGEST];
    let mut length = 0;
    for c in value.bytes().filter(|c| *c != b' ' && *c != b'-') {
        let Some(place) = characters.get_mut(length) else {
            return pattern::rewrite(value, 0, cell, out);
        };
        *place = c.to_ascii_uppercase();
        length += 1;
    }
    let iban = &mut characters[..length];
    if !is_iban(iban) {
        return pattern::rewrite(value, 0, cell, out);
    }
    let mut stream = cell.stream(value);
    for (at, c) in iban[4..].iter_mut().enumerate() {
        let digit = c.is_ascii_digit();
        *c = match (at < 4, digit) {
            (true, true) => b'0',
            (true, false) => b'X',
            (false, true) => b'0' + stream.below(10) as u8,
            (false, false) => b'A' + stream.below(26) as u8,
        };
    }
    iban[2..4].copy_from_slice(b"00");
    let check = 98 - remainder(iban);
    iban[2..4].copy_from_slice(&[b'0' + check / 10, b'0' + check % 10]);
    let mut made_up = iban.iter();
    out.extend(value.bytes().map(|c| match c {
        b' ' | b'-' => c,
        c if c.is_ascii_lowercase() => made_up.next().unwrap_or(&c).to_ascii_lowercase(),
        _ => *made_up.next().unwrap_or(&c),
    }));
}

fn is_iban(text: &[u8]) -> bool {
    text.len() >= 15
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..4].iter().all(u8::is_ascii_digit)
        && text[4..].iter().all(u8::is_ascii_alphanumeric)
}

/// Of the number that the characters make, country and check digits last, letters from 10 on, by 97.
fn remainder(iban: &[u8]) -> u8 {
    let (front, back) = iban.split_at(4);
    back.iter().chain(front).fold(0_u32, |remainder, c| match c {
        b'0'..=b'9' => (remainder * 10 + u32::from(c - b'0')) % 97,
        _ => (remainder * 100 + u32::from(c - b'A') + 10) % 97,
    }) as u8
}
