//! PostgreSQL's array literals, taken apart and put together again: `{a,"b c",NULL,{d}}`.

/// Appends the literal with every element replaced by what `mask` appends for it; NULL elements stay.
pub(super) fn mask(literal: &str, out: &mut Vec<u8>, mask: &mut impl FnMut(&str, &mut Vec<u8>)) {
    let mut rest = literal;
    let mut element = String::new();
    let mut masked = Vec::new();
    // `[1:2]={…}` names bounds other than 1.
    if rest.starts_with('[') {
        let bounds = rest.find('=').map_or(0, |at| at + 1);
        out.extend_from_slice(&rest.as_bytes()[..bounds]);
        rest = &rest[bounds..];
    }
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '{' | '}' | ',' => {
                out.push(c as u8);
                1
            }
            '"' => {
                let length = quoted(rest, &mut element);
                masked.clear();
                mask(&element, &mut masked);
                quote(&masked, out);
                length
            }
            _ => {
                let length = rest.find([',', '}']).unwrap_or(rest.len());
                let bare = &rest[..length];
                if bare.eq_ignore_ascii_case("null") {
                    out.extend_from_slice(bare.as_bytes());
                } else {
                    masked.clear();
                    mask(bare, &mut masked);
                    quote(&masked, out);
                }
                length
            }
        };
        rest = &rest[length..];
    }
}

/// Reads the quoted element that the text begins with, and says how long it is with its quotes.
fn quoted(text: &str, element: &mut String) -> usize {
    element.clear();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => element.extend(characters.next().map(|(_, c)| c)),
            '"' => return at + 1,
            _ => element.push(c),
        }
    }
    text.len()
}

fn quote(element: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in element {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}
