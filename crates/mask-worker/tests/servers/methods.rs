//! Each method of masking on a PostgreSQL table that has everything that a table can have.

use domain::record::MaskingReport;
use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use runtime::Login;
use tokio_postgres::Client;

use crate::support::Server;
use crate::support::postgres::{as_user, dsn, master, one, server, texts};

/// All of it can be said in SQL.
const RULES: &str = r#"
"*.at" = "keep"
"*.label" = "keep"
[tables.people]
email = "email"
name = "name"
note = { text = "drop" }
born = { date = { shift_days = 30 } }
score = { noise = { percent = 20 } }
home = "ip"
tag = "uuid"
[tables.visits]
why = "city"
[tables.log]
what = "keep"
"#;

async fn office() -> (Server, Client) {
    let server = server().await;
    let db = master(&server).await;
    db.batch_execute(include_str!("methods.sql")).await.unwrap();
    let admin = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    (server, admin)
}

async fn run(server: &Server, rules: &str, verbs: &[Verb]) -> Result<MaskingReport, Error> {
    let target: Target = dsn(server).parse().unwrap();
    let rules = Rules::parse("hr.toml", rules).unwrap_or_else(|error| panic!("{error:?}"));
    let (reporter, _progress) = Reporter::new(Default::default());
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    job.run(verbs, &reporter).await
}

/// Prepares and masks. What is verified is verified later: it ends with a new user, who has rights on every table.
async fn mask(server: &Server, rules: &str) -> Result<MaskingReport, Error> {
    run(server, rules, &[Verb::Prepare, Verb::Mask]).await
}

fn method<'a>(report: &'a MaskingReport, table: &str) -> &'a str {
    let found = report.tables.iter().find(|masked| masked.name == table);
    found.map_or("", |masked| masked.method.as_str())
}

/// Everything that the catalogue knows of the tables but their numbers.
async fn facts(db: &Client) -> Vec<String> {
    let queries = [
        "SELECT 'table', oid::regclass, relowner::regrole, relacl, reloptions, relpersistence, relrowsecurity, relforcerowsecurity, relreplident, obj_description(oid),
            (SELECT t.reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) FROM pg_class c WHERE relnamespace = 'hr'::regnamespace AND relname <> 'board'",
        "SELECT 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attcollation::regcollation, attnotnull, attidentity, attgenerated, attstorage, attcompression,
            attstattarget, attoptions, attacl, col_description(attrelid, attnum), (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum)
            FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'hr'::regnamespace) AND attnum > 0 AND NOT attisdropped",
        "SELECT 'order', attrelid::regclass, string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'hr'::regnamespace) AND attnum > 0 AND NOT attisdropped GROUP BY attrelid",
        "SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), condeferrable, condeferred, convalidated, obj_description(oid) FROM pg_constraint WHERE connamespace = 'hr'::regnamespace",
        "SELECT 'index', indexrelid::regclass, pg_get_indexdef(indexrelid), indisvalid, indisclustered, indisreplident, indimmediate, obj_description(indexrelid)
            FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'hr'::regnamespace)",
        "SELECT 'trigger', tgrelid::regclass, pg_get_triggerdef(oid), tgenabled, obj_description(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT 'rule', ev_class::regclass, pg_get_ruledef(oid), ev_enabled, obj_description(oid) FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'hr'::regnamespace)",
        "SELECT 'view', viewname, viewowner, definition FROM pg_views WHERE schemaname = 'hr'",
        "SELECT 'policy', p.*, obj_description(o.oid) FROM pg_policies p JOIN pg_policy o ON o.polname = p.policyname",
        "SELECT 'statistics', stxname, stxowner::regrole, stxstattarget, pg_get_statisticsobjdef(oid), obj_description(oid) FROM pg_statistic_ext",
        "SELECT 'sequence', s.* FROM pg_sequences s",
        "SELECT 'owned', pg_get_serial_sequence('hr.people', 'id'), pg_get_serial_sequence('hr.people', 'number'), pg_get_serial_sequence('hr.log', 'id')",
        "SELECT 'publication', p.*  FROM pg_publication_tables p",
        "SELECT 'kept', id, number, boss, label FROM hr.people",
        "SELECT 'kept', person, at FROM hr.visits",
        "SELECT 'log', what FROM hr.log",
    ];
    let mut facts = Vec::new();
    for query in queries {
        facts.extend(texts(db, query).await);
    }
    facts.sort();
    facts
}

/// Runs the rules; everything is as before but the values, which are what the rules say.
async fn masked_and_the_same(server: &Server, db: &Client, rules: &str) -> MaskingReport {
    let before = facts(db).await;
    let old = texts(db, "SELECT * FROM hr.people ORDER BY id").await;
    let report = mask(server, rules)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let after = facts(db).await;
    let only = |these: &[String], those: &[String]| {
        let missing = these.iter().filter(|line| !those.contains(line));
        missing.cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(&before, &after), Vec::<String>::new(), "went missing");
    assert_eq!(only(&after, &before), Vec::<String>::new(), "is new");

    let people = "SELECT count(*) FILTER (WHERE name IS NULL), count(*) FILTER (WHERE note = ''), count(DISTINCT email), \
        count(*) FILTER (WHERE email LIKE '%@example.com'), count(*) FILTER (WHERE home << '2001:db8::/32'), \
        count(*) FILTER (WHERE masklen(home) = 24), count(*) FILTER (WHERE abs(score - 100 - number) BETWEEN 0 AND 250) FROM hr.people";
    assert_eq!(one(db, people).await, "90|900|900|900|90|90|900");
    let now = texts(db, "SELECT * FROM hr.people ORDER BY id").await;
    let unchanged = old.iter().zip(&now).filter(|(old, now)| old == now).count();
    assert_eq!((old.len(), now.len(), unchanged), (900, 900, 0));
    let left = "SELECT count(*) FROM hr.people p, hr.visits v WHERE v.person = p.id AND (p::text ILIKE '%plant%' OR v::text ILIKE '%plant%')";
    assert_eq!(one(db, left).await, "0");
    let remembered = "SELECT count(*) FROM pg_stats WHERE schemaname = 'hr' AND (most_common_vals::text ILIKE '%plant%' OR histogram_bounds::text ILIKE '%plant%')";
    assert_eq!(one(db, remembered).await, "0");
    let known =
        "SELECT count(*) FROM pg_stats WHERE schemaname = 'hr' AND tablename = 'people' AND attname = 'name'";
    assert_eq!(one(db, known).await, "1", "statistics are there again");
    let verified = run(server, rules, &[Verb::Verify]).await;
    verified.unwrap_or_else(|error| panic!("{error}"));
    report
}

#[tokio::test]
async fn a_table_is_altered_in_place_and_keeps_all_that_it_has() {
    let (server, db) = office().await;
    let oid = one(&db, "SELECT 'hr.people'::regclass::oid").await;
    let report = masked_and_the_same(&server, &db, RULES).await;
    assert_eq!(method(&report, "hr.people"), "altered in place");
    assert_eq!(one(&db, "SELECT 'hr.people'::regclass::oid").await, oid);
}

#[tokio::test]
async fn a_table_is_streamed_into_a_new_one_that_has_all_that_the_old_one_had() {
    let (server, db) = office().await;
    let rules = RULES
        .replace("name = \"name\"", "name = { mask = \"name\", same = \"name\" }")
        .replace("why = \"city\"", "why = { mask = \"city\", same = \"city\" }");
    let report = masked_and_the_same(&server, &db, &rules).await;
    assert_eq!(method(&report, "hr.people"), "streamed");
    assert_eq!(method(&report, "hr.visits"), "streamed");
    // The new table works as the old one did; its policies let nobody insert.
    db.batch_execute("ALTER TABLE hr.people NO FORCE ROW LEVEL SECURITY; SET ROLE hr_owner; INSERT INTO hr.people (email) VALUES ('new@example.com')")
        .await
        .unwrap();
    assert_eq!(
        one(
            &db,
            "SELECT id, number, note, label FROM hr.people WHERE email = 'new@example.com'"
        )
        .await,
        "4505|901|none|P901"
    );
    assert_eq!(one(&db, "SELECT what FROM hr.log").await, "fired always");
}

#[tokio::test]
async fn a_table_whose_identity_must_stay_is_restaged() {
    let (server, db) = office().await;
    db.batch_execute("SET ROLE hr_owner; CREATE MATERIALIZED VIEW hr.board AS SELECT name, email FROM hr.people; RESET ROLE").await.unwrap();
    let oid = one(&db, "SELECT 'hr.people'::regclass::oid").await;
    let report = masked_and_the_same(&server, &db, RULES).await;
    assert_eq!(method(&report, "hr.people"), "restaged");
    assert_eq!(one(&db, "SELECT 'hr.people'::regclass::oid").await, oid);
    assert_eq!(
        one(&db, "SELECT count(*) FROM hr.board JOIN hr.people USING (email)").await,
        "900"
    );
}

#[tokio::test]
async fn partitions_are_altered_together_or_not_at_all() {
    let (server, db) = office().await;
    db.batch_execute(
        "SET ROLE hr_owner; CREATE TABLE hr.pay (id int, year int, iban text, PRIMARY KEY (id, year)) PARTITION BY LIST (year);
         CREATE TABLE hr.pay_1 PARTITION OF hr.pay FOR VALUES IN (1); CREATE TABLE hr.pay_2 PARTITION OF hr.pay DEFAULT PARTITION BY LIST (id);
         CREATE TABLE hr.pay_2_all PARTITION OF hr.pay_2 DEFAULT; CREATE INDEX ON hr.pay (iban);
         INSERT INTO hr.pay SELECT n, n % 3, 'Planted ' || n FROM generate_series(1, 300) n; RESET ROLE; ANALYZE",
    )
    .await
    .unwrap();
    let rules = format!("{RULES}\n[tables.pay]\niban = \"hash\"\n");
    let report = masked_and_the_same(&server, &db, &rules).await;
    assert_eq!(method(&report, "hr.pay_1"), "altered in place");
    assert_eq!(method(&report, "hr.pay_2_all"), "altered in place");
    assert_eq!(
        one(
            &db,
            "SELECT count(*) FILTER (WHERE iban ~ '^[0-9a-f]{32}$'), count(DISTINCT iban) FROM hr.pay"
        )
        .await,
        "300|300"
    );
}

#[tokio::test]
async fn a_partition_masked_unlike_the_others_is_restaged_and_so_are_they() {
    let (server, db) = office().await;
    db.batch_execute(
        "SET ROLE hr_owner; CREATE TABLE hr.pay (id int, year int, iban text) PARTITION BY LIST (year);
         CREATE TABLE hr.pay_1 PARTITION OF hr.pay FOR VALUES IN (1); CREATE TABLE hr.pay_2 PARTITION OF hr.pay DEFAULT; CREATE INDEX ON hr.pay (iban);
         INSERT INTO hr.pay SELECT n, n % 3, 'Planted ' || n FROM generate_series(1, 300) n; RESET ROLE; ANALYZE",
    )
    .await
    .unwrap();
    let rules = format!("{RULES}\n[tables.pay]\niban = \"hash\"\n[tables.pay_2]\niban = \"null\"\n");
    let report = masked_and_the_same(&server, &db, &rules).await;
    assert_eq!(method(&report, "hr.pay_1"), "restaged");
    assert_eq!(method(&report, "hr.pay_2"), "restaged");
}

#[tokio::test]
async fn what_the_database_will_not_take_is_refused_before_the_first_write() {
    let (server, db) = office().await;
    db.batch_execute("ALTER TABLE hr.visits ADD CONSTRAINT known_reasons CHECK (why LIKE 'Planted%')")
        .await
        .unwrap();
    let before = facts(&db).await;
    let error = mask(&server, RULES).await.unwrap_err();
    let Error::Unfit {
        table,
        columns,
        refused,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (table.as_str(), columns.as_str(), refused.code.as_str()),
        ("hr.visits", "why: city", "23514")
    );
    assert!(refused.to_string().contains("known_reasons"), "{refused}");
    assert_eq!(error.exit_code(), 2);
    assert_eq!(facts(&db).await, before);
    assert_eq!(
        one(&db, "SELECT count(*) FROM hr.people WHERE name LIKE 'Planted%'").await,
        "810"
    );
    assert_eq!(
        one(
            &db,
            "SELECT count(*) FROM pg_namespace WHERE nspname IN ('doppel', 'doppel_mask')"
        )
        .await,
        "0"
    );
}

#[tokio::test]
async fn a_table_of_its_own_kind_is_still_one_after_it_streamed() {
    let (server, db) = office().await;
    db.batch_execute(
        "SET ROLE hr_owner; CREATE UNLOGGED TABLE hr.cache (\"Key \"\"one\"\"\" int PRIMARY KEY, \"odd name\" text, empty text);
         INSERT INTO hr.cache SELECT n, 'Planted ' || n, '' FROM generate_series(1, 50) n; RESET ROLE",
    )
    .await
    .unwrap();
    let rules = format!(
        "{RULES}\n[tables.cache]\n\"odd name\" = {{ mask = \"hash\", same = \"h\" }}\nempty = {{ mask = \"hash\", same = \"h\" }}\n"
    );
    let report = masked_and_the_same(&server, &db, &rules).await;
    assert_eq!(method(&report, "hr.cache"), "streamed");
    assert_eq!(one(&db, "SELECT count(DISTINCT \"odd name\"), count(*) FILTER (WHERE empty = ''), count(DISTINCT \"Key \"\"one\"\"\") FROM hr.cache").await, "50|50|50");
}

#[tokio::test]
async fn told_to_stop_the_worker_has_the_server_give_up_its_statements() {
    let (server, db) = office().await;
    // Nothing but the masking needs the table for itself then.
    db.batch_execute("ALTER TABLE hr.people NO FORCE ROW LEVEL SECURITY")
        .await
        .unwrap();
    // Somebody who reads the table holds the run up; within a transaction one sees the same activity for ever.
    let reader = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    reader
        .batch_execute("BEGIN; LOCK TABLE hr.people IN ACCESS SHARE MODE")
        .await
        .unwrap();
    let target: Target = dsn(&server).parse().unwrap();
    let rules = Rules::parse("hr.toml", RULES).unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let (reporter, _progress) = Reporter::new(stop.clone());
    let user = Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doppel' AND wait_event_type = 'Lock'";
    let stopping = async {
        while one(&db, waits).await == "0" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    };
    let running = tokio::time::timeout(
        std::time::Duration::from_secs(40),
        job.run(&[Verb::Prepare, Verb::Mask], &reporter),
    );
    let stopping = tokio::time::timeout(std::time::Duration::from_secs(40), stopping);
    let (done, stopped) = tokio::join!(running, stopping);
    let done = done.expect("the run ends");
    assert!(matches!(done, Err(Error::Stopped)), "{done:?}");
    stopped.expect("a statement waited for a lock");
    let begin = std::time::Instant::now();
    while one(&db, waits).await != "0" {
        assert!(
            begin.elapsed() < std::time::Duration::from_secs(20),
            "the server still waits"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
