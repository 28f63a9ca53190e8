//! The workflow's states, the payloads that pass between them, and the names of failures.
//!
//! A failure's name is the Lambda's `error_type`, which is what `Retry` and `Catch` of the state machine match.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::CloneId;
use crate::record::TaskToken;

/// The steps of `clone.asl.json`, as people read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Admission, restore, instance, quarantine.
    Clone,
    /// The wait for an approver's word.
    Approval,
    /// The choice of the masking tasks.
    MaskCommand,
    /// The ECS tasks.
    Mask,
    /// The change of class.
    Resize,
    /// The hand-over.
    Release,
    /// No step: the execution itself ended.
    Execution,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clone => "Clone",
            Self::Approval => "Approval",
            Self::MaskCommand => "MaskCommand",
            Self::Mask => "Mask",
            Self::Resize => "Resize",
            Self::Release => "Release",
            Self::Execution => "Execution",
        })
    }
}

/// The execution, as the state machine's context object shows it (`$states.context.Execution`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRef {
    /// Its ARN.
    #[serde(rename = "Id")]
    pub arn: String,
    /// Its name.
    #[serde(rename = "Name")]
    pub name: String,
    /// When it started.
    #[serde(rename = "StartTime")]
    pub started_at: DateTime<Utc>,
    /// Its input, as it was given.
    #[serde(rename = "Input", default)]
    pub input: Value,
}

/// What each step's Lambda is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRequest {
    /// The execution.
    pub execution: ExecutionRef,
    /// The clone, once the first step has named it.
    #[serde(default)]
    pub clone_id: Option<CloneId>,
    /// The token of the task that waits for an approval, when the step is to note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<TaskToken>,
}

/// What each step's Lambda answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAnswer {
    /// The clone.
    pub clone_id: CloneId,
    /// Whether to ask again.
    pub status: Status,
    /// How long to wait before asking again, in seconds.
    pub wait_seconds: u64,
}

/// Whether a step is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Ask again after a while.
    Waiting,
    /// Wait for an approver's word, as long at most, and ask again.
    Awaiting,
    /// Go on.
    Done,
}

/// The ECS tasks that mask a clone, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskTasks {
    /// The clone.
    pub clone_id: CloneId,
    /// The tasks in order.
    pub tasks: Vec<MaskTask>,
}

/// One ECS task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskTask {
    /// The task definition, by family or ARN.
    pub task_definition: String,
    /// The container whose command is overridden.
    pub container: String,
    /// The command.
    pub command: Vec<String>,
}

/// What a `Catch` saw, as it is handed to Abandon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caught {
    /// The step that failed.
    pub step: State,
    /// The error's name.
    pub error: String,
    /// The cause: a text, or JSON of Lambda or ECS.
    #[serde(default)]
    pub cause: String,
}

/// What the sweep's Lambda is told. All absent: the hourly sweep over every clone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepRequest {
    /// Only this clone.
    #[serde(default)]
    pub clone_id: Option<CloneId>,
    /// The execution whose clone is abandoned.
    #[serde(default)]
    pub execution: Option<ExecutionRef>,
    /// What it is abandoned for.
    #[serde(default)]
    pub caught: Option<Caught>,
    /// The ARN of an execution that ended badly, as EventBridge told.
    #[serde(default)]
    pub ended_execution: Option<String>,
    /// Say what would be done, and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// The masking of `execution`'s clone broke off: discard its cluster, so that a fresh one can be made.
    #[serde(default)]
    pub start_over: bool,
}

/// What the sweep's Lambda answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepAnswer {
    /// `waiting` while something is still being deleted.
    pub status: Option<Status>,
    /// How long to wait before asking again, in seconds.
    pub wait_seconds: u64,
    /// The clone that was abandoned, if there is a record of one.
    #[serde(default)]
    pub clone_id: Option<CloneId>,
    /// True when Abandon found the clone handed over, so that nothing was abandoned.
    #[serde(default)]
    pub released: bool,
    /// True when the clone of a masking that broke off is gone and is to be made anew.
    #[serde(default)]
    pub again: bool,
    /// One line for each thing that was done (or would be, in a dry run).
    #[serde(default)]
    pub done: Vec<String>,
    /// One line for each thing that a person should look at: orphans, snapshots, strangers, failures.
    #[serde(default)]
    pub alarms: Vec<String>,
}

/// What the notify Lambda is told at the end of the state machine. (The table's stream tells it keys instead.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotifyRequest {
    /// The execution.
    pub execution: ExecutionRef,
    /// The clone, if there is a record of one.
    #[serde(default)]
    pub clone_id: Option<CloneId>,
    /// What went wrong, if something did.
    #[serde(default)]
    pub caught: Option<Caught>,
}

macro_rules! failures {
    ($($(#[doc = $doc:literal])+ $name:ident = $words:literal,)+) => {
        /// Every way in which a step can fail. The name is the Lambda's `error_type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Failure { $($(#[doc = $doc])+ $name,)+ }

        impl Failure {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name, as Step Functions sees it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// What it means, in plain words for the person who asked.
            pub fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

failures! {
    /// A field of the request cannot be read.
    BadRequest = "the request could not be read",
    /// The policy does not allow it.
    Refused = "the policy does not allow this request",
    /// An approver said no.
    Denied = "the request was denied",
    /// No approver said anything in time.
    Unanswered = "nobody approved or denied the request in time",
    /// The person has as many clones as the policy allows.
    CapReached = "you already have as many clones as one person may have",
    /// All slots of the source's lineage are taken.
    NoSlot = "all clone slots of this source are taken",
    /// The account's quota leaves no room.
    QuotaExceeded = "the AWS account's quota of clusters, instances or storage is used up",
    /// A class cannot be ordered, or the subnets or parameter groups do not exist.
    Preflight = "the clone could not be made as configured",
    /// The source cluster does not exist.
    SourceMissing = "the source cluster does not exist",
    /// The source cluster cannot be cloned now.
    SourceUnavailable = "the source cluster cannot be cloned in its present state",
    /// A cluster of that name exists and is not ours.
    NameTaken = "a cluster of the clone's name exists already and is not doppel's",
    /// AWS made a full copy instead of a copy-on-write clone.
    FullCopy = "AWS made a full copy instead of a clone, which would cost a second production's storage",
    /// AWS says that the clone is broken.
    CloneBroken = "AWS reports the clone as broken",
    /// The cluster vanished.
    Gone = "the clone's cluster has disappeared",
    /// The clone is not in quarantine.
    NotQuarantined = "the clone was not in quarantine before masking",
    /// It is being deleted.
    Cancelled = "the clone was deleted while it was being made",
    /// Setting up took too long.
    TimedOut = "setting the clone up took longer than the policy allows",
    /// The masking command cannot be built.
    MaskCommand = "the masking command of the policy cannot be used",
    /// There is no good verdict of the worker.
    Unverified = "the masking was not verified, so the clone was not handed over",
    /// The masking broke off, and so did that of a fresh clone.
    BrokeOff = "the masking broke off before its end",
    /// AWS has no capacity for the class, nor for its fallbacks.
    NoCapacity = "AWS has no capacity for the class that was asked for, nor for the fallbacks",
    /// The config folder is wrong.
    Config = "doppel's configuration cannot be used",
    /// AWS refused a call.
    AwsRefused = "AWS refused a call",
    /// A call failed in a way that goes away: the state machine tries again.
    Transient = "AWS could not be reached or asked to slow down, again and again",
    /// A bug.
    Internal = "doppel made a mistake",
}

impl Failure {
    /// Those that the state machine itself treats in a way of their own: it retries one and ends quietly on the
    /// other. All the rest go to Abandon. A test holds `clone.asl.json` against this.
    pub const NAMED_BY_ASL: &'static [Self] = &[Self::Transient, Self::Cancelled];
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Failure {
    type Err = ();

    /// Reads a name; `Err` means it is none of ours (such as `States.Timeout`).
    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .copied()
            .find(|failure| failure.name() == name)
            .ok_or(())
    }
}

/// What Step Functions calls a task that was started and ended otherwise than well.
pub const TASK_FAILED: &str = "States.TaskFailed";

impl Caught {
    /// The failure that this was. A task of the Mask step that ended without a word in the record broke off; what
    /// else is none of ours there means that the worker did not finish.
    pub fn failure(&self) -> Failure {
        match (self.error.parse(), self.step) {
            (Ok(failure), _) => failure,
            (Err(()), _) if self.error == "States.Timeout" => Failure::TimedOut,
            (Err(()), State::Mask) if self.error == TASK_FAILED => Failure::BrokeOff,
            (Err(()), State::Mask) => Failure::Unverified,
            (Err(()), _) => Failure::Internal,
        }
    }

    /// The cause in words: Lambda's `errorMessage`, or ECS's reason and exit code, or the text as it is.
    pub fn words(&self) -> String {
        let Ok(json) = serde_json::from_str::<Value>(&self.cause) else {
            return if self.cause.is_empty() {
                self.error.clone()
            } else {
                self.cause.clone()
            };
        };
        if let Some(message) = json["errorMessage"].as_str() {
            return message.to_owned();
        }
        let container = &json["Containers"][0];
        match (container["ExitCode"].as_i64(), json["StoppedReason"].as_str()) {
            (Some(code), _) => format!(
                "the task of container `{}` ended with exit code {code}",
                container["Name"].as_str().unwrap_or("?")
            ),
            (None, Some(reason)) => reason.to_owned(),
            (None, None) => self.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_reads_back_by_its_name() {
        for failure in Failure::ALL {
            assert_eq!(failure.name().parse(), Ok(*failure));
            assert_eq!(serde_json::to_value(failure).unwrap(), failure.name());
        }
    }

    #[rstest::rstest]
    #[case(
        State::Clone,
        "NoSlot",
        r#"{"errorType":"NoSlot","errorMessage":"all 12 are taken"}"#,
        Failure::NoSlot,
        "all 12 are taken"
    )]
    #[case(
        State::Mask,
        "States.TaskFailed",
        r#"{"Containers":[{"Name":"worker","ExitCode":3}]}"#,
        Failure::BrokeOff,
        "the task of container `worker` ended with exit code 3"
    )]
    #[case(
        State::Mask,
        "States.TaskFailed",
        r#"{"Containers":[{"Name":"worker"}],"StoppedReason":"CannotPullContainer"}"#,
        Failure::BrokeOff,
        "CannotPullContainer"
    )]
    #[case(
        State::Mask,
        "ECS.AmazonECSException",
        "no such cluster",
        Failure::Unverified,
        "no such cluster"
    )]
    #[case(State::Resize, "States.Timeout", "", Failure::TimedOut, "States.Timeout")]
    fn a_caught_error_is_told_in_words(
        #[case] step: State,
        #[case] error: &str,
        #[case] cause: &str,
        #[case] failure: Failure,
        #[case] words: &str,
    ) {
        let caught = Caught {
            step,
            error: error.into(),
            cause: cause.into(),
        };
        assert_eq!((caught.failure(), caught.words().as_str()), (failure, words));
    }
}
