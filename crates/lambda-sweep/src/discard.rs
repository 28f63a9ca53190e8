//! The clone of a masking that broke off: its cluster goes, its record stays, and the workflow begins with a fresh one.

use domain::plan::discard::{self, Step};
use domain::plan::sweep;
use domain::workflow::{Caught, ExecutionRef, SweepAnswer};
use domain::{CloneId, CloneRecord, Policy};
use runtime::StepError;

use crate::abandon::find;
use crate::perform::{Next, perform, words};
use crate::{Deps, Outcome, answer};

/// More than one call can take before it must wait.
const STEPS: usize = 8;

/// Takes the steps that are due towards a fresh start. The answer says `again` once the next try has begun, and
/// `waiting` while the cluster is on its way out; with neither, there is no next try.
pub(crate) async fn discard(
    deps: &Deps,
    id: Option<&CloneId>,
    execution: &ExecutionRef,
    caught: &Caught,
) -> Result<SweepAnswer, StepError> {
    let policy = deps.bench.config.policy().await?;
    let mut outcome = Outcome::default();
    let mut again = false;
    let mut clone_id = None;
    for _ in 0..STEPS {
        let Some(record) = find(deps, id, execution).await? else {
            break;
        };
        clone_id = Some(record.id.clone());
        let observed = runtime::observe(&deps.bench.rds, record.id.as_str(), None).await?;
        let step = discard::plan(&record, &policy, &observed, deps.bench.clock.now());
        tracing::info!(clone.id = %record.id, attempt = record.attempt, ?step, "discard");
        outcome.waiting = false;
        match step {
            Step::Again => again = true,
            Step::GiveUp => {}
            step => match take(deps, &policy, &record, &step, caught, &mut outcome).await? {
                Next::Look => {
                    outcome.waiting = true;
                    continue;
                }
                Next::Wait => outcome.waiting = true,
                Next::Nothing => {}
            },
        }
        break;
    }
    Ok(SweepAnswer {
        clone_id,
        again,
        ..answer(deps, outcome)
    })
}

/// Carries out one step.
async fn take(
    deps: &Deps,
    policy: &Policy,
    record: &CloneRecord,
    step: &Step,
    caught: &Caught,
    outcome: &mut Outcome,
) -> Result<Next, StepError> {
    let now = deps.bench.clock.now();
    let bench = &deps.bench;
    Ok(match step {
        Step::BreakOff => bench
            .note(record, |record| record.discard(caught.words(), now))
            .await?
            .into(),
        Step::StartOver => bench.note(record, |record| record.start_over(now)).await?.into(),
        Step::Remove(sweep::Step::Alarm(alarm)) => {
            outcome.alarms.push(alarm.clone());
            Next::Nothing
        }
        Step::Remove(step) => {
            if let Some(words) = words(step) {
                outcome.done.push(format!("{}: {words}", record.id));
            }
            perform(deps, policy, record, step).await?
        }
        Step::Again | Step::GiveUp => Next::Nothing,
    })
}
