//! EventBridge's part: schedules, and who is told when an execution ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::Time;
use crate::function::{self, Function};
use crate::sfn::StatusSink;
use crate::work::Work;

/// What a schedule starts.
#[derive(Clone, Debug)]
pub enum Target {
    /// Starts an execution.
    StateMachine {
        /// The machine's ARN.
        arn: String,
        /// The execution's input.
        input: Value,
    },
    /// Invokes a function asynchronously.
    Lambda {
        /// The function's name or ARN.
        function: String,
        /// The event.
        input: Value,
    },
}

/// Rules and running schedules.
#[derive(Clone)]
pub(crate) struct Events {
    time: Time,
    work: Work,
    rules: Arc<Mutex<Vec<Function>>>,
    schedules: Arc<Mutex<HashMap<String, CancellationToken>>>,
}

impl Events {
    pub(crate) fn new(time: Time, work: Work) -> Self {
        Self {
            time,
            work,
            rules: Arc::default(),
            schedules: Arc::default(),
        }
    }

    /// Adds a rule on `Step Functions Execution Status Change`.
    pub(crate) fn rule(&self, handler: Function) {
        self.rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(handler);
    }

    /// Takes the name for a schedule; one of that name that runs already is ended.
    pub(crate) fn schedule(&self, name: &str) -> CancellationToken {
        let stop = CancellationToken::new();
        let mut schedules = self.schedules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = schedules.insert(name.to_owned(), stop.clone()) {
            earlier.cancel();
        }
        stop
    }

    /// Ends a schedule; says whether there was one.
    pub(crate) fn unschedule(&self, name: &str) -> bool {
        let ended = self
            .schedules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
        ended.inspect(CancellationToken::cancel).is_some()
    }

    /// Forgets all rules.
    pub(crate) fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl StatusSink for Events {
    fn ended(&self, event: Value) {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for rule in rules {
            let (work, time, event) = (self.work.clone(), self.time.clone(), event.clone());
            drop(self.work.spawn(async move {
                function::deliver(&work, &time, "execution status rule", &rule, event).await;
            }));
        }
    }
}
