//! What AWS shows of one clone, cut down to what the plans look at.

use std::collections::BTreeMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{
    ClusterPendingModifiedValues, DbCluster, DbInstance, DbProxyTarget, Filter, PendingModifiedValues, Tag,
};
use domain::observed::{Cluster, Instance, Observed};
use domain::proxy::{Proxy, ProxyTarget};

use crate::aws::{Failed, failed};

/// Looks at the cluster `id`, at every instance of it, and at the lineage of `source` (a cluster's identifier or
/// ARN), if one is named. What does not exist is absent from the answer; it is no error.
pub async fn observe(rds: &Client, id: &str, source: Option<&str>) -> Result<Observed, Failed> {
    let cluster = describe_cluster(rds, id).await?;
    let source = match source {
        Some(source) => describe_cluster(rds, source).await?,
        None => None,
    };
    Ok(Observed {
        cluster: cluster.map(read_cluster),
        instances: instances(rds, id).await?,
        source_clone_group: source.and_then(|source| source.clone_group_id),
        proxy: None,
    })
}

/// The RDS Proxy of that name and what it leads to; none if it does not exist.
pub async fn observe_proxy(rds: &Client, name: &str) -> Result<Option<Proxy>, Failed> {
    let call = rds.describe_db_proxies().db_proxy_name(name).send().await;
    let found = match call.map_err(failed("DescribeDBProxies", name)) {
        Ok(answer) => answer.db_proxies.unwrap_or_default().into_iter().next(),
        Err(error) if error.is("DBProxyNotFoundFault") => None,
        Err(error) => return Err(error),
    };
    let Some(proxy) = found else { return Ok(None) };
    let call = rds.describe_db_proxy_targets().db_proxy_name(name).send().await;
    let targets = match call.map_err(failed("DescribeDBProxyTargets", name)) {
        Ok(answer) => answer.targets.unwrap_or_default(),
        // Its target group comes a little later than itself.
        Err(error) if error.is("DBProxyNotFoundFault") || error.is("DBProxyTargetGroupNotFoundFault") => {
            vec![]
        }
        Err(error) if error.is("InvalidDBProxyStateFault") => vec![],
        Err(error) => return Err(error),
    };
    // DescribeDBProxies does not show them.
    let arn = proxy.db_proxy_arn.unwrap_or_default();
    let call = rds.list_tags_for_resource().resource_name(&arn).send().await;
    let tags = match call.map_err(failed("ListTagsForResource", &arn)) {
        Ok(answer) => read_tags(answer.tag_list),
        // It went meanwhile.
        Err(error) if error.is("DBProxyNotFoundFault") => return Ok(None),
        Err(error) => return Err(error),
    };
    let auth = proxy.auth.unwrap_or_default().into_iter();
    Ok(Some(Proxy {
        name: proxy.db_proxy_name.unwrap_or_default(),
        status: proxy
            .status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        endpoint: proxy.endpoint.filter(|endpoint| !endpoint.is_empty()),
        secrets: auth.filter_map(|auth| auth.secret_arn).collect(),
        tags,
        targets: targets.into_iter().map(read_target).collect(),
    }))
}

fn read_target(target: DbProxyTarget) -> ProxyTarget {
    let health = target.target_health;
    let word = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let state = health
        .as_ref()
        .and_then(|health| health.state())
        .map(|state| state.as_str());
    let reason = health
        .as_ref()
        .and_then(|health| health.reason())
        .map(|reason| reason.as_str());
    let words = health.as_ref().and_then(|health| health.description());
    let reason = reason.into_iter().chain(words).collect::<Vec<_>>().join(": ");
    ProxyTarget {
        kind: word(target.r#type.as_ref().map(|kind| kind.as_str())),
        state: word(state),
        reason,
    }
}

/// The cluster of that identifier or ARN; none if it does not exist.
pub async fn describe_cluster(rds: &Client, id: &str) -> Result<Option<DbCluster>, Failed> {
    let mut call = rds.describe_db_clusters().db_cluster_identifier(id);
    if id.starts_with("arn:") {
        call = call.include_shared(true);
    }
    match call.send().await.map_err(failed("DescribeDBClusters", id)) {
        Ok(answer) => Ok(answer.db_clusters.unwrap_or_default().into_iter().next()),
        Err(error) if error.is("DBClusterNotFoundFault") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn instances(rds: &Client, cluster: &str) -> Result<Vec<Instance>, Failed> {
    let filter = Filter::builder().name("db-cluster-id").values(cluster).build();
    let mut pages = rds
        .describe_db_instances()
        .filters(filter)
        .into_paginator()
        .send();
    let mut instances = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(failed("DescribeDBInstances", cluster)) {
            Ok(page) => instances.extend(
                page.db_instances
                    .unwrap_or_default()
                    .into_iter()
                    .map(read_instance),
            ),
            // A filter by a cluster that is gone.
            Err(error) if error.is("DBClusterNotFoundFault") || error.is("DBInstanceNotFound") => break,
            Err(error) => return Err(error),
        }
    }
    Ok(instances)
}

/// Cuts a cluster down to what the plans look at.
fn read_cluster(cluster: DbCluster) -> Cluster {
    let acu = cluster.serverless_v2_scaling_configuration.as_ref();
    let groups = cluster.vpc_security_groups.unwrap_or_default();
    let roles = cluster.associated_roles.unwrap_or_default();
    Cluster {
        acu: acu.and_then(|range| Some((range.min_capacity?, range.max_capacity?))),
        security_groups: groups
            .into_iter()
            .filter_map(|group| Some((group.vpc_security_group_id?, group.status.unwrap_or_default())))
            .collect(),
        // A role without a name is a role all the same.
        roles: roles
            .into_iter()
            .map(|role| role.role_arn.unwrap_or_else(|| "unnamed".into()))
            .collect(),
        tags: read_tags(cluster.tag_list),
        has_pending: cluster
            .pending_modified_values
            .is_some_and(|pending| pending != ClusterPendingModifiedValues::builder().build()),
        id: cluster.db_cluster_identifier.unwrap_or_default(),
        arn: cluster.db_cluster_arn.unwrap_or_default(),
        resource_id: cluster.db_cluster_resource_id.unwrap_or_default(),
        status: cluster.status.unwrap_or_default(),
        clone_group: cluster.clone_group_id.filter(|group| !group.is_empty()),
        parameter_group: cluster.db_cluster_parameter_group.unwrap_or_default(),
        endpoint: cluster.endpoint.filter(|host| !host.is_empty()),
        port: cluster.port.and_then(|port| u16::try_from(port).ok()),
        data_api: cluster.http_endpoint_enabled.unwrap_or(false),
        iam_auth: cluster.iam_database_authentication_enabled.unwrap_or(false),
        deletion_protection: cluster.deletion_protection.unwrap_or(false),
        log_exports: cluster.enabled_cloudwatch_logs_exports.unwrap_or_default(),
        master_user: cluster.master_username.unwrap_or_default(),
    }
}

fn read_instance(instance: DbInstance) -> Instance {
    let pending = instance.pending_modified_values.map(without_empty_lists);
    Instance {
        pending_class: pending
            .as_ref()
            .and_then(|pending| pending.db_instance_class.clone()),
        has_pending: pending.is_some_and(|mut pending| {
            pending.db_instance_class = None;
            pending != PendingModifiedValues::builder().build()
        }),
        id: instance.db_instance_identifier.unwrap_or_default(),
        status: instance.db_instance_status.unwrap_or_default(),
        class: instance.db_instance_class.unwrap_or_default(),
        is_public: instance.publicly_accessible.unwrap_or(false),
        performance_insights: instance.performance_insights_enabled.unwrap_or(false),
    }
}

/// AWS may write a list with nothing in it, which is no pending change.
fn without_empty_lists(mut pending: PendingModifiedValues) -> PendingModifiedValues {
    pending.processor_features = pending.processor_features.filter(|list| !list.is_empty());
    pending.additional_storage_volumes = pending.additional_storage_volumes.filter(|list| !list.is_empty());
    pending
}

fn read_tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_class_is_told_apart_from_any_other_pending_change() {
        let seen = |pending| {
            let instance = DbInstance::builder().pending_modified_values(pending).build();
            let instance = read_instance(instance);
            (instance.pending_class, instance.has_pending)
        };
        let none = PendingModifiedValues::builder;
        assert_eq!(
            seen(none().set_processor_features(Some(vec![])).build()),
            (None, false)
        );
        let class = none().db_instance_class("db.t4g.medium").build();
        assert_eq!(seen(class), (Some("db.t4g.medium".into()), false));
        assert_eq!(seen(none().multi_az(true).build()), (None, true));
    }

    #[test]
    fn what_aws_does_not_say_is_never_read_as_done() {
        let cluster = read_cluster(DbCluster::builder().endpoint("").clone_group_id("").build());
        assert!(!cluster.is_available());
        assert_eq!((cluster.endpoint, cluster.clone_group), (None, None));
    }
}
