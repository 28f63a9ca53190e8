//! Personal data by pattern: e-mail addresses, phone numbers, card numbers, IBANs.
//!
//! Nearly every value holds none of them, so each pattern has a sign that is cheap to look for: an `@`, nine digits
//! together, two capital letters before two digits. Only where it stands is the rest looked at.

use std::sync::LazyLock;

use regex::bytes::Regex;

#[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[^\w.+-])(\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,3}|0\d{1,3}-\d{2,4}-\d{3,4}|0[5789]0\d{8}|\(0?\d{2,4}\) ?\d{2,4}-\d{3,4}|[2-9]\d{2}[-.][2-9]\d{2}[-.]\d{4})(?:$|[^\w-])",
    )
    .expect("a valid pattern")
});
#[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static CARD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\w.-])((?:\d[ -]?){13,18}\d)(?:$|[^\w-])").expect("a valid pattern")
});

/// What a pattern found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Personal {
    /// An e-mail address outside the domains that can never receive mail.
    Email,
    /// A phone number.
    Phone,
    /// A card number, its check digit right.
    Card,
    /// An IBAN, its check digits right.
    Iban,
}

impl Personal {
    pub(super) const ALL: [Self; 4] = [Self::Email, Self::Phone, Self::Card, Self::Iban];

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Email => "e-mail addresses that no rule made",
            Self::Phone => "phone numbers",
            Self::Card => "card numbers",
            Self::Iban => "IBANs",
        }
    }
}

/// Some sorts of personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorts(u8);

impl Sorts {
    pub(super) fn with(self, sort: Personal) -> Self {
        Self(self.0 | 1 << sort as u8)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, sort: Personal) -> bool {
        self.0 & (1 << sort as u8) != 0
    }
}

/// Every sort of personal data in a text.
pub(crate) fn find(text: &[u8]) -> Sorts {
    if let Some(narrow) = narrowed(text) {
        return find(&narrow);
    }
    let mut found = Sorts::default();
    if text.len() < 6 {
        return found;
    }
    if memchr::memchr(b'@', text).is_some() && addresses(text).any(|address| !is_reserved(address.domain)) {
        found = found.with(Personal::Email);
    }
    // A count is what the processor does many bytes at a time.
    if text.len() < 9 || text.iter().filter(|byte| byte.is_ascii_digit()).count() < 9 {
        return found;
    }
    if has_long_number(text) {
        if text.iter().all(u8::is_ascii_digit) {
            return number(text, found);
        }
        if captured(&PHONE, text).any(has_varied_digits) {
            found = found.with(Personal::Phone);
        }
        if captured(&CARD, text).any(is_card) {
            found = found.with(Personal::Card);
        }
    }
    if text.len() >= 15 && has_iban(text) {
        found = found.with(Personal::Iban);
    }
    found
}

/// A value of nothing but digits.
fn number(text: &[u8], found: Sorts) -> Sorts {
    match text {
        [b'0', b'5' | b'7' | b'8' | b'9', b'0', ..] if text.len() == 11 && has_varied_digits(text) => {
            found.with(Personal::Phone)
        }
        _ if (14..=19).contains(&text.len()) && is_card(text) => found.with(Personal::Card),
        _ => found,
    }
}

fn captured<'a>(pattern: &'a Regex, text: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    pattern
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|found| found.as_bytes())
}

/// The text with full-width digits and signs (`０９０－１２３４`, `＠`) as ASCII; none where it holds none.
fn narrowed(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(0xef, text)?;
    let text = String::from_utf8_lossy(text);
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let narrow: String = text.chars().map(narrow).collect();
    (narrow != text).then(|| narrow.into_bytes())
}

/// An e-mail address in a text.
pub(super) struct Address<'a> {
    /// All of it.
    pub(super) whole: &'a [u8],
    domain: &'a [u8],
}

/// Everything in a text that could be an e-mail address.
pub(super) fn addresses(text: &[u8]) -> impl Iterator<Item = Address<'_>> {
    memchr::memchr_iter(b'@', text).filter_map(|at| {
        let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+'-".contains(byte) || *byte >= 0x80;
        let start = text[..at]
            .iter()
            .rposition(|byte| !is_local(byte))
            .map_or(0, |before| before + 1);
        let is_domain =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') || *byte >= 0x80;
        let after = &text[at + 1..];
        let run = &after[..after
            .iter()
            .position(|byte| !is_domain(byte))
            .unwrap_or(after.len())];
        // Japanese goes on without a space: what is a domain before it is the domain.
        let ascii = &run[..run.iter().position(|byte| *byte >= 0x80).unwrap_or(run.len())];
        let domain = [ascii, run]
            .into_iter()
            .map(trimmed)
            .find(|domain| is_domain_name(domain))?;
        (start < at).then(|| Address {
            whole: &text[start..at + 1 + domain.len()],
            domain,
        })
    })
}

fn trimmed(domain: &[u8]) -> &[u8] {
    let end = domain.iter().rposition(|byte| !matches!(byte, b'.' | b'-'));
    &domain[..end.map_or(0, |end| end + 1)]
}

fn is_domain_name(domain: &[u8]) -> bool {
    let Some(dot) = memchr::memrchr(b'.', domain) else {
        return false;
    };
    let top = &domain[dot + 1..];
    dot > 0 && top.len() >= 2 && top.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
}

/// Whether somewhere nine digits stand together, with nothing between them but the signs of numbers.
fn has_long_number(text: &[u8]) -> bool {
    let mut digits = 0;
    text.iter().any(|byte| {
        match byte {
            b'0'..=b'9' => digits += 1,
            b' ' | b'-' | b'.' | b'(' | b')' | b'+' => {}
            _ => digits = 0,
        }
        digits >= 9
    })
}

/// Whether no mail can ever reach the domain (RFC 2606, RFC 6761).
pub(super) fn is_reserved(domain: &[u8]) -> bool {
    let names: [&[u8]; 7] = [
        b"example.com",
        b"example.net",
        b"example.org",
        b"example",
        b"test",
        b"invalid",
        b"localhost",
    ];
    names.into_iter().any(|name| {
        let Some(head) = domain.len().checked_sub(name.len()) else {
            return false;
        };
        domain[head..].eq_ignore_ascii_case(name) && (head == 0 || domain[head - 1] == b'.')
    })
}

/// `0000000000` and the like are placeholders.
fn has_varied_digits(text: &[u8]) -> bool {
    let seen = text
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .fold(0_u16, |seen, byte| seen | 1 << (byte - b'0'));
    seen.count_ones() > 2
}

fn is_card(text: &[u8]) -> bool {
    let digits: Vec<u32> = text
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| u32::from(byte - b'0'))
        .collect();
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

/// Countries whose IBANs there are, each with the IBAN's length (SWIFT's registry of IBANs).
const IBANS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BR", 29),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MT", 31),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"XK", 20),
];

/// Whether an IBAN stands in the text, in one piece or in groups of four. At least six in ten of its characters are
/// digits, which random letters and digits are not.
fn has_iban(text: &[u8]) -> bool {
    (0..text.len() - 14).any(|at| {
        let starts = text[at].is_ascii_uppercase()
            && text[at + 1].is_ascii_uppercase()
            && text[at + 2].is_ascii_digit()
            && text[at + 3].is_ascii_digit()
            && (at == 0 || !text[at - 1].is_ascii_alphanumeric());
        starts && is_iban_at(&text[at..])
    })
}

fn is_iban_at(text: &[u8]) -> bool {
    let Some((_, length)) = IBANS.iter().find(|(country, _)| text.starts_with(*country)) else {
        return false;
    };
    let mut iban = Vec::with_capacity(*length);
    let mut rest = text.iter();
    while iban.len() < *length {
        match rest.next() {
            Some(byte) if byte.is_ascii_digit() || byte.is_ascii_uppercase() => iban.push(*byte),
            Some(b' ') if iban.len() % 4 == 0 => {}
            _ => return false,
        }
    }
    let ends = rest.next().is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let digits = iban.iter().filter(|byte| byte.is_ascii_digit()).count();
    ends && digits * 10 >= length * 6 && has_varied_digits(&iban[4..]) && mod_97(&iban) == 1
}

fn mod_97(iban: &[u8]) -> u32 {
    iban[4..]
        .iter()
        .chain(&iban[..4])
        .fold(0, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        })
}

#[cfg(test)]
mod tests {
    use super::Personal::{Card, Email, Iban, Phone};
    use super::*;

    fn found(text: &str) -> Vec<Personal> {
        let sorts = find(text.as_bytes());
        Personal::ALL
            .into_iter()
            .filter(|sort| sorts.has(*sort))
            .collect()
    }

    #[test]
    fn personal_data_is_found_wherever_it_stands() {
        for (text, expected) in [
            ("write to Anna.Smith+x@mail.corp.co.jp!", vec![Email]),
            ("山田@例え.jp です", vec![Email]),
            ("連絡先はanna@corp.jpです", vec![Email]),
            ("ａｎｎａ＠ｃｏｒｐ．ｊｐ", vec![Email]),
            ("two: u@example.com, v@corp.io", vec![Email]),
            ("{\"tel\": \"090-1234-5678\"}", vec![Phone]),
            ("０９０－１２３４－５６７８", vec![Phone]),
            ("call +44 20 7946 0958 now", vec![Phone]),
            ("09012345678", vec![Phone]),
            ("card 4539 1488 0343 6467", vec![Card]),
            ("4539148803436467", vec![Card]),
            ("pay to DE89 3704 0044 0532 0130 00.", vec![Iban]),
            ("GB29NWBK60161331926819", vec![Iban]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_personal_is_left_alone() {
        for text in [
            "uabcdef@example.com, x@mail.test",
            "連絡先はu1@example.comです",
            "2024-01-15 12:34:56.789012+00",
            "order 20240115123456, total 12,345.67",
            "550e8400-e29b-41d4-a716-446655440000",
            "192.168.100.200",
            "000-0000-0000",
            "0901234567",
            "fe80::1234:5678:9abc",
            "[email] [phone]",
            "@mention, a@b, 5@3.14, x @ y.com",
            "card 4111 1111 1111 1112 wrong digit",
            "DE89370400440532013001",
            "ABCD1234EFGH5678IJKL9012",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
