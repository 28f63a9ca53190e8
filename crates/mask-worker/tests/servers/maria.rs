//! The worker on a real MariaDB.

use crate::support::maria::{as_user, dsn, login, master, one, script, server, texts};
use crate::support::{self, Server};
use mask_worker::{Error, Job, Reporter, Target, Tuning, Verb};
use masking::Rules;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use runtime::Login;
use secrecy::ExposeSecret;

const ALL: &[Verb] = &[Verb::Prepare, Verb::Mask, Verb::Verify];
const RULES: &str = include_str!("shop-mysql.toml");

async fn shop() -> (Server, Conn) {
    let server = server().await;
    let mut db = master(&server).await;
    db.query_drop("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'")
        .await
        .unwrap();
    script(&mut db, include_str!("shop-mysql.sql")).await;
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
async fn kept(db: &mut Conn) -> Vec<String> {
    let mut seen = Vec::new();
    for sql in [
        "SELECT id, state, flags + 0, HEX(score), CAST(ratio AS CHAR), balance, seen, started, odd_day, HEX(area) FROM customers ORDER BY id",
        "SELECT email = '' , hits FROM logins ORDER BY hits",
        "SELECT id, customer_id, ordered, amount FROM orders ORDER BY id",
        "SELECT at, what FROM audit",
    ] {
        seen.extend(texts(db, sql).await);
    }
    for table in ["customers", "logins", "orders", "audit", "sessions"] {
        seen.extend(texts(db, &format!("SHOW CREATE TABLE {table}")).await);
    }
    for trigger in ["changes", "arrivals"] {
        let sql = format!(
            "SELECT trigger_name, definer, action_statement, sql_mode FROM information_schema.triggers WHERE trigger_name = '{trigger}'"
        );
        seen.extend(texts(db, &sql).await);
    }
    seen
}

#[tokio::test]
async fn no_original_is_left_and_everything_else_is_what_it_was() {
    let (server, mut db) = shop().await;
    let mut before = kept(&mut db).await;
    let nulls = "SELECT SUM(phone IS NULL), SUM(address = ''), SUM(born IS NULL) FROM customers";
    let nulls_before = one(&mut db, nulls).await;
    let born = texts(&mut db, "SELECT id, born FROM customers ORDER BY id").await;
    let report = run(&server, RULES, ALL, &user())
        .await
        .unwrap_or_else(|error| panic!("{error}"));

    let everything = "SELECT CONCAT_WS('|', email, name, phone, address, last_ip, notes, profile, mail_domain) FROM customers UNION ALL SELECT ship_to FROM orders \
                      UNION ALL SELECT email FROM logins UNION ALL SELECT CONCAT_WS('|', min_value, max_value, histogram) FROM mysql.column_stats WHERE db_name = 'shop'";
    let left: Vec<_> = texts(&mut db, everything)
        .await
        .into_iter()
        .filter(|row| row.to_lowercase().contains("plant") || row.contains("corp-mail"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM sessions").await, "0");
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM customers WHERE HEX(photo) = MD5(id)"
        )
        .await,
        "0"
    );

    // Joins hold (the spelling differed in case), what was unique is unique, NULL stays NULL, empty stays empty.
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM logins JOIN customers USING (email)"
        )
        .await,
        "1500"
    );
    assert_eq!(one(&mut db, "SELECT COUNT(DISTINCT email) FROM customers WHERE email LIKE '%@example.com' AND mail_domain = 'example.com'").await, "3000");
    assert_eq!(one(&mut db, nulls).await, nulls_before);
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM customers WHERE last_ip LIKE '192.0.2.%' OR last_ip LIKE '198.51.100.%' OR last_ip LIKE '203.0.113.%'").await, "3000");
    assert_eq!(one(&mut db, "SELECT COUNT(*) FROM customers WHERE JSON_VALUE(profile, '$.user.level') = CONCAT(id, '.50') AND JSON_VALUE(profile, '$.plan') = 'basic' AND notes = '' AND LENGTH(photo) = 16 AND place IS NULL").await, "3000");
    let born_after = texts(&mut db, "SELECT id, born FROM customers ORDER BY id").await;
    assert_eq!(
        born.iter().zip(&born_after).filter(|(a, b)| a == b).count(),
        300,
        "only the NULLs are as they were"
    );
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM customers WHERE name REGEXP '[一-龠]'"
        )
        .await,
        "3000"
    );

    let after = kept(&mut db).await;
    before.retain(|line| !after.contains(line));
    assert_eq!(before, Vec::<String>::new());
    assert_eq!(
        one(&mut db, "SELECT COUNT(*) FROM information_schema.events").await,
        "0"
    );
    assert!(
        report.dropped.contains(&"event shop.nightly".to_owned()),
        "{report:?}"
    );

    let customers = report
        .tables
        .iter()
        .find(|table| table.name == "shop.customers")
        .unwrap();
    assert_eq!(
        (customers.columns, customers.rows, report.users_locked),
        (10, 3000, 2)
    );
}

#[tokio::test]
async fn production_is_locked_out_and_the_clones_user_can_do_its_work_and_no_more() {
    let (server, _db) = shop().await;
    let user = user();
    let report = run(&server, RULES, ALL, &user)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.users_locked, 2);
    assert!(login(&server, "app", "app-password", "shop").await.is_err());
    let mut person = as_user(&server, "clone_user", user.password.expose_secret(), "shop").await;
    for allowed in [
        "UPDATE customers SET name = 'x' WHERE id = 1",
        "CREATE TABLE mine (id INT)",
        "SELECT * FROM mailing",
    ] {
        person.query_drop(allowed).await.unwrap();
    }
    for forbidden in [
        "SELECT * FROM mysql.user",
        "CREATE USER evil",
        "SELECT * FROM doppel.masking",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "SET GLOBAL event_scheduler = ON",
    ] {
        assert!(person.query_drop(forbidden).await.is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn the_data_files_hold_no_original() {
    let (server, mut db) = shop().await;
    let flush = "FLUSH TABLES customers, orders, sessions, logins FOR EXPORT";
    db.query_drop(flush).await.unwrap();
    db.query_drop("UNLOCK TABLES").await.unwrap();
    // Redo log and doublewrite buffer are the server's own past; Aurora's storage has neither.
    let places = |needle| {
        support::files_with(
            &server.data,
            needle,
            &["ib_logfile", "ibdata", "undo", "aria_log"],
        )
    };
    assert!(!places("Planted note").is_empty() && !places("corp-mail").is_empty());
    run(&server, RULES, ALL, &user())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    db.query_drop(flush).await.unwrap();
    db.query_drop("UNLOCK TABLES").await.unwrap();
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
async fn an_unclassified_column_is_refused_with_the_lines_to_add_and_nothing_is_written() {
    let (server, mut db) = shop().await;
    let rules = RULES.replace("notes = { text = \"drop\" }\n", "").replace(
        "name = { name = \"full\", locale = \"ja\" }",
        "name = \"ip\"\nid = \"email\"",
    );
    let error = run(&server, &rules, ALL, &user()).await.unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("notes = \"keep\"  # text") && told.contains("[tables.\"shop.customers\"]"),
        "{told}"
    );
    assert!(
        told.contains("`email` does not fit `shop.customers.id`"),
        "{told}"
    );
    assert_eq!(error.exit_code(), 2);
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'doppel%'"
        )
        .await,
        "0"
    );
    assert_eq!(
        one(
            &mut db,
            "SELECT COUNT(*) FROM customers WHERE notes LIKE 'Planted%'"
        )
        .await,
        "3000"
    );
}

#[tokio::test]
async fn a_custom_masking_command_that_masks_too_little_is_caught_by_verify() {
    let (server, mut db) = shop().await;
    run(&server, RULES, &[Verb::Prepare], &user()).await.unwrap();
    script(
        &mut db,
        "SET foreign_key_checks = 0;
         UPDATE customers SET seen = seen, email = CONCAT('u', MD5(email), '@example.com'), name = IF(id % 3 = 0, name, MD5(name)), phone = CONCAT('000-0000-', LPAD(id, 4, '0')),
            address = IF(address = '', '', MD5(address)), born = born + INTERVAL 3 DAY, last_ip = '192.0.2.1', notes = '', photo = UNHEX(MD5(CONCAT(id, 'x'))), place = NULL;
         UPDATE logins JOIN customers ON hits = id SET logins.email = customers.email;
         UPDATE orders SET ship_to = MD5(ship_to);
         DELETE FROM audit WHERE what LIKE 'planted%';
         ANALYZE TABLE customers PERSISTENT FOR ALL;\n",
    )
    .await;
    let error = run(&server, RULES, &[Verb::Verify], &user()).await.unwrap_err();
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
        places.contains(&("shop.customers", Some("name"), "rows whose value is what it was")),
        "{error}"
    );
    assert!(
        places.contains(&("shop.customers", Some("profile $.user.email"), "original values")),
        "{error}"
    );
    assert!(
        places.contains(&("shop.sessions", None, "rows in a table that is to be empty")),
        "{error}"
    );
    assert!(
        !places
            .iter()
            .any(|(_, column, _)| matches!(column, Some("email" | "phone" | "address" | "born" | "notes"))),
        "{error}"
    );
    assert!(!error.to_string().to_lowercase().contains("planted"), "{error}");
}

#[tokio::test]
async fn an_interrupted_run_is_never_resumed() {
    let (server, mut db) = shop().await;
    // Neither the first rows nor the last, which are tried beforehand.
    db.query_drop(
        "ALTER TABLE orders ADD CONSTRAINT planted CHECK (id < 4000 OR id > 5000 OR ship_to LIKE 'Planted%')",
    )
    .await
    .unwrap();
    let error = run(&server, RULES, ALL, &user()).await.unwrap_err();
    assert!(
        matches!(error, Error::Database(_)) && !error.to_string().contains("Street"),
        "{error}"
    );
    let again = run(&server, RULES, ALL, &user()).await.unwrap_err();
    assert!(matches!(again, Error::Interrupted), "{again}");
}
