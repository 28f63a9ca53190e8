//! What copying a table must know of its columns, beyond what masking must.

use masking::{TableName, TableTreatment};
use mysql_async::Row;

use super::catalogue::text;
use super::{Mysql, ident, literal};
use crate::error::DatabaseFailed;

/// A column that holds values of its own: none that is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    data_type: String,
    character_set: String,
    /// An enum whose labels include the empty one.
    empty_label: bool,
}

impl Field {
    /// What is selected so that the value travels without loss: FLOAT is shown with six digits only. A masked text
    /// travels as UTF-8, all others as the bytes that they are.
    pub(super) fn select(&self, masked: bool) -> String {
        let name = ident(&self.name);
        match self.data_type.as_str() {
            "float" => format!("{name} * 1E0"),
            _ if masked && self.is_converted() => format!("CONVERT({name} USING utf8mb4)"),
            _ => name,
        }
    }

    /// How bytes are written into the column, where they cannot be written as they are.
    pub(super) fn assign(&self, masked: bool, from: &str) -> Option<String> {
        // JSON, UUID and addresses are read from text only.
        let from_text = matches!(self.data_type.as_str(), "json" | "uuid" | "inet4" | "inet6");
        (from_text || (masked && self.is_converted())).then(|| format!("CONVERT({from} USING utf8mb4)"))
    }

    /// Whether its text is neither UTF-8 nor ASCII nor bytes.
    fn is_converted(&self) -> bool {
        !matches!(
            self.character_set.as_str(),
            "" | "utf8mb4" | "utf8mb3" | "utf8" | "ascii" | "binary"
        )
    }

    /// Whether its values are written without any byte that needs an escape.
    pub(super) fn is_plain(&self) -> bool {
        matches!(
            self.data_type.as_str(),
            "tinyint"
                | "smallint"
                | "mediumint"
                | "int"
                | "bigint"
                | "decimal"
                | "float"
                | "double"
                | "date"
                | "datetime"
                | "timestamp"
                | "time"
                | "year"
        )
    }

    /// An enum shows a value that no label stands for as empty text, and takes it back with a warning.
    pub(super) fn empty_is_unknown(&self) -> bool {
        self.data_type == "enum" && !self.empty_label
    }
}

impl Mysql {
    /// The table's columns that hold values of their own, in order.
    pub(super) async fn fields(&self, name: &TableName) -> Result<Vec<Field>, DatabaseFailed> {
        let sql = format!(
            "SELECT column_name, data_type, COALESCE(character_set_name, ''), column_type FROM information_schema.columns \
             WHERE table_schema = {} AND table_name = {} AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position",
            literal(&name.schema),
            literal(&name.table)
        );
        let rows = self
            .rows::<Row>(&format!("reading the columns of `{name}`"), &sql)
            .await?;
        let fields = rows.iter().map(|row| {
            let labels = text(row, 3);
            Field {
                name: text(row, 0),
                data_type: text(row, 1).to_lowercase(),
                character_set: text(row, 2),
                empty_label: labels.contains("('',") || labels.contains(",''") || labels == "enum('')",
            }
        });
        Ok(fields.collect())
    }
}

/// A list of names in quotes.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(ident).collect::<Vec<_>>().join(", ")
}

/// The rows that stay, and of these those of one piece, as SQL.
pub(super) fn condition(treatment: &TableTreatment, piece: Option<&str>) -> String {
    let parts: Vec<_> = treatment
        .filter
        .iter()
        .map(|filter| format!("({filter})"))
        .chain(piece.map(str::to_owned))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", parts.join(" AND "))
    }
}
