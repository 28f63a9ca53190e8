//! Snapshots and automated backups: what is listed and charged for. They hold no data here, since nothing
//! restores from them.

use std::sync::Arc;

use winterbaume_rds::model;

use super::core::Core;
use super::fault::{self, Fault, identifier, required};
use super::list::{Filters, page};
use super::state::{Cluster, State};

impl Core {
    pub fn create_snapshot(
        self: &Arc<Self>,
        asked: model::CreateDBClusterSnapshotMessage,
    ) -> Result<model::CreateDBClusterSnapshotResult, Fault> {
        let name = identifier(
            &asked.d_b_cluster_snapshot_identifier,
            "DBClusterSnapshotIdentifier",
        )?;
        let id = required(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?.to_lowercase();
        let shown = self.update(|state| {
            let status = state.cluster_status(&id)?;
            if status != "available" {
                return Err(fault::CLUSTER_STATE
                    .because(format!("DB cluster {id} is in status {status}, not available.")));
            }
            self.take_snapshot(state, &id, &name, "creating", asked.tags.unwrap_or_default())?;
            Ok(state.snapshots.get(&name).cloned())
        })?;
        let core = self.clone();
        self.later(async move {
            core.pass(core.options.transitions.snapshot).await;
            core.update(|state| {
                if let Some(snapshot) = state.snapshots.get_mut(&name) {
                    (snapshot.status, snapshot.percent_progress) = (Some("available".into()), Some(100));
                }
            });
        });
        Ok(model::CreateDBClusterSnapshotResult {
            d_b_cluster_snapshot: shown,
        })
    }

    /// Writes down a snapshot of a cluster.
    pub fn take_snapshot(
        &self,
        state: &mut State,
        cluster_id: &str,
        name: &str,
        status: &str,
        tags: model::TagList,
    ) -> Result<(), Fault> {
        if state.snapshots.contains_key(name) {
            return Err(fault::SNAPSHOT_EXISTS.because(format!(
                "Cannot create the cluster snapshot because one with the identifier {name} already exists."
            )));
        }
        let shown = &state.cluster(cluster_id)?.shown;
        let inherits = shown.copy_tags_to_snapshot == Some(true) && tags.items.is_empty();
        let snapshot = model::DBClusterSnapshot {
            availability_zones: shown.availability_zones.clone(),
            cluster_create_time: shown.cluster_create_time.clone(),
            d_b_cluster_identifier: Some(cluster_id.into()),
            d_b_cluster_snapshot_arn: Some(self.arn("cluster-snapshot", name)),
            d_b_cluster_snapshot_identifier: Some(name.into()),
            db_cluster_resource_id: shown.db_cluster_resource_id.clone(),
            engine: shown.engine.clone(),
            engine_version: shown.engine_version.clone(),
            master_username: shown.master_username.clone(),
            percent_progress: Some(if status == "available" { 100 } else { 0 }),
            port: shown.port,
            snapshot_create_time: Some(self.now()),
            snapshot_type: Some("manual".into()),
            status: Some(status.into()),
            storage_encrypted: shown.storage_encrypted,
            tag_list: if inherits {
                shown.tag_list.clone()
            } else {
                Some(tags)
            },
            ..Default::default()
        };
        state.snapshots.insert(name.into(), snapshot);
        Ok(())
    }

    pub fn delete_snapshot(
        &self,
        asked: &model::DeleteDBClusterSnapshotMessage,
    ) -> Result<model::DeleteDBClusterSnapshotResult, Fault> {
        let name = required(
            &asked.d_b_cluster_snapshot_identifier,
            "DBClusterSnapshotIdentifier",
        )?
        .to_lowercase();
        self.update(|state| {
            let snapshot = state.snapshots.get(&name).ok_or_else(|| no_snapshot(&name))?;
            if snapshot.status.as_deref() != Some("available") {
                return Err(
                    fault::SNAPSHOT_STATE.because(format!("The cluster snapshot {name} is not available."))
                );
            }
            Ok(model::DeleteDBClusterSnapshotResult {
                d_b_cluster_snapshot: state.snapshots.remove(&name),
            })
        })
    }

    pub fn describe_cluster_snapshots(
        &self,
        asked: &model::DescribeDBClusterSnapshotsMessage,
    ) -> Result<model::DBClusterSnapshotMessage, Fault> {
        let known = [
            "db-cluster-id",
            "db-cluster-snapshot-id",
            "snapshot-type",
            "engine",
        ];
        let filters = Filters::new(asked.filters.as_ref(), &known)?;
        let state = self.state();
        let named = asked
            .d_b_cluster_snapshot_identifier
            .as_deref()
            .map(str::to_lowercase);
        if let Some(name) = named.as_ref().filter(|name| !state.snapshots.contains_key(*name)) {
            return Err(no_snapshot(name));
        }
        let is = |wanted: &Option<String>, truth: &Option<String>| wanted.is_none() || wanted == truth;
        let wanted = state.snapshots.values().filter(|s| {
            is(&named, &s.d_b_cluster_snapshot_identifier)
                && is(&asked.d_b_cluster_identifier, &s.d_b_cluster_identifier)
                && is(&asked.db_cluster_resource_id, &s.db_cluster_resource_id)
                && is(&asked.snapshot_type, &s.snapshot_type)
                && filters.pass("db-cluster-id", &[s.d_b_cluster_identifier.as_deref()])
                && filters.pass(
                    "db-cluster-snapshot-id",
                    &[s.d_b_cluster_snapshot_identifier.as_deref()],
                )
                && filters.pass("snapshot-type", &[s.snapshot_type.as_deref()])
                && filters.pass("engine", &[s.engine.as_deref()])
        });
        let (items, marker) = page(
            wanted.cloned().collect(),
            asked.marker.as_deref(),
            asked.max_records,
        )?;
        Ok(model::DBClusterSnapshotMessage {
            d_b_cluster_snapshots: Some(model::DBClusterSnapshotList { items }),
            marker,
        })
    }

    /// Aurora's instances have no snapshots of their own.
    pub fn describe_snapshots(
        &self,
        asked: &model::DescribeDBSnapshotsMessage,
    ) -> Result<model::DBSnapshotMessage, Fault> {
        match &asked.d_b_snapshot_identifier {
            Some(name) => {
                Err(fault::INSTANCE_SNAPSHOT_NOT_FOUND.because(format!("DBSnapshot not found: {name}")))
            }
            None => Ok(model::DBSnapshotMessage {
                d_b_snapshots: Some(Default::default()),
                marker: None,
            }),
        }
    }

    /// A cluster's automated backup, which Aurora keeps for at least a day.
    pub fn backup_of(&self, cluster: &Cluster, status: &str) -> model::DBClusterAutomatedBackup {
        let shown = &cluster.shown;
        let resource = shown.db_cluster_resource_id.clone().unwrap_or_default();
        model::DBClusterAutomatedBackup {
            backup_retention_period: shown.backup_retention_period,
            cluster_create_time: shown.cluster_create_time.clone(),
            d_b_cluster_arn: shown.d_b_cluster_arn.clone(),
            d_b_cluster_automated_backups_arn: Some(self.arn("cluster-auto-backup", &resource)),
            d_b_cluster_identifier: shown.d_b_cluster_identifier.clone(),
            db_cluster_resource_id: Some(resource),
            engine: shown.engine.clone(),
            engine_version: shown.engine_version.clone(),
            master_username: shown.master_username.clone(),
            region: Some(self.options.region.clone()),
            restore_window: Some(model::RestoreWindow {
                earliest_time: shown.cluster_create_time.clone(),
                latest_time: Some(self.now()),
            }),
            status: Some(status.into()),
            ..Default::default()
        }
    }

    pub fn describe_backups(
        &self,
        asked: &model::DescribeDBClusterAutomatedBackupsMessage,
    ) -> Result<model::DBClusterAutomatedBackupMessage, Fault> {
        let filters = Filters::new(
            asked.filters.as_ref(),
            &["status", "db-cluster-id", "db-cluster-resource-id"],
        )?;
        let state = self.state();
        let live = state
            .clusters
            .values()
            .map(|cluster| self.backup_of(cluster, "active"));
        let all: Vec<_> = live.chain(state.retained.values().cloned()).collect();
        if let Some(resource) = &asked.db_cluster_resource_id
            && !all
                .iter()
                .any(|backup| backup.db_cluster_resource_id.as_ref() == Some(resource))
        {
            return Err(no_backup(resource));
        }
        let is = |wanted: &Option<String>, truth: &Option<String>| wanted.is_none() || wanted == truth;
        let wanted = all.into_iter().filter(|backup| {
            is(&asked.d_b_cluster_identifier, &backup.d_b_cluster_identifier)
                && is(&asked.db_cluster_resource_id, &backup.db_cluster_resource_id)
                && filters.pass("status", &[backup.status.as_deref()])
                && filters.pass("db-cluster-id", &[backup.d_b_cluster_identifier.as_deref()])
                && filters.pass(
                    "db-cluster-resource-id",
                    &[backup.db_cluster_resource_id.as_deref()],
                )
        });
        let (items, marker) = page(wanted.collect(), asked.marker.as_deref(), asked.max_records)?;
        let list = model::DBClusterAutomatedBackupList { items };
        Ok(model::DBClusterAutomatedBackupMessage {
            d_b_cluster_automated_backups: Some(list),
            marker,
        })
    }

    pub fn delete_backup(
        &self,
        asked: &model::DeleteDBClusterAutomatedBackupMessage,
    ) -> Result<model::DeleteDBClusterAutomatedBackupResult, Fault> {
        let resource = required(&asked.db_cluster_resource_id, "DbClusterResourceId")?;
        self.update(|state| {
            if state
                .clusters
                .keys()
                .any(|id| state.is_same_cluster(id, resource))
            {
                return Err(fault::BACKUP_STATE
                    .because("The automated backup of a cluster that exists can't be deleted."));
            }
            let mut backup = state
                .retained
                .remove(resource)
                .ok_or_else(|| no_backup(resource))?;
            backup.status = Some("deleting".into());
            Ok(model::DeleteDBClusterAutomatedBackupResult {
                d_b_cluster_automated_backup: Some(backup),
            })
        })
    }
}

fn no_snapshot(name: &str) -> Fault {
    fault::SNAPSHOT_NOT_FOUND.because(format!("DBClusterSnapshot not found: {name}"))
}

fn no_backup(resource: &str) -> Fault {
    fault::BACKUP_NOT_FOUND.because(format!("DB cluster automated backup {resource} not found."))
}
