//! The Data API: off until the verdict, on for a clone that was asked for with it, and then for its owner alone.

use aws_sdk_rdsdata::config::{Builder, Credentials};
use aws_sdk_rdsdata::error::ProvideErrorMetadata;
use aws_sdk_rdsdata::types::{Field, SqlParameter};
use domain::policy::Engine;
use domain::{CloneRecord, CloneState};
use local_aws::{Failure, Kind};
use specs::{ALICE, OPERATOR, World};

/// A count of the clone's customers through the Data API, by a caller and a secret: or the error's code.
async fn counted(world: &World, clone: &CloneRecord, who: &str, secret: &str) -> Result<i64, String> {
    let credentials = Credentials::new(who, "secret", None, None, "specs");
    let config = Builder::from(world.local().config()).credentials_provider(credentials);
    let data = aws_sdk_rdsdata::Client::from_conf(config.build());
    let cluster = world.cluster(clone).await.ok_or("no cluster")?;
    let secret = world
        .local()
        .secrets()
        .arn(secret)
        .await
        .unwrap()
        .ok_or("no secret")?;
    let id = SqlParameter::builder()
        .name("id")
        .value(Field::LongValue(0))
        .build();
    let call = data
        .execute_statement()
        .resource_arn(cluster.db_cluster_arn.unwrap_or_default())
        .secret_arn(secret)
        .database(&clone.database)
        .sql("SELECT count(*) FROM customers WHERE id > :id")
        .parameters(id);
    let answer = call
        .send()
        .await
        .map_err(|error| error.code().unwrap_or("no code").to_owned())?;
    Ok(*answer.records()[0][0].as_long_value().unwrap())
}

async fn comes_on_after_the_verdict(engine: Engine) {
    let world = World::builder().engine(engine).start().await;
    world
        .asks(ALICE, "/clone production db.r6g.large 4h data-api")
        .await;
    let early = world.until_state(CloneState::Masking).await;
    for secret in [early.id.user_secret(), early.id.master_secret()] {
        let refused = counted(&world, &early, OPERATOR, &secret).await;
        let is_released = world.record(&early.id).await.state >= CloneState::Releasing;
        assert!(
            is_released || refused == Err("HttpEndpointNotEnabledException".into()),
            "{refused:?}"
        );
    }
    let clone = world.handed_over().await;
    let enabled: Vec<_> = world
        .aws()
        .calls()
        .into_iter()
        .filter(|call| call.operation == "EnableHttpEndpoint")
        .collect();
    assert_eq!(enabled.len(), 1);
    assert!(
        clone
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.at <= enabled[0].at),
        "only after the verdict"
    );
    world.until_said("doppel sql").await;

    let secret = clone.id.user_secret();
    assert_eq!(counted(&world, &clone, OPERATOR, &secret).await, Ok(200));
    assert_eq!(
        counted(&world, &clone, "mallory", &secret).await,
        Err("AccessDeniedException".into())
    );
    let master = clone.id.master_secret();
    let by_master = counted(&world, &clone, OPERATOR, &master).await;
    assert!(
        by_master.is_err(),
        "the master's secret is the worker's alone: {by_master:?}"
    );
    world.stop().await;
}

#[tokio::test]
async fn the_data_api_of_postgresql_comes_on_after_the_verdict() {
    comes_on_after_the_verdict(Engine::Postgres).await;
}

#[tokio::test]
async fn the_data_api_of_mysql_comes_on_after_the_verdict() {
    comes_on_after_the_verdict(Engine::Mysql).await;
}

#[tokio::test]
async fn the_data_api_is_asked_for_again_while_aws_is_busy() {
    let world = World::start().await;
    let busy = Failure::new(
        400,
        "InvalidResourceStateFault",
        "another operation is in progress",
    );
    world
        .aws()
        .faults()
        .fail_next("rds", "EnableHttpEndpoint", Kind::Fail(busy));
    world
        .asks(ALICE, "/clone production db.r6g.large 4h data-api")
        .await;
    let clone = world.handed_over().await;
    assert_eq!(
        counted(&world, &clone, OPERATOR, &clone.id.user_secret()).await,
        Ok(200)
    );
    world.stop().await;
}

#[tokio::test]
async fn a_clone_without_the_data_api_never_has_it() {
    let world = World::start().await;
    world.asks(ALICE, "/clone production db.r6g.large 4h").await;
    let clone = world.handed_over().await;
    let refused = counted(&world, &clone, OPERATOR, &clone.id.user_secret()).await;
    assert_eq!(refused, Err("HttpEndpointNotEnabledException".into()));
    world.stop().await;
}
