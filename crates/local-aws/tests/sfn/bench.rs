//! A bench to run state machines on: the service, a client of it, and a worker that does the tasks.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::HistoryEvent;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::future::BoxFuture;
use local_aws::Time;
use local_aws::sfn::{Sfn, StatusSink, TaskFailure, Tasks};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// 2026-01-31T12:00:00Z, when every test begins.
pub const EPOCH: Duration = Duration::from_secs(1_769_860_800);

pub const ROLE: &str = "arn:aws:iam::123456789012:role/machine";

/// One task, as the worker gets it.
pub struct Call {
    pub input: Value,
    pub cancel: CancellationToken,
    /// How many tasks came before.
    pub number: usize,
}

pub type Done = Result<Value, TaskFailure>;
type Work = dyn Fn(Call) -> BoxFuture<'static, Done> + Send + Sync;

pub fn failure(error: &str) -> Done {
    Err(TaskFailure {
        error: error.to_owned(),
        cause: format!("because of {error}"),
    })
}

pub struct Bench {
    pub sfn: Sfn,
    pub client: Client,
    worker: Arc<Worker>,
    ended: Arc<Ended>,
}

/// How an execution ended, and what its history says.
pub struct Ran {
    pub end: DescribeExecutionOutput,
    pub events: Vec<HistoryEvent>,
}

impl Ran {
    pub fn status(&self) -> &str {
        self.end.status().as_str()
    }

    pub fn output(&self) -> Value {
        let output = self
            .end
            .output()
            .unwrap_or_else(|| panic!("no output: {:?}", self.end));
        serde_json::from_str(output).unwrap()
    }

    pub fn error(&self) -> &str {
        self.end.error().unwrap_or_default()
    }

    pub fn cause(&self) -> &str {
        self.end.cause().unwrap_or_default()
    }

    /// How long it took on the service's clock, to the millisecond.
    pub fn took(&self) -> Duration {
        let time = |it: Option<&aws_sdk_sfn::primitives::DateTime>| it.unwrap().to_millis().unwrap();
        let millis = time(self.end.stop_date()) - time(Some(self.end.start_date()));
        Duration::from_millis(u64::try_from(millis).unwrap())
    }

    pub fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.r#type().as_str()).collect()
    }
}

impl Bench {
    /// A bench whose worker does nothing but say what it was given.
    pub fn echo() -> Self {
        Self::new(|call| Box::pin(async move { Ok(call.input) }))
    }

    /// A bench whose tasks `work` does, on paused time.
    pub fn new(work: impl Fn(Call) -> BoxFuture<'static, Done> + Send + Sync + 'static) -> Self {
        Self::faster(1, work)
    }

    /// A bench on a clock that runs `speed` times faster.
    pub fn faster(
        speed: u32,
        work: impl Fn(Call) -> BoxFuture<'static, Done> + Send + Sync + 'static,
    ) -> Self {
        let clock = Clock {
            start: Instant::now(),
            speed,
        };
        let time = Time::new(SharedTimeSource::new(clock), SharedAsyncSleep::new(clock));
        let worker = Arc::new(Worker {
            work: Box::new(work),
            calls: Mutex::default(),
            start: Instant::now(),
        });
        let ended = Arc::new(Ended::default());
        let (region, account) = ("eu-central-1".to_owned(), "123456789012".to_owned());
        let sfn = Sfn::new(time, region, account, worker.clone(), ended.clone());
        let service = sfn.clone();
        let config = aws_sdk_sfn::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(Credentials::for_tests())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http_client_fn(move |_, _| {
                SharedHttpConnector::new(InProcess(service.clone()))
            }))
            .build();
        Self {
            sfn,
            client: Client::from_conf(config),
            worker,
            ended,
        }
    }

    /// Creates the machine `definition` under the name `machine` and gives its ARN.
    pub async fn create(&self, definition: &Value) -> String {
        let call = self.client.create_state_machine().name("machine").role_arn(ROLE);
        let made = call.definition(definition.to_string()).send().await;
        made.unwrap_or_else(|error| panic!("{error:?}")).state_machine_arn
    }

    /// Starts an execution of `definition` with `input` and gives its ARN.
    pub async fn start(&self, definition: &Value, input: &Value) -> String {
        let machine = self.create(definition).await;
        let call = self.client.start_execution().state_machine_arn(machine);
        call.input(input.to_string()).send().await.unwrap().execution_arn
    }

    /// Runs `definition` with `input` to its end.
    pub async fn run(&self, definition: &Value, input: &Value) -> Ran {
        let arn = self.start(definition, input).await;
        self.ran(&arn).await
    }

    /// Waits until the execution `arn` ended.
    pub async fn ran(&self, arn: &str) -> Ran {
        let mut pause = Duration::from_millis(100);
        for _ in 0..1000 {
            let end = self
                .client
                .describe_execution()
                .execution_arn(arn)
                .send()
                .await
                .unwrap();
            if end.status().as_str() != "RUNNING" {
                let events = self.history(arn).await;
                return Ran { end, events };
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(600));
        }
        panic!("{arn} does not end");
    }

    pub async fn history(&self, arn: &str) -> Vec<HistoryEvent> {
        let pages = self
            .client
            .get_execution_history()
            .execution_arn(arn)
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<_, _>>().await.unwrap()
    }

    /// Waits until the history of `arn` holds an event of this kind.
    pub async fn until(&self, arn: &str, kind: &str) {
        for _ in 0..10_000 {
            if self
                .history(arn)
                .await
                .iter()
                .any(|event| event.r#type().as_str() == kind)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {kind} in {arn}");
    }

    /// What the worker was asked to do, in order.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.worker
            .calls
            .lock()
            .unwrap()
            .iter()
            .map(|(_, what, input)| (what.clone(), input.clone()))
            .collect()
    }

    /// After how many seconds each task was asked for, to the nearest.
    pub fn call_times(&self) -> Vec<u64> {
        self.worker
            .calls
            .lock()
            .unwrap()
            .iter()
            .map(|(at, ..)| at.as_millis().div_ceil(1000) as u64)
            .collect()
    }

    /// The events of executions that ended.
    pub fn status_events(&self) -> Vec<Value> {
        self.ended.0.lock().unwrap().clone()
    }
}

/// A machine of these states.
pub fn machine(start: &str, states: Value) -> Value {
    json!({"QueryLanguage": "JSONata", "StartAt": start, "States": states})
}

/// A machine of one Lambda task with `more` fields.
pub fn task(more: Value) -> Value {
    machine("Work", json!({"Work": with(invoke(), more)}))
}

/// `fields` and `more`; a null takes a field away.
pub fn with(mut fields: Value, more: Value) -> Value {
    let fields_of = fields.as_object_mut().unwrap();
    for (key, value) in more.as_object().unwrap() {
        if value.is_null() {
            fields_of.remove(key);
        } else {
            fields_of.insert(key.clone(), value.clone());
        }
    }
    fields
}

pub fn invoke() -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "worker", "Payload": "{% $states.input %}"},
        "Output": "{% $states.result.Payload %}",
        "End": true,
    })
}

struct Worker {
    work: Box<Work>,
    calls: Mutex<Vec<(Duration, String, Value)>>,
    start: Instant,
}

impl Worker {
    fn call(&self, what: String, input: Value, cancel: CancellationToken) -> BoxFuture<'_, Done> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((self.start.elapsed(), what.clone(), input.clone()));
            calls.len() - 1
        };
        (self.work)(Call {
            input,
            cancel,
            number,
        })
    }
}

impl Tasks for Worker {
    fn invoke(&self, function_arn: String, payload: Value, cancel: CancellationToken) -> BoxFuture<'_, Done> {
        self.call(function_arn, payload, cancel)
    }

    fn run_task_sync(&self, arguments: Value, cancel: CancellationToken) -> BoxFuture<'_, Done> {
        self.call("ecs".to_owned(), arguments, cancel)
    }
}

#[derive(Default)]
struct Ended(Mutex<Vec<Value>>);

impl StatusSink for Ended {
    fn ended(&self, event: Value) {
        self.0.lock().unwrap().push(event);
    }
}

/// The runtime's own time, which stands still until everybody waits.
#[derive(Clone, Copy, Debug)]
struct Clock {
    start: Instant,
    speed: u32,
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + EPOCH + self.start.elapsed() * self.speed
    }
}

impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration / self.speed))
    }
}

#[derive(Clone)]
struct InProcess(Sfn);

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sfn = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().unwrap();
            let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap_or_default()));
            Ok(HttpResponse::try_from(sfn.call(request).await.map(SdkBody::from)).unwrap())
        })
    }
}
