//! Map and Parallel: flows within a state, each with variables of its own.

use futures::stream::{self, StreamExt, TryStreamExt};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use winterbaume_sfn::model::{HistoryEvent, MapIterationEventDetails, MapStateStartedEventDetails};

use super::super::asl::{Flow, Map, Template};
use super::failure::Failure;
use super::scene::Scene;
use super::{Frame, Run, Visit};

/// The most iterations of an inline Map at a time.
const MOST_AT_ONCE: u64 = 40;

/// One inner flow: its place, its output, and its last event.
type Ended = Result<(usize, Value, i64), Failure>;

impl Run {
    /// One iteration for each item, in the items' order; the first that fails ends the others.
    pub(super) async fn map(
        &self,
        map: &Map,
        visit: &Visit<'_>,
        frame: &mut Frame,
    ) -> Result<Value, Failure> {
        let scene = self.scene(visit, frame, None);
        let items = match (&map.items, visit.input) {
            (Some(template), _) => scene.array(template, "Items")?,
            (None, Value::Array(items)) => items.clone(),
            (None, other) => {
                return Err(scene.failed(
                    "Items",
                    format!("The state's input is no array of items: {other}"),
                ));
            }
        };
        let at_once = match &map.max_concurrency {
            Some(amount) => scene.amount(amount, "MaxConcurrency", 0)?,
            None => 0,
        };
        let at_once = if at_once == 0 {
            MOST_AT_ONCE
        } else {
            at_once.min(MOST_AT_ONCE)
        };
        let started = MapStateStartedEventDetails {
            length: i32::try_from(items.len()).ok(),
        };
        let event = HistoryEvent {
            map_state_started_event_details: Some(started),
            ..HistoryEvent::default()
        };
        self.log(frame, "MapStateStarted", event);
        let mut iterations: Vec<BoxFuture<'_, Ended>> = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let inner = Frame {
                map: Some(json!({"Item": {"Index": index, "Value": item}})),
                ..frame.clone()
            };
            iterations.push(self.iteration(map, visit, index, item, inner).boxed());
        }
        self.join(iterations, at_once as usize, "Map", frame).await
    }

    async fn iteration(
        &self,
        map: &Map,
        visit: &Visit<'_>,
        index: usize,
        item: Value,
        mut frame: Frame,
    ) -> Ended {
        let event = || {
            let details = Some(MapIterationEventDetails {
                name: Some(visit.state.name.clone()),
                index: i32::try_from(index).ok(),
            });
            (details, HistoryEvent::default())
        };
        let (details, rest) = event();
        let started = HistoryEvent {
            map_iteration_started_event_details: details,
            ..rest
        };
        self.log(&mut frame, "MapIterationStarted", started);
        let output = match self.selected(map, visit, &frame, item) {
            Ok(input) => self.flow(&map.processor, input, &mut frame).await,
            Err(failure) => Err(failure),
        };
        let (details, rest) = event();
        match output {
            Ok(output) => {
                let succeeded = HistoryEvent {
                    map_iteration_succeeded_event_details: details,
                    ..rest
                };
                self.log(&mut frame, "MapIterationSucceeded", succeeded);
                Ok((index, output, frame.previous))
            }
            Err(failure) => {
                let failed = HistoryEvent {
                    map_iteration_failed_event_details: details,
                    ..rest
                };
                self.log(&mut frame, "MapIterationFailed", failed);
                Err(failure)
            }
        }
    }

    /// What an iteration begins with: the item, or what the selector makes of it.
    fn selected(&self, map: &Map, visit: &Visit<'_>, frame: &Frame, item: Value) -> Result<Value, Failure> {
        let Some(selector) = &map.item_selector else {
            return Ok(item);
        };
        self.scene(visit, frame, None).evaluate(selector, "ItemSelector")
    }

    /// All branches at once, each with the same input.
    pub(super) async fn parallel(
        &self,
        branches: &[Flow],
        arguments: Option<&Template>,
        visit: &Visit<'_>,
        frame: &mut Frame,
    ) -> Result<Value, Failure> {
        let scene: Scene<'_> = self.scene(visit, frame, None);
        let input = match arguments {
            Some(template) => scene.evaluate(template, "Arguments")?,
            None => visit.input.clone(),
        };
        self.log(frame, "ParallelStateStarted", HistoryEvent::default());
        let flows = branches.iter().enumerate().map(|(index, branch)| {
            let (mut inner, input) = (frame.clone(), input.clone());
            async move {
                let output = self.flow(branch, input, &mut inner).await?;
                Ok((index, output, inner.previous))
            }
            .boxed()
        });
        let flows: Vec<BoxFuture<'_, Ended>> = flows.collect();
        self.join(flows, branches.len(), "Parallel", frame).await
    }

    /// Runs `flows`, `at_once` at a time, and gives their outputs in order. Dropping the others stops them.
    async fn join(
        &self,
        flows: Vec<BoxFuture<'_, Ended>>,
        at_once: usize,
        kind: &str,
        frame: &mut Frame,
    ) -> Result<Value, Failure> {
        let ended: Result<Vec<_>, Failure> = stream::iter(flows)
            .buffer_unordered(at_once.max(1))
            .try_collect()
            .await;
        match ended {
            Ok(mut ended) => {
                frame.previous = ended.iter().map(|it| it.2).max().unwrap_or(frame.previous);
                ended.sort_by_key(|it| it.0);
                self.log(frame, &format!("{kind}StateSucceeded"), HistoryEvent::default());
                Ok(Value::Array(ended.into_iter().map(|it| it.1).collect()))
            }
            Err(failure) => {
                self.log(frame, &format!("{kind}StateFailed"), HistoryEvent::default());
                Err(failure)
            }
        }
    }
}
