//! What should not be there: orphans, snapshots of clones, strangers in a source's lineage. A person must look
//! at it; nothing of it is ever deleted.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::DbCluster;
use domain::id::PREFIX;
use domain::observed::TAG_CLONE;
use domain::{CloneRecord, CloneState, Policy};
use runtime::aws::failed;
use runtime::{Listed, StepError, chain};

use crate::Deps;

/// What every secret of a clone is called first.
const SECRETS: &str = "doppel/";

/// One line for each thing that a person should look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(pub Vec<String>);

/// Looks for everything that should not be there. A look that fails is itself an alarm: it must not stop the
/// sweep.
pub(crate) async fn find(deps: &Deps, policy: &Policy, listed: &Listed) -> Found {
    let alive: BTreeMap<&str, &CloneRecord> = listed
        .records
        .iter()
        .filter(|record| record.state.is_alive())
        .map(|record| (record.id.as_str(), record))
        .collect();
    let mut found = Vec::new();
    let looks = [
        clusters(deps).await.map(|clusters| {
            orphaned_clusters(&clusters, policy, &alive)
                .chain(strangers(&clusters, policy, &alive))
                .chain(vanished(&clusters, &alive))
                .collect()
        }),
        orphaned_instances(deps, &alive).await,
        orphaned_secrets(deps, &alive).await,
        snapshots(deps).await,
    ];
    for look in looks {
        match look {
            Ok(lines) => found.extend(lines),
            Err(error) => found.push(format!("could not look for orphans: {}", chain(&error))),
        }
    }
    Found(found)
}

type Lines = Result<Vec<String>, StepError>;
type Alive<'a> = BTreeMap<&'a str, &'a CloneRecord>;

async fn clusters(deps: &Deps) -> Result<Vec<DbCluster>, StepError> {
    let mut pages = deps.bench.rds.describe_db_clusters().into_paginator().send();
    let mut clusters = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeDBClusters", "all clusters"))?;
        clusters.extend(page.db_clusters.unwrap_or_default());
    }
    Ok(clusters)
}

/// Clusters with our prefix or our tag, and no record of a living clone.
fn orphaned_clusters<'a>(
    clusters: &'a [DbCluster],
    policy: &'a Policy,
    alive: &'a Alive<'_>,
) -> impl Iterator<Item = String> + 'a {
    let tagged = |cluster: &DbCluster| cluster.tag_list().iter().any(|tag| tag.key() == Some(TAG_CLONE));
    clusters.iter().filter_map(move |cluster| {
        let id = cluster.db_cluster_identifier().unwrap_or("?");
        let looks_ours = (id.starts_with(PREFIX) || tagged(cluster)) && !policy.is_source_cluster(id);
        (looks_ours && !alive.contains_key(id)).then(|| {
            format!("cluster {id} looks like a clone, but no living clone is recorded under that name")
        })
    })
}

/// Clusters that share a source's volume and are neither the source nor a recorded clone: they use up its slots.
fn strangers<'a>(
    clusters: &'a [DbCluster],
    policy: &'a Policy,
    alive: &'a Alive<'_>,
) -> impl Iterator<Item = String> + 'a {
    let groups: BTreeSet<&str> = clusters
        .iter()
        .filter(|cluster| policy.is_source_cluster(cluster.db_cluster_identifier().unwrap_or_default()))
        .filter_map(DbCluster::clone_group_id)
        .collect();
    clusters.iter().filter_map(move |cluster| {
        let id = cluster.db_cluster_identifier().unwrap_or("?");
        let in_lineage = cluster
            .clone_group_id()
            .is_some_and(|group| groups.contains(group));
        let known = policy.is_source_cluster(id) || alive.contains_key(id) || id.starts_with(PREFIX);
        (in_lineage && !known).then(|| format!("cluster {id} is a clone of a source that somebody else made"))
    })
}

/// Clones that were handed over and whose cluster is not there any more: somebody deleted it by hand.
fn vanished<'a>(clusters: &'a [DbCluster], alive: &'a Alive<'_>) -> impl Iterator<Item = String> + 'a {
    let there: BTreeSet<&str> = clusters
        .iter()
        .filter_map(DbCluster::db_cluster_identifier)
        .collect();
    let gone = move |record: &&&CloneRecord| {
        record.state == CloneState::Ready && !there.contains(record.id.as_str())
    };
    alive
        .values()
        .filter(gone)
        .map(|record| format!("the cluster of {} has disappeared", record.id))
}

/// Instances with our prefix in a cluster of no living clone.
async fn orphaned_instances(deps: &Deps, alive: &Alive<'_>) -> Lines {
    let mut pages = deps.bench.rds.describe_db_instances().into_paginator().send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeDBInstances", "all instances"))?;
        for instance in page.db_instances() {
            let id = instance.db_instance_identifier().unwrap_or("?");
            let cluster = instance.db_cluster_identifier().unwrap_or_default();
            if id.starts_with(PREFIX) && !alive.contains_key(cluster) {
                lines.push(format!(
                    "instance {id} looks like a clone's, but belongs to no living clone"
                ));
            }
        }
    }
    Ok(lines)
}

/// Secrets with our prefix and a clone's id that is no living clone's.
async fn orphaned_secrets(deps: &Deps, alive: &Alive<'_>) -> Lines {
    let names = deps.secrets.names(&format!("{SECRETS}{PREFIX}")).await?;
    let clone_of = |name: &str| name.split('/').nth(1).unwrap_or_default().to_owned();
    let orphans = names
        .into_iter()
        .filter(|name| !alive.contains_key(clone_of(name).as_str()));
    Ok(orphans
        .map(|name| format!("secret {name} is left of a clone that does not live any more"))
        .collect())
}

/// Snapshots that somebody made of a clone: they outlive it, and may show what masking has hidden. AWS's own
/// automated ones go with the cluster.
async fn snapshots(deps: &Deps) -> Lines {
    let mut pages = deps
        .bench
        .rds
        .describe_db_cluster_snapshots()
        .into_paginator()
        .send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeDBClusterSnapshots", "all snapshots"))?;
        for snapshot in page.db_cluster_snapshots() {
            let of = snapshot.db_cluster_identifier().unwrap_or_default();
            if of.starts_with(PREFIX) && snapshot.snapshot_type() != Some("automated") {
                let id = snapshot.db_cluster_snapshot_identifier().unwrap_or("?");
                lines.push(format!("snapshot {id} was made of clone {of}"));
            }
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rds::types::Tag;

    const POLICY: &str = r#"
        [sources.production]
        cluster = "production"
        engine = "aurora-postgresql"
        database = "shop"
        masking_class = "db.r6g.large"
        classes = ["db.t4g.medium"]
        default_class = "db.t4g.medium"
        quarantine_security_group = "sg-quarantine"
        user_security_group = "sg-users"
        subnet_group = "private"
        cluster_parameter_group = "doppel-quarantine"
    "#;

    fn cluster(id: &str, group: &str) -> DbCluster {
        DbCluster::builder()
            .db_cluster_identifier(id)
            .clone_group_id(group)
            .build()
    }

    #[test]
    fn a_cluster_that_looks_like_a_clone_and_is_not_recorded_is_told_and_production_never_is() {
        let policy = Policy::parse("doppel.toml", POLICY).unwrap();
        let tag = Tag::builder().key(TAG_CLONE).value("x").build();
        let tagged = |id: &str| {
            DbCluster::builder()
                .db_cluster_identifier(id)
                .tag_list(tag.clone())
                .build()
        };
        let clusters = [
            cluster("doppel-production-20260131-abcdef", "g"),
            tagged("copy"),
            tagged("production"),
            cluster("b", "h"),
        ];
        let told: Vec<String> = orphaned_clusters(&clusters, &policy, &Alive::new()).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("abcdef") && told[1].contains("copy"), "{told:?}");
    }

    #[test]
    fn a_stranger_in_a_sources_lineage_is_told_and_other_lineages_are_not() {
        let policy = Policy::parse("doppel.toml", POLICY).unwrap();
        let clusters = [
            cluster("production", "g"),
            cluster("by-hand", "g"),
            cluster("elsewhere", "h"),
        ];
        let told: Vec<String> = strangers(&clusters, &policy, &Alive::new()).collect();
        assert_eq!(
            told,
            ["cluster by-hand is a clone of a source that somebody else made"]
        );
    }
}
