//! A run happens once: not beside another, and not after another. And what it leaves is scanned, planted or not.

use std::collections::BTreeMap;

use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use mysql_async::prelude::Queryable;
use runtime::Login;
use secrecy::ExposeSecret;

use crate::support::{maria, postgres};

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];

async fn run(dsn: &str, rules: &str, user: &Login) -> Result<domain::record::MaskingReport, Error> {
    let target: Target = dsn.parse().unwrap();
    let rules = Rules::parse("rules.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    Job {
        target: &target,
        rules: &rules,
        user,
        tuning: Tuning::default(),
    }
    .run(ALL, &reporter)
    .await
}

/// While one works, and cannot end before `released` was called, another is told so; a third is told that it was done.
async fn only_one_of(dsn: &str, released: impl AsyncFnOnce()) -> Login {
    let target: Target = dsn.parse().unwrap();
    let rules = Rules::parse("rules.toml", PEOPLE_RULES).unwrap();
    let user = Login::new("clone_user");
    let (reporter, mut progress) = Reporter::new(Default::default());
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    let another = async {
        progress.changed().await.unwrap();
        let refused = run(dsn, PEOPLE_RULES, &Login::new("other_user")).await;
        released().await;
        refused
    };
    let (masked, refused) = tokio::join!(job.run(ALL, &reporter), another);
    masked.unwrap_or_else(|error| panic!("{error}"));
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::Busy), "{refused}");
    let again = run(dsn, PEOPLE_RULES, &Login::new("third_user"))
        .await
        .unwrap_err();
    assert!(matches!(again, Error::Interrupted), "{again}");
    user
}

const PEOPLE_RULES: &str = "[tables.people]\nemail = \"email\"\n";

#[tokio::test]
async fn postgresql_is_masked_once_by_one() {
    let server = postgres::server().await;
    let db = postgres::master(&server).await;
    db.batch_execute("CREATE TABLE people (id int PRIMARY KEY, email text); INSERT INTO people SELECT n, n || '@corp-mail.jp' FROM generate_series(1, 5000) n")
        .await
        .unwrap();
    // Nobody changes the table before this ends.
    db.batch_execute("BEGIN; LOCK TABLE people IN ACCESS SHARE MODE")
        .await
        .unwrap();
    let released = async || db.batch_execute("COMMIT").await.unwrap();
    let winner = only_one_of(&postgres::dsn(&server), released).await;
    let left = "SELECT count(*) FROM people WHERE email LIKE '%@corp-mail.jp'";
    assert_eq!(postgres::one(&db, left).await, "0");
    postgres::login(&server, &winner.username, winner.password.expose_secret(), "shop")
        .await
        .unwrap();
}

#[tokio::test]
async fn mariadb_is_masked_once_by_one() {
    let server = maria::server().await;
    let mut db = maria::master(&server).await;
    maria::script(
        &mut db,
        "CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(60));\nINSERT INTO people SELECT seq, CONCAT(seq, '@corp-mail.jp') FROM seq_1_to_5000",
    )
    .await;
    // Nobody changes the table before this ends.
    maria::script(&mut db, "LOCK TABLES people READ").await;
    let released = async || maria::script(&mut db, "UNLOCK TABLES").await;
    let winner = only_one_of(&maria::dsn(&server), released).await;
    let left = "SELECT COUNT(*) FROM people WHERE email LIKE '%@corp-mail.jp'";
    assert_eq!(maria::one(&mut db, left).await, "0");
    let mut person = maria::login(&server, &winner.username, winner.password.expose_secret(), "shop")
        .await
        .unwrap();
    person.query_drop("SELECT 1").await.unwrap();
}

/// Every finding, by place; the message must tell them, and no value.
async fn findings(dsn: &str, rules: &str) -> BTreeMap<String, u64> {
    let error = run(dsn, rules, &Login::new("clone_user")).await.unwrap_err();
    let told = error.to_string();
    let Error::Findings(findings) = error else {
        panic!("{told}")
    };
    assert!(
        told.contains("tickets.body: e-mail addresses that no rule made (100)"),
        "{told}"
    );
    assert!(!told.contains("planted") && !told.contains("corp-mail"), "{told}");
    let mail = findings
        .into_iter()
        .filter(|finding| finding.what.contains("e-mail"));
    mail.map(|finding| {
        (
            format!("{}.{}", finding.table, finding.column.unwrap_or_default()),
            finding.count,
        )
    })
    .collect()
}

#[tokio::test]
async fn planted_addresses_are_found_wherever_no_rule_masks_them_in_postgresql() {
    let server = postgres::server().await;
    let db = postgres::master(&server).await;
    db.batch_execute(
        "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE SCHEMA other; CREATE TYPE pair AS (a text, b int); CREATE DOMAIN words AS text;
         CREATE TABLE tickets (id int PRIMARY KEY, email text, body text, extra jsonb, tags text[], more hstore, raw bytea, couple pair, said words, ci citext, fixed char(80), doc xml, vector tsvector);
         INSERT INTO tickets SELECT n, 'masked.' || n || '@corp-mail.jp',
             CASE WHEN n % 10 = 0 THEN 'Please write to planted.' || n || '@corp-mail.jp, or call.' ELSE 'Nothing here ' || n END,
             CASE WHEN n % 20 = 0 THEN jsonb_build_object('deep', jsonb_build_array('x planted@corp-mail.jp')) ELSE '{}' END,
             CASE WHEN n % 25 = 0 THEN ARRAY['x', 'planted@corp-mail.jp'] END,
             CASE WHEN n % 50 = 0 THEN hstore('mail', 'planted@corp-mail.jp') END,
             CASE WHEN n % 40 = 0 THEN convert_to('planted@corp-mail.jp', 'UTF8') END,
             CASE WHEN n % 100 = 0 THEN ROW('planted@corp-mail.jp', 1)::pair END,
             CASE WHEN n % 200 = 0 THEN 'planted@corp-mail.jp' END, CASE WHEN n % 250 = 0 THEN 'Planted@Corp-Mail.jp' END,
             CASE WHEN n % 125 = 0 THEN 'planted@corp-mail.jp' END, CASE WHEN n % 500 = 0 THEN '<a>planted@corp-mail.jp</a>'::xml END,
             CASE WHEN n % 1000 = 0 THEN to_tsvector('simple', 'write to planted@corp-mail.jp') END
         FROM generate_series(1, 1000) n;
         CREATE MATERIALIZED VIEW other.copies AS SELECT id, body FROM tickets WHERE id <= 500;
         CREATE TABLE other.parts (id int, note text) PARTITION BY RANGE (id); CREATE TABLE other.part PARTITION OF other.parts DEFAULT;
         INSERT INTO other.parts VALUES (1, 'planted@corp-mail.jp'), (2, 'none')",
    )
    .await
    .unwrap();
    let rules = "\"tickets.*\" = \"keep\"\n\"parts.*\" = \"keep\"\n[tables.tickets]\nemail = \"email\"\n";
    let expected = [
        ("other.copies.body", 50),
        ("other.part.note", 1),
        ("public.tickets.body", 100),
        ("public.tickets.couple", 10),
        ("public.tickets.ci", 4),
        ("public.tickets.doc", 2),
        ("public.tickets.extra", 50),
        ("public.tickets.fixed", 8),
        ("public.tickets.more", 20),
        ("public.tickets.raw", 25),
        ("public.tickets.said", 5),
        ("public.tickets.tags", 40),
        ("public.tickets.vector", 1),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(place, count)| (place.to_owned(), count)).into();
    assert_eq!(findings(&postgres::dsn(&server), rules).await, expected);
}

#[tokio::test]
async fn planted_addresses_are_found_wherever_no_rule_masks_them_in_mariadb() {
    let server = maria::server().await;
    let mut db = maria::master(&server).await;
    maria::script(
        &mut db,
        "CREATE DATABASE other CHARACTER SET sjis;
CREATE TABLE tickets (id INT PRIMARY KEY, email VARCHAR(60), body TEXT, extra JSON, raw BLOB, narrow VARCHAR(60) CHARACTER SET latin1, wide VARCHAR(60) CHARACTER SET ucs2, fixed BINARY(60), hidden VARCHAR(60) INVISIBLE, made VARCHAR(60) AS (UPPER(hidden)) VIRTUAL);
INSERT INTO tickets (id, email, body, extra, raw, narrow, wide, fixed, hidden) SELECT seq, CONCAT('masked.', seq, '@corp-mail.jp'),
    IF(seq % 10 = 0, CONCAT('Please write to planted.', seq, '@corp-mail.jp, or call.'), CONCAT('Nothing here ', seq)), IF(seq % 20 = 0, '{\"deep\": [\"x planted@corp-mail.jp\"]}', '{}'),
    IF(seq % 25 = 0, 'planted@corp-mail.jp', NULL), IF(seq % 40 = 0, 'é planted@corp-mail.jp', NULL), IF(seq % 50 = 0, 'planted@corp-mail.jp', NULL), IF(seq % 100 = 0, 'planted@corp-mail.jp', NULL), IF(seq % 125 = 0, 'planted@corp-mail.jp', NULL) FROM seq_1_to_1000;
CREATE TABLE other.notes (note VARCHAR(80));
INSERT INTO other.notes VALUES ('表 planted@corp-mail.jp'), ('none')",
    )
    .await;
    let rules = "\"tickets.*\" = \"keep\"\n\"notes.*\" = \"keep\"\n[tables.tickets]\nemail = \"email\"\n";
    let expected = [
        ("other.notes.note", 1),
        ("shop.tickets.body", 100),
        ("shop.tickets.extra", 50),
        ("shop.tickets.fixed", 10),
        ("shop.tickets.hidden", 8),
        ("shop.tickets.made", 8),
        ("shop.tickets.narrow", 25),
        ("shop.tickets.raw", 40),
        ("shop.tickets.wide", 20),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(place, count)| (place.to_owned(), count)).into();
    assert_eq!(findings(&maria::dsn(&server), rules).await, expected);
}
