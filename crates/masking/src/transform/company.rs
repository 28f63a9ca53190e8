//! `company`: a made-up company's name.

use super::{Cell, Locale, lists};

pub(super) fn mask(value: &str, locale: Locale, cell: &Cell<'_>) -> String {
    let mut stream = cell.prf.stream(&cell.seed(value));
    let (at, form) = (stream.below(usize::MAX), stream.below(usize::MAX));
    let names = lists::last_names(locale);
    cell.other_than(value, |n| {
        let name = names[at.wrapping_add(n) % names.len()];
        match locale {
            Locale::En => format!(
                "{name} {}",
                ["Ltd", "Inc", "Trading", "Works", "& Sons"][form % 5]
            ),
            Locale::Ja => format!("株式会社{name}{}", ["商事", "製作所", "電機", "物産"][form % 4]),
            Locale::Kana => format!("カブシキガイシャ{name}"),
        }
    })
}
