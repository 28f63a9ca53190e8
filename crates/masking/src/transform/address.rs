//! `address` and `city`: made-up ones.

use super::{Cell, Locale, lists};

pub(super) fn street(value: &str, locale: Locale, cell: &Cell<'_>) -> String {
    let mut stream = cell.prf.stream(&cell.seed(value));
    let (a, b, c) = (1 + stream.below(9), 1 + stream.below(30), 1 + stream.below(20));
    let at = stream.below(usize::MAX);
    cell.other_than(value, |n| match locale {
        Locale::En => {
            let street = lists::STREETS[at % lists::STREETS.len()];
            format!("{} {street}", a * 30 + b + n)
        }
        Locale::Ja | Locale::Kana => {
            let town = lists::TOWNS_JA[at % lists::TOWNS_JA.len()];
            format!("{town}{a}-{b}-{}", c + n)
        }
    })
}

pub(super) fn city(value: &str, locale: Locale, cell: &Cell<'_>) -> String {
    let at = cell.prf.stream(&cell.seed(value)).below(usize::MAX);
    let list = match locale {
        Locale::En => lists::CITIES_EN,
        Locale::Ja | Locale::Kana => lists::CITIES_JA,
    };
    cell.other_than(value, |n| list[at.wrapping_add(n) % list.len()].to_owned())
}
