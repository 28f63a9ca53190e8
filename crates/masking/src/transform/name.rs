//! `name`: a made-up person's first, last or full name, in English, Japanese or katakana.

use super::{Cell, Locale, lists};

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

pub(super) fn mask(value: &str, part: Part, locale: Locale, cell: &Cell<'_>) -> String {
    let mut stream = cell.prf.stream(&cell.seed(value));
    let (first, last) = (stream.below(usize::MAX), stream.below(usize::MAX));
    cell.other_than(value, |n| {
        let first = spell(lists::first_names(locale), first.wrapping_add(n));
        let last = spell(lists::last_names(locale), last.wrapping_add(n));
        match (part, locale) {
            (Part::First, _) => first.to_owned(),
            (Part::Last, _) => last.to_owned(),
            (Part::Full, Locale::En) => format!("{first} {last}"),
            (Part::Full, _) => format!("{last} {first}"),
        }
    })
}

fn spell(list: &'static [&'static str], at: usize) -> &'static str {
    list[at % list.len()]
}
