//! Step Functions: an interpreter of the Amazon States Language in its JSONata mode, behind the service's own API.
//!
//! What it does not know it refuses when the machine is created, naming the state. Waits and retry intervals pass
//! on [`Time`], so a faster clock shortens them; timeouts never are, but for those of `.waitForTaskToken`, which are
//! a wait for somebody.

mod api;
mod asl;
mod error;
mod machine;
mod record;
mod run;
mod service;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use error::Error;

use self::machine::Settings;
use self::record::locked;
use self::service::Service;
use crate::Time;

/// How a task failed: what `Retry` and `Catch` match, and the text that goes with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct TaskFailure {
    /// The error's name, for example a Lambda's `errorType` or `ECS.AmazonECSException`.
    pub error: String,
    /// What happened, often a JSON document as a string.
    pub cause: String,
}

/// What Task states can do; the rest of the embedded AWS implements it.
///
/// `cancel` is cancelled when the task timed out or its execution was stopped: the future then has ten seconds to clean
/// up before it is dropped. Its answer is no longer asked for.
pub trait Tasks: Send + Sync {
    /// Invokes a Lambda function and answers with its payload.
    ///
    /// # Errors
    /// The function's own error (`errorType`, and the whole error document as cause) or Lambda's, such as
    /// `Lambda.ResourceNotFoundException`.
    fn invoke(
        &self,
        function_arn: String,
        payload: Value,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<Value, TaskFailure>>;

    /// Runs an ECS task to its end; `arguments` are those of `ecs:runTask`, the answer is the stopped task.
    ///
    /// # Errors
    /// `States.TaskFailed` with the stopped task as cause when a container failed, `ECS.AmazonECSException` or
    /// `AmazonECS.Unknown` when the task could not be started.
    fn run_task_sync(
        &self,
        arguments: Value,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<Value, TaskFailure>>;
}

/// Told of each execution's end.
pub trait StatusSink: Send + Sync {
    /// `event` is the whole EventBridge event: source `aws.states`, detail-type
    /// `Step Functions Execution Status Change`.
    fn ended(&self, event: Value);
}

/// One execution, as a test wants to see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// Its machine's ARN.
    pub state_machine_arn: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: &'static str,
    /// The state that was entered last.
    pub state: Option<String>,
    /// Its output, once it succeeded.
    pub output: Option<Value>,
    /// The error's name, if it ended badly.
    pub error: Option<String>,
    /// The error's cause, if it ended badly.
    pub cause: Option<String>,
}

/// Step Functions. A clone is another handle on the same service.
#[derive(Clone)]
pub struct Sfn {
    service: Arc<Service>,
}

impl Sfn {
    /// An empty service of `account` in `region`.
    pub fn new(
        time: Time,
        region: String,
        account: String,
        tasks: Arc<dyn Tasks>,
        sink: Arc<dyn StatusSink>,
    ) -> Self {
        let (tokens, tracker, kept) = Default::default();
        Self {
            service: Arc::new(Service {
                time,
                region,
                account,
                tasks,
                sink,
                tokens,
                tracker,
                kept,
            }),
        }
    }

    /// Answers one request of the service's JSON 1.0 protocol. Call it within a tokio runtime: executions run there.
    pub async fn call(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        api::answer(&self.service, &request)
    }

    /// Creates a state machine, or answers with the existing one if it is the same, and gives its ARN.
    ///
    /// # Errors
    /// [`Error::InvalidDefinition`] names the state and what would be right; [`Error::InvalidName`],
    /// [`Error::StateMachineAlreadyExists`], [`Error::StateMachineDeleting`].
    pub fn create(&self, name: &str, definition: &str) -> Result<String, Error> {
        let role = format!("arn:aws:iam::{}:role/{name}", self.service.account);
        let machine = self
            .service
            .create(name, role, definition, Settings::default(), BTreeMap::new())?;
        Ok(machine.arn.clone())
    }

    /// Starts an execution as a schedule or a rule does, and gives its ARN. Call it within a tokio runtime.
    ///
    /// # Errors
    /// As StartExecution: [`Error::StateMachineDoesNotExist`], [`Error::ExecutionAlreadyExists`], …
    pub fn start(
        &self,
        state_machine_arn: &str,
        name: Option<String>,
        input: Value,
    ) -> Result<String, Error> {
        Ok(self.service.start(state_machine_arn, name, input)?.arn.clone())
    }

    /// How many executions run now.
    pub fn running(&self) -> usize {
        locked(&self.service.kept)
            .executions
            .iter()
            .filter(|record| record.is_running())
            .count()
    }

    /// All executions, oldest first.
    pub fn executions(&self) -> Vec<Execution> {
        locked(&self.service.kept)
            .executions
            .iter()
            .map(|record| record.summary())
            .collect()
    }

    /// Stops every execution and waits until their tasks are gone, some seconds at most.
    pub async fn shutdown(&self) {
        self.service.shutdown().await;
    }
}
