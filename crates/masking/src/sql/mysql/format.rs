//! Texts that keep their format: other digits where digits were, other letters where letters were.
//!
//! The server has no loop, so a value is taken apart place by place, as many places as the column has. That is slow;
//! the commonest formats are recognised as a whole first.

use super::{below, literal};
use crate::schema::Column;

/// What no longer expression is worth.
const PLACES: usize = 40;

/// The commonest phone numbers: `_` is a digit, the first places stay.
const PHONES: &[(&str, usize)] = &[
    ("0__-____-____", 3),
    ("0_-____-____", 2),
    ("0__-___-____", 3),
    ("0____-_-____", 5),
    ("+__ __ ____ ____", 3),
    ("+__-__-____-____", 3),
    ("___-___-____", 1),
    ("(___) ___-____", 2),
];

/// The commonest postcodes.
const POSTCODES: &[(&str, usize)] = &[("___-____", 0), ("_____-____", 0)];

pub(super) fn phone(column: &Column, name: &str) -> Option<String> {
    let elsewhere = places(column, name, |at, place, made| {
        // Country or area stay, where enough is left to change.
        if at <= 3 {
            format!("IF(CHAR_LENGTH({name}) >= 10, {place}, {made})")
        } else {
            made
        }
    })?;
    Some(known(name, PHONES, &elsewhere))
}

pub(super) fn postcode(column: &Column, name: &str) -> Option<String> {
    let elsewhere = places(column, name, |_, _, made| made)?;
    Some(known(name, POSTCODES, &elsewhere))
}

/// A value in one of the formats is made anew at once.
fn known(name: &str, formats: &[(&str, usize)], elsewhere: &str) -> String {
    let cases: Vec<_> = formats
        .iter()
        .map(|(format, kept)| {
            format!(
                "WHEN {name} LIKE {} THEN {}",
                literal(format),
                filled(name, format, *kept)
            )
        })
        .collect();
    format!("CASE {} ELSE {elsewhere} END", cases.join(" "))
}

/// The format with random digits in its places.
fn filled(name: &str, format: &str, kept: usize) -> String {
    let mut parts = Vec::new();
    if kept > 0 {
        parts.push(format!("LEFT({name}, {kept})"));
    }
    let mut rest = &format[kept..];
    while let Some(first) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(first).len();
        parts.push(match (first, run) {
            ('_', 1) => below(10),
            // No leading zero: to write one would cost more than all the rest.
            ('_', run) => {
                let least = 10_usize.pow(run as u32 - 1);
                format!("FLOOR({least} + RAND() * {})", 9 * least)
            }
            _ => literal(&rest[..run]),
        });
        rest = &rest[run..];
    }
    format!("CONCAT({})", parts.join(", "))
}

/// The value place by place; `each` may say what stays of it.
fn places(column: &Column, name: &str, each: impl Fn(usize, &str, String) -> String) -> Option<String> {
    let limit = column.max_length.filter(|limit| *limit <= PLACES)?;
    let made: Vec<_> = (1..=limit)
        .map(|at| {
            let place = format!("SUBSTR({name}, {at}, 1)");
            each(at, &place, other(&place))
        })
        .collect();
    Some(format!("CONCAT({})", made.join(", ")))
}

/// A character of the same sort: what is no ASCII becomes `x`.
fn other(place: &str) -> String {
    let code = format!("ORD({place})");
    // Of ASCII alone, so that it goes with every character set.
    let letter = |alphabet: &str| format!("SUBSTR('{alphabet}', 1 + {}, 1)", below(26));
    format!(
        "CASE WHEN {code} BETWEEN 48 AND 57 THEN {} WHEN {code} BETWEEN 65 AND 90 THEN {} \
         WHEN {code} BETWEEN 97 AND 122 THEN {} WHEN {code} > 127 THEN 'x' ELSE {place} END",
        below(10),
        letter("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        letter("abcdefghijklmnopqrstuvwxyz")
    )
}
