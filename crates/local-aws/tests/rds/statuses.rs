//! Statuses pass over time, and calls are refused in the wrong ones.

use std::time::Duration;

use aws_sdk_rds::types::ServerlessV2ScalingConfiguration;
use local_aws::engine::EngineKind;
use local_aws::rds::{Class, Options};

use crate::support::{World, postgres, refusal, until};

#[tokio::test]
async fn a_class_change_starts_late_and_ends() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let id = "production-1";
    let modify = world
        .client
        .modify_db_instance()
        .db_instance_identifier(id)
        .db_instance_class("db.r7g.large");
    let answer = modify.apply_immediately(true).send().await.unwrap();
    let answer = answer.db_instance().unwrap();
    assert_eq!(answer.db_instance_status(), Some("available"));
    assert_eq!(
        answer.pending_modified_values().unwrap().db_instance_class(),
        Some("db.r7g.large")
    );
    assert_eq!(answer.db_instance_class(), Some("db.r6g.large"));
    world.instance_is(id, "modifying").await;
    let again = world
        .client
        .modify_db_instance()
        .db_instance_identifier(id)
        .db_instance_class("db.t3.large")
        .send();
    assert_eq!(refusal(again.await), "InvalidDBInstanceState");
    world.instance_is(id, "available").await;
    let done = world.shown_instance(id).await;
    assert_eq!(done.db_instance_class(), Some("db.r7g.large"));
    assert!(done.pending_modified_values().is_none());
    postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();

    world.rds.insufficient_capacity("db.r6g.xlarge", true);
    let modify = world
        .client
        .modify_db_instance()
        .db_instance_identifier(id)
        .db_instance_class("db.r6g.xlarge");
    assert_eq!(refusal(modify.send().await), "InsufficientDBInstanceCapacity");
    world.rds.shutdown().await;
}

#[tokio::test]
async fn serverless_wants_its_range_first() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let to_serverless = || {
        let modify = world
            .client
            .modify_db_instance()
            .db_instance_identifier("production-1");
        modify
            .db_instance_class("db.serverless")
            .apply_immediately(true)
            .send()
    };
    assert_eq!(refusal(to_serverless().await), "InvalidParameterCombination");
    let range = |min, max| {
        ServerlessV2ScalingConfiguration::builder()
            .min_capacity(min)
            .max_capacity(max)
            .build()
    };
    let set = |range| {
        let modify = world
            .client
            .modify_db_cluster()
            .db_cluster_identifier("production");
        modify.serverless_v2_scaling_configuration(range).send()
    };
    for bad in [range(0.3, 4.0), range(4.0, 1.0), range(0.0, 257.0)] {
        assert_eq!(refusal(set(bad).await), "InvalidParameterValue");
    }
    set(range(0.0, 4.0)).await.unwrap();
    world.cluster_is("production", "available").await;
    let shown = world.cluster("production").await;
    let shown = shown.serverless_v2_scaling_configuration().unwrap();
    assert_eq!(
        (shown.min_capacity(), shown.max_capacity()),
        (Some(0.0), Some(4.0))
    );
    to_serverless().await.unwrap();
    until("the class is serverless", async || {
        world.shown_instance("production-1").await.db_instance_class() == Some("db.serverless")
    })
    .await;
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_cluster_goes_only_once_its_instances_are_going() {
    let world = World::with(|options| options.transitions.deleting = Duration::from_secs(1)).await;
    world.source(EngineKind::Postgres).await;
    world.clone("copy", "sg-default").await;
    let client = &world.client;
    let delete = || {
        client
            .delete_db_cluster()
            .db_cluster_identifier("copy")
            .skip_final_snapshot(true)
            .send()
    };
    assert_eq!(refusal(delete().await), "InvalidDBClusterStateFault");
    let protect = |on| {
        client
            .modify_db_cluster()
            .db_cluster_identifier("copy")
            .deletion_protection(on)
            .send()
    };
    protect(true).await.unwrap();
    world.cluster_is("copy", "available").await;
    client
        .delete_db_instance()
        .db_instance_identifier("copy-1")
        .send()
        .await
        .unwrap();
    let again = client
        .delete_db_instance()
        .db_instance_identifier("copy-1")
        .send()
        .await;
    assert_eq!(refusal(again), "InvalidDBInstanceState");
    assert_eq!(
        refusal(delete().await),
        "InvalidParameterCombination",
        "protection blocks the cluster alone"
    );
    protect(false).await.unwrap();
    let unsaid = client
        .delete_db_cluster()
        .db_cluster_identifier("copy")
        .send()
        .await;
    assert_eq!(
        refusal(unsaid),
        "InvalidParameterCombination",
        "a final snapshot, or none: say which"
    );
    delete().await.unwrap();
    assert_eq!(world.cluster("copy").await.status(), Some("deleting"));
    assert_eq!(refusal(delete().await), "InvalidDBClusterStateFault");
    until("both are gone", async || {
        world.rds.clusters() == ["production"] && world.rds.instances() == ["production-1"]
    })
    .await;
    assert_eq!(refusal(delete().await), "DBClusterNotFoundFault");
    let left = std::fs::read_dir(world.home.path().join("data"))
        .unwrap()
        .flatten();
    let left: Vec<_> = left
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert!(!left.iter().any(|name| name.starts_with("copy-")), "{left:?}");
    world.rds.shutdown().await;
}

#[tokio::test]
async fn the_sixteenth_clone_is_silently_a_full_copy() {
    let world = World::with(|options| options.clones_per_lineage = 2).await;
    world.source(EngineKind::Postgres).await;
    let group = world
        .cluster("production")
        .await
        .clone_group_id()
        .unwrap()
        .to_owned();
    let restore = async |id: &str, source: &str| {
        let restore = world
            .client
            .restore_db_cluster_to_point_in_time()
            .source_db_cluster_identifier(source);
        let restore = restore
            .db_cluster_identifier(id)
            .restore_type("copy-on-write")
            .use_latest_restorable_time(true);
        restore.send().await.unwrap();
        world.cluster_is(id, "available").await;
        world.cluster(id).await.clone_group_id().unwrap().to_owned()
    };
    assert_eq!(restore("one", "production").await, group);
    assert_eq!(restore("two", "production").await, group);
    assert_ne!(restore("three", "production").await, group);
    let full = world
        .client
        .restore_db_cluster_to_point_in_time()
        .source_db_cluster_identifier("production");
    let full = full
        .db_cluster_identifier("four")
        .use_latest_restorable_time(true)
        .send()
        .await
        .unwrap();
    assert_ne!(
        full.db_cluster().unwrap().clone_group_id(),
        Some(group.as_str()),
        "no restore type means a full copy"
    );
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_test_can_break_things() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let restore = |id: &str| {
        let restore = world
            .client
            .restore_db_cluster_to_point_in_time()
            .source_db_cluster_identifier("production");
        restore
            .db_cluster_identifier(id)
            .restore_type("copy-on-write")
            .use_latest_restorable_time(true)
            .send()
    };
    world.rds.fail_next_restore();
    restore("broken").await.unwrap();
    world.cluster_is("broken", "cloning-failed").await;
    restore("whole").await.unwrap();
    world.cluster_is("whole", "available").await;
    world.rds.set_status("whole", Some("maintenance"));
    assert_eq!(
        world.instance("whole", "db.t4g.medium").await,
        Err("InvalidDBClusterStateFault".into())
    );
    world.rds.set_status("whole", None);
    world.rds.outgrow_lineage();
    let copy = restore("copy").await.unwrap();
    assert_ne!(
        copy.db_cluster().unwrap().clone_group_id(),
        world.cluster("production").await.clone_group_id(),
        "no clone any more"
    );
    world.rds.shutdown().await;
}

#[test]
fn graviton_burstable_and_serverless_classes_are_on_offer() {
    let names: Vec<_> = Options::new("/nowhere")
        .classes
        .into_iter()
        .map(|Class { name, .. }| name)
        .collect();
    for class in [
        "db.serverless",
        "db.t3.medium",
        "db.t4g.medium",
        "db.r6g.large",
        "db.r7g.4xlarge",
    ] {
        assert!(names.iter().any(|name| name == class), "{class}");
    }
}
