//! What a value is made of: which values tell by themselves whom they speak of, and the parts of longer ones.

use std::borrow::Cow;

/// The form in which a value is known wherever it stands, if it tells by itself whom or what it speaks of:
/// an e-mail address (in lower case), thirteen or more digits (without what separates them), ten or more characters with
/// letters and digits, or at least 24 bytes of anything. Shorter ones are met by chance; dates and times are no one's own.
pub(super) fn telling(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let value = value.trim_ascii();
    if value.len() < 6 {
        return None;
    }
    let sums: u64 = value.iter().map(|byte| SORTS[usize::from(*byte)]).sum();
    let (digits, others) = (sums as u32, (sums >> 32) as u32);
    let separators = value.len() as u64 - u64::from(digits) - u64::from(others);
    if others > 0 && memchr::memchr(b'@', value).is_some_and(|at| is_address(value, at)) {
        return Some(if value.iter().any(u8::is_ascii_uppercase) {
            Cow::Owned(value.to_ascii_lowercase())
        } else {
            Cow::Borrowed(value)
        });
    }
    match (digits, others) {
        (13.., 0) if separators == 0 => Some(Cow::Borrowed(value)),
        (13.., 0) if !is_date(value) => Some(Cow::Owned(
            value.iter().copied().filter(u8::is_ascii_digit).collect(),
        )),
        (1.., 1..) if value.len() >= 10 && !is_date(value) => Some(Cow::Borrowed(value)),
        (0, 1..) if value.len() >= 24 => Some(Cow::Borrowed(value)),
        _ => None,
    }
}

/// Of each byte, what it adds to two counts in one word: digits below, what neither is one nor stands between digits above.
const SORTS: [u64; 256] = {
    let mut sorts = [1 << 32; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        sorts[digit as usize] = 1;
        digit += 1;
    }
    let separators = b" -.()+/:";
    let mut at = 0;
    while at < separators.len() {
        sorts[separators[at] as usize] = 0;
        at += 1;
    }
    sorts
};

fn is_address(value: &[u8], at: usize) -> bool {
    let (local, domain) = (&value[..at], &value[at + 1..]);
    !local.is_empty()
        && memchr::memchr(b'.', domain).is_some_and(|dot| dot > 0 && dot + 1 < domain.len())
        && !value
            .iter()
            .any(|byte| byte.is_ascii_whitespace() || *byte == b'/')
}

/// `2024-01-15…`, `2024/1/5`, `15.01.2024`.
fn is_date(value: &[u8]) -> bool {
    let leading = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let separated = value.get(leading).is_some_and(|byte| b"-/.".contains(byte));
    let second = value
        .iter()
        .skip(leading + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let again = value.get(leading + 1 + second) == value.get(leading);
    separated && again && matches!(second, 1 | 2) && matches!(leading, 1 | 2 | 4)
}

/// What a byte is to a text's tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Between tokens.
    Between,
    Digit,
    /// What separates the digits of a number.
    Separator,
    At,
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let between = b" \t\n\r\x0c\"'`,;<>()[]{}|";
    let mut at = 0;
    while at < between.len() {
        classes[between[at] as usize] = Class::Between;
        at += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        classes[digit as usize] = Class::Digit;
        digit += 1;
    }
    let separators = b"-.+/:";
    at = 0;
    while at < separators.len() {
        classes[separators[at] as usize] = Class::Separator;
        at += 1;
    }
    classes[b'@' as usize] = Class::At;
    classes
};

/// Calls `each` with every token of a longer text that tells by itself whom it speaks of, in the form in which it is
/// known; with none where the text is but one token.
pub(super) fn telling_tokens(text: &[u8], mut each: impl FnMut(&[u8])) {
    let whole = text.trim_ascii().len();
    let (mut start, mut digits, mut others, mut at_signs) = (0, 0, 0, 0);
    for at in 0..=text.len() {
        match text
            .get(at)
            .map_or(Class::Between, |byte| CLASSES[usize::from(*byte)])
        {
            Class::Digit => digits += 1,
            Class::Separator => {}
            Class::At => at_signs += 1,
            Class::Other => others += 1,
            Class::Between => {
                let length = at - start;
                // Most words are short and hold no digit: they are passed by without another look.
                let may_tell = at_signs > 0
                    || digits >= 13
                    || (digits > 0 && others > 0 && length >= 10)
                    || length >= 24;
                if may_tell && length < whole {
                    let token = &text[start..at];
                    let end = token
                        .iter()
                        .rposition(|byte| !b".:!?".contains(byte))
                        .map_or(0, |end| end + 1);
                    if let Some(known) = telling(&token[..end]) {
                        each(&known);
                    }
                }
                (start, digits, others, at_signs) = (at + 1, 0, 0, 0);
            }
        }
    }
}

/// Calls `each` with the elements of a PostgreSQL array's text form, however deep, but NULL.
pub(super) fn elements(text: &[u8], mut each: impl FnMut(&[u8])) {
    // `[0:1]={…}` tells bounds other than 1.
    let bounds = text
        .starts_with(b"[")
        .then(|| memchr::memchr(b'=', text))
        .flatten();
    let (mut at, mut element) = (bounds.map_or(0, |sign| sign + 1), Vec::new());
    while at < text.len() {
        match text[at] {
            b'{' | b'}' | b',' => at += 1,
            b'"' => {
                element.clear();
                at += 1;
                while at < text.len() && text[at] != b'"' {
                    at += usize::from(text[at] == b'\\');
                    element.extend(text.get(at));
                    at += 1;
                }
                at += 1;
                each(&element);
            }
            _ => {
                let end = memchr::memchr3(b',', b'}', b'{', &text[at..]).map_or(text.len(), |end| at + end);
                let bare = &text[at..end];
                if bare != b"NULL" {
                    each(bare);
                }
                at = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(value: &str) -> Option<String> {
        telling(value.as_bytes()).map(|known| String::from_utf8_lossy(&known).into_owned())
    }

    #[test]
    fn a_value_tells_by_itself_if_it_is_not_met_by_chance() {
        for (value, expected) in [
            ("Anna@Corp.jp ", "anna@corp.jp"),
            ("4539 1488 0343 6467", "4539148803436467"),
            ("annasmith77", "annasmith77"),
            (
                "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
                "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            ),
            ("山田太郎は昨日来ました", "山田太郎は昨日来ました"),
        ] {
            assert_eq!(known(value).as_deref(), Some(expected), "{value}");
        }
        for value in [
            "",
            "active",
            "administrator",
            "090-1234-5678",
            "2024-01-15T10:00:00Z",
            "2024-01-15 10:00:00.123",
            "15.01.2024 at 4",
            "a@b",
            "AbCdEfGh",
            "v1.2.3",
        ] {
            assert_eq!(known(value), None, "{value}");
        }
    }

    #[test]
    fn longer_texts_are_taken_apart() {
        let tokens = |text: &str| {
            let mut found = Vec::new();
            telling_tokens(text.as_bytes(), |known| {
                found.push(String::from_utf8_lossy(known).into_owned())
            });
            found
        };
        assert_eq!(
            tokens(
                "see (https://corp.jp/u/1), then \"Anna@corp.jp\". Or 4539-1488-0343-6467; not before 2024-01-15T10:00:00Z"
            ),
            ["https://corp.jp/u/1", "anna@corp.jp", "4539148803436467"]
        );
        assert_eq!(tokens("  annasmith77 "), Vec::<String>::new());
        assert_eq!(tokens("by annasmith77"), ["annasmith77"]);
        let mut found = Vec::new();
        elements(br#"{a,"b \"c\", d",NULL,{"NULL",e}}"#, |element| {
            found.push(String::from_utf8_lossy(element).into_owned())
        });
        assert_eq!(found, ["a", "b \"c\", d", "NULL", "e"]);
    }
}
