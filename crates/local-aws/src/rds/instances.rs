//! CreateDBInstance, ModifyDBInstance, RebootDBInstance and DescribeDBInstances.

use std::sync::Arc;
use std::time::Duration;

use winterbaume_rds::model;

use super::core::{Core, internal};
use super::fault::{self, Fault, identifier, required};
use super::groups;
use super::list::{Filters, page};
use super::options::Transitions;
use super::state::{Instance, State};
use crate::engine::EngineKind;

impl Core {
    pub fn create_instance(
        self: &Arc<Self>,
        asked: model::CreateDBInstanceMessage,
        pace: &Transitions,
    ) -> Result<model::CreateDBInstanceResult, Fault> {
        let id = identifier(&asked.d_b_instance_identifier, "DBInstanceIdentifier")?;
        let cluster_id = required(
            asked.d_b_cluster_identifier.as_deref().unwrap_or_default(),
            "DBClusterIdentifier",
        )?;
        let cluster_id = cluster_id.to_lowercase();
        required(&asked.d_b_instance_class, "DBInstanceClass")?;
        required(&asked.engine, "Engine")?;
        let shown = self.update(|state| {
            self.admit_instance(state, &id, &cluster_id, &asked)?;
            let shown = self.new_instance(state, &id, &cluster_id, asked)?;
            state.instances.insert(
                id.clone(),
                Instance {
                    shown,
                    cluster: cluster_id.clone(),
                },
            );
            Ok(show_instance(state, &id))
        })?;
        self.start_instance(&id, &cluster_id, pace.instance_creating);
        Ok(model::CreateDBInstanceResult { d_b_instance: shown })
    }

    fn admit_instance(
        &self,
        state: &State,
        id: &str,
        cluster_id: &str,
        asked: &model::CreateDBInstanceMessage,
    ) -> Result<(), Fault> {
        if state.instances.contains_key(id) {
            return Err(fault::INSTANCE_EXISTS.because("DB instance already exists"));
        }
        let cluster = state.cluster(cluster_id)?;
        if asked.engine != cluster.kind.aws_name() {
            return Err(fault::INVALID_COMBINATION.because("The engine name requested for your DB instance doesn't match the engine name of your DB cluster."));
        }
        if asked.master_user_password.is_some()
            || asked.master_username.is_some()
            || asked.storage_type.is_some()
        {
            return Err(fault::INVALID_COMBINATION.because("The requested DB instance will be a member of a DB cluster: set its master user and storage on the cluster."));
        }
        self.check_class(state, cluster_id, &asked.d_b_instance_class)?;
        let status = state.cluster_status(cluster_id)?;
        if status != "available" {
            return Err(fault::CLUSTER_STATE.because(format!(
                "DBCluster {cluster_id} is in status {status}, not available."
            )));
        }
        if state.instances.len() >= self.options.quotas.instances {
            return Err(
                fault::INSTANCE_QUOTA.because("Cannot create more than the allowed number of DB instances.")
            );
        }
        Ok(())
    }

    /// A class must be on offer for the engine, in stock, and, if serverless, have its range set.
    fn check_class(&self, state: &State, cluster_id: &str, class: &str) -> Result<(), Fault> {
        let cluster = state.cluster(cluster_id)?;
        let offer = self.options.classes.iter().find(|offer| offer.name == class);
        let offer = offer
            .ok_or_else(|| fault::INVALID_VALUE.because(format!("Invalid DB Instance class: {class}")))?;
        let fits = match cluster.kind {
            EngineKind::Postgres => offer.postgres,
            EngineKind::Mysql => offer.mysql,
        };
        if !fits {
            return Err(fault::INVALID_COMBINATION.because(format!(
                "RDS does not support creating a DB instance with the following combination: DBInstanceClass={class}, Engine={}.",
                cluster.kind.aws_name()
            )));
        }
        if class == "db.serverless" && cluster.shown.serverless_v2_scaling_configuration.is_none() {
            return Err(fault::INVALID_COMBINATION.because("Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance."));
        }
        if state.hooks.no_capacity.contains(class) {
            return Err(fault::INSTANCE_CAPACITY.because(format!(
                "There is not enough capacity of {class} in your Availability Zone."
            )));
        }
        Ok(())
    }

    fn new_instance(
        &self,
        state: &State,
        id: &str,
        cluster_id: &str,
        asked: model::CreateDBInstanceMessage,
    ) -> Result<model::DBInstance, Fault> {
        let cluster = state.cluster(cluster_id)?;
        let default_subnets = cluster.shown.d_b_subnet_group.as_deref() == Some("default");
        let group = asked
            .d_b_parameter_group_name
            .unwrap_or_else(|| groups::default_name(cluster.kind, cluster.machine.engine()));
        groups::check_instance_group(state, &group, cluster.kind, cluster.machine.engine())?;
        Ok(model::DBInstance {
            auto_minor_version_upgrade: asked.auto_minor_version_upgrade.or(Some(true)),
            availability_zone: asked
                .availability_zone
                .or(Some(format!("{}a", self.options.region))),
            backup_retention_period: cluster.shown.backup_retention_period,
            copy_tags_to_snapshot: asked.copy_tags_to_snapshot.or(Some(false)),
            d_b_cluster_identifier: Some(cluster_id.to_owned()),
            d_b_instance_arn: Some(self.arn("db", id)),
            d_b_instance_class: Some(asked.d_b_instance_class),
            d_b_instance_identifier: Some(id.to_owned()),
            d_b_instance_status: Some("creating".into()),
            d_b_name: cluster.shown.database_name.clone(),
            d_b_parameter_groups: Some(groups::instance_membership(&group, "in-sync")),
            db_instance_port: Some(0),
            dbi_resource_id: Some(format!("db-{}", crate::engine::secret()[..26].to_uppercase())),
            deletion_protection: Some(false),
            engine: Some(asked.engine),
            engine_version: cluster.shown.engine_version.clone(),
            instance_create_time: Some(self.now()),
            master_username: cluster.shown.master_username.clone(),
            monitoring_interval: asked.monitoring_interval.or(Some(0)),
            multi_a_z: Some(false),
            performance_insights_enabled: asked.enable_performance_insights.or(Some(false)),
            promotion_tier: asked.promotion_tier.or(Some(1)),
            publicly_accessible: asked.publicly_accessible.or(Some(default_subnets)),
            storage_encrypted: cluster.shown.storage_encrypted,
            storage_type: cluster.shown.storage_type.clone(),
            tag_list: asked.tags,
            ..model::DBInstance::default()
        })
    }

    /// Starts the cluster's server, which all of its instances share, and lets the instance become available.
    fn start_instance(self: &Arc<Self>, id: &str, cluster_id: &str, least: Duration) {
        let core = self.clone();
        let (id, cluster_id) = (id.to_owned(), cluster_id.to_owned());
        let Some((machine, _)) = self.handle_of(&cluster_id) else {
            return;
        };
        let resource = self
            .state()
            .instances
            .get(&id)
            .and_then(|i| i.shown.dbi_resource_id.clone())
            .unwrap_or_default();
        self.later(async move {
            let parameters = core.parameters_of(&cluster_id);
            let server = machine.clone();
            let started = core
                .at_least(least, core.blocking(move || server.start(&parameters)))
                .await;
            let status = if started.is_ok() { "available" } else { "failed" };
            if let Err(error) = &started {
                let error = internal(error).message;
                tracing::error!(instance = id, error, "an instance could not be started");
            }
            let gone = core.update(|state| {
                if let Ok(cluster) = state.cluster_mut(&cluster_id) {
                    cluster.shown.pending_modified_values = None;
                }
                set_status_from(state, &id, &resource, &["creating"], status);
                state.members(&cluster_id).next().is_none()
            });
            if gone {
                core.blocking(move || machine.stop()).await;
            }
        });
    }

    pub fn modify_instance(
        self: &Arc<Self>,
        asked: model::ModifyDBInstanceMessage,
    ) -> Result<model::ModifyDBInstanceResult, Fault> {
        let id = required(&asked.d_b_instance_identifier, "DBInstanceIdentifier")?.to_lowercase();
        let (shown, resource) = self.update(|state| {
            let status = state.instance_status(&id)?;
            if status != "available" {
                return Err(fault::INSTANCE_STATE.because(format!(
                    "Database instance {id} is not in available state: it is {status}."
                )));
            }
            if asked.new_d_b_instance_identifier.is_some() || asked.master_user_password.is_some() {
                return Err(fault::INVALID_COMBINATION.because(
                    "The embedded RDS neither renames an instance nor sets a cluster's password through it.",
                ));
            }
            let cluster_id = state.instance(&id)?.cluster.clone();
            if let Some(class) = &asked.d_b_instance_class {
                self.check_class(state, &cluster_id, class)?;
            }
            if let Some(group) = &asked.d_b_parameter_group_name {
                let cluster = state.cluster(&cluster_id)?;
                groups::check_instance_group(state, group, cluster.kind, cluster.machine.engine())?;
            }
            let instance = &mut state.instance_mut(&id)?.shown;
            change_at_once(instance, &asked);
            let class = asked
                .d_b_instance_class
                .filter(|class| instance.d_b_instance_class.as_ref() != Some(class));
            if class.is_some() {
                instance.pending_modified_values = Some(model::PendingModifiedValues {
                    d_b_instance_class: class.clone(),
                    ..Default::default()
                });
            }
            let begins = class.is_some() && asked.apply_immediately == Some(true);
            let resource = begins.then(|| instance.dbi_resource_id.clone().unwrap_or_default());
            Ok((show_instance(state, &id), resource))
        })?;
        if let Some(resource) = resource {
            self.change_class(id, resource);
        }
        Ok(model::ModifyDBInstanceResult { d_b_instance: shown })
    }

    /// Shows `available` for a while yet, then `modifying`; a new class means a new host, so the server restarts.
    fn change_class(self: &Arc<Self>, id: String, resource: String) {
        let core = self.clone();
        self.later(async move {
            core.pass(core.options.transitions.modify_delay).await;
            let started =
                core.update(|state| set_status_from(state, &id, &resource, &["available"], "modifying"));
            if started {
                core.restart_instance(&id).await;
            }
            core.update(|state| {
                let stays = state.is_same_instance(&id, &resource);
                if let Ok(instance) = state.instance_mut(&id)
                    && stays
                    && let Some(pending) = instance.shown.pending_modified_values.take()
                {
                    instance.shown.d_b_instance_class = pending.d_b_instance_class;
                }
                set_status_from(state, &id, &resource, &["modifying"], "available")
            });
        });
    }

    pub fn reboot_instance(
        self: &Arc<Self>,
        asked: &model::RebootDBInstanceMessage,
    ) -> Result<model::RebootDBInstanceResult, Fault> {
        let id = required(&asked.d_b_instance_identifier, "DBInstanceIdentifier")?.to_lowercase();
        let (shown, resource) = self.update(|state| {
            let status = state.instance_status(&id)?;
            if status != "available" {
                return Err(fault::INSTANCE_STATE.because(format!(
                    "Database instance {id} is not in available state: it is {status}."
                )));
            }
            let instance = &mut state.instance_mut(&id)?.shown;
            instance.d_b_instance_status = Some("rebooting".into());
            let resource = instance.dbi_resource_id.clone().unwrap_or_default();
            Ok((show_instance(state, &id), resource))
        })?;
        let core = self.clone();
        self.later(async move {
            core.restart_instance(&id).await;
            core.update(|state| set_status_from(state, &id, &resource, &["rebooting"], "available"));
        });
        Ok(model::RebootDBInstanceResult { d_b_instance: shown })
    }

    /// Restarts the server behind an instance, with its cluster's parameters of now.
    async fn restart_instance(self: &Arc<Self>, id: &str) {
        let found = {
            let state = self.state();
            let cluster = state
                .instances
                .get(id)
                .and_then(|instance| state.clusters.get(&instance.cluster));
            cluster.map(|cluster| {
                (
                    cluster.machine.clone(),
                    state.parameters(cluster),
                    state.instances[id].cluster.clone(),
                )
            })
        };
        let Some((machine, parameters, cluster_id)) = found else {
            return;
        };
        let restarted = self.blocking(move || machine.restart(&parameters));
        if let Err(error) = self.at_least(self.options.transitions.modifying, restarted).await {
            let error = internal(&error).message;
            tracing::error!(instance = id, error, "an instance could not be restarted");
        }
        self.update(|state| {
            if let Ok(cluster) = state.cluster_mut(&cluster_id) {
                cluster.reboot_pending = false;
            }
        });
    }

    pub fn describe_instances(
        &self,
        asked: &model::DescribeDBInstancesMessage,
    ) -> Result<model::DBInstanceMessage, Fault> {
        let state = self.state();
        let filters = Filters::new(
            asked.filters.as_ref(),
            &["db-cluster-id", "db-instance-id", "dbi-resource-id", "engine"],
        )?;
        let named = asked.d_b_instance_identifier.as_deref().map(|given| {
            given
                .strip_prefix(&self.arn("db", ""))
                .unwrap_or(given)
                .to_lowercase()
        });
        if let Some(id) = &named {
            state.instance(id)?;
        }
        let instances = state.instances.iter().filter(|(id, instance)| {
            let shown = &instance.shown;
            named.as_ref().is_none_or(|named| named == *id)
                && filters.pass(
                    "db-cluster-id",
                    &[
                        Some(&instance.cluster),
                        Some(&self.arn("cluster", &instance.cluster)),
                    ],
                )
                && filters.pass(
                    "db-instance-id",
                    &[Some(id.as_str()), shown.d_b_instance_arn.as_deref()],
                )
                && filters.pass("dbi-resource-id", &[shown.dbi_resource_id.as_deref()])
                && filters.pass("engine", &[shown.engine.as_deref()])
        });
        let ids = instances.map(|(id, _)| id.clone()).collect();
        let (ids, marker) = page(ids, asked.marker.as_deref(), asked.max_records)?;
        let items = ids.iter().filter_map(|id| show_instance(&state, id)).collect();
        Ok(model::DBInstanceMessage {
            d_b_instances: Some(model::DBInstanceList { items }),
            marker,
        })
    }
}

/// What ModifyDBInstance changes without a pause.
fn change_at_once(instance: &mut model::DBInstance, asked: &model::ModifyDBInstanceMessage) {
    if let Some(group) = &asked.d_b_parameter_group_name {
        instance.d_b_parameter_groups = Some(groups::instance_membership(group, "pending-reboot"));
    }
    instance.publicly_accessible = asked.publicly_accessible.or(instance.publicly_accessible);
    instance.auto_minor_version_upgrade = asked
        .auto_minor_version_upgrade
        .or(instance.auto_minor_version_upgrade);
    instance.monitoring_interval = asked.monitoring_interval.or(instance.monitoring_interval);
    instance.performance_insights_enabled = asked
        .enable_performance_insights
        .or(instance.performance_insights_enabled);
    instance.promotion_tier = asked.promotion_tier.or(instance.promotion_tier);
    instance.copy_tags_to_snapshot = asked.copy_tags_to_snapshot.or(instance.copy_tags_to_snapshot);
}

/// Sets the status of an instance that is still the same one and still in one of `from`.
pub(super) fn set_status_from(state: &mut State, id: &str, resource: &str, from: &[&str], to: &str) -> bool {
    if !state.is_same_instance(id, resource) {
        return false;
    }
    state.instance_mut(id).is_ok_and(|instance| {
        let is_there = instance
            .shown
            .d_b_instance_status
            .as_deref()
            .is_some_and(|status| from.contains(&status));
        if is_there {
            instance.shown.d_b_instance_status = Some(to.to_owned());
        }
        is_there
    })
}

/// An instance as AWS shows it now. It has no endpoint while it is being created.
pub(super) fn show_instance(state: &State, id: &str) -> Option<model::DBInstance> {
    let instance = state.instances.get(id)?;
    let mut shown = instance.shown.clone();
    let cluster = state.clusters.get(&instance.cluster);
    if let Some(cluster) = cluster {
        shown
            .vpc_security_groups
            .clone_from(&cluster.shown.vpc_security_groups);
        shown.i_a_m_database_authentication_enabled = cluster.shown.i_a_m_database_authentication_enabled;
        let subnets = cluster
            .shown
            .d_b_subnet_group
            .as_ref()
            .and_then(|name| state.subnet_groups.get(name));
        shown.d_b_subnet_group = subnets.map(|subnets| subnets.shown.clone());
        if shown.d_b_instance_status.as_deref() != Some("creating") {
            shown.endpoint = Some(model::Endpoint {
                address: cluster.shown.endpoint.clone(),
                hosted_zone_id: None,
                port: cluster.shown.port,
            });
        }
    }
    shown.d_b_instance_status = Some(state.status(id, &shown.d_b_instance_status).to_owned());
    Some(shown)
}
