//! `postcode`: digits and letters for others of their sort, which is right in every country; or, with a locale, a
//! postcode in the format of that country.

use super::{Cell, Locale, number, pattern};

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    pattern::rewrite(value, 0, cell, out);
}

/// The first and the last postcode of each country, as numbers: the ranges that its post hands out.
pub(super) fn made_up(value: &str, locale: Locale, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let (first, last) = match locale {
        Locale::Ja | Locale::Kana => (10_000, 9_999_999),
        Locale::En => (501, 99_950),
        Locale::De => (1_067, 99_998),
        Locale::Fr => (1_000, 95_999),
        Locale::Es => (1_001, 52_999),
    };
    let at = cell.stream(value).below(last - first + 1);
    cell.other_than(value, out, |n, out| {
        let code = (first + (at + n) % (last - first + 1)) as u128;
        if matches!(locale, Locale::Ja | Locale::Kana) {
            number(code / 10_000, 3, out);
            out.push(b'-');
            number(code % 10_000, 4, out);
        } else {
            number(code, 5, out);
        }
    });
}
