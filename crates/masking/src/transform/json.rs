//! `json`: leaves of a document replaced in place. Everything else is copied as it stands, so that numbers keep
//! every digit and keys their order. A document that is no JSON becomes `null`.

use std::fmt;
use std::str::FromStr;

use super::{Cell, Transform, apply};
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
    pub fn covers(&self, place: &[String]) -> bool {
        covers(&self.0, place)
    }
}

fn covers(steps: &[Step], place: &[String]) -> bool {
    match (steps, place) {
        ([], _) => true,
        ([Step::Anywhere, rest @ ..], _) => (0..=place.len()).any(|skip| covers(rest, &place[skip..])),
        (_, []) => false,
        ([Step::AnyKey, rest @ ..], [_, below @ ..]) => covers(rest, below),
        ([Step::Key(key), rest @ ..], [first, below @ ..]) => key == first && covers(rest, below),
    }
}

pub(super) fn mask(document: &str, paths: &[(Path, Transform)], cell: &Cell<'_>) -> String {
    // The parser proves the whole document before anything of it is copied.
    if serde_json::from_str::<serde::de::IgnoredAny>(document).is_err() {
        return "null".to_owned();
    }
    let mut rewriter = Rewriter {
        rest: document,
        out: String::with_capacity(document.len()),
        place: Vec::new(),
        paths,
        cell,
    };
    rewriter.value();
    rewriter.out
}

/// Walks a valid document and copies it, leaf by leaf.
struct Rewriter<'a> {
    rest: &'a str,
    out: String,
    place: Vec<String>,
    paths: &'a [(Path, Transform)],
    cell: &'a Cell<'a>,
}

impl<'a> Rewriter<'a> {
    fn value(&mut self) {
        self.space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.container('}', true),
            Some(b'[') => self.container(']', false),
            Some(_) => {
                let token = self.token();
                let masked = self.leaf(token);
                self.out.push_str(&masked);
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
                    let key = if keyed { self.key() } else { index.to_string() };
                    self.place.push(key);
                    self.value();
                    self.place.pop();
                    index += 1;
                }
            }
            self.space();
        }
    }

    fn key(&mut self) -> String {
        let token = self.token();
        self.out.push_str(token);
        self.space();
        self.copy(1); // the colon
        serde_json::from_str(token).unwrap_or_default()
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

    fn leaf(&self, token: &str) -> String {
        let rule = self.paths.iter().find(|(path, _)| path.covers(&self.place));
        let Some((_, transform)) = rule.filter(|(_, transform)| !transform.keeps()) else {
            return token.to_owned();
        };
        if matches!(token, "null" | "true" | "false") {
            return if *transform == Transform::Null {
                "null".to_owned()
            } else {
                token.to_owned()
            };
        }
        let text: String = match serde_json::from_str(token) {
            Ok(text) => text,
            Err(_) => return self.number(token, transform),
        };
        match transform {
            Transform::Null => "null".to_owned(),
            _ if text.is_empty() => "\"\"".to_owned(),
            _ => quoted(&apply(transform, &text, &self.inside(Kind::Text))),
        }
    }

    /// A number stays a number where the transform gives one.
    fn number(&self, token: &str, transform: &Transform) -> String {
        match transform {
            Transform::Null => return "null".to_owned(),
            Transform::TextDrop => return "0".to_owned(),
            _ => {}
        }
        let masked = apply(
            transform,
            token,
            &self.inside(if token.contains('.') {
                Kind::Number
            } else {
                Kind::Integer
            }),
        );
        if serde_json::from_str::<serde_json::Number>(&masked).is_ok() {
            masked
        } else {
            quoted(&masked)
        }
    }

    fn inside(&self, kind: Kind) -> Cell<'a> {
        Cell {
            prf: self.cell.prf,
            kind,
            limit: usize::MAX,
            fold: self.cell.fold,
            unique: false,
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
        self.out.push_str(now);
        self.rest = rest;
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
