//! Columns that belong together: by foreign key, by partition, by group.

use std::collections::BTreeSet;

use super::{ColumnTreatment, TableTreatment};
use crate::rules::{Problem, Rules};
use crate::schema::{ForeignKey, Schema, TableName};
use crate::transform::Transform;

/// Columns that refer to each other must be masked alike, so that joins stay joins: they share a group.
pub(super) fn foreign_keys(
    rules: &Rules,
    schema: &Schema,
    tables: &mut [TableTreatment],
    problems: &mut Vec<Problem>,
) {
    // What is emptied refers to nothing.
    let emptied = |name: &TableName| {
        let mut parts = tables
            .iter()
            .filter(|table| is_or_belongs_to(schema, &table.name, name))
            .peekable();
        parts.peek().is_some() && parts.all(|table| table.emptied)
    };
    let keys: Vec<_> = schema
        .foreign_keys
        .iter()
        .filter(|key| !emptied(&key.table) && !emptied(&key.to))
        .collect();
    // A chain of references settles in at most as many rounds as there are keys.
    for _ in 0..keys.len() {
        let mut changed = false;
        for key in &keys {
            for (from, to) in key.columns.iter().zip(&key.to_columns) {
                let Some(target) = find(schema, tables, &key.to, to).map(|column| column.group.clone())
                else {
                    continue;
                };
                for referred in all_of(schema, tables, &key.to, to) {
                    referred.linked = true;
                }
                for referring in all_of(schema, tables, &key.table, from) {
                    changed |= referring.group != target;
                    referring.group.clone_from(&target);
                    referring.linked = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    for key in keys {
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
pub(super) fn find<'a>(
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
pub(super) fn fold_groups(schema: &Schema, tables: &mut [TableTreatment]) {
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
