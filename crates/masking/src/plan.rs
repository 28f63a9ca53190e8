//! Which method a table is masked by. The choice is pure; the worker carries it out and makes none.

use crate::coverage::{Classified, TableTreatment};
use crate::schema::{Schema, TableName};

/// How a table is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Nothing of it changes.
    Keep,
    /// It is emptied.
    Empty,
    /// Its rows stream through the worker into a staging table, the table is truncated, and the staged rows go back
    /// in one statement. Truncation gives the table a new file, so no original stays in old pages; the table itself,
    /// its identity, grants, triggers and dependents stay what they were.
    Restage,
}

impl Method {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "kept",
            Self::Empty => "emptied",
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
    /// Rows, as the catalogue estimates them.
    pub rows: u64,
}

/// The method of each table, the largest first: the last to finish decides when the run ends.
#[must_use]
pub fn plan(classified: &Classified, schema: &Schema) -> Vec<TablePlan> {
    let mut plans: Vec<_> = classified
        .tables
        .iter()
        .map(|treatment| TablePlan {
            table: treatment.name.clone(),
            method: method(treatment),
            rows: schema.table(&treatment.name).map_or(0, |table| table.rows),
        })
        .collect();
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.rows));
    plans
}

fn method(treatment: &TableTreatment) -> Method {
    if treatment.emptied {
        Method::Empty
    } else if treatment.masked().next().is_some() {
        Method::Restage
    } else {
        Method::Keep
    }
}
