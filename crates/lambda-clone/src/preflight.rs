//! What can be known to fail before anything is made: the source, classes, quotas, lineage, subnets, parameters.
//! (Whether the source's KMS key may be used shows itself at the restore.)

use std::collections::BTreeSet;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::DbCluster;
use domain::Class;
use domain::policy::{AURORA_CLONES_PER_LINEAGE, Source};
use domain::serverless;
use runtime::aws::failed;
use runtime::describe_cluster;

use crate::Error;

/// Looks at everything that the clone will need.
///
/// # Errors
/// The first thing that is missing.
pub(crate) async fn check(rds: &Client, source: &Source, target: &Class) -> Result<(), Error> {
    let cluster = describe_cluster(rds, &source.cluster).await?;
    let cluster = cluster.ok_or_else(|| Error::SourceMissing(source.cluster.clone()))?;
    check_source(source, &cluster)?;
    check_ranges(source, &cluster, target)?;
    check_lineage(rds, source, &cluster).await?;
    for class in BTreeSet::from([source.masking_class.instance_class(), target.instance_class()]) {
        check_class(rds, source, &cluster, class).await?;
    }
    check_quotas(rds).await?;
    check_groups(rds, source).await
}

fn check_source(source: &Source, cluster: &DbCluster) -> Result<(), Error> {
    let wrong = |words: String| Err(Error::Preflight(words));
    match cluster.engine() {
        Some(engine) if engine != source.engine.rds_name() => {
            return wrong(format!(
                "`{}` runs {engine}, but the policy says {}",
                source.cluster,
                source.engine.rds_name()
            ));
        }
        _ => {}
    }
    if cluster.db_cluster_members().is_empty() {
        return wrong(format!(
            "`{}` has no instance, and Aurora clones only a cluster that has one",
            source.cluster
        ));
    }
    Ok(())
}

/// A Serverless range that the engine's version does not have would be refused only once the clone is masked: also
/// that of a fallback.
fn check_ranges(source: &Source, cluster: &DbCluster, target: &Class) -> Result<(), Error> {
    let version = cluster.engine_version().unwrap_or_default();
    let asked = [("class", target), ("masking_class", &source.masking_class)];
    let fallbacks = source
        .fallback_classes
        .iter()
        .map(|class| ("fallback_classes", class));
    for (field, class) in asked.into_iter().chain(fallbacks) {
        if let Some(range) = class.acu() {
            serverless::check(source.engine, version, range)
                .map_err(|error| Error::Preflight(format!("`{field}`: {error}")))?;
        }
    }
    Ok(())
}

/// Aurora counts every clone of the volume, also those that others made; ours are counted by their slots too,
/// which hold the places of clones that do not exist yet.
async fn check_lineage(rds: &Client, source: &Source, cluster: &DbCluster) -> Result<(), Error> {
    let Some(group) = cluster.clone_group_id() else {
        return Ok(());
    };
    let own = cluster.db_cluster_arn();
    let mut pages = rds.describe_db_clusters().into_paginator().send();
    let mut members = 0;
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeDBClusters", &source.cluster))?;
        let of_lineage =
            |other: &&DbCluster| other.clone_group_id() == Some(group) && other.db_cluster_arn() != own;
        members += page.db_clusters().iter().filter(of_lineage).count();
    }
    if members >= AURORA_CLONES_PER_LINEAGE as usize {
        return Err(Error::LineageFull {
            cluster: source.cluster.clone(),
            members,
        });
    }
    Ok(())
}

async fn check_class(rds: &Client, source: &Source, cluster: &DbCluster, class: &str) -> Result<(), Error> {
    let options = rds
        .describe_orderable_db_instance_options()
        .engine(source.engine.rds_name())
        .set_engine_version(cluster.engine_version().map(ToOwned::to_owned))
        .db_instance_class(class)
        .send()
        .await
        .map_err(failed("DescribeOrderableDBInstanceOptions", class))?;
    if options.orderable_db_instance_options().is_empty() {
        return Err(Error::Preflight(format!(
            "the class `{class}` cannot be ordered for {} {}",
            source.engine.rds_name(),
            cluster.engine_version().unwrap_or("of this version")
        )));
    }
    Ok(())
}

async fn check_quotas(rds: &Client) -> Result<(), Error> {
    let answer = rds.describe_account_attributes().send().await;
    let answer = answer.map_err(failed("DescribeAccountAttributes", "the account"))?;
    for (name, words) in [("DBClusters", "clusters"), ("DBInstances", "instances")] {
        let quota = answer
            .account_quotas()
            .iter()
            .find(|quota| quota.account_quota_name() == Some(name));
        let full = quota
            .and_then(|quota| Some(quota.used()? >= quota.max()?))
            .unwrap_or(false);
        if full {
            return Err(Error::Quota(words.to_owned()));
        }
    }
    Ok(())
}

async fn check_groups(rds: &Client, source: &Source) -> Result<(), Error> {
    let name = &source.subnet_group;
    let call = rds
        .describe_db_subnet_groups()
        .db_subnet_group_name(name)
        .send()
        .await;
    match call.map_err(failed("DescribeDBSubnetGroups", name)) {
        Err(error) if error.is("DBSubnetGroupNotFoundFault") => {
            return Err(Error::Preflight(format!(
                "the subnet group `{name}` does not exist"
            )));
        }
        result => result?,
    };
    let name = &source.cluster_parameter_group;
    let call = rds
        .describe_db_cluster_parameter_groups()
        .db_cluster_parameter_group_name(name)
        .send()
        .await;
    match call.map_err(failed("DescribeDBClusterParameterGroups", name)) {
        Err(error) if error.is("DBParameterGroupNotFound") => Err(Error::Preflight(format!(
            "the cluster parameter group `{name}` does not exist"
        ))),
        result => Ok(result.map(drop)?),
    }
}
