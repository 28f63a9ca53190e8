//! What can go wrong, without a value of the database in any message.

use std::fmt;

use domain::Failure;
use masking::{InvalidRules, Refused, TableTreatment};
use runtime::{AsFailure, ConfigError, RecordsError, SecretsError};

use crate::verify::Finding;

/// Why the worker gave up. Whatever it is, the clone is not released.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A DSN that cannot be read. It is not quoted: it holds a password.
    #[error("a DSN looks like `postgres://user:password@host:5432/database` or `mysql://…`: {0}")]
    Dsn(&'static str),
    /// The database refused, or went away.
    #[error(transparent)]
    Database(#[from] DatabaseFailed),
    /// The server's certificate authorities could not be read.
    #[error("the certificate authorities in `{0}` cannot be read")]
    Authorities(String),
    /// The rules file is wrong.
    #[error(transparent)]
    Rules(#[from] InvalidRules),
    /// The rules do not cover the database. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    /// The database would not take masked values. Nothing was written.
    #[error(
        "the rules for `{table}` cannot be carried out ({columns}): a sample of its rows was masked, and the database refused it"
    )]
    Unfit {
        /// The table.
        table: String,
        /// The masked columns with their transforms.
        columns: String,
        /// What the database said: the constraint or column, never a value.
        #[source]
        refused: DatabaseFailed,
    },
    /// A former run began to mask this clone and did not end.
    #[error(
        "an earlier masking of this clone was interrupted; it cannot be resumed, because its key is gone: discard the clone"
    )]
    Interrupted,
    /// Another worker is at it.
    #[error("another worker holds the lock in the clone's database")]
    Busy,
    /// A user of production that could not be locked.
    #[error("production's user `{0}` could not be locked")]
    Unlocked(String),
    /// Something that holds credentials or calls out could not be dropped.
    #[error("{0} could not be dropped")]
    NotDropped(String, #[source] DatabaseFailed),
    /// Other databases of the cluster that hold tables.
    #[error(
        "the cluster holds other databases with tables, or that cannot be looked into: {}; name them in the rules (`drop_databases = [\"…\"]`)",
        .0.join(", ")
    )]
    OtherDatabases(Vec<String>),
    /// A session of production that would not end.
    #[error("{0} session(s) of other users would not end")]
    Sessions(i64),
    /// Rows went missing, or came twice, on their way through the worker.
    #[error("table `{table}` held {before} rows before and {after} after")]
    Rows {
        /// The table.
        table: String,
        /// Before.
        before: u64,
        /// After.
        after: u64,
    },
    /// `verify` found nothing that `prepare` left for it.
    #[error("nothing is known of the clone before it was masked: `prepare` must run first")]
    NotPrepared,
    /// What the verification found.
    #[error("the verification found what must not be there:\n{}", list(.0))]
    Findings(Vec<Finding>),
    /// The new user can do more than it should, or cannot log in.
    #[error("the clone's user is not what it should be: {0}")]
    User(&'static str),
    /// The record says that the clone is being deleted, or is not this execution's.
    #[error("the clone is being deleted, or belongs to another execution")]
    Cancelled,
    /// The task was told to stop.
    #[error("the worker was told to stop")]
    Stopped,
    /// There is no record.
    #[error("there is no record of the clone `{0}`")]
    NoRecord(String),
    /// The clone's cluster is not there, not ours, or has no address.
    #[error("the cluster `{0}` cannot be reached, or is not this clone's")]
    NoCluster(String),
    /// A call of AWS.
    #[error(transparent)]
    Aws(runtime::aws::Failed),
    /// The record.
    #[error(transparent)]
    Record(#[from] RecordsError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] SecretsError),
    /// The config folder.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The most findings that an error lists; the report holds more.
const MOST_FINDINGS: usize = 20;

fn list(findings: &[Finding]) -> String {
    let mut lines: Vec<_> = findings
        .iter()
        .take(MOST_FINDINGS)
        .map(|finding| format!("  {finding}"))
        .collect();
    if findings.len() > MOST_FINDINGS {
        lines.push(format!("  … and {} more", findings.len() - MOST_FINDINGS));
    }
    lines.join("\n")
}

impl AsFailure for Error {
    fn failure(&self) -> Failure {
        match self {
            Self::Rules(_) | Self::Refused(_) | Self::Unfit { .. } | Self::Authorities(_) | Self::Dsn(_) => {
                Failure::Config
            }
            Self::Cancelled => Failure::Cancelled,
            Self::NoCluster(_) => Failure::Gone,
            Self::Aws(error) => error.failure(),
            Self::Record(error) => error.failure(),
            Self::Secret(error) => error.failure(),
            Self::Config(error) => error.failure(),
            _ => Failure::Unverified,
        }
    }
}

impl Error {
    /// What a rehearsal's failure means: refusals of data are the rules' fault, all else is not.
    #[must_use]
    pub(crate) fn unfit(self, treatment: &TableTreatment) -> Self {
        match self {
            Self::Database(refused) if refused.is_about_data() => Self::Unfit {
                table: treatment.name.to_string(),
                columns: treatment
                    .masked()
                    .map(|column| format!("{}: {}", column.column, column.transform.name()))
                    .collect::<Vec<_>>()
                    .join(", "),
                refused,
            },
            other => other,
        }
    }

    /// Whether the masking broke off from without: the connection lost, the server restarted, the task told to stop,
    /// AWS out of reach. It may go well on a fresh clone; everything else would come again.
    #[must_use]
    pub fn broke_off(&self) -> bool {
        match self {
            Self::Database(failed) | Self::NotDropped(_, failed) => failed.is_lost(),
            Self::Interrupted | Self::Busy | Self::Stopped => true,
            Self::Aws(_) | Self::Record(_) | Self::Secret(_) | Self::Config(_) => {
                self.failure() == Failure::Transient
            }
            _ => false,
        }
    }

    /// The task's exit code: 2 where the rules or the configuration must be mended, 3 for findings, 4 for an
    /// interrupted run, 5 for a cancelled one, 1 for all else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Dsn(_)
            | Self::Rules(_)
            | Self::Refused(_)
            | Self::Unfit { .. }
            | Self::Config(_)
            | Self::OtherDatabases(_) => 2,
            Self::Findings(_) | Self::NotPrepared | Self::User(_) => 3,
            Self::Interrupted => 4,
            Self::Cancelled | Self::Stopped => 5,
            _ => 1,
        }
    }
}

/// A statement that failed: what was tried, the engine's error code, the table or constraint that it names. The
/// engine's own words are left out where they could quote a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFailed {
    /// What was tried.
    pub doing: String,
    /// SQLSTATE, or MySQL's number.
    pub code: String,
    /// The engine's words, where they cannot hold a value.
    pub said: Option<String>,
}

/// What is written in place of a code when the server answered nothing, or nothing that was read to its end.
const NOTHING: &str = "nothing";

/// PostgreSQL's classes of lost connections and of the server's own end (terminated by an administrator, crashed,
/// starting, recovering), a read-only server (a former writer after a failover), and MySQL's and MariaDB's numbers for
/// the same.
const LOST: &[&str] = &[
    "08", "57P01", "57P02", "57P03", "57P05", "25006", "1053", "1077", "1079", "1080", "1152", "1158",
    "1159", "1160", "1161", "1184", "1290", "1317", "1836", "1927", "2002", "2003", "2006", "2013",
];

/// PostgreSQL's classes of wrong values and broken constraints, and MySQL's and MariaDB's numbers for what is wrong with a
/// value: missing, twice, too large, too long, not of the type or the character set, against a check, a document or shape
/// that is none, a mix of collations.
const ABOUT_DATA: &[&str] = &[
    "22", "23", "1048", "1062", "1138", "1264", "1265", "1267", "1270", "1292", "1364", "1366", "1406",
    "1416", "1441", "1586", "1690", "3140", "3141", "3144", "3156", "3819", "3988", "4025", "4076", "4078",
];

/// A right that is missing, or a policy that hides rows; MySQL's for a table and for a column.
const DENIED: &[&str] = &["42501", "1142", "1143"];

impl DatabaseFailed {
    /// Whether the user may not do that.
    pub(crate) fn is_denied(&self) -> bool {
        self.is_one_of(DENIED)
    }

    /// Whether the server refused a value.
    fn is_about_data(&self) -> bool {
        self.is_one_of(ABOUT_DATA)
    }

    /// Whether the code is among these, or of a class of SQLSTATE among them, which has two characters.
    fn is_one_of(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| match code.len() {
            2 => self.code.len() == 5 && self.code.starts_with(code),
            _ => self.code == *code,
        })
    }

    /// Whether the connection or the server went away under the statement.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.code.starts_with(NOTHING) || self.is_one_of(LOST)
    }
}

impl std::error::Error for DatabaseFailed {}

impl fmt::Display for DatabaseFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the database answered {}", self.doing, self.code)?;
        self.said.iter().try_for_each(|said| write!(f, " ({said})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(code: &str) -> Error {
        Error::Database(DatabaseFailed {
            doing: "masking".to_owned(),
            code: code.to_owned(),
            said: None,
        })
    }

    #[rstest::rstest]
    #[case::closed(database("nothing: the connection is closed"))]
    #[case::terminated(database("57P01"))]
    #[case::cannot_connect_now(database("57P03"))]
    #[case::connection_failure(database("08006"))]
    #[case::mysql_shuts_down(database("1053"))]
    #[case::told_to_stop(Error::Stopped)]
    #[case::earlier_run(Error::Interrupted)]
    #[case::another_worker(Error::Busy)]
    fn what_comes_from_without_may_go_well_on_a_fresh_clone(#[case] error: Error) {
        assert!(error.broke_off(), "{error}");
    }

    #[rstest::rstest]
    #[case::unique(database("23505"))]
    #[case::too_long(database("22001"))]
    #[case::disk_full(database("53100"))]
    #[case::mysql_duplicate(database("1062"))]
    #[case::other_databases(Error::OtherDatabases(vec!["old".to_owned()]))]
    #[case::findings(Error::Findings(Vec::new()))]
    #[case::not_prepared(Error::NotPrepared)]
    #[case::cancelled(Error::Cancelled)]
    fn what_would_come_again_is_not_tried_again(#[case] error: Error) {
        assert!(!error.broke_off(), "{error}");
    }
}
