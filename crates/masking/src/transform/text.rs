//! `text`: free text, emptied (`drop`) or with the personal data found in it replaced (`redact`). Redaction knows
//! patterns only: names and addresses in prose stay. `drop` is the safe choice.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::push;

/// What is looked for, the longer things before their parts.
const PATTERNS: &[(&str, &str)] = &[
    // With somebody's name or password before the host, or a page of a person.
    (r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#@]*@\S+", "[url]"),
    (
        r"(?i)\bhttps?://\S*?(?:/~|/@|/(?:u|user|users|profile|profiles|people|members?|in)/|[?&](?:user|username|login|name|e?mail|phone|tel)=)\S+",
        "[url]",
    ),
    (
        r"(?i)\b(?:https?://)?(?:[a-z]+\.)?(?:(?:twitter|x|facebook|fb|instagram|linkedin|github|gitlab|youtube|tiktok|reddit|qiita|note)\.com|threads\.net|ameblo\.jp|(?:t|line|wa)\.me)/\S+",
        "[url]",
    ),
    (r"(?i)[\p{L}0-9._%+'-]+@[\p{L}0-9-]+(\.[\p{L}0-9-]+)+", "[email]"),
    (r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}\b", "[iban]"),
    (r"\b\d(?:[ -]?\d){12,18}\b", "[card]"),
    (r"(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]{1,39}\b", "[ip]"),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}\b", "[ip]"),
    (
        r"(?:\+|\b00)\d[\d ().-]{6,18}\d|\(?\b0\d{1,4}\)?[ .-]?\d{1,4}[ .-]?\d{3,4}\b|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b",
        "[phone]",
    ),
];

#[allow(
    clippy::expect_used,
    reason = "constant patterns, compiled by every test of this transform"
)]
static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .map(|(pattern, label)| (Regex::new(pattern).expect("a valid pattern"), *label))
        .collect()
});

pub(super) fn redact(value: &str, out: &mut Vec<u8>) {
    // Full-width digits and signs are read as the ASCII ones that they stand for.
    let mut text: Cow<'_, str> = if value.is_ascii() || value.chars().all(|c| narrow(c) == c) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.chars().map(narrow).collect())
    };
    if may_hold_something(&text) {
        for (pattern, label) in COMPILED.iter() {
            if let Cow::Owned(replaced) = pattern.replace_all(&text, *label) {
                text = Cow::Owned(replaced);
            }
        }
    }
    push(&text, out);
}

/// Without an `@`, a slash, a colon or four digits no pattern can match.
fn may_hold_something(text: &str) -> bool {
    text.bytes().any(|c| matches!(c, b'@' | b'/' | b':'))
        || text.bytes().filter(u8::is_ascii_digit).count() >= 4
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '＠' | '．' | '－' | '＋' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}
