//! The rules file: which table and column is masked how.
//!
//! ```toml
//! "*.email" = "email"                 # every table's column `email`
//! "*.created_at" = "keep"
//!
//! [tables.customers]
//! name = { name = "full", locale = "ja" }
//! notes = { text = "drop" }
//! profile = { json = { "$.user.email" = "email", "$..*" = "null" } }
//! contact = { mask = "email", same = "email" }   # same input, same output, in every column that says so
//!
//! [tables."sales.audit_log"]
//! rows = "none"                       # the table is emptied
//! [tables.orders]
//! rows = { where = "ordered > now() - interval '30 days'" }   # only these stay, and what refers to them
//! ```
//! The most exact rule wins: a table named with its schema, a table named without, then the pattern with the most
//! literal characters, the later of two equal ones.

mod parse;
mod rows;
mod transform;
pub(crate) use parse::nearest;
pub(crate) use rows::{Rows, RowsRule};

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::schema::{Table, TableName};
use crate::transform::Transform;

/// A rules file, read and checked by itself; [`crate::coverage`] holds it against a schema.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) source: Source,
    pub(crate) patterns: Vec<PatternRule>,
    pub(crate) tables: Vec<TableRule>,
    pub(crate) large_objects: Option<LargeObjects>,
    /// Other databases of a PostgreSQL cluster that are dropped from the clone.
    pub drop_databases: Vec<String>,
    /// Objects of the schema in which a secret was found and may stay (`function public.notify(text)`), each with the
    /// reason why.
    pub accept: BTreeMap<String, String>,
}

/// What happens to PostgreSQL's large objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LargeObjects {
    /// They stay.
    Keep,
    /// They are unlinked.
    Drop,
}

/// `"<table>.<column>" = …` with `*` for any characters.
#[derive(Clone, Debug)]
pub(crate) struct PatternRule {
    pub(crate) pattern: String,
    pub(crate) rule: ColumnRule,
}

/// `[tables.<name>]`.
#[derive(Clone, Debug)]
pub(crate) struct TableRule {
    /// As written: `table` or `schema.table`.
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    pub(crate) rows: Option<RowsRule>,
    pub(crate) columns: Vec<(String, ColumnRule)>,
}

/// How one column is masked.
#[derive(Clone, Debug)]
pub(crate) struct ColumnRule {
    pub(crate) transform: Transform,
    pub(crate) same: Option<String>,
    /// Where the rule's key stands in the file.
    pub(crate) span: Range<usize>,
}

/// The file's name and text, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    name: String,
    text: Arc<str>,
}

/// Something wrong in a rules file, or between it and the schema: its line, and what would be right.
#[derive(Clone, Debug, thiserror::Error, miette::Diagnostic)]
#[error("{file}:{line}: {message}")]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, and what is right.
    pub message: String,
    #[source_code]
    code: miette::NamedSource<Arc<str>>,
    #[label("here")]
    at: miette::SourceSpan,
}

impl PartialEq for Problem {
    fn eq(&self, other: &Self) -> bool {
        (&self.file, self.line, &self.message) == (&other.file, other.line, &other.message)
    }
}

/// A rules file that cannot be used: everything that is wrong with it.
#[derive(Clone, Debug, thiserror::Error, miette::Diagnostic)]
#[error("the masking rules are wrong:\n{}", list(.0))]
pub struct InvalidRules(#[related] pub Vec<Problem>);

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl PatternRule {
    /// Whether it speaks of the column.
    pub(crate) fn matches(&self, table: &TableName, column: &str) -> bool {
        [format!("{table}.{column}"), format!("{}.{column}", table.table)]
            .iter()
            .any(|place| glob(&self.pattern, place))
    }
}

impl Source {
    /// The line in which a span begins.
    pub(crate) fn line(&self, span: &Range<usize>) -> &str {
        let (before, after) = self.text.split_at_checked(span.start).unwrap_or((&self.text, ""));
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(self.text.len(), |at| span.start + at);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(crate) fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        Problem {
            file: self.name.clone(),
            line: before.matches('\n').count() + 1,
            message: message.into(),
            code: miette::NamedSource::new(&self.name, Arc::clone(&self.text)),
            at: (span.start, span.len()).into(),
        }
    }
}

impl Rules {
    /// Reads a rules file; `name` is what messages call it.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, InvalidRules> {
        parse::parse(Source {
            name: name.to_owned(),
            text: text.into(),
        })
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// The rule for a column of a table, by its own name or its parent's, and the name that it went by.
    pub(crate) fn rule(&self, table: &Table, column: &str) -> Option<&ColumnRule> {
        let names = [Some(&table.name), table.parent.as_ref()];
        let exact = names
            .into_iter()
            .flatten()
            .find_map(|name| self.exact(name, column));
        exact.or_else(|| {
            names
                .into_iter()
                .flatten()
                .find_map(|name| self.pattern(name, column))
                .map(|pattern| &pattern.rule)
        })
    }

    pub(crate) fn table_rules(&self, name: &TableName) -> impl Iterator<Item = &TableRule> {
        let mut rules: Vec<_> = self
            .tables
            .iter()
            .filter(|rule| names_table(&rule.name, name))
            .collect();
        // With its schema before without.
        rules.sort_by_key(|rule| rule.name == name.table);
        rules.into_iter()
    }

    /// Which rows of a table stay, by its own name or its parent's; all where nothing is said.
    pub(crate) fn rows(&self, table: &Table) -> Option<&RowsRule> {
        [Some(&table.name), table.parent.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(|name| self.table_rules(name))
            .find_map(|rule| rule.rows.as_ref())
    }

    fn exact(&self, name: &TableName, column: &str) -> Option<&ColumnRule> {
        self.table_rules(name)
            .flat_map(|table| &table.columns)
            .find_map(|(named, rule)| (named == column).then_some(rule))
    }

    /// The pattern that speaks of a column, where no exact rule does.
    pub(crate) fn by_pattern(&self, table: &Table, column: &str) -> Option<&PatternRule> {
        let names = || [Some(&table.name), table.parent.as_ref()].into_iter().flatten();
        if names().any(|name| self.exact(name, column).is_some()) {
            return None;
        }
        names().find_map(|name| self.pattern(name, column))
    }

    fn pattern(&self, name: &TableName, column: &str) -> Option<&PatternRule> {
        self.patterns
            .iter()
            .filter(|rule| rule.matches(name, column))
            .max_by_key(|rule| rule.pattern.chars().filter(|c| *c != '*').count())
    }
}

/// Whether a rule's table name, with or without schema, means that table.
pub(crate) fn names_table(written: &str, name: &TableName) -> bool {
    written == name.table || written == name.to_string()
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|skip| rest.is_char_boundary(skip) && glob(tail, &rest[skip..]))
        }),
    }
}

#[cfg(test)]
mod tests;
