//! An approver's word: noted in the record first, then the state machine is woken up.

use aws_sdk_sfn::Client;
use chrono::{DateTime, Utc};
use domain::record::{Answer, NoAnswer, TaskToken};
use domain::request::Principal;
use domain::{CloneId, CloneRecord, CloneState};

use crate::aws::{Failed, failed};
use crate::{Decision, Records, RecordsError, chain};

/// What the state machine is woken up with: nothing, for it reads the record.
const NOTHING: &str = "{}";

/// What a token's task can be that needs no waking: answered, timed out, or of an execution that is over.
const OVER: [&str; 3] = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];

/// Wakes up the state machine that waits with this token. A wait that is over needs no waking.
///
/// # Errors
/// When Step Functions could not be told.
pub async fn wake(sfn: &Client, id: &CloneId, token: &TaskToken) -> Result<(), Failed> {
    let call = sfn.send_task_success().task_token(token.expose()).output(NOTHING);
    match call.send().await.map_err(failed("SendTaskSuccess", id)) {
        Err(error) if !OVER.iter().any(|code| error.is(code)) => Err(error),
        _ => Ok(()),
    }
}

/// Notes an approver's answer, unless there is one, and wakes the state machine up, also when somebody answered before:
/// their call may have been lost. A call that fails is logged; the hourly sweep makes it again. Whether `by` may answer
/// is the caller's to ask.
///
/// # Errors
/// When the record could not be read or written. The inner result says whether the answer counts.
pub async fn answer(
    records: &Records,
    sfn: &Client,
    id: &CloneId,
    (answer, by): (Answer, &Principal),
    now: DateTime<Utc>,
) -> Result<(CloneRecord, Result<(), NoAnswer>), RecordsError> {
    let mut counts = Ok(());
    let clone = records
        .update(id, |clone| {
            counts = clone.answer(answer.clone(), by.clone(), now);
            if counts.is_ok() {
                Decision::Write
            } else {
                Decision::Keep
            }
        })
        .await?;
    let approval = clone.approval.as_ref().filter(|asked| asked.answer.is_some());
    if clone.state == CloneState::Awaiting
        && let Some(token) = approval.and_then(|asked| asked.token.as_ref())
        && let Err(error) = wake(sfn, id, token).await
    {
        tracing::error!(clone.id = %id, "the sweep will wake its state machine: {}", chain(&error));
    }
    Ok((clone, counts))
}
