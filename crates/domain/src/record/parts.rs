//! What a record is made of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
}

impl MaskingReport {
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
