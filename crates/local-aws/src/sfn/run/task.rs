//! A Task: its arguments, the work that something else does, its time limits, and what the history says of it.

use std::time::Duration;

use futures::FutureExt;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use winterbaume_sfn::model::{
    HistoryEvent, LambdaFunctionFailedEventDetails, LambdaFunctionScheduledEventDetails,
    LambdaFunctionSucceededEventDetails, LambdaFunctionTimedOutEventDetails, TaskFailedEventDetails,
    TaskScheduledEventDetails, TaskStartedEventDetails, TaskSubmittedEventDetails, TaskSucceededEventDetails,
    TaskTimedOutEventDetails,
};

use super::super::asl::{Amount, Resource, Task};
use super::super::record::whole;
use super::super::tokens::{Answer, Waiting};
use super::super::{Service, TaskFailure};
use super::failure::Failure;
use super::{Frame, Run, Visit, elapsed};

/// How long a cancelled task may go on, to clean up, before it is dropped.
pub(in crate::sfn) const GRACE: Duration = Duration::from_secs(10);

/// What a task may take.
struct Limits {
    timeout: Option<u64>,
    heartbeat: Option<u64>,
}

impl Run {
    /// Does the task once and gives its result.
    pub(super) async fn task(
        &self,
        task: &Task,
        visit: &Visit<'_>,
        frame: &mut Frame,
    ) -> Result<Value, Failure> {
        let waiting =
            (task.resource == Resource::LambdaInvoke { token: true }).then(|| self.service.tokens.open());
        let scene = self.scene(visit, frame, waiting.as_ref().map(|it| it.token.as_str()));
        let arguments = match &task.arguments {
            Some(template) => scene.evaluate(template, "Arguments")?,
            None => visit.input.clone(),
        };
        let amount = |amount: &Option<Amount>, field: &str| {
            amount.as_ref().map(|it| scene.amount(it, field, 1)).transpose()
        };
        let limits = Limits {
            timeout: amount(&task.timeout_seconds, "TimeoutSeconds")?,
            heartbeat: amount(&task.heartbeat_seconds, "HeartbeatSeconds")?,
        };
        self.log_scheduled(&task.resource, &arguments, &limits, frame);
        let timeout = limits.timeout.map(Duration::from_secs);
        let is_called_back = waiting.is_some();
        let result = tokio::select! {
            biased;
            result = self.work(&task.resource, arguments, waiting, &limits, frame) => result,
            () = self.over(timeout, is_called_back) => Err(Failure::new("States.Timeout", "")),
        };
        self.log_result(&task.resource, &result, frame);
        result
    }

    /// Passes after `timeout`, or never. Who is called back waits for somebody, not for work: that wait, like any
    /// other, passes on [`Time`](crate::Time), and so does the silence between heartbeats.
    async fn over(&self, timeout: Option<Duration>, is_called_back: bool) {
        match timeout {
            Some(timeout) if is_called_back => self.service.time.sleep(timeout).await,
            timeout => elapsed(timeout).await,
        }
    }

    async fn work(
        &self,
        resource: &Resource,
        arguments: Value,
        waiting: Option<Waiting>,
        limits: &Limits,
        frame: &mut Frame,
    ) -> Result<Value, Failure> {
        match resource {
            Resource::Function(arn) => Ok(self.invoke(arn.clone(), arguments).await?),
            Resource::RunTaskSync => {
                let tasks = self.service.tasks.clone();
                let work = move |cancel| async move { tasks.run_task_sync(arguments, cancel).await };
                let result = apart(&self.service, work).await?;
                Ok(result)
            }
            Resource::LambdaInvoke { .. } => {
                let (function, payload) = self.invocation(arguments)?;
                match waiting {
                    None => Ok(invoked(self.invoke(function, payload).await?)),
                    Some(waiting) => self.call_back(function, payload, waiting, limits, frame).await,
                }
            }
        }
    }

    async fn invoke(&self, function: String, payload: Value) -> Answer {
        let tasks = self.service.tasks.clone();
        apart(&self.service, move |cancel| async move {
            tasks.invoke(function, payload, cancel).await
        })
        .await
    }

    /// The function's ARN and its payload, from the arguments of `lambda:invoke`.
    fn invocation(&self, mut arguments: Value) -> Result<(String, Value), Failure> {
        let payload = arguments
            .get_mut("Payload")
            .map_or_else(|| json!({}), Value::take);
        let refused = |what: &str| Failure::new("States.Runtime", format!("lambda:invoke: {what}"));
        let kind = arguments
            .get("InvocationType")
            .and_then(Value::as_str)
            .unwrap_or("RequestResponse");
        if kind != "RequestResponse" {
            return Err(refused("only the InvocationType 'RequestResponse' is supported"));
        }
        let name = arguments.get("FunctionName").and_then(Value::as_str);
        let name = name.ok_or_else(|| refused("the argument FunctionName is missing"))?;
        if name.starts_with("arn:") {
            return Ok((name.to_owned(), payload));
        }
        let arn = format!(
            "arn:aws:lambda:{}:{}:function:{name}",
            self.service.region, self.service.account
        );
        Ok((arn, payload))
    }

    /// Invokes the function and waits for what comes back by the token, which may be sooner than the function ends.
    async fn call_back(
        &self,
        function: String,
        payload: Value,
        mut waiting: Waiting,
        limits: &Limits,
        frame: &mut Frame,
    ) -> Result<Value, Failure> {
        let mut invocation = Box::pin(self.invoke(function, payload).fuse());
        let heartbeat = limits.heartbeat.map(Duration::from_secs);
        let mut silence = Box::pin(self.over(heartbeat, true));
        let mut submitted = false;
        loop {
            tokio::select! {
                biased;
                answer = &mut waiting.answer => {
                    let answer = answer.map_err(|_| Failure::runtime("the task token was lost"))?;
                    return Ok(answer?);
                }
                result = &mut invocation, if !submitted => {
                    submitted = true;
                    self.log_submitted(invoked(result?), frame);
                }
                () = waiting.beat.notified() => silence = Box::pin(self.over(heartbeat, true)),
                () = &mut silence => return Err(Failure::new("States.HeartbeatTimeout", "")),
            }
        }
    }

    fn log_scheduled(&self, resource: &Resource, arguments: &Value, limits: &Limits, frame: &mut Frame) {
        let seconds = |limit: Option<u64>| limit.and_then(|it| i64::try_from(it).ok());
        let mut event = HistoryEvent::default();
        if let Resource::Function(arn) = resource {
            event.lambda_function_scheduled_event_details = Some(LambdaFunctionScheduledEventDetails {
                input: Some(arguments.to_string()),
                input_details: whole(),
                resource: Some(arn.clone()),
                task_credentials: None,
                timeout_in_seconds: seconds(limits.timeout),
            });
            self.log(frame, "LambdaFunctionScheduled", event);
            self.log(frame, "LambdaFunctionStarted", HistoryEvent::default());
            return;
        }
        let (resource_type, resource) = named(resource);
        event.task_scheduled_event_details = Some(TaskScheduledEventDetails {
            parameters: Some(arguments.to_string()),
            region: Some(self.service.region.clone()),
            resource: resource.clone(),
            resource_type: resource_type.clone(),
            task_credentials: None,
            timeout_in_seconds: seconds(limits.timeout),
            heartbeat_in_seconds: seconds(limits.heartbeat),
        });
        self.log(frame, "TaskScheduled", event);
        let started = Some(TaskStartedEventDetails {
            resource,
            resource_type,
        });
        let event = HistoryEvent {
            task_started_event_details: started,
            ..HistoryEvent::default()
        };
        self.log(frame, "TaskStarted", event);
    }

    fn log_submitted(&self, output: Value, frame: &mut Frame) {
        let (resource_type, resource) = named(&Resource::LambdaInvoke { token: true });
        let output = Some(output.to_string());
        let details = TaskSubmittedEventDetails {
            output,
            output_details: whole(),
            resource,
            resource_type,
        };
        let event = HistoryEvent {
            task_submitted_event_details: Some(details),
            ..HistoryEvent::default()
        };
        self.log(frame, "TaskSubmitted", event);
    }

    fn log_result(&self, resource: &Resource, result: &Result<Value, Failure>, frame: &mut Frame) {
        let mut event = HistoryEvent::default();
        let kind = match (resource, result) {
            (Resource::Function(_), Ok(output)) => {
                let output = Some(output.to_string());
                let details = LambdaFunctionSucceededEventDetails {
                    output,
                    output_details: whole(),
                };
                event.lambda_function_succeeded_event_details = Some(details);
                "LambdaFunctionSucceeded"
            }
            (Resource::Function(_), Err(failure)) => {
                let (error, cause) = (Some(failure.error.clone()), Some(failure.cause.clone()));
                if failure.is_timeout() {
                    let details = LambdaFunctionTimedOutEventDetails { error, cause };
                    event.lambda_function_timed_out_event_details = Some(details);
                    "LambdaFunctionTimedOut"
                } else {
                    let details = LambdaFunctionFailedEventDetails { error, cause };
                    event.lambda_function_failed_event_details = Some(details);
                    "LambdaFunctionFailed"
                }
            }
            (resource, Ok(output)) => {
                let (resource_type, resource) = named(resource);
                let output = Some(output.to_string());
                let details = TaskSucceededEventDetails {
                    output,
                    output_details: whole(),
                    resource,
                    resource_type,
                };
                event.task_succeeded_event_details = Some(details);
                "TaskSucceeded"
            }
            (resource, Err(failure)) => {
                let (resource_type, resource) = named(resource);
                let (error, cause) = (Some(failure.error.clone()), Some(failure.cause.clone()));
                if failure.is_timeout() {
                    let details = TaskTimedOutEventDetails {
                        error,
                        cause,
                        resource,
                        resource_type,
                    };
                    event.task_timed_out_event_details = Some(details);
                    "TaskTimedOut"
                } else {
                    let details = TaskFailedEventDetails {
                        error,
                        cause,
                        resource,
                        resource_type,
                    };
                    event.task_failed_event_details = Some(details);
                    "TaskFailed"
                }
            }
        };
        self.log(frame, kind, event);
    }
}

/// The history's name for a resource: its service, and the action with its pattern.
fn named(resource: &Resource) -> (Option<String>, Option<String>) {
    let (kind, action) = match resource {
        Resource::LambdaInvoke { token: true } => ("lambda", "invoke.waitForTaskToken"),
        Resource::LambdaInvoke { token: false } | Resource::Function(_) => ("lambda", "invoke"),
        Resource::RunTaskSync => ("ecs", "runTask.sync"),
    };
    (Some(kind.to_owned()), Some(action.to_owned()))
}

/// The result of `lambda:invoke`, around the function's own answer.
fn invoked(payload: Value) -> Value {
    let request = Uuid::new_v4().to_string();
    json!({
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": request},
        "StatusCode": 200,
    })
}

/// Does `work` in a task of its own, so that it survives neither longer nor shorter than it should: when this future
/// is dropped (a timeout, a stop) it is cancelled and has [`GRACE`] to clean up; when it panics, that is a failure.
async fn apart<F>(service: &Service, work: impl FnOnce(CancellationToken) -> F) -> Answer
where
    F: Future<Output = Answer> + Send + 'static,
{
    let cancel = CancellationToken::new();
    let _guard = cancel.clone().drop_guard();
    let work = work(cancel.clone());
    let handle = service.tracker.spawn(async move {
        tokio::select! {
            answer = work => answer,
            () = async { cancel.cancelled().await; tokio::time::sleep(GRACE).await } => Err(TaskFailure {
                error: "States.Runtime".to_owned(),
                cause: "The task was cancelled and went on".to_owned(),
            }),
        }
    });
    handle.await.unwrap_or_else(|error| {
        Err(TaskFailure {
            error: "States.Runtime".to_owned(),
            cause: format!("The task panicked: {error}"),
        })
    })
}
