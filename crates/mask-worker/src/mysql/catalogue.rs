//! The schema, read from `information_schema`.

use std::collections::BTreeMap;

use masking::{Column, Engine, ForeignKey, Kind, Schema, Table, TableKind, TableName, Unique};
use mysql_async::Row;

use super::{Mysql, NOT_PRODUCTION, literal, partition};
use crate::error::DatabaseFailed;

type Pair = (String, String);

impl Mysql {
    pub(crate) async fn schema(&self) -> Result<Schema, DatabaseFailed> {
        let doing = "reading the catalogue";
        let tables = format!(
            "SELECT table_schema, table_name, table_type, COALESCE(table_rows, 0), COALESCE(engine, '') FROM information_schema.tables \
             WHERE table_schema NOT IN ({NOT_PRODUCTION}) AND table_type NOT LIKE '%VIEW%' ORDER BY 1, 2"
        );
        let mut found: BTreeMap<Pair, Table> = BTreeMap::new();
        for (schema, name, kind, rows, _engine) in self
            .rows::<(String, String, String, u64, String)>(doing, &tables)
            .await?
        {
            let kind = if kind.contains("VERSIONED") {
                TableKind::Versioned
            } else {
                TableKind::Base
            };
            let table = Table {
                name: TableName::new(&schema, &name),
                kind,
                parent: None,
                columns: Vec::new(),
                primary_key: Vec::new(),
                uniques: Vec::new(),
                partition_key: Vec::new(),
                rows,
                dependents: Vec::new(),
            };
            found.insert((schema, name), table);
        }
        let columns = format!(
            "SELECT table_schema, table_name, column_name, data_type, column_type, is_nullable, character_maximum_length, \
             COALESCE(collation_name, ''), COALESCE(character_set_name, ''), extra, COALESCE(generation_expression, '') \
             FROM information_schema.columns WHERE table_schema NOT IN ({NOT_PRODUCTION}) ORDER BY 1, 2, ordinal_position"
        );
        for row in self.rows::<Row>(doing, &columns).await? {
            let key = (text(&row, 0), text(&row, 1));
            if let Some(table) = found.get_mut(&key) {
                table.columns.push(read_column(&row));
            }
        }
        let uniques = format!(
            "SELECT table_schema, table_name, index_name, COALESCE(column_name, '') FROM information_schema.statistics \
             WHERE non_unique = 0 AND table_schema NOT IN ({NOT_PRODUCTION}) ORDER BY 1, 2, 3, seq_in_index"
        );
        for (schema, name, index, column) in self
            .rows::<(String, String, String, String)>(doing, &uniques)
            .await?
        {
            let Some(table) = found.get_mut(&(schema, name)) else {
                continue;
            };
            // An index over an expression could speak of any column.
            let columns = if column.is_empty() {
                table.columns.iter().map(|c| c.name.clone()).collect()
            } else {
                vec![column]
            };
            if index == "PRIMARY" {
                table.primary_key.extend(columns.iter().cloned());
            }
            match table.uniques.iter_mut().find(|unique| unique.name == index) {
                Some(unique) => unique.columns.extend(columns),
                None => table.uniques.push(Unique { name: index, columns }),
            }
        }
        self.partition_keys(&mut found).await?;
        Ok(Schema {
            engine: Engine::Mysql,
            tables: found.into_values().collect(),
            foreign_keys: self.foreign_keys().await?,
            large_objects: 0,
        })
    }

    /// Notes the columns that choose a row's partition out of a list or by ranges, where a value can belong nowhere. What is
    /// spread by a hash or a key can take any value.
    async fn partition_keys(&self, found: &mut BTreeMap<Pair, Table>) -> Result<(), DatabaseFailed> {
        let doing = "reading what chooses partitions";
        let sql = format!(
            "SELECT DISTINCT table_schema, table_name, partition_expression FROM information_schema.partitions \
             WHERE (partition_method LIKE 'RANGE%' OR partition_method LIKE 'LIST%') AND table_schema NOT IN ({NOT_PRODUCTION})"
        );
        for (schema, name, expression) in self.rows::<(String, String, Option<String>)>(doing, &sql).await? {
            let computed = format!(
                "SELECT column_name, generation_expression FROM information_schema.columns WHERE table_schema = {} AND table_name = {} \
                 AND COALESCE(generation_expression, '') <> ''",
                literal(&schema),
                literal(&name)
            );
            let computed = self.rows::<(String, String)>(doing, &computed).await?;
            if let Some(table) = found.get_mut(&(schema, name)) {
                let columns = table.columns.iter().map(|column| column.name.as_str());
                table.partition_key =
                    partition::columns_of(&expression.unwrap_or_default(), columns, &computed);
            }
        }
        Ok(())
    }

    async fn foreign_keys(&self) -> Result<Vec<ForeignKey>, DatabaseFailed> {
        let sql = format!(
            "SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name \
             FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND table_schema NOT IN ({NOT_PRODUCTION}) \
             ORDER BY 1, 2, 3, ordinal_position"
        );
        let mut keys: Vec<ForeignKey> = Vec::new();
        for row in self.rows::<Row>("reading foreign keys", &sql).await? {
            let (table, name) = (TableName::new(text(&row, 0), text(&row, 1)), text(&row, 2));
            let to = TableName::new(text(&row, 4), text(&row, 5));
            if keys
                .last()
                .is_none_or(|last| last.name != name || last.table != table)
            {
                keys.push(ForeignKey {
                    name,
                    table,
                    columns: Vec::new(),
                    to,
                    to_columns: Vec::new(),
                });
            }
            if let Some(key) = keys.last_mut() {
                key.columns.push(text(&row, 3));
                key.to_columns.push(text(&row, 6));
            }
        }
        Ok(keys)
    }
}

/// A column of text; NULL and anything else is empty.
pub(super) fn text(row: &Row, at: usize) -> String {
    row.get_opt::<Option<String>, _>(at)
        .and_then(Result::ok)
        .flatten()
        .unwrap_or_default()
}

fn read_column(row: &Row) -> Column {
    let (data_type, column_type) = (text(row, 3).to_lowercase(), text(row, 4));
    let (collation, charset, extra) = (text(row, 7), text(row, 8), text(row, 9).to_uppercase());
    // MariaDB's json is a longtext that a check keeps valid.
    let kind = kind(&data_type, &column_type);
    let length: Option<u64> = row.get_opt::<Option<u64>, _>(6).and_then(Result::ok).flatten();
    let limited = matches!(kind, Kind::Text | Kind::Bytes)
        .then_some(length)
        .flatten();
    Column {
        name: text(row, 2),
        type_name: column_type.clone(),
        kind,
        array: false,
        nullable: text(row, 5) == "YES",
        max_length: limited.and_then(|length| usize::try_from(length).ok()),
        generated: extra.contains("VIRTUAL")
            || extra.contains("STORED")
            || extra.contains("PERSISTENT")
            || !text(row, 10).is_empty(),
        labels: if data_type == "enum" {
            labels(&column_type)
        } else {
            Vec::new()
        },
        case_insensitive: collation.contains("_ci") || collation.contains("_ai"),
        narrow_charset: matches!(charset.as_str(), "latin1" | "ascii" | "latin2" | "cp1252"),
    }
}

fn kind(data_type: &str, column_type: &str) -> Kind {
    match data_type {
        "tinyint" if column_type.starts_with("tinyint(1)") => Kind::Bool,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Kind::Integer,
        "decimal" | "numeric" | "float" | "double" | "real" => Kind::Number,
        "bit" => Kind::Bool,
        "enum" | "set" => Kind::Enum,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Kind::Text,
        "date" => Kind::Date,
        "datetime" | "timestamp" => Kind::Timestamp,
        "time" => Kind::Time,
        "json" => Kind::Json,
        "uuid" => Kind::Uuid,
        "inet4" | "inet6" => Kind::Inet,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Kind::Bytes,
        _ => Kind::Other,
    }
}

/// `enum('a','it''s')` has the labels `a` and `it's`.
fn labels(column_type: &str) -> Vec<String> {
    let inside = column_type.trim_start_matches("enum(").trim_end_matches(')');
    let unquoted = inside.trim_start_matches('\'').trim_end_matches('\'');
    unquoted
        .split("','")
        .map(|label| label.replace("''", "'"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_the_type() {
        assert_eq!(labels("enum('a','it''s','c d')"), ["a", "it's", "c d"]);
        assert_eq!(kind("tinyint", "tinyint(1)"), Kind::Bool);
        assert_eq!(kind("geometry", "geometry"), Kind::Other);
    }
}
