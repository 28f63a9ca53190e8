//! Lambda `resize`: brings a masked clone to the class that was asked for, one step a call.
//!
//! If AWS has no capacity for it, the policy's fallbacks are tried in their order before it fails.

use aws_config::SdkConfig;
use aws_sdk_rds::types::ServerlessV2ScalingConfiguration;
use domain::class::{AcuRange, Class};
use domain::plan::resize::{self, Step};
use domain::policy::Source;
use domain::serverless::SLEEPS_AFTER_MINUTES;
use domain::workflow::{StepAnswer, StepRequest};
use domain::{CloneRecord, CloneState};
use runtime::aws::failed;
use runtime::step::{Next, STEPS_A_CALL, unless_busy};
use runtime::{Bench, Clock, StepError, StepSettings};

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
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self {
            bench: Bench::new(&settings.step, aws, clock),
        }
    }
}

/// Looks at the clone and takes the next step towards its class: `waiting` until it has it.
///
/// # Errors
/// `Cancelled` if the record is not this execution's to work on, `NoCapacity` when every fallback was tried, and
/// whatever makes the clone unusable.
pub async fn handle(deps: &Deps, request: StepRequest) -> Result<StepAnswer, StepError> {
    let bench = &deps.bench;
    let mut record = bench.enter(&request, CloneState::Resizing).await?;
    let source = bench.source(&record).await?;
    for _ in 0..STEPS_A_CALL {
        let observed = runtime::observe(&bench.rds, record.id.as_str(), None).await?;
        let step = resize::plan(&record, &source, &observed, bench.clock.now());
        tracing::info!(?step, "resize");
        match perform(bench, &record, &source, step).await? {
            None => return Ok(bench.done(&record.id)),
            Some(Next::Wait) => break,
            Some(Next::Look) => record = bench.own_record(&request).await?,
        }
    }
    Ok(bench.waiting(&record.id))
}

/// Carries out one step; none follows when the clone has its class.
async fn perform(
    bench: &Bench,
    record: &CloneRecord,
    source: &Source,
    step: Step,
) -> Result<Option<Next>, StepError> {
    match step {
        Step::SetScaling(range) => set_scaling(bench, record, range).await.map(Some),
        Step::ChangeClass(class) => change_class(bench, record, source, &class).await.map(Some),
        Step::FallBack(class) => fall_back(bench, record, class).await.map(Some),
        Step::Wait => Ok(Some(Next::Wait)),
        Step::Done => Ok(None),
        Step::Fail(failure, why) => Err(StepError::Stopped { failure, why }),
    }
}

async fn set_scaling(bench: &Bench, record: &CloneRecord, range: AcuRange) -> Result<Next, StepError> {
    let pause = range.sleeps().then_some(SLEEPS_AFTER_MINUTES * 60);
    let scaling = ServerlessV2ScalingConfiguration::builder()
        .min_capacity(range.least())
        .max_capacity(range.most())
        .set_seconds_until_auto_pause(pause)
        .build();
    let call = bench
        .rds
        .modify_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .serverless_v2_scaling_configuration(scaling)
        .apply_immediately(true);
    Ok(unless_busy(
        call.send().await.map_err(failed("ModifyDBCluster", &record.id)),
    )?)
}

async fn change_class(
    bench: &Bench,
    record: &CloneRecord,
    source: &Source,
    class: &Class,
) -> Result<Next, StepError> {
    let instance = record.id.instance_id();
    let call = bench
        .rds
        .modify_db_instance()
        .db_instance_identifier(&instance)
        .db_instance_class(class.instance_class())
        .apply_immediately(true);
    match call.send().await.map_err(failed("ModifyDBInstance", &instance)) {
        Err(error) if error.is_no_capacity() => match resize::fall_back(record, source) {
            Step::FallBack(class) => fall_back(bench, record, class).await,
            Step::Fail(failure, why) => Err(StepError::Stopped { failure, why }),
            _ => Err(error.into()),
        },
        result => Ok(unless_busy(result)?),
    }
}

async fn fall_back(bench: &Bench, record: &CloneRecord, class: Class) -> Result<Next, StepError> {
    tracing::warn!(from = %record.target_class, to = %class, "no capacity: falling back");
    bench.note(record, |record| record.target_class = class).await
}
