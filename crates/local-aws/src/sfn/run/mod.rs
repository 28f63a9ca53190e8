//! Runs one execution: from state to state, until one ends it.

mod failure;
mod functions;
mod nested;
mod scene;
mod task;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use winterbaume_sfn::model::{
    EvaluationFailedEventDetails, HistoryEvent, StateEnteredEventDetails, StateExitedEventDetails,
};

use self::failure::{Attempts, Failure};
use self::scene::Scene;
pub(super) use self::task::GRACE;
use super::Service;
use super::asl::{Flow, Kind, Next, State, Until};
use super::record::{Outcome, Record, whole};

/// The largest input, output or result of a state, in bytes of JSON: AWS's 256 KiB.
pub(super) const LARGEST: usize = 256 * 1024;

/// The most events in a history.
const MOST_EVENTS: usize = 25_000;

/// One execution under way.
pub(super) struct Run {
    service: Arc<Service>,
    record: Arc<Record>,
}

/// Where one flow of states is: a Map's iterations and a Parallel's branches have one each.
#[derive(Clone, Default)]
struct Frame {
    variables: Map<String, Value>,
    /// The last event of this flow.
    previous: i64,
    /// `$states.context.Map`, within a Map.
    map: Option<Value>,
}

/// One visit to a state.
struct Visit<'a> {
    state: &'a State,
    input: &'a Value,
    /// The event of its entry, and its time.
    entered: i64,
    since: DateTime<Utc>,
    retries: u64,
}

/// The way out of a state.
struct Leaving {
    output: Value,
    assigned: Vec<(String, Value)>,
    /// None ends the flow.
    next: Option<String>,
}

impl Run {
    pub(super) fn new(service: Arc<Service>, record: Arc<Record>) -> Self {
        Self { service, record }
    }

    /// Runs the execution to its end, unless it is stopped first.
    pub(super) async fn run(self) {
        let machine = self.record.machine.clone();
        let mut frame = Frame {
            previous: 1,
            ..Frame::default()
        };
        let timeout = machine.definition.timeout_seconds.map(Duration::from_secs);
        let states =
            AssertUnwindSafe(self.flow(&machine.definition.flow, self.record.input.clone(), &mut frame));
        let outcome = tokio::select! {
            biased;
            () = self.record.stopped.cancelled() => return,
            ended = states.catch_unwind() => match ended {
                Ok(Ok(output)) => Outcome::Succeeded(output),
                Ok(Err(Failure { error, cause, .. })) => Outcome::Failed { error, cause },
                Err(_) => Outcome::Failed {
                    error: "States.Runtime".to_owned(),
                    cause: "The interpreter panicked; its log tells where".to_owned(),
                },
            },
            () = elapsed(timeout) => Outcome::TimedOut,
        };
        let previous = frame.previous;
        self.service.finish(&self.record, &outcome, previous);
    }

    fn now(&self) -> DateTime<Utc> {
        self.service.time.now()
    }

    fn log(&self, frame: &mut Frame, kind: &str, event: HistoryEvent) {
        frame.previous = self.record.log(frame.previous, kind, event, self.now());
    }

    /// Runs `flow` and answers with its last state's output.
    fn flow<'a>(
        &'a self,
        flow: &'a Flow,
        mut input: Value,
        frame: &'a mut Frame,
    ) -> BoxFuture<'a, Result<Value, Failure>> {
        async move {
            let mut name = flow.start_at.clone();
            loop {
                tokio::task::yield_now().await;
                let state = flow
                    .states
                    .get(&name)
                    .ok_or_else(|| Failure::runtime(format!("no state '{name}'")))?;
                let leaving = self.visit(state, &input, frame).await?;
                frame.variables.extend(leaving.assigned);
                input = leaving.output;
                match leaving.next {
                    Some(next) => name = next,
                    None => return Ok(input),
                }
            }
        }
        .boxed()
    }

    /// Enters `state`, tries as often as its retriers say, and leaves it.
    async fn visit(&self, state: &State, input: &Value, frame: &mut Frame) -> Result<Leaving, Failure> {
        if self.record.event_count() + 2 >= MOST_EVENTS {
            let cause =
                format!("The execution reached the maximum number of history events ({MOST_EVENTS}).");
            return Err(Failure::runtime(cause));
        }
        let details = StateEnteredEventDetails {
            name: Some(state.name.clone()),
            input: Some(input.to_string()),
            input_details: whole(),
        };
        let event = HistoryEvent {
            state_entered_event_details: Some(details),
            ..HistoryEvent::default()
        };
        self.log(frame, &format!("{}StateEntered", state.kind.name()), event);
        let mut visit = Visit {
            state,
            input,
            entered: frame.previous,
            since: self.now(),
            retries: 0,
        };
        let mut attempts = Attempts::new(&state.retry);
        let leaving = loop {
            match self.attempt(&visit, frame).await {
                Ok(leaving) => break leaving,
                Err(failure) => {
                    self.log_evaluation(&visit, frame, &failure);
                    match attempts.after(&failure, &state.retry) {
                        Some(delay) => self.service.time.sleep(delay).await,
                        None => break self.caught(&visit, frame, failure)?,
                    }
                    visit.retries = attempts.retries();
                }
            }
        };
        self.log_exit(&visit, frame, &leaving);
        Ok(leaving)
    }

    fn log_evaluation(&self, visit: &Visit<'_>, frame: &mut Frame, failure: &Failure) {
        let Some(location) = &failure.location else { return };
        let details = EvaluationFailedEventDetails {
            error: Some(failure.error.clone()),
            cause: Some(failure.cause.clone()),
            location: Some(location.clone()),
            state: Some(visit.state.name.clone()),
        };
        let event = HistoryEvent {
            evaluation_failed_event_details: Some(details),
            ..HistoryEvent::default()
        };
        self.log(frame, "EvaluationFailed", event);
    }

    fn log_exit(&self, visit: &Visit<'_>, frame: &mut Frame, leaving: &Leaving) {
        let assigned = leaving
            .assigned
            .iter()
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect();
        let details = StateExitedEventDetails {
            name: Some(visit.state.name.clone()),
            output: Some(leaving.output.to_string()),
            output_details: whole(),
            assigned_variables: (!leaving.assigned.is_empty()).then_some(assigned),
            assigned_variables_details: None,
        };
        let event = HistoryEvent {
            state_exited_event_details: Some(details),
            ..HistoryEvent::default()
        };
        self.log(frame, &format!("{}StateExited", visit.state.kind.name()), event);
    }

    /// The first catcher that means `failure`, or the failure itself.
    fn caught(&self, visit: &Visit<'_>, frame: &Frame, failure: Failure) -> Result<Leaving, Failure> {
        let found = visit
            .state
            .catch
            .iter()
            .enumerate()
            .find(|(_, it)| failure.is_among(&it.error_equals));
        let Some((i, catcher)) = found else {
            return Err(failure);
        };
        let error = failure.output();
        let scene = Scene {
            error: Some(error.clone()),
            ..self.scene(visit, frame, None)
        };
        let (output, assigned) = scene.exit(&catcher.exit, &format!("Catch[{i}]/"), &error)?;
        Ok(Leaving {
            output: within_limit(visit, output)?,
            assigned,
            next: Some(catcher.next.clone()),
        })
    }

    /// Does once what the state is there for.
    async fn attempt(&self, visit: &Visit<'_>, frame: &mut Frame) -> Result<Leaving, Failure> {
        let result = match &visit.state.kind {
            Kind::Pass | Kind::Succeed => None,
            Kind::Choice { .. } => return self.choose(visit, frame),
            Kind::Fail { error, cause } => {
                let scene = self.scene(visit, frame, None);
                let text = |template: &Option<_>, field| {
                    template.as_ref().map(|it| scene.text(it, field)).transpose()
                };
                let error = text(error, "Error")?.unwrap_or_default();
                return Err(Failure {
                    error,
                    cause: text(cause, "Cause")?.unwrap_or_default(),
                    location: None,
                });
            }
            Kind::Wait(until) => {
                let duration = self.waits(until, &self.scene(visit, frame, None))?;
                self.service.time.sleep(duration).await;
                None
            }
            Kind::Task(task) => Some(self.task(task, visit, frame).await?),
            Kind::Map(map) => Some(self.map(map, visit, frame).await?),
            Kind::Parallel { branches, arguments } => {
                Some(self.parallel(branches, arguments.as_ref(), visit, frame).await?)
            }
        };
        let result = result.map(|it| within_limit(visit, it)).transpose()?;
        let scene = Scene {
            result: result.as_ref(),
            ..self.scene(visit, frame, None)
        };
        let (output, assigned) = scene.exit(&visit.state.exit, "", result.as_ref().unwrap_or(visit.input))?;
        let next = match &visit.state.next {
            Next::State(name) => Some(name.clone()),
            Next::End => None,
        };
        Ok(Leaving {
            output: within_limit(visit, output)?,
            assigned,
            next,
        })
    }

    /// The first rule whose condition is true, or the default.
    fn choose(&self, visit: &Visit<'_>, frame: &Frame) -> Result<Leaving, Failure> {
        let Kind::Choice { rules, default } = &visit.state.kind else {
            return Err(Failure::runtime("not a Choice"));
        };
        let scene = self.scene(visit, frame, None);
        for (i, rule) in rules.iter().enumerate() {
            if scene.truth(&rule.condition, &format!("Choices[{i}]/Condition"))? {
                let (output, assigned) = scene.exit(&rule.exit, &format!("Choices[{i}]/"), visit.input)?;
                return Ok(Leaving {
                    output: within_limit(visit, output)?,
                    assigned,
                    next: Some(rule.next.clone()),
                });
            }
        }
        let Some(default) = default else {
            let cause = format!(
                "No rule of the Choice state '{}' is true, and it has no Default",
                visit.state.name
            );
            return Err(Failure::new("States.NoChoiceMatched", cause));
        };
        let (output, assigned) = scene.exit(&visit.state.exit, "", visit.input)?;
        Ok(Leaving {
            output: within_limit(visit, output)?,
            assigned,
            next: Some(default.clone()),
        })
    }

    fn waits(&self, until: &Until, scene: &Scene<'_>) -> Result<Duration, Failure> {
        match until {
            Until::Seconds(seconds) => Ok(Duration::from_secs(scene.amount(seconds, "Seconds", 0)?)),
            Until::Timestamp(template) => {
                let text = scene.text(template, "Timestamp")?;
                let time = DateTime::parse_from_rfc3339(&text).map_err(|error| {
                    scene.failed(
                        "Timestamp",
                        format!("The Timestamp field '{text}' is no time: {error}"),
                    )
                })?;
                Ok((time.to_utc() - self.now()).to_std().unwrap_or_default())
            }
        }
    }

    fn scene<'a>(&self, visit: &Visit<'a>, frame: &'a Frame, token: Option<&str>) -> Scene<'a> {
        Scene {
            state: &visit.state.name,
            entered: visit.entered,
            now: self.now(),
            variables: &frame.variables,
            input: visit.input,
            result: None,
            error: None,
            context: self.context(visit, frame, token),
        }
    }

    /// `$states.context`.
    fn context(&self, visit: &Visit<'_>, frame: &Frame, token: Option<&str>) -> Value {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let machine = &self.record.machine;
        let mut context = json!({
            "Execution": {
                "Id": self.record.arn,
                "Input": self.record.input,
                "Name": self.record.name,
                "RoleArn": machine.role,
                "StartTime": time(self.record.started),
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": machine.arn, "Name": machine.name},
            "State": {"Name": visit.state.name, "EnteredTime": time(visit.since), "RetryCount": visit.retries},
        });
        if let Some(map) = &frame.map {
            context["Map"] = map.clone();
        }
        if let Some(token) = token {
            context["Task"] = json!({"Token": token});
        }
        context
    }
}

/// Passes after `timeout`, or never.
async fn elapsed(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

fn within_limit(visit: &Visit<'_>, value: Value) -> Result<Value, Failure> {
    if value.to_string().len() <= LARGEST {
        return Ok(value);
    }
    let cause = format!(
        "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
        visit.state.name
    );
    Err(Failure::new("States.DataLimitExceeded", cause))
}
