//! `rows = …`: which rows of a table stay.

use std::ops::Range;

use toml::de::DeValue;

use super::parse::{Fault, Value};

/// Which rows of a table stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All of them.
    All,
    /// None; refused where rows that stay refer to them.
    None,
    /// None, and no row of another table that refers to them.
    Cascade,
    /// Those for which an SQL condition over the table's own columns is true, and of other tables those that refer to
    /// one of them or to nothing.
    Where(String),
}

impl Rows {
    /// Whether no row stays.
    pub(crate) fn empties(&self) -> bool {
        matches!(self, Self::None | Self::Cascade)
    }
}

/// A [`Rows`] and where it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct RowsRule {
    pub(crate) rows: Rows,
    pub(crate) span: Range<usize>,
}

pub(super) fn rows(value: &Value<'_>) -> Result<RowsRule, Fault> {
    let wrong = || {
        "`rows` is \"none\", \"all\", { none = \"cascade\" } or a condition, { where = \"created_at > now() - interval '30 days'\" }; \
         a column of that name is written in quotes: `\"rows\" = …`"
            .to_owned()
    };
    let rows = match value.get_ref() {
        DeValue::String(word) if word == "none" => Ok(Rows::None),
        DeValue::String(word) if word == "all" => Ok(Rows::All),
        DeValue::Table(options) if options.len() == 1 => {
            let text = |name: &str| options.get(name).and_then(|value| value.get_ref().as_str());
            match (text("none"), text("where")) {
                (Some("cascade"), _) => Ok(Rows::Cascade),
                (_, Some(condition)) => checked(condition).map(Rows::Where),
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    };
    let span = value.span();
    match rows {
        Ok(rows) => Ok(RowsRule { rows, span }),
        Err(message) => Err((span, message)),
    }
}

/// A condition that can stand in brackets inside a statement, else what is wrong with it. This guards against
/// mistakes, not against the file's author.
fn checked(condition: &str) -> Result<String, String> {
    let condition = condition.trim();
    let plain = outside_quotes(condition).ok_or("the condition's quotes do not close")?;
    let mut depth = 0_i32;
    for c in plain.chars() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth < 0 {
            break;
        }
    }
    let words = || {
        plain
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
    };
    let fault = match () {
        () if condition.is_empty() => "the condition is empty; for every row write `rows = \"all\"`",
        () if depth != 0 => "the condition's brackets do not close",
        () if plain.contains(';') => "`where` is one condition, not several statements: no `;`",
        () if ["--", "/*", "$$"].iter().any(|sign| plain.contains(sign)) => {
            "a condition holds no comments and no dollar quotes"
        }
        () if words()
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("where")) =>
        {
            "the condition stands without the word WHERE"
        }
        () if words().any(|word| word.eq_ignore_ascii_case("select")) => {
            "a condition speaks of the table's own columns only; give the other table `rows` of its own: what refers to a row that goes, goes too"
        }
        () => return Ok(condition.to_owned()),
    };
    Err(fault.to_owned())
}

/// The text with everything in quotes left out; none if a quote stays open.
fn outside_quotes(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut open = None;
    for c in text.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => {
                open = Some(c);
                plain.push(' ');
            }
            None => plain.push(c),
        }
    }
    open.is_none().then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("created_at > now() - interval '30 days'")]
    #[case("name = 'a;b -- (' AND (id % 10) = 0")]
    #[case("\"select\" = 'it''s'")]
    fn one_condition_is_taken(#[case] condition: &str) {
        assert_eq!(checked(condition), Ok(condition.to_owned()));
    }

    #[rstest]
    #[case("", "empty")]
    #[case("id > 1; DROP TABLE x", "several statements")]
    #[case("id > 1) OR (1 = 1", "brackets")]
    #[case("(id > 1", "brackets")]
    #[case("name = 'x", "quotes")]
    #[case("id > 1 -- all", "comments")]
    #[case("WHERE id > 1", "without the word")]
    #[case("id IN (SELECT id FROM t)", "own columns only")]
    fn what_is_no_condition_is_refused(#[case] condition: &str, #[case] because: &str) {
        let refused = checked(condition).unwrap_err();
        assert!(refused.contains(because), "{refused}");
    }
}
