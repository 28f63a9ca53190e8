//! What Step Functions' Task states do: Lambda functions and ECS tasks.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use winterbaume_ecs::model::{RunTaskRequest, StopTaskRequest, Task};

use crate::ecs::{self, Ecs, Refused};
use crate::faults::Failure;
use crate::gate::Gate;
use crate::lambda::Lambda;
use crate::record::Outcome;
use crate::sfn::{TaskFailure, Tasks};

/// The principal of what Step Functions calls itself.
const PRINCIPAL: &str = "states";

/// The integrations with other services. Their calls are recorded, and meet faults, like any other.
pub(crate) struct Integrations {
    pub(crate) gate: Gate,
    pub(crate) lambda: Lambda,
    pub(crate) ecs: Ecs,
}

impl Tasks for Integrations {
    fn invoke(
        &self,
        function_arn: String,
        payload: Value,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<Value, TaskFailure>> {
        async move {
            let admitted = self
                .gate
                .admit(PRINCIPAL, "lambda", "Invoke", Vec::new())
                .await
                .map_err(lambda_failure)?;
            let Some((_, function)) = self.lambda.find(&function_arn) else {
                let missing = Failure::new(
                    404,
                    "ResourceNotFoundException",
                    format!("Function not found: {function_arn}"),
                );
                self.gate.calls.end(admitted.n, missing.outcome_of_ours());
                return Err(lambda_failure(missing));
            };
            let result = cancel
                .run_until_cancelled(self.lambda.run(&function, payload))
                .await;
            if let Some(failure) = admitted.fails_after {
                self.gate.calls.end(admitted.n, failure.outcome());
                return Err(lambda_failure(failure));
            }
            // A function that fails is a good answer of Lambda's.
            self.gate.calls.end(admitted.n, Outcome::Done);
            match result {
                Some(Ok(payload)) => Ok(payload),
                Some(Err(failure)) => {
                    let cause = failure.payload().to_string();
                    Err(TaskFailure {
                        error: failure.error_type,
                        cause,
                    })
                }
                None => Err(TaskFailure {
                    error: "States.TaskFailed".to_owned(),
                    cause: "Cancelled".to_owned(),
                }),
            }
        }
        .boxed()
    }

    fn run_task_sync(
        &self,
        arguments: Value,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<Value, TaskFailure>> {
        async move {
            let arn = self.run_task(arguments).await?;
            let stop_when_dropped = StopOnDrop {
                ecs: &self.ecs,
                arn: &arn,
            };
            let Some((ended, _)) = self.ecs.watch(&arn) else {
                return Err(refused(&Refused {
                    code: "ServerException",
                    message: "The task is lost.".to_owned(),
                }));
            };
            if cancel.run_until_cancelled(ended.cancelled()).await.is_none() {
                drop(stop_when_dropped);
                ended.cancelled().await;
            }
            let task = self.ecs.watch(&arn).map(|(_, task)| task).unwrap_or_default();
            finished(&task)
        }
        .boxed()
    }
}

impl Integrations {
    /// Starts a task and gives its ARN.
    async fn run_task(&self, arguments: Value) -> Result<String, TaskFailure> {
        let admitted = self
            .gate
            .admit(PRINCIPAL, "ecs", "RunTask", Vec::new())
            .await
            .map_err(ecs_failure)?;
        let started = serde_json::from_value::<RunTaskRequest>(ecs::camel_case(arguments))
            .map_err(|wrong| Refused {
                code: "ClientException",
                message: wrong.to_string(),
            })
            .and_then(|input| self.ecs.run_task(&input));
        if let Some(failure) = admitted.fails_after {
            self.gate.calls.end(admitted.n, failure.outcome());
            return Err(ecs_failure(failure));
        }
        match started {
            Ok(started) => {
                self.gate.calls.end(admitted.n, Outcome::Done);
                let first = started.tasks.unwrap_or_default().into_iter().next();
                Ok(first.and_then(|task| task.task_arn).unwrap_or_default())
            }
            Err(reason) => {
                let failure = Failure::new(400, reason.code, reason.message.clone());
                self.gate.calls.end(admitted.n, failure.outcome_of_ours());
                Err(refused(&reason))
            }
        }
    }
}

/// Stops the task when nobody waits for it any more; a task that has ended is not touched by it.
struct StopOnDrop<'a> {
    ecs: &'a Ecs,
    arn: &'a str,
}

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        let input = StopTaskRequest {
            task: self.arn.to_owned(),
            reason: Some("Stopped by Step Functions".to_owned()),
            ..Default::default()
        };
        if let Err(refused) = self.ecs.stop_task(&input) {
            tracing::debug!(code = refused.code, "the task is gone already");
        }
    }
}

fn finished(task: &Task) -> Result<Value, TaskFailure> {
    let object = ecs::states_object(task);
    if ecs::succeeded(task) {
        return Ok(object);
    }
    Err(TaskFailure {
        error: "States.TaskFailed".to_owned(),
        cause: object.to_string(),
    })
}

/// Lambda's own errors as Step Functions names them, which is what the retry set matches.
fn lambda_failure(failure: Failure) -> TaskFailure {
    let name = match failure.status {
        429 => "TooManyRequestsException",
        500.. => "ServiceException",
        _ => &failure.code,
    };
    let error = format!("Lambda.{name}");
    TaskFailure {
        error,
        cause: cause("AWSLambda", &failure),
    }
}

fn ecs_failure(failure: Failure) -> TaskFailure {
    TaskFailure {
        error: "ECS.AmazonECSException".to_owned(),
        cause: cause("AmazonECS", &failure),
    }
}

fn refused(reason: &Refused) -> TaskFailure {
    ecs_failure(Failure::new(400, reason.code, reason.message.clone()))
}

fn cause(service: &str, failure: &Failure) -> String {
    let Failure {
        status,
        code,
        message,
    } = failure;
    let id = uuid::Uuid::new_v4();
    format!("{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {id})")
}
