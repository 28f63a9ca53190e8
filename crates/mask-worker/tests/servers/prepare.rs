//! What `prepare` takes away, what it will not pass over, and that it stops when it is told to.

use std::time::Duration;

use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use mysql_async::prelude::Queryable;
use runtime::Login;
use tokio_util::sync::CancellationToken;

use crate::support::{Server, files_with, maria, postgres};

const RULES: &str = "[tables.people]\nemail = \"email\"\n";
const PEOPLE: &str = "CREATE TABLE people (id int PRIMARY KEY, email varchar(60))";
const BOUND: Duration = Duration::from_secs(40);

async fn prepare(
    dsn: &str,
    rules: &str,
    stop: CancellationToken,
) -> Result<domain::record::MaskingReport, Error> {
    let target: Target = dsn.parse().unwrap();
    let rules = Rules::parse("people.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(stop);
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    job.run(&[Verb::Prepare, Verb::Verify], &reporter).await
}

/// Tells a run to stop as soon as `waits`, and answers what became of it.
async fn stopped_while(
    dsn: &str,
    waits: impl AsyncFn() -> bool,
) -> Result<domain::record::MaskingReport, Error> {
    let stop = CancellationToken::new();
    let stopping = async {
        while !waits().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    };
    let running = tokio::time::timeout(BOUND, prepare(dsn, RULES, stop.clone()));
    let (done, stopped) = tokio::join!(running, tokio::time::timeout(BOUND, stopping));
    stopped.unwrap_or_else(|_| panic!("no statement waited for a lock"));
    done.unwrap_or_else(|_| panic!("the run does not end"))
}

#[tokio::test]
async fn a_database_that_nobody_may_connect_to_is_dropped_if_the_rules_say_so_and_else_stops_the_run() {
    let server = postgres::server().await;
    let db = postgres::master(&server).await;
    db.batch_execute(PEOPLE).await.unwrap();
    db.batch_execute("CREATE DATABASE archive").await.unwrap();
    db.batch_execute("ALTER DATABASE archive ALLOW_CONNECTIONS false")
        .await
        .unwrap();
    let dsn = postgres::dsn(&server);
    let error = prepare(&dsn, RULES, CancellationToken::new()).await.unwrap_err();
    let Error::OtherDatabases(named) = &error else {
        panic!("{error}")
    };
    assert_eq!(named, &["archive (closed to connections)"]);
    let rules = format!("drop_databases = [\"archive\"]\n{RULES}");
    // Nobody masks here: what `verify` finds then is no matter.
    let outcome = prepare(&dsn, &rules, CancellationToken::new()).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(outcome.unwrap().dropped.contains(&"database archive".to_owned()));
    let left = "SELECT count(*) FROM pg_database WHERE datname = 'archive'";
    assert_eq!(postgres::one(&db, left).await, "0");
}

#[tokio::test]
async fn on_postgresql_a_preparation_that_waits_for_a_lock_stops_when_it_is_told_to() {
    let server = postgres::server().await;
    let db = postgres::master(&server).await;
    db.batch_execute(PEOPLE).await.unwrap();
    db.batch_execute(
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE people FORCE ROW LEVEL SECURITY",
    )
    .await
    .unwrap();
    let reader = postgres::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    reader
        .batch_execute("BEGIN; LOCK TABLE people IN ACCESS SHARE MODE")
        .await
        .unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doppel' AND wait_event_type = 'Lock'";
    let waits = async || postgres::one(&db, waiting).await != "0";
    let done = stopped_while(&postgres::dsn(&server), waits).await;
    assert!(matches!(done, Err(Error::Stopped)), "{done:?}");
    let given_up = async {
        while waits().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), given_up)
        .await
        .expect("the server gives the statement up");
    let forced = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'people'";
    assert_eq!(postgres::one(&db, forced).await, "t");
}

#[tokio::test]
async fn on_mariadb_a_preparation_that_waits_for_a_lock_stops_when_it_is_told_to() {
    let server = maria::server().await;
    let mut db = maria::master(&server).await;
    maria::script(&mut db, PEOPLE).await;
    let mut holder = maria::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    holder.query_drop("LOCK TABLES people WRITE").await.unwrap();
    let waits = async || {
        let mut looker = maria::as_user(&server, "rdsadmin", "admin-password", "shop").await;
        let waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'dba' AND state LIKE 'Waiting for%lock'";
        maria::one(&mut looker, waiting).await != "0"
    };
    let done = stopped_while(&maria::dsn(&server), waits).await;
    assert!(matches!(done, Err(Error::Stopped)), "{done:?}");
}

const CHANNEL: &str = "CHANGE MASTER 'up`s ''tream' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'repl', MASTER_PASSWORD = 'planted-secret'";

async fn replica() -> Server {
    let server = maria::server().await;
    let mut db = maria::master(&server).await;
    maria::script(&mut db, PEOPLE).await;
    let mut admin = maria::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    maria::script(&mut admin, CHANNEL).await;
    assert!(!files_with(&server.data, "planted-secret", &[]).is_empty());
    server
}

#[tokio::test]
async fn mariadbs_replication_channels_end_and_their_passwords_are_in_no_file_any_more() {
    let server = replica().await;
    let mut admin = maria::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    maria::script(
        &mut admin,
        "GRANT REPLICA MONITOR, REPLICATION SLAVE ADMIN ON *.* TO dba",
    )
    .await;
    let report = prepare(&maria::dsn(&server), RULES, CancellationToken::new())
        .await
        .unwrap();
    assert!(
        report
            .dropped
            .contains(&"replication channel up`s 'tream".to_owned()),
        "{:?}",
        report.dropped
    );
    assert_eq!(
        maria::texts(&mut admin, "SHOW ALL SLAVES STATUS").await,
        Vec::<String>::new()
    );
    assert_eq!(
        files_with(&server.data, "planted-secret", &[]),
        Vec::<std::path::PathBuf>::new()
    );
}

#[tokio::test]
async fn a_replication_channel_that_runs_and_may_not_be_ended_stops_the_run() {
    let server = replica().await;
    let mut admin = maria::as_user(&server, "rdsadmin", "admin-password", "shop").await;
    maria::script(
        &mut admin,
        "SET GLOBAL server_id = 77;\nSTART SLAVE 'up`s ''tream'",
    )
    .await;
    let error = prepare(&maria::dsn(&server), RULES, CancellationToken::new())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::NotDropped(what, _) if what == "a replication channel"),
        "{error}"
    );
}
