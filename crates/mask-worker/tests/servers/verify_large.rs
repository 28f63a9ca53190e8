//! The verification of tables that are read in part, on both engines: what a rule keeps is read as a whole, whatever the
//! size, and what another's command masked too.

use domain::record::{MaskingReport, Scan};
use mask_worker::{Error, Finding, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use mysql_async::prelude::Queryable;
use runtime::Login;

use crate::support::{maria, postgres};

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];
const ROWS: u64 = 70_000;
/// `status` repeats itself, `note` does not.
const RULES: &str = "
    [tables.visits]
    email = \"email\"
    city = \"city\"
    status = \"keep\"
    [tables.letters]
    email = \"email\"
    note = \"keep\"";
const VISITS: &str = "CREATE TABLE visits (id bigint PRIMARY KEY, email varchar(80) NOT NULL, city varchar(40), status varchar(40))";
const LETTERS: &str =
    "CREATE TABLE letters (id bigint PRIMARY KEY, email varchar(80) NOT NULL, note varchar(60))";
/// An address stands where it is kept, in three rows of each column, in another case than where it is masked.
const PLANTED: &str = "
    UPDATE visits SET status = 'see V7@corp-mail.jp' WHERE id IN (5, 40000, 69999);
    UPDATE letters SET note = CONCAT(note, ' V9@corp-mail.jp') WHERE id IN (6, 40001, 69998)";
const FOUND: [&str; 4] = [
    "letters.note: e-mail addresses that no rule made (3)",
    "letters.note: original values of masked columns (3)",
    "visits.status: e-mail addresses that no rule made (3)",
    "visits.status: original values of masked columns (3)",
];

/// The statements that make and fill both tables.
fn tables(numbers: &str) -> [String; 4] {
    let visits = format!(
        "INSERT INTO visits SELECT n, CONCAT('v', n, '@corp-mail.jp'), CONCAT('Town of ', n), \
         CASE WHEN n % 3 = 0 THEN NULL WHEN n % 3 = 1 THEN 'open' ELSE 'done' END FROM {numbers}"
    );
    let letters = format!(
        "INSERT INTO letters SELECT n, CONCAT('l', n, '@corp-mail.jp'), CONCAT('letter ', n) FROM {numbers}"
    );
    [VISITS.to_owned(), LETTERS.to_owned(), visits, letters]
}

async fn run(dsn: &str, verbs: &[Verb]) -> Result<MaskingReport, Error> {
    run_by(RULES, dsn, verbs).await
}

async fn run_by(rules: &str, dsn: &str, verbs: &[Verb]) -> Result<MaskingReport, Error> {
    let target: Target = dsn.parse().unwrap();
    let rules = Rules::parse("large.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    Job {
        target: &target,
        rules: &rules,
        user: &Login::new("clone_user"),
        tuning: Tuning::default(),
    }
    .run(verbs, &reporter)
    .await
}

/// What was found, without the table's schema.
fn found(outcome: Result<MaskingReport, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Findings(findings)) => {
            let words = |finding: &Finding| {
                finding
                    .to_string()
                    .split_once('.')
                    .map(|(_, rest)| rest.to_owned())
            };
            let mut all: Vec<String> = findings.iter().filter_map(words).collect();
            all.sort();
            all
        }
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

/// Every row was read of what is kept, one in four of what the masking made.
fn is_sampled(scan: Scan) {
    assert_eq!((scan.rows, scan.rows_one_in), (2 * ROWS, 4), "{scan:?}");
    let kept = ROWS + ROWS - ROWS / 3;
    // Three masked columns.
    let (least, most) = (kept + ROWS * 3 / 5, kept + ROWS * 9 / 10);
    assert!((least..most).contains(&scan.values), "{scan:?}");
}

async fn large_postgres() -> (crate::support::Server, tokio_postgres::Client) {
    let server = postgres::server().await;
    let db = postgres::master(&server).await;
    for sql in tables(&format!("generate_series(1, {ROWS}) n")) {
        db.batch_execute(&sql).await.unwrap();
    }
    db.batch_execute("ANALYZE").await.unwrap();
    (server, db)
}

#[tokio::test]
async fn of_a_large_table_on_postgres_a_sample_is_read_of_what_the_masking_made() {
    let (server, _db) = large_postgres().await;
    let report = run(&postgres::dsn(&server), ALL).await.unwrap();
    is_sampled(report.scan.unwrap());
}

#[tokio::test]
async fn what_a_large_table_keeps_on_postgres_is_read_row_by_row() {
    let (server, db) = large_postgres().await;
    db.batch_execute(PLANTED).await.unwrap();
    assert_eq!(found(run(&postgres::dsn(&server), ALL).await), FOUND);
}

#[tokio::test]
async fn of_a_large_table_on_postgres_that_a_command_masked_every_row_is_read() {
    let (server, db) = large_postgres().await;
    let dsn = postgres::dsn(&server);
    run(&dsn, &[Verb::Prepare]).await.unwrap();
    db.batch_execute(
        "UPDATE visits SET email = 'u' || md5(id::text) || '@example.com', city = 'C' || md5(id::text) WHERE id <> 12345;
         UPDATE letters SET email = 'u' || md5(id::text) || '@example.com'",
    )
    .await
    .unwrap();
    let found = found(run(&dsn, &[Verb::Verify]).await);
    assert!(
        found.contains(&"visits.email: original values (1)".to_owned()),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_large_table_that_keeps_but_one_value_is_looked_at_all_the_same() {
    let server = postgres::server().await;
    let db = postgres::master(&server).await;
    // Of these hashes some pick every row, others none.
    for state in ["open", "new", "done", "shut"] {
        db.batch_execute(&format!(
            "CREATE TABLE {state} (state text NOT NULL, email varchar(80) NOT NULL);
             INSERT INTO {state} SELECT '{state}', CONCAT('{state}', n, '@corp-mail.jp') FROM generate_series(1, {ROWS}) n"
        ))
        .await
        .unwrap();
    }
    db.batch_execute("ANALYZE").await.unwrap();
    let rules = "\"*.state\" = \"keep\"\n\"*.email\" = \"email\"";
    let report = run_by(rules, &postgres::dsn(&server), ALL).await.unwrap();
    let scan = report.scan.unwrap();
    // Every state, once a value, and every address.
    assert_eq!((scan.rows, scan.values), (4 * ROWS, 8 * ROWS), "{scan:?}");
}

async fn large_maria() -> (crate::support::Server, mysql_async::Conn) {
    let server = maria::server().await;
    let mut db = maria::master(&server).await;
    let numbers = format!("(SELECT seq AS n FROM seq_1_to_{ROWS}) numbers");
    for sql in tables(&numbers)
        .into_iter()
        .chain(["ANALYZE TABLE visits, letters".to_owned()])
    {
        db.query_drop(sql).await.unwrap();
    }
    (server, db)
}

#[tokio::test]
async fn of_a_large_table_on_maria_a_sample_is_read_of_what_the_masking_made() {
    let (server, _db) = large_maria().await;
    let report = run(&maria::dsn(&server), ALL).await.unwrap();
    is_sampled(report.scan.unwrap());
}

#[tokio::test]
async fn what_a_large_table_keeps_on_maria_is_read_row_by_row() {
    let (server, mut db) = large_maria().await;
    for sql in PLANTED.split(';') {
        db.query_drop(sql).await.unwrap();
    }
    assert_eq!(found(run(&maria::dsn(&server), ALL).await), FOUND);
}

#[tokio::test]
async fn of_a_large_table_on_maria_that_a_command_masked_every_row_is_read() {
    let (server, mut db) = large_maria().await;
    let dsn = maria::dsn(&server);
    run(&dsn, &[Verb::Prepare]).await.unwrap();
    for sql in [
        "UPDATE visits SET email = CONCAT('u', MD5(id), '@example.com'), city = CONCAT('C', MD5(id)) WHERE id <> 12345",
        "UPDATE letters SET email = CONCAT('u', MD5(id), '@example.com')",
    ] {
        db.query_drop(sql).await.unwrap();
    }
    let found = found(run(&dsn, &[Verb::Verify]).await);
    assert!(
        found.contains(&"visits.email: original values (1)".to_owned()),
        "{found:?}"
    );
}
