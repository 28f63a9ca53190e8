//! The verification: its own connection, its own list of what can hold words, and no code of the masking.
//!
//! `prepare` takes a [`witness::Witness`] of the values that the rules mask: keyed digests of a sample, never a value.
//! Afterwards [`verify`](fn@verify) reads everything that is left and looks for originals, for values that are not what a rule promises,
//! and for personal data by pattern.

mod expect;
mod patterns;
mod scan;
mod tally;
pub(crate) mod witness;

use masking::TableName;

pub use domain::record::Finding;
pub(crate) use scan::{scan, take_witness};

/// A row as text; `None` is NULL.
pub(crate) type Row = Vec<Option<String>>;

/// Something that holds rows: a table, a partition, a materialized view.
#[derive(Clone, Debug)]
pub(crate) struct Readable {
    /// Its name.
    pub(crate) name: TableName,
    /// Its columns, in order.
    pub(crate) columns: Vec<ReadableColumn>,
}

/// A column to read.
#[derive(Clone, Debug)]
pub(crate) struct ReadableColumn {
    /// Its name.
    pub(crate) name: String,
    /// It holds bytes, to be read as escaped text.
    pub(crate) bytes: bool,
    /// Its type can hold no words: numbers, times, labels of an enum.
    pub(crate) plain: bool,
    /// It belongs to the primary key.
    pub(crate) key: bool,
}
