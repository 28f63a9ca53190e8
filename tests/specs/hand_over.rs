//! The main job: from a Slack message to a masked clone with working credentials.

use domain::policy::Engine;
use domain::{CloneRecord, CloneState};
use doppel::local::shop::{APP, REPORTS};
use specs::{ALICE, CHANNEL, Database, Secret, World, redact, until};

#[tokio::test]
async fn a_slash_command_ends_in_a_message_that_hands_over_a_masked_clone() {
    let world = World::start().await;
    let answer = world.asks(ALICE, "/clone production db.r6g.large 4h").await;
    assert!(answer.is_ok(), "{answer:?}");
    let clone = world.handed_over().await;
    assert_eq!(clone.class.to_string(), "db.r6g.large");
    assert_eq!(
        clone.expires_at,
        clone.ready_at.unwrap() + chrono::TimeDelta::hours(4)
    );
    world.until_said("is ready").await;
    insta::assert_snapshot!(redact(&world.slack().transcript(CHANNEL)));
    world.stop().await;
}

#[tokio::test]
async fn the_message_is_one_and_is_edited_while_the_states_pass() {
    let world = World::start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    world.until_said("is ready").await;
    let messages = world.messages_about(&clone);
    assert_eq!(messages.len(), 1, "one message a clone");
    let versions: Vec<String> = messages[0]
        .versions()
        .iter()
        .map(|v| format!("{} {:?}", v.text, v.blocks))
        .collect();
    assert!(
        versions.len() >= 4,
        "edited in place: {} versions",
        versions.len()
    );
    let password = world
        .secret(&clone.access.as_ref().unwrap().secret)
        .await
        .password;
    assert!(
        versions.iter().all(|version| !version.contains(&password)),
        "never a password"
    );
    world.stop().await;
}

#[tokio::test]
async fn the_articles_chatbot_command_works_with_the_quotes_and_strings_that_keyboards_make() {
    let world = World::start().await;
    let arn = world.state_machine_arn();
    let text = format!(
        "@aws stepfunctions start-execution --state-machine-arn {arn} --input {{\"db_instance_class\": \"“db.t4g.medium”\", \"expire_days\": \"3\"}}"
    );
    let answer = world.asks(ALICE, &text).await;
    assert!(answer.is_ok(), "{answer:?}");
    let clone = world.handed_over().await;
    assert_eq!(
        (
            clone.lifetime.to_string().as_str(),
            clone.class.to_string().as_str()
        ),
        ("3d", "db.t4g.medium")
    );
    world.stop().await;
}

#[tokio::test]
async fn the_workflow_button_needs_no_words_at_all() {
    let world = World::start().await;
    let answer = world.slack().runs_workflow(ALICE).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(world.handed_over().await.state, CloneState::Ready);
    world.stop().await;
}

#[tokio::test]
async fn nothing_of_production_is_left_in_a_clone_of_postgresql() {
    the_clone_is_masked(Engine::Postgres).await;
}

#[tokio::test]
async fn nothing_of_production_is_left_in_a_clone_of_mysql() {
    the_clone_is_masked(Engine::Mysql).await;
}

async fn the_clone_is_masked(engine: Engine) {
    let world = World::builder().engine(engine).start().await;
    let before = world.production_digest().await;
    world.asks(ALICE, "/clone production").await;
    let while_quarantined = until("the clone can be reached", || async {
        let clone = world.only().await;
        (clone.state >= CloneState::Masking).then_some(clone)
    })
    .await;
    if while_quarantined.state < CloneState::Ready {
        nobody_but_the_worker_gets_in(&world, &while_quarantined).await;
    }
    let clone = world.handed_over().await;
    let mut production = world.production().await;
    let mut copy = world.open(&clone).await;
    no_original_is_left(engine, &mut production, &mut copy).await;
    joins_hold(&mut production, &mut copy).await;
    productions_passwords_do_not_open(&world, &clone).await;
    the_user_is_no_superuser(engine, &mut copy).await;
    assert_eq!(
        world.production_digest().await,
        before,
        "production is what it was"
    );
    world.stop().await;
}

async fn nobody_but_the_worker_gets_in(world: &World, clone: &CloneRecord) {
    let endpoint = world.endpoint(clone).await;
    for (username, password) in [
        (APP.name, APP.password),
        (REPORTS.name, REPORTS.password),
        world.production_master(),
    ] {
        let secret = Secret {
            username: username.into(),
            password: password.into(),
        };
        let entry = Database::login(clone.engine, &endpoint.0, endpoint.1, &clone.database, &secret).await;
        let is_released = world.record(&clone.id).await.state >= CloneState::Releasing;
        assert!(
            entry.is_err() || is_released,
            "{username} of production got into quarantine"
        );
    }
}

/// Every masked column of the shop, with a key to compare by: table, column, as text.
const MASKED: &[(&str, &str)] = &[
    ("customers", "email"),
    ("customers", "full_name"),
    ("customers", "phone"),
    ("customers", "birthday"),
    ("customers", "last_ip"),
    ("addresses", "recipient"),
    ("addresses", "street"),
    ("orders", "contact_email"),
    ("orders", "shipping_name"),
    ("orders", "shipping_address"),
    ("payments", "card_holder"),
    ("payments", "iban"),
    ("customers_audit", "old_email"),
];

pub(crate) async fn no_original_is_left(engine: Engine, production: &mut Database, copy: &mut Database) {
    let text = if engine == Engine::Postgres {
        "text"
    } else {
        "char"
    };
    for (table, column) in MASKED {
        let sql = format!(
            "SELECT id, CAST({column} AS {text}) FROM {table} WHERE {column} IS NOT NULL AND CAST({column} AS {text}) <> '' ORDER BY id"
        );
        let (originals, masked) = (production.rows(&sql).await, copy.rows(&sql).await);
        assert!(!originals.is_empty(), "{table}.{column} had values");
        assert_eq!(
            originals.len(),
            masked.len(),
            "{table}.{column}: NULL stays NULL, a value stays a value"
        );
        let same = originals
            .iter()
            .zip(&masked)
            .filter(|(original, masked)| original == masked)
            .count();
        assert_eq!(same, 0, "{table}.{column} still holds {same} of its originals");
    }
    for (table, column) in [
        ("customers", "notes"),
        ("support_tickets", "body"),
        ("orders", "gift_message"),
    ] {
        let count = copy
            .number(&format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%@%'"))
            .await;
        assert_eq!(count, 0, "e-mail addresses are left in {table}.{column}");
    }
    assert_eq!(
        copy.number("SELECT count(*) FROM sessions").await,
        0,
        "sessions are emptied"
    );
    let like = if engine == Engine::Postgres {
        "profile::text"
    } else {
        "profile"
    };
    let first = production
        .rows("SELECT email FROM customers ORDER BY id LIMIT 20")
        .await;
    for email in first {
        assert_eq!(
            copy.number(&format!(
                "SELECT count(*) FROM customers WHERE {like} LIKE '%{email}%'"
            ))
            .await,
            0
        );
    }
}

pub(crate) async fn joins_hold(production: &mut Database, copy: &mut Database) {
    for sql in [
        "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id",
        "SELECT count(*) FROM orders o JOIN customers c ON c.email = o.contact_email",
        "SELECT count(DISTINCT email) FROM customers",
        "SELECT count(*) FROM order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id",
        "SELECT count(*) FROM customer_orders",
        "SELECT count(*) FROM payments WHERE amount > 0",
    ] {
        let (before, after) = (production.number(sql).await, copy.number(sql).await);
        assert!(before > 0, "{sql}");
        assert_eq!(before, after, "{sql}");
    }
}

async fn productions_passwords_do_not_open(world: &World, clone: &CloneRecord) {
    let access = clone.access.as_ref().unwrap();
    for (username, password) in [
        (APP.name, APP.password),
        (REPORTS.name, REPORTS.password),
        world.production_master(),
    ] {
        let secret = Secret {
            username: username.into(),
            password: password.into(),
        };
        let entry = Database::login(clone.engine, &access.host, access.port, &access.database, &secret).await;
        assert!(
            entry.is_err(),
            "production's password of {username} opens the clone"
        );
    }
}

async fn the_user_is_no_superuser(engine: Engine, copy: &mut Database) {
    let forbidden: &[&str] = match engine {
        Engine::Postgres => &[
            "SELECT * FROM pg_authid",
            "CREATE ROLE intruder LOGIN",
            "ALTER ROLE shop_app LOGIN PASSWORD 'x'",
            "COPY customers TO '/tmp/leak'",
        ],
        Engine::Mysql => &[
            "SELECT * FROM mysql.global_priv",
            "CREATE USER intruder",
            "ALTER USER shop_app ACCOUNT UNLOCK",
            "SELECT * FROM customers INTO OUTFILE '/tmp/leak'",
        ],
    };
    for sql in forbidden {
        assert!(copy.try_rows(sql).await.is_err(), "the clone's user may `{sql}`");
    }
    copy.rows("INSERT INTO products (id, sku, name, description, price) VALUES (999999, 'x', 'x', 'x', 1)")
        .await;
    copy.rows("CREATE TABLE scratch (id int)").await;
}
