//! Transforms that the engine's own built-in functions can say: for those no value needs to leave the server.
//!
//! An expression draws from the engine's random numbers, or from the row's primary key where that stays as it is; never
//! from the value that it replaces, and never from a key: SQL text is logged and shown in places that masking does not
//! rule. What must be consistent, or needs the old value to make the new one, is masked in the worker.

mod mysql;
mod postgres;

use crate::coverage::{ColumnTreatment, TableTreatment};
use crate::key::Key;
use crate::schema::{Column, Engine, Table};
use crate::transform::Transform;

/// What an expression may build on.
pub(crate) struct Place<'a> {
    /// The column.
    pub(crate) column: &'a Column,
    /// What is to happen to it.
    pub(crate) treatment: &'a ColumnTreatment,
    /// A single primary-key column of whole numbers that the run keeps: unique values may be derived from it.
    pub(crate) row_id: Option<&'a str>,
    /// Three letters that tell the made-up values of this column from those of another: no secret.
    pub(crate) tag: String,
}

/// The masked form of a column as an SQL expression over its row; none where built-ins cannot say it. NULL and empty
/// values stay what they are, and unique columns stay unique.
#[must_use]
pub fn expression(
    engine: Engine,
    table: &Table,
    whole: &TableTreatment,
    treatment: &ColumnTreatment,
    key: &Key,
) -> Option<String> {
    let column = table.column(&treatment.column)?;
    if treatment.linked && !matches!(treatment.transform, Transform::Null | Transform::Constant(_)) {
        return None;
    }
    let place = Place {
        column,
        treatment,
        row_id: row_id(table, whole),
        tag: key.group(&treatment.group).apart("tag").stream(b"").letters(3),
    };
    match engine {
        Engine::Postgres => postgres::expression(&place),
        Engine::Mysql => mysql::expression(&place),
    }
}

fn row_id<'a>(table: &'a Table, whole: &TableTreatment) -> Option<&'a str> {
    let [name] = table.primary_key.as_slice() else {
        return None;
    };
    let stays = whole
        .columns
        .iter()
        .any(|c| c.column == *name && c.transform.keeps());
    let whole_number = table
        .column(name)
        .is_some_and(|c| c.kind == crate::schema::Kind::Integer && !c.array);
    (stays && whole_number).then_some(name.as_str())
}

/// A name in the engine's quotes.
pub(crate) fn ident(engine: Engine, name: &str) -> String {
    match engine {
        Engine::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        Engine::Mysql => format!("`{}`", name.replace('`', "``")),
    }
}
