//! Lambda `release`: opens a verified clone to its owner, one step a call.
//!
//! It believes one thing only: the worker's verdict in the record.

use aws_config::SdkConfig;
use domain::plan::release::{self, Step};
use domain::policy::Source;
use domain::record::Access;
use domain::workflow::{StepAnswer, StepRequest};
use domain::{CloneRecord, CloneState};
use runtime::aws::failed;
use runtime::step::{Next, STEPS_A_CALL, unless_busy};
use runtime::{Bench, Clock, Login, Secrets, StepError, StepSettings};

/// All that this Lambda is told from outside.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// What every step is told.
    #[command(flatten)]
    pub step: StepSettings,
}

/// What this Lambda works with.
#[derive(Clone, Debug)]
pub struct Deps {
    bench: Bench,
    secrets: Secrets,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            secrets: Secrets::new(aws),
        }
    }
}

/// Looks at the clone and takes the next step towards its hand-over: `waiting` until the record says `ready`.
/// Asked again after that, it answers `done` and changes nothing.
///
/// # Errors
/// `Unverified` without a verdict on this very cluster, execution and rules file; `Cancelled` if the record is
/// not this execution's to work on; and whatever makes the clone unusable.
pub async fn handle(deps: &Deps, request: StepRequest) -> Result<StepAnswer, StepError> {
    let bench = &deps.bench;
    let mut record = bench.enter(&request, CloneState::Releasing).await?;
    let source = bench.source(&record).await?;
    for _ in 0..STEPS_A_CALL {
        let observed = runtime::observe(&bench.rds, record.id.as_str(), None).await?;
        let step = release::plan(&record, &source, &observed, bench.clock.now());
        tracing::info!(?step, "release");
        let arn = observed.cluster.map(|cluster| cluster.arn).unwrap_or_default();
        match perform(deps, &record, &source, &arn, step).await? {
            None => return Ok(bench.done(&record.id)),
            Some(Next::Wait) => break,
            Some(Next::Look) => record = bench.own_record(&request).await?,
        }
    }
    Ok(bench.waiting(&record.id))
}

/// Carries out one step; none follows when the clone is handed over.
async fn perform(
    deps: &Deps,
    record: &CloneRecord,
    source: &Source,
    arn: &str,
    step: Step,
) -> Result<Option<Next>, StepError> {
    match step {
        Step::OpenToUsers => open_to_users(&deps.bench, record, source).await.map(Some),
        Step::EnableIamAuth => enable_iam_auth(&deps.bench, record).await.map(Some),
        Step::EnableDataApi => enable_data_api(&deps.bench, arn).await.map(Some),
        Step::HandOver { host, port } => hand_over(deps, record, host, port).await.map(Some),
        Step::Wait => Ok(Some(Next::Wait)),
        Step::Done => Ok(None),
        Step::Fail(failure, why) => Err(StepError::Stopped { failure, why }),
    }
}

async fn open_to_users(bench: &Bench, record: &CloneRecord, source: &Source) -> Result<Next, StepError> {
    let call = bench
        .rds
        .modify_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .vpc_security_group_ids(&source.user_security_group)
        .enable_iam_database_authentication(true)
        .apply_immediately(true);
    Ok(unless_busy(
        call.send().await.map_err(failed("ModifyDBCluster", &record.id)),
    )?)
}

async fn enable_iam_auth(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    let call = bench
        .rds
        .modify_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .enable_iam_database_authentication(true)
        .apply_immediately(true);
    Ok(unless_busy(
        call.send().await.map_err(failed("ModifyDBCluster", &record.id)),
    )?)
}

async fn enable_data_api(bench: &Bench, arn: &str) -> Result<Next, StepError> {
    let call = bench.rds.enable_http_endpoint().resource_arn(arn);
    Ok(unless_busy(
        call.send().await.map_err(failed("EnableHttpEndpoint", arn)),
    )?)
}

/// Completes the user's secret with where the clone is, then writes `ready`, on the very version of the record
/// that the plan saw: a clone that somebody deletes meanwhile is not handed over.
async fn hand_over(deps: &Deps, record: &CloneRecord, host: String, port: u16) -> Result<Next, StepError> {
    let secret = record.id.user_secret();
    let login = deps.secrets.login(&secret).await?;
    let complete = Login {
        host: Some(host.clone()),
        port: Some(port),
        database: Some(record.database.clone()),
        ..login
    };
    deps.secrets.put(&secret, &complete).await?;
    let access = Access {
        host,
        port,
        database: record.database.clone(),
        user: complete.username,
        secret,
    };
    let now = deps.bench.clock.now();
    deps.bench
        .note(record, |record| record.hand_over(access, now))
        .await
}
