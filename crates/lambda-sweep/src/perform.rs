//! One step of the sweep, carried out. Each is safe to do twice, and safe to lose after its effect.

use domain::plan::sweep::Step;
use domain::record::DeleteReason;
use domain::{CloneRecord, Policy};
use runtime::audit::{Decided, Line};
use runtime::aws::failed;
use runtime::step::{self, unless_busy};
use runtime::{Bench, RecordsError, StepError, describe_cluster};

use crate::Deps;

/// What follows a step that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Look again at once.
    Look,
    /// Look again later.
    Wait,
    /// Nothing is to be done for this clone.
    Nothing,
}

impl From<step::Next> for Next {
    fn from(next: step::Next) -> Self {
        match next {
            step::Next::Look => Self::Look,
            step::Next::Wait => Self::Wait,
        }
    }
}

/// What a step does, in words for the answer; none if it does nothing.
pub(crate) fn words(step: &Step) -> Option<String> {
    Some(match step {
        Step::Keep | Step::Wait | Step::NoteAbsence | Step::ForgetAbsence | Step::Alarm(_) => return None,
        Step::Warn => "warn its owner of its expiry".into(),
        Step::Wake => "wake its state machine up: its approvers have answered".into(),
        Step::Quarantine => "put it back into quarantine: it is open and not verified".into(),
        Step::Claim(reason) => format!("delete it: {}", because(reason)),
        Step::StopExecution => "stop its execution".into(),
        Step::Adopt { resource_id } => format!("note that cluster {resource_id} is its own"),
        Step::StartCluster => "start its stopped cluster, so that it can be deleted".into(),
        Step::Unprotect => "switch off its deletion protection".into(),
        Step::DeleteProxy => "delete its RDS Proxy".into(),
        Step::DeleteInstances(ids) => format!("delete {}", ids.join(", ")),
        Step::DeleteCluster => "delete its cluster".into(),
        Step::DeleteSecrets(names) => format!("delete {}", names.join(", ")),
        Step::Close => "close its record: nothing of it is left".into(),
    })
}

fn because(reason: &DeleteReason) -> &'static str {
    match reason {
        DeleteReason::Expired => "its time is over",
        DeleteReason::Asked(_) => "it was asked for",
        DeleteReason::Failed => "setting it up failed",
        DeleteReason::Abandoned => "its execution ended without handing it over",
    }
}

/// Carries out one step for one clone.
pub(crate) async fn perform(
    deps: &Deps,
    policy: &Policy,
    record: &CloneRecord,
    step: &Step,
) -> Result<Next, StepError> {
    let bench = &deps.bench;
    let now = bench.clock.now();
    Ok(match step {
        Step::Keep | Step::Alarm(_) => Next::Nothing,
        Step::Wait => Next::Wait,
        Step::Warn => {
            bench.note(record, |record| record.warned_at = Some(now)).await?;
            Next::Nothing
        }
        Step::Wake => wake(deps, record).await?,
        Step::Claim(reason) => claim(deps, record, reason).await?,
        Step::Adopt { resource_id } => {
            let id = Some(resource_id.clone());
            bench
                .note(record, |record| record.cluster_resource_id = id)
                .await?
                .into()
        }
        Step::NoteAbsence => bench
            .note(record, |record| record.absent_since = Some(now))
            .await?
            .into(),
        Step::ForgetAbsence => bench
            .note(record, |record| record.absent_since = None)
            .await?
            .into(),
        Step::Quarantine => quarantine(bench, policy, record).await?,
        Step::StopExecution => stop_execution(deps, record).await?,
        Step::StartCluster => start_cluster(bench, record).await?,
        Step::Unprotect => unprotect(bench, record).await?,
        Step::DeleteProxy => delete_proxy(bench, record).await?,
        Step::DeleteInstances(ids) => delete_instances(bench, ids).await?,
        Step::DeleteCluster => delete_cluster(bench, record).await?,
        Step::DeleteSecrets(names) => {
            for name in names {
                deps.secrets.delete(name).await?;
            }
            Next::Look
        }
        Step::Close => close(bench, record).await?,
    })
}

/// Claims the clone for deletion, unless somebody wrote its record in between.
async fn claim(deps: &Deps, record: &CloneRecord, reason: &DeleteReason) -> Result<Next, StepError> {
    let mut claimed = record.clone();
    claimed.claim_deletion(reason.clone(), deps.bench.clock.now());
    match deps.bench.records.save(&claimed).await {
        Ok(_) => Line::about(record, None, "sweep").say(Decided::Deleted, because(reason)),
        Err(RecordsError::Conflict(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Next::Look)
}

async fn wake(deps: &Deps, record: &CloneRecord) -> Result<Next, StepError> {
    let token = record.approval.as_ref().and_then(|asked| asked.token.as_ref());
    if let Some(token) = token {
        runtime::approval::wake(&deps.sfn, &record.id, token).await?;
    }
    Ok(Next::Nothing)
}

async fn quarantine(bench: &Bench, policy: &Policy, record: &CloneRecord) -> Result<Next, StepError> {
    let source = policy.source(&record.source)?;
    let id = record.id.as_str();
    let cluster = describe_cluster(&bench.rds, id).await?;
    let by_https = cluster.filter(|cluster| cluster.http_endpoint_enabled == Some(true));
    if let Some(arn) = by_https.and_then(|cluster| cluster.db_cluster_arn) {
        let call = bench.rds.disable_http_endpoint().resource_arn(arn);
        unless_busy(call.send().await.map_err(failed("DisableHttpEndpoint", id)))?;
    }
    let call = bench
        .rds
        .modify_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .vpc_security_group_ids(&source.quarantine_security_group)
        .enable_iam_database_authentication(false)
        .apply_immediately(true);
    unless_busy(call.send().await.map_err(failed("ModifyDBCluster", &record.id)))?;
    Ok(Next::Look)
}

async fn stop_execution(deps: &Deps, record: &CloneRecord) -> Result<Next, StepError> {
    let call = deps
        .sfn
        .stop_execution()
        .execution_arn(&record.execution_arn)
        .cause("its clone is being deleted");
    match call
        .send()
        .await
        .map_err(failed("StopExecution", &record.execution_arn))
    {
        Err(error) if !error.is("ExecutionDoesNotExist") => Err(error.into()),
        _ => Ok(Next::Look),
    }
}

async fn start_cluster(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    let call = bench
        .rds
        .start_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .send()
        .await;
    Ok(unless_busy(call.map_err(failed("StartDBCluster", &record.id)))?.into())
}

async fn unprotect(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    let call = bench
        .rds
        .modify_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .deletion_protection(false)
        .apply_immediately(true);
    Ok(unless_busy(call.send().await.map_err(failed("ModifyDBCluster", &record.id)))?.into())
}

async fn delete_proxy(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    let call = bench.rds.delete_db_proxy().db_proxy_name(record.id.as_str());
    match call.send().await.map_err(failed("DeleteDBProxy", &record.id)) {
        Err(error) if error.is("DBProxyNotFoundFault") => Ok(Next::Look),
        // Still being made.
        Err(error) if error.is("InvalidDBProxyStateFault") => Ok(Next::Wait),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Next::Wait),
    }
}

/// Asks for the deletion of every instance before it tells of the first that could not be. The cluster's own
/// deletion is accepted once all of them are deleting, so it follows at once.
async fn delete_instances(bench: &Bench, ids: &[String]) -> Result<Next, StepError> {
    let mut result = Ok(Next::Look);
    for id in ids {
        let call = bench
            .rds
            .delete_db_instance()
            .db_instance_identifier(id)
            .skip_final_snapshot(true);
        match call.send().await.map_err(failed("DeleteDBInstance", id)) {
            Ok(_) => {}
            Err(error) if error.is("DBInstanceNotFound") => {}
            Err(error) if error.is("InvalidDBInstanceState") || error.is("InvalidDBClusterStateFault") => {
                result = result.map(|_| Next::Wait);
            }
            Err(error) => result = result.and(Err(error.into())),
        }
    }
    result
}

async fn delete_cluster(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    let call = bench
        .rds
        .delete_db_cluster()
        .db_cluster_identifier(record.id.as_str())
        .skip_final_snapshot(true)
        .delete_automated_backups(true);
    match call.send().await.map_err(failed("DeleteDBCluster", &record.id)) {
        Err(error) if error.is("DBClusterNotFoundFault") => Ok(Next::Look),
        result => Ok(unless_busy(result)?.into()),
    }
}

async fn close(bench: &Bench, record: &CloneRecord) -> Result<Next, StepError> {
    match bench.records.close(record).await {
        Ok(_) => Ok(Next::Nothing),
        Err(RecordsError::Conflict(_)) => Ok(Next::Look),
        Err(error) => Err(error.into()),
    }
}
