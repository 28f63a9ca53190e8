//! Lambda `sweep`: warns, deletes and confirms, and abandons what failed.
//!
//! Asked with nothing, it looks at every clone and then for what should not be there at all. Asked for one
//! clone, or for the clone of an execution that ended or gave up, it looks at that one alone. It is asked again
//! until nothing is being deleted any more. Asked to start over, it removes the cluster of a masking that broke off,
//! and leaves the record for a fresh one. Nothing is deleted that is not proven doppel's; the rest is an alarm.

mod abandon;
mod alarms;
mod discard;
mod one;
mod perform;

use aws_config::SdkConfig;
use domain::workflow::{Status, SweepAnswer, SweepRequest};
use domain::{CloneRecord, Policy};
use futures::StreamExt;
use runtime::{Bench, Clock, Secrets, StepError, StepSettings};

pub use alarms::Found;

/// Clones that are looked at side by side.
const AT_A_TIME: usize = 8;

/// All that this Lambda is told from outside.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// What every step is told.
    #[command(flatten)]
    pub step: StepSettings,
}

/// What this Lambda works with.
#[derive(Clone, Debug)]
pub struct Deps {
    bench: Bench,
    secrets: Secrets,
    sfn: aws_sdk_sfn::Client,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            secrets: Secrets::new(aws),
            sfn: aws_sdk_sfn::Client::new(aws),
        }
    }
}

/// How a clone is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Take every step that is due.
    Work,
    /// The same, on behalf of the clone's own execution, which has given up and must not stop itself.
    Abandon,
    /// Say what the next step would be, and do nothing.
    DryRun,
}

/// What came of looking at one clone, or of everything.
#[derive(Clone, Debug, Default)]
struct Outcome {
    done: Vec<String>,
    alarms: Vec<String>,
    /// Whether something is still being deleted, so that it is worth asking again soon.
    waiting: bool,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.alarms.extend(other.alarms);
        self.waiting |= other.waiting;
    }
}

/// Sweeps what the request is about, and answers `waiting` while any of it is still being deleted. A clone whose
/// deletion fails never stops the others: it is among the alarms, and the next sweep tries again.
///
/// # Errors
/// Only when it could not begin: the policy or the table cannot be read.
pub async fn handle(deps: &Deps, request: SweepRequest) -> Result<SweepAnswer, StepError> {
    let mode = if request.dry_run { Mode::DryRun } else { Mode::Work };
    if let (Some(execution), Some(caught)) = (&request.execution, &request.caught) {
        let id = request.clone_id.as_ref();
        return if request.start_over {
            discard::discard(deps, id, execution, caught).await
        } else {
            abandon::abandon(deps, id, execution, caught).await
        };
    }
    let policy = deps.bench.config.policy().await?;
    let outcome = match (&request.clone_id, &request.ended_execution) {
        (Some(id), _) => {
            let record = deps.bench.records.get(id).await?;
            all(deps, &policy, record.into_iter().collect(), mode).await
        }
        (None, Some(execution)) => {
            let records = deps.bench.records.list_alive().await?;
            let own = records
                .into_iter()
                .filter(|record| record.execution_arn == *execution)
                .collect();
            all(deps, &policy, own, mode).await
        }
        (None, None) => everything(deps, &policy, mode).await?,
    };
    Ok(answer(deps, outcome))
}

/// Every clone, and whatever else there is that a person should look at.
async fn everything(deps: &Deps, policy: &Policy, mode: Mode) -> Result<Outcome, StepError> {
    let listed = deps.bench.records.scan().await?;
    let mut outcome = Outcome::default();
    outcome.alarms.extend(
        listed
            .unreadable
            .iter()
            .map(|key| format!("the record `{key}` cannot be read")),
    );
    slots(policy, &listed.records);
    let found = alarms::find(deps, policy, &listed).await;
    outcome.alarms.extend(found.0);
    let alive = listed
        .records
        .into_iter()
        .filter(|record| record.state.is_alive())
        .collect();
    outcome.add(all(deps, policy, alive, mode).await);
    Ok(outcome)
}

/// Says how many of each source's slots are taken; an alarm listens to `slots_used_percent`.
fn slots(policy: &Policy, records: &[CloneRecord]) {
    for (name, source) in &policy.sources {
        let of_source = |record: &&CloneRecord| record.holds_slot && record.source_cluster == source.cluster;
        let used = records.iter().filter(of_source).count();
        let slots_used_percent = used * 100 / (source.slots as usize).max(1);
        tracing::info!(source = %name, used, slots = source.slots, slots_used_percent, "slots");
    }
}

/// Several clones, side by side.
async fn all(deps: &Deps, policy: &Policy, records: Vec<CloneRecord>, mode: Mode) -> Outcome {
    futures::stream::iter(records)
        .map(|record| one::sweep(deps, policy, record, mode))
        .buffer_unordered(AT_A_TIME)
        .fold(Outcome::default(), async |mut outcome, other| {
            outcome.add(other);
            outcome
        })
        .await
}

fn answer(deps: &Deps, outcome: Outcome) -> SweepAnswer {
    for alarm in &outcome.alarms {
        tracing::warn!(alarm);
    }
    SweepAnswer {
        status: Some(if outcome.waiting {
            Status::Waiting
        } else {
            Status::Done
        }),
        wait_seconds: deps.bench.poll_seconds(),
        done: outcome.done,
        alarms: outcome.alarms,
        ..SweepAnswer::default()
    }
}
