//! `doppel sql`: one statement on a released clone through the RDS Data API: no bastion, no driver, no password.

mod explain;
mod parameter;
mod show;

use std::io::Read;
use std::time::{Duration, Instant};

use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::config::retry::RetryConfig;
use aws_sdk_rdsdata::config::timeout::TimeoutConfig;
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use domain::request::Principal;
use domain::{CloneRecord, CloneState};
use runtime::aws::{Failed, failed};
use runtime::describe_cluster;

use super::list::owner;
use crate::account::Account;
use crate::args::Sql;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::pick::pick;

pub use parameter::Parameter;
use show::Form;

/// How long a clone that sleeps is waited for, and how often it is asked: AWS says some 15 seconds.
const WAKES_WITHIN: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// How long a call is waited for: the Data API's 45 seconds, and what it takes to say that they are over.
const CALL: Duration = Duration::from_secs(55);

/// The Data API's own limit: longer ones are not sent.
const LONGEST_SQL: usize = 65_536;

/// Where a statement is run.
struct Target {
    cluster: String,
    secret: String,
    database: String,
}

pub async fn run(account: &Account, args: Sql, json: bool) -> Result<(), Stop> {
    let form = match (json, args.csv) {
        (true, true) => return Err(Exit::Usage.with("--json and --csv are two forms: say one")),
        (true, false) => Form::Json,
        (false, true) => Form::Csv,
        (false, false) => Form::Table,
    };
    let sql = statement(&args)?;
    let record = pick(account.records.list_alive().await?, &args.clone.id)?;
    may_run(&record, &account.principal().await?)?;
    let target = target(account, &record).await?;
    let answer = execute(account, &target, &sql, &args.param)
        .await
        .map_err(|error| explain::stop(&record, &error))?;
    let shown = show::of(&answer, form)?;
    eprint!("{}", shown.beside);
    output::text(&shown.text)
}

/// The statement: as an argument, from a file, or from standard input.
fn statement(args: &Sql) -> Result<String, Stop> {
    let sql = match (&args.sql, &args.file) {
        (Some(sql), None) => sql.clone(),
        (None, Some(file)) if file.as_os_str() == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| Exit::Failed.with(format!("{} cannot be read: {error}", file.display())))?,
        _ => return Err(Exit::Usage.with("say one statement: as an argument or with --file")),
    };
    let length = sql.chars().count();
    if length > LONGEST_SQL {
        return Err(Exit::Failed.with(format!(
            "the statement has {length} characters, and the Data API takes {LONGEST_SQL}: send it in smaller parts, or use `doppel connect`"
        )));
    }
    Ok(sql)
}

/// Only a released clone, and only its owner. Whose clone it is that somebody asked for in Slack, the command line
/// cannot tell: IAM does, by the secret's tag.
fn may_run(record: &CloneRecord, me: &Principal) -> Result<(), Stop> {
    if record.state != CloneState::Ready {
        return Err(Exit::Failed.with(format!(
            "{} is {}, so nobody may run statements on it",
            record.id, record.state
        )));
    }
    match &record.principal {
        Principal::Cli(_) if record.principal != *me => Err(Exit::Refused.with(format!(
            "{} belongs to {}; only its owner may run statements on it",
            record.id,
            owner(record)
        ))),
        _ => Ok(()),
    }
}

/// The cluster's and the secret's ARN, by the clone's id: only of the very cluster that was released.
async fn target(account: &Account, record: &CloneRecord) -> Result<Target, Stop> {
    let id = record.id.as_str();
    let missing = |what: &str| Exit::NotFound.with(format!("{id} has no {what} any more"));
    let access = record.access.as_ref().ok_or_else(|| missing("access"))?;
    let rds = aws_sdk_rds::Client::new(&account.aws);
    let cluster = describe_cluster(&rds, id)
        .await?
        .ok_or_else(|| missing("cluster"))?;
    if cluster.db_cluster_resource_id != record.cluster_resource_id {
        return Err(Exit::Failed.with(format!("another cluster has the name {id} now")));
    }
    if cluster.http_endpoint_enabled != Some(true) {
        return Err(Exit::Failed.with(format!(
            "{id} was asked for without `data-api`, so it takes no statements over HTTPS; `doppel connect {id}` does"
        )));
    }
    let secret = account.secrets().arn(&access.secret).await?;
    Ok(Target {
        cluster: cluster.db_cluster_arn.ok_or_else(|| missing("ARN"))?,
        secret: secret.ok_or_else(|| missing("secret"))?,
        database: access.database.clone(),
    })
}

/// A statement may take as long as the Data API allows, and is never sent twice: what it changed would be changed again.
fn client(account: &Account) -> Client {
    let patience = TimeoutConfig::builder()
        .operation_timeout(CALL)
        .operation_attempt_timeout(CALL)
        .read_timeout(CALL);
    let config = aws_sdk_rdsdata::config::Builder::from(&account.aws)
        .timeout_config(patience.build())
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

/// Runs the statement; a clone that sleeps is asked again until it is awake.
async fn execute(
    account: &Account,
    target: &Target,
    sql: &str,
    parameters: &[Parameter],
) -> Result<ExecuteStatementOutput, Failed> {
    let data = client(account);
    let call = data
        .execute_statement()
        .resource_arn(&target.cluster)
        .secret_arn(&target.secret)
        .database(&target.database)
        .sql(sql)
        .include_result_metadata(true);
    let call = parameters
        .iter()
        .fold(call, |call, given| call.parameters(given.to_sql()));
    let begun = Instant::now();
    let mut is_told = false;
    loop {
        match call
            .clone()
            .send()
            .await
            .map_err(failed("ExecuteStatement", &target.cluster))
        {
            Err(error) if error.is(explain::RESUMING) && begun.elapsed() < WAKES_WITHIN => {
                if !std::mem::replace(&mut is_told, true) {
                    eprintln!("the clone sleeps; waking it takes some 15 seconds");
                }
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}
