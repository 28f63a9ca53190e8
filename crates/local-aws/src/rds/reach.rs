//! The Data API's way to a cluster's server: past the security groups, and only where its endpoint is on.

use std::path::PathBuf;

use super::Rds;
use super::gate::Visit;
use crate::engine::EngineKind;

/// A server that can be logged in to. It stays awake for as long as the visit is there.
pub(crate) struct Reached {
    pub kind: EngineKind,
    pub socket: PathBuf,
    /// The cluster's own database, if it has one.
    pub database: Option<String>,
    pub visit: Visit,
}

/// Why there is no server to log in to.
pub(crate) enum Unreachable {
    /// There is no such cluster, or its Data API is off.
    NoEndpoint,
    /// The cluster has no instance.
    NoInstance,
    /// This instance sleeps; it is being woken.
    Resuming(String),
    /// It is being created, restarted, stopped or deleted.
    Unavailable,
}

impl Rds {
    /// The server of the cluster with this ARN. One that sleeps is woken, and not waited for.
    pub(crate) fn reach(&self, arn: &str) -> Result<Reached, Unreachable> {
        let state = self.core.state();
        let is_meant = |shown: &winterbaume_rds::model::DBCluster| {
            shown.d_b_cluster_arn.as_deref() == Some(arn) && shown.http_endpoint_enabled == Some(true)
        };
        let found = state
            .clusters
            .iter()
            .find(|(_, cluster)| is_meant(&cluster.shown));
        let (id, cluster) = found.ok_or(Unreachable::NoEndpoint)?;
        let mut members = state.members(id);
        let (_, instance) = members.next().ok_or(Unreachable::NoInstance)?;
        let door = cluster.machine.door();
        let visit = door.visit();
        match door.server_now() {
            Some(server) => Ok(Reached {
                kind: cluster.kind,
                socket: server.socket().to_owned(),
                database: cluster.shown.database_name.clone(),
                visit,
            }),
            None if door.is_asleep() => {
                door.knock();
                Err(Unreachable::Resuming(
                    instance.shown.dbi_resource_id.clone().unwrap_or_default(),
                ))
            }
            None => Err(Unreachable::Unavailable),
        }
    }
}
