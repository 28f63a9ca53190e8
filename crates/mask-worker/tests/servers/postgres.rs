//! The worker on a real PostgreSQL.

use crate::support::postgres::{as_user, dsn, login, master, one, server, texts};
use crate::support::{self, Server};
use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use runtime::Login;
use secrecy::ExposeSecret;
use tokio_postgres::Client;

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];

async fn shop() -> (Server, Client) {
    let server = server().await;
    let db = master(&server).await;
    db.batch_execute(include_str!("shop.sql")).await.unwrap();
    (server, db)
}

fn user() -> Login {
    Login::new("clone_user")
}

async fn run(
    server: &Server,
    rules: &str,
    verbs: &[Verb],
    user: &Login,
) -> Result<domain::record::MaskingReport, Error> {
    let target: Target = dsn(server).parse().unwrap();
    let rules = Rules::parse("shop.toml", rules).unwrap();
    let (reporter, _progress) = Reporter::new(Default::default());
    Job {
        target: &target,
        rules: &rules,
        user,
        tuning: Tuning::default(),
    }
    .run(verbs, &reporter)
    .await
}

/// What must be the same before and after: kept columns, row counts, the schema as it can be seen.
async fn kept(db: &Client) -> Vec<String> {
    let mut seen = texts(db, "SELECT id, balance, created_at FROM customers ORDER BY id").await;
    seen.extend(
        texts(
            db,
            "SELECT id, customer_id, ordered, state, amount FROM orders ORDER BY id",
        )
        .await,
    );
    seen.extend(texts(db, "SELECT at, what FROM audit ORDER BY 1").await);
    seen.extend(texts(db, "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2").await);
    seen.extend(texts(db, "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), obj_description(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1::text, 2").await);
    seen.extend(texts(db, "SELECT oid::regclass, relowner::regrole, relforcerowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace AND oid <> 'mailing'::regclass AND relkind <> 'S' ORDER BY 1::text").await);
    seen
}

#[tokio::test]
async fn no_original_is_left_and_everything_else_is_what_it_was() {
    let (server, db) = shop().await;
    let mut before = kept(&db).await;
    let nulls = "SELECT count(*) FILTER (WHERE phone IS NULL), count(*) FILTER (WHERE kana = ''), count(*) FILTER (WHERE tags IS NULL), count(*) FILTER (WHERE born IS NULL) FROM customers";
    let nulls_before = one(&db, nulls).await;
    let born = texts(&db, "SELECT id, born FROM customers ORDER BY id").await;
    let report = run(&server, include_str!("shop.toml"), ALL, &user())
        .await
        .unwrap_or_else(|error| panic!("{error}"));

    // No original, in any form.
    let everything = "SELECT c::text FROM customers c UNION ALL SELECT o::text FROM orders o UNION ALL SELECT l::text FROM logins l UNION ALL SELECT d::text FROM directory d";
    let left: Vec<_> = texts(&db, everything)
        .await
        .into_iter()
        .filter(|row| {
            row.to_lowercase().contains("plant") || row.contains("プラント") || row.contains("corp-mail")
        })
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(one(&db, "SELECT count(*) FROM pg_stats WHERE most_common_vals::text ILIKE '%plant%' OR histogram_bounds::text ILIKE '%plant%'").await, "0");
    assert_eq!(one(&db, "SELECT count(*) FROM sessions").await, "0");
    assert_eq!(
        one(
            &db,
            "SELECT count(*) FROM customers WHERE search @@ to_tsquery('simple', 'planted')"
        )
        .await,
        "0"
    );

    // Joins hold, what was unique is unique, NULL stays NULL, empty stays empty.
    assert_eq!(
        one(&db, "SELECT count(*) FROM logins JOIN customers USING (email)").await,
        "1500"
    );
    assert_eq!(
        one(
            &db,
            "SELECT count(DISTINCT lower(email)) FROM customers WHERE email LIKE '%@example.com'"
        )
        .await,
        "3000"
    );
    assert_eq!(one(&db, nulls).await, nulls_before);
    assert_eq!(one(&db, "SELECT count(*) FROM customers WHERE last_ip << '192.0.2.0/24' OR last_ip << '198.51.100.0/24' OR last_ip << '203.0.113.0/24'").await, "3000");
    assert_eq!(one(&db, "SELECT count(*) FROM customers WHERE profile #>> '{user,level}' = (1.50 + id)::text AND profile ->> 'plan' = 'basic' AND notes = '' AND length(photo) = 16").await, "3000");
    let born_after = texts(&db, "SELECT id, born FROM customers ORDER BY id").await;
    assert_eq!(
        born.iter().zip(&born_after).filter(|(a, b)| a == b).count(),
        300,
        "only the NULLs are as they were"
    );

    // Everything else is what it was, and no trigger ran.
    let after = kept(&db).await;
    before.retain(|line| !after.contains(line));
    assert_eq!(before, Vec::<String>::new());

    // The report counts.
    let customers = report
        .tables
        .iter()
        .find(|table| table.name == "public.customers")
        .unwrap();
    assert_eq!(
        (customers.columns, customers.rows, report.users_locked),
        (11, 3000, 2)
    );
}

#[tokio::test]
async fn production_is_locked_out_and_the_clones_user_can_do_its_work_and_no_more() {
    let (server, _db) = shop().await;
    let user = user();
    let report = run(&server, include_str!("shop.toml"), ALL, &user)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.users_locked, 2);
    // Production is locked out; the new user is in, and can do its work and no more.
    assert!(login(&server, "app", "app-password", "shop").await.is_err());
    assert!(
        login(&server, "analyst", "analyst-password", "shop")
            .await
            .is_err()
    );
    let person = as_user(&server, "clone_user", user.password.expose_secret(), "shop").await;
    person.batch_execute("UPDATE customers SET name = 'x' WHERE id = 1; CREATE TABLE mine (id int); SELECT * FROM directory").await.unwrap();
    for forbidden in [
        "SELECT * FROM pg_authid",
        "CREATE ROLE evil",
        "SELECT * FROM doppel.masking",
        "ALTER ROLE app LOGIN",
        "SET ROLE dba",
    ] {
        assert!(person.batch_execute(forbidden).await.is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn the_data_files_hold_no_original() {
    let (server, db) = shop().await;
    db.batch_execute("ALTER TABLE customers DISABLE TRIGGER changes; UPDATE customers SET notes = notes || ' again'; DELETE FROM customers WHERE id > 2990 AND id NOT IN (SELECT customer_id FROM orders) AND email NOT IN (SELECT email FROM logins)").await.unwrap();
    let admin = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    admin.batch_execute("CHECKPOINT").await.unwrap();
    let places = |needle| support::files_with(&server.data, needle, &["pg_wal"]);
    assert!(!places("Planted note").is_empty() && !places("corp-mail").is_empty());
    run(&server, include_str!("shop.toml"), ALL, &user())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    admin.batch_execute("CHECKPOINT").await.unwrap();
    for needle in [
        "Planted note",
        "Planted Street",
        "corp-mail",
        "planted-token",
        "Planted Person",
    ] {
        assert_eq!(places(needle), Vec::<std::path::PathBuf>::new(), "{needle}");
    }
}

#[tokio::test]
async fn no_value_and_no_password_is_part_of_a_statement() {
    let (server, _db) = shop().await;
    let log = server.data.with_file_name("log");
    let before = std::fs::read(&log).unwrap().len();
    let user = user();
    run(&server, include_str!("shop.toml"), ALL, &user)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let said = String::from_utf8_lossy(&std::fs::read(&log).unwrap()[before..]).into_owned();
    assert!(
        said.contains("CREATE ROLE \"clone_user\"") && said.contains("doppel_mask."),
        "statements are logged"
    );
    for secret in [
        "Planted",
        "corp-mail",
        "example.com",
        user.password.expose_secret(),
    ] {
        assert!(!said.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_unclassified_column_is_refused_with_the_lines_to_add_and_nothing_is_written() {
    let (server, db) = shop().await;
    let before = one(
        &db,
        "SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM customers c",
    )
    .await;
    let rules = include_str!("shop.toml")
        .replace("notes = { text = \"drop\" }\n", "")
        .replace("last_ip", "last_pi");
    let error = run(&server, &rules, ALL, &user()).await.unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("notes = \"keep\"  # text") && told.contains("[tables.\"public.customers\"]"),
        "{told}"
    );
    assert!(
        told.contains("there is no column `last_pi`; did you mean `last_ip`?"),
        "{told}"
    );
    assert_eq!(error.exit_code(), 2);
    assert_eq!(
        one(
            &db,
            "SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM customers c"
        )
        .await,
        before
    );
    assert_eq!(
        one(
            &db,
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'doppel%'"
        )
        .await,
        "0"
    );
}

#[tokio::test]
async fn a_custom_masking_command_that_masks_too_little_is_caught_by_verify() {
    let (server, db) = shop().await;
    run(&server, include_str!("shop.toml"), &[Verb::Prepare], &user())
        .await
        .unwrap();
    // It forgets some names, some e-mails inside JSON, and the sessions.
    db.batch_execute(
        "ALTER TABLE customers DISABLE TRIGGER USER; SET CONSTRAINTS ALL DEFERRED;
         UPDATE customers SET email = 'u' || md5(email) || '@example.com', name = CASE WHEN id % 3 = 0 THEN name ELSE md5(name) END,
            kana = md5(kana), phone = '000-0000-' || lpad((id % 10000)::text, 4, '0'), address = md5(address), born = born + 3, last_ip = '192.0.2.1', notes = '',
            tags = ARRAY[md5(id::text)], photo = decode(md5(id::text || 'x'), 'hex');
         UPDATE orders SET ship_to = md5(ship_to); REFRESH MATERIALIZED VIEW directory; ALTER TABLE customers ENABLE TRIGGER changes; ANALYZE",
    )
    .await
    .unwrap();
    let error = run(&server, include_str!("shop.toml"), &[Verb::Verify], &user())
        .await
        .unwrap_err();
    let Error::Findings(findings) = &error else {
        panic!("{error}")
    };
    let places: Vec<_> = findings
        .iter()
        .map(|finding| {
            (
                finding.table.as_str(),
                finding.column.as_deref(),
                finding.what.as_str(),
            )
        })
        .collect();
    assert!(
        places.contains(&(
            "public.customers",
            Some("name"),
            "rows whose value is what it was"
        )),
        "{error}"
    );
    assert!(
        places.contains(&(
            "public.customers",
            Some("profile $.user.email"),
            "original values"
        )),
        "{error}"
    );
    assert!(
        places.contains(&("public.sessions", None, "rows in a table that is to be empty")),
        "{error}"
    );
    assert!(
        !places
            .iter()
            .any(|(_, column, _)| matches!(column, Some("email" | "phone" | "address" | "born" | "notes"))),
        "{error}"
    );
    assert!(!error.to_string().to_lowercase().contains("planted"), "{error}");
    assert!(
        login(&server, "clone_user", "any", "shop").await.is_err(),
        "no user before the verdict"
    );
}

#[tokio::test]
async fn personal_data_in_a_kept_column_stops_the_release() {
    let (server, db) = shop().await;
    db.batch_execute("INSERT INTO audit (what) VALUES ('mail from anna@corp-mail.jp'), ('call 090-1234-5678'), ('card 4539 1488 0343 6467')").await.unwrap();
    let error = run(&server, include_str!("shop.toml"), ALL, &user())
        .await
        .unwrap_err();
    let Error::Findings(findings) = &error else {
        panic!("{error}")
    };
    let words: Vec<_> = findings.iter().map(|finding| finding.what.as_str()).collect();
    assert!(
        findings.iter().all(|finding| finding.table == "public.audit"),
        "{error}"
    );
    for expected in [
        "e-mail addresses that no rule made",
        "phone numbers",
        "card numbers",
    ] {
        assert!(words.contains(&expected), "{error}");
    }
}

#[tokio::test]
async fn an_interrupted_run_is_never_resumed() {
    let (server, _db) = shop().await;
    let admin = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    // A reader of a table holds the run up until its connections are cut.
    let reader = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    reader
        .batch_execute("BEGIN; LOCK TABLE customers IN ACCESS SHARE MODE")
        .await
        .unwrap();
    let user = user();
    let begun = "SELECT count(*) FROM pg_namespace WHERE nspname = 'doppel_mask'";
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'doppel' AND wait_event_type = 'Lock'";
    let interrupting = async {
        while one(&admin, begun).await == "0" || one(&admin, cut).await == "0" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let running = run(&server, include_str!("shop.toml"), ALL, &user);
    let (done, ()) = tokio::join!(running, interrupting);
    let error = done.unwrap_err();
    assert!(matches!(error, Error::Database(_)), "{error}");
    let again = run(&server, include_str!("shop.toml"), ALL, &user)
        .await
        .unwrap_err();
    assert!(matches!(again, Error::Interrupted), "{again}");
}

#[tokio::test]
async fn two_workers_exclude_each_other() {
    let (server, db) = shop().await;
    db.batch_execute(&format!("SELECT pg_advisory_lock({})", 0x646f_7070_656c_i64))
        .await
        .unwrap();
    let error = run(&server, include_str!("shop.toml"), ALL, &user())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Busy), "{error}");
}
