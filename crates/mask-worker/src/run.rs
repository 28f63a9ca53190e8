//! The task as ECS starts it: the record, the secrets and the rules around the three steps.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::SdkConfig;
use domain::record::{Failed, MaskingReport, Progress, Verdict};
use domain::workflow::State;
use domain::{CloneId, CloneRecord};
use masking::{Engine, Rules};
use runtime::{AsFailure, Bench, Clock, Decision, Secrets, StepSettings, chain};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::progress::Reporter;
use crate::target::Target;
use crate::work::{Job, Verb};

/// How often progress is written to the record, and the record asked whether to go on.
const BEAT: Duration = Duration::from_secs(3);

/// The task's command line: `mask-worker --clone-id ID --execution ARN prepare mask verify`.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "mask-worker", about = "Masks a clone and proves it")]
pub struct Args {
    /// The clone.
    #[arg(long)]
    pub clone_id: CloneId,
    /// ARN of the execution that the task works for; without it the record's own is taken.
    #[arg(long)]
    pub execution: Option<String>,
    /// The steps, in order.
    #[arg(required = true)]
    pub verbs: Vec<Verb>,
}

/// All that the task is told from outside, read once at start.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// What every step is told.
    #[command(flatten)]
    pub step: StepSettings,
    /// PEM file with the authorities that the database's certificate must come from: AWS's bundle for RDS. Without
    /// it the connection is not encrypted.
    #[arg(long, env = "DOPPEL_DB_CA")]
    pub db_ca: Option<PathBuf>,
}

/// Arguments and settings of one command line, for `main`.
#[derive(Debug, clap::Parser)]
#[command(name = "mask-worker", about = "Masks a clone and proves it")]
pub struct CommandLine {
    /// What to do.
    #[command(flatten)]
    pub args: Args,
    /// Where.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the task works with.
#[derive(Clone, Debug)]
pub struct Deps {
    bench: Bench,
    secrets: Secrets,
    db_ca: Option<PathBuf>,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            secrets: Secrets::new(aws),
            db_ca: settings.db_ca.clone(),
        }
    }
}

/// What the task did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What these steps did.
    pub report: MaskingReport,
    /// The verdict, if `verify` was among them.
    pub verdict: Option<Verdict>,
}

/// Carries out the steps on the clone that the record describes, and writes progress, report and verdict to the
/// record. A failure is written there too: ECS itself hands on no more than an exit code.
///
/// # Errors
/// Whatever stopped it. Nothing is released then.
pub async fn run(args: Args, deps: &Deps, stop: CancellationToken) -> Result<Outcome, Error> {
    let outcome = attempt(&args, deps, stop).await;
    if let Err(error) = &outcome {
        tracing::error!(clone.id = %args.clone_id, error = chain(error), "the worker gives up");
        if !matches!(error, Error::Cancelled | Error::NoRecord(_)) {
            note_failure(&args, deps, error).await;
        }
    }
    outcome
}

async fn attempt(args: &Args, deps: &Deps, stop: CancellationToken) -> Result<Outcome, Error> {
    let record = own_record(args, deps).await?;
    let pinned = deps.bench.config.rules_at(&record.config).await?;
    let rules = Rules::parse(&pinned.key, &pinned.text)?;
    let (target, resource_id) = find_database(deps, &record).await?;
    let user = deps.secrets.login(&record.id.user_secret()).await?;
    let (reporter, progress) = Reporter::new(stop.clone());
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
    };
    let beat = beat(args, deps, progress, stop);
    let mut report = tokio::select! {
        report = job.run(&args.verbs, &reporter) => report?,
        cancelled = beat => return Err(cancelled),
    };
    report.rules_hash.clone_from(&pinned.hash);
    let verdict = args.verbs.contains(&Verb::Verify).then(|| Verdict {
        cluster_resource_id: resource_id,
        execution_arn: record.execution_arn.clone(),
        rules_hash: pinned.hash.clone(),
        at: deps.bench.clock.now(),
    });
    let mut cancelled = false;
    deps.bench
        .records
        .update(&args.clone_id, |record| {
            cancelled = !is_own(args, record);
            if cancelled {
                return Decision::Keep;
            }
            record.report = Some(merged(record.report.take(), report.clone()));
            record.verdict = verdict.clone().or(record.verdict.take());
            record.progress = None;
            Decision::Write
        })
        .await?;
    if cancelled {
        Err(Error::Cancelled)
    } else {
        Ok(Outcome { report, verdict })
    }
}

/// The record, if it is the one that this task works for.
async fn own_record(args: &Args, deps: &Deps) -> Result<CloneRecord, Error> {
    let record = deps.bench.records.get(&args.clone_id).await?;
    let record = record.ok_or_else(|| Error::NoRecord(args.clone_id.to_string()))?;
    if is_own(args, &record) {
        Ok(record)
    } else {
        Err(Error::Cancelled)
    }
}

fn is_own(args: &Args, record: &CloneRecord) -> bool {
    !record.is_cancelled()
        && args
            .execution
            .as_ref()
            .is_none_or(|execution| *execution == record.execution_arn)
}

/// The clone's address, its master's login, and AWS's immutable id of the very cluster.
async fn find_database(deps: &Deps, record: &CloneRecord) -> Result<(Target, String), Error> {
    let observed = runtime::observe(&deps.bench.rds, record.id.as_str(), None)
        .await
        .map_err(Error::Aws)?;
    let cluster = observed.cluster.filter(|cluster| cluster.is_ours(record));
    let cluster = cluster.ok_or_else(|| Error::NoCluster(record.id.to_string()))?;
    let (Some(host), Some(port), Some(resource_id)) =
        (cluster.endpoint, cluster.port, record.cluster_resource_id.clone())
    else {
        return Err(Error::NoCluster(record.id.to_string()));
    };
    let login = deps.secrets.login(&record.id.master_secret()).await?;
    let engine = match record.engine {
        domain::policy::Engine::Postgres => Engine::Postgres,
        domain::policy::Engine::Mysql => Engine::Mysql,
    };
    let target = Target {
        engine,
        host,
        port,
        database: record.database.clone(),
        user: login.username,
        password: login.password,
        authorities: deps.db_ca.clone(),
    };
    Ok((target, resource_id))
}

/// Writes progress to the record every few seconds, and ends only when the record says that the clone is not, or no
/// longer, this task's, or when the task is told to stop.
async fn beat(
    args: &Args,
    deps: &Deps,
    progress: watch::Receiver<Progress>,
    stop: CancellationToken,
) -> Error {
    let mut said = Progress::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Error::Stopped,
            () = tokio::time::sleep(BEAT) => {}
        }
        let now = progress.borrow().clone();
        let mut cancelled = false;
        let written = deps.bench.records.update(&args.clone_id, |record| {
            cancelled = !is_own(args, record);
            if cancelled || now == said {
                return Decision::Keep;
            }
            record.progress = Some(now.clone());
            Decision::Write
        });
        match written.await {
            Ok(_) if cancelled => return Error::Cancelled,
            Ok(_) => said = now,
            // Progress is a courtesy: a write that fails is tried again with the next beat.
            Err(error) => tracing::warn!(error = chain(&error), "progress could not be written"),
        }
    }
}

/// The reports of several tasks make one.
fn merged(before: Option<MaskingReport>, mut now: MaskingReport) -> MaskingReport {
    let Some(before) = before else { return now };
    if now.tables.is_empty() {
        now.tables = before.tables;
    }
    now.users_locked = now.users_locked.max(before.users_locked);
    now.dropped.splice(0..0, before.dropped);
    now.dropped.dedup();
    for (step, seconds) in before.seconds {
        now.seconds.entry(step).or_insert(seconds);
    }
    now
}

/// Writes the failure with its cause to the record. If that fails too, the exit code alone must tell.
async fn note_failure(args: &Args, deps: &Deps, error: &Error) {
    let failed = Failed {
        step: State::Mask,
        failure: error.failure(),
        cause: chain(error),
        at: deps.bench.clock.now(),
    };
    let noted = deps.bench.records.update(&args.clone_id, |record| {
        if !is_own(args, record) {
            return Decision::Keep;
        }
        record.fail(failed.clone());
        if let Error::Findings(findings) = error {
            let report = record.report.get_or_insert_default();
            report.rules_hash.clone_from(&record.config.rules_hash);
            report.note_findings(findings.clone());
        }
        Decision::Write
    });
    if let Err(error) = noted.await {
        tracing::error!(
            error = chain(&error),
            "the failure could not be written to the record"
        );
    }
}
