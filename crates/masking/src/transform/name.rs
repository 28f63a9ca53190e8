//! `name`: a made-up person's first, last or full name, in the rule's language.

use super::{Cell, Locale, lists, place};

/// Which part of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Given name.
    First,
    /// Family name.
    Last,
    /// Both, in the language's order.
    #[default]
    Full,
}

pub(super) fn mask(value: &str, part: Part, locale: Locale, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let mut stream = cell.stream(value);
    let (firsts, lasts) = (lists::first_names(locale), lists::last_names(locale));
    let (first, last) = (stream.below(firsts.len()), stream.below(lasts.len()));
    cell.other_than(value, out, |n, out| {
        let first = firsts[(first + n) % firsts.len()];
        let last = lasts[(last + n) % lasts.len()];
        let (one, two) = match (part, locale) {
            (Part::First, _) => (first, ""),
            (Part::Last, _) => (last, ""),
            (Part::Full, Locale::Ja | Locale::Kana) => (last, first),
            (Part::Full, _) => (first, last),
        };
        place::word(one, cell.place, out);
        if !two.is_empty() {
            out.push(b' ');
            place::word(two, cell.place, out);
        }
    });
}
