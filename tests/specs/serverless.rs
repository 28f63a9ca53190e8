//! A clone on Serverless v2: masked at full capacity, then in the range that was asked for, asleep when nobody is there.

use aws_sdk_rds::types::{DbCluster, ServerlessV2ScalingConfiguration};
use domain::CloneState;
use domain::policy::Engine;
use specs::{ALICE, World, until};

#[tokio::test]
async fn a_serverless_clone_of_postgresql_sleeps_and_wakes() {
    sleeps_and_wakes(Engine::Postgres).await;
}

#[tokio::test]
async fn a_serverless_clone_of_mysql_sleeps_and_wakes() {
    sleeps_and_wakes(Engine::Mysql).await;
}

async fn sleeps_and_wakes(engine: Engine) {
    let world = World::builder().engine(engine).start().await;
    world.asks(ALICE, "/clone production serverless:0-4 1d").await;
    let clone = world.handed_over().await;
    let cluster = world.cluster(&clone).await.unwrap();
    let range = cluster.serverless_v2_scaling_configuration().unwrap();
    assert_eq!(
        (range.min_capacity(), range.max_capacity()),
        (Some(0.0), Some(4.0))
    );
    assert_eq!(range.seconds_until_auto_pause(), Some(300));
    world.until_said("It sleeps after 5 minutes").await;
    world.until_said("an hour asleep").await;

    let rds = world.aws().rds().clone();
    let asleep = || {
        until("the clone sleeps", || async {
            rds.is_asleep(clone.id.as_str()).then_some(())
        })
    };
    asleep().await;
    let mut copy = world.open(&clone).await;
    assert_eq!(
        copy.number("SELECT count(*) FROM customers").await,
        200,
        "awake, with all that it had"
    );
    drop(copy);
    asleep().await;
    world.stop().await;
}

/// Production changes to Serverless v2, and falls asleep.
async fn production_sleeps(world: &World) {
    let rds = world.local().rds();
    let range = ServerlessV2ScalingConfiguration::builder()
        .min_capacity(0.0)
        .max_capacity(2.0);
    let modify = rds.modify_db_cluster().db_cluster_identifier("production");
    modify
        .serverless_v2_scaling_configuration(range.build())
        .send()
        .await
        .unwrap();
    let modify = rds.modify_db_instance().db_instance_identifier("production-1");
    let modify = modify.db_instance_class("db.serverless").apply_immediately(true);
    modify.send().await.unwrap();
    until("production sleeps", || async {
        world.aws().rds().is_asleep("production").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_source_that_sleeps_is_cloned_and_its_clone_is_masked_at_the_masking_capacity() {
    let classes = "\"serverless:0.5-1\"";
    let world = World::builder()
        .masking_class("serverless:2-8")
        .classes(classes)
        .start()
        .await;
    production_sleeps(&world).await;
    world.asks(ALICE, "/clone production serverless:0.5-1 1d").await;
    let masked = world.until_state(CloneState::Masking).await;
    let range = |cluster: Option<DbCluster>| {
        let cluster = cluster.unwrap();
        let range = cluster.serverless_v2_scaling_configuration().unwrap();
        (range.min_capacity().unwrap(), range.max_capacity().unwrap())
    };
    let seen = range(world.cluster(&masked).await);
    let is_past = world.record(&masked.id).await.state > CloneState::Masking;
    assert!(seen == (2.0, 8.0) || is_past, "{seen:?}");
    let clone = world.handed_over().await;
    assert_eq!(range(world.cluster(&clone).await), (0.5, 1.0));
    let mut copy = world.open(&clone).await;
    assert_eq!(copy.number("SELECT count(*) FROM customers").await, 200);
    drop(copy);
    world.stop().await;
}

#[tokio::test]
async fn a_range_that_the_engines_version_cannot_have_is_refused_before_anything_is_made() {
    let world = World::start().await;
    world.aws().rds().set_engine_version("production", "15.4");
    world.asks(ALICE, "/clone production serverless:0-4 1d").await;
    let refused = world.failed().await;
    let cause = refused.failure.unwrap().cause;
    assert!(
        cause.contains("Aurora PostgreSQL 15.4 cannot: there the least is 0.5"),
        "{cause}"
    );
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn the_data_api_is_refused_on_a_class_that_does_not_have_it() {
    let world = World::start().await;
    world
        .asks(ALICE, "/clone production db.t4g.medium data-api")
        .await;
    world.until_said("AWS does not offer the RDS Data API on T classes such as `db.t4g.medium`; of those of production it works on db.r6g.large, serverless:0-4").await;
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}
