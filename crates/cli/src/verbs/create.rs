//! `doppel create`: writes the request, starts the execution, and waits if asked to.

use std::time::Duration;

use domain::admission::{self, Refusal, Who};
use domain::people::Groups;
use domain::request::{Options, RequestItem, Wish};
use domain::{CloneRecord, CloneState};
use runtime::aws::failed;
use serde_json::json;

use super::show;
use super::wait::{self, Progress};
use crate::account::Account;
use crate::args::Create;
use crate::exit::{Exit, Stop};
use crate::output;

/// How long the first step may take to write the record, before its id is left to `doppel list`.
const RECORD_COMES_WITHIN: Duration = Duration::from_secs(30);

pub async fn run(account: &Account, args: Create, json: bool) -> Result<(), Stop> {
    let mut wish = wish(&args)?;
    let policy = account.policy().await?;
    let (principal, groups) = (account.principal().await?, Groups::default());
    let who = Who {
        principal: &principal,
        channel: None,
        groups: &groups,
    };
    admission::admit(&policy, who, &wish).map_err(refused)?;
    let key = format!("cli-{}", uuid::Uuid::new_v4());
    let item = RequestItem {
        principal,
        channel: None,
        groups,
        wish: wish.clone(),
        step: None,
    };
    account.records.put_request(&item, &key).await?;
    wish.request = Some(key.clone());
    let started = account
        .sfn
        .start_execution()
        .state_machine_arn(account.state_machine()?)
        .name(&key)
        .input(wish.to_input().to_string())
        .send()
        .await
        .map_err(failed("StartExecution", account.state_machine()?))?;
    let arn = started.execution_arn();
    let progress = Progress::start(args.wait && !json);
    let within = if args.wait {
        args.patience.duration()
    } else {
        RECORD_COMES_WITHIN
    };
    let found = tokio::time::timeout(within, until(account, arn, args.wait, &progress)).await;
    progress.clear();
    match found {
        Ok(record) => told(account, record?, args.wait, json),
        Err(_) if args.wait => Err(Exit::TimedOut.with(format!(
            "the clone is not ready after {} minutes; it goes on: `doppel list`",
            args.patience.timeout
        ))),
        Err(_) if json => output::json(&json!({ "execution_arn": arn })),
        Err(_) => output::line(&format!("asked for: {arn}")),
    }
}

fn refused(refusal: Refusal) -> Stop {
    let exit = if matches!(refusal, Refusal::UnknownSource(_)) {
        Exit::NotFound
    } else {
        Exit::Refused
    };
    exit.because(&refusal)
}

fn wish(args: &Create) -> Result<Wish, Stop> {
    let mut wish = Wish {
        options: Options {
            data_api: args.data_api,
            proxy: args.proxy,
        },
        ..Wish::default()
    };
    let source = args.source.iter().map(|source| ("source", source));
    let words = args.words.iter().map(|word| (field_of(word), word));
    for (field, value) in source.chain(words) {
        wish.set(field, value)
            .map_err(|error| Exit::Usage.because(&error))?;
    }
    Ok(wish)
}

/// What a word beside the source is about: a lifetime starts with a digit, a class never does.
fn field_of(word: &str) -> &'static str {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        "lifetime"
    } else {
        "class"
    }
}

/// Waits for the record of an execution, and, if `ready`, until it is handed over.
async fn until(account: &Account, arn: &str, ready: bool, progress: &Progress) -> Result<CloneRecord, Stop> {
    loop {
        let records = account.records.list_all().await?;
        if let Some(record) = records.into_iter().find(|record| record.execution_arn == arn) {
            progress.show(&record);
            let over = matches!(record.state, CloneState::Ready) || !record.state.is_being_set_up();
            if over || !ready {
                return Ok(record);
            }
        } else {
            refused_before_its_record(account, arn).await?;
        }
        wait::a_moment(account).await;
    }
}

/// Fails once the execution has ended and there is no record to tell why.
async fn refused_before_its_record(account: &Account, arn: &str) -> Result<(), Stop> {
    let seen = account.sfn.describe_execution().execution_arn(arn).send().await;
    let seen = seen.map_err(failed("DescribeExecution", arn))?;
    if seen.status().as_str() == "RUNNING" {
        return Ok(());
    }
    let name = seen.error().unwrap_or(seen.status().as_str());
    let exit = name.parse().map_or(Exit::Failed, Exit::of);
    Err(exit.with(format!("no clone was made: {}", seen.cause().unwrap_or(name))))
}

fn told(account: &Account, record: CloneRecord, waited: bool, json: bool) -> Result<(), Stop> {
    if let Some(failed) = &record.failure {
        let words = failed.failure.words();
        return Err(Exit::of(failed.failure).with(format!(
            "{} failed in its step {}: {words}: {}",
            record.id, failed.step, failed.cause
        )));
    }
    if waited && record.state != CloneState::Ready {
        return Err(Exit::Failed.with(format!(
            "{} is {} before it was handed over",
            record.id, record.state
        )));
    }
    if json {
        return output::json(&show::as_json(&record, account.clock.now()));
    }
    if waited {
        return output::text(&show::as_text(&record, account.clock.now()));
    }
    eprintln!("`doppel show {}` tells how far it is", record.id);
    output::line(record.id.as_str())
}
