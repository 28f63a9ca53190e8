//! Why there is no export.

use domain::Failure;
use domain::admission::Refusal;
use runtime::aws::Failed;
use runtime::{AsFailure, ConfigError, RecordsError};

use crate::place::InvalidPlace;
use crate::statement::Refused;

/// Why there is no export. It is told to who asked for it; the log hears only [`Error::for_log`], because a database's
/// words about data quote the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The clone cannot be exported from.
    #[error("{id} is {state}: only a clone that is handed over can be exported from")]
    NotReady {
        /// The clone.
        id: String,
        /// What it is instead.
        state: String,
    },
    /// The cluster is not the recorded one.
    #[error("the cluster of {0} is not there, or is not the one that was handed over")]
    NoCluster(String),
    /// Not this person.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request is not one.
    #[error("the request {0} cannot be read")]
    Request(String, #[source] serde_json::Error),
    /// The request is about another clone.
    #[error("the request {0} is about another clone")]
    OtherClone(String),
    /// A place is none.
    #[error(transparent)]
    Place(#[from] InvalidPlace),
    /// The query is no single statement.
    #[error(transparent)]
    Statement(#[from] Refused),
    /// Something is there already.
    #[error("there is an export at {0} already: choose another place, or overwrite it")]
    Exists(String),
    /// The certificate authorities cannot be read.
    #[error("the certificate authorities {0} cannot be read")]
    Authorities(String),
    /// No token could be made.
    #[error("no token for IAM authentication could be made: {0}")]
    Token(String),
    /// The server refused something.
    #[error("{doing}: the database answers {code}{}", said.as_ref().map(|said| format!(": {said}")).unwrap_or_default())]
    Database {
        /// What was tried.
        doing: &'static str,
        /// SQLSTATE, or MySQL's number.
        code: String,
        /// The database's own words.
        said: Option<String>,
    },
    /// The statement has no result.
    #[error("the statement gives no rows: an export is the result of a query")]
    NoRows,
    /// The connection broke.
    #[error("{0}: the connection to the database is lost")]
    Lost(&'static str),
    /// The program cannot be run.
    #[error("the program cannot be run")]
    Program(#[source] std::io::Error),
    /// The program ended badly.
    #[error("the program ended with {status}{}", if said.is_empty() { String::new() } else { format!(": {said}") })]
    Ended {
        /// How.
        status: String,
        /// The end of what it said on standard error.
        said: String,
    },
    /// The task was told to stop.
    #[error("the export was stopped")]
    Stopped,
    /// The table.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The policy.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An AWS call.
    #[error(transparent)]
    Aws(#[from] Failed),
}

impl Error {
    /// The same without anything that may quote data.
    pub fn for_log(&self) -> String {
        match self {
            Self::Database { doing, code, .. } => format!("{doing}: the database answers {code}"),
            Self::Ended { status, .. } => format!("the program ended with {status}"),
            other => runtime::chain(other),
        }
    }
}

impl AsFailure for Error {
    fn failure(&self) -> Failure {
        match self {
            Self::Refused(_) => Failure::Refused,
            Self::Records(error) => error.failure(),
            Self::Config(error) => error.failure(),
            Self::Aws(error) => error.failure(),
            _ => Failure::Internal,
        }
    }
}
