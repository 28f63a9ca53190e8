//! What a sample of a column's values says.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

use super::checks::{iban, luhn, my_number};

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// IP addresses.
    Ip,
    /// Links.
    Url,
    /// Card numbers.
    Card,
    /// Bank accounts.
    Iban,
    /// Japanese individual numbers.
    MyNumber,
    /// People's names.
    Names,
    /// JSON documents.
    Json,
    /// Text in which some values hold an e-mail address, a phone, card or account number.
    Personal,
    /// Long text.
    Prose,
    /// Few distinct, short values.
    Codes,
    /// Short text without personal data.
    Words,
}

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^\s@]+@[^\s@]+\.[^\s@]+").expect("a valid pattern"));
#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static PHONE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\+?[\d(][\d ().-]{7,18}\d$").expect("a valid pattern"));
#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static CARD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d(?:[ -]?\d){12,18}\b").expect("a valid pattern"));

/// The verdict over a sample; none for an empty one.
pub(super) fn judge(sample: &[&str]) -> Option<Content> {
    let values: Vec<&str> = sample
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .collect();
    if values.is_empty() {
        return None;
    }
    let share =
        |test: &dyn Fn(&str) -> bool| values.iter().filter(|value| test(value)).count() * 100 / values.len();
    let phone =
        |value: &str| PHONE.is_match(value) && value.chars().any(|c| matches!(c, '-' | ' ' | '+' | '('));
    let json = |value: &str| {
        value.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok()
    };
    Some(match () {
        () if share(&|v| EMAIL.is_match(v) && !v.contains(' ')) >= 80 => Content::Email,
        () if share(&phone) >= 80 => Content::Phone,
        () if share(&|v| v.parse::<IpAddr>().is_ok()) >= 80 => Content::Ip,
        () if share(&json) >= 80 => Content::Json,
        // Every tenth number has a right check digit by accident: nearly all of them must be right.
        () if share(&iban) >= 80 => Content::Iban,
        () if share(&|v| card(v) && v.len() <= 23) >= 90 => Content::Card,
        () if share(&my_number) >= 90 => Content::MyNumber,
        () if share(&|v| v.starts_with("http://") || v.starts_with("https://")) >= 80 => Content::Url,
        () if values
            .iter()
            .any(|v| EMAIL.is_match(v) || card(v) || iban(v) || phone(v)) =>
        {
            Content::Personal
        }
        () if share(&named) >= 60 => Content::Names,
        () if values.len() >= 20 && values.iter().collect::<HashSet<_>>().len() * 10 <= values.len() => {
            Content::Codes
        }
        () if share(&|v| v.chars().count() > 40) >= 20 => Content::Prose,
        () => Content::Words,
    })
}

/// Whether a card number stands somewhere in the value.
fn card(value: &str) -> bool {
    CARD.find_iter(value).any(|found| luhn(found.as_str()))
}

fn named(value: &str) -> bool {
    let words: Vec<_> = value
        .split([' ', '\u{3000}', ','])
        .filter(|word| !word.is_empty())
        .collect();
    words.len() <= 4 && words.iter().any(|word| crate::transform::is_name(word))
}

/// Whether a good part of the values is written in kana or kanji.
pub(super) fn is_japanese(sample: &[&str]) -> bool {
    let japanese = |value: &&&str| {
        value
            .chars()
            .any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'))
    };
    !sample.is_empty() && sample.iter().filter(japanese).count() * 3 >= sample.len()
}
