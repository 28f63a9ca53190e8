use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use local_aws::{Failure, Fault, Kind, Outcome};

use crate::dynamodb::{TABLE, create_table, has, put, s};
use crate::{World, code, world};

/// A client that does not try again, so that a fault is seen as it is.
fn once(world: &World, principal: &str) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&world.config(principal))
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn try_put(client: &Client, id: &str) -> Result<(), String> {
    let result = client.put_item().table_name(TABLE).item("id", s(id)).send().await;
    if result.is_ok() { Ok(()) } else { Err(code(result)) }
}

fn broken() -> Failure {
    Failure::new(500, "InternalServerError", "on demand")
}

#[tokio::test(start_paused = true)]
async fn a_call_fails_before_its_effect_or_after_it() {
    let world = world();
    let client = once(&world, "tester");
    create_table(&client, TABLE).await;
    world
        .faults()
        .fail_next("dynamodb", "PutItem", Kind::Fail(broken()));
    assert_eq!(
        try_put(&client, "before").await,
        Err("InternalServerError".to_owned())
    );
    assert!(!has(&client, "before").await);
    world
        .faults()
        .fail_next("dynamodb", "PutItem", Kind::FailAfter(broken()));
    assert_eq!(
        try_put(&client, "after").await,
        Err("InternalServerError".to_owned())
    );
    assert!(has(&client, "after").await);
    assert_eq!(try_put(&client, "then").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_call_fails_by_its_number() {
    let world = world();
    let client = once(&world, "tester");
    create_table(&client, TABLE).await;
    assert_eq!(world.count(), 1);
    world.faults().fail_call(
        3,
        Kind::Fail(Failure::new(400, "ValidationException", "on demand")),
    );
    let results = [
        try_put(&client, "1").await,
        try_put(&client, "2").await,
        try_put(&client, "3").await,
        try_put(&client, "4").await,
    ];
    assert_eq!(
        results,
        [Ok(()), Ok(()), Err("ValidationException".to_owned()), Ok(())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_fault_can_be_about_one_program_only_and_count_only_its_calls() {
    let world = world();
    let (worker, gateway) = (once(&world, "mask-worker"), once(&world, "gateway"));
    create_table(&gateway, TABLE).await;
    put(&worker, "0", 1).await;
    world.faults().inject(
        Fault::new(Kind::Fail(broken()))
            .principal("mask-worker")
            .nth(2)
            .times(2),
    );
    for id in ["a", "b", "c", "d"] {
        assert_eq!(try_put(&gateway, id).await, Ok(()));
    }
    let mut failed = Vec::new();
    for id in ["1", "2", "3", "4"] {
        failed.push(try_put(&worker, id).await.is_err());
    }
    assert_eq!(failed, [false, true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn the_sdk_takes_throttling_for_throttling_and_tries_again() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    world.faults().inject(
        Fault::new(Kind::Throttle)
            .operation("dynamodb", "PutItem")
            .times(2),
    );
    put(&client, "a", 1).await;
    let puts: Vec<_> = world
        .calls()
        .into_iter()
        .filter(|call| call.operation == "PutItem")
        .collect();
    assert_eq!(puts.len(), 3);
    let throttled = Outcome::Failed {
        status: 400,
        code: "ThrottlingException".to_owned(),
        injected: true,
    };
    assert_eq!(
        puts.iter().map(|put| put.outcome.clone()).collect::<Vec<_>>(),
        [throttled.clone(), throttled, Outcome::Done]
    );
    world
        .faults()
        .inject(Fault::new(Kind::Throttle).service("dynamodb").always());
    let given_up = client.get_item().table_name(TABLE).key("id", s("a")).send().await;
    assert_eq!(code(given_up), "ThrottlingException");
    world.faults().clear();
    assert!(has(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_with_the_clients_patience_and_has_no_effect() {
    let world = world();
    create_table(&world.dynamodb(), TABLE).await;
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(Duration::from_secs(20))
        .build();
    let config = aws_sdk_dynamodb::config::Builder::from(&world.config("tester"))
        .timeout_config(timeouts)
        .build();
    let client = Client::from_conf(config);
    world.faults().fail_next("dynamodb", "PutItem", Kind::Hang);
    let start = tokio::time::Instant::now();
    let result = client
        .put_item()
        .table_name(TABLE)
        .item("id", s("a"))
        .send()
        .await;
    assert!(
        matches!(result, Err(aws_sdk_dynamodb::error::SdkError::TimeoutError(_))),
        "{result:?}"
    );
    assert_eq!(start.elapsed().as_secs(), 20);
    assert!(!has(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_recorded_with_who_made_it_and_how_it_ended() {
    let world = world();
    create_table(&once(&world, "terraform"), TABLE).await;
    let gateway = once(&world, "gateway");
    let refused = gateway
        .get_item()
        .table_name("nowhere")
        .key("id", s("a"))
        .send()
        .await;
    assert_eq!(code(refused), "ResourceNotFoundException");
    let calls = world.calls();
    let brief: Vec<_> = calls
        .iter()
        .map(|call| (call.n, &*call.principal, &*call.service, &*call.operation))
        .collect();
    assert_eq!(
        brief,
        [
            (0, "terraform", "dynamodb", "CreateTable"),
            (1, "gateway", "dynamodb", "GetItem")
        ]
    );
    assert_eq!(calls[0].outcome, Outcome::Done);
    let failed = Outcome::Failed {
        status: 400,
        code: "ResourceNotFoundException".to_owned(),
        injected: false,
    };
    assert_eq!(calls[1].outcome, failed);
}
