//! The step of a Slack workflow that waits for a clone is told what came of it, once.

use domain::CloneRecord;
use runtime::Decision;

use crate::{Deps, Error};

/// Tells the step if there is something to tell. What it was told is noted in the record; told twice, because the
/// note was lost, Slack answers that the step is over, which is as good.
pub(crate) async fn tell(deps: &Deps, clone: &CloneRecord) -> Result<(), Error> {
    let Some(step) = clone.step.as_ref().filter(|step| step.told_at.is_none()) else {
        return Ok(());
    };
    let Some(outcome) = slack::step::outcome(clone) else {
        return Ok(());
    };
    deps.slack.complete_step(&step.execution, &outcome).await?;
    let now = deps.clock.now();
    deps.records
        .update(&clone.id, |record| match &mut record.step {
            Some(step) if step.told_at.is_none() => {
                step.told_at = Some(now);
                Decision::Write
            }
            _ => Decision::Keep,
        })
        .await?;
    Ok(())
}
