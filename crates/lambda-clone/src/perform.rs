//! One step, carried out. Each is safe to do twice, and safe to lose after its effect.

use aws_sdk_rds::types::{DbCluster, ServerlessV2ScalingConfiguration};
use domain::observed::{Cluster, Observed, TAG_OWNER};
use domain::plan::clone::Step;
use domain::policy::Source;
use domain::serverless::SLEEPS_AFTER_MINUTES;
use domain::{CloneRecord, CloneState};
use runtime::aws::failed;
use runtime::step::{Next, rds_tags, tags, unless_busy};
use runtime::{Bench, Login, StepError, describe_cluster};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{Deps, Error};

/// The clone's own user, whose password lies in the person's secret.
const USER: &str = "doppel";
/// Aurora keeps backups of a clone too; it cannot keep fewer days.
const BACKUP_DAYS: i32 = 1;
/// Storage that costs more and I/O that costs nothing: not inherited unless it is asked for.
const IO_OPTIMIZED: &str = "aurora-iopt1";

/// Carries out one step; none follows when the clone can be masked.
pub(crate) async fn perform(
    deps: &Deps,
    record: &CloneRecord,
    source: &Source,
    observed: &Observed,
    step: Step,
) -> Result<Option<Next>, Error> {
    let bench = &deps.bench;
    let now = bench.clock.now();
    let next = match step {
        Step::EnterCloning => {
            bench
                .note(record, |record| record.enter(CloneState::Cloning, now))
                .await?
        }
        Step::Restore => restore(bench, record, source).await?,
        Step::Adopt { resource_id } => {
            bench
                .note(record, |record| record.cluster_resource_id = Some(resource_id))
                .await?
        }
        Step::CreateInstance => create_instance(bench, record, source).await?,
        Step::SetMasterPassword => match &observed.cluster {
            Some(cluster) => set_master_password(deps, record, source, cluster).await?,
            None => Next::Wait,
        },
        Step::Wait | Step::Await { .. } => Next::Wait,
        Step::Done => return Ok(None),
        Step::Fail(failure, why) => return Err(StepError::Stopped { failure, why }.into()),
    };
    Ok(Some(next))
}

/// Asks for the copy-on-write clone, with everything that would otherwise be reset to a default that is wrong
/// for us, and with our own tags, without which the source's would be copied.
async fn restore(bench: &Bench, record: &CloneRecord, source: &Source) -> Result<Next, Error> {
    let missing = || Error::SourceMissing(record.source_cluster.clone());
    let production = describe_cluster(&bench.rds, &record.source_cluster)
        .await?
        .ok_or_else(missing)?;
    let call = bench
        .rds
        .restore_db_cluster_to_point_in_time()
        .source_db_cluster_identifier(&record.source_cluster)
        .db_cluster_identifier(record.id.as_str())
        .restore_type("copy-on-write")
        .use_latest_restorable_time(true)
        .db_subnet_group_name(&source.subnet_group)
        .vpc_security_group_ids(&source.quarantine_security_group)
        .db_cluster_parameter_group_name(&source.cluster_parameter_group)
        .set_port(production.port)
        .set_storage_type(storage_type(&production))
        .set_serverless_v2_scaling_configuration(scaling(record))
        .enable_iam_database_authentication(false)
        .deletion_protection(false)
        .copy_tags_to_snapshot(true)
        .backup_retention_period(BACKUP_DAYS)
        .engine_lifecycle_support("open-source-rds-extended-support-disabled")
        .set_tags(Some(rds_tags(&tags(record, source))));
    match call
        .send()
        .await
        .map_err(failed("RestoreDBClusterToPointInTime", &record.id))
    {
        // There is one of that name: the next look finds out whether it is ours.
        Err(error) if error.is("DBClusterAlreadyExistsFault") => Ok(Next::Wait),
        Err(error) if error.is("DBClusterNotFoundFault") => Err(missing()),
        Err(error) if error.is("InvalidDBClusterStateFault") => Err(Error::SourceUnavailable {
            cluster: record.source_cluster.clone(),
            source: error,
        }),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Next::Wait),
    }
}

fn storage_type(production: &DbCluster) -> Option<String> {
    production
        .storage_type()
        .filter(|kind| *kind == IO_OPTIMIZED)
        .map(ToOwned::to_owned)
}

/// The Serverless range of the masking class, or already that of the wanted one.
fn scaling(record: &CloneRecord) -> Option<ServerlessV2ScalingConfiguration> {
    let range = record.masking_class.acu().or_else(|| record.target_class.acu())?;
    let scaling = ServerlessV2ScalingConfiguration::builder()
        .min_capacity(range.least())
        .max_capacity(range.most())
        .set_seconds_until_auto_pause(range.sleeps().then_some(SLEEPS_AFTER_MINUTES * 60));
    Some(scaling.build())
}

async fn create_instance(bench: &Bench, record: &CloneRecord, source: &Source) -> Result<Next, Error> {
    let id = record.id.instance_id();
    let call = bench
        .rds
        .create_db_instance()
        .db_instance_identifier(&id)
        .db_cluster_identifier(record.id.as_str())
        .db_instance_class(record.masking_class.instance_class())
        .engine(record.engine.rds_name())
        .set_db_parameter_group_name(source.instance_parameter_group.clone())
        .publicly_accessible(false)
        .auto_minor_version_upgrade(false)
        .enable_performance_insights(false)
        .monitoring_interval(0)
        .set_tags(Some(rds_tags(&tags(record, source))));
    match call.send().await.map_err(failed("CreateDBInstance", &id)) {
        Err(error) if error.is("DBInstanceAlreadyExists") => Ok(Next::Wait),
        result => Ok(unless_busy(result)?),
    }
}

/// Gives the master a password that only the worker may read: production's opens the clone no longer. The secrets
/// come first, so that no password is ever set that nobody knows; a secret that is there already keeps its own.
async fn set_master_password(
    deps: &Deps,
    record: &CloneRecord,
    source: &Source,
    cluster: &Cluster,
) -> Result<Next, Error> {
    let mut tags = tags(record, source);
    let name = record.id.master_secret();
    let wanted = Login {
        host: cluster.endpoint.clone(),
        port: cluster.port,
        database: Some(record.database.clone()),
        ..Login::new(&cluster.master_user)
    };
    tags.insert("doppel:for".into(), "worker".into());
    // The master's is nobody's but the worker's.
    let owner = tags.remove_entry(TAG_OWNER);
    let mut master = deps.secrets.create(&name, &wanted, &tags).await?;
    if record.attempt > 1 {
        // A fresh cluster, a fresh password: what still knows the discarded one's finds no way in.
        let token = format!("doppel-master-password-of-try-{:04}", record.attempt);
        master = deps.secrets.renew(&name, &wanted, &token).await?;
    }
    if !deps.master_secret_readers.is_empty() {
        deps.secrets
            .restrict(&name, &only_for(&deps.master_secret_readers))
            .await?;
    }
    let user = Login {
        database: Some(record.database.clone()),
        ..Login::new(USER)
    };
    tags.insert("doppel:for".into(), "user".into());
    tags.extend(owner);
    deps.secrets
        .create(&record.id.user_secret(), &user, &tags)
        .await?;
    let call = deps
        .bench
        .rds
        .modify_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .master_user_password(master.password.expose_secret())
        .apply_immediately(true);
    match call.send().await.map_err(failed("ModifyDBCluster", &record.id)) {
        Err(error) => Ok(unless_busy::<()>(Err(error))?),
        Ok(_) => {
            let now = deps.bench.clock.now();
            deps.bench
                .note(record, |record| record.master_password_at = Some(now))
                .await?;
            // The change starts late; a look at once would still see the cluster available.
            Ok(Next::Wait)
        }
    }
}

/// Nobody else may read the secret, whatever their own policies allow.
fn only_for(readers: &[String]) -> serde_json::Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": { "ArnNotEquals": { "aws:PrincipalArn": readers } },
        }],
    })
}
