//! The verification on a real PostgreSQL: each thing that it looks for is planted, and found; a right run has none.

use crate::support::Server;
use crate::support::postgres::{as_user, dsn, master, one, server, texts};
use domain::record::MaskingReport;
use mask_worker::{Error, Finding, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use runtime::Login;
use tokio_postgres::Client;

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];
const SCHEMA: &str = include_str!("verify.sql");
const RULES: &str = include_str!("verify.toml");
/// What a team's own command would do to be right.
const OWN: &str = "
    UPDATE people SET email = 'u' || md5(random()::text) || '@example.com', login = 'user_' || md5(random()::text), card = NULL,
        name = 'N' || md5(random()::text), phone = '000-0000-' || lpad(id::text, 4, '0');
    TRUNCATE sessions;";

async fn world() -> (Server, Client) {
    let server = server().await;
    let db = master(&server).await;
    db.batch_execute(SCHEMA).await.unwrap();
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
async fn own(server: &Server, db: &Client, command: &str) -> Result<MaskingReport, Error> {
    run(server, RULES, &[Verb::Prepare])
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    db.batch_execute(command).await.unwrap();
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
        scan.values > 50_000 && scan.one_in == 1 && scan.tables >= 4,
        "{scan:?}"
    );
    assert_eq!(report.accepted, []);
}

#[tokio::test]
async fn personal_data_is_found_in_every_kind_of_column_that_no_rule_names() {
    let (server, db) = world().await;
    db.batch_execute(
        "INSERT INTO kept (note) SELECT 'please ask anna.' || n || '@corp-mail.jp soon' FROM generate_series(1, 30) n;
         INSERT INTO kept (document) VALUES ('{\"deep\": [{\"to\": \"bert@corp-mail.jp\"}]}'), ('{\"carl@corp-mail.jp\": 1}');
         INSERT INTO kept (list) VALUES (ARRAY['x', 'dora@corp-mail.jp']);
         INSERT INTO kept (raw) VALUES ('emil@corp-mail.jp'), ('\\xfffe40'), ('\\x00010203ff');
         INSERT INTO kept (words) VALUES (to_tsvector('simple', 'fritz@corp-mail.jp'));
         INSERT INTO kept (note) VALUES ('call 090-1234-5678'), ('card 4539 1488 0343 6467'), ('to DE89 3704 0044 0532 0130 00'), ('ｇｕｄａ＠ｃｏｒｐ．ｊｐ')",
    )
    .await
    .unwrap();
    let outcome = run(&server, RULES, ALL).await;
    let told = outcome.as_ref().unwrap_err().to_string();
    assert!(!told.contains("corp-mail") && !told.contains("1234"), "{told}");
    let mut expected = vec![
        "public.kept.document: e-mail addresses that no rule made (2)",
        "public.kept.list: e-mail addresses that no rule made (1)",
        "public.kept.note: IBANs (1)",
        "public.kept.note: card numbers (1)",
        "public.kept.note: e-mail addresses that no rule made (31)",
        "public.kept.note: phone numbers (1)",
        "public.kept.raw: e-mail addresses that no rule made (1)",
        "public.kept.words: e-mail addresses that no rule made (1)",
    ];
    let mut found = found(outcome);
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn an_original_is_found_wherever_it_was_copied_to() {
    let (server, db) = world().await;
    db.batch_execute(
        "INSERT INTO kept (note) SELECT login FROM people WHERE id <= 20;
         INSERT INTO kept (note) SELECT 'seen ' || login || ', twice' FROM people WHERE id <= 3;
         INSERT INTO kept (document) SELECT jsonb_build_object('by', login) FROM people WHERE id <= 4;
         INSERT INTO kept (list) SELECT ARRAY[login, 'x'] FROM people WHERE id <= 5;
         INSERT INTO kept (note) SELECT replace(upper(email), 'EXAMPLE', 'example') FROM people WHERE id = 7",
    )
    .await
    .unwrap();
    let mut found = found(run(&server, RULES, ALL).await);
    found.sort();
    assert_eq!(
        found,
        [
            "public.kept.document: original values of masked columns (4)",
            "public.kept.list: original values of masked columns (5)",
            "public.kept.note: original values of masked columns (24)",
        ]
    );
}

#[tokio::test]
async fn what_the_rules_keep_with_a_reason_is_counted_and_accepted() {
    let (server, db) = world().await;
    db.batch_execute("INSERT INTO kept (note) VALUES ('anna@corp-mail.jp')")
        .await
        .unwrap();
    let rules = RULES.replace("note = \"keep\"", "note = { keep = \"addresses of shops\" }");
    let report = run(&server, &rules, ALL)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let accepted: Vec<_> = report.accepted.iter().map(Finding::to_string).collect();
    assert_eq!(
        accepted,
        ["public.kept.note: e-mail addresses that no rule made (1)"]
    );
}

#[tokio::test]
async fn a_right_command_of_a_teams_own_leaves_nothing_behind_once_it_is_verified() {
    let (server, db) = world().await;
    let report = own(&server, &db, OWN)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.scan.unwrap().one_in, 1);
    // Its UPDATE left dead rows, the statistics of the emptied table and an old view: the verification cleaned them.
    assert_eq!(
        one(&db, "SELECT count(*) FROM pg_stats WHERE tablename = 'sessions'").await,
        "0"
    );
    assert_eq!(
        one(
            &db,
            "SELECT count(*) FROM directory d JOIN people p USING (email)"
        )
        .await,
        "5000"
    );
    let admin = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    admin.batch_execute("CHECKPOINT").await.unwrap();
    let files = "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 'm', 't') AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)
                 AND pg_relation_filepath(oid) IS NOT NULL";
    for file in texts(&admin, files).await {
        let bytes = std::fs::read(server.data.join(&file)).unwrap();
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
    let (server, db) = world().await;
    let command = format!(
        "{OWN}
         UPDATE people SET balance = balance + 1 WHERE id = 17;
         UPDATE people SET email = 'planted.' || id || '@example.com' WHERE id <= 2;
         DELETE FROM orders WHERE id = 5;
         UPDATE kept SET number = 7 WHERE id = 3;
         INSERT INTO sessions VALUES ('x');
         COMMENT ON TABLE orders IS 'another';
         ALTER TABLE people ALTER name SET STATISTICS 7;
         GRANT SELECT ON orders TO analyst;
         DROP STATISTICS pairs;
         ALTER TABLE kept ALTER note SET STORAGE EXTERNAL;
         SELECT setval('people_id_seq', 999999)"
    );
    let found = found(own(&server, &db, &command).await);
    for expected in [
        "public.people: kept columns whose values are not what they were (1)",
        "public.people.email: original values (2)",
        "public.directory.email: original values of masked columns (2)",
        "public.orders: rows, which were 3000 before (2999)",
        "public.kept: kept columns whose values are not what they were (1)",
        "public.sessions: rows in a table that is to be empty (1)",
        "relation public.orders: not what it was before the masking (1)",
        "column public.people.name: not what it was before the masking (1)",
        "column public.kept.note: not what it was before the masking (1)",
        "statistics public.pairs: not what it was before the masking (1)",
        "sequence public.people_id_seq: not what it was before the masking (1)",
    ] {
        assert!(
            found.contains(&expected.to_owned()),
            "{expected} is not among\n{}",
            found.join("\n")
        );
    }
    assert_eq!(found.len(), 11, "{}", found.join("\n"));
}

#[tokio::test]
async fn a_command_that_masks_too_little_is_found_by_row_where_values_repeat_by_chance() {
    let (server, db) = world().await;
    let command = OWN.replace(
        "name = 'N' || md5(random()::text)",
        "name = CASE WHEN id % 2 = 0 THEN name ELSE 'X' END",
    );
    let found = found(own(&server, &db, &command).await);
    assert!(
        found.len() == 1 && found[0].starts_with("public.people.name: rows whose value is what it was ("),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_table_that_is_to_stay_as_it_was_cannot_be_written_unseen() {
    let (server, db) = world().await;
    // Whoever masks a table may set off what writes another.
    db.batch_execute(
        "CREATE FUNCTION public.same(text) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN UPDATE public.kept SET number = number + 1 WHERE id = 1; RETURN $1; END $$;
         CREATE MATERIALIZED VIEW meddling AS SELECT public.same(email) AS email FROM people LIMIT 1",
    )
    .await
    .unwrap();
    let found = found(run(&server, RULES, ALL).await);
    assert_eq!(
        found,
        ["public.kept: rows written in a table that is to stay as it was (1)"]
    );
}

#[tokio::test]
async fn rows_that_the_rules_leave_out_are_no_loss() {
    let (server, db) = world().await;
    let rules = RULES.replace(
        "[tables.orders]\n",
        "[tables.orders]\nrows = { where = \"id <= 1000\" }\n",
    );
    run(&server, &rules, ALL)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(one(&db, "SELECT count(*) FROM orders").await, "1000");
}

#[tokio::test]
async fn a_secret_in_the_schema_stops_the_run_before_the_masking_unless_the_rules_accept_it() {
    let (server, db) = world().await;
    db.batch_execute(
        "CREATE FUNCTION public.push() RETURNS text LANGUAGE sql AS $$ SELECT 'AKIAQ3EGRIJX7ZLM2PWT' $$;
         CREATE VIEW public.remote AS SELECT 'postgres://app:hunter2-planted@db.corp.jp/x' AS dsn;
         COMMENT ON TABLE people IS 'ask otto@corp-mail.jp';
         ALTER TABLE kept ALTER note SET DEFAULT 'Bearer abcdefghijklmnopqrstuvwxyz0123456789';
         ALTER TABLE orders ALTER state SET DEFAULT 'paid'",
    )
    .await
    .unwrap();
    let outcome = run(&server, RULES, ALL).await;
    let told = outcome.as_ref().unwrap_err().to_string();
    assert!(
        !told.contains("AKIA") && !told.contains("hunter2") && !told.contains("otto"),
        "{told}"
    );
    assert_eq!(
        found(outcome),
        [
            "function public.push(): a key of AWS (1)",
            "view public.remote: a connection string with a password (1)",
            "default of public.kept.note: a bearer token (1)",
        ]
    );
    assert_eq!(
        one(&db, "SELECT count(*) FROM people WHERE email LIKE 'planted%'").await,
        "5000"
    );

    let accept = "\n[accept]\n\"function public.push()\" = \"a\"\n\"view public.remote\" = \"b\"\n\"default of public.kept.note\" = \"c\"\n";
    let report = run(&server, &format!("{RULES}{accept}"), ALL)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let accepted: Vec<_> = report.accepted.iter().map(Finding::to_string).collect();
    assert!(
        accepted
            .contains(&"comment on table public.people: e-mail addresses that no rule made (1)".to_owned()),
        "{accepted:?}"
    );
    assert_eq!(accepted.len(), 5, "{accepted:?}");
}

#[tokio::test]
async fn settings_with_secrets_are_reset_and_named() {
    let (server, db) = world().await;
    // Since version 15 nobody but a superuser sets parameters of one's own unless it was granted.
    let admin = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    let granted = "GRANT SET ON PARAMETER app.api_token, app.password, app.jwt_secret TO dba";
    admin.batch_execute(granted).await.unwrap();
    db.batch_execute(
        "ALTER ROLE analyst SET app.api_token = 'planted-secret-value'; ALTER ROLE analyst SET work_mem = '8MB';
         ALTER ROLE analyst IN DATABASE shop SET app.password = 'planted-secret-value';
         ALTER DATABASE shop SET app.jwt_secret = 'planted-secret-value'",
    )
    .await
    .unwrap();
    let report = run(&server, RULES, ALL)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    for expected in [
        "setting app.api_token of role analyst",
        "setting app.password of role analyst in database shop",
        "setting app.jwt_secret of database shop",
    ] {
        assert!(
            report.dropped.contains(&expected.to_owned()),
            "{:?}",
            report.dropped
        );
    }
    assert_eq!(
        texts(&db, "SELECT setconfig FROM pg_db_role_setting").await,
        ["{work_mem=8MB}"]
    );
}

#[tokio::test]
async fn large_objects_that_are_kept_are_read_too() {
    let (server, db) = world().await;
    db.batch_execute("SELECT lo_from_bytea(0, 'nothing'), lo_from_bytea(0, 'from hans@corp-mail.jp')")
        .await
        .unwrap();
    let found = found(run(&server, &format!("large_objects = \"keep\"\n{RULES}"), ALL).await);
    assert_eq!(found, ["large objects: pieces with personal data (1)"]);
}
