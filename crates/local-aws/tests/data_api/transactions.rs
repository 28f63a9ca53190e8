//! Several calls in one transaction, and one statement with many sets of parameters.

use aws_sdk_rdsdata::types::Field;
use local_aws::engine::EngineKind;

use crate::support::{World, parameter, said};

async fn begin(world: &World) -> String {
    let begin = world.data.begin_transaction().resource_arn(&world.cluster);
    let begun = begin
        .secret_arn(&world.secret)
        .database("shop")
        .send()
        .await
        .unwrap();
    begun.transaction_id.unwrap()
}

async fn ends_as_it_is_told(engine: EngineKind) {
    let world = World::start(engine).await;
    let (commit, roll_back) = (world.data.commit_transaction(), world.data.rollback_transaction());
    world.runs("CREATE TABLE t (id int)").await;
    let (kept, dropped) = (begin(&world).await, begin(&world).await);
    world
        .statement("INSERT INTO t VALUES (1)")
        .transaction_id(&kept)
        .send()
        .await
        .unwrap();
    world
        .statement("INSERT INTO t VALUES (2)")
        .transaction_id(&dropped)
        .send()
        .await
        .unwrap();
    let seen = world
        .statement("SELECT id FROM t")
        .transaction_id(&kept)
        .send()
        .await
        .unwrap();
    assert_eq!(
        seen.records(),
        [[Field::LongValue(1)]],
        "its own, and nobody else's"
    );
    let count = "SELECT count(*) FROM t";
    assert_eq!(world.row(count).await, [Field::LongValue(0)]);

    let commit = commit
        .resource_arn(&world.cluster)
        .secret_arn(&world.secret)
        .transaction_id(&kept);
    let done = commit.clone().send().await.unwrap();
    assert_eq!(done.transaction_status(), Some("Transaction Committed"));
    let roll_back = roll_back
        .resource_arn(&world.cluster)
        .secret_arn(&world.secret)
        .transaction_id(&dropped);
    let done = roll_back.send().await.unwrap();
    assert_eq!(done.transaction_status(), Some("Rollback Complete"));
    assert_eq!(world.row(count).await, [Field::LongValue(1)]);
    let again = said(&commit.send().await.unwrap_err());
    assert_eq!(
        again,
        format!("TransactionNotFoundException: Transaction {kept} is not found")
    );
    let late = world
        .refusal(world.statement("SELECT 1").transaction_id("never"))
        .await;
    assert_eq!(
        late,
        "TransactionNotFoundException: Transaction never is not found"
    );
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_postgresql_ends_as_it_is_told() {
    ends_as_it_is_told(EngineKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_mysql_ends_as_it_is_told() {
    ends_as_it_is_told(EngineKind::Mysql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_runs_one_statement_at_a_time() {
    let world = World::start(EngineKind::Postgres).await;
    let id = begin(&world).await;
    world.runs("CREATE TABLE gate (n int)").await;
    // The first statement waits for this lock, so that the second one surely comes while it runs.
    let holder = begin(&world).await;
    let lock = "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE";
    world
        .statement(lock)
        .transaction_id(&holder)
        .send()
        .await
        .unwrap();
    let waiting = tokio::spawn(world.statement("SELECT n FROM gate").transaction_id(&id).send());
    let blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while world.row(blocked).await != [Field::LongValue(1)] {
        assert!(!waiting.is_finished(), "the statement waits for the lock");
    }
    let second = world
        .refusal(world.statement("SELECT 1").transaction_id(&id))
        .await;
    assert_eq!(
        second,
        "DatabaseErrorException: Transaction is still running a query."
    );
    let roll_back = world.data.rollback_transaction().resource_arn(&world.cluster);
    roll_back
        .secret_arn(&world.secret)
        .transaction_id(&holder)
        .send()
        .await
        .unwrap();
    waiting.await.unwrap().unwrap();
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_runs_once_for_each_set_of_parameters() {
    for engine in [EngineKind::Postgres, EngineKind::Mysql] {
        let world = World::start(engine).await;
        let key = match engine {
            EngineKind::Postgres => "serial",
            EngineKind::Mysql => "int AUTO_INCREMENT",
        };
        world
            .runs(&format!("CREATE TABLE t (id {key} PRIMARY KEY, n int UNIQUE)"))
            .await;
        let insert = |numbers: &[i64]| {
            let batch = world.data.batch_execute_statement().resource_arn(&world.cluster);
            let batch = batch
                .secret_arn(&world.secret)
                .database("shop")
                .sql("INSERT INTO t (n) VALUES (:n)");
            numbers.iter().fold(batch, |batch, number| {
                batch.parameter_sets(vec![parameter("n", Field::LongValue(*number))])
            })
        };
        let done = insert(&[10, 20, 30]).send().await.unwrap();
        let generated: Vec<_> = done
            .update_results()
            .iter()
            .map(|result| result.generated_fields())
            .collect();
        match engine {
            EngineKind::Postgres => assert!(generated.len() == 3 && generated.concat().is_empty()),
            EngineKind::Mysql => assert_eq!(generated[2], [Field::LongValue(3)]),
        }
        let refused = said(&insert(&[40, 10, 50]).send().await.unwrap_err());
        assert!(refused.starts_with("DatabaseErrorException"), "{refused}");
        let kept = world.row("SELECT count(*) FROM t").await;
        assert_eq!(kept, [Field::LongValue(4)], "what came before the failure stays");
        world.aws.shutdown().await;
    }
}
