//! Programs registered in Rust: what Lambda functions, stream consumers and rules' targets have in common.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::Time;
use crate::work::Work;

/// Lambda's own limit; `--speed` never shortens it, so it passes on the runtime's clock.
const LONGEST_RUN: Duration = Duration::from_secs(900);

/// How long Lambda waits before the second and the third attempt of an asynchronous invocation.
const ASYNC_RETRIES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// A function's failure, as Lambda reports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {error_message}")]
pub struct FunctionError {
    /// The name that a state machine's `Retry` and `Catch` match.
    pub error_type: String,
    /// What happened, for a person.
    pub error_message: String,
}

impl FunctionError {
    /// A failure named `error_type`.
    pub fn new(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            error_message: error_message.into(),
        }
    }

    /// The payload of a failed invocation.
    pub(crate) fn payload(&self) -> Value {
        json!({ "errorType": self.error_type, "errorMessage": self.error_message, "trace": [] })
    }
}

/// A registered function.
pub(crate) type Function =
    Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, FunctionError>> + Send + Sync>;

/// Makes a [`Function`] of an async closure.
pub(crate) fn function<F, Fut>(handler: F) -> Function
where
    F: Fn(Value) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, FunctionError>> + Send + 'static,
{
    Arc::new(move |event| Box::pin(handler(event)))
}

/// Runs `function` to its end, even when the caller goes away meanwhile, as Lambda does. A panic and a run of
/// more than 900 s are failures.
pub(crate) async fn run(work: &Work, function: &Function, event: Value) -> Result<Value, FunctionError> {
    let function = Arc::clone(function);
    let running = work.spawn(async move { tokio::time::timeout(LONGEST_RUN, function(event)).await });
    match running.await {
        Ok(Some(Ok(answer))) => answer,
        Ok(Some(Err(_))) => Err(FunctionError::new(
            "Sandbox.Timedout",
            "Task timed out after 900.00 seconds",
        )),
        Ok(None) => Err(FunctionError::new(
            "Runtime.ExitError",
            "The embedded AWS is shutting down",
        )),
        Err(_) => Err(FunctionError::new(
            "Runtime.ExitError",
            "Runtime exited with error: the handler panicked",
        )),
    }
}

/// Runs `function` as an asynchronous invocation: two more attempts when it fails, then it is given up.
pub(crate) async fn deliver(work: &Work, time: &Time, name: &str, function: &Function, event: Value) {
    for wait in ASYNC_RETRIES.iter().copied().map(Some).chain([None]) {
        let Err(failure) = run(work, function, event.clone()).await else {
            return;
        };
        tracing::warn!(function = name, error = %failure.error_type, last = wait.is_none(), "asynchronous run failed");
        if let Some(wait) = wait {
            time.sleep(wait).await;
        }
    }
}
