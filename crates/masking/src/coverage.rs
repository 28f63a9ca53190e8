//! Holding the rules against a schema: nothing is masked unless every column that could hold personal data is
//! spoken for, and every rule can be carried out.

mod ends;
mod fits;
mod groups;
mod kept;
mod references;
mod rows;

use std::collections::BTreeMap;
use std::fmt;

use ends::uneven_keys;
use fits::fits;
use groups::{agree, disagreements};
use references::{fold_groups, foreign_keys};
use rows::{Staying, staying};

use crate::rules::{LargeObjects, Problem, Rules, names_table, nearest};
use crate::schema::{Column, Kind, Schema, Table, TableKind, TableName};
use crate::suggest::names::personal_number;
use crate::transform::Transform;

/// What happens to every column of every table.
#[derive(Clone, Debug)]
pub struct Classified {
    /// All tables that hold rows, in the order of the schema.
    pub tables: Vec<TableTreatment>,
    /// Statements to be run, in order, after the run has made the schema `doppel_rows` and before anything is looked at
    /// or masked. They note which rows stay; the filters of the tables look there.
    pub notes: Vec<String>,
    /// Whether large objects are unlinked.
    pub drop_large_objects: bool,
    /// Other databases that are dropped from the clone.
    pub drop_databases: Vec<String>,
}

impl Classified {
    /// The treatment of a table.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&TableTreatment> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

/// What happens to a table.
#[derive(Clone, Debug)]
pub struct TableTreatment {
    /// The table.
    pub name: TableName,
    /// Whether it is emptied.
    pub emptied: bool,
    /// The rows that stay, as an SQL condition over the table's own columns in the engine's dialect; all without one.
    /// It already leaves out rows that would refer to nothing afterwards.
    pub filter: Option<String>,
    /// Every column, in order.
    pub columns: Vec<ColumnTreatment>,
}

impl TableTreatment {
    /// The columns whose values change.
    pub fn masked(&self) -> impl Iterator<Item = &ColumnTreatment> {
        self.columns.iter().filter(|column| !column.transform.keeps())
    }
}

/// What happens to a column.
#[derive(Clone, Debug)]
pub struct ColumnTreatment {
    /// The column.
    pub column: String,
    /// Its transform; `keep` too where no rule was needed.
    pub transform: Transform,
    /// Columns of the same group give the same output for the same input.
    pub group: String,
    /// The same input must give the same output: the rules say `same`, or a foreign key touches the column.
    pub linked: bool,
    /// Spellings that differ only in case count as one.
    pub fold: bool,
    /// The database keeps its values unique.
    pub unique: bool,
    /// Distinct values must give distinct outputs: it is unique, or a column is that it is linked with.
    pub apart: bool,
    /// The longest output, in characters: what the column holds, and every column that it is linked with.
    pub room: Option<usize>,
}

/// A column (or something else that holds data) that the rules do not speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclassified {
    /// Its table.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// Its type, as the engine writes it.
    pub type_name: String,
}

impl fmt::Display for Unclassified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ({})", self.table, self.column, self.type_name)
    }
}

/// Why the rules do not cover the schema: the whole list, so that one edit can mend it.
#[derive(Clone, Debug, Default, PartialEq, thiserror::Error, miette::Diagnostic)]
#[error("{}", self.text())]
pub struct Refused {
    /// Columns that no rule speaks of.
    pub unclassified: Vec<Unclassified>,
    /// Rules that cannot be carried out.
    #[related]
    pub problems: Vec<Problem>,
    /// What else the rules must say, in plain words.
    pub missing: Vec<String>,
}

impl Refused {
    /// The lines to add to the rules file: each unclassified column once, to be given a transform or `keep`.
    #[must_use]
    pub fn lines_to_add(&self) -> String {
        let mut tables: BTreeMap<&TableName, Vec<&Unclassified>> = BTreeMap::new();
        for column in &self.unclassified {
            tables.entry(&column.table).or_default().push(column);
        }
        let mut text = String::new();
        for (table, columns) in tables {
            text.push_str(&section_of(table));
            for column in columns {
                text.push_str(&format!(
                    "{} = \"keep\"  # {}: keep, or a transform\n",
                    toml_key(&column.column),
                    column.type_name
                ));
            }
        }
        text
    }

    fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.problems.is_empty() {
            let list: Vec<_> = self
                .problems
                .iter()
                .map(|problem| format!("  {problem}"))
                .collect();
            parts.push(format!(
                "the masking rules do not fit the database:\n{}",
                list.join("\n")
            ));
        }
        parts.extend(self.missing.iter().cloned());
        if !self.unclassified.is_empty() {
            parts.push(format!(
                "{} column(s) could hold personal data and no rule speaks of them; add to the rules:\n{}",
                self.unclassified.len(),
                self.lines_to_add()
            ));
        }
        parts.join("\n")
    }
}

/// The line that begins a table's section of a rules file.
pub(crate) fn section_of(table: &TableName) -> String {
    format!("[tables.{}]\n", quoted(&table.to_string()))
}

/// A key as TOML wants it: bare where it can be.
pub(crate) fn toml_key(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare && name != "rows" {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A name in quotes. TOML writes a text with a line break or with both sorts of quotes between three quotes, which a key
/// must not; JSON's escapes are among its own.
fn quoted(name: &str) -> String {
    if name.chars().any(|c| c == '\'' || c.is_control()) {
        serde_json::Value::from(name).to_string()
    } else {
        toml::Value::from(name).to_string()
    }
}

/// Holds the rules against the schema: what happens to each column.
///
/// # Errors
/// Everything that is not spoken for, cannot be carried out, or names what does not exist.
pub fn coverage(rules: &Rules, schema: &Schema) -> Result<Classified, Refused> {
    let mut refused = Refused::default();
    names_that_do_not_exist(rules, schema, &mut refused.problems);
    let mut staying = staying(rules, schema, &mut refused.problems);
    let mut tables: Vec<_> = schema
        .tables
        .iter()
        .filter_map(|table| treat(rules, table, &mut staying, &mut refused))
        .collect();
    foreign_keys(rules, schema, &mut tables, &mut refused.problems);
    fold_groups(schema, &mut tables);
    agree(&mut tables);
    disagreements(rules, schema, &tables, &mut refused.problems);
    uneven_keys(rules, schema, &tables, &mut refused.problems);
    if schema.large_objects > 0 && rules.large_objects.is_none() {
        refused.missing.push(format!(
            "the database holds {} large objects; write `large_objects = \"drop\"` (or \"keep\") above the sections",
            schema.large_objects
        ));
    }
    if refused == Refused::default() {
        return Ok(Classified {
            tables,
            notes: staying.statements,
            drop_large_objects: rules.large_objects == Some(LargeObjects::Drop),
            drop_databases: rules.drop_databases.clone(),
        });
    }
    refused.problems.sort_by_key(|problem| problem.line);
    refused.problems.dedup();
    Err(refused)
}

pub(crate) fn names_that_do_not_exist(rules: &Rules, schema: &Schema, problems: &mut Vec<Problem>) {
    for rule in &rules.tables {
        let tables: Vec<_> = schema
            .tables
            .iter()
            .filter(|table| names_table(&rule.name, &table.name))
            .collect();
        if tables.is_empty() {
            let names: Vec<_> = schema
                .tables
                .iter()
                .flat_map(|t| [t.name.table.clone(), t.name.to_string()])
                .collect();
            let hint = nearest(&rule.name, names.iter().map(String::as_str));
            problems.push(
                rules
                    .source
                    .problem(&rule.span, not_there("table", &rule.name, hint)),
            );
        }
        for (column, column_rule) in &rule.columns {
            if !tables.is_empty() && !tables.iter().any(|table| table.column(column).is_some()) {
                let names: Vec<_> = tables
                    .iter()
                    .flat_map(|t| &t.columns)
                    .map(|c| c.name.as_str())
                    .collect();
                let message = format!(
                    "table `{}`: {}",
                    rule.name,
                    not_there("column", column, nearest(column, names.into_iter()))
                );
                problems.push(rules.source.problem(&column_rule.span, message));
            }
        }
    }
    for rule in rules.patterns.iter().filter(|rule| !rule.pattern.contains('*')) {
        let exists = schema.tables.iter().any(|table| {
            table.columns.iter().any(|column| {
                rule.pattern == format!("{}.{}", table.name, column.name)
                    || rule.pattern == format!("{}.{}", table.name.table, column.name)
            })
        });
        if !exists {
            problems.push(
                rules
                    .source
                    .problem(&rule.rule.span, not_there("column", &rule.pattern, None)),
            );
        }
    }
}

fn not_there(what: &str, name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

/// The treatment of one table; none for a partitioned one, whose partitions hold the rows.
fn treat(
    rules: &Rules,
    table: &Table,
    staying: &mut Staying,
    refused: &mut Refused,
) -> Option<TableTreatment> {
    let emptied = staying.emptied.contains(&table.name);
    match table.kind {
        TableKind::Foreign => {
            // Its rows are not in the clone; `prepare` drops the server behind it.
            return None;
        }
        TableKind::Versioned => refused.missing.push(format!(
            "table `{}` keeps its past rows (system versioning), which can neither be rewritten nor emptied; drop the versioning",
            table.name
        )),
        _ => {}
    }
    let mut columns = Vec::new();
    for column in &table.columns {
        let rule = rules.rule(table, &column.name);
        match rule {
            Some(rule) if !emptied => {
                if let Err(message) = fits(table, column, rule) {
                    refused.problems.push(rules.source.problem(&rule.span, message));
                }
            }
            None if !emptied && !column.generated && must_be_named(column) => {
                refused.unclassified.push(Unclassified {
                    table: table.name.clone(),
                    column: column.name.clone(),
                    type_name: column.type_name.clone(),
                });
            }
            _ => {}
        }
        let unique = table.is_unique(&column.name);
        let transform = rule
            .filter(|_| !emptied && !column.generated)
            .map_or(Transform::Keep { reason: None }, |rule| rule.transform.clone());
        let own = format!("{}.{}", table.parent.as_ref().unwrap_or(&table.name), column.name);
        let group = rule
            .and_then(|rule| rule.same.as_ref())
            .map_or(own, |same| format!("same {same}"));
        columns.push(ColumnTreatment {
            column: column.name.clone(),
            transform,
            group,
            linked: rule.is_some_and(|rule| rule.same.is_some()),
            fold: column.case_insensitive,
            unique,
            apart: unique,
            room: column.max_length.filter(|_| column.kind == Kind::Text),
        });
    }
    let holds_rows = table.kind != TableKind::Partitioned;
    holds_rows.then(|| TableTreatment {
        name: table.name.clone(),
        emptied,
        filter: staying.filters.remove(&table.name),
        columns,
    })
}

/// Whether the rules must speak of a column: it can hold words, or its name says that its numbers speak of somebody.
pub(crate) fn must_be_named(column: &Column) -> bool {
    column.array || !column.kind.may_stay_unnamed() || personal_number(column).is_some()
}

#[cfg(test)]
mod tests;
