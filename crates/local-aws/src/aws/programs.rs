//! What a program registers: functions, tasks, streams' consumers, rules and schedules.

use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::LocalAws;
use crate::answer;
use crate::ecs::TaskRun;
use crate::function::{FunctionError, function};
use crate::request;
use crate::schedule::Target;

/// How often a schedule tries to start its target, and the wait between.
const SCHEDULE_ATTEMPTS: usize = 3;
const SCHEDULE_RETRY: Duration = Duration::from_secs(30);

impl LocalAws {
    /// Registers a Lambda function, or replaces the one of that name.
    pub fn lambda<F, Fut>(&self, name: &str, handler: F)
    where
        F: Fn(Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        self.0.lambda.register(name, function(handler));
    }

    /// The ARN of a Lambda function of that name.
    pub fn lambda_arn(&self, name: &str) -> String {
        self.0.lambda.arn(name)
    }

    /// Registers the program of an ECS task family: its answer is the exit code. The family gets a task
    /// definition with one container called as the family, unless it has one already.
    pub fn ecs_task<F, Fut>(&self, family: &str, handler: F)
    where
        F: Fn(TaskRun) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = i32> + Send + 'static,
    {
        self.0.ecs.register(family, handler);
    }

    /// For tests: kills every ECS task that runs, as the death of the machine below it would. Its program is dropped
    /// in the middle of whatever it does, and the task ends with exit code 137. Says how many there were.
    pub fn kill_tasks(&self) -> usize {
        self.0.ecs.kill_all()
    }

    /// Delivers the changes of a DynamoDB table as its stream would to a Lambda function: in order, at least
    /// once, up to ten records an event; a handler that fails gets the records again. The table's stream is
    /// switched on if it is not, also when the table is created later.
    pub fn stream<F, Fut>(&self, table: &str, handler: F)
    where
        F: Fn(Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        self.0.dynamodb.stream(table, function(handler));
    }

    /// Calls `handler` with the `Step Functions Execution Status Change` event of each execution that ends; one
    /// that fails is tried twice more, minutes later.
    pub fn on_execution_status<F, Fut>(&self, handler: F)
    where
        F: Fn(Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        self.0.events.rule(function(handler));
    }

    /// Starts `target` every so often, first after one period. A schedule of the same name is replaced.
    pub fn schedule(&self, name: &str, every: Duration, target: Target) {
        let stop = self.0.events.schedule(name);
        let (time, name) = (self.0.time.clone(), name.to_owned());
        let aws = Arc::downgrade(&self.0);
        let periods = async move {
            loop {
                time.sleep(every).await;
                let Some(inner) = Weak::upgrade(&aws) else { return };
                let (aws, name, target) = (Self(Arc::clone(&inner)), name.clone(), target.clone());
                drop(inner.work.spawn(async move { aws.fire(&name, &target).await }));
            }
        };
        drop(
            self.0
                .work
                .spawn_quietly(async move { stop.run_until_cancelled(periods).await }),
        );
    }

    /// Ends a schedule; says whether there was one.
    pub fn unschedule(&self, name: &str) -> bool {
        self.0.events.unschedule(name)
    }

    /// Starts a schedule's target through the API, as EventBridge does.
    async fn fire(&self, name: &str, target: &Target) {
        for attempt in 1..=SCHEDULE_ATTEMPTS {
            let Ok(request) = self.start_of(target) else {
                return;
            };
            let answer = self.call(request).await;
            if answer.status().is_success() {
                return;
            }
            let code = answer::code(&answer).unwrap_or_default();
            tracing::warn!(
                schedule = name,
                attempt,
                code,
                "a schedule could not start its target"
            );
            self.0.time.sleep(SCHEDULE_RETRY).await;
        }
    }

    fn start_of(&self, target: &Target) -> Result<Request<Bytes>, http::Error> {
        let region = &self.0.place.region;
        match target {
            Target::StateMachine { arn, input } => {
                let body = json!({ "stateMachineArn": arn, "input": input.to_string() }).to_string();
                request::ours(
                    "events",
                    region,
                    "states",
                    "AWSStepFunctions.StartExecution",
                    body,
                )
            }
            Target::Lambda { function, input } => {
                let mut request = request::ours("events", region, "lambda", "Invoke", input.to_string())?;
                *request.uri_mut() = format!("/2015-03-31/functions/{function}/invocations").parse()?;
                request
                    .headers_mut()
                    .insert("x-amz-invocation-type", http::HeaderValue::from_static("Event"));
                Ok(request)
            }
        }
    }
}
