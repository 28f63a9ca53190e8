//! The leaves of a JSON document, read where it stands.

/// Calls `each` with the steps to every leaf that is a text or a number, and the leaf. Answers whether the document
/// was JSON to its end; if not, some leaves may have been called already.
pub(super) fn leaves(document: &[u8], each: impl FnMut(&[String], &[u8])) -> bool {
    let mut walk = Walk {
        rest: document,
        steps: Vec::new(),
        depth: 0,
        text: Vec::new(),
        each,
    };
    walk.value().is_some() && walk.rest.trim_ascii().is_empty()
}

struct Walk<'a, F> {
    rest: &'a [u8],
    /// Only the first `depth` are meant; the others are kept for their memory.
    steps: Vec<String>,
    depth: usize,
    text: Vec<u8>,
    each: F,
}

/// Deeper than this nobody nests; the walk is recursive.
const DEEPEST: usize = 200;

/// A text in quotes: as it stands, or with its escapes resolved in [`Walk::text`].
enum Text<'a> {
    Plain(&'a [u8]),
    Unescaped,
}

impl<'a, F: FnMut(&[String], &[u8])> Walk<'a, F> {
    fn value(&mut self) -> Option<()> {
        self.skip_space();
        match self.rest.first()? {
            b'{' => self.container(b'}'),
            b'[' => self.container(b']'),
            b'"' => {
                let text = match self.string()? {
                    Text::Plain(text) => text,
                    Text::Unescaped => &self.text,
                };
                (self.each)(&self.steps[..self.depth], text);
                Some(())
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Option<()> {
        let ends = |byte: &u8| b",]} \t\r\n".contains(byte);
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            b"null" | b"true" | b"false" => {}
            [b'-' | b'0'..=b'9', ..] => (self.each)(&self.steps[..self.depth], word),
            _ => return None,
        }
        Some(())
    }

    fn container(&mut self, end: u8) -> Option<()> {
        if self.depth == DEEPEST {
            return None;
        }
        self.rest = &self.rest[1..];
        for index in 0_usize.. {
            self.skip_space();
            match self.rest.first()? {
                first if *first == end => break,
                b',' if index > 0 => self.rest = &self.rest[1..],
                _ if index == 0 => {}
                _ => return None,
            }
            if self.steps.len() == self.depth {
                self.steps.push(String::new());
            }
            if end == b'}' {
                self.key()?;
            } else {
                self.steps[self.depth] = index.to_string();
            }
            self.depth += 1;
            self.value()?;
            self.depth -= 1;
        }
        self.rest = &self.rest[1..];
        Some(())
    }

    fn key(&mut self) -> Option<()> {
        self.skip_space();
        let key = match self.string()? {
            Text::Plain(key) => key,
            Text::Unescaped => &self.text,
        };
        let step = &mut self.steps[self.depth];
        step.clear();
        step.push_str(&String::from_utf8_lossy(key));
        self.skip_space();
        self.rest = self.rest.strip_prefix(b":")?;
        Some(())
    }

    fn string(&mut self) -> Option<Text<'a>> {
        let rest = self.rest.strip_prefix(b"\"")?;
        let end = memchr::memchr2(b'"', b'\\', rest)?;
        if rest[end] == b'"' {
            self.rest = &rest[end + 1..];
            return Some(Text::Plain(&rest[..end]));
        }
        let mut close = end;
        while rest.get(close)? != &b'"' {
            close += 1 + usize::from(rest[close] == b'\\');
        }
        // Escapes are rare: then serde_json says what they mean.
        let text: String = serde_json::from_slice(&self.rest[..close + 2]).ok()?;
        self.text = text.into_bytes();
        self.rest = &rest[close + 1..];
        Some(Text::Unescaped)
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }
}

#[cfg(test)]
mod tests {
    fn read(document: &str) -> (Vec<String>, bool) {
        let mut found = Vec::new();
        let whole = super::leaves(document.as_bytes(), |steps, leaf| {
            found.push(format!("{}={}", steps.join("."), String::from_utf8_lossy(leaf)));
        });
        (found, whole)
    }

    #[test]
    fn every_leaf_is_met_with_the_steps_to_it() {
        let (found, whole) = read(
            r#" {"user": {"email": "a@b.c", "tags": ["x\u0040y", 1.50, null, {"deep": "\"q\""}]}, "": true, "n": -1e3, "e": {}, "l": []} "#,
        );
        assert!(whole);
        assert_eq!(
            found,
            [
                "user.email=a@b.c",
                "user.tags.0=x@y",
                "user.tags.1=1.50",
                "user.tags.3.deep=\"q\"",
                "n=-1e3"
            ]
        );
        assert_eq!(read("\"alone\""), (vec!["=alone".to_owned()], true));
    }

    #[test]
    fn what_is_no_json_is_told() {
        for broken in [
            "",
            "{",
            "{\"a\" 1}",
            "[1 2]",
            "[1,2",
            "{\"a\":\"b}",
            "nonsense",
            "[] x",
            &"[".repeat(10_000),
        ] {
            assert!(!read(broken).1, "{broken:.20}");
        }
    }
}
