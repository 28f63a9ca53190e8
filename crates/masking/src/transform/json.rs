//! `json`: leaves of a document replaced in place. Everything else is copied as it stands, so that numbers keep
//! every digit and keys their order. A document that is no JSON becomes `null`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::masker::apply;
use super::{Cell, Place, Transform, push};
use crate::schema::Kind;

/// Where in a document: `$.user.email`, `$.items[*].name`, `$..email` (anywhere), `$..*` (every leaf).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    AnyKey,
    Anywhere,
}

/// A path that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no JSON path; write `$.user.email`, `$.items[*].name` or `$..email`")]
pub struct InvalidPath(String);

impl FromStr for Path {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let invalid = || InvalidPath(text.to_owned());
        let mut rest = text.strip_prefix('$').ok_or_else(invalid)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("..") {
                steps.push(Step::Anywhere);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (inside, after) = after.split_once(']').ok_or_else(invalid)?;
                let inside = inside.trim_matches(['"', '\'']);
                steps.push(if inside == "*" {
                    Step::AnyKey
                } else {
                    Step::Key(inside.to_owned())
                });
                rest = after;
                continue;
            } else {
                return Err(invalid());
            }
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            match &rest[..end] {
                "" if rest.starts_with('[') => {}
                "" => return Err(invalid()),
                "*" => steps.push(Step::AnyKey),
                key => steps.push(Step::Key(key.to_owned())),
            }
            rest = &rest[end..];
        }
        if let [.., Step::Anywhere, Step::AnyKey] = steps.as_slice() {
            // `$..*` means every leaf, also that of a document which is nothing but one.
            steps.pop();
        }
        Ok(Self(steps))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        let mut after_anywhere = false;
        for step in &self.0 {
            let dot = if after_anywhere { "" } else { "." };
            match step {
                Step::Key(key) => write!(f, "{dot}{key}")?,
                Step::AnyKey => write!(f, "{dot}*")?,
                Step::Anywhere => f.write_str("..")?,
            }
            after_anywhere = *step == Step::Anywhere;
        }
        if after_anywhere {
            f.write_str("*")?;
        }
        Ok(())
    }
}

impl Path {
    /// Whether the path leads to `place` or to something that `place` lies in.
    #[must_use]
    pub fn covers<S: AsRef<str>>(&self, place: &[S]) -> bool {
        covers(&self.0, place)
    }
}

fn covers<S: AsRef<str>>(steps: &[Step], place: &[S]) -> bool {
    match (steps, place) {
        ([], _) => true,
        ([Step::Anywhere, rest @ ..], _) => (0..=place.len()).any(|skip| covers(rest, &place[skip..])),
        (_, []) => false,
        ([Step::AnyKey, rest @ ..], [_, below @ ..]) => covers(rest, below),
        ([Step::Key(key), rest @ ..], [first, below @ ..]) => key == first.as_ref() && covers(rest, below),
    }
}

pub(super) fn mask(document: &str, paths: &[(Path, Transform)], cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    // The parser proves the whole document before anything of it is copied.
    if serde_json::from_str::<serde::de::IgnoredAny>(document).is_err() {
        return push("null", out);
    }
    let places = [Kind::Text, Kind::Integer, Kind::Number].map(|kind| cell.place.inside(kind));
    let mut rewriter = Rewriter {
        rest: document,
        out,
        place: Vec::new(),
        paths,
        places: &places,
        cell,
        masked: Vec::new(),
    };
    rewriter.value();
}

/// Walks a valid document and copies it, leaf by leaf.
struct Rewriter<'a, 'c> {
    rest: &'a str,
    out: &'a mut Vec<u8>,
    place: Vec<Cow<'a, str>>,
    paths: &'a [(Path, Transform)],
    /// Of texts, whole numbers and other numbers.
    places: &'a [Place; 3],
    cell: &'a mut Cell<'c>,
    masked: Vec<u8>,
}

impl<'a> Rewriter<'a, '_> {
    fn value(&mut self) {
        self.space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.container('}', true),
            Some(b'[') => self.container(']', false),
            Some(_) => {
                let token = self.token();
                self.leaf(token);
            }
            None => {}
        }
        self.space();
    }

    fn container(&mut self, close: char, keyed: bool) {
        self.copy(1);
        self.space();
        let mut index = 0_usize;
        while let Some(c) = self.rest.chars().next() {
            match c {
                c if c == close => return self.copy(1),
                ',' => self.copy(1),
                _ => {
                    let key = if keyed {
                        self.key()
                    } else {
                        index.to_string().into()
                    };
                    self.place.push(key);
                    self.value();
                    self.place.pop();
                    index += 1;
                }
            }
            self.space();
        }
    }

    fn key(&mut self) -> Cow<'a, str> {
        let token = self.token();
        push(token, self.out);
        self.space();
        self.copy(1); // the colon
        unquoted(token).unwrap_or_default()
    }

    /// The next string, number or word, taken off the rest.
    fn token(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let end = if bytes[0] == b'"' {
            let mut at = 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at + 1
        } else {
            self.rest
                .find([',', '}', ']', ' ', '\n', '\r', '\t'])
                .unwrap_or(self.rest.len())
        };
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        token
    }

    fn leaf(&mut self, token: &str) {
        let rule = self.paths.iter().find(|(path, _)| path.covers(&self.place));
        let Some((_, transform)) = rule.filter(|(_, transform)| !transform.keeps()) else {
            return push(token, self.out);
        };
        if *transform == Transform::Null {
            return push("null", self.out);
        }
        if matches!(token, "null" | "true" | "false") {
            return push(token, self.out);
        }
        let [text, integer, number] = self.places;
        if token.starts_with('"') {
            match unquoted(token) {
                Some(value) => self.masked(transform, &value, text),
                // Half a surrogate pair is no text; nothing of it stays.
                None => self.masked.clear(),
            }
            return self.push_quoted();
        }
        if *transform == Transform::TextDrop {
            return self.out.push(b'0');
        }
        self.masked(
            transform,
            token,
            if token.contains(['.', 'e', 'E']) {
                number
            } else {
                integer
            },
        );
        // A number stays a number where the transform gives one.
        if serde_json::from_slice::<serde_json::Number>(&self.masked).is_ok() {
            self.out.extend_from_slice(&self.masked);
        } else {
            self.push_quoted();
        }
    }

    fn masked(&mut self, transform: &Transform, value: &str, place: &Place) {
        let mut cell = Cell {
            place,
            draw: &mut *self.cell.draw,
            by: self.cell.by,
        };
        self.masked.clear();
        apply(transform, value, &mut cell, &mut self.masked);
    }

    fn push_quoted(&mut self) {
        let text = String::from_utf8_lossy(&self.masked);
        if serde_json::to_writer(&mut *self.out, text.as_ref()).is_err() {
            push("null", self.out); // a vector takes whatever is written
        }
    }

    fn space(&mut self) {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_whitespace())
            .unwrap_or(self.rest.len());
        self.copy(end);
    }

    fn copy(&mut self, bytes: usize) {
        let (now, rest) = self.rest.split_at(bytes);
        push(now, self.out);
        self.rest = rest;
    }
}

/// The text that a token in quotes stands for.
fn unquoted(token: &str) -> Option<Cow<'_, str>> {
    let inside = token.get(1..token.len().saturating_sub(1))?;
    if inside.contains('\\') {
        serde_json::from_str(token).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inside))
    }
}
