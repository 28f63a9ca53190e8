//! What an export holds. It is written last: what has none is no export.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::request::{Format, What};

/// An export that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The clone.
    pub clone: String,
    /// Its cluster's immutable id.
    pub cluster_resource_id: String,
    /// What was run.
    pub what: What,
    /// How the rows are written.
    pub format: Format,
    /// Whether the first line of the first file names the columns.
    pub header: bool,
    /// The columns, in order; none of a program's result.
    pub columns: Vec<String>,
    /// Rows; lines, of a program.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// When the task began.
    pub started_at: DateTime<Utc>,
    /// When the last file was there.
    pub finished_at: DateTime<Utc>,
    /// The files, in order: one after another they are the result. None is split within a row.
    pub entries: Vec<File>,
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// `s3://bucket/key`.
    pub url: String,
    /// Bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// S3's tag of it.
    pub etag: String,
}
