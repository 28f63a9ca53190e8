//! Lambda `mask-command`: emits the ECS tasks that mask a clone, for the state machine's Map to run one after
//! another: our worker's as one, or a team's own command between our prepare and our verify.

use aws_config::SdkConfig;
use domain::plan::command::{self, CommandFacts, Worker};
use domain::workflow::{MaskTasks, StepRequest};
use domain::{CloneState, Failure};
use runtime::{Bench, Clock, Secrets, StepError, StepSettings};

/// All that this Lambda is told from outside.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// What every step is told.
    #[command(flatten)]
    pub step: StepSettings,
    /// The ECS task definition of our worker, by family or ARN.
    #[arg(long, env = "DOPPEL_WORKER_TASK_DEFINITION")]
    pub worker_task_definition: String,
    /// The worker's container in that task definition.
    #[arg(long, env = "DOPPEL_WORKER_CONTAINER", default_value = "mask-worker")]
    pub worker_container: String,
}

/// What this Lambda works with.
#[derive(Clone, Debug)]
pub struct Deps {
    bench: Bench,
    secrets: Secrets,
    worker: Worker,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            secrets: Secrets::new(aws),
            worker: Worker {
                task_definition: settings.worker_task_definition.clone(),
                container: settings.worker_container.clone(),
            },
        }
    }
}

/// The tasks that mask this clone, in order. The record is in the state `masking` from now on.
///
/// # Errors
/// `Cancelled` if the record is not this execution's to work on; `MaskCommand` if the clone has no endpoint or no
/// master secret that a command could be told; `Gone` or `NameTaken` if its cluster is not there or not ours.
pub async fn handle(deps: &Deps, request: StepRequest) -> Result<MaskTasks, StepError> {
    let stopped = |failure, why: &str| StepError::Stopped {
        failure,
        why: why.to_owned(),
    };
    let record = deps.bench.enter(&request, CloneState::Masking).await?;
    let source = deps.bench.source(&record).await?;
    let observed = runtime::observe(&deps.bench.rds, record.id.as_str(), None).await?;
    let cluster = observed.cluster.ok_or_else(|| stopped(Failure::Gone, ""))?;
    if !cluster.is_ours(&record) {
        return Err(stopped(Failure::NameTaken, ""));
    }
    let (Some(endpoint), Some(port)) = (&cluster.endpoint, cluster.port) else {
        return Err(stopped(Failure::MaskCommand, "the clone has no endpoint"));
    };
    let secret_arn = deps.secrets.arn(&record.id.master_secret()).await?;
    let secret_arn =
        secret_arn.ok_or_else(|| stopped(Failure::MaskCommand, "the clone has no master secret"))?;
    let facts = CommandFacts {
        endpoint,
        port,
        secret_arn: &secret_arn,
    };
    Ok(command::tasks(&record, &source, &facts, &deps.worker))
}
