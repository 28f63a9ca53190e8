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
use crate::work::{self, Job, Tuning, Verb};

/// How often progress is written to the record, and the record asked whether to go on.
const BEAT: Duration = Duration::from_secs(3);

/// One line of the log to so many beats.
const BEATS_A_LINE: u32 = 3;

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
    /// Which try of the clone it works for; without it the record's own is taken.
    #[arg(long)]
    pub attempt: Option<u32>,
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
    listener: Option<watch::Sender<Progress>>,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            secrets: Secrets::new(aws),
            db_ca: settings.db_ca.clone(),
            listener: None,
        }
    }

    /// Tells `listener` of every change of a run's progress too, for whoever runs the worker in its own process.
    #[must_use]
    pub fn told_to(mut self, listener: watch::Sender<Progress>) -> Self {
        self.listener = Some(listener);
        self
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
/// record. A failure is written there too: ECS itself hands on no more than an exit code. A run that broke off leaves
/// its reason there and no failure: the workflow begins anew with a fresh clone.
///
/// # Errors
/// Whatever stopped it. Nothing is released then.
pub async fn run(args: Args, deps: &Deps, stop: CancellationToken) -> Result<Outcome, Error> {
    let claim = match Claim::on(&args, deps).await {
        Ok(claim) => claim,
        Err(error) => return Err(given_up(&args, error)),
    };
    let mut report = MaskingReport::default();
    match attempt(&args, &claim, deps, stop, &mut report).await {
        Ok(verdict) => Ok(Outcome { report, verdict }),
        Err(error) => {
            if !matches!(error, Error::Cancelled) {
                note_failure(&claim, deps, &error, report).await;
            }
            Err(given_up(&args, error))
        }
    }
}

fn given_up(args: &Args, error: Error) -> Error {
    tracing::error!(clone.id = %args.clone_id, error = chain(&error), "the worker gives up");
    error
}

/// The work between the record's two ends: what was done goes into `report`, also when it fails.
async fn attempt(
    args: &Args,
    claim: &Claim,
    deps: &Deps,
    stop: CancellationToken,
    report: &mut MaskingReport,
) -> Result<Option<Verdict>, Error> {
    let record = &claim.record;
    let pinned = deps.bench.config.rules_at(&record.config).await?;
    let rules = Rules::parse(&pinned.key, &pinned.text)?;
    let (target, resource_id) = find_database(deps, record).await?;
    let user = deps.secrets.login(&record.id.user_secret()).await?;
    let (reporter, progress) = Reporter::new(stop.clone());
    let reporter = reporter.told_to(deps.listener.clone());
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    let beat = beat(claim, deps, progress, stop);
    report.rules_hash.clone_from(&pinned.hash);
    tokio::select! {
        done = job.run_into(report, &args.verbs, &reporter) => done?,
        cancelled = beat => return Err(cancelled),
    }
    if args.verbs.contains(&Verb::Verify) {
        let made = work::create_batch_user(&target, &user.username).await?;
        tracing::info!(clone.id = %record.id, made, "the user of batch queries");
    }
    let verdict = args.verbs.contains(&Verb::Verify).then(|| Verdict {
        cluster_resource_id: resource_id,
        execution_arn: record.execution_arn.clone(),
        rules_hash: pinned.hash.clone(),
        at: deps.bench.clock.now(),
    });
    claim
        .write(deps, |record| {
            record.report = Some(merged(record.report.take(), report.clone()));
            record.verdict = verdict.clone().or(record.verdict.take());
            record.progress = None;
        })
        .await?;
    Ok(verdict)
}

/// The one try of the one clone that this task works for. What it writes counts only as long as the record is still
/// that try's: a worker that outlived its clone has nothing to say about the next.
struct Claim {
    record: CloneRecord,
}

impl Claim {
    /// The record, if it is the one that this task works for.
    async fn on(args: &Args, deps: &Deps) -> Result<Self, Error> {
        let record = deps.bench.records.get(&args.clone_id).await?;
        let record = record.ok_or_else(|| Error::NoRecord(args.clone_id.to_string()))?;
        let is_meant = args
            .execution
            .as_ref()
            .is_none_or(|execution| *execution == record.execution_arn)
            && args.attempt.is_none_or(|attempt| attempt == record.attempt);
        if is_meant && !record.is_cancelled() {
            Ok(Self { record })
        } else {
            Err(Error::Cancelled)
        }
    }

    fn holds(&self, now: &CloneRecord) -> bool {
        let own = &self.record;
        !now.is_cancelled()
            && now.execution_arn == own.execution_arn
            && now.attempt == own.attempt
            && now.cluster_resource_id == own.cluster_resource_id
    }

    /// Changes the record.
    ///
    /// # Errors
    /// [`Error::Cancelled`], with nothing written, when it is no longer this try's.
    async fn write(&self, deps: &Deps, mut change: impl FnMut(&mut CloneRecord)) -> Result<(), Error> {
        let mut holds = false;
        let written = deps.bench.records.update(&self.record.id, |record| {
            holds = self.holds(record);
            if !holds {
                return Decision::Keep;
            }
            let before = record.clone();
            change(record);
            if *record == before {
                Decision::Keep
            } else {
                Decision::Write
            }
        });
        written.await?;
        if holds { Ok(()) } else { Err(Error::Cancelled) }
    }
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

/// Writes progress to the record every few seconds and to the log somewhat less often, and ends only when the record
/// says that the clone is not, or no longer, this task's, or when the task is told to stop.
async fn beat(
    claim: &Claim,
    deps: &Deps,
    progress: watch::Receiver<Progress>,
    stop: CancellationToken,
) -> Error {
    let mut beats = 0_u32;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Error::Stopped,
            () = tokio::time::sleep(BEAT) => {}
        }
        let now = progress.borrow().clone();
        beats += 1;
        if beats.is_multiple_of(BEATS_A_LINE) {
            log(&claim.record, &now);
        }
        match claim
            .write(deps, |record| record.progress = Some(now.clone()))
            .await
        {
            Ok(()) => {}
            Err(Error::Cancelled) => return Error::Cancelled,
            // Progress is a courtesy: a write that fails is tried again with the next beat.
            Err(error) => tracing::warn!(error = chain(&error), "progress could not be written"),
        }
    }
}

fn log(record: &CloneRecord, now: &Progress) {
    tracing::info!(
        clone.id = %record.id,
        phase = now.phase,
        tables_done = now.tables_done,
        tables = now.tables,
        rows_done = now.rows_done,
        rows = now.rows,
        rows_per_second = now.rows_per_second,
        seconds_left = now.seconds_left,
        "progress"
    );
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

/// Writes to the record why the task gives up. If that fails too, the exit code alone must tell.
async fn note_failure(claim: &Claim, deps: &Deps, error: &Error, mut report: MaskingReport) {
    if let Error::Findings(findings) = error {
        report.note_findings(findings.clone());
    }
    let at = deps.bench.clock.now();
    let failed = Failed {
        step: State::Mask,
        failure: error.failure(),
        cause: chain(error),
        at,
    };
    let noted = claim.write(deps, |record| {
        if error.broke_off() {
            return record.note_break(failed.cause.clone(), at);
        }
        record.report = Some(merged(record.report.take(), report.clone()));
        record.fail(failed.clone());
    });
    if let Err(error) = noted.await {
        tracing::error!(
            error = chain(&error),
            "the failure could not be written to the record"
        );
    }
}
