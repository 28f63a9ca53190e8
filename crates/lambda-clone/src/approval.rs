//! The wait for an approver's word.

use domain::plan::clone::Step;
use domain::record::{Answer, TaskToken};
use domain::request::Principal;
use domain::workflow::{StepAnswer, StepRequest};
use domain::{CloneRecord, CloneState, Failure};
use runtime::audit::{Decided, Line, via};
use runtime::{Decision, RecordsError, StepError};

use crate::{Deps, Error};

/// Notes the token of the task that waits, in place of an attempt's that is over; only then does the clone's message
/// ask the approvers. If there is nothing to wait for any more, the task is over at once.
///
/// # Errors
/// [`StepError::Cancelled`] unless the record is this execution's and alive.
pub(crate) async fn wait(deps: &Deps, request: &StepRequest, token: &TaskToken) -> Result<StepAnswer, Error> {
    let bench = &deps.bench;
    let record = bench.own_record(request).await?;
    let mut waits = false;
    let noted = bench.records.update(&record.id, |record| {
        let is_own = record.execution_arn == request.execution.arn;
        waits = is_own && record.wait_with(token.clone());
        if waits { Decision::Write } else { Decision::Keep }
    });
    match noted.await {
        Ok(_) if waits => {}
        Ok(record) if record.is_cancelled() => return Err(StepError::Cancelled(record.id).into()),
        Ok(record) => runtime::approval::wake(&deps.sfn, &record.id, token).await?,
        Err(RecordsError::Missing(id)) => return Err(StepError::Cancelled(id).into()),
        Err(error) => return Err(error.into()),
    }
    Ok(bench.done(&record.id))
}

/// Says what came of the wait where nobody else does: that its time is over, and what was said on the command line,
/// whose own log is read by nobody.
pub(crate) fn audit(record: &CloneRecord, step: &Step) {
    let Some(approval) = record
        .approval
        .as_ref()
        .filter(|_| record.state == CloneState::Awaiting)
    else {
        return;
    };
    if matches!(step, Step::Fail(Failure::Unanswered, _)) {
        return Line::about(record, None, "state machine").say(Decided::TimedOut, &approval.why);
    }
    let of_command_line = |by: &Principal| matches!(by, Principal::Cli(_));
    let Some(answered) = approval
        .answer
        .as_ref()
        .filter(|answered| of_command_line(&answered.by))
    else {
        return;
    };
    let line = Line::about(record, Some(&answered.by), via(&answered.by, None));
    match &answered.answer {
        Answer::Approved => line.say(Decided::Approved, &approval.why),
        Answer::Denied(reason) => line.say(Decided::Denied, reason),
    }
}
