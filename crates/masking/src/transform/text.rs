//! `text`: free text, emptied (`drop`) or with the personal data found in it replaced (`redact`). Redaction knows
//! patterns only: names and addresses in prose stay. `drop` is the safe choice.

use std::sync::LazyLock;

use regex::{Captures, Regex};

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static PATTERNS: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("a valid pattern");
    [
        (
            regex(r"(?i)[\p{L}0-9._%+'-]+@[\p{L}0-9-]+(\.[\p{L}0-9-]+)+"),
            "[email]",
        ),
        (regex(r"\b\d(?:[ -]?\d){12,18}\b"), "[card]"),
        (regex(r"(?i)\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]{1,39}\b"), "[ip]"),
        (regex(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), "[ip]"),
        (
            regex(
                r"(?:\+|\b00)\d[\d ().-]{6,18}\d|\(?\b0\d{1,4}\)?[ .-]?\d{1,4}[ .-]?\d{3,4}\b|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b",
            ),
            "[phone]",
        ),
    ]
});

pub(super) fn redact(value: &str) -> String {
    // Full-width digits and signs are read as the ASCII ones that they stand for.
    let mut text: String = value.chars().map(narrow).collect();
    for (pattern, label) in PATTERNS.iter() {
        text = pattern.replace_all(&text, |_: &Captures<'_>| *label).into_owned();
    }
    text
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '＠' | '．' | '－' | '＋' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}
