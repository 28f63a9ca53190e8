//! ModifyDBCluster, StartDBCluster, StopDBCluster and the Data API's switch.

use std::sync::Arc;

use winterbaume_rds::model;

use super::clusters::{good_password, good_retention, no_managed_passwords, scaling};
use super::core::{Core, internal};
use super::fault::{self, Fault, required};
use super::groups;
use super::state::{Cluster, State, active, membership};
use crate::engine::Parameters;

/// In these a cluster takes no changes.
const FIXED: [&str; 6] = [
    "creating",
    "deleting",
    "starting",
    "stopping",
    "stopped",
    "cloning-failed",
];

impl Core {
    /// The parameters that a cluster's server is to run with now.
    pub fn parameters_of(&self, cluster_id: &str) -> Parameters {
        let state = self.state();
        state
            .cluster(cluster_id)
            .map(|cluster| state.parameters(cluster))
            .unwrap_or_default()
    }

    pub fn modify_cluster(
        self: &Arc<Self>,
        asked: model::ModifyDBClusterMessage,
    ) -> Result<model::ModifyDBClusterResult, Fault> {
        let id = required(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?.to_lowercase();
        check_modification(&asked)?;
        let password = asked.master_user_password.clone();
        let shown = self.update(|state| {
            let status = state.cluster_status(&id)?;
            if FIXED.contains(&status) {
                return Err(fault::CLUSTER_STATE.because(format!(
                    "DB cluster {id} is in status {status} and can't be modified."
                )));
            }
            if let Some(group) = &asked.d_b_cluster_parameter_group_name {
                let cluster = state.cluster(&id)?;
                groups::check_cluster_group(state, group, cluster.kind, cluster.machine.engine())?;
            }
            let has_server = state.members(&id).next().is_some();
            let cluster = state.cluster_mut(&id)?;
            change(cluster, asked, has_server)?;
            cluster.modifications += 1;
            cluster.enforce(&self.options);
            Ok(self.show_cluster(state, &id))
        })?;
        self.finish_modification(id, password);
        Ok(model::ModifyDBClusterResult { d_b_cluster: shown })
    }

    /// Lets the change take effect: the password on the server, the groups on the network.
    fn finish_modification(self: &Arc<Self>, id: String, password: Option<String>) {
        let core = self.clone();
        let Some((machine, resource)) = self.handle_of(&id) else {
            return;
        };
        self.later(async move {
            let user = core
                .state()
                .cluster(&id)
                .ok()
                .and_then(|c| c.shown.master_username.clone())
                .unwrap_or_default();
            let new = password.clone();
            let told = core.blocking(move || match new {
                Some(password) => machine.set_password(&user, &password),
                None => Ok(()),
            });
            let told = core.at_least(core.options.transitions.modifying, told).await;
            if let Err(error) = &told {
                let error = internal(error).message;
                tracing::error!(cluster = id, error, "the master's password could not be set");
            }
            core.update(|state| {
                if !state.is_same_cluster(&id, &resource) {
                    return;
                }
                let has_server = state
                    .members(&id)
                    .any(|(_, i)| i.shown.d_b_instance_status.as_deref() != Some("creating"));
                if let Ok(cluster) = state.cluster_mut(&id) {
                    settle(cluster, told.is_ok() && has_server, password);
                    cluster.enforce(&core.options);
                }
            });
        });
    }

    pub fn stop_cluster(
        self: &Arc<Self>,
        asked: &model::StopDBClusterMessage,
    ) -> Result<model::StopDBClusterResult, Fault> {
        let id = required(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?.to_lowercase();
        let shown = self.turn(&id, ["available", "stopping", "stopped"])?;
        Ok(model::StopDBClusterResult { d_b_cluster: shown })
    }

    pub fn start_cluster(
        self: &Arc<Self>,
        asked: &model::StartDBClusterMessage,
    ) -> Result<model::StartDBClusterResult, Fault> {
        let id = required(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?.to_lowercase();
        let shown = self.turn(&id, ["stopped", "starting", "available"])?;
        Ok(model::StartDBClusterResult { d_b_cluster: shown })
    }

    /// Takes a cluster and its instances from one status through another to a third, and the server with them.
    fn turn(
        self: &Arc<Self>,
        id: &str,
        [from, through, to]: [&'static str; 3],
    ) -> Result<Option<model::DBCluster>, Fault> {
        let shown = self.update(|state| {
            let status = state.cluster_status(id)?;
            let ready = |state: &State| {
                state
                    .members(id)
                    .all(|(i, _)| state.instance_status(i).is_ok_and(|s| s == from))
            };
            if status != from || !ready(state) {
                return Err(fault::CLUSTER_STATE.because(format!(
                    "DB cluster {id} and its instances must be {from}; it is {status}."
                )));
            }
            set_all(state, id, through);
            Ok(self.show_cluster(state, id))
        })?;
        let (core, id) = (self.clone(), id.to_owned());
        let Some((machine, resource)) = self.handle_of(&id) else {
            return Ok(shown);
        };
        self.later(async move {
            let parameters = core.parameters_of(&id);
            let turned = core.blocking(move || match to {
                "stopped" => {
                    machine.stop();
                    Ok(())
                }
                _ => machine.start(&parameters),
            });
            if let Err(error) = core.at_least(core.options.transitions.modifying, turned).await {
                let error = internal(&error).message;
                tracing::error!(cluster = id, error, "a cluster could not be started");
            }
            core.update(|state| {
                if state.is_same_cluster(&id, &resource)
                    && state.cluster_status(&id).is_ok_and(|s| s == through)
                {
                    set_all(state, &id, to);
                }
            });
        });
        Ok(shown)
    }

    /// Switches the Data API of a cluster on or off.
    pub fn http_endpoint(&self, arn: &str, on: bool) -> Result<(), Fault> {
        let arn = required(arn, "ResourceArn")?;
        self.update(|state| {
            let id = arn.strip_prefix(&self.arn("cluster", "")).unwrap_or_default();
            let missing = || fault::RESOURCE_NOT_FOUND.because(format!("The resource {arn} was not found."));
            let status = state.cluster_status(id).map_err(|_| missing())?;
            if status != "available" {
                return Err(fault::RESOURCE_STATE
                    .because(format!("DB cluster {id} is in status {status}, not available.")));
            }
            state.cluster_mut(id)?.shown.http_endpoint_enabled = Some(on);
            Ok(())
        })
    }
}

fn set_all(state: &mut State, cluster_id: &str, status: &str) {
    if let Some(cluster) = state.clusters.get_mut(cluster_id) {
        cluster.shown.status = Some(status.into());
    }
    for instance in state
        .instances
        .values_mut()
        .filter(|instance| instance.cluster == cluster_id)
    {
        instance.shown.d_b_instance_status = Some(status.into());
    }
}

fn check_modification(asked: &model::ModifyDBClusterMessage) -> Result<(), Fault> {
    if asked.manage_master_user_password == Some(true) {
        return Err(no_managed_passwords());
    }
    if asked.new_d_b_cluster_identifier.is_some() || asked.engine_version.is_some() || asked.port.is_some() {
        return Err(fault::INVALID_COMBINATION
            .because("The embedded RDS changes no cluster's name, engine version or port."));
    }
    good_retention(asked.backup_retention_period)?;
    asked
        .master_user_password
        .as_deref()
        .map_or(Ok(()), good_password)
}

/// What a call changes at once, and what it leaves pending.
fn change(
    cluster: &mut Cluster,
    asked: model::ModifyDBClusterMessage,
    has_server: bool,
) -> Result<(), Fault> {
    let (kind, version) = (cluster.kind, cluster.shown.engine_version.as_deref());
    let range = asked
        .serverless_v2_scaling_configuration
        .map(|asked| scaling(asked, kind, version))
        .transpose()?;
    let shown = &mut cluster.shown;
    if let Some(groups) = asked.vpc_security_group_ids.map(|list| list.items) {
        shown.vpc_security_groups = Some(changing(shown.vpc_security_groups.take(), &groups));
        cluster.wanted_groups = groups;
    }
    if let Some(group) = asked.d_b_cluster_parameter_group_name {
        cluster.reboot_pending = has_server && shown.d_b_cluster_parameter_group.as_ref() != Some(&group);
        shown.d_b_cluster_parameter_group = Some(group);
    }
    shown.serverless_v2_scaling_configuration = range.or(shown.serverless_v2_scaling_configuration.take());
    shown.backup_retention_period = asked.backup_retention_period.or(shown.backup_retention_period);
    shown.deletion_protection = asked.deletion_protection.or(shown.deletion_protection);
    shown.copy_tags_to_snapshot = asked.copy_tags_to_snapshot.or(shown.copy_tags_to_snapshot);
    shown.storage_type = asked.storage_type.or(shown.storage_type.take());
    let iam = asked.enable_i_a_m_database_authentication;
    shown.i_a_m_database_authentication_enabled = iam.or(shown.i_a_m_database_authentication_enabled);
    if let Some(logs) = asked.cloudwatch_logs_export_configuration {
        let exported = shown.enabled_cloudwatch_logs_exports.get_or_insert_default();
        let off = logs.disable_log_types.unwrap_or_default().items;
        exported.items.retain(|log| !off.contains(log));
        exported
            .items
            .extend(logs.enable_log_types.unwrap_or_default().items);
        exported.items.sort_unstable();
        exported.items.dedup();
    }
    shown.status = Some("modifying".into());
    if asked.master_user_password.is_some() {
        let pending = shown.pending_modified_values.get_or_insert_default();
        pending.master_user_password = Some("****".into());
        shown.status = Some("resetting-master-credentials".into());
    }
    Ok(())
}

/// The old groups on their way out, the new ones on their way in.
fn changing(
    old: Option<model::VpcSecurityGroupMembershipList>,
    wanted: &[String],
) -> model::VpcSecurityGroupMembershipList {
    let mut items: Vec<_> = old.unwrap_or_default().items;
    let is_wanted = |group: &model::VpcSecurityGroupMembership| {
        group
            .vpc_security_group_id
            .as_ref()
            .is_some_and(|id| wanted.contains(id))
    };
    for group in &mut items {
        let stays = is_wanted(group);
        group.status = Some(match (stays, group.status.as_deref()) {
            (true, Some("adding")) => "adding".into(),
            (true, _) => "active".into(),
            (false, _) => "removing".into(),
        });
    }
    let new = wanted.iter().filter(|id| {
        !items
            .iter()
            .any(|group| group.vpc_security_group_id.as_ref() == Some(id))
    });
    let new: Vec<_> = new.map(|id| membership(id, "adding")).collect();
    items.extend(new);
    model::VpcSecurityGroupMembershipList { items }
}

/// The end of a modification; the last of several that overlap makes the cluster available.
fn settle(cluster: &mut Cluster, is_told: bool, password: Option<String>) {
    cluster.modifications = cluster.modifications.saturating_sub(1);
    if let Some(password) = password {
        cluster.master_password = Some(password);
        if is_told {
            cluster.shown.pending_modified_values = None;
        }
    }
    if cluster.modifications > 0 {
        return;
    }
    cluster.shown.vpc_security_groups = Some(active(&cluster.wanted_groups));
    let status = cluster.shown.status.as_deref();
    if matches!(status, Some("modifying" | "resetting-master-credentials")) {
        cluster.shown.status = Some("available".into());
    }
}
