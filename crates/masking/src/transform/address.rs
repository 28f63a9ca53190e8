//! `address` and `city`: made-up ones, in the rule's language.

use super::{Cell, Locale, lists, number, place};

pub(super) fn street(value: &str, locale: Locale, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let mut stream = cell.stream(value);
    let street = *stream.pick(lists::streets(locale));
    let (a, b, c) = (1 + stream.below(9), 1 + stream.below(30), 1 + stream.below(20));
    cell.other_than(value, out, |n, out| {
        let house = ((a - 1) * 30 + b + n) as u128;
        match locale {
            Locale::En | Locale::Fr => {
                number(house, 1, out);
                out.push(b' ');
                place::word(street, cell.place, out);
            }
            Locale::De => {
                place::word(street, cell.place, out);
                out.push(b' ');
                number(house, 1, out);
            }
            Locale::Es => {
                place::word(street, cell.place, out);
                out.extend_from_slice(b", ");
                number(house, 1, out);
            }
            Locale::Ja | Locale::Kana => {
                place::word(street, cell.place, out);
                number(a as u128, 1, out);
                out.push(b'-');
                number(b as u128, 1, out);
                out.push(b'-');
                number((c + n) as u128, 1, out);
            }
        }
    });
}

pub(super) fn city(value: &str, locale: Locale, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let cities = lists::cities(locale);
    let at = cell.stream(value).below(cities.len());
    cell.other_than(value, out, |n, out| {
        place::word(cities[(at + n) % cities.len()], cell.place, out);
    });
}
