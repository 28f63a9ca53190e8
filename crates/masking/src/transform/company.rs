//! `company`: a made-up company's name, in the rule's language.

use super::{Cell, Locale, lists, place};

pub(super) fn mask(value: &str, locale: Locale, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let names = lists::last_names(locale);
    // Before the name, and the endings to choose from.
    let (before, after): (&str, &[&str]) = match locale {
        Locale::En => ("", &[" Ltd", " Inc", " Trading", " Works", " & Sons"]),
        Locale::Ja => ("株式会社", &["商事", "製作所", "電機", "物産", "工業"]),
        Locale::Kana => ("カブシキガイシャ", &["ショウジ", "コウギョウ", "ブッサン"]),
        Locale::De => ("", &[" GmbH", " AG", " & Söhne", " KG", " Handel"]),
        Locale::Fr => ("", &[" SARL", " SA", " et Fils", " Frères"]),
        Locale::Es => ("", &[" S.A.", " S.L.", " e Hijos", " Hermanos"]),
    };
    let mut stream = cell.stream(value);
    let (at, ending) = (stream.below(names.len()), *stream.pick(after));
    cell.other_than(value, out, |n, out| {
        for word in [before, names[(at + n) % names.len()], ending] {
            place::word(word, cell.place, out);
        }
    });
}
