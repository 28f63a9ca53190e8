//! What a rule promises of a column's values, as the verification understands it.

use std::net::IpAddr;

use masking::Transform;

use super::patterns::{Personal, Sorts, is_reserved};

/// How the values of a transform can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Made-up values never meet an original: each is looked up. An original that tells by itself must be nowhere.
    Anywhere,
    /// As before, but an original says nothing of other places: it may be any word of a document.
    Place,
    /// Made-up values meet originals by chance (names, cities, dates, numbers in a format): the value of a row is held
    /// against what the same row held before.
    Row,
}

pub(super) fn judged(transform: &Transform) -> Judged {
    match transform {
        Transform::Null | Transform::Constant(_) => Judged::Place,
        Transform::Hash
        | Transform::Email
        | Transform::EmailKeepDomain
        | Transform::Username
        | Transform::Url
        | Transform::Uuid
        | Transform::Card
        | Transform::Iban
        | Transform::TextDrop
        | Transform::Bytes => Judged::Anywhere,
        _ => Judged::Row,
    }
}

/// The sorts of personal data that the transform itself makes, so that the pattern says nothing.
pub(super) fn makes(transform: &Transform) -> Sorts {
    let none = Sorts::default();
    match transform {
        Transform::Json(paths) => paths
            .iter()
            .fold(none, |sorts, (_, inner)| sorts.and(makes(inner))),
        Transform::EmailKeepDomain => none.with(Personal::Email),
        Transform::Phone | Transform::PostcodeIn(_) => none.with(Personal::Phone).with(Personal::Card),
        // Other letters and digits in the same format: one in 97 has the right check digits of an IBAN.
        Transform::Pattern | Transform::Postcode => none
            .with(Personal::Phone)
            .with(Personal::Card)
            .with(Personal::Iban),
        Transform::Card => none.with(Personal::Card),
        Transform::Iban => none.with(Personal::Iban),
        _ => none,
    }
}

/// Whether a value that is left can be what the rule promises; empty values are always right.
pub(super) fn is_as_promised(transform: &Transform, value: &[u8]) -> bool {
    let value = value.trim_ascii();
    if value.is_empty() {
        return true;
    }
    match transform {
        Transform::Null => false,
        Transform::Email => memchr::memrchr(b'@', value).is_some_and(|at| is_reserved(&value[at + 1..])),
        Transform::Ip => text(value).split('/').next().is_some_and(is_documentation),
        Transform::TextDrop => is_blank(value),
        Transform::Url => host(text(value)).is_some_and(|host| is_reserved(host.as_bytes())),
        Transform::Uuid => value.len() == 36 && value.iter().all(|c| c.is_ascii_hexdigit() || *c == b'-'),
        _ => true,
    }
}

fn text(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap_or_default()
}

/// RFC 5737 and RFC 3849.
fn is_documentation(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(ip)) => matches!(ip.octets(), [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _]),
        Ok(IpAddr::V6(ip)) => ip.segments()[..2] == [0x2001, 0xdb8],
        Err(_) => false,
    }
}

fn host(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', ':', '?']).next()
}

/// Whether a value says nothing of anybody, so that it may stay as it is: empty, zero, endless, signs only.
pub(super) fn is_blank(value: &[u8]) -> bool {
    let says = |byte: &u8| (byte.is_ascii_alphanumeric() && *byte != b'0') || *byte >= 0x80;
    !value.iter().any(says) || matches!(value, b"infinity" | b"-infinity" | b"NaN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_its_format_may_meet_a_number_with_check_digits() {
        for transform in [Transform::Pattern, Transform::Postcode] {
            let made = makes(&transform);
            assert!(made.has(Personal::Iban) && made.has(Personal::Card) && made.has(Personal::Phone));
        }
        assert!(!makes(&Transform::Email).has(Personal::Iban));
    }

    #[test]
    fn promises_are_told_from_originals() {
        let right = |transform: &Transform, value: &str| is_as_promised(transform, value.as_bytes());
        assert!(right(&Transform::Email, "u1@example.com"));
        assert!(!right(&Transform::Email, "anna@corp.example.co"));
        assert!(!right(&Transform::Email, "anna"));
        assert!(right(&Transform::Ip, "203.0.113.9/32") && right(&Transform::Ip, "2001:db8::1"));
        assert!(!right(&Transform::Ip, "10.0.0.1"));
        assert!(right(&Transform::TextDrop, "") && !right(&Transform::TextDrop, "left"));
        assert!(!right(&Transform::Url, "https://corp.jp/example.com"));
    }
}
