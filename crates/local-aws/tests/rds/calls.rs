//! What calls answer: fields, lists, tags, groups, and each refusal with AWS's own code.

#![allow(
    clippy::too_many_lines,
    reason = "one world for many refusals: a server for each would be slow"
)]

use aws_sdk_rds::types::{Filter, Parameter, Tag};
use local_aws::engine::EngineKind;

use crate::support::{World, code, refusal};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

#[tokio::test]
async fn a_restore_resets_what_aurora_resets() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let client = &world.client;
    let source = world.cluster("production").await;
    client
        .add_tags_to_resource()
        .resource_name(source.db_cluster_arn().unwrap())
        .tags(tag("team", "shop"))
        .send()
        .await
        .unwrap();
    let modify = client
        .modify_db_cluster()
        .db_cluster_identifier("production")
        .deletion_protection(true);
    let modify = modify
        .enable_iam_database_authentication(true)
        .copy_tags_to_snapshot(true)
        .backup_retention_period(7);
    modify.vpc_security_group_ids("sg-closed").send().await.unwrap();
    world.cluster_is("production", "available").await;
    let arn = source.db_cluster_arn().unwrap();
    client
        .enable_http_endpoint()
        .resource_arn(arn)
        .send()
        .await
        .unwrap();

    let restore = client
        .restore_db_cluster_to_point_in_time()
        .source_db_cluster_identifier(arn);
    let restore = restore
        .db_cluster_identifier("Copy")
        .restore_type("copy-on-write")
        .use_latest_restorable_time(true);
    let copy = restore.send().await.unwrap().db_cluster().unwrap().clone();
    assert_eq!(
        copy.db_cluster_identifier(),
        Some("copy"),
        "names are kept in lower case"
    );
    assert_eq!(copy.status(), Some("creating"));
    let groups: Vec<_> = copy
        .vpc_security_groups()
        .iter()
        .map(|group| group.vpc_security_group_id().unwrap())
        .collect();
    assert_eq!(groups, ["sg-default"]);
    assert_eq!(copy.deletion_protection(), Some(false));
    assert_eq!(copy.iam_database_authentication_enabled(), Some(false));
    assert_eq!(copy.copy_tags_to_snapshot(), Some(false));
    assert_eq!(copy.http_endpoint_enabled(), Some(false));
    assert!(copy.enabled_cloudwatch_logs_exports().is_empty());
    assert_eq!(copy.storage_type(), Some("aurora"));
    // Kept, or inherited.
    assert_eq!(copy.backup_retention_period(), Some(7));
    assert_eq!(copy.master_username(), Some("postgres"));
    assert_eq!(copy.database_name(), Some("shop"));
    assert_eq!(copy.engine_version(), source.engine_version());
    assert_eq!(copy.clone_group_id(), source.clone_group_id());
    assert_ne!(copy.db_cluster_resource_id(), source.db_cluster_resource_id());
    assert_eq!(
        copy.tag_list(),
        [tag("team", "shop")],
        "without tags in the call the source's are copied"
    );
    assert!(
        copy.db_cluster_members().is_empty(),
        "a restore creates no instance"
    );

    let restore = client
        .restore_db_cluster_to_point_in_time()
        .source_db_cluster_identifier("production");
    let restore = restore
        .db_cluster_identifier("mine")
        .restore_type("copy-on-write")
        .use_latest_restorable_time(true);
    let restore = restore
        .tags(tag("owner", "Zoë & co <x>"))
        .backup_retention_period(1)
        .vpc_security_group_ids("sg-quarantine");
    let mine = restore.send().await.unwrap().db_cluster().unwrap().clone();
    assert_eq!(mine.tag_list(), [tag("owner", "Zoë & co <x>")]);
    assert_eq!(mine.backup_retention_period(), Some(1));
    world.rds.shutdown().await;
}

#[tokio::test]
async fn each_refusal_has_awss_code() {
    let world = World::with(|options| {
        options.quotas.clusters = 3;
        options.quotas.instances = 1;
    })
    .await;
    world.source(EngineKind::Postgres).await;
    let client = &world.client;
    let restore = |source: &str, id: &str| {
        let restore = client
            .restore_db_cluster_to_point_in_time()
            .source_db_cluster_identifier(source);
        restore
            .db_cluster_identifier(id)
            .restore_type("copy-on-write")
            .use_latest_restorable_time(true)
    };
    assert_eq!(
        refusal(restore("nobody", "copy").send().await),
        "DBClusterNotFoundFault"
    );
    assert_eq!(
        refusal(restore("production", "production").send().await),
        "DBClusterAlreadyExistsFault"
    );
    assert_eq!(
        refusal(restore("production", "1-bad-name").send().await),
        "InvalidParameterValue"
    );
    let in_time = aws_sdk_rds::primitives::DateTime::from_secs(1_700_000_000);
    let mixed = restore("production", "copy")
        .restore_to_time(in_time)
        .send()
        .await;
    assert_eq!(refusal(mixed), "InvalidParameterCombination");
    let insights = restore("production", "copy")
        .enable_performance_insights(true)
        .send()
        .await;
    assert_eq!(refusal(insights), "InvalidParameterCombination");
    let group = restore("production", "copy")
        .db_cluster_parameter_group_name("none")
        .send()
        .await;
    assert_eq!(refusal(group), "DBClusterParameterGroupNotFound");
    let subnets = restore("production", "copy")
        .db_subnet_group_name("none")
        .send()
        .await;
    assert_eq!(refusal(subnets), "DBSubnetGroupNotFoundFault");
    let days = restore("production", "copy")
        .backup_retention_period(36)
        .send()
        .await;
    assert_eq!(refusal(days), "InvalidParameterValue");

    restore("production", "one").send().await.unwrap();
    assert_eq!(
        world.instance("one", "db.t4g.medium").await,
        Err("InvalidDBClusterStateFault".into()),
        "still creating"
    );
    let early = client
        .modify_db_cluster()
        .db_cluster_identifier("one")
        .deletion_protection(true)
        .send()
        .await;
    assert_eq!(refusal(early), "InvalidDBClusterStateFault");
    let early = client
        .delete_db_cluster()
        .db_cluster_identifier("one")
        .skip_final_snapshot(true)
        .send()
        .await;
    assert_eq!(refusal(early), "InvalidDBClusterStateFault");
    world.cluster_is("one", "available").await;
    assert_eq!(
        refusal(restore("one", "two").send().await),
        "InvalidDBClusterStateFault",
        "a source needs an instance"
    );
    assert_eq!(
        world.instance("one", "db.huge").await,
        Err("InvalidParameterValue".into())
    );
    assert_eq!(
        world.instance("one", "db.serverless").await,
        Err("InvalidParameterCombination".into())
    );
    assert_eq!(
        world.instance("one", "db.t4g.medium").await,
        Err("InstanceQuotaExceeded".into())
    );
    assert_eq!(
        world.instance("production", "db.t4g.medium").await,
        Err("DBInstanceAlreadyExists".into())
    );
    restore("production", "two").send().await.unwrap();
    assert_eq!(
        refusal(restore("production", "three").send().await),
        "DBClusterQuotaExceededFault"
    );

    let nothing = client
        .create_db_instance()
        .db_instance_identifier("x-1")
        .db_instance_class("db.t4g.medium")
        .engine("aurora-postgresql");
    assert_eq!(refusal(nothing.clone().send().await), "MissingParameter");
    assert_eq!(
        refusal(nothing.db_cluster_identifier("nobody").send().await),
        "DBClusterNotFoundFault"
    );
    assert_eq!(
        refusal(
            client
                .describe_db_clusters()
                .db_cluster_identifier("nobody")
                .send()
                .await
        ),
        "DBClusterNotFoundFault"
    );
    assert_eq!(
        refusal(
            client
                .describe_db_instances()
                .db_instance_identifier("nobody")
                .send()
                .await
        ),
        "DBInstanceNotFound"
    );
    assert_eq!(
        refusal(
            client
                .modify_db_instance()
                .db_instance_identifier("nobody")
                .send()
                .await
        ),
        "DBInstanceNotFound"
    );
    assert_eq!(
        refusal(
            client
                .delete_db_instance()
                .db_instance_identifier("nobody")
                .send()
                .await
        ),
        "DBInstanceNotFound"
    );
    assert_eq!(
        refusal(
            client
                .modify_db_cluster()
                .db_cluster_identifier("nobody")
                .send()
                .await
        ),
        "DBClusterNotFoundFault"
    );
    let missing = "arn:aws:rds:ap-northeast-1:000000000000:cluster:nobody";
    assert_eq!(
        refusal(
            client
                .list_tags_for_resource()
                .resource_name(missing)
                .send()
                .await
        ),
        "DBClusterNotFoundFault"
    );
    assert_eq!(
        refusal(client.enable_http_endpoint().resource_arn(missing).send().await),
        "ResourceNotFoundFault"
    );
    assert_eq!(
        refusal(client.describe_db_proxies().db_proxy_name("none").send().await),
        "DBProxyNotFoundFault"
    );
    assert_eq!(refusal(client.describe_events().send().await), "InvalidAction");
    let short = client
        .modify_db_cluster()
        .db_cluster_identifier("production")
        .master_user_password("short");
    assert_eq!(refusal(short.send().await), "InvalidParameterValue");
    world.rds.shutdown().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let client = &world.client;
    for n in 0..22 {
        let create = client
            .create_db_cluster()
            .db_cluster_identifier(format!("cluster-{n:02}"))
            .engine("aurora-postgresql");
        create
            .master_username("postgres")
            .master_user_password("a-password")
            .send()
            .await
            .unwrap();
    }
    let pages = client
        .describe_db_clusters()
        .max_records(20)
        .into_paginator()
        .items()
        .send()
        .collect::<Vec<_>>()
        .await;
    assert_eq!(pages.len(), 23);
    assert_eq!(
        refusal(client.describe_db_clusters().max_records(5).send().await),
        "InvalidParameterValue"
    );
    let group = world
        .cluster("production")
        .await
        .clone_group_id()
        .unwrap()
        .to_owned();
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let same = client
        .describe_db_clusters()
        .filters(filter("clone-group-id", &group))
        .send()
        .await
        .unwrap();
    assert_eq!(same.db_clusters()[0].db_cluster_identifier(), Some("production"));
    assert_eq!(same.db_clusters().len(), 1);
    let members = client
        .describe_db_instances()
        .filters(filter("db-cluster-id", "production"))
        .send()
        .await
        .unwrap();
    assert_eq!(members.db_instances().len(), 1);
    let none = client
        .describe_db_instances()
        .filters(filter("db-cluster-id", "cluster-01"))
        .send()
        .await
        .unwrap();
    assert!(none.db_instances().is_empty());
    assert_eq!(
        refusal(
            client
                .describe_db_clusters()
                .filters(filter("colour", "red"))
                .send()
                .await
        ),
        "InvalidParameterValue"
    );
    world.rds.shutdown().await;
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let client = &world.client;
    let instance = world.shown_instance("production-1").await;
    let arn = instance.db_instance_arn().unwrap();
    let add = client.add_tags_to_resource().resource_name(arn);
    add.tags(tag("a", "1")).tags(tag("b", "2")).send().await.unwrap();
    client
        .add_tags_to_resource()
        .resource_name(arn)
        .tags(tag("a", "3"))
        .send()
        .await
        .unwrap();
    client
        .remove_tags_from_resource()
        .resource_name(arn)
        .tag_keys("b")
        .send()
        .await
        .unwrap();
    let tags = client
        .list_tags_for_resource()
        .resource_name(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(tags.tag_list(), [tag("a", "3")]);
    assert_eq!(
        world.shown_instance("production-1").await.tag_list(),
        [tag("a", "3")]
    );
    let reserved = client
        .add_tags_to_resource()
        .resource_name(arn)
        .tags(tag("aws:x", "1"))
        .send()
        .await;
    assert_eq!(refusal(reserved), "InvalidParameterValue");
    world.rds.shutdown().await;
}

#[tokio::test]
async fn groups_snapshots_backups_and_the_catalog() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let client = &world.client;
    let create = client
        .create_db_cluster_parameter_group()
        .db_cluster_parameter_group_name("quarantine");
    create
        .db_parameter_group_family("aurora-postgresql15")
        .description("quiet")
        .send()
        .await
        .unwrap();
    let off = Parameter::builder()
        .parameter_name("rds.logical_replication")
        .parameter_value("0")
        .build();
    let modify = client
        .modify_db_cluster_parameter_group()
        .db_cluster_parameter_group_name("quarantine");
    modify.parameters(off).send().await.unwrap();
    let set = client
        .describe_db_cluster_parameters()
        .db_cluster_parameter_group_name("quarantine")
        .source("user");
    let set = set.send().await.unwrap();
    assert_eq!(
        set.parameters()[0].parameter_name(),
        Some("rds.logical_replication")
    );
    assert_eq!(set.parameters()[0].parameter_value(), Some("0"));
    let create = client
        .create_db_parameter_group()
        .db_parameter_group_name("instances");
    create
        .db_parameter_group_family("aurora-postgresql15")
        .description("quiet")
        .send()
        .await
        .unwrap();
    assert_eq!(
        client
            .describe_db_parameter_groups()
            .send()
            .await
            .unwrap()
            .db_parameter_groups()
            .len(),
        1
    );
    let groups = client
        .describe_db_cluster_parameter_groups()
        .db_cluster_parameter_group_name("none")
        .send()
        .await;
    assert_eq!(refusal(groups), "DBParameterGroupNotFound");

    let subnets = client
        .create_db_subnet_group()
        .db_subnet_group_name("private")
        .db_subnet_group_description("private");
    subnets
        .clone()
        .subnet_ids("subnet-1")
        .subnet_ids("subnet-2")
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(subnets.subnet_ids("subnet-1").send().await),
        "DBSubnetGroupDoesNotCoverEnoughAZs"
    );
    let found = client
        .describe_db_subnet_groups()
        .db_subnet_group_name("private")
        .send()
        .await
        .unwrap();
    assert_eq!(found.db_subnet_groups()[0].subnets().len(), 2);

    let take = || {
        client
            .create_db_cluster_snapshot()
            .db_cluster_identifier("production")
            .db_cluster_snapshot_identifier("s")
            .send()
    };
    take().await.unwrap();
    assert_eq!(refusal(take().await), "DBClusterSnapshotAlreadyExistsFault");
    crate::support::until("the snapshot is there", async || {
        let list = client
            .describe_db_cluster_snapshots()
            .db_cluster_identifier("production")
            .send()
            .await
            .unwrap();
        list.db_cluster_snapshots()[0].status() == Some("available")
    })
    .await;
    client
        .delete_db_cluster_snapshot()
        .db_cluster_snapshot_identifier("s")
        .send()
        .await
        .unwrap();
    assert!(
        client
            .describe_db_cluster_snapshots()
            .send()
            .await
            .unwrap()
            .db_cluster_snapshots()
            .is_empty()
    );
    assert!(
        client
            .describe_db_snapshots()
            .send()
            .await
            .unwrap()
            .db_snapshots()
            .is_empty()
    );
    let backups = client
        .describe_db_cluster_automated_backups()
        .send()
        .await
        .unwrap();
    assert_eq!(backups.db_cluster_automated_backups()[0].status(), Some("active"));

    let orderable = client
        .describe_orderable_db_instance_options()
        .engine("aurora-postgresql");
    let orderable = orderable.db_instance_class("db.t4g.medium").send().await.unwrap();
    assert_eq!(orderable.orderable_db_instance_options().len(), 1);
    let quotas = client.describe_account_attributes().send().await.unwrap();
    let clusters = quotas
        .account_quotas()
        .iter()
        .find(|quota| quota.account_quota_name() == Some("DBClusters"))
        .unwrap();
    assert_eq!((clusters.used(), clusters.max()), (Some(1), Some(40)));
    assert!(
        client
            .describe_db_proxies()
            .send()
            .await
            .unwrap()
            .db_proxies()
            .is_empty()
    );
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_backup_outlives_its_cluster_only_if_asked_to() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let client = &world.client;
    let resource = world
        .cluster("production")
        .await
        .db_cluster_resource_id()
        .unwrap()
        .to_owned();
    client
        .delete_db_instance()
        .db_instance_identifier("production-1")
        .send()
        .await
        .unwrap();
    let delete = client
        .delete_db_cluster()
        .db_cluster_identifier("production")
        .delete_automated_backups(false);
    delete.final_db_snapshot_identifier("last").send().await.unwrap();
    crate::support::until("the cluster is gone", async || world.rds.clusters().is_empty()).await;
    let backups = client
        .describe_db_cluster_automated_backups()
        .db_cluster_resource_id(&resource)
        .send()
        .await
        .unwrap();
    assert_eq!(
        backups.db_cluster_automated_backups()[0].status(),
        Some("retained")
    );
    let snapshots = client.describe_db_cluster_snapshots().send().await.unwrap();
    assert_eq!(
        snapshots.db_cluster_snapshots()[0].db_cluster_snapshot_identifier(),
        Some("last")
    );
    client
        .delete_db_cluster_automated_backup()
        .db_cluster_resource_id(&resource)
        .send()
        .await
        .unwrap();
    let gone = client
        .describe_db_cluster_automated_backups()
        .db_cluster_resource_id(&resource)
        .send()
        .await;
    assert_eq!(code(gone).unwrap_err(), "DBClusterAutomatedBackupNotFoundFault");
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_cluster_stops_and_starts_again() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let client = &world.client;
    client
        .stop_db_cluster()
        .db_cluster_identifier("production")
        .send()
        .await
        .unwrap();
    world.cluster_is("production", "stopped").await;
    assert!(
        crate::support::postgres(source.port, "postgres", &source.master_password, "shop")
            .await
            .is_err()
    );
    let stopped = client
        .delete_db_cluster()
        .db_cluster_identifier("production")
        .skip_final_snapshot(true)
        .send()
        .await;
    assert_eq!(refusal(stopped), "InvalidDBClusterStateFault");
    client
        .start_db_cluster()
        .db_cluster_identifier("production")
        .send()
        .await
        .unwrap();
    world.cluster_is("production", "available").await;
    let master = crate::support::postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    let reboot = client
        .reboot_db_instance()
        .db_instance_identifier("production-1")
        .send()
        .await
        .unwrap();
    assert_eq!(
        reboot.db_instance().unwrap().db_instance_status(),
        Some("rebooting")
    );
    world.instance_is("production-1", "available").await;
    assert!(
        master.query("SELECT 1", &[]).await.is_err(),
        "a reboot ends sessions"
    );
    crate::support::postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    world.rds.shutdown().await;
}
