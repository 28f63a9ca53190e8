//! What the Data API does not carry.

use std::time::Duration;

use aws_sdk_rdsdata::types::Field;
use local_aws::engine::EngineKind;

use crate::support::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_is_refused() {
    let world = World::start(EngineKind::Postgres).await;
    let several = world
        .refusal(world.statement("DROP TABLE IF EXISTS t; CREATE TABLE t (id int)"))
        .await;
    assert_eq!(several, "ValidationException: Multistatements aren't supported.");
    let table = world.row("SELECT to_regclass('t') IS NULL").await;
    assert_eq!(table, [Field::BooleanValue(true)], "none of them ran");

    let wide = world.refusal(world.statement("SELECT repeat('x', 70000)")).await;
    assert_eq!(
        wide,
        "UnsupportedResultException: The result contains a row that exceeds the size limit 64 KB."
    );
    let rows = |count: u32| format!("SELECT repeat('x', 1000), generate_series(1, {count})");
    assert_eq!(world.runs(&rows(1000)).await.records().len(), 1000);
    let long = world.refusal(world.statement(&rows(1100))).await;
    assert_eq!(
        long,
        "UnsupportedResultException: The result exceeds the size limit 1 MB."
    );
    let endless = world.refusal(world.statement(&rows(500_000_000))).await;
    assert_eq!(endless, long, "and is not read to its end");

    let comment = |length: usize| format!("SELECT 1 --{}", "é".repeat(length - 11));
    world.runs(&comment(65_536)).await;
    let sql = world.refusal(world.statement(&comment(65_537))).await;
    assert!(
        sql.starts_with("ValidationException") && sql.contains("less than or equal to 65536"),
        "{sql}"
    );
    let schema = world.refusal(world.statement("SELECT 1").schema("public")).await;
    assert_eq!(
        schema,
        "ValidationException: The schema parameter isn't supported"
    );
    world.aws.shutdown().await;
}

async fn takes_too_long(engine: EngineKind) {
    let quick = |options: &mut local_aws::Options| {
        options.data_api.statement_timeout = Duration::from_millis(700);
    };
    let world = World::with(engine, 1, quick).await;
    world.runs("CREATE TABLE t (id int)").await;
    let slow = match engine {
        EngineKind::Postgres => "INSERT INTO t SELECT 1 FROM pg_sleep(2)",
        EngineKind::Mysql => "INSERT INTO t SELECT 1 FROM (SELECT sleep(2)) AS s",
    };
    let (cancelled, goes_on) = (
        world.statement(slow),
        world.statement(slow).continue_after_timeout(true),
    );
    let refusal = world.refusal(cancelled).await;
    assert_eq!(refusal, "StatementTimeoutException: Request timed out");
    let goes_on = goes_on.send().await.unwrap_err().into_service_error();
    let aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementError::StatementTimeoutException(
        timeout,
    ) = goes_on
    else {
        panic!("{goes_on:?}")
    };
    assert!(timeout.db_connection_id() > 0);
    let begun = std::time::Instant::now();
    while world.row("SELECT count(*) FROM t").await != [Field::LongValue(1)] {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "what was to go on came to nothing"
        );
    }
    let idle = match engine {
        EngineKind::Postgres => {
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()"
        }
        EngineKind::Mysql => {
            "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%sleep(2)%' AND id <> connection_id()"
        }
    };
    assert_eq!(
        world.row(idle).await,
        [Field::LongValue(0)],
        "what was not to go on was cancelled"
    );
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_postgresql_that_takes_too_long_is_cancelled_unless_it_is_to_go_on() {
    takes_too_long(EngineKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_mysql_that_takes_too_long_is_cancelled_unless_it_is_to_go_on() {
    takes_too_long(EngineKind::Mysql).await;
}
