//! What a record is made of.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::proxy::Endpoint;
use crate::request::Principal;
use crate::workflow::{Failure, State};

/// The config folder as it was when the clone was admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedConfig {
    /// Key of the rules file, such as `masking/production.toml`.
    pub rules: String,
    /// The rules file's S3 version, if it is in a versioned bucket.
    #[serde(default)]
    pub rules_version: Option<String>,
    /// SHA-256 of the rules file, in hex.
    pub rules_hash: String,
}

/// A notification about a clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// What it tells: the same for as long as there is nothing new.
    pub topic: String,
    /// When somebody set about telling it.
    pub begun_at: DateTime<Utc>,
    /// Whether it is known to be told.
    pub is_told: bool,
}

/// How far a masking is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What the worker is doing: `prepare`, `mask` or `verify`.
    pub phase: String,
    /// Tables done.
    pub tables_done: u32,
    /// Tables to do.
    pub tables: u32,
    /// Rows done.
    pub rows_done: u64,
    /// Rows to do, as the database estimates them.
    pub rows: u64,
    /// Rows a second of late, smoothed; 0 while that is not known.
    #[serde(default)]
    pub rows_per_second: u64,
    /// Seconds until the end of the phase at that rate; none while it cannot be told.
    #[serde(default)]
    pub seconds_left: Option<u64>,
}

/// The worker's word on one cluster, under one rules file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The cluster that was looked at.
    pub cluster_resource_id: String,
    /// The execution that asked for it.
    pub execution_arn: String,
    /// SHA-256 of the rules file, in hex.
    pub rules_hash: String,
    /// When the verification ended.
    pub at: DateTime<Utc>,
}

/// What was masked, as it is told to people. It names tables and columns, never a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaskingReport {
    /// Tables in which something was masked.
    pub tables: Vec<MaskedTable>,
    /// Users of production that were locked.
    pub users_locked: u32,
    /// What was dropped because it held credentials or called out, in words.
    #[serde(default)]
    pub dropped: Vec<String>,
    /// Seconds that prepare, mask and verify took.
    #[serde(default)]
    pub seconds: BTreeMap<String, f64>,
    /// SHA-256 of the rules file that was masked by, in hex; empty in reports of old.
    #[serde(default)]
    pub rules_hash: String,
    /// What the verification read; none if it did not end.
    #[serde(default)]
    pub scan: Option<Scan>,
    /// What the verification found that must not be there. A clone with any is never handed over.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Findings beyond those that are listed.
    #[serde(default)]
    pub more_findings: u64,
    /// What would be findings, but for rules that keep their columns and say why.
    #[serde(default)]
    pub accepted: Vec<Finding>,
}

/// What a verification read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Tables, also partitions and materialized views.
    pub tables: u32,
    /// Columns that can hold words.
    pub columns: u32,
    /// Rows.
    pub rows: u64,
    /// Values that were looked at: every one that could hold words.
    #[serde(default)]
    pub values: u64,
    /// Originals were looked for in all values, by one in so many of them: 1 where by all.
    #[serde(default)]
    pub one_in: u64,
    /// Of large tables' columns that the masking made anew, one row in so many was looked at: 1 where all.
    #[serde(default)]
    pub rows_one_in: u64,
}

/// Something that must not be there. It names a place and a count, never a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The table, or another part of the database.
    pub table: String,
    /// The column.
    #[serde(default)]
    pub column: Option<String>,
    /// What was found, in words.
    pub what: String,
    /// How often.
    pub count: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        write!(f, ": {} ({})", self.what, self.count)
    }
}

/// One masked table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaskedTable {
    /// Its name, with the schema.
    pub name: String,
    /// Columns that were masked.
    pub columns: u32,
    /// Rows that were masked.
    pub rows: u64,
    /// How: the method's name.
    pub method: String,
    /// Seconds from its first statement to its last; several tables are masked side by side. 0 if not known.
    #[serde(default)]
    pub seconds: f64,
}

/// The most findings that a report lists: the first ones tell what is wrong, and a record has a bound.
const MOST_FINDINGS: usize = 100;

impl MaskingReport {
    /// Puts down what the verification found, as far as a record holds it.
    pub fn note_findings(&mut self, mut found: Vec<Finding>) {
        self.more_findings = found.len().saturating_sub(MOST_FINDINGS) as u64;
        found.truncate(MOST_FINDINGS);
        self.findings = found;
    }

    /// Puts down what the verification found and the rules accept, as far as a record holds it.
    pub fn note_accepted(&mut self, mut accepted: Vec<Finding>) {
        accepted.truncate(MOST_FINDINGS);
        self.accepted = accepted;
    }

    /// Tables, columns and rows in all.
    pub fn totals(&self) -> (usize, u32, u64) {
        let columns = self.tables.iter().map(|table| table.columns).sum();
        (
            self.tables.len(),
            columns,
            self.tables.iter().map(|table| table.rows).sum(),
        )
    }
}

/// How to connect to a released clone. The password lies in the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// User.
    pub user: String,
    /// Name of the secret with user and password.
    pub secret: String,
    /// Where its RDS Proxy listens, if it was asked for with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Endpoint>,
}

/// What went wrong, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The step that failed.
    pub step: State,
    /// The failure.
    pub failure: Failure,
    /// The cause, in words.
    pub cause: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a clone is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "by")]
pub enum DeleteReason {
    /// Its time is over.
    Expired,
    /// Somebody asked for it: who, as text.
    Asked(Principal),
    /// Its setting up failed.
    Failed,
    /// Its execution ended without handing it over.
    Abandoned,
}

/// The clone's Slack message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// The channel.
    pub channel: String,
    /// Slack's timestamp, which is the message's id; absent while it is being posted.
    #[serde(default)]
    pub ts: Option<String>,
    /// Digest of what it last said, so that the same is not said twice.
    #[serde(default)]
    pub digest: String,
    /// When the expiry warning was posted for this `warned_at`.
    #[serde(default)]
    pub warning_said_at: Option<DateTime<Utc>>,
}

/// One run of a Slack workflow's step. It waits until it is told what came of the clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRun {
    /// Slack's id of the run: `Fx…`.
    pub execution: String,
    /// When it was told.
    #[serde(default)]
    pub told_at: Option<DateTime<Utc>>,
}
