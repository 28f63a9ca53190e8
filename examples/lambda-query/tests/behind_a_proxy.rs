//! The function behind the proxy of a clone, in an embedded AWS.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

use domain::policy::Engine;
use lambda_query::{Function, Settings};
use serde_json::json;
use specs::{ALICE, World};

#[tokio::test]
async fn invocations_share_a_connection_and_replace_one_that_was_cut() {
    let world = World::builder().engine(Engine::Mysql).start().await;
    world.asks(ALICE, "/clone production db.r6g.large proxy").await;
    let clone = world.handed_over().await;
    let access = clone.access.clone().unwrap();
    let mut database = world.open(&clone).await;
    database
        .rows("CREATE TABLE sample (id INT, value VARCHAR(10))")
        .await;
    database
        .rows("INSERT INTO sample VALUES (1, 'taro'), (2, 'hanako')")
        .await;

    let proxy = access.proxy.clone().unwrap();
    assert_ne!(
        proxy.port, access.port,
        "the proxy is no other name of the database"
    );
    let settings = Settings {
        endpoint: proxy.host,
        port: proxy.port,
        database: access.database.clone(),
        secret: access.secret.clone(),
        authorities: Some(world.local().addresses().db_ca.clone()),
    };
    let function = Function::new(settings, world.local().config());
    let expected = json!([[1, "taro"], [2, "hanako"]]);
    let connections = "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() ORDER BY id";
    assert_eq!(json!(function.handle().await.unwrap()), expected);
    let first = database.rows(connections).await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(json!(function.handle().await.unwrap()), expected);
    assert_eq!(
        database.rows(connections).await,
        first,
        "the second invocation used the first one's"
    );

    database.rows(&format!("KILL {}", first[0])).await;
    assert_eq!(json!(function.handle().await.unwrap()), expected);
    let third = database.rows(connections).await;
    assert_ne!(third, first);
    world.stop().await;
}
