//! Personal data by pattern: e-mail addresses, phone numbers, card numbers.

use std::sync::LazyLock;

use regex::Regex;

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?:^|[^\w.+-])(\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,3}|0\d{1,3}-\d{2,4}-\d{3,4}|0[5789]0\d{8}|\(0?\d{2,4}\) ?\d{2,4}-\d{3,4}|[2-9]\d{2}[-.][2-9]\d{2}[-.]\d{4})(?:$|[^\w-])",
    )
});
static CARD: LazyLock<Regex> = LazyLock::new(|| compile(r"(?:^|[^\w.-])((?:\d[ -]?){13,18}\d)(?:$|[^\w-])"));

/// What a pattern found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Personal {
    /// An e-mail address outside the domains that can never receive mail.
    Email,
    /// A phone number.
    Phone,
    /// A card number, its check digit right.
    Card,
}

impl Personal {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Email => "e-mail addresses that no rule made",
            Self::Phone => "phone numbers",
            Self::Card => "card numbers",
        }
    }
}

/// Everything personal in a text, each sort once. `made` knows the numbers that a rule made, `skipped` what need not
/// be looked for.
pub(crate) fn find(text: &str, skipped: &[Personal], made: impl Fn(&str) -> bool) -> Vec<Personal> {
    let mut found = Vec::new();
    let wanted = |sort| !skipped.contains(&sort);
    if wanted(Personal::Email)
        && text.contains(['@', '＠'])
        && domains(text).any(|domain| !is_reserved(domain))
    {
        found.push(Personal::Email);
    }
    // Expressions are dear: most texts hold no run of digits that is long enough for either.
    if (wanted(Personal::Phone) || wanted(Personal::Card)) && has_long_number(text) {
        let mut numbers = PHONE
            .captures_iter(text)
            .filter_map(|found| found.get(1))
            .map(|found| found.as_str());
        if wanted(Personal::Phone) && numbers.any(|number| has_varied_digits(number) && !made(number)) {
            found.push(Personal::Phone);
        }
        let mut numbers = CARD
            .captures_iter(text)
            .filter_map(|found| found.get(1))
            .map(|found| found.as_str());
        if wanted(Personal::Card) && numbers.any(|number| is_card(number) && !made(number)) {
            found.push(Personal::Card);
        }
    }
    found
}

/// The domains of everything in a text that could be an e-mail address.
fn domains(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(['@', '＠']).filter_map(|(at, sign)| {
        let local = text[..at]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || "._%+'-".contains(c));
        let after = &text[at + sign.len()..];
        let end = after
            .find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.'))
            .unwrap_or(after.len());
        let domain = after[..end].trim_end_matches(['.', '-']);
        let (name, top) = domain.rsplit_once('.')?;
        let real =
            local && !name.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
        real.then_some(domain)
    })
}

/// Whether somewhere nine digits stand together, with nothing between them but the signs of numbers.
fn has_long_number(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|byte| {
        match byte {
            b'0'..=b'9' => digits += 1,
            b' ' | b'-' | b'.' | b'(' | b')' | b'+' => {}
            _ => digits = 0,
        }
        digits >= 9
    })
}

/// Whether no mail can ever reach the domain (RFC 2606, RFC 6761).
pub(crate) fn is_reserved(domain: &str) -> bool {
    let domain = domain.to_lowercase();
    let within =
        |name: &str| domain == name || domain.strip_suffix(name).is_some_and(|head| head.ends_with('.'));
    [
        "example.com",
        "example.net",
        "example.org",
        "example",
        "test",
        "invalid",
        "localhost",
    ]
    .into_iter()
    .any(within)
}

/// `0000000000` and the like are placeholders.
fn has_varied_digits(text: &str) -> bool {
    let mut digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    digits.sort_unstable();
    digits.dedup();
    digits.len() > 2
}

fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let begins = digits.iter().take(2).fold(0, |number, digit| number * 10 + digit);
    let issuer = matches!((begins, digits.len()), (34 | 37, 15) | (40..=49, 13 | 16 | 19) | (22..=27 | 51..=55, 16) | (60 | 62 | 64 | 65, 16..=19) | (35, 16) | (30 | 36 | 38, 14));
    issuer && has_varied_digits(text) && luhn(&digits)
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |(at, digit): (usize, &u32)| {
        if at % 2 == 1 {
            digit * 2 / 10 + digit * 2 % 10
        } else {
            *digit
        }
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::Personal::{Card, Email, Phone};
    use super::*;

    #[test]
    fn personal_data_is_found_wherever_it_stands() {
        for (text, expected) in [
            ("write to Anna.Smith+x@mail.example.co.jp!", vec![Email]),
            ("山田@例え.jp です", vec![Email]),
            ("two: u@example.com, v@real.example.io", vec![Email]),
            ("{\"tel\": \"090-1234-5678\"}", vec![Phone]),
            ("call +44 20 7946 0958 now", vec![Phone]),
            ("09012345678", vec![Phone]),
            ("card 4111 1111 1111 1112 wrong digit", vec![]),
            ("card 4539 1488 0343 6467", vec![Card]),
        ] {
            assert_eq!(find(text, &[], |_| false), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_personal_is_left_alone() {
        for text in [
            "uabcdef@example.com, x@mail.test",
            "2024-01-15 12:34:56.789012+00",
            "order 20240115123456, total 12,345.67",
            "550e8400-e29b-41d4-a716-446655440000",
            "192.168.100.200",
            "000-0000-0000",
            "fe80::1234:5678:9abc",
            "[email] [phone]",
            "@mention, a@b, 5@3.14, x @ y.com",
        ] {
            assert_eq!(find(text, &[], |_| false), [], "{text}");
        }
    }
}
