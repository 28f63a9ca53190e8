//! What RDS knows: clusters, instances, groups and snapshots, as they are shown.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use winterbaume_rds::model;

use super::fault::{self, Fault};
use super::gate::{Gate, Listening};
use super::machine::Machine;
use super::options::{Ingress, Options};
use super::proxy::Proxy;
use crate::engine::{EngineKind, Parameters};

/// Everything that RDS knows. Identifiers are in lower case.
#[derive(Default)]
pub(super) struct State {
    pub clusters: BTreeMap<String, Cluster>,
    pub instances: BTreeMap<String, Instance>,
    pub cluster_groups: BTreeMap<String, Group>,
    pub instance_groups: BTreeMap<String, Group>,
    pub subnet_groups: BTreeMap<String, SubnetGroup>,
    pub proxies: BTreeMap<String, Proxy>,
    pub snapshots: BTreeMap<String, model::DBClusterSnapshot>,
    /// Backups that outlive their cluster, because its deletion asked for that.
    pub retained: BTreeMap<String, model::DBClusterAutomatedBackup>,
    pub hooks: Hooks,
    pub closed: bool,
}

/// What tests made up.
#[derive(Default)]
pub(super) struct Hooks {
    /// Statuses shown, and obeyed, instead of the true ones: by identifier.
    pub statuses: HashMap<String, String>,
    /// Instance classes that AWS has run out of.
    pub no_capacity: HashSet<String>,
    /// How many of the next restores end in `cloning-failed`.
    pub failing_restores: usize,
    /// Every further clone becomes a full copy.
    pub outgrown: bool,
}

/// A cluster.
pub(super) struct Cluster {
    /// As it is shown; members and some times are filled in when it is.
    pub shown: model::DBCluster,
    pub kind: EngineKind,
    pub machine: Arc<Machine>,
    pub gate: Arc<Gate>,
    /// The endpoint is open as long as this lives.
    pub _listening: Listening,
    /// What the last accepted call wants to be attached.
    pub wanted_groups: Vec<String>,
    /// Counts as one of its lineage's copy-on-write clones.
    pub is_clone: bool,
    /// The master's password, if it was ever told here.
    pub master_password: Option<String>,
    /// Modifications that are under way.
    pub modifications: usize,
    /// Members show the parameter group as `pending-reboot`.
    pub reboot_pending: bool,
}

/// An instance.
pub(super) struct Instance {
    pub shown: model::DBInstance,
    pub cluster: String,
}

/// A parameter group.
pub(super) struct Group {
    pub name: String,
    pub family: String,
    pub description: String,
    pub parameters: Parameters,
    pub tags: model::TagList,
}

/// A subnet group.
pub(super) struct SubnetGroup {
    pub shown: model::DBSubnetGroup,
    pub tags: model::TagList,
}

impl State {
    /// The status that counts: the made-up one, or the true one.
    pub fn status<'a>(&'a self, id: &str, truth: &'a Option<String>) -> &'a str {
        self.hooks
            .statuses
            .get(id)
            .or(truth.as_ref())
            .map_or("", String::as_str)
    }

    pub fn cluster(&self, id: &str) -> Result<&Cluster, Fault> {
        self.clusters.get(id).ok_or_else(|| no_cluster(id))
    }

    pub fn cluster_mut(&mut self, id: &str) -> Result<&mut Cluster, Fault> {
        self.clusters.get_mut(id).ok_or_else(|| no_cluster(id))
    }

    pub fn cluster_status(&self, id: &str) -> Result<&str, Fault> {
        Ok(self.status(id, &self.cluster(id)?.shown.status))
    }

    pub fn instance(&self, id: &str) -> Result<&Instance, Fault> {
        self.instances.get(id).ok_or_else(|| no_instance(id))
    }

    pub fn instance_mut(&mut self, id: &str) -> Result<&mut Instance, Fault> {
        self.instances.get_mut(id).ok_or_else(|| no_instance(id))
    }

    pub fn instance_status(&self, id: &str) -> Result<&str, Fault> {
        Ok(self.status(id, &self.instance(id)?.shown.d_b_instance_status))
    }

    /// The instances of a cluster.
    pub fn members(&self, cluster: &str) -> impl Iterator<Item = (&String, &Instance)> {
        let cluster = cluster.to_owned();
        self.instances
            .iter()
            .filter(move |(_, instance)| instance.cluster == cluster)
    }

    /// The identifier of the cluster with this resource id, if it is still the same cluster.
    pub fn is_same_cluster(&self, id: &str, resource_id: &str) -> bool {
        self.clusters
            .get(id)
            .is_some_and(|c| c.shown.db_cluster_resource_id.as_deref() == Some(resource_id))
    }

    /// Whether the instance is still the one with this resource id.
    pub fn is_same_instance(&self, id: &str, resource_id: &str) -> bool {
        self.instances
            .get(id)
            .is_some_and(|i| i.shown.dbi_resource_id.as_deref() == Some(resource_id))
    }

    /// The parameters that a cluster's server is to run with.
    pub fn parameters(&self, cluster: &Cluster) -> Parameters {
        let group = cluster
            .shown
            .d_b_cluster_parameter_group
            .as_deref()
            .unwrap_or_default();
        self.cluster_groups
            .get(group)
            .map(|group| group.parameters.clone())
            .unwrap_or_default()
    }
}

impl Cluster {
    /// Lets in whom the groups that are attached now let in: also those that are only being removed.
    pub fn enforce(&self, options: &Options) {
        let attached = self
            .shown
            .vpc_security_groups
            .iter()
            .flat_map(|groups| &groups.items);
        let counts = attached.filter(|group| group.status.as_deref() != Some("adding"));
        let rules = counts.map(|group| {
            let id = group.vpc_security_group_id.as_deref().unwrap_or_default();
            options
                .security_groups
                .get(id)
                .cloned()
                .unwrap_or(Ingress::Nobody)
        });
        self.gate.admit(rules.collect());
        self.gate
            .admit_tokens(self.shown.i_a_m_database_authentication_enabled == Some(true));
    }
}

/// Group memberships that are all `active`.
pub(super) fn active(groups: &[String]) -> model::VpcSecurityGroupMembershipList {
    let items = groups.iter().map(|id| membership(id, "active")).collect();
    model::VpcSecurityGroupMembershipList { items }
}

/// One group's membership.
pub(super) fn membership(id: &str, status: &str) -> model::VpcSecurityGroupMembership {
    model::VpcSecurityGroupMembership {
        status: Some(status.into()),
        vpc_security_group_id: Some(id.into()),
    }
}

/// That a cluster does not exist.
pub(super) fn no_cluster(id: &str) -> Fault {
    fault::CLUSTER_NOT_FOUND.because(format!("DBCluster {id} not found."))
}

fn no_instance(id: &str) -> Fault {
    fault::INSTANCE_NOT_FOUND.because(format!("DBInstance {id} not found."))
}
