//! `phone`: country, prefix, length and punctuation stay; the other digits are permuted under the key, so that
//! distinct numbers stay distinct. Letters become `x`.

use super::Cell;

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let mut digits: Vec<u8> = value.chars().filter_map(digit).collect();
    let kept = prefix(value, digits.len());
    let tweak = format!("{:?}", &digits[..kept]);
    let rest = &mut digits[kept..];
    let before = rest.to_vec();
    if !rest.is_empty() {
        cell.prf.apart(&tweak).permute_digits(rest);
        if rest == before && !cell.unique {
            let last = rest.len() - 1;
            rest[last] = (rest[last] + 1) % 10;
        }
    }
    let mut masked = digits.into_iter();
    value
        .chars()
        .map(|c| match digit(c) {
            Some(_) => char::from(b'0' + masked.next().unwrap_or(0)),
            None if c.is_alphabetic() => 'x',
            None => c,
        })
        .collect()
}

/// How many leading digits stay: a country code, or an area code's beginning; never so many that few change.
fn prefix(value: &str, digits: usize) -> usize {
    let wanted = match value.trim_start() {
        v if v.starts_with('+') => 2,
        v if v.starts_with("00") => 4,
        v if v.starts_with('0') => 3,
        _ => 1,
    };
    if digits >= wanted + 6 { wanted } else { 0 }
}

/// The digit that a character is, full-width ones too.
fn digit(c: char) -> Option<u8> {
    match c {
        '0'..='9' => Some(c as u8 - b'0'),
        '０'..='９' => Some((c as u32 - '０' as u32) as u8),
        _ => None,
    }
}
