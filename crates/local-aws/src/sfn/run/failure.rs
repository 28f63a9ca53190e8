//! How a state fails, and what of that a retrier or a catcher takes up.

use std::time::Duration;

use rand::Rng;
use serde_json::{Value, json};

use super::super::TaskFailure;
use super::super::asl::Retrier;

/// The longest interval between two attempts, a year and more: keeps a steep back-off within what clocks can tell.
const LONGEST_DELAY: f64 = 99_999_999.0;

/// A failure on its way to a retrier, a catcher, or the execution's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sfn) struct Failure {
    pub(in crate::sfn) error: String,
    pub(in crate::sfn) cause: String,
    /// The field whose expression failed.
    pub(in crate::sfn) location: Option<String>,
}

impl Failure {
    pub(super) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self {
            error: error.to_owned(),
            cause: cause.into(),
            location: None,
        }
    }

    /// What no retrier and no catcher takes up.
    pub(super) fn runtime(cause: impl Into<String>) -> Self {
        Self::new("States.Runtime", cause)
    }

    pub(super) fn is_timeout(&self) -> bool {
        matches!(self.error.as_str(), "States.Timeout" | "States.HeartbeatTimeout")
    }

    /// What a catcher sees as `$states.errorOutput`.
    pub(super) fn output(&self) -> Value {
        json!({"Error": self.error, "Cause": self.cause})
    }

    /// Whether one of `names`, an `ErrorEquals`, means this failure.
    pub(super) fn is_among(&self, names: &[String]) -> bool {
        names.iter().any(|name| match self.error.as_str() {
            "States.Runtime" => false,
            "States.DataLimitExceeded" => name == "States.DataLimitExceeded",
            error if name == error => true,
            "States.HeartbeatTimeout" if name == "States.Timeout" => true,
            _ => name == "States.ALL" || name == "States.TaskFailed" && !self.is_timeout(),
        })
    }
}

impl From<TaskFailure> for Failure {
    fn from(failure: TaskFailure) -> Self {
        Self {
            error: failure.error,
            cause: failure.cause,
            location: None,
        }
    }
}

/// How often each retrier of a state was used.
pub(super) struct Attempts {
    used: Vec<u64>,
}

impl Attempts {
    pub(super) fn new(retriers: &[Retrier]) -> Self {
        Self {
            used: vec![0; retriers.len()],
        }
    }

    /// How many attempts were made again, by whatever retrier.
    pub(super) fn retries(&self) -> u64 {
        self.used.iter().sum()
    }

    /// How long to wait before the next attempt, if there is to be one: the first retrier that means `failure` decides.
    pub(super) fn after(&mut self, failure: &Failure, retriers: &[Retrier]) -> Option<Duration> {
        let (used, retrier) = self
            .used
            .iter_mut()
            .zip(retriers)
            .find(|(_, it)| failure.is_among(&it.error_equals))?;
        if *used >= retrier.max_attempts {
            return None;
        }
        let delay = delay(retrier, *used);
        *used += 1;
        let seconds = if retrier.jitter {
            rand::rng().random_range(0.0..=delay)
        } else {
            delay
        };
        Some(Duration::from_secs_f64(seconds))
    }
}

/// The interval in seconds before the attempt that follows `retries` earlier ones.
fn delay(retrier: &Retrier, retries: u64) -> f64 {
    let exponent = i32::try_from(retries).unwrap_or(i32::MAX);
    let most = retrier
        .max_delay_seconds
        .map_or(LONGEST_DELAY, |most| most as f64);
    (retrier.interval_seconds as f64 * retrier.backoff_rate.powi(exponent)).min(most)
}
