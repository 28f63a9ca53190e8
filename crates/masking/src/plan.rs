//! Which method a table is masked by. The choice is pure; the worker carries it out and makes none.

use std::collections::BTreeSet;

use crate::coverage::{Classified, TableTreatment};
use crate::key::Key;
use crate::schema::{Engine, Forbids, Schema, Table, TableName};
use crate::sql;

/// How a table is masked. Every method gives the table a new file, so that no original stays in old pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Nothing of it changes.
    Keep,
    /// It is emptied.
    Empty,
    /// PostgreSQL: `ALTER TABLE … ALTER COLUMN … TYPE … USING`, one statement. The server rewrites the table by itself;
    /// identity, grants, indexes and foreign keys stay.
    Alter,
    /// MySQL: `INSERT … SELECT` with expressions into a table that has only the primary key, then all indexes at once,
    /// then the new table takes the old one's name.
    Rewrite,
    /// Rows stream through the worker into a new table, which gets its indexes afterwards and then takes the old
    /// one's place.
    Stream,
    /// Rows stream through the worker into a staging table, the table is truncated, and the staged rows go back in one
    /// statement: the slowest, for tables whose identity must not change.
    Restage,
}

impl Method {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "kept",
            Self::Empty => "emptied",
            Self::Alter => "altered in place",
            Self::Rewrite => "rewritten",
            Self::Stream => "streamed",
            Self::Restage => "restaged",
        }
    }
}

/// A table and its method.
#[derive(Clone, Debug)]
pub struct TablePlan {
    /// The table.
    pub table: TableName,
    /// Its method.
    pub method: Method,
    /// Why this method and none faster, in words.
    pub why: String,
    /// For [`Method::Alter`] and [`Method::Rewrite`]: each masked column and its new value as SQL.
    pub expressions: Vec<(String, String)>,
    /// Rows, as the catalogue estimates them.
    pub rows: u64,
}

/// The method of each table, the largest first: the last to finish decides when the run ends.
#[must_use]
pub fn plan(classified: &Classified, schema: &Schema, key: &Key) -> Vec<TablePlan> {
    let mut plans: Vec<_> = classified
        .tables
        .iter()
        .filter_map(|treatment| {
            Some(choose(
                treatment,
                schema.table(&treatment.name)?,
                schema.engine,
                key,
            ))
        })
        .collect();
    partitions_alike(&mut plans, schema);
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.rows));
    plans
}

/// Partitions are altered by their root, all of them alike; where one of them cannot be, none is.
fn partitions_alike(plans: &mut [TablePlan], schema: &Schema) {
    let root = |plan: &TablePlan| schema.table(&plan.table).and_then(|table| table.parent.clone());
    let altered: BTreeSet<TableName> = plans
        .iter()
        .filter(|plan| plan.method == Method::Alter)
        .filter_map(root)
        .collect();
    for name in altered {
        let mut tree: Vec<_> = plans
            .iter_mut()
            .filter(|plan| root(plan).as_ref() == Some(&name))
            .collect();
        let alike = tree
            .iter()
            .all(|plan| plan.method == Method::Alter && plan.expressions == tree[0].expressions);
        for plan in tree
            .iter_mut()
            .filter(|plan| !alike && plan.method == Method::Alter)
        {
            plan.method = match schema
                .table(&plan.table)
                .and_then(|table| forbidden(table, None, Forbids::Swap))
            {
                None => Method::Stream,
                Some(_) => Method::Restage,
            };
            plan.why = format!("not all partitions of `{name}` are masked alike");
            plan.expressions.clear();
        }
    }
}

fn choose(treatment: &TableTreatment, table: &Table, engine: Engine, key: &Key) -> TablePlan {
    let plan = |method, why: String| TablePlan {
        table: treatment.name.clone(),
        method,
        why,
        expressions: Vec::new(),
        rows: table.rows,
    };
    if treatment.emptied {
        return plan(Method::Empty, "the rules take all its rows".to_owned());
    }
    if treatment.masked().next().is_none() && treatment.filter.is_none() {
        return plan(Method::Keep, "the rules keep all its columns".to_owned());
    }
    let kept_in_place = forbidden(table, None, Forbids::Swap);
    match (engine, sayable(treatment, table, engine, key), kept_in_place) {
        (Engine::Postgres, Ok(expressions), _) => TablePlan {
            expressions,
            ..plan(Method::Alter, BY_ITSELF.to_owned())
        },
        (Engine::Mysql, Ok(expressions), None) => TablePlan {
            expressions,
            ..plan(Method::Rewrite, BY_ITSELF.to_owned())
        },
        (Engine::Mysql, Ok(_), Some(what)) => plan(Method::Restage, what),
        (_, Err(why), None) => plan(Method::Stream, why),
        (_, Err(why), Some(what)) => plan(Method::Restage, format!("{why}; {what}")),
    }
}

const BY_ITSELF: &str = "the server can say every transform by itself";
const ROWS_GO: &str = "only some of its rows stay";

/// Every masked column's new value as SQL, or why one of them has none.
fn sayable(
    treatment: &TableTreatment,
    table: &Table,
    engine: Engine,
    key: &Key,
) -> Result<Vec<(String, String)>, String> {
    if engine == Engine::Postgres && treatment.filter.is_some() {
        return Err(ROWS_GO.to_owned());
    }
    let mut expressions = Vec::new();
    for masked in treatment.masked() {
        if engine == Engine::Postgres
            && let Some(what) = forbidden(table, Some(&masked.column), Forbids::Alter)
        {
            return Err(what);
        }
        let said = sql::expression(engine, table, treatment, masked, key).ok_or_else(|| {
            let consistent = if masked.linked { ", consistently" } else { "" };
            format!(
                "`{}` needs the worker ({}{consistent})",
                masked.column,
                masked.transform.name()
            )
        })?;
        expressions.push((masked.column.clone(), said));
    }
    Ok(expressions)
}

/// What forbids a method for the table as a whole, or for one of its columns.
fn forbidden(table: &Table, column: Option<&str>, what: Forbids) -> Option<String> {
    table
        .dependents
        .iter()
        .find(|dependent| {
            (dependent.forbids == what || dependent.forbids == Forbids::Both)
                && (dependent.column.is_none() || column.is_none() || dependent.column.as_deref() == column)
        })
        .map(|dependent| dependent.what.clone())
}
