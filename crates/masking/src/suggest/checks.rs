//! Check digits: a number whose check digit is right is hardly one by accident.

/// Whether the digits end in the check digit of ISO/IEC 7812-1 (Luhn), as card numbers do.
pub(crate) fn luhn(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => *digit,
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    (13..=19).contains(&digits.len()) && digits.iter().any(|digit| *digit > 0) && sum.is_multiple_of(10)
}

/// Whether the text is an IBAN with right check digits (ISO 13616: 1 modulo 97).
pub(crate) fn iban(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != ' ').collect();
    let shaped = (15..=34).contains(&plain.len())
        && plain.is_ascii()
        && plain[..2].chars().all(|c| c.is_ascii_uppercase())
        && plain[2..4].chars().all(|c| c.is_ascii_digit());
    if !shaped {
        return false;
    }
    let rest = plain[4..].chars().chain(plain[..4].chars());
    let remainder = rest.map(|c| c.to_digit(36)).try_fold(0, |so_far, value| {
        let value = value?;
        Some((so_far * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    remainder == Some(1)
}

/// Whether the text is a Japanese individual number (My Number): eleven digits and the check digit of the ministry's
/// ordinance no. 85 of 2014, article 5.
pub(crate) fn my_number(text: &str) -> bool {
    let plain: Vec<char> = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits: Option<Vec<u32>> = plain.iter().map(|c| c.to_digit(10)).collect();
    let Some([digits @ .., check]) = digits.as_deref() else {
        return false;
    };
    if digits.len() != 11 {
        return false;
    }
    let weights = (1..).map(|n| if n <= 6 { n + 1 } else { n - 5 });
    let sum: u32 = digits
        .iter()
        .rev()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    *check == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_told_from_accidents() {
        // The card networks' own test numbers.
        assert!(luhn("4242 4242 4242 4242") && luhn("378282246310005") && !luhn("4242 4242 4242 4241"));
        assert!(!luhn("0000000000000"), "zeros alone are no number");
        // The examples of the IBAN registry.
        assert!(iban("DE89 3704 0044 0532 0130 00") && iban("GB29NWBK60161331926819"));
        assert!(!iban("DE88370400440532013000") && !iban("shop") && !iban("日本語の文章がここに入ります"));
        // 123456789018: 6·1+5·2+4·3+3·4+2·5+7·6+6·7+5·8+4·9+3·0+2·1 = 212, 212 mod 11 = 3, 11 − 3 = 8.
        assert!(my_number("1234 5678 9018") && !my_number("123456789012") && !my_number("12345"));
    }
}
