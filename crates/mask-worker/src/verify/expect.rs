//! What a rule promises of a column's values, as the verification understands it.

use std::net::IpAddr;

use masking::Transform;

use super::patterns::is_reserved;

/// Whether a value that is left can be what the rule promises; empty values are always right.
pub(super) fn is_as_promised(transform: &Transform, value: &str) -> bool {
    // An array's elements each keep the promise.
    let mut parts = value
        .split(['{', '}', ',', '"'])
        .filter(|part| !part.is_empty() && *part != "NULL");
    match transform {
        Transform::Null => false,
        Transform::Email => parts.all(|part| {
            part.split_once('@')
                .is_some_and(|(_, domain)| is_reserved(domain))
        }),
        Transform::Ip => parts.all(|part| part.split('/').next().is_some_and(is_documentation)),
        Transform::TextDrop => is_blank(&value.replace("NULL", "")) || value == "\\x",
        Transform::Url => parts.all(|part| host(part).is_some_and(is_reserved)),
        Transform::Uuid => {
            parts.all(|part| part.len() == 36 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-'))
        }
        _ => true,
    }
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
pub(super) fn is_blank(value: &str) -> bool {
    !value.chars().any(|c| c.is_alphanumeric() && c != '0')
        || matches!(value, "infinity" | "-infinity" | "{}" | "NaN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_told_from_originals() {
        assert!(is_as_promised(&Transform::Email, "u1@example.com"));
        assert!(is_as_promised(
            &Transform::Email,
            "{u1@example.com,NULL,\"u2@mail.test\"}"
        ));
        assert!(!is_as_promised(&Transform::Email, "anna@corp.example.co"));
        assert!(!is_as_promised(&Transform::Email, "anna"));
        assert!(
            is_as_promised(&Transform::Ip, "203.0.113.9/32") && is_as_promised(&Transform::Ip, "2001:db8::1")
        );
        assert!(!is_as_promised(&Transform::Ip, "10.0.0.1"));
        assert!(is_as_promised(&Transform::TextDrop, "") && !is_as_promised(&Transform::TextDrop, "left"));
        assert!(!is_as_promised(&Transform::Url, "https://corp.jp/example.com"));
    }
}
