//! ECS: a task is an async function registered in Rust, with a task's statuses, exit code and end.

mod api;
mod definition;
mod life;
mod shape;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use winterbaume_ecs::model::{ContainerDefinition, Task, TaskDefinition};

use crate::Time;
use crate::place::Place;
use crate::work::Work;

pub(crate) use shape::{camel_case, states_object, succeeded};

const SERVICE: &str = "ecs";

/// What a task's program is told.
#[derive(Clone, Debug)]
pub struct TaskRun {
    /// The task's ARN.
    pub task_arn: String,
    /// The container that the program is.
    pub container: String,
    /// Its command: the override's, or the task definition's.
    pub command: Vec<String>,
    /// Its environment: the task definition's, then the override's.
    pub environment: BTreeMap<String, String>,
    /// Cancelled when the task is to stop (SIGTERM); 30 s later the program is dropped (SIGKILL).
    pub stop: CancellationToken,
}

/// A registered program: its answer is the exit code.
type Program = Arc<dyn Fn(TaskRun) -> BoxFuture<'static, i32> + Send + Sync>;

/// ECS. A clone is another handle on the same tasks. Any cluster name is accepted.
#[derive(Clone)]
pub(crate) struct Ecs {
    place: Place,
    time: Time,
    work: Work,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    programs: HashMap<String, Program>,
    definitions: BTreeMap<String, Vec<TaskDefinition>>,
    tasks: BTreeMap<String, Running>,
    tokens: HashMap<String, Vec<String>>,
}

/// A task that was started, and remains visible for an hour after its end.
struct Running {
    task: Task,
    stop: CancellationToken,
    /// Cancelled when the machine below it dies.
    kill: CancellationToken,
    ended: CancellationToken,
}

/// Why ECS refuses a call.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refused {
    fn parameter(message: impl Into<String>) -> Self {
        Self {
            code: "InvalidParameterException",
            message: message.into(),
        }
    }

    fn client(message: impl Into<String>) -> Self {
        Self {
            code: "ClientException",
            message: message.into(),
        }
    }
}

impl Ecs {
    pub(crate) fn new(time: Time, place: Place, work: Work) -> Self {
        Self {
            place,
            time,
            work,
            state: Arc::default(),
        }
    }

    /// Registers the program of a family. A family without a task definition gets one, whose one container is
    /// called as the family.
    pub(crate) fn register<F, Fut>(&self, family: &str, handler: F)
    where
        F: Fn(TaskRun) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = i32> + Send + 'static,
    {
        let mut state = self.lock();
        state
            .programs
            .insert(family.to_owned(), Arc::new(move |run| Box::pin(handler(run))));
        if !state.definitions.contains_key(family) {
            let container = ContainerDefinition {
                name: Some(family.to_owned()),
                ..Default::default()
            };
            let definition = TaskDefinition {
                family: Some(family.to_owned()),
                container_definitions: Some(vec![container]),
                ..Default::default()
            };
            self.add_definition(&mut state, definition);
        }
    }

    /// Forgets all programs.
    pub(crate) fn clear(&self) {
        self.lock().programs.clear();
    }

    /// Drops the programs of all tasks that run, in the middle of whatever they do: no signal, no clean-up. Says how
    /// many there were.
    pub(crate) fn kill_all(&self) -> usize {
        let state = self.lock();
        let runs = |task: &Task| task.last_status.as_deref() == Some("RUNNING");
        let running = state.tasks.values().filter(|running| runs(&running.task));
        running.inspect(|running| running.kill.cancel()).count()
    }

    /// The token that is cancelled at the task's end, and the task as it is now.
    pub(crate) fn watch(&self, arn: &str) -> Option<(CancellationToken, Task)> {
        self.lock()
            .tasks
            .get(arn)
            .map(|running| (running.ended.clone(), running.task.clone()))
    }

    fn update(&self, arn: &str, change: impl FnOnce(&mut Task)) {
        if let Some(running) = self.lock().tasks.get_mut(arn) {
            change(&mut running.task);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A timestamp as ECS writes it.
fn seconds(at: DateTime<Utc>) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 fit into 53 bits for 285,000 years"
    )]
    let milliseconds = at.timestamp_millis() as f64;
    milliseconds / 1000.0
}
