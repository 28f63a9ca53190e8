//! Lambda `release`: opens a verified clone to its owner, one step a call.
//!
//! It believes one thing only: the worker's verdict in the record.

use aws_config::SdkConfig;
use aws_sdk_rds::types::{AuthScheme, IamAuthMode, UserAuthConfig};
use domain::plan::release::{self, Step};
use domain::policy::Source;
use domain::proxy::Endpoint;
use domain::record::Access;
use domain::workflow::{StepAnswer, StepRequest};
use domain::{CloneRecord, CloneState, Failure};
use runtime::aws::failed;
use runtime::step::{Next, STEPS_A_CALL, rds_tags, tags, unless_busy};
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
        let mut observed = runtime::observe(&bench.rds, record.id.as_str(), None).await?;
        if record.options.proxy {
            observed.proxy = runtime::observe_proxy(&bench.rds, record.id.as_str()).await?;
        }
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
        Step::CreateProxy => create_proxy(deps, record, source).await.map(Some),
        Step::RegisterProxyTarget => register_target(&deps.bench, record).await.map(Some),
        Step::HandOver { host, port, proxy } => hand_over(deps, record, (host, port), proxy).await.map(Some),
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

/// Makes the proxy, with the clone's user's secret and no other. It speaks TLS alone.
async fn create_proxy(deps: &Deps, record: &CloneRecord, source: &Source) -> Result<Next, StepError> {
    let stopped = |why: &str| StepError::Stopped {
        failure: Failure::Config,
        why: why.to_owned(),
    };
    let place = source
        .proxy
        .as_ref()
        .ok_or_else(|| stopped("the policy no longer sets up proxies"))?;
    let secret = deps.secrets.arn(&record.id.user_secret()).await?;
    let secret = secret.ok_or_else(|| stopped("the clone's secret is gone"))?;
    let auth = UserAuthConfig::builder()
        .auth_scheme(AuthScheme::Secrets)
        .secret_arn(secret)
        .iam_auth(IamAuthMode::Disabled);
    let call = deps
        .bench
        .rds
        .create_db_proxy()
        .db_proxy_name(record.id.as_str())
        .engine_family(record.engine.proxy_family().into())
        .auth(auth.build())
        .role_arn(&place.role)
        .set_vpc_subnet_ids(Some(place.subnets.clone()))
        .vpc_security_group_ids(&place.security_group)
        .require_tls(true)
        .set_tags(Some(rds_tags(&tags(record, source))));
    match call.send().await.map_err(failed("CreateDBProxy", &record.id)) {
        // The answer to the first call was lost: it is looked at like any other.
        Err(error) if !error.is("DBProxyAlreadyExistsFault") => Err(error.into()),
        _ => Ok(Next::Wait),
    }
}

async fn register_target(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    let call = bench
        .rds
        .register_db_proxy_targets()
        .db_proxy_name(record.id.as_str())
        .db_cluster_identifiers(record.id.as_str());
    match call
        .send()
        .await
        .map_err(failed("RegisterDBProxyTargets", &record.id))
    {
        Err(error)
            if !error.is("DBProxyTargetAlreadyRegisteredFault") && !error.is("InvalidDBProxyStateFault") =>
        {
            Err(error.into())
        }
        _ => Ok(Next::Wait),
    }
}

/// Completes the user's secret with where the clone is, then writes `ready`, on the very version of the record
/// that the plan saw: a clone that somebody deletes meanwhile is not handed over.
async fn hand_over(
    deps: &Deps,
    record: &CloneRecord,
    (host, port): (String, u16),
    proxy: Option<Endpoint>,
) -> Result<Next, StepError> {
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
        proxy,
    };
    let now = deps.bench.clock.now();
    deps.bench
        .note(record, |record| record.hand_over(access, now))
        .await
}
