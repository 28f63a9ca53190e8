//! Lambda `clone`: starts a copy-on-write clone and brings it to life, one step a call.
//!
//! The first call admits the request: who asked (from the item that the gateway wrote, nowhere else), what the
//! policy says, whether the clone can be made at all, and a slot for it. From then on there is a record, and each
//! call looks at the clone, asks the plan, and carries out one step, until the clone stands in quarantine with an
//! instance and a master password that only the worker may read.

mod admit;
mod approval;
mod error;
mod perform;
mod preflight;

use aws_config::SdkConfig;
use domain::CloneRecord;
use domain::plan::clone::{self, Step};
use domain::workflow::{StepAnswer, StepRequest};
use runtime::step::{Next, STEPS_A_CALL};
use runtime::{Bench, Clock, Secrets, StepSettings};

pub use error::Error;

/// All that this Lambda is told from outside.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// What every step is told.
    #[command(flatten)]
    pub step: StepSettings,
    /// ARNs of the roles that may read a clone's master secret: the worker's, and this Lambda's own, which must
    /// find the password again after a lost answer. Without any, IAM's identity policies alone decide.
    #[arg(long, env = "DOPPEL_MASTER_SECRET_READERS", value_delimiter = ',')]
    pub master_secret_readers: Vec<String>,
    /// ARN of the KMS key under which clones' secrets are made; without it, Secrets Manager's own.
    #[arg(long, env = "DOPPEL_SECRETS_KEY")]
    pub secrets_key: Option<String>,
}

/// What this Lambda works with.
#[derive(Clone, Debug)]
pub struct Deps {
    bench: Bench,
    secrets: Secrets,
    sfn: aws_sdk_sfn::Client,
    master_secret_readers: Vec<String>,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            secrets: Secrets::new(aws).under(settings.secrets_key.clone()),
            sfn: aws_sdk_sfn::Client::new(aws),
            master_secret_readers: settings.master_secret_readers.clone(),
        }
    }
}

/// Admits the request if there is no record of it yet, then takes the next step towards a clone that can be
/// masked: `waiting` until it is one, `awaiting` while an approver has to say a word first. Told a task's token, it
/// notes who waits for that word.
///
/// # Errors
/// Everything for which a request is refused or a clone discarded; see [`Error`].
pub async fn handle(deps: &Deps, request: StepRequest) -> Result<StepAnswer, Error> {
    let bench = &deps.bench;
    if let Some(token) = &request.task_token {
        return approval::wait(deps, &request, token).await;
    }
    let mut record = match &request.clone_id {
        Some(_) => bench.own_record(&request).await?,
        None => admit::admit(bench, &request.execution).await?,
    };
    let request = StepRequest {
        clone_id: Some(record.id.clone()),
        ..request
    };
    let source = bench.source(&record).await?;
    for _ in 0..STEPS_A_CALL {
        let observed = runtime::observe(&bench.rds, record.id.as_str(), Some(&record.source_cluster)).await?;
        let step = clone::plan(&record, &source, &observed, bench.clock.now());
        tracing::info!(clone.id = %record.id, ?step, "clone");
        approval::audit(&record, &step);
        if let Step::Await { seconds } = step {
            return Ok(bench.awaiting(&record.id, seconds));
        }
        match perform::perform(deps, &record, &source, &observed, step).await? {
            None => return Ok(bench.done(&record.id)),
            Some(Next::Wait) => break,
            Some(Next::Look) => record = bench.own_record(&request).await?,
        }
    }
    Ok(bench.waiting(&record.id))
}

/// A short name for what is admitted or found.
type Admitted = Result<CloneRecord, Error>;
