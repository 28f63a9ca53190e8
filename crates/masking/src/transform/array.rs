//! PostgreSQL's array literals, taken apart and put together again: `{a,"b c",NULL,{d}}`.

/// The literal with every element replaced by `mask(element)`; NULL elements stay.
pub(super) fn mask(literal: &str, mask: &mut impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(literal.len());
    let mut chars = literal.chars().peekable();
    // `[1:2]={…}` names bounds other than 1.
    if chars.peek() == Some(&'[') {
        for c in chars.by_ref() {
            out.push(c);
            if c == '=' {
                break;
            }
        }
    }
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' | ',' => out.push(c),
            '"' => {
                let mut element = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => element.extend(chars.next()),
                        '"' => break,
                        _ => element.push(c),
                    }
                }
                quote(&mask(&element), &mut out);
            }
            _ => {
                let mut element = String::from(c);
                while let Some(c) = chars.next_if(|c| !matches!(c, ',' | '}')) {
                    element.push(c);
                }
                if element.eq_ignore_ascii_case("null") {
                    out.push_str(&element);
                } else {
                    quote(&mask(&element), &mut out);
                }
            }
        }
    }
    out
}

fn quote(element: &str, out: &mut String) {
    out.push('"');
    for c in element.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}
