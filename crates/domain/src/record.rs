//! The record of a clone: the truth of intent, kept in DynamoDB under the key `DBClusterIdentifier`.

mod again;
mod approval;
mod parts;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admission::Granted;
use crate::class::Class;
use crate::id::{CloneId, SourceName};
use crate::lifetime::Lifetime;
use crate::policy::{Engine, Limits, Source, Storage};
use crate::request::{Options, Principal};
use crate::workflow::ExecutionRef;

pub use again::{ATTEMPTS, BrokeOff};
pub use approval::{Answer, Answered, Approval, NoAnswer, TaskToken};
pub use parts::{
    Access, Announced, DeleteReason, Failed, Finding, MaskedTable, MaskingReport, MessageRef, PinnedConfig,
    Progress, Scan, StepRun, Verdict,
};

/// How long a closed record stays as history, in days.
pub const HISTORY_DAYS: i64 = 30;

/// Where a clone is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloneState {
    /// Admitted; nothing that costs money exists.
    Requested,
    /// Admitted, with its slot; it waits for an approver's word. Nothing that costs money exists.
    Awaiting,
    /// The cluster is being restored and its instance created.
    Cloning,
    /// The worker is at it.
    Masking,
    /// Its masking broke off: this cluster is being deleted, and a fresh one will be made.
    Discarding,
    /// The instance is changing to the class that was asked for.
    Resizing,
    /// The clone is being opened.
    Releasing,
    /// Handed over.
    Ready,
    /// Something went wrong before the hand-over; it will be deleted.
    Failed,
    /// It is being deleted.
    Deleting,
    /// Its deletion is confirmed.
    Deleted,
}

impl CloneState {
    /// Before the hand-over, and on the way to it.
    pub fn is_being_set_up(self) -> bool {
        self <= Self::Releasing
    }

    /// Whether a cluster may be restored from here, once the request is cleared.
    pub fn may_restore(self) -> bool {
        matches!(self, Self::Requested | Self::Cloning)
    }

    /// Whether the clone still holds, or may hold, something that costs money.
    pub fn is_alive(self) -> bool {
        self != Self::Deleted
    }
}

impl fmt::Display for CloneState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requested => "requested",
            Self::Awaiting => "awaiting",
            Self::Cloning => "cloning",
            Self::Masking => "masking",
            Self::Discarding => "discarding",
            Self::Resizing => "resizing",
            Self::Releasing => "releasing",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        })
    }
}

/// One clone, from its request to 30 days after its deletion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloneRecord {
    /// The clone's id, which is its cluster's identifier and the record's key.
    #[serde(rename = "DBClusterIdentifier")]
    pub id: CloneId,
    /// Goes up by one with each write; every write is conditional on it.
    pub version: u64,
    /// Where it is in its life.
    pub state: CloneState,
    /// The source, by its name in the policy.
    pub source: SourceName,
    /// The source's cluster identifier or ARN.
    pub source_cluster: String,
    /// The engine.
    pub engine: Engine,
    /// How the source's storage is paid for.
    #[serde(default)]
    pub storage: Storage,
    /// The database that was cloned.
    pub database: String,
    /// The class that was asked for.
    pub class: Class,
    /// The class that is being gone for: the asked one, or a fallback after AWS had no capacity.
    pub target_class: Class,
    /// The class on which it is masked.
    pub masking_class: Class,
    /// How long it lives after hand-over.
    pub lifetime: Lifetime,
    /// Extras.
    #[serde(default)]
    pub options: Options,
    /// Who asked.
    pub principal: Principal,
    /// The Slack channel in which it was asked.
    #[serde(default)]
    pub channel: Option<String>,
    /// The execution that makes it.
    pub execution_arn: String,
    /// The execution's name.
    pub execution_name: String,
    /// When it was asked for: the execution's start.
    pub requested_at: DateTime<Utc>,
    /// When setting up must be over.
    pub setup_ends_at: DateTime<Utc>,
    /// The approval that it needs, if it needs one.
    #[serde(default)]
    pub approval: Option<Approval>,
    /// When it is due: the end of its setting up, until release replaces it by hand-over + lifetime.
    pub expires_at: DateTime<Utc>,
    /// When each state was first entered. After a masking that broke off, `discarding` stands for all the time that
    /// the discarded clone took, and the states after it are those of the fresh one.
    #[serde(default)]
    pub entered: BTreeMap<CloneState, DateTime<Utc>>,
    /// AWS's immutable id of the cluster: a cluster of the same name with another one is not ours.
    #[serde(default)]
    pub cluster_resource_id: Option<String>,
    /// When the master's password was changed to one that only the worker may read.
    #[serde(default)]
    pub master_password_at: Option<DateTime<Utc>>,
    /// Which try this is, from 1: a masking that breaks off is begun anew, once, on a fresh cluster.
    #[serde(default = "again::first")]
    pub attempt: u32,
    /// The tries that broke off.
    #[serde(default)]
    pub broke_off: Vec<BrokeOff>,
    /// The config folder's version and hashes with which it started.
    pub config: PinnedConfig,
    /// How far the masking is.
    #[serde(default)]
    pub progress: Option<Progress>,
    /// The worker's word that nothing unmasked is left. Release believes this alone.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// What was masked.
    #[serde(default)]
    pub report: Option<MaskingReport>,
    /// How to connect, once released.
    #[serde(default)]
    pub access: Option<Access>,
    /// When it was handed over.
    #[serde(default)]
    pub ready_at: Option<DateTime<Utc>>,
    /// When its owner was warned of its expiry; extending clears it.
    #[serde(default)]
    pub warned_at: Option<DateTime<Utc>>,
    /// What went wrong, if something did.
    #[serde(default)]
    pub failure: Option<Failed>,
    /// Why it is being deleted.
    #[serde(default)]
    pub deleted_because: Option<DeleteReason>,
    /// When the cluster was first seen to be absent while it is being deleted.
    #[serde(default)]
    pub absent_since: Option<DateTime<Utc>>,
    /// When its deletion was confirmed.
    #[serde(default)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Its Slack message.
    #[serde(default)]
    pub message: Option<MessageRef>,
    /// What was told last by a notification, if any are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
    /// The step of a Slack workflow that waits for it.
    #[serde(default)]
    pub step: Option<StepRun>,
    /// Whether the slot and the person's count were taken: a refused request takes none.
    #[serde(default)]
    pub holds_slot: bool,
    /// DynamoDB's time to live, in epoch seconds: set only once the deletion is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// Everything that a new record needs beside what was granted.
pub struct NewClone<'a> {
    /// Its id.
    pub id: CloneId,
    /// What was granted.
    pub granted: Granted,
    /// The source as the policy describes it.
    pub source: &'a Source,
    /// The policy's limits.
    pub limits: &'a Limits,
    /// The execution.
    pub execution: &'a ExecutionRef,
    /// Who asked, and in which channel.
    pub asked_by: (Principal, Option<String>),
    /// The pinned config.
    pub config: PinnedConfig,
}

impl CloneRecord {
    /// The first version of a record, in the state `requested`, or `awaiting` when it needs an approval.
    pub fn new(new: NewClone<'_>) -> Self {
        let requested_at = new.execution.started_at;
        let approval = new.granted.approval.map(|need| Approval::new(need, requested_at));
        let begins_at = approval.as_ref().map_or(requested_at, |asked| asked.ends_at);
        let setup_ends_at = begins_at + new.limits.setup_span();
        let mut entered = BTreeMap::from([(CloneState::Requested, requested_at)]);
        let state = if approval.is_some() {
            entered.insert(CloneState::Awaiting, requested_at);
            CloneState::Awaiting
        } else {
            CloneState::Requested
        };
        Self {
            id: new.id,
            version: 1,
            state,
            source: new.granted.source,
            source_cluster: new.source.cluster.clone(),
            engine: new.source.engine,
            storage: new.source.storage,
            database: new.source.database.clone(),
            target_class: new.granted.class.clone(),
            class: new.granted.class,
            masking_class: new.source.masking_class.clone(),
            lifetime: new.granted.lifetime,
            options: new.granted.options,
            principal: new.asked_by.0,
            channel: new.asked_by.1,
            execution_arn: new.execution.arn.clone(),
            execution_name: new.execution.name.clone(),
            requested_at,
            setup_ends_at,
            expires_at: setup_ends_at,
            entered,
            approval,
            cluster_resource_id: None,
            master_password_at: None,
            attempt: again::first(),
            broke_off: Vec::new(),
            config: new.config,
            progress: None,
            verdict: None,
            report: None,
            access: None,
            ready_at: None,
            warned_at: None,
            failure: None,
            deleted_because: None,
            absent_since: None,
            deleted_at: None,
            message: None,
            announced: None,
            step: None,
            holds_slot: true,
            ttl: None,
        }
    }

    /// Enters a state, noting when it first did.
    pub fn enter(&mut self, state: CloneState, now: DateTime<Utc>) {
        self.state = state;
        self.entered.entry(state).or_insert(now);
    }

    /// Whether the steps of the workflow must stop: it is being deleted, or has failed.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.state,
            CloneState::Failed | CloneState::Deleting | CloneState::Deleted
        )
    }

    /// Notes what went wrong. The first failure stays; a record that is handed over or being deleted has none.
    pub fn fail(&mut self, failed: Failed) {
        if self.state.is_being_set_up() {
            let now = failed.at;
            self.failure = Some(failed);
            self.enter(CloneState::Failed, now);
        }
    }

    /// Notes that the clone is handed over: its lifetime starts now.
    pub fn hand_over(&mut self, access: Access, now: DateTime<Utc>) {
        self.access = Some(access);
        self.ready_at = Some(now);
        self.expires_at = now + self.lifetime.span();
        self.enter(CloneState::Ready, now);
    }

    /// Claims the clone for deletion.
    pub fn claim_deletion(&mut self, because: DeleteReason, now: DateTime<Utc>) {
        if self.state != CloneState::Deleted {
            self.deleted_because.get_or_insert(because);
            self.enter(CloneState::Deleting, now);
        }
    }

    /// Closes the record: nothing of the clone is left.
    pub fn close(&mut self, now: DateTime<Utc>) {
        self.deleted_at = Some(now);
        self.ttl = Some((now + chrono::TimeDelta::days(HISTORY_DAYS)).timestamp());
        self.enter(CloneState::Deleted, now);
    }

    /// Whether the worker's verdict is about this very cluster, execution and rules file.
    pub fn is_verified(&self) -> bool {
        let Some(verdict) = &self.verdict else {
            return false;
        };
        Some(&verdict.cluster_resource_id) == self.cluster_resource_id.as_ref()
            && verdict.execution_arn == self.execution_arn
            && verdict.rules_hash == self.config.rules_hash
    }

    /// The states that were entered, in order, each with the time until the next; the last lasts until `now`.
    pub fn timeline(&self, now: DateTime<Utc>) -> Vec<(CloneState, chrono::TimeDelta)> {
        let mut entered: Vec<_> = self.entered.iter().map(|(state, at)| (*at, *state)).collect();
        entered.sort();
        let ends = entered.iter().skip(1).map(|(at, _)| *at).chain([now]);
        entered
            .iter()
            .zip(ends)
            .map(|((at, state), end)| (*state, end - *at))
            .collect()
    }
}
