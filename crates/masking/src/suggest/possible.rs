//! Whether a rule can be carried out, by asking the coverage itself.

use std::collections::BTreeMap;

use super::Place;
use crate::coverage::{section_of, toml_key};
use crate::schema::{ForeignKey, Schema, Table, TableName};

/// Whether coverage would accept this rule for these columns, each by itself and all of them together.
pub(super) fn possible(schema: &Schema, places: &[Place<'_>], rule: &str) -> bool {
    let mut sections: BTreeMap<&TableName, String> = BTreeMap::new();
    for (table, column) in places {
        let section = sections.entry(&table.name).or_default();
        section.push_str(&format!("{} = {rule}\n", toml_key(&column.name)));
    }
    let file: String = sections
        .iter()
        .map(|(name, lines)| section_of(name) + lines)
        .collect();
    let Ok(rules) = crate::Rules::parse("suggested", &file) else {
        return false;
    };
    crate::coverage(&rules, &only(schema, places)).is_ok()
}

/// The schema with nothing but these columns, and the references between them.
fn only(schema: &Schema, places: &[Place<'_>]) -> Schema {
    // A rule for a table holds for its partitions too.
    let is_wanted = |table: &Table, column: &str| {
        places.iter().any(|(wanted, at)| {
            at.name == column && (table.name == wanted.name || table.parent.as_ref() == Some(&wanted.name))
        })
    };
    let is_end = |table: &TableName, column: &String| {
        places
            .iter()
            .any(|(wanted, at)| wanted.name == *table && at.name == *column)
    };
    let tables = schema.tables.iter().map(|table| Table {
        columns: table
            .columns
            .iter()
            .filter(|column| is_wanted(table, &column.name))
            .cloned()
            .collect(),
        ..table.clone()
    });
    let foreign_keys = schema.foreign_keys.iter().map(|key| {
        let pairs = key.columns.iter().zip(&key.to_columns);
        let (columns, to_columns) = pairs
            .filter(|(from, to)| is_end(&key.table, from) && is_end(&key.to, to))
            .map(|(from, to)| (from.clone(), to.clone()))
            .unzip();
        ForeignKey {
            columns,
            to_columns,
            ..key.clone()
        }
    });
    Schema {
        engine: schema.engine,
        tables: tables.filter(|table| !table.columns.is_empty()).collect(),
        foreign_keys: foreign_keys.filter(|key| !key.columns.is_empty()).collect(),
        large_objects: 0,
    }
}
