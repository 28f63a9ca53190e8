//! Masking rules, their coverage of a schema, and how each column is masked; pure.
//!
//! The path of a run: [`Rules::parse`] reads `masking/<source>.toml`, [`coverage`](fn@coverage) holds the rules against the
//! clone's [`Schema`] and refuses what it cannot vouch for, [`plan`](fn@plan) chooses a method for each table, and a
//! [`Masker`] rewrites the values of one column under a [`Key`] that lives as long as the run.
//! [`suggest`](fn@suggest) writes a first rules file from a schema and a sample of its values, and [`diff`](fn@diff) says what changed since.
//!
//! Nothing here knows a database, a clock or an environment. No value that is masked is ever part of an error.

mod coverage;
mod diff;
mod key;
pub mod plan;
pub mod rules;
pub mod schema;
pub mod sql;
mod suggest;
pub mod transform;

pub use coverage::{Classified, ColumnTreatment, Refused, TableTreatment, Unclassified, coverage};
pub use diff::{Difference, Doubtful, NewColumn, diff};
pub use key::{Key, Prf};
pub use plan::{Method, TablePlan, plan};
pub use rules::{InvalidRules, Problem, Rules};
pub use schema::{
    Column, Dependent, Engine, Forbids, ForeignKey, Kind, Schema, Table, TableKind, TableName, Unique,
};
pub use suggest::{Sample, suggest};
pub use transform::{Masker, Path, Shuffler, Transform};
