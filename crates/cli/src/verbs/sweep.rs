//! `doppel sweep`: the hourly sweep, now.

use domain::workflow::{SweepAnswer, SweepRequest};
use runtime::aws::failed;

use super::wait;
use crate::account::Account;
use crate::args::Patience;
use crate::exit::{Exit, Stop};
use crate::output;

pub async fn run(account: &Account, dry_run: bool, patience: &Patience, json: bool) -> Result<(), Stop> {
    let arn = start(
        account,
        &SweepRequest {
            dry_run,
            ..SweepRequest::default()
        },
    )
    .await?;
    let output = tokio::time::timeout(patience.duration(), until_over(account, &arn))
        .await
        .map_err(|_| Exit::TimedOut.with("the sweep is not over yet; it goes on"))??;
    let answer: SweepAnswer = serde_json::from_str(&output)
        .map_err(|error| Exit::Failed.with(format!("the sweep's answer cannot be read: {error}")))?;
    if json {
        return output::json(&answer);
    }
    let alarms = answer.alarms.iter().map(|line| format!("look at this: {line}"));
    let lines: Vec<_> = answer.done.iter().cloned().chain(alarms).collect();
    match lines.is_empty() {
        true => output::line("there is nothing to sweep"),
        false => output::line(&lines.join("\n")),
    }
}

/// Starts the sweep's state machine; answers the execution's ARN.
pub async fn start(account: &Account, request: &SweepRequest) -> Result<String, Stop> {
    let machine = account.sweep_machine()?;
    let input = serde_json::to_string(request)?;
    let started = account
        .sfn
        .start_execution()
        .state_machine_arn(machine)
        .input(input)
        .send()
        .await;
    Ok(started.map_err(failed("StartExecution", machine))?.execution_arn)
}

async fn until_over(account: &Account, arn: &str) -> Result<String, Stop> {
    loop {
        let seen = account.sfn.describe_execution().execution_arn(arn).send().await;
        let seen = seen.map_err(failed("DescribeExecution", arn))?;
        match seen.status().as_str() {
            "RUNNING" => wait::a_moment(account).await,
            "SUCCEEDED" => return Ok(seen.output().unwrap_or("{}").to_owned()),
            status => {
                let cause = seen.cause().or(seen.error()).unwrap_or("no cause was given");
                return Err(Exit::Failed.with(format!("the sweep ended as {status}: {cause}")));
            }
        }
    }
}
