//! Who gets in, and where to.

use aws_sdk_rdsdata::types::Field;
use aws_sdk_secretsmanager::types::Tag;
use local_aws::data_api::Guard;
use local_aws::engine::EngineKind;

use crate::support::{World, secret};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_enabled_endpoint_and_a_good_secret_let_anybody_in() {
    let world = World::start(EngineKind::Postgres).await;
    let with = |secret: &str| world.statement("SELECT 1").secret_arn(secret);
    let missing = world
        .refusal(with(
            "arn:aws:secretsmanager:ap-northeast-1:000000000000:secret:none-abcdef",
        ))
        .await;
    assert!(missing.starts_with("SecretsErrorException"), "{missing}");
    let no_login = secret(&world.aws, "token", "xoxb-1").await;
    let refusal = world.refusal(with(&no_login)).await;
    assert!(
        refusal.starts_with("InvalidSecretException") && !refusal.contains("xoxb"),
        "{refusal}"
    );
    let wrong = secret(
        &world.aws,
        "wrong",
        r#"{"username": "postgres", "password": "guessed"}"#,
    )
    .await;
    let refusal = world.refusal(with(&wrong)).await;
    assert_eq!(
        refusal,
        "DatabaseErrorException: FATAL: password authentication failed for user \"postgres\"; SQLState: 28P01"
    );
    let nowhere = world
        .refusal(world.statement("SELECT 1").database("nowhere"))
        .await;
    assert!(nowhere.ends_with("SQLState: 3D000"), "{nowhere}");
    let other = world
        .refusal(
            world
                .statement("SELECT 1")
                .resource_arn("arn:aws:rds:ap-northeast-1:000000000000:cluster:other"),
        )
        .await;
    assert!(other.starts_with("HttpEndpointNotEnabledException"), "{other}");
    world.endpoint(false).await;
    let off = world.refusal(world.statement("SELECT 1")).await;
    assert!(
        off.starts_with("HttpEndpointNotEnabledException: HttpEndpoint is not enabled"),
        "{off}"
    );
    world.endpoint(true).await;
    assert_eq!(
        world.row("SELECT current_database()::text").await,
        [Field::StringValue("shop".into())]
    );
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_says_who_may_use_which_secret() {
    let world = World::with(EngineKind::Postgres, 1, |options| {
        options.data_api.guard = Guard::new(|who, tags| tags.get("owner").is_none_or(|owner| owner == who));
    })
    .await;
    world.runs("SELECT 1").await;
    let secrets = aws_sdk_secretsmanager::Client::new(&world.config("me"));
    let tag = Tag::builder().key("owner").value("ann").build();
    secrets
        .tag_resource()
        .secret_id(&world.secret)
        .tags(tag)
        .send()
        .await
        .unwrap();
    let refusal = world.refusal(world.statement("SELECT 1")).await;
    assert!(
        refusal.starts_with(
            "AccessDeniedException: User: me is not authorized to perform: secretsmanager:GetSecretValue"
        ),
        "{refusal}"
    );
    let ann = aws_sdk_rdsdata::Client::new(&world.config("ann"));
    let call = ann
        .execute_statement()
        .resource_arn(&world.cluster)
        .secret_arn(&world.secret);
    call.sql("SELECT 1").send().await.unwrap();
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeping_server_says_that_it_resumes_and_then_answers() {
    let world = World::with(EngineKind::Postgres, 300, |_| {}).await;
    let rds = aws_sdk_rds::Client::new(&world.config("me"));
    let range = aws_sdk_rds::types::ServerlessV2ScalingConfiguration::builder()
        .min_capacity(0.0)
        .max_capacity(1.0);
    let modify = rds.modify_db_cluster().db_cluster_identifier("production");
    modify
        .serverless_v2_scaling_configuration(range.build())
        .send()
        .await
        .unwrap();
    let modify = rds
        .modify_db_instance()
        .db_instance_identifier("production-1")
        .db_instance_class("db.serverless");
    let begun = std::time::Instant::now();
    while modify.clone().apply_immediately(true).send().await.is_err()
        || !world.aws.rds().is_asleep("production")
    {
        assert!(begun.elapsed().as_secs() < 60, "it never sleeps");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let refusal = world.refusal(world.statement("SELECT 1")).await;
    assert!(
        refusal.starts_with("DatabaseResumingException: The Aurora DB instance db-")
            && refusal
                .ends_with(" is resuming after being auto-paused. Please wait a few seconds and try again."),
        "{refusal}"
    );
    let begun = std::time::Instant::now();
    while world.statement("SELECT 1").send().await.is_err() {
        assert!(begun.elapsed().as_secs() < 60, "it never wakes");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    world.aws.shutdown().await;
}
