//! One clone: look, ask the plan, carry out, until it must be waited for.

use domain::plan::sweep::{self, Step, Surroundings};
use domain::{CloneRecord, CloneState, Failure, Policy};
use runtime::aws::failed;
use runtime::{AsFailure, StepError, chain};

use crate::perform::{Next, perform, words};
use crate::{Deps, Mode, Outcome};

/// More than any clone needs from its claim to the deletion of its cluster.
const STEPS: usize = 12;

/// Takes the steps that are due for one clone. What goes wrong is an alarm, never an error: the others go on.
pub(crate) async fn sweep(deps: &Deps, policy: &Policy, record: CloneRecord, mode: Mode) -> Outcome {
    let id = record.id.clone();
    let mut outcome = Outcome::default();
    if let Err(error) = steps(deps, policy, record, mode, &mut outcome).await {
        // What goes away by itself is asked again soon; the rest waits for the next sweep.
        outcome.waiting = error.failure() == Failure::Transient;
        outcome.alarms.push(format!("{id}: {}", chain(&error)));
    }
    outcome
}

async fn steps(
    deps: &Deps,
    policy: &Policy,
    mut record: CloneRecord,
    mode: Mode,
    outcome: &mut Outcome,
) -> Result<(), StepError> {
    for _ in 0..STEPS {
        let observed = runtime::observe(&deps.bench.rds, record.id.as_str(), None).await?;
        let around = surroundings(deps, &record, mode).await?;
        let now = deps.bench.clock.now();
        let step = sweep::plan(&record, policy, &observed, &around, now);
        tracing::info!(clone.id = %record.id, ?step, "sweep");
        if let Step::Alarm(alarm) = step {
            outcome.alarms.push(alarm);
            return Ok(());
        }
        if let Some(words) = words(&step) {
            outcome.done.push(format!("{}: {words}", record.id));
        }
        if mode == Mode::DryRun {
            return Ok(());
        }
        match perform(deps, policy, &record, &step).await? {
            Next::Look => {}
            Next::Wait => break,
            Next::Nothing => return Ok(()),
        }
        match deps.bench.records.get(&record.id).await? {
            Some(there) => record = there,
            None => return Ok(()),
        }
    }
    outcome.waiting = deps
        .bench
        .records
        .get(&record.id)
        .await?
        .is_some_and(|record| matches!(record.state, CloneState::Deleting | CloneState::Failed));
    Ok(())
}

/// What the plan must know beside RDS, as far as it matters in the record's state.
async fn surroundings(deps: &Deps, record: &CloneRecord, mode: Mode) -> Result<Surroundings, StepError> {
    let execution_runs = match (mode, record.state) {
        (Mode::Abandon, _) => Some(false),
        // It has given up, or it is just being abandoned: no step of it works on a failed record any more.
        _ if record.failure.is_some() => Some(false),
        (_, CloneState::Ready | CloneState::Deleted) => None,
        _ => execution_runs(deps, record).await?,
    };
    let mut secrets = Vec::new();
    if record.state == CloneState::Deleting {
        for name in [record.id.master_secret(), record.id.user_secret()] {
            if deps.secrets.arn(&name).await?.is_some() {
                secrets.push(name);
            }
        }
    }
    let proxy = match record.options.proxy && record.state == CloneState::Deleting {
        true => runtime::observe_proxy(&deps.bench.rds, record.id.as_str()).await?,
        false => None,
    };
    Ok(Surroundings {
        execution_runs,
        secrets,
        proxy,
    })
}

/// Whether the clone's execution still runs; none when AWS's word for it is not understood.
async fn execution_runs(deps: &Deps, record: &CloneRecord) -> Result<Option<bool>, StepError> {
    use aws_sdk_sfn::types::ExecutionStatus as S;
    let call = deps
        .sfn
        .describe_execution()
        .execution_arn(&record.execution_arn)
        .send()
        .await;
    match call.map_err(failed("DescribeExecution", &record.execution_arn)) {
        Ok(execution) => Ok(match execution.status {
            S::Running | S::PendingRedrive => Some(true),
            S::Succeeded | S::Failed | S::TimedOut | S::Aborted => Some(false),
            _ => None,
        }),
        Err(error) if error.is("ExecutionDoesNotExist") => Ok(Some(false)),
        Err(error) => Err(error.into()),
    }
}
