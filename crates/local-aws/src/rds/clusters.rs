//! CreateDBCluster, RestoreDBClusterToPointInTime and DescribeDBClusters.

use std::sync::Arc;

use winterbaume_rds::model;

use super::core::{Core, internal, timestamp};
use super::fault::{self, Fault, identifier, required};
use super::gate::Gate;
use super::groups;
use super::list::{Filters, page};
use super::machine::Machine;
use super::options::{DEFAULT_SECURITY_GROUP, Transitions};
use super::state::{Cluster, State, active, no_cluster};
use crate::engine::{Engine, EngineKind, Master};

/// Aurora MySQL's version: the local server's own version is MariaDB's.
const AURORA_MYSQL: &str = "8.0.mysql_aurora.3.08.2";

/// Seven days back is as far as a cluster shows that it could be restored.
const AVAILABILITY_ZONES: [&str; 3] = ["a", "c", "d"];

impl Core {
    pub async fn create_cluster(
        self: &Arc<Self>,
        asked: model::CreateDBClusterMessage,
        pace: &Transitions,
    ) -> Result<model::CreateDBClusterResult, Fault> {
        let id = identifier(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?;
        let kind = EngineKind::from_aws_name(required(&asked.engine, "Engine")?)
            .ok_or_else(|| fault::INVALID_VALUE.because(format!("Invalid DB engine: {}", asked.engine)))?;
        if asked.manage_master_user_password == Some(true) {
            return Err(no_managed_passwords());
        }
        let user = required(
            asked.master_username.as_deref().unwrap_or_default(),
            "MasterUsername",
        )?
        .to_owned();
        let password = required(
            asked.master_user_password.as_deref().unwrap_or_default(),
            "MasterUserPassword",
        )?;
        good_password(password)?;
        let password = password.to_owned();
        let engine = self.engine(kind).await.map_err(|error| internal(&error))?;
        let master = Master {
            user: user.clone(),
            password: password.clone(),
            database: asked.database_name.clone(),
        };
        let mut shown = model::DBCluster {
            database_name: asked.database_name,
            engine_version: Some(asked.engine_version.unwrap_or_else(|| version(kind, &engine))),
            master_username: Some(user),
            backup_retention_period: Some(asked.backup_retention_period.unwrap_or(1)),
            clone_group_id: Some(uuid::Uuid::new_v4().to_string()),
            ..self.new_cluster(&id, kind)
        };
        shown.d_b_cluster_parameter_group = asked.d_b_cluster_parameter_group_name;
        shown.d_b_subnet_group = asked.d_b_subnet_group_name;
        shown.deletion_protection = asked.deletion_protection.or(Some(false));
        shown.copy_tags_to_snapshot = asked.copy_tags_to_snapshot.or(Some(false));
        shown.enabled_cloudwatch_logs_exports = asked.enable_cloudwatch_logs_exports;
        shown.i_a_m_database_authentication_enabled =
            asked.enable_i_a_m_database_authentication.or(Some(false));
        shown.http_endpoint_enabled = asked.enable_http_endpoint.or(Some(false));
        shown.storage_encrypted = asked.storage_encrypted.or(Some(false));
        shown.storage_type = asked.storage_type.or(Some("aurora".into()));
        shown.tag_list = asked.tags;
        let scaling = |asked| scaling(asked, kind, shown.engine_version.as_deref());
        let range = asked.serverless_v2_scaling_configuration.map(scaling);
        shown.serverless_v2_scaling_configuration = range.transpose()?;
        let groups = wanted_groups(asked.vpc_security_group_ids);
        let cluster = self.update(|state| {
            self.admit_cluster(state, &id)?;
            let cluster = self.assemble(state, shown, kind, engine, Some(master), groups)?;
            state.clusters.insert(id.clone(), cluster);
            let cluster = state.cluster_mut(&id)?;
            cluster.master_password = Some(password);
            Ok(self.show_cluster(state, &id))
        })?;
        self.come_to_life(&id, None, pace);
        self.watch_over(&id);
        Ok(model::CreateDBClusterResult { d_b_cluster: cluster })
    }

    pub fn restore_cluster(
        self: &Arc<Self>,
        asked: model::RestoreDBClusterToPointInTimeMessage,
    ) -> Result<model::RestoreDBClusterToPointInTimeResult, Fault> {
        let id = identifier(&asked.d_b_cluster_identifier, "DBClusterIdentifier")?;
        let copy_on_write = check_restore(&asked)?;
        let groups = wanted_groups(asked.vpc_security_group_ids.clone());
        let (cluster, source) = self.update(|state| {
            let source_id = self.source_of(state, &asked)?;
            self.admit_cluster(state, &id)?;
            check_source(state, &source_id)?;
            let source = state.cluster(&source_id)?;
            let group_id = source.shown.clone_group_id.clone();
            let clones = state
                .clusters
                .values()
                .filter(|c| c.is_clone && c.shown.clone_group_id == group_id)
                .count();
            let is_clone = copy_on_write && clones < self.options.clones_per_lineage && !state.hooks.outgrown;
            let kind = source.kind;
            let scaling = |asked| scaling(asked, kind, source.shown.engine_version.as_deref());
            let range = asked.serverless_v2_scaling_configuration.clone().map(scaling);
            let shown = model::DBCluster {
                clone_group_id: if is_clone {
                    group_id
                } else {
                    Some(uuid::Uuid::new_v4().to_string())
                },
                serverless_v2_scaling_configuration: range.transpose()?,
                ..restored(self.new_cluster(&id, kind), &source.shown, asked)
            };
            let (source, engine) = (source.machine.clone(), source.machine.shared_engine());
            let master_password = state.cluster(&source_id)?.master_password.clone();
            let mut cluster = self.assemble(state, shown, kind, engine, None, groups)?;
            (cluster.is_clone, cluster.master_password) = (is_clone, master_password);
            state.clusters.insert(id.clone(), cluster);
            Ok((self.show_cluster(state, &id), source))
        })?;
        self.come_to_life(&id, Some(source), &self.options.transitions);
        self.watch_over(&id);
        Ok(model::RestoreDBClusterToPointInTimeResult { d_b_cluster: cluster })
    }

    /// The cluster that a restore names, by identifier, ARN or resource id.
    fn source_of(
        &self,
        state: &State,
        asked: &model::RestoreDBClusterToPointInTimeMessage,
    ) -> Result<String, Fault> {
        if let Some(resource) = &asked.source_db_cluster_resource_id {
            let found = state
                .clusters
                .keys()
                .find(|id| state.is_same_cluster(id, resource));
            return found.cloned().ok_or_else(|| no_cluster(resource));
        }
        let given = required(
            asked.source_d_b_cluster_identifier.as_deref().unwrap_or_default(),
            "SourceDBClusterIdentifier",
        )?;
        let id = given
            .strip_prefix(&self.arn("cluster", ""))
            .unwrap_or(given)
            .to_lowercase();
        state.cluster(&id).map(|_| id)
    }

    /// A new name, and room for one more.
    fn admit_cluster(&self, state: &State, id: &str) -> Result<(), Fault> {
        if state.closed {
            return Err(fault::UNAVAILABLE.because("The embedded RDS was shut down."));
        }
        if state.clusters.contains_key(id) {
            return Err(fault::CLUSTER_EXISTS.because("DB Cluster already exists"));
        }
        if state.clusters.len() >= self.options.quotas.clusters {
            return Err(
                fault::CLUSTER_QUOTA.because("Cannot create more than the allowed number of DB clusters.")
            );
        }
        Ok(())
    }

    /// What any new cluster shows.
    fn new_cluster(&self, id: &str, kind: EngineKind) -> model::DBCluster {
        let resource = format!("cluster-{}", crate::engine::secret()[..26].to_uppercase());
        model::DBCluster {
            allocated_storage: Some(1),
            availability_zones: Some(model::AvailabilityZones {
                items: AVAILABILITY_ZONES
                    .map(|zone| format!("{}{zone}", self.options.region))
                    .into(),
            }),
            auto_minor_version_upgrade: Some(false),
            cluster_create_time: Some(self.now()),
            cross_account_clone: Some(false),
            d_b_cluster_arn: Some(self.arn("cluster", id)),
            d_b_cluster_identifier: Some(id.to_owned()),
            db_cluster_resource_id: Some(resource),
            engine: Some(kind.aws_name().into()),
            engine_lifecycle_support: Some("open-source-rds-extended-support".into()),
            engine_mode: Some("provisioned".into()),
            multi_a_z: Some(false),
            network_type: Some("IPV4".into()),
            performance_insights_enabled: Some(false),
            preferred_backup_window: Some("17:00-17:30".into()),
            preferred_maintenance_window: Some("sun:18:00-sun:18:30".into()),
            status: Some("creating".into()),
            ..model::DBCluster::default()
        }
    }

    /// Checks the groups, opens the endpoint and puts a cluster together.
    fn assemble(
        &self,
        state: &State,
        mut shown: model::DBCluster,
        kind: EngineKind,
        engine: Arc<Engine>,
        master: Option<Master>,
        wanted: Vec<String>,
    ) -> Result<Cluster, Fault> {
        let id = shown.d_b_cluster_identifier.clone().unwrap_or_default();
        groups::check_subnets(
            state,
            shown.d_b_subnet_group.get_or_insert_with(|| "default".into()),
        )?;
        let group = shown
            .d_b_cluster_parameter_group
            .get_or_insert_with(|| groups::default_name(kind, &engine));
        groups::check_cluster_group(state, group, kind, &engine)?;
        good_retention(shown.backup_retention_period)?;
        let gate = Arc::new(Gate::new(kind, self.guard.clone()));
        let listening = gate
            .listen(self.options.base_port)
            .map_err(|error| internal(&error))?;
        shown.endpoint = Some("127.0.0.1".into());
        shown.reader_endpoint = shown.endpoint.clone();
        shown.port = Some(listening.port.into());
        shown.vpc_security_groups = Some(active(&wanted));
        let folder = format!("{id}-{}", &crate::engine::secret()[..6]);
        let machine = Arc::new(Machine::new(
            engine,
            self.home.data().join(folder),
            gate.clone(),
            master,
        ));
        let cluster = Cluster {
            shown,
            kind,
            machine,
            gate,
            _listening: listening,
            wanted_groups: wanted,
            is_clone: false,
            master_password: None,
            modifications: 0,
            reboot_pending: false,
        };
        cluster.enforce(&self.options);
        Ok(cluster)
    }

    /// Makes the data, from nothing or from `source`, while the cluster shows `creating`.
    fn come_to_life(self: &Arc<Self>, id: &str, source: Option<Arc<Machine>>, pace: &Transitions) {
        let core = self.clone();
        let (id, creating) = (id.to_owned(), pace.cluster_creating);
        let Some((machine, resource)) = self.handle_of(&id) else {
            return;
        };
        self.later(async move {
            let fails = core.update(|state| {
                let fails = source.is_some() && state.hooks.failing_restores > 0;
                state.hooks.failing_restores -= usize::from(fails);
                fails
            });
            // Cloning wakes a source that sleeps.
            let _visit = source.as_ref().map(|source| source.door().visit());
            if let Some(source) = &source {
                source.door().server().await;
            }
            let made = core.blocking(move || match source {
                Some(source) => source.copy_to(&machine),
                None => machine.create(),
            });
            let made = core.at_least(creating, made).await;
            if let Err(error) = &made {
                let error = internal(error).message;
                tracing::error!(cluster = id, error, "a cluster could not be made");
            }
            let status = if fails || made.is_err() {
                "cloning-failed"
            } else {
                "available"
            };
            core.update(|state| {
                if state.is_same_cluster(&id, &resource)
                    && let Ok(cluster) = state.cluster_mut(&id)
                {
                    cluster.shown.status = Some(status.into());
                }
            });
        });
    }

    /// A cluster's machine, and the resource id that tells it from a later one of the same name.
    pub fn handle_of(&self, id: &str) -> Option<(Arc<Machine>, String)> {
        let state = self.state();
        let cluster = state.clusters.get(id)?;
        Some((
            cluster.machine.clone(),
            cluster.shown.db_cluster_resource_id.clone()?,
        ))
    }

    pub fn describe_clusters(
        &self,
        asked: &model::DescribeDBClustersMessage,
    ) -> Result<model::DBClusterMessage, Fault> {
        let state = self.state();
        let filters = Filters::new(
            asked.filters.as_ref(),
            &[
                "db-cluster-id",
                "clone-group-id",
                "db-cluster-resource-id",
                "engine",
            ],
        )?;
        let named = asked.d_b_cluster_identifier.as_deref().map(|given| {
            given
                .strip_prefix(&self.arn("cluster", ""))
                .unwrap_or(given)
                .to_lowercase()
        });
        if let Some(id) = &named {
            state.cluster(id)?;
        }
        let clusters = state.clusters.iter().filter(|(id, cluster)| {
            let shown = &cluster.shown;
            named.as_ref().is_none_or(|named| named == *id)
                && filters.pass(
                    "db-cluster-id",
                    &[Some(id.as_str()), shown.d_b_cluster_arn.as_deref()],
                )
                && filters.pass("clone-group-id", &[shown.clone_group_id.as_deref()])
                && filters.pass(
                    "db-cluster-resource-id",
                    &[shown.db_cluster_resource_id.as_deref()],
                )
                && filters.pass("engine", &[shown.engine.as_deref()])
        });
        let ids = clusters.map(|(id, _)| id.clone()).collect();
        let (ids, marker) = page(ids, asked.marker.as_deref(), asked.max_records)?;
        let items = ids
            .iter()
            .filter_map(|id| self.show_cluster(&state, id))
            .collect();
        Ok(model::DBClusterMessage {
            d_b_clusters: Some(model::DBClusterList { items }),
            marker,
        })
    }

    /// A cluster as AWS shows it now.
    pub fn show_cluster(&self, state: &State, id: &str) -> Option<model::DBCluster> {
        let cluster = state.clusters.get(id)?;
        let mut shown = cluster.shown.clone();
        shown.status = Some(state.status(id, &shown.status).to_owned());
        let group_status = if cluster.reboot_pending {
            "pending-reboot"
        } else {
            "in-sync"
        };
        let mut writer = true;
        let members = state.members(id).map(|(id, instance)| model::DBClusterMember {
            d_b_cluster_parameter_group_status: Some(group_status.into()),
            d_b_instance_identifier: Some(id.clone()),
            is_cluster_writer: Some(std::mem::take(&mut writer)),
            promotion_tier: instance.shown.promotion_tier,
        });
        shown.d_b_cluster_members = Some(model::DBClusterMemberList {
            items: members.collect(),
        });
        shown
            .earliest_restorable_time
            .clone_from(&shown.cluster_create_time);
        shown.latest_restorable_time = Some(timestamp(self.time.now()));
        Some(shown)
    }
}

/// What a restored cluster has of its source, and what only of the call: see "Reset to defaults unless passed"
/// in the Aurora user guide's pages on cloning.
fn restored(
    new: model::DBCluster,
    source: &model::DBCluster,
    asked: model::RestoreDBClusterToPointInTimeMessage,
) -> model::DBCluster {
    model::DBCluster {
        database_name: source.database_name.clone(),
        engine_version: source.engine_version.clone(),
        master_username: source.master_username.clone(),
        storage_encrypted: source.storage_encrypted,
        kms_key_id: asked.kms_key_id.or_else(|| source.kms_key_id.clone()),
        backup_retention_period: asked.backup_retention_period.or(source.backup_retention_period),
        tag_list: asked.tags.or_else(|| source.tag_list.clone()),
        d_b_cluster_parameter_group: asked.d_b_cluster_parameter_group_name,
        d_b_subnet_group: asked.d_b_subnet_group_name,
        deletion_protection: asked.deletion_protection.or(Some(false)),
        copy_tags_to_snapshot: asked.copy_tags_to_snapshot.or(Some(false)),
        enabled_cloudwatch_logs_exports: asked.enable_cloudwatch_logs_exports,
        engine_lifecycle_support: asked.engine_lifecycle_support.or(new.engine_lifecycle_support),
        i_a_m_database_authentication_enabled: asked.enable_i_a_m_database_authentication.or(Some(false)),
        http_endpoint_enabled: Some(false),
        storage_type: asked.storage_type.or(Some("aurora".into())),
        ..new
    }
}

/// Refuses what AWS refuses; says whether a copy-on-write clone is asked for.
fn check_restore(asked: &model::RestoreDBClusterToPointInTimeMessage) -> Result<bool, Fault> {
    let copy_on_write = match asked.restore_type.as_deref() {
        Some("copy-on-write") => true,
        None | Some("full-copy") => false,
        Some(other) => return Err(fault::INVALID_VALUE.because(format!("Invalid restore type: {other}"))),
    };
    let latest = asked.use_latest_restorable_time == Some(true);
    let trouble = match asked.restore_to_time {
        Some(_) if copy_on_write => "RestoreToTime can't be specified when RestoreType is copy-on-write.",
        Some(_) if latest => "RestoreToTime can't be specified together with UseLatestRestorableTime.",
        None if !latest => "Either RestoreToTime or UseLatestRestorableTime must be specified.",
        _ if asked.enable_performance_insights.is_some() || asked.monitoring_interval.is_some() => {
            "Performance Insights and monitoring parameters aren't supported for this engine's cluster restore."
        }
        _ => return Ok(copy_on_write),
    };
    Err(fault::INVALID_COMBINATION.because(trouble))
}

/// A source must be there to be copied: it has at least one instance, and nothing else happens to it.
fn check_source(state: &State, id: &str) -> Result<(), Fault> {
    let status = state.cluster_status(id)?;
    if ![
        "available",
        "modifying",
        "backing-up",
        "resetting-master-credentials",
    ]
    .contains(&status)
    {
        return Err(fault::CLUSTER_STATE.because(format!(
            "DBCluster {id} is in status {status}: it can't be restored from."
        )));
    }
    if state
        .members(id)
        .all(|(_, instance)| instance.shown.d_b_instance_status.as_deref() == Some("creating"))
    {
        return Err(fault::CLUSTER_STATE.because(format!("The source cluster {id} has no DB instance.")));
    }
    Ok(())
}

fn version(kind: EngineKind, engine: &Engine) -> String {
    match kind {
        EngineKind::Postgres => engine.version().to_owned(),
        EngineKind::Mysql => AURORA_MYSQL.to_owned(),
    }
}

fn wanted_groups(asked: Option<model::VpcSecurityGroupIdList>) -> Vec<String> {
    let asked = asked.map(|list| list.items).unwrap_or_default();
    if asked.is_empty() {
        vec![DEFAULT_SECURITY_GROUP.into()]
    } else {
        asked
    }
}

/// Serverless v2: half-ACU steps, 0 to 256, 0 only on versions that can pause; a pause only makes sense from 0.
pub(super) fn scaling(
    asked: model::ServerlessV2ScalingConfiguration,
    kind: EngineKind,
    version: Option<&str>,
) -> Result<model::ServerlessV2ScalingConfigurationInfo, Fault> {
    let (min, max) = (
        asked.min_capacity.unwrap_or(0.5),
        asked.max_capacity.unwrap_or(1.0),
    );
    let good = |acu: f64| (acu * 2.0).fract() == 0.0 && (0.0..=256.0).contains(&acu);
    let pause = asked.seconds_until_auto_pause;
    if !good(min)
        || !good(max)
        || min > max
        || max < 1.0
        || pause.is_some_and(|s| !(300..=86_400).contains(&s))
    {
        return Err(fault::INVALID_VALUE.because(format!(
            "Invalid Serverless v2 scaling configuration: {min} to {max} ACUs."
        )));
    }
    if min == 0.0 && !can_pause(kind, version.unwrap_or_default()) {
        return Err(fault::INVALID_COMBINATION.because(format!(
            "Serverless v2 with a minimum capacity of 0 ACUs isn't supported for {} {}.",
            kind.aws_name(),
            version.unwrap_or_default()
        )));
    }
    let pause = if min == 0.0 { pause.or(Some(300)) } else { None };
    Ok(model::ServerlessV2ScalingConfigurationInfo {
        max_capacity: Some(max),
        min_capacity: Some(min),
        seconds_until_auto_pause: pause,
    })
}

/// The versions that AWS lists with a minimum of 0 ACUs: 13.15, 14.12, 15.7, 16.3 and 3.08.0, and later ones.
fn can_pause(kind: EngineKind, version: &str) -> bool {
    let own = match kind {
        EngineKind::Postgres => version,
        EngineKind::Mysql => version.split_once("mysql_aurora.").map_or("", |(_, own)| own),
    };
    let mut parts = own.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let number = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    match (kind, number.0) {
        (EngineKind::Mysql, _) => number >= (3, 8),
        (_, 13) => number.1 >= 15,
        (_, 14) => number.1 >= 12,
        (_, 15) => number.1 >= 7,
        (_, 16) => number.1 >= 3,
        (_, major) => major > 16,
    }
}

pub(super) fn good_password(password: &str) -> Result<(), Fault> {
    let good = (8..=99).contains(&password.len()) && !password.contains(['/', '"', '@', ' ']);
    good.then_some(()).ok_or_else(|| {
        fault::INVALID_VALUE.because(
            "The parameter MasterUserPassword is not a valid password: 8 to 99 printable characters besides '/', '@', '\"', ' '.",
        )
    })
}

pub(super) fn good_retention(days: Option<i32>) -> Result<(), Fault> {
    match days {
        Some(days) if !(1..=35).contains(&days) => Err(fault::INVALID_VALUE.because(format!(
            "Invalid backup retention period: {days}. Must be 1 to 35 days."
        ))),
        _ => Ok(()),
    }
}

pub(super) fn no_managed_passwords() -> Fault {
    fault::INVALID_COMBINATION
        .because("The embedded RDS has no managed master passwords: pass MasterUserPassword.")
}
