//! Holding the rules against a schema: nothing is masked unless every column that could hold personal data is
//! spoken for, and every rule can be carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::rules::nearest;
use crate::rules::{ColumnRule, LargeObjects, Problem, Rules, names_table};
use crate::schema::{Column, Engine, ForeignKey, Kind, Schema, Table, TableKind, TableName};
use crate::transform::{Locale, Transform};

/// What happens to every column of every table.
#[derive(Clone, Debug)]
pub struct Classified {
    /// All tables that hold rows, in the order of the schema.
    pub tables: Vec<TableTreatment>,
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
    /// Spellings that differ only in case count as one.
    pub fold: bool,
    /// The database keeps its values unique.
    pub unique: bool,
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
            text.push_str(&format!("[tables.\"{table}\"]\n"));
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

/// A key as TOML wants it: bare where it can be.
pub(crate) fn toml_key(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare && name != "rows" {
        name.to_owned()
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
    let mut tables: Vec<_> = schema
        .tables
        .iter()
        .filter_map(|table| treat(rules, schema, table, &mut refused))
        .collect();
    foreign_keys(rules, schema, &mut tables, &mut refused.problems);
    fold_groups(schema, &mut tables);
    if schema.large_objects > 0 && rules.large_objects.is_none() {
        refused.missing.push(format!(
            "the database holds {} large objects; write `large_objects = \"drop\"` (or \"keep\") above the sections",
            schema.large_objects
        ));
    }
    if refused == Refused::default() {
        return Ok(Classified {
            tables,
            drop_large_objects: rules.large_objects == Some(LargeObjects::Drop),
            drop_databases: rules.drop_databases.clone(),
        });
    }
    refused.problems.sort_by_key(|problem| problem.line);
    refused.problems.dedup();
    Err(refused)
}

fn names_that_do_not_exist(rules: &Rules, schema: &Schema, problems: &mut Vec<Problem>) {
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
fn treat(rules: &Rules, schema: &Schema, table: &Table, refused: &mut Refused) -> Option<TableTreatment> {
    let parents = [Some(&table.name), table.parent.as_ref()];
    let emptied = parents
        .into_iter()
        .flatten()
        .flat_map(|name| rules.table_rules(name))
        .find(|rule| rule.rows_none);
    match table.kind {
        TableKind::Foreign => {
            // Its rows are not in the clone; `prepare` drops the server behind it.
            return None;
        }
        TableKind::Versioned if emptied.is_none() => refused.missing.push(format!(
            "table `{}` keeps its past rows (system versioning), which cannot be rewritten; empty it with `rows = \"none\"`, or drop the versioning",
            table.name
        )),
        _ => {}
    }
    if let Some(rule) = emptied {
        refused.problems.extend(
            emptied_but_referred_to(rules, schema, table).map(|m| rules.source.problem(&rule.span, m)),
        );
    }
    let mut columns = Vec::new();
    for column in &table.columns {
        let rule = rules.rule(table, &column.name);
        match rule {
            Some(rule) if emptied.is_none() => {
                if let Err(message) = fits(schema.engine, table, column, rule) {
                    refused.problems.push(rules.source.problem(&rule.span, message));
                }
            }
            None if emptied.is_none()
                && !column.generated
                && (column.array || !column.kind.may_stay_unnamed()) =>
            {
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
            .filter(|_| emptied.is_none() && !column.generated)
            .map_or(Transform::Keep { reason: None }, |rule| rule.transform.clone());
        let own = format!("{}.{}", table.parent.as_ref().unwrap_or(&table.name), column.name);
        let group = rule
            .and_then(|rule| rule.same.as_ref())
            .map_or(own, |same| format!("same {same}"));
        columns.push(ColumnTreatment {
            column: column.name.clone(),
            transform,
            group,
            fold: column.case_insensitive,
            unique,
        });
    }
    let holds_rows = table.kind != TableKind::Partitioned;
    holds_rows.then(|| TableTreatment {
        name: table.name.clone(),
        emptied: emptied.is_some(),
        columns,
    })
}

fn emptied_but_referred_to(rules: &Rules, schema: &Schema, table: &Table) -> Option<String> {
    let emptied = |name: &TableName| rules.table_rules(name).any(|rule| rule.rows_none);
    let by = schema
        .foreign_keys
        .iter()
        .find(|key| key.to == table.name && key.table != table.name && !emptied(&key.table))?;
    Some(format!(
        "`{}` cannot be emptied: `{}` refers to it ({}); empty that too, or mask the columns",
        table.name, by.table, by.name
    ))
}

/// Whether the rule can be carried out on the column; else what is right.
fn fits(engine: Engine, table: &Table, column: &Column, rule: &ColumnRule) -> Result<(), String> {
    let place = format!("`{}.{}` ({})", table.name, column.name, column.type_name);
    let transform = &rule.transform;
    if transform.keeps() {
        return Ok(());
    }
    let name = transform.name();
    if column.generated {
        return Err(format!(
            "{place} is computed from other columns; mask those, and leave this one out or `keep` it"
        ));
    }
    if !transform.fits(column.kind) || (column.array && !fits_elements(transform)) {
        return Err(format!("`{name}` does not fit {place}; {}", what_fits(column)));
    }
    if *transform == Transform::Null && !column.nullable {
        return Err(format!("{place} is NOT NULL; `null` cannot be written there"));
    }
    if let Transform::Constant(value) = transform {
        constant_fits(value, column)
            .map_err(|expected| format!("the constant does not fit {place}: {expected} is expected"))?;
    }
    let unique = table.is_unique(&column.name);
    if unique && !transform.keeps_unique() {
        return Err(format!(
            "{place} is unique, and `{name}` would make values equal; use `hash`, `email`, `username` or `keep`"
        ));
    }
    let needed = transform.needs_length(unique);
    if column.max_length.is_some_and(|limit| limit < needed) {
        return Err(format!(
            "{place} is too short for `{name}`, which needs {needed} characters; use `text`, `null` or `constant`"
        ));
    }
    if engine == Engine::Postgres && table.partition_key.contains(&column.name) {
        return Err(format!(
            "{place} chooses the partition of a row; it can only be kept"
        ));
    }
    if column.narrow_charset && is_japanese(transform) {
        return Err(format!(
            "the character set of {place} cannot hold Japanese; use locale \"en\""
        ));
    }
    Ok(())
}

fn fits_elements(transform: &Transform) -> bool {
    !matches!(transform, Transform::Json(_) | Transform::Bytes)
}

fn is_japanese(transform: &Transform) -> bool {
    matches!(
        transform,
        Transform::Name {
            locale: Locale::Ja | Locale::Kana,
            ..
        } | Transform::Address(Locale::Ja | Locale::Kana)
            | Transform::City(Locale::Ja | Locale::Kana)
            | Transform::Company(Locale::Ja | Locale::Kana)
    )
}

fn what_fits(column: &Column) -> String {
    let own = match column.kind {
        Kind::Date | Kind::Timestamp => "`date`, ",
        Kind::Inet => "`ip`, ",
        Kind::Json => "`json`, ",
        Kind::Uuid => "`uuid`, ",
        Kind::Bytes => "`bytes`, ",
        Kind::Integer | Kind::Number => "`noise`, ",
        Kind::TsVector => "`text`, ",
        Kind::Text => "any transform of text, ",
        _ => "",
    };
    format!("there are {own}`null`, `constant` and `keep`")
}

fn constant_fits(value: &str, column: &Column) -> Result<(), String> {
    if column.array {
        return if value.starts_with('{') {
            Ok(())
        } else {
            Err("an array such as `{}`".to_owned())
        };
    }
    let (good, expected) = match column.kind {
        Kind::Integer => (value.parse::<i128>().is_ok(), "a whole number"),
        Kind::Number => (value.parse::<f64>().is_ok(), "a number"),
        Kind::Date => (
            chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok(),
            "a date such as 1970-01-01",
        ),
        Kind::Timestamp => (
            value
                .get(..10)
                .is_some_and(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()),
            "a date and time such as 1970-01-01 00:00:00",
        ),
        Kind::Json => (
            serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
            "JSON",
        ),
        Kind::Inet => (
            value
                .split('/')
                .next()
                .is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok()),
            "an IP address",
        ),
        Kind::Uuid => (value.len() == 36, "a UUID"),
        Kind::Enum if column.labels.is_empty() => (true, ""),
        Kind::Enum => (
            column.labels.iter().any(|label| label == value),
            "one of its labels",
        ),
        Kind::Text => (
            column
                .max_length
                .is_none_or(|limit| value.chars().count() <= limit),
            "a shorter text",
        ),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err(expected.to_owned()) }
}

/// Columns that refer to each other must be masked alike, so that joins stay joins: they share a group.
fn foreign_keys(rules: &Rules, schema: &Schema, tables: &mut [TableTreatment], problems: &mut Vec<Problem>) {
    // A chain of references settles in at most as many rounds as there are keys.
    for _ in 0..schema.foreign_keys.len() {
        let mut changed = false;
        for key in &schema.foreign_keys {
            for (from, to) in key.columns.iter().zip(&key.to_columns) {
                let Some(target) = find(schema, tables, &key.to, to).map(|column| column.group.clone())
                else {
                    continue;
                };
                for referring in all_of(schema, tables, &key.table, from) {
                    changed |= referring.group != target;
                    referring.group.clone_from(&target);
                }
            }
        }
        if !changed {
            break;
        }
    }
    for key in &schema.foreign_keys {
        for (from, to) in key.columns.iter().zip(&key.to_columns) {
            let (Some(a), Some(b)) = (
                find(schema, tables, &key.table, from),
                find(schema, tables, &key.to, to),
            ) else {
                continue;
            };
            if a.transform != b.transform
                && !(a.transform.keeps() && b.transform.keeps())
                && a.transform != Transform::Null
            {
                let message = unlike(key, from, to, &a.transform, &b.transform);
                let span = schema
                    .table(&key.table)
                    .and_then(|t| rules.rule(t, from))
                    .or_else(|| schema.table(&key.to).and_then(|t| rules.rule(t, to)))
                    .map(|rule| rule.span.clone());
                problems.push(rules.source.problem(&span.unwrap_or_default(), message));
            }
        }
    }
}

fn unlike(key: &ForeignKey, from: &str, to: &str, a: &Transform, b: &Transform) -> String {
    format!(
        "`{}.{from}` refers to `{}.{to}` ({}), so both must be masked alike; the rules say `{}` and `{}`",
        key.table,
        key.to,
        key.name,
        a.name(),
        b.name()
    )
}

/// The column's treatment; a partitioned table's is that of its first partition.
fn find<'a>(
    schema: &Schema,
    tables: &'a [TableTreatment],
    name: &TableName,
    column: &str,
) -> Option<&'a ColumnTreatment> {
    tables
        .iter()
        .find(|table| is_or_belongs_to(schema, &table.name, name))?
        .columns
        .iter()
        .find(|c| c.column == column)
}

fn all_of<'a>(
    schema: &'a Schema,
    tables: &'a mut [TableTreatment],
    name: &'a TableName,
    column: &'a str,
) -> impl Iterator<Item = &'a mut ColumnTreatment> {
    tables
        .iter_mut()
        .filter(move |table| is_or_belongs_to(schema, &table.name, name))
        .flat_map(|table| &mut table.columns)
        .filter(move |c| c.column == column)
}

fn is_or_belongs_to(schema: &Schema, table: &TableName, name: &TableName) -> bool {
    table == name
        || schema
            .table(table)
            .is_some_and(|table| table.parent.as_ref() == Some(name))
}

/// Where one column of a group compares without case, all of them fold case, but for unique ones that do not.
fn fold_groups(schema: &Schema, tables: &mut [TableTreatment]) {
    let mut folded = BTreeSet::new();
    let mut exact = BTreeSet::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        if column.fold {
            folded.insert(column.group.clone());
        } else if column.unique {
            exact.insert(column.group.clone());
        }
    }
    for table in tables {
        for column in &mut table.columns {
            let own = schema
                .table(&table.name)
                .and_then(|t| t.column(&column.column))
                .is_some_and(|c| c.case_insensitive);
            column.fold = own || (folded.contains(&column.group) && !exact.contains(&column.group));
        }
    }
}

#[cfg(test)]
mod tests;
