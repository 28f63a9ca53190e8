//! Each way of masking a table of MariaDB: nothing changes but what the rules mask.

use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use runtime::Login;
use tokio_util::sync::CancellationToken;

use crate::support::Server;
use crate::support::maria::{as_user, dsn, master, one, script, server, texts};

/// Everything but what a test is about.
const RULES: &str = r#"
"kinds.*" = "keep"
"keyless.code" = "keep"
[tables.kinds]
mail = "email"
town = "city"
who = { name = "full", locale = "ja" }
note = { text = "drop" }
[tables.keyless]
mail = "email"
[tables.heap]
mail = "email"
[tables.spread]
mail = "email"
[tables.below]
mail = "email"
"#;

/// The same, but every value must be made by the worker.
fn by_worker() -> String {
    let linked = |line: &str| match line.split_once(" = ") {
        Some((column @ ("mail" | "town"), rule)) => {
            format!("{column} = {{ mask = {rule}, same = \"{column}\" }}")
        }
        _ => line.to_owned(),
    };
    RULES.lines().map(linked).collect::<Vec<_>>().join("\n")
}

async fn kinds() -> (Server, Conn) {
    let server = server().await;
    let mut db = master(&server).await;
    db.query_drop("SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'")
        .await
        .unwrap();
    script(&mut db, include_str!("kinds-mysql.sql")).await;
    (server, db)
}

async fn mask(
    server: &Server,
    rules: &str,
    stop: CancellationToken,
) -> Result<domain::record::MaskingReport, Error> {
    run(server, rules, &[Verb::Mask], stop).await
}

async fn run(
    server: &Server,
    rules: &str,
    verbs: &[Verb],
    stop: CancellationToken,
) -> Result<domain::record::MaskingReport, Error> {
    let target: Target = dsn(server).parse().unwrap();
    let rules = Rules::parse("kinds.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(stop);
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    job.run(verbs, &reporter).await
}

/// Everything of a table that the rules keep, byte for byte, and its definition.
async fn kept(db: &mut Conn) -> Vec<String> {
    let mut seen = texts(
        db,
        "SELECT id, tiny, big, exact, single * 1E0, twice, HEX(bits), one + 0, since, day, moment, instant, span, HEX(latin), HEX(shift), HEX(narrow), \
         HEX(wide), HEX(padded), HEX(raw), HEX(fixed), HEX(document), HEX(place), choice + 0, several + 0, address, token, HEX(shown), HEX(kept), \
         mail IS NULL, town = '', town IS NULL, who = '', who IS NULL, note IS NULL FROM kinds ORDER BY id",
    )
    .await;
    for sql in [
        "SELECT code, number, mail IS NULL FROM keyless ORDER BY code",
        "SELECT SUM(flag), COUNT(*), SUM(mail = ''), SUM(mail IS NULL) FROM heap",
        "SELECT id, year FROM spread ORDER BY id",
        "SELECT id, kind FROM below ORDER BY id",
    ] {
        seen.extend(texts(db, sql).await);
    }
    for table in ["kinds", "keyless", "heap", "spread", "below"] {
        seen.extend(texts(db, &format!("SHOW CREATE TABLE {table}")).await);
    }
    seen
}

/// What is left of the planted values, and whether joins still hold.
async fn left(db: &mut Conn) -> Vec<String> {
    let mut left = Vec::new();
    for (table, columns) in [
        ("kinds", "CONCAT_WS('|', mail, note)"),
        ("keyless", "mail"),
        ("heap", "mail"),
        ("spread", "mail"),
        ("below", "mail"),
    ] {
        let sql = format!("SELECT {columns} FROM {table} WHERE {columns} LIKE '%planted%' LIMIT 3");
        left.extend(texts(db, &sql).await);
    }
    left
}

fn methods(report: &domain::record::MaskingReport) -> Vec<(&str, &str)> {
    report
        .tables
        .iter()
        .map(|table| (table.name.as_str(), table.method.as_str()))
        .collect()
}

/// Whether a run by these rules and that method masks all that it should, and nothing else.
async fn masks_and_nothing_else(server: &Server, db: &mut Conn, rules: &str, method: &str) {
    let before = kept(db).await;
    let report = mask(server, rules, CancellationToken::new())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let others: Vec<_> = methods(&report)
        .into_iter()
        .filter(|(_, used)| *used != method)
        .collect();
    assert_eq!(others, Vec::new(), "{report:?}");
    let after = kept(db).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
    assert_eq!(left(db).await, Vec::<String>::new());
    let masked = "SELECT COUNT(DISTINCT mail) FROM kinds WHERE mail LIKE '%@example.com'";
    assert_eq!(one(db, masked).await, "1504");
    let towns = "SELECT COUNT(*) FROM kinds WHERE town LIKE '%Planted%' OR who REGEXP '[0-9]'";
    assert_eq!(one(db, towns).await, "0");
    let rows: Vec<_> = report.tables.iter().map(|table| table.rows).collect();
    assert_eq!(
        rows.iter().sum::<u64>(),
        1504 + 1000 + 502 + 500 + 300,
        "{report:?}"
    );
}

#[tokio::test]
async fn the_server_masks_by_itself_what_it_can_say() {
    let (server, mut db) = kinds().await;
    // A foreign key over a masked column would ask for equal values.
    db.query_drop("ALTER TABLE below DROP FOREIGN KEY below_mail")
        .await
        .unwrap();
    masks_and_nothing_else(&server, &mut db, RULES, "rewritten").await;
}

#[tokio::test]
async fn rows_stream_through_the_worker_without_loss() {
    let (server, mut db) = kinds().await;
    masks_and_nothing_else(&server, &mut db, &by_worker(), "streamed").await;
    let joined = "SELECT COUNT(*) FROM below JOIN kinds ON kinds.id = below.kind AND kinds.mail = below.mail";
    assert_eq!(one(&mut db, joined).await, "300");
}

#[tokio::test]
async fn where_the_server_loads_no_data_rows_stream_through_statements() {
    let (server, mut db) = kinds().await;
    let mut above = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    above.query_drop("SET GLOBAL local_infile = OFF").await.unwrap();
    masks_and_nothing_else(&server, &mut db, &by_worker(), "streamed").await;
}

#[tokio::test]
async fn values_change_places_and_none_stays_or_is_lost() {
    let (server, mut db) = kinds().await;
    let all = "SELECT MD5(GROUP_CONCAT(mail ORDER BY mail)) FROM spread";
    db.query_drop("SET group_concat_max_len = 1000000").await.unwrap();
    let (before, rows) = (
        one(&mut db, all).await,
        texts(&mut db, "SELECT id, mail FROM spread ORDER BY id").await,
    );
    let rules = RULES.replace(
        "[tables.spread]\nmail = \"email\"",
        "[tables.spread]\nmail = \"shuffle\"",
    );
    mask(&server, &rules, CancellationToken::new())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(one(&mut db, all).await, before);
    let after = texts(&mut db, "SELECT id, mail FROM spread ORDER BY id").await;
    assert!(rows.iter().zip(&after).all(|(before, after)| before != after));
}

#[tokio::test]
async fn only_the_rows_of_a_condition_stay() {
    let (server, mut db) = kinds().await;
    let rules = RULES.replace(
        "[tables.spread]\nmail = \"email\"",
        "[tables.spread]\nrows = { where = \"year = 2 AND mail LIKE 'planted.1%'\" }\nmail = \"keep\"",
    );
    let wanted = "SELECT id, year, mail FROM spread WHERE year = 2 AND mail LIKE 'planted.1%' ORDER BY id";
    let before = texts(&mut db, wanted).await;
    // `prepare` notes which rows stay.
    run(
        &server,
        &rules,
        &[Verb::Prepare, Verb::Mask],
        CancellationToken::new(),
    )
    .await
    .unwrap_or_else(|error| panic!("{error}"));
    assert!(before.len() > 10);
    assert_eq!(
        texts(&mut db, "SELECT id, year, mail FROM spread ORDER BY id").await,
        before
    );
}

/// The run was refused, and the database is as it was.
async fn nothing_was_written(db: &mut Conn, before: &[String]) {
    let ours = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'doppel%'";
    assert_eq!(one(db, ours).await, "0");
    assert_eq!(kept(db).await, before);
    assert_eq!(
        one(db, "SELECT COUNT(*) FROM kinds WHERE mail LIKE 'planted.%'").await,
        "1504"
    );
}

#[tokio::test]
async fn what_the_server_would_refuse_is_refused_before_the_first_write() {
    let (server, mut db) = kinds().await;
    db.query_drop("ALTER TABLE spread ADD CONSTRAINT only_corp CHECK (mail LIKE '%@corp-mail.jp')")
        .await
        .unwrap();
    let before = kept(&mut db).await;
    for rules in [RULES.to_owned(), by_worker()] {
        let error = mask(&server, &rules, CancellationToken::new()).await.unwrap_err();
        let told = runtime::chain(&error);
        assert!(matches!(error, Error::Unfit { .. }), "{told}");
        assert!(
            told.contains("shop.spread") && told.contains("mail: email") && told.contains("only_corp"),
            "{told}"
        );
        assert!(!told.contains("planted."), "{told}");
        nothing_was_written(&mut db, &before).await;
    }
}

#[tokio::test]
async fn a_trigger_that_could_not_be_made_again_is_named_before_the_first_write() {
    let (server, mut db) = kinds().await;
    let mut above = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    above
        .query_drop("CREATE TRIGGER watched BEFORE UPDATE ON spread FOR EACH ROW SET NEW.year = OLD.year")
        .await
        .unwrap();
    let before = kept(&mut db).await;
    let error = mask(&server, RULES, CancellationToken::new()).await.unwrap_err();
    assert!(
        error.to_string().contains("`watched` of `shop.spread`"),
        "{error}"
    );
    nothing_was_written(&mut db, &before).await;
}

#[tokio::test]
async fn a_statement_ends_when_the_worker_is_told_to_stop() {
    let (server, mut db) = kinds().await;
    let rules = RULES.replace(
        "[tables.heap]",
        "[tables.heap]\nrows = { where = \"SLEEP(600) = 0\" }",
    );
    let stop = CancellationToken::new();
    let running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'INSERT%SLEEP(600)%'";
    let until = async |db: &mut Conn, count: &str| {
        for _ in 0..600 {
            if one(db, running).await == count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("there are not {count} such statements");
    };
    let told = async {
        until(&mut db, "1").await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(mask(&server, &rules, stop.clone()), told);
    assert!(matches!(ended, Err(Error::Stopped)), "{ended:?}");
    until(&mut db, "0").await;
}
