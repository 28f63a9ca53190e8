//! What the Lambdas of the workflow's steps have in common: their settings, their clients, how each makes sure
//! that it works for the right record, and what stops it.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use domain::observed::{TAG_CLONE, TAG_EXECUTION, TAG_OWNER, TAG_SOURCE};
use domain::policy::{Source, UnknownSource};
use domain::workflow::{Status, StepAnswer, StepRequest};
use domain::{CloneId, CloneRecord, CloneState, Failure};

use crate::aws::Failed;
use crate::lambda::AsFailure;
use crate::{Clock, ConfigError, ConfigFolder, ConfigSource, Decision, Records, RecordsError, SecretsError};

/// How many steps one call may take that do nothing but write the record; each plan knows fewer.
pub const STEPS_A_CALL: usize = 8;

/// What every step of the workflow is told from outside, read once at start.
#[derive(Clone, Debug, clap::Args)]
pub struct StepSettings {
    /// The DynamoDB table of the records.
    #[arg(long, env = "DOPPEL_TABLE")]
    pub table: String,
    /// Where the policy and the masking rules are: a folder or `s3://bucket/prefix`.
    #[arg(long, env = "DOPPEL_CONFIG")]
    pub config: ConfigSource,
    /// How long the state machine waits before it asks again, in seconds.
    #[arg(long, env = "DOPPEL_POLL_SECONDS", default_value_t = 10)]
    pub poll_seconds: u64,
}

/// What every step of the workflow works with.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The records.
    pub records: Records,
    /// Policy and rules.
    pub config: ConfigFolder,
    /// RDS.
    pub rds: aws_sdk_rds::Client,
    /// The time.
    pub clock: Clock,
    poll_seconds: u64,
}

/// What stops a step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The record is not, or no longer, the one that this execution works for.
    #[error("{0} is being deleted or belongs to another execution")]
    Cancelled(CloneId),
    /// The state machine did not say which clone it is about.
    #[error("the request names no clone")]
    NoClone,
    /// The plan says that it cannot go on.
    #[error("{}", said(*failure, why))]
    Stopped {
        /// Its name in the workflow.
        failure: Failure,
        /// Why, in words; may be empty.
        why: String,
    },
    /// The policy no longer knows the source.
    #[error(transparent)]
    Source(#[from] UnknownSource),
    /// The table.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The config folder.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A secret.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// An AWS call.
    #[error(transparent)]
    Aws(#[from] Failed),
}

fn said(failure: Failure, why: &str) -> String {
    if why.is_empty() {
        failure.words().to_owned()
    } else {
        format!("{}: {why}", failure.words())
    }
}

impl AsFailure for StepError {
    fn failure(&self) -> Failure {
        match self {
            Self::Cancelled(_) => Failure::Cancelled,
            Self::NoClone => Failure::Internal,
            Self::Stopped { failure, .. } => *failure,
            Self::Source(_) => Failure::Config,
            Self::Records(error) => error.failure(),
            Self::Config(error) => error.failure(),
            Self::Secrets(error) => error.failure(),
            Self::Aws(error) => error.failure(),
        }
    }
}

/// What follows a step that was performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Look again at once: the step only wrote the record.
    Look,
    /// Look again later: AWS takes its time.
    Wait,
}

impl Bench {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &StepSettings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            records: Records::new(aws, &settings.table, clock.clone()),
            config: ConfigFolder::new(settings.config.clone(), aws),
            rds: aws_sdk_rds::Client::new(aws),
            clock,
            poll_seconds: settings.poll_seconds,
        }
    }

    /// The record that this request is about, read anew.
    ///
    /// # Errors
    /// [`StepError::Cancelled`] unless it is this very execution's and neither failed nor being deleted: every
    /// step asks this first, so that a deleted clone never comes back to life.
    pub async fn own_record(&self, request: &StepRequest) -> Result<CloneRecord, StepError> {
        let id = request.clone_id.as_ref().ok_or(StepError::NoClone)?;
        let record = self.records.get(id).await?;
        record
            .filter(|record| is_own(record, request))
            .ok_or_else(|| StepError::Cancelled(id.clone()))
    }

    /// The record of this request, in `state` or beyond: a step says so before it does anything.
    ///
    /// # Errors
    /// As [`Bench::own_record`].
    pub async fn enter(&self, request: &StepRequest, state: CloneState) -> Result<CloneRecord, StepError> {
        let id = request.clone_id.as_ref().ok_or(StepError::NoClone)?;
        let now = self.clock.now();
        let entered = self.records.update(id, |record| {
            if !is_own(record, request) || record.state >= state {
                return Decision::Keep;
            }
            record.enter(state, now);
            Decision::Write
        });
        match entered.await {
            Ok(record) if is_own(&record, request) => Ok(record),
            Ok(_) | Err(RecordsError::Missing(_)) => Err(StepError::Cancelled(id.clone())),
            Err(error) => Err(error.into()),
        }
    }

    /// The source of a clone, as the policy describes it now.
    pub async fn source(&self, record: &CloneRecord) -> Result<Source, StepError> {
        Ok(self.config.policy().await?.source(&record.source)?.clone())
    }

    /// Writes a change that was decided on this very version of the record. If somebody wrote it in between,
    /// nothing is written, and whoever decided must look again.
    pub async fn note(
        &self,
        record: &CloneRecord,
        change: impl FnOnce(&mut CloneRecord),
    ) -> Result<Next, StepError> {
        let mut changed = record.clone();
        change(&mut changed);
        match self.records.save(&changed).await {
            Ok(_) | Err(RecordsError::Conflict(_)) => Ok(Next::Look),
            Err(error) => Err(error.into()),
        }
    }

    /// The answer of a step that is over.
    pub fn done(&self, id: &CloneId) -> StepAnswer {
        StepAnswer {
            clone_id: id.clone(),
            status: Status::Done,
            wait_seconds: 0,
        }
    }

    /// The answer of a step that must be asked again.
    pub fn waiting(&self, id: &CloneId) -> StepAnswer {
        StepAnswer {
            clone_id: id.clone(),
            status: Status::Waiting,
            wait_seconds: self.poll_seconds,
        }
    }

    /// The answer of a step that waits for an approver's word, so many seconds at most.
    pub fn awaiting(&self, id: &CloneId, seconds: u64) -> StepAnswer {
        StepAnswer {
            clone_id: id.clone(),
            status: Status::Awaiting,
            wait_seconds: seconds,
        }
    }

    /// How long the state machine waits before it asks again, in seconds.
    pub fn poll_seconds(&self) -> u64 {
        self.poll_seconds
    }
}

fn is_own(record: &CloneRecord, request: &StepRequest) -> bool {
    record.execution_arn == request.execution.arn && !record.is_cancelled()
}

/// How AWS says that the last change is still under way: of a cluster, of an instance, and of the Data API's switch.
const BUSY: [&str; 3] = [
    "InvalidDBClusterStateFault",
    "InvalidDBInstanceState",
    "InvalidResourceStateFault",
];

/// AWS is still busy with the last change: an answer that a step takes for "not yet". What is wrong for good
/// shows itself as a status, or ends with the setup limit.
///
/// # Errors
/// Every other failure.
pub fn unless_busy<T>(result: Result<T, Failed>) -> Result<Next, Failed> {
    match result {
        Err(error) if !BUSY.iter().any(|code| error.is(code)) => Err(error),
        _ => Ok(Next::Wait),
    }
}

/// The tags of everything that belongs to a clone: the policy's, and above them our own.
pub fn tags(record: &CloneRecord, source: &Source) -> BTreeMap<String, String> {
    let own = [
        (TAG_CLONE, record.id.to_string()),
        (TAG_EXECUTION, record.execution_arn.clone()),
        (TAG_SOURCE, record.source.to_string()),
        (TAG_OWNER, record.principal.owner_tag()),
    ];
    let mut tags = source.tags.clone();
    tags.extend(own.map(|(key, value)| (key.to_owned(), value)));
    tags
}

/// Tags as RDS wants them.
pub fn rds_tags(tags: &BTreeMap<String, String>) -> Vec<aws_sdk_rds::types::Tag> {
    tags.iter()
        .map(|(key, value)| aws_sdk_rds::types::Tag::builder().key(key).value(value).build())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_stops_is_told_in_plain_words() {
        let stopped = |why: &str| {
            StepError::Stopped {
                failure: Failure::Gone,
                why: why.into(),
            }
            .to_string()
        };
        assert_eq!(stopped(""), Failure::Gone.words());
        assert_eq!(stopped("it went"), format!("{}: it went", Failure::Gone.words()));
    }
}
