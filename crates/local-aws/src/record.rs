//! Every call, remembered with who made it and how it ended.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::answer::{self, Answer};
use crate::subject::Subject;

/// One call of the embedded AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its number since the start, from 0: its place in [`LocalAws::calls`](crate::LocalAws::calls).
    pub n: usize,
    /// The access key id that signed it, which is the calling program's name; `states` and `events` for
    /// what Step Functions and schedules call themselves.
    pub principal: String,
    /// The service's signing name, such as `rds` or `dynamodb`.
    pub service: String,
    /// The operation, such as `CreateDBInstance`.
    pub operation: String,
    /// What it named.
    pub subjects: Vec<Subject>,
    /// When it came in.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not answered yet, or the caller gave up.
    Pending,
    /// Carried out.
    Done,
    /// Answered with an error.
    Failed {
        /// The HTTP status.
        status: u16,
        /// The error's code.
        code: String,
        /// The error was a fault on demand.
        injected: bool,
    },
}

impl Outcome {
    pub(crate) fn of(answer: &Answer, injected: bool) -> Self {
        if answer.status().is_success() || answer.status().is_redirection() {
            return Self::Done;
        }
        Self::Failed {
            status: answer.status().as_u16(),
            code: answer::code(answer).unwrap_or_default(),
            injected,
        }
    }
}

/// All calls since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Recorded>>>);

impl Calls {
    /// Adds a call and gives its record.
    pub(crate) fn begin(
        &self,
        principal: &str,
        service: &str,
        operation: &str,
        subjects: Vec<Subject>,
        at: DateTime<Utc>,
    ) -> Recorded {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let call = Recorded {
            n: calls.len(),
            principal: principal.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            subjects,
            at,
            outcome: Outcome::Pending,
        };
        calls.push(call.clone());
        call
    }

    pub(crate) fn end(&self, n: usize, outcome: Outcome) {
        if let Some(call) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(n) {
            call.outcome = outcome;
        }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
