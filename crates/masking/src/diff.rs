//! What changed in a schema since its rules were written. The file itself is the memory: it names what was there, and
//! its comments tell the types, where [`crate::suggest`](fn@crate::suggest) wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::coverage::{coverage, names_that_do_not_exist, section_of};
use crate::rules::{Problem, Rules, names_table};
use crate::schema::{Column, Schema, Table, TableKind, TableName};
use crate::suggest::{Confidence, Proposal, Sample, line, noted_type, propose};
use crate::transform::Transform;

/// How rules and schema differ.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// Columns that no rule speaks of, each with the line that is suggested for it.
    pub new: Vec<NewColumn>,
    /// Rules for tables and columns that are not there.
    pub gone: Vec<Problem>,
    /// Rules that cannot be carried out as they stand, and types that are not what they were.
    pub changed: Vec<Problem>,
    /// Columns that a pattern with `*` keeps although something speaks against it.
    pub doubtful: Vec<Doubtful>,
    /// How many other columns such patterns keep.
    pub kept_by_patterns: usize,
    /// What else the rules must say, in words.
    pub missing: Vec<String>,
}

/// A column that no rule speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewColumn {
    /// Its table; a partition's parent.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// Its type, as the engine writes it.
    pub type_name: String,
    /// A line for the table's section, with its reason as a comment.
    pub line: String,
}

/// A column that nobody may have thought of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubtful {
    /// Its table.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// The pattern that keeps it.
    pub pattern: String,
    /// The pattern's line in the file.
    pub at_line: usize,
    /// What speaks against keeping it.
    pub reason: String,
}

impl Difference {
    /// Whether the rules are as good as on the day that they were written.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.new.is_empty()
            && self.gone.is_empty()
            && self.changed.is_empty()
            && self.doubtful.is_empty()
            && self.missing.is_empty()
    }

    /// The sections to add to the rules file for the columns that are new.
    #[must_use]
    pub fn lines_to_add(&self) -> String {
        let mut sections: BTreeMap<&TableName, String> = BTreeMap::new();
        for new in &self.new {
            sections.entry(&new.table).or_default().push_str(&new.line);
        }
        sections
            .iter()
            .map(|(table, lines)| section_of(table) + lines)
            .collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.new.is_empty() {
            writeln!(
                f,
                "no rule speaks of {} column(s); these lines would, read them first:",
                self.new.len()
            )?;
            write!(f, "{}", self.lines_to_add())?;
        }
        let problems = [
            ("rules for what is not there:", &self.gone),
            ("rules that fit no longer:", &self.changed),
        ];
        for (title, problems) in problems.iter().filter(|(_, problems)| !problems.is_empty()) {
            writeln!(f, "{title}")?;
            problems
                .iter()
                .try_for_each(|problem| writeln!(f, "  {problem}"))?;
        }
        if !self.doubtful.is_empty() {
            writeln!(
                f,
                "kept by a pattern, and perhaps personal; name them if they are not:"
            )?;
        }
        for doubtful in &self.doubtful {
            writeln!(
                f,
                "  {}.{}, by \"{}\" in line {}: {}",
                doubtful.table, doubtful.column, doubtful.pattern, doubtful.at_line, doubtful.reason
            )?;
        }
        self.missing
            .iter()
            .try_for_each(|missing| writeln!(f, "{missing}"))?;
        if self.is_none() {
            writeln!(f, "the rules and the database agree")?;
        }
        match self.kept_by_patterns {
            0 => Ok(()),
            kept => writeln!(
                f,
                "{kept} column(s) are kept by patterns, without a sign of personal data"
            ),
        }
    }
}

/// How the rules and the schema differ. `samples` are as for [`crate::suggest`](fn@crate::suggest): the more values, the
/// better the suggested lines and the doubts.
#[must_use]
pub fn diff(rules: &Rules, schema: &Schema, samples: &Sample) -> Difference {
    let refused = coverage(rules, schema).err().unwrap_or_default();
    let mut difference = Difference {
        missing: refused.missing,
        ..Difference::default()
    };
    names_that_do_not_exist(rules, schema, &mut difference.gone);
    let mut changed: Vec<_> = refused
        .problems
        .into_iter()
        .filter(|problem| !difference.gone.contains(problem))
        .collect();
    difference.gone.extend(idle_patterns(rules, schema));
    changed.extend(other_types(rules, schema));
    changed.sort_by_key(|problem| problem.line);
    difference.changed = changed;
    let mut seen = BTreeSet::new();
    for new in refused.unclassified {
        let Some((table, column)) = schema
            .table(&new.table)
            .and_then(|table| rooted(schema, table, &new.column))
        else {
            continue;
        };
        if seen.insert((&table.name, &column.name)) {
            difference.new.push(NewColumn {
                table: table.name.clone(),
                column: column.name.clone(),
                type_name: column.type_name.clone(),
                line: line(column, &propose(schema, table, column, samples)),
            });
        }
    }
    doubts(rules, schema, samples, &mut difference);
    difference
}

/// The column of the table that a partition belongs to, else its own.
fn rooted<'a>(schema: &'a Schema, table: &'a Table, column: &str) -> Option<(&'a Table, &'a Column)> {
    let parent = table.parent.as_ref().and_then(|parent| schema.table(parent));
    [parent, Some(table)]
        .into_iter()
        .flatten()
        .find_map(|table| Some((table, table.column(column)?)))
}

/// Patterns with `*` that match no column.
fn idle_patterns(rules: &Rules, schema: &Schema) -> Vec<Problem> {
    let idle = rules.patterns.iter().filter(|rule| {
        let matches = |table: &Table, column: &Column| rule.matches(&table.name, &column.name);
        rule.pattern.contains('*')
            && !schema
                .tables
                .iter()
                .any(|table| table.columns.iter().any(|column| matches(table, column)))
    });
    idle.map(|rule| {
        let message = format!("no column is called like `{}`", rule.pattern);
        rules.source.problem(&rule.rule.span, message)
    })
    .collect()
}

/// Columns whose type is not the one that the rule's comment tells.
fn other_types(rules: &Rules, schema: &Schema) -> Vec<Problem> {
    let mut found = Vec::new();
    for section in &rules.tables {
        for (name, rule) in &section.columns {
            let Some(noted) = noted_type(rules.source.line(&rule.span)) else {
                continue;
            };
            let tables = schema
                .tables
                .iter()
                .filter(|table| names_table(&section.name, &table.name));
            let now = tables.filter_map(|table| Some((table, table.column(name)?)));
            for (table, column) in now.filter(|(_, column)| column.type_name != noted) {
                let message = format!(
                    "`{}.{name}` was {noted} when its rule was written and is {} now; look whether the rule is right, then write [{}] in its comment",
                    table.name, column.type_name, column.type_name
                );
                found.push(rules.source.problem(&rule.span, message));
            }
        }
    }
    found
}

/// Columns that a pattern keeps: most of them rightly.
fn doubts(rules: &Rules, schema: &Schema, samples: &Sample, difference: &mut Difference) {
    let own = schema
        .tables
        .iter()
        .filter(|table| table.parent.is_none() && table.kind != TableKind::Foreign);
    for table in own.filter(|table| !rules.rows(table).is_some_and(|rule| rule.rows.empties())) {
        for column in table.columns.iter().filter(|column| !column.generated) {
            let Some(rule) = rules
                .by_pattern(table, &column.name)
                .filter(|rule| rule.pattern.contains('*'))
            else {
                continue;
            };
            let Transform::Keep { reason } = &rule.rule.transform else {
                continue;
            };
            let proposal = propose(schema, table, column, samples);
            if speaks_against(&proposal, reason.is_some()) {
                difference.doubtful.push(Doubtful {
                    table: table.name.clone(),
                    column: column.name.clone(),
                    pattern: rule.pattern.clone(),
                    at_line: rules.source.problem(&rule.rule.span, "").line,
                    reason: proposal.reason,
                });
            } else {
                difference.kept_by_patterns += 1;
            }
        }
    }
}

/// Where the file gives a reason for keeping, only a sure sign goes against it.
fn speaks_against(proposal: &Proposal, reasoned: bool) -> bool {
    let least = if reasoned {
        Confidence::High
    } else {
        Confidence::Medium
    };
    !proposal.keeps() && proposal.confidence >= least
}

#[cfg(test)]
mod tests;
