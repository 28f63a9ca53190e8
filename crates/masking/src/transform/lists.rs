//! The words that made-up names and addresses are built of, a file for each language.

mod de;
mod en;
mod es;
mod fr;
mod ja;
mod kana;

use super::Locale;

/// Given names.
pub(crate) fn first_names(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => en::FIRST,
        Locale::Ja => ja::FIRST,
        Locale::Kana => kana::FIRST,
        Locale::De => de::FIRST,
        Locale::Fr => fr::FIRST,
        Locale::Es => es::FIRST,
    }
}

/// Family names.
pub(crate) fn last_names(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => en::LAST,
        Locale::Ja => ja::LAST,
        Locale::Kana => kana::LAST,
        Locale::De => de::LAST,
        Locale::Fr => fr::LAST,
        Locale::Es => es::LAST,
    }
}

/// Streets; in Japan a town with its prefecture.
pub(crate) fn streets(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => en::STREETS,
        Locale::Ja | Locale::Kana => ja::STREETS,
        Locale::De => de::STREETS,
        Locale::Fr => fr::STREETS,
        Locale::Es => es::STREETS,
    }
}

/// Cities.
pub(crate) fn cities(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => en::CITIES,
        Locale::Ja | Locale::Kana => ja::CITIES,
        Locale::De => de::CITIES,
        Locale::Fr => fr::CITIES,
        Locale::Es => es::CITIES,
    }
}

/// Whether the word is a given or family name of the lists, in any language: `suggest` reads samples with it.
pub(crate) fn is_name(word: &str) -> bool {
    [Locale::En, Locale::De, Locale::Fr, Locale::Es]
        .into_iter()
        .flat_map(|locale| first_names(locale).iter().chain(last_names(locale)))
        .any(|name| name.eq_ignore_ascii_case(word))
        || [Locale::Ja, Locale::Kana]
            .into_iter()
            .any(|locale| first_names(locale).contains(&word) || last_names(locale).contains(&word))
}
