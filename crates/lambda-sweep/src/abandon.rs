//! The end of a clone whose execution has failed: note why, then delete it.

use domain::workflow::{Caught, ExecutionRef, Status, SweepAnswer};
use domain::{CloneId, CloneRecord};
use runtime::{Decision, StepError};

use crate::{Deps, Mode, answer, one};

/// Abandons the clone of an execution that failed. A clone that was handed over after all stays: the answer says
/// `released`. Without a record there is nothing to abandon.
pub(crate) async fn abandon(
    deps: &Deps,
    id: Option<&CloneId>,
    execution: &ExecutionRef,
    caught: &Caught,
) -> Result<SweepAnswer, StepError> {
    let Some(record) = find(deps, id, execution).await? else {
        return Ok(SweepAnswer {
            status: Some(Status::Done),
            ..SweepAnswer::default()
        });
    };
    let at = deps.bench.clock.now();
    let record = deps
        .bench
        .records
        .update(&record.id, |record| {
            if record.ready_at.is_some() || !record.state.is_being_set_up() {
                return Decision::Keep;
            }
            let failed = record.explain(caught, at);
            record.fail(failed);
            Decision::Write
        })
        .await?;
    let clone_id = Some(record.id.clone());
    if record.ready_at.is_some() {
        return Ok(SweepAnswer {
            status: Some(Status::Done),
            released: true,
            clone_id,
            ..SweepAnswer::default()
        });
    }
    let policy = deps.bench.config.policy().await?;
    let outcome = one::sweep(deps, &policy, record, Mode::Abandon).await;
    Ok(SweepAnswer {
        clone_id,
        ..answer(deps, outcome)
    })
}

/// The record of this execution's clone. The first step may have failed before it could name it.
pub(crate) async fn find(
    deps: &Deps,
    id: Option<&CloneId>,
    execution: &ExecutionRef,
) -> Result<Option<CloneRecord>, StepError> {
    let records = match id {
        Some(id) => deps.bench.records.get(id).await?.into_iter().collect(),
        None => deps.bench.records.list_all().await?,
    };
    Ok(records
        .into_iter()
        .find(|record| record.execution_arn == execution.arn))
}
