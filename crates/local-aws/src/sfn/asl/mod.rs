//! A state machine's definition, read and checked: what is here can run.

mod graph;
mod node;
mod query;
mod read;
mod recover;
mod state;
mod template;
mod work;

use std::collections::BTreeMap;

pub(super) use query::Query;
pub(super) use read::read;
pub(super) use template::Template;

/// Something wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// AWS's own code for this kind of mistake.
    pub(super) code: &'static str,
    /// What is wrong and what would be right.
    pub(super) message: String,
    /// Where, as a path such as `/States/Clone/Next`; none if it concerns the whole machine.
    pub(super) location: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.location {
            Some(location) => write!(f, " at {location}"),
            None => Ok(()),
        }
    }
}

/// A whole state machine.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) flow: Flow,
    /// After so many seconds an execution is over.
    pub(super) timeout_seconds: Option<u64>,
}

/// States that lead to one another: the machine itself, a Map's processor or a Parallel's branch.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) start_at: String,
    pub(super) states: BTreeMap<String, State>,
}

/// One state: what it does, and how it is left.
#[derive(Debug)]
pub(super) struct State {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) exit: Exit,
    /// Where it leads; a Choice's rules and a Fail say so themselves.
    pub(super) next: Next,
    pub(super) retry: Vec<Retrier>,
    pub(super) catch: Vec<Catcher>,
}

/// What becomes of a state's result.
#[derive(Debug, Default)]
pub(super) struct Exit {
    pub(super) assign: Vec<(String, Template)>,
    pub(super) output: Option<Template>,
}

/// The way out of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    State(String),
    End,
}

/// What a state does.
#[derive(Debug)]
pub(super) enum Kind {
    Task(Task),
    Choice {
        rules: Vec<Rule>,
        default: Option<String>,
    },
    Wait(Until),
    Map(Map),
    Parallel {
        branches: Vec<Flow>,
        arguments: Option<Template>,
    },
    Pass,
    Succeed,
    Fail {
        error: Option<Template>,
        cause: Option<Template>,
    },
}

impl Kind {
    /// The name that the definition and the history's events give it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Task(_) => "Task",
            Self::Choice { .. } => "Choice",
            Self::Wait(_) => "Wait",
            Self::Map(_) => "Map",
            Self::Parallel { .. } => "Parallel",
            Self::Pass => "Pass",
            Self::Succeed => "Succeed",
            Self::Fail { .. } => "Fail",
        }
    }
}

/// Work that something else does.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) resource: Resource,
    pub(super) arguments: Option<Template>,
    pub(super) timeout_seconds: Option<Amount>,
    pub(super) heartbeat_seconds: Option<Amount>,
}

/// Who does a Task's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// `arn:aws:states:::lambda:invoke`, `token` with `.waitForTaskToken`.
    LambdaInvoke { token: bool },
    /// A Lambda function by its own ARN.
    Function(String),
    /// `arn:aws:states:::ecs:runTask.sync`.
    RunTaskSync,
}

/// A number in the definition, or an expression that gives it.
#[derive(Clone, Debug)]
pub(super) enum Amount {
    Fixed(u64),
    Query(Query),
}

/// One arm of a Choice.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) condition: Template,
    pub(super) next: String,
    pub(super) exit: Exit,
}

/// How long a Wait waits.
#[derive(Debug)]
pub(super) enum Until {
    Seconds(Amount),
    Timestamp(Template),
}

/// One flow for each item.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) items: Option<Template>,
    pub(super) item_selector: Option<Template>,
    pub(super) processor: Flow,
    pub(super) max_concurrency: Option<Amount>,
}

/// When and how often to try again.
#[derive(Debug)]
pub(super) struct Retrier {
    pub(super) error_equals: Vec<String>,
    pub(super) interval_seconds: u64,
    pub(super) max_attempts: u64,
    pub(super) backoff_rate: f64,
    pub(super) max_delay_seconds: Option<u64>,
    /// `JitterStrategy: FULL`: any time between nothing and the whole interval.
    pub(super) jitter: bool,
}

/// Where to go on when all else failed.
#[derive(Debug)]
pub(super) struct Catcher {
    pub(super) error_equals: Vec<String>,
    pub(super) next: String,
    pub(super) exit: Exit,
}
