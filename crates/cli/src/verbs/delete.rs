//! `doppel delete`: claims the clone, stops its execution, and has it swept.

use domain::record::DeleteReason;
use domain::workflow::SweepRequest;
use domain::{CloneRecord, CloneState};
use runtime::Decision;
use runtime::audit::{Decided, Line, via};
use runtime::aws::failed;

use super::{show, sweep, wait};
use crate::account::Account;
use crate::args::Patience;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::pick::pick;

pub async fn run(account: &Account, id: &str, wait: Option<Patience>, json: bool) -> Result<(), Stop> {
    let found = pick(account.records.list_alive().await?, id)?;
    let principal = account.principal().await?;
    let mut was_going = false;
    let mut record = account
        .records
        .update(&found.id, |record| {
            was_going = matches!(record.state, CloneState::Deleting | CloneState::Deleted);
            if was_going {
                return Decision::Keep;
            }
            record.claim_deletion(DeleteReason::Asked(principal.clone()), account.clock.now());
            Decision::Write
        })
        .await?;
    if !was_going {
        let line = Line::about(&record, Some(&principal), via(&principal, None));
        line.say(Decided::Deleted, "it was asked for");
    }
    stop_execution(account, &record).await?;
    let request = SweepRequest {
        clone_id: Some(record.id.clone()),
        ..SweepRequest::default()
    };
    sweep::start(account, &request).await?;
    if let Some(patience) = wait {
        record = tokio::time::timeout(patience.duration(), until_deleted(account, &record))
            .await
            .map_err(|_| {
                Exit::TimedOut.with(format!("{} is not gone yet; its deletion goes on", record.id))
            })??;
    }
    if json {
        return output::json(&show::as_json(&record, account.clock.now()));
    }
    output::line(&format!("{} is {}", record.id, record.state))
}

/// The execution reads the record before each step and would stop by itself; this makes it stop at once.
async fn stop_execution(account: &Account, record: &CloneRecord) -> Result<(), Stop> {
    let stopped = account.sfn.stop_execution().execution_arn(&record.execution_arn);
    match stopped.cause("the clone is being deleted").send().await {
        Ok(_) => Ok(()),
        Err(error) => {
            let error = failed("StopExecution", &record.execution_arn)(error);
            if error.is("ExecutionDoesNotExist") {
                Ok(())
            } else {
                Err(error.into())
            }
        }
    }
}

async fn until_deleted(account: &Account, record: &CloneRecord) -> Result<CloneRecord, Stop> {
    loop {
        let seen = account.records.get(&record.id).await?;
        match seen {
            Some(seen) if seen.state == CloneState::Deleted => return Ok(seen),
            Some(_) => wait::a_moment(account).await,
            None => return Err(Exit::NotFound.with(format!("the record of {} is gone", record.id))),
        }
    }
}
