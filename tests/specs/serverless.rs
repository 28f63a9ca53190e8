//! A clone on Serverless v2: masked at full capacity, then in the range that was asked for, asleep when nobody is there.

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
