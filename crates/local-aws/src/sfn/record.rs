//! One execution: what it was started with, what happened in it, and how it ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use winterbaume_sfn::model::{
    ExecutionAbortedEventDetails, ExecutionFailedEventDetails, ExecutionStartedEventDetails,
    ExecutionSucceededEventDetails, ExecutionTimedOutEventDetails, HistoryEvent,
    HistoryEventExecutionDataDetails,
};

use super::Execution;
use super::machine::Machine;

/// Locks `mutex`; what a panicking holder left is as good as any other state here, as each change is one assignment.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// AWS's JSON time: seconds since 1970, with milliseconds.
pub(super) fn seconds(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1000.0
}

/// What every event says of its input or output: it is whole.
pub(super) fn whole() -> Option<HistoryEventExecutionDataDetails> {
    Some(HistoryEventExecutionDataDetails {
        truncated: Some(false),
    })
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    Succeeded(Value),
    Failed {
        error: String,
        cause: String,
    },
    TimedOut,
    Aborted {
        error: Option<String>,
        cause: Option<String>,
    },
}

impl Outcome {
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted { .. } => "ABORTED",
        }
    }

    pub(super) fn output(&self) -> Option<&Value> {
        if let Self::Succeeded(output) = self {
            Some(output)
        } else {
            None
        }
    }

    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::Aborted { error, .. } => error.as_deref(),
            Self::Succeeded(_) | Self::TimedOut => None,
        }
    }

    pub(super) fn cause(&self) -> Option<&str> {
        match self {
            Self::Failed { cause, .. } => Some(cause),
            Self::Aborted { cause, .. } => cause.as_deref(),
            Self::Succeeded(_) | Self::TimedOut => None,
        }
    }

    /// The event that closes the history.
    fn event(&self) -> (&'static str, HistoryEvent) {
        let (error, cause) = (self.error().map(str::to_owned), self.cause().map(str::to_owned));
        let mut event = HistoryEvent::default();
        let name = match self {
            Self::Succeeded(output) => {
                let output = Some(output.to_string());
                event.execution_succeeded_event_details = Some(ExecutionSucceededEventDetails {
                    output,
                    output_details: whole(),
                });
                "ExecutionSucceeded"
            }
            Self::Failed { .. } => {
                event.execution_failed_event_details = Some(ExecutionFailedEventDetails { error, cause });
                "ExecutionFailed"
            }
            Self::TimedOut => {
                event.execution_timed_out_event_details =
                    Some(ExecutionTimedOutEventDetails { error, cause });
                "ExecutionTimedOut"
            }
            Self::Aborted { .. } => {
                event.execution_aborted_event_details = Some(ExecutionAbortedEventDetails { error, cause });
                "ExecutionAborted"
            }
        };
        (name, event)
    }
}

/// An execution; its definition is the one that it started with.
pub(super) struct Record {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) machine: Arc<Machine>,
    pub(super) input: Value,
    pub(super) started: DateTime<Utc>,
    /// Cancelled when it was stopped.
    pub(super) stopped: CancellationToken,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    events: Vec<HistoryEvent>,
    state: Option<String>,
    ended: Option<(Outcome, DateTime<Utc>)>,
}

impl Progress {
    fn add(&mut self, previous: i64, kind: &str, mut event: HistoryEvent, now: DateTime<Utc>) -> i64 {
        let id = self.events.len() as i64 + 1;
        if self.ended.is_none() {
            event.id = Some(id);
            event.previous_event_id = Some(previous);
            event.r#type = Some(kind.to_owned());
            event.timestamp = Some(seconds(now));
            if let Some(entered) = &event.state_entered_event_details {
                self.state.clone_from(&entered.name);
            }
            self.events.push(event);
        }
        id
    }
}

impl Record {
    pub(super) fn new(
        arn: String,
        name: String,
        machine: Arc<Machine>,
        input: Value,
        now: DateTime<Utc>,
    ) -> Self {
        let details = ExecutionStartedEventDetails {
            input: Some(input.to_string()),
            input_details: whole(),
            role_arn: Some(machine.role.clone()),
            ..ExecutionStartedEventDetails::default()
        };
        let stopped = CancellationToken::new();
        let record = Self {
            arn,
            name,
            machine,
            input,
            started: now,
            stopped,
            progress: Mutex::default(),
        };
        let event = HistoryEvent {
            execution_started_event_details: Some(details),
            ..HistoryEvent::default()
        };
        record.log(0, "ExecutionStarted", event, now);
        record
    }

    /// Adds an event behind the event `previous` and gives its number. Nothing is added once the execution ended.
    pub(super) fn log(&self, previous: i64, kind: &str, event: HistoryEvent, now: DateTime<Utc>) -> i64 {
        locked(&self.progress).add(previous, kind, event, now)
    }

    /// Ends the execution and says whether this was its end: it may have ended before.
    pub(super) fn end(&self, outcome: &Outcome, previous: i64, now: DateTime<Utc>) -> bool {
        let (kind, event) = outcome.event();
        let mut progress = locked(&self.progress);
        if progress.ended.is_some() {
            return false;
        }
        progress.add(previous, kind, event, now);
        progress.ended = Some((outcome.clone(), now));
        true
    }

    /// The events at these places of the history, counted from 0.
    pub(super) fn events(&self, places: &[usize]) -> Vec<HistoryEvent> {
        let progress = locked(&self.progress);
        places
            .iter()
            .filter_map(|place| progress.events.get(*place).cloned())
            .collect()
    }

    pub(super) fn event_count(&self) -> usize {
        locked(&self.progress).events.len()
    }

    pub(super) fn ended(&self) -> Option<(Outcome, DateTime<Utc>)> {
        locked(&self.progress).ended.clone()
    }

    pub(super) fn is_running(&self) -> bool {
        locked(&self.progress).ended.is_none()
    }

    pub(super) fn status(&self) -> &'static str {
        locked(&self.progress)
            .ended
            .as_ref()
            .map_or("RUNNING", |(outcome, _)| outcome.status())
    }

    pub(super) fn summary(&self) -> Execution {
        let ended = self.ended().map(|(outcome, _)| outcome);
        Execution {
            arn: self.arn.clone(),
            state_machine_arn: self.machine.arn.clone(),
            status: self.status(),
            state: locked(&self.progress).state.clone(),
            output: ended.as_ref().and_then(Outcome::output).cloned(),
            error: ended.as_ref().and_then(Outcome::error).map(str::to_owned),
            cause: ended.as_ref().and_then(Outcome::cause).map(str::to_owned),
        }
    }

    /// The EventBridge event of the execution's end.
    pub(super) fn status_change(&self, region: &str, account: &str) -> Option<Value> {
        let (outcome, stopped) = self.ended()?;
        let output = outcome.output().map(Value::to_string);
        Some(json!({
            "version": "0",
            "id": uuid::Uuid::new_v4().to_string(),
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": account,
            "time": stopped.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            "region": region,
            "resources": [self.arn],
            "detail": {
                "executionArn": self.arn,
                "stateMachineArn": self.machine.arn,
                "stateMachineVersionArn": null,
                "stateMachineAliasArn": null,
                "name": self.name,
                "status": outcome.status(),
                "startDate": self.started.timestamp_millis(),
                "stopDate": stopped.timestamp_millis(),
                "redriveCount": 0,
                "redriveDate": null,
                "error": outcome.error(),
                "cause": outcome.cause(),
                "input": self.input.to_string(),
                "inputDetails": {"included": true},
                "output": output,
                "outputDetails": output.as_ref().map(|_| json!({"included": true})),
            },
        }))
    }
}
