//! DeleteDBInstance and DeleteDBCluster.

use std::sync::Arc;

use winterbaume_rds::model;

use super::core::Core;
use super::fault::{self, Fault, identifier, required};
use super::instances::show_instance;

/// A cluster in one of these must come to rest first.
const BUSY: [&str; 6] = [
    "creating",
    "starting",
    "stopping",
    "stopped",
    "deleting",
    "backing-up",
];

impl Core {
    pub fn delete_instance(
        self: &Arc<Self>,
        asked: &model::DeleteDBInstanceMessage,
    ) -> Result<model::DeleteDBInstanceResult, Fault> {
        let id = required(&asked.d_b_instance_identifier, "DBInstanceIdentifier")?.to_lowercase();
        let (shown, resource) = self.update(|state| {
            if state.instance_status(&id)? == "deleting" {
                return Err(fault::INSTANCE_STATE.because(format!("Instance {id} is already being deleted.")));
            }
            let instance = &mut state.instance_mut(&id)?.shown;
            instance.d_b_instance_status = Some("deleting".into());
            instance.pending_modified_values = None;
            let resource = instance.dbi_resource_id.clone().unwrap_or_default();
            Ok((show_instance(state, &id), resource))
        })?;
        let core = self.clone();
        self.later(async move {
            core.pass(core.options.transitions.deleting).await;
            let left = core.update(|state| {
                let instance = state
                    .is_same_instance(&id, &resource)
                    .then(|| state.instances.remove(&id))??;
                let is_last = state.members(&instance.cluster).next().is_none();
                let cluster = state.clusters.get(&instance.cluster).filter(|_| is_last)?;
                Some(cluster.machine.clone())
            });
            if let Some(machine) = left {
                core.blocking(move || machine.stop()).await;
            }
        });
        Ok(model::DeleteDBInstanceResult { d_b_instance: shown })
    }

    pub fn delete_cluster(
        self: &Arc<Self>,
        asked: &model::DeleteDBClusterMessage,
    ) -> Result<model::DeleteDBClusterResult, Fault> {
        let id = required(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?.to_lowercase();
        let snapshot = final_snapshot(asked)?;
        let shown = self.update(|state| {
            let status = state.cluster_status(&id)?;
            if BUSY.contains(&status) {
                return Err(fault::CLUSTER_STATE.because(format!(
                    "DB cluster {id} is in status {status}: it can't be deleted now."
                )));
            }
            if state.cluster(&id)?.shown.deletion_protection == Some(true) {
                return Err(fault::INVALID_COMBINATION.because(
                    "Cannot delete protected Cluster, please disable deletion protection and try again.",
                ));
            }
            let stays = |i: &String| state.instance_status(i).is_ok_and(|status| status != "deleting");
            if state.members(&id).any(|(instance, _)| stays(instance)) {
                return Err(fault::CLUSTER_STATE.because(
                    "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
                ));
            }
            if let Some(name) = &snapshot {
                self.take_snapshot(state, &id, name, "available", model::TagList::default())?;
            }
            if asked.delete_automated_backups == Some(false) {
                let backup = self.backup_of(state.cluster(&id)?, "retained");
                state
                    .retained
                    .insert(backup.db_cluster_resource_id.clone().unwrap_or_default(), backup);
            }
            state.cluster_mut(&id)?.shown.status = Some("deleting".into());
            Ok(self.show_cluster(state, &id))
        })?;
        self.remove_cluster(id);
        Ok(model::DeleteDBClusterResult { d_b_cluster: shown })
    }

    /// Waits for the instances to go, then for the status to pass, then removes server and data.
    fn remove_cluster(self: &Arc<Self>, id: String) {
        let core = self.clone();
        let Some((machine, resource)) = self.handle_of(&id) else {
            return;
        };
        self.later(async move {
            if core
                .until(|state| state.members(&id).next().is_none())
                .await
                .is_none()
            {
                return;
            }
            core.at_least(
                core.options.transitions.deleting,
                core.blocking(move || machine.remove()),
            )
            .await;
            core.update(|state| {
                if state.is_same_cluster(&id, &resource) {
                    state.clusters.remove(&id);
                    state.hooks.statuses.remove(&id);
                }
            });
        });
    }
}

/// The name of the final snapshot, or none; the call must say which.
fn final_snapshot(asked: &model::DeleteDBClusterMessage) -> Result<Option<String>, Fault> {
    match (
        asked.skip_final_snapshot.unwrap_or(false),
        asked.final_d_b_snapshot_identifier.as_deref(),
    ) {
        (true, None) => Ok(None),
        (false, Some(name)) => identifier(name, "FinalDBSnapshotIdentifier").map(Some),
        (true, Some(_)) => Err(fault::INVALID_COMBINATION.because(
            "FinalDBSnapshotIdentifier cannot be specified when deleting a cluster with SkipFinalSnapshot.",
        )),
        (false, None) => Err(fault::INVALID_COMBINATION
            .because("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")),
    }
}
