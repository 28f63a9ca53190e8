//! Serverless v2 from 0 ACU: paused when nobody is there, woken by whoever comes.

use aws_sdk_rds::types::ServerlessV2ScalingConfiguration;
use local_aws::engine::EngineKind;
use local_aws::rds::SourceReady;
use mysql_async::prelude::Queryable;

use crate::support::{World, mysql, postgres, processes_naming, refusal, until};

/// Five minutes of idleness pass in a second.
const TIMES: u32 = 300;

fn range(least: f64, most: f64) -> ServerlessV2ScalingConfiguration {
    ServerlessV2ScalingConfiguration::builder()
        .min_capacity(least)
        .max_capacity(most)
        .build()
}

/// Production on Serverless v2 from that many ACU.
async fn serverless(world: &World, engine: EngineKind, least: f64) -> SourceReady {
    let source = world.source(engine).await;
    let modify = world
        .client
        .modify_db_cluster()
        .db_cluster_identifier("production");
    let modify = modify.serverless_v2_scaling_configuration(range(least, 2.0));
    modify.send().await.unwrap();
    world.cluster_is("production", "available").await;
    let modify = world
        .client
        .modify_db_instance()
        .db_instance_identifier("production-1");
    let modify = modify.db_instance_class("db.serverless").apply_immediately(true);
    modify.send().await.unwrap();
    until("production is serverless", async || {
        let shown = world.shown_instance("production-1").await;
        shown.db_instance_class() == Some("db.serverless") && shown.db_instance_status() == Some("available")
    })
    .await;
    source
}

async fn until_asleep(world: &World, cluster: &str) {
    until(&format!("{cluster} sleeps"), async || {
        world.rds.is_asleep(cluster)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_server_sleeps_and_wakes_for_the_next_connection() {
    let world = World::faster(TIMES).await;
    let source = serverless(&world, EngineKind::Postgres, 0.0).await;
    let login = || postgres(source.port, "postgres", &source.master_password, "shop");
    let client = login().await.unwrap();
    client
        .batch_execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        .await
        .unwrap();
    drop(client);
    for _ in 0..2 {
        until_asleep(&world, "production").await;
        assert_eq!(
            world.cluster("production").await.status(),
            Some("available"),
            "as AWS shows it"
        );
        until("its server is gone", async || {
            let programs = processes_naming(&world.home.path().join("data"));
            !programs.iter().any(|line| line.contains("postgres -D"))
        })
        .await;
        let client = login().await.unwrap();
        let kept: i32 = client.query_one("SELECT n FROM kept", &[]).await.unwrap().get(0);
        assert_eq!(kept, 7);
    }
    world.rds.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mysql_server_sleeps_and_wakes_for_the_next_connection() {
    let world = World::faster(TIMES).await;
    let source = serverless(&world, EngineKind::Mysql, 0.0).await;
    until_asleep(&world, "production").await;
    let mut client = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    let one: Option<u8> = client.query_first("SELECT 1").await.unwrap();
    assert_eq!(one, Some(1));
    client.disconnect().await.unwrap();
    until_asleep(&world, "production").await;
    world.rds.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_connection_keeps_a_clone_awake_and_a_clone_wakes_its_source() {
    let world = World::faster(TIMES).await;
    let source = serverless(&world, EngineKind::Postgres, 0.0).await;
    until_asleep(&world, "production").await;
    let restore = world.client.restore_db_cluster_to_point_in_time();
    let restore = restore
        .source_db_cluster_identifier("production")
        .db_cluster_identifier("copy")
        .restore_type("copy-on-write")
        .use_latest_restorable_time(true)
        .serverless_v2_scaling_configuration(range(0.0, 1.0));
    restore.send().await.unwrap();
    world.cluster_is("copy", "available").await;
    world.instance("copy", "db.serverless").await.unwrap();
    world.instance_is("copy-1", "available").await;
    let port = world.port("copy").await;
    let client = postgres(port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    for _ in 0..2 {
        // Each time, production had nobody for as long as it takes to fall asleep.
        until_asleep(&world, "production").await;
        let visitor = postgres(source.port, "postgres", &source.master_password, "shop").await;
        visitor.unwrap().batch_execute("SELECT 1").await.unwrap();
    }
    assert!(!world.rds.is_asleep("copy"));
    client.batch_execute("SELECT 1").await.unwrap();
    drop(client);
    until_asleep(&world, "copy").await;
    world.rds.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_is_told_to_a_server_that_slept_when_it_was_set() {
    let world = World::faster(TIMES).await;
    let source = serverless(&world, EngineKind::Postgres, 0.0).await;
    until_asleep(&world, "production").await;
    world.set_password("production", "another-password").await;
    let new = postgres(source.port, "postgres", "another-password", "shop").await;
    new.unwrap().batch_execute("SELECT 1").await.unwrap();
    let old = postgres(source.port, "postgres", &source.master_password, "shop").await;
    assert!(old.is_err());
    world.rds.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_cannot_pause_is_refused_a_range_from_zero() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    world.rds.set_engine_version("production", "15.4");
    let modify = |least| {
        let modify = world
            .client
            .modify_db_cluster()
            .db_cluster_identifier("production");
        modify
            .serverless_v2_scaling_configuration(range(least, 2.0))
            .send()
    };
    assert_eq!(refusal(modify(0.0).await), "InvalidParameterCombination");
    modify(0.5).await.unwrap();
    world.rds.shutdown().await;
}
