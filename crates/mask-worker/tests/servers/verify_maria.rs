//! The verification on a real MariaDB: each thing that it looks for is planted, and found; a right run has none.

use crate::support::Server;
use crate::support::maria::{dsn, master, one, script, server};
use domain::record::MaskingReport;
use mask_worker::{Error, Finding, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use runtime::Login;

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];
const SCHEMA: &str = include_str!("verify-mysql.sql");
const RULES: &str = include_str!("verify-mysql.toml");
/// What a team's own command would do to be right.
const OWN: &str = "
    UPDATE people SET email = CONCAT('u', MD5(RAND()), id, '@example.com'), login = CONCAT('user_', MD5(RAND())), card = NULL,
        name = CONCAT('N', MD5(RAND())), phone = CONCAT('000-0000-', LPAD(id, 4, '0'));
    TRUNCATE sessions;\n";

async fn world() -> (Server, Conn) {
    let server = server().await;
    let mut db = master(&server).await;
    script(&mut db, SCHEMA).await;
    (server, db)
}

async fn run(server: &Server, rules: &str, verbs: &[Verb]) -> Result<MaskingReport, Error> {
    let target: Target = dsn(server).parse().unwrap();
    let rules = Rules::parse("verify.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    let user = Login::new("clone_user");
    Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    }
    .run(verbs, &reporter)
    .await
}

/// `table.column: what (count)` of everything that was found.
fn found(outcome: Result<MaskingReport, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Findings(findings)) => findings.iter().map(Finding::to_string).collect(),
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

/// Prepares, has another's command mask, verifies.
async fn own(server: &Server, db: &mut Conn, command: &str) -> Result<MaskingReport, Error> {
    run(server, RULES, &[Verb::Prepare])
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    script(db, command).await;
    run(server, RULES, &[Verb::Verify]).await
}

#[tokio::test]
async fn a_right_run_has_no_finding_whatever_random_values_are_kept() {
    let (server, _db) = world().await;
    let report = run(&server, RULES, ALL)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let scan = report.scan.unwrap();
    assert!(
        scan.values > 40_000 && scan.one_in == 1 && scan.tables == 4,
        "{scan:?}"
    );
    assert_eq!(report.accepted, []);
}

#[tokio::test]
async fn personal_data_and_originals_are_found_in_columns_that_no_rule_names() {
    let (server, mut db) = world().await;
    script(
        &mut db,
        "INSERT INTO kept (note) SELECT CONCAT('please ask anna.', seq, '@corp-mail.jp soon') FROM seq_1_to_30;
         INSERT INTO kept (document) VALUES ('{\"deep\": [{\"to\": \"bert@corp-mail.jp\"}]}'), ('{\"carl@corp-mail.jp\": 1}');
         INSERT INTO kept (raw) VALUES ('emil@corp-mail.jp'), (X'FFFE40'), (X'00010203FF');
         INSERT INTO kept (latin) VALUES ('fritz@corp-mail.jp');
         INSERT INTO kept (note) VALUES ('call 090-1234-5678'), ('card 4539 1488 0343 6467'), ('to DE89 3704 0044 0532 0130 00'), ('ｇｕｄａ＠ｃｏｒｐ．ｊｐ');
         INSERT INTO kept (note) SELECT login FROM people WHERE id <= 20;
         INSERT INTO kept (note) SELECT CONCAT('seen ', login, ', twice') FROM people WHERE id <= 3;
         INSERT INTO kept (document) SELECT JSON_OBJECT('by', login) FROM people WHERE id <= 4;\n",
    )
    .await;
    let outcome = run(&server, RULES, ALL).await;
    let told = outcome.as_ref().unwrap_err().to_string();
    assert!(!told.contains("corp-mail") && !told.contains("1234"), "{told}");
    let mut found = found(outcome);
    found.sort();
    assert_eq!(
        found,
        [
            "shop.kept.document: e-mail addresses that no rule made (2)",
            "shop.kept.document: original values of masked columns (4)",
            "shop.kept.latin: e-mail addresses that no rule made (1)",
            "shop.kept.note: IBANs (1)",
            "shop.kept.note: card numbers (1)",
            "shop.kept.note: e-mail addresses that no rule made (31)",
            "shop.kept.note: original values of masked columns (23)",
            "shop.kept.note: phone numbers (1)",
            "shop.kept.raw: e-mail addresses that no rule made (1)",
        ]
    );
}

#[tokio::test]
async fn a_right_command_of_a_teams_own_leaves_nothing_behind_once_it_is_verified() {
    let (server, mut db) = world().await;
    own(&server, &mut db, OWN)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM mysql.column_stats WHERE db_name = 'shop'"
        )
        .await,
        "0"
    );
    db.query_drop("FLUSH TABLES people, sessions FOR EXPORT")
        .await
        .unwrap();
    db.query_drop("UNLOCK TABLES").await.unwrap();
    for file in ["people.ibd", "sessions.ibd"] {
        let bytes = std::fs::read(server.data.join("shop").join(file)).unwrap();
        for needle in ["planted.", "planted_", "planted-token", "Planted Name"] {
            assert!(
                memchr::memmem::find(&bytes, needle.as_bytes()).is_none(),
                "{needle} in {file}"
            );
        }
    }
}

#[tokio::test]
async fn a_command_that_changes_more_or_less_than_the_rules_say_is_found() {
    let (server, mut db) = world().await;
    let command = format!(
        "{OWN}
         UPDATE people SET balance = balance + 1 WHERE id = 17;
         UPDATE people SET code = UPPER(code) WHERE id = 18;
         UPDATE people SET email = CONCAT('planted.', id, '@example.com') WHERE id <= 2;
         DELETE FROM orders WHERE id = 5;
         UPDATE kept SET number = NULL WHERE id = 3;
         INSERT INTO sessions VALUES ('x');
         ALTER TABLE orders COMMENT = 'another';
         GRANT SELECT ON orders TO analyst;\n"
    );
    let found = found(own(&server, &mut db, &command).await);
    for expected in [
        "shop.people: kept columns whose values are not what they were (1)",
        "shop.people.email: original values (2)",
        "shop.orders: rows, which were 3000 before (2999)",
        "shop.kept: kept columns whose values are not what they were (1)",
        "shop.sessions: rows in a table that is to be empty (1)",
        "table shop.orders: not what it was before the masking (1)",
        "grant shop.orders: not what it was before the masking (1)",
    ] {
        assert!(
            found.contains(&expected.to_owned()),
            "{expected} is not among\n{}",
            found.join("\n")
        );
    }
    assert_eq!(found.len(), 7, "{}", found.join("\n"));
}

#[tokio::test]
async fn a_secret_in_the_schema_stops_the_run_before_the_masking_unless_the_rules_accept_it() {
    let (server, mut db) = world().await;
    script(
        &mut db,
        "CREATE FUNCTION push() RETURNS TEXT DETERMINISTIC RETURN 'AKIAQ3EGRIJX7ZLM2PWT';
         CREATE VIEW remote AS SELECT 'postgres://app:hunter2-planted@db.corp.jp/x' AS dsn;
         ALTER TABLE people COMMENT = 'ask otto@corp-mail.jp';\n",
    )
    .await;
    let outcome = run(&server, RULES, ALL).await;
    let told = outcome.as_ref().unwrap_err().to_string();
    assert!(
        !told.contains("AKIA") && !told.contains("hunter2") && !told.contains("otto"),
        "{told}"
    );
    assert_eq!(
        found(outcome),
        [
            "function shop.push: a key of AWS (1)",
            "view shop.remote: a connection string with a password (1)"
        ]
    );
    assert_eq!(
        one(&mut db, "SELECT COUNT(*) FROM people WHERE email LIKE 'planted%'").await,
        "3000"
    );
    let accept = "\n[accept]\n\"function shop.push\" = \"a\"\n\"view shop.remote\" = \"b\"\n";
    let report = run(&server, &format!("{RULES}{accept}"), ALL)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let accepted: Vec<_> = report.accepted.iter().map(Finding::to_string).collect();
    assert!(
        accepted.contains(&"comment on shop.people: e-mail addresses that no rule made (1)".to_owned()),
        "{accepted:?}"
    );
}
