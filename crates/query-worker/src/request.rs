//! What is asked for, and how far it is: objects of S3 beside the result.

use std::fmt;
use std::str::FromStr;

use domain::CloneId;
use domain::request::Principal;
use serde::{Deserialize, Serialize};

use crate::place::Place;

/// An export that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The clone.
    pub clone_id: CloneId,
    /// Who asks.
    pub asked_by: Principal,
    /// What is run.
    pub what: What,
    /// How the rows are written.
    #[serde(default)]
    pub format: Format,
    /// Whether the first line names the columns.
    #[serde(default)]
    pub header: bool,
    /// Whether an export that is there already may be replaced.
    #[serde(default)]
    pub overwrite: bool,
}

/// What is run against the clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// One statement, of any length.
    Query(String),
    /// A program in S3, whose standard output is the result.
    Script(Place),
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Values between tabs; NULL is `\N`; what would break a line is escaped by a backslash. As `COPY` and `LOAD DATA` read
    /// it by default.
    #[default]
    Tsv,
    /// Values between commas, in double quotes where needed (RFC 4180, but with lines that end in a single newline); NULL is
    /// nothing at all, an empty text is `""`.
    Csv,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tsv => "tsv",
            Self::Csv => "csv",
        })
    }
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "tsv" => Ok(Self::Tsv),
            "csv" => Ok(Self::Csv),
            _ => Err("it is tsv or csv"),
        }
    }
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What it is doing.
    pub state: State,
    /// Rows that came so far; lines, of a program.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What went wrong.
    #[serde(default)]
    pub error: Option<String>,
}

/// What an export is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It goes on.
    Running,
    /// It failed, and left nothing.
    Failed,
}
