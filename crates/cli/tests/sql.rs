//! `doppel sql`: statements over HTTPS on one's own released clone.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

use std::process::{Output, Stdio};

use domain::policy::Engine;
use serde_json::{Value, json};
use specs::{World, until};

/// Runs `doppel` against the world under somebody's name.
async fn doppel(who: &str, world: &World, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("local.json");
    std::fs::write(&file, serde_json::to_vec(world.local().addresses()).unwrap()).unwrap();
    tokio::process::Command::new(env!("CARGO_BIN_EXE_doppel"))
        .arg("--local")
        .args(arguments)
        .env("DOPPEL_LOCAL", &file)
        .env("USER", who)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

fn out(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A clone of Ann's, handed over: the end of its id.
async fn cloned(world: &World, class: &str, more: &[&str]) -> String {
    let arguments = [&["create", "production", class, "4h", "--wait", "--json"], more].concat();
    let created = out(&doppel("ann", world, &arguments).await);
    let created: Value = serde_json::from_str(created.trim().lines().last().unwrap()).unwrap();
    let id = created["DBClusterIdentifier"].as_str().unwrap();
    id.rsplit('-').next().unwrap().to_owned()
}

async fn statements_run(engine: Engine) {
    let world = World::builder().engine(engine).start().await;
    let id = cloned(&world, "db.r6g.large", &["--data-api"]).await;
    let sql =
        async |arguments: &[&str]| doppel("ann", &world, &[&["sql", id.as_str()], arguments].concat()).await;

    let made =
        "CREATE TABLE t (id int PRIMARY KEY, price decimal(8,2), name varchar(20), day date, gone int)";
    assert_eq!(out(&sql(&[made]).await), "0 rows changed\n");
    let insert = "INSERT INTO t VALUES (:id, :price, :name, :day, :gone)";
    let row = [
        "--param",
        "id=7",
        "--param",
        "price=0.10",
        "--param",
        "name=O'Neil, \"Ann\"",
        "--param",
        "day:date=2026-01-31",
        "--param",
        "gone=null",
    ];
    assert_eq!(
        out(&sql(&[&[insert], &row[..]].concat()).await),
        "1 row changed\n"
    );
    let select = "SELECT id, price, name, day, gone FROM t WHERE id = :id";
    let found = out(&sql(&[select, "--param", "id=7"]).await);
    assert_eq!(
        found,
        "id  price  name           day         gone\n7   0.10   O'Neil, \"Ann\"  2026-01-31  NULL\n(1 row)\n"
    );
    let csv = out(&sql(&[select, "--param", "id=7", "--csv"]).await);
    assert_eq!(
        csv,
        "id,price,name,day,gone\n7,0.10,\"O'Neil, \"\"Ann\"\"\",2026-01-31,\n"
    );
    let told = out(&sql(&[select, "--param", "id=7", "--json"]).await);
    assert_eq!(
        told,
        "[{\"id\":7,\"price\":0.10,\"name\":\"O'Neil, \\\"Ann\\\"\",\"day\":\"2026-01-31\",\"gone\":null}]\n"
    );

    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("q.sql");
    std::fs::write(&file, "-- how many\nSELECT count(*) AS n\nFROM customers;\n").unwrap();
    let counted = out(&sql(&["--file", file.to_str().unwrap(), "--json"]).await);
    assert_eq!(
        serde_json::from_str::<Value>(&counted).unwrap(),
        json!([{ "n": 200 }])
    );

    what_cannot_be_carried_is_explained(&world, &id).await;
    assert_eq!(
        out(&sql(&["SELECT count(*) AS n FROM t", "--csv"]).await),
        "n\n1\n",
        "neither half of two ran"
    );
    world.stop().await;
}

async fn what_cannot_be_carried_is_explained(world: &World, id: &str) {
    for (statement, code, words) in [
        (
            "DELETE FROM t; DELETE FROM t",
            1,
            "takes one statement a call, and doppel splits nothing",
        ),
        ("SELECT :id", 2, "give it with --param id=…"),
        ("SELECT * FROM nobody", 1, "nobody"),
        (
            "SELECT repeat('x', 100000) AS x",
            1,
            "larger than the 64 KB that the Data API carries",
        ),
        (
            "SELECT repeat('x', 1000) AS x FROM orders a CROSS JOIN orders b",
            1,
            "larger than the 1 MiB that the Data API carries: ask for fewer rows (`LIMIT`)",
        ),
        (
            &format!("SELECT 1 -- {}", "x".repeat(70_000)),
            1,
            "the Data API takes 65536",
        ),
    ] {
        let refused = doppel("ann", world, &["sql", id, statement]).await;
        assert_eq!(refused.status.code(), Some(code), "{}", err(&refused));
        assert!(err(&refused).contains(words), "{}", err(&refused));
    }
}

#[tokio::test]
async fn statements_run_on_a_clone_of_postgresql() {
    statements_run(Engine::Postgres).await;
}

#[tokio::test]
async fn statements_run_on_a_clone_of_mysql() {
    statements_run(Engine::Mysql).await;
}

#[tokio::test]
async fn postgresqls_own_types_come_back_right_and_what_does_not_is_explained() {
    let world = World::start().await;
    let id = cloned(&world, "db.r6g.large", &["--data-api"]).await;
    let sql =
        async |arguments: &[&str]| doppel("ann", &world, &[&["sql", id.as_str()], arguments].concat()).await;
    let types = "SELECT '{\"a\": 1.50}'::jsonb AS doc, ARRAY[1, NULL] AS ids, '\\x00ff'::bytea AS raw, 1e300::float8 AS far, \
                 12345678901234567890.10::numeric AS exact, 9223372036854775807 AS most";
    let told = out(&sql(&[types, "--json"]).await);
    assert_eq!(
        told,
        "[{\"doc\":{\"a\": 1.50},\"ids\":[1,null],\"raw\":\"\\\\x00ff\",\"far\":1e+300,\"exact\":12345678901234567890.10,\"most\":9223372036854775807}]\n"
    );
    let span = sql(&["SELECT '1 day'::interval AS span"]).await;
    assert!(
        err(&span).contains("unsupported data type INTERVAL. Cast it to text: `CAST(column AS text)`"),
        "{}",
        err(&span)
    );
    let cast = sql(&["SELECT CAST('1 day'::interval AS text) AS span", "--csv"]).await;
    assert_eq!(out(&cast), "span\n1 day\n");
    let uuid = sql(&[
        "SELECT :key AS key",
        "--param",
        "key:uuid=6f1d3f0e-1d2c-4a5b-8c9d-0e1f2a3b4c5d",
        "--csv",
    ])
    .await;
    assert_eq!(out(&uuid), "key\n6f1d3f0e-1d2c-4a5b-8c9d-0e1f2a3b4c5d\n");
    world.stop().await;
}

#[tokio::test]
async fn only_the_owner_of_a_released_clone_with_the_data_api_may() {
    let world = World::start().await;
    let id = cloned(&world, "db.r6g.large", &["--data-api"]).await;
    let plain = cloned(&world, "db.r6g.large", &[]).await;
    let bob = doppel("bob", &world, &["sql", &id, "SELECT 1"]).await;
    assert_eq!(bob.status.code(), Some(4), "{bob:?}");
    assert!(
        err(&bob).contains("belongs to ann; only its owner may run statements on it"),
        "{}",
        err(&bob)
    );
    let without = doppel("ann", &world, &["sql", &plain, "SELECT 1"]).await;
    assert_eq!(without.status.code(), Some(1));
    assert!(
        err(&without).contains("was asked for without `data-api`"),
        "{}",
        err(&without)
    );

    // In Slack it was somebody whom the command line does not know: there IAM decides.
    world
        .asks(specs::ALICE, "/clone production db.r6g.large 4h data-api")
        .await;
    let all = world.until_records("Alice's clone is ready", |all| {
        all.iter()
            .any(|clone| clone.channel.is_some() && clone.ready_at.is_some())
    });
    let hers = all
        .await
        .into_iter()
        .find(|clone| clone.channel.is_some())
        .unwrap();
    let bob = doppel("bob", &world, &["sql", hers.id.as_str(), "SELECT 1"]).await;
    assert_eq!(bob.status.code(), Some(4), "{bob:?}");
    assert!(
        err(&bob).contains("AWS does not let you use the secret"),
        "{}",
        err(&bob)
    );
    let at_the_page = doppel(
        specs::OPERATOR,
        &world,
        &["sql", hers.id.as_str(), "SELECT 1 AS one", "--csv"],
    )
    .await;
    assert_eq!(out(&at_the_page), "one\n1\n", "whoever sits at the page");
    let deleted = doppel("ann", &world, &["delete", &id, "--wait"]).await;
    assert_eq!(deleted.status.code(), Some(0), "{deleted:?}");
    let gone = doppel("ann", &world, &["sql", &id, "SELECT 1"]).await;
    assert_eq!(gone.status.code(), Some(3), "{gone:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_clone_that_sleeps_is_woken_by_a_statement() {
    let world = World::start().await;
    let id = cloned(&world, "serverless:0-4", &["--data-api"]).await;
    let clone = world.only().await;
    let rds = world.aws().rds().clone();
    until("the clone sleeps", || async {
        rds.is_asleep(clone.id.as_str()).then_some(())
    })
    .await;
    let woken = doppel(
        "ann",
        &world,
        &["sql", &id, "SELECT count(*) AS n FROM customers", "--csv"],
    )
    .await;
    assert_eq!(out(&woken), "n\n200\n");
    assert!(
        err(&woken).contains("the clone sleeps; waking it takes some 15 seconds"),
        "{}",
        err(&woken)
    );
    world.stop().await;
}
