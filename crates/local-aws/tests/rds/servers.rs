//! Real servers behind the API: who may do what, what is loaded, what is left.

use std::path::PathBuf;

use aws_sdk_rds::types::{Parameter, Tag};
use local_aws::engine::EngineKind;
use local_aws::rds::SourceSpec;
use mysql_async::prelude::Queryable;

use crate::support::{World, mysql, postgres, processes_naming, until};

#[tokio::test]
async fn postgresqls_master_is_no_superuser() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let master = postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    let row = master
        .query_one("SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = 'postgres'", &[])
        .await
        .unwrap();
    let rights: Vec<bool> = (0..4).map(|i| row.get(i)).collect();
    assert_eq!(rights, [false, true, true, false]);
    let hashes = master
        .query("SELECT rolpassword FROM pg_authid", &[])
        .await
        .unwrap_err();
    assert_eq!(hashes.code().unwrap().code(), "42501", "{hashes}");
    let file = master
        .query("SELECT pg_read_file('pg_hba.conf')", &[])
        .await
        .unwrap_err();
    assert_eq!(file.code().unwrap().code(), "42501", "{file}");
    master
        .batch_execute("CREATE ROLE app LOGIN PASSWORD 'app-password'; GRANT rds_iam TO app")
        .await
        .unwrap();
    master
        .batch_execute("CREATE TABLE t (id int); CREATE EXTENSION citext")
        .await
        .unwrap();
    let owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = 'shop'";
    assert_eq!(
        master.query_one(owner, &[]).await.unwrap().get::<_, String>(0),
        "postgres"
    );
    let monitors: bool = master
        .query_one("SELECT pg_has_role('postgres', 'pg_monitor', 'member')", &[])
        .await
        .unwrap()
        .get(0);
    assert!(monitors);

    let forged = postgres(source.port, "postgres", "not-the-password", "shop")
        .await
        .unwrap_err();
    assert_eq!(forged.code().unwrap().code(), "28P01", "{forged}");
    assert!(
        postgres(source.port, "rdsadmin", "", "postgres").await.is_err(),
        "the administrator has no way in"
    );
    world.rds.shutdown().await;
}

#[tokio::test]
async fn mysqls_master_has_no_super() {
    let world = World::start().await;
    let source = world.source(EngineKind::Mysql).await;
    let mut master = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    let grants: Vec<String> = master.query("SHOW GRANTS").await.unwrap();
    let all = grants.join("\n");
    assert!(
        !all.contains("SUPER") && !all.contains("FILE") && !all.contains("ALL PRIVILEGES"),
        "{all}"
    );
    assert!(
        all.contains("CREATE USER") && all.contains("WITH GRANT OPTION"),
        "{all}"
    );
    master.query_drop("CREATE TABLE t (id INT)").await.unwrap();
    master
        .query_drop("CREATE USER app@'%' IDENTIFIED BY 'app-password'")
        .await
        .unwrap();
    master
        .query_drop("SET GLOBAL max_connections = 5")
        .await
        .unwrap_err();
    let other = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    let kill = format!("CALL mysql.rds_kill({})", other.id());
    master.query_drop(kill).await.unwrap();
    let listed = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {}",
        other.id()
    );
    until("the other session is gone", async || {
        let mut look = mysql(source.port, "admin", &source.master_password)
            .await
            .unwrap();
        let left: Option<u64> = look.query_first(&listed).await.unwrap();
        look.disconnect().await.unwrap();
        left == Some(0)
    })
    .await;
    assert!(mysql(source.port, "admin", "not-the-password").await.is_err());
    drop(master);
    world.rds.shutdown().await;
}

#[tokio::test]
async fn nothing_is_left_after_shutdown() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    world
        .rds
        .create_source(SourceSpec::new("legacy", EngineKind::Mysql, "shop"))
        .await
        .unwrap();
    world.clone("copy", "sg-default").await;
    assert!(
        processes_naming(world.home.path()).len() >= 3,
        "three servers run"
    );
    world.rds.shutdown().await;
    assert_eq!(processes_naming(world.home.path()), Vec::<String>::new());
    assert!(!world.home.path().exists(), "every file is gone");
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", source.port))
            .await
            .is_err(),
        "the port is closed"
    );
}

#[tokio::test]
async fn a_parameter_group_is_obeyed() {
    let world = World::start().await;
    let create = world
        .client
        .create_db_cluster_parameter_group()
        .db_cluster_parameter_group_name("events-on");
    create
        .db_parameter_group_family("aurora-mysql8.0")
        .description("events run")
        .send()
        .await
        .unwrap();
    let modify = world
        .client
        .modify_db_cluster_parameter_group()
        .db_cluster_parameter_group_name("events-on");
    let on = Parameter::builder()
        .parameter_name("event_scheduler")
        .parameter_value("ON")
        .build();
    modify.parameters(on).send().await.unwrap();
    let spec = SourceSpec {
        parameter_group: Some("events-on".into()),
        ..SourceSpec::new("production", EngineKind::Mysql, "shop")
    };
    let source = world.rds.create_source(spec).await.unwrap();
    let mut master = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    master
        .query_drop("CREATE TABLE ticks (at DATETIME)")
        .await
        .unwrap();
    master
        .query_drop("CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ticks VALUES (NOW())")
        .await
        .unwrap();
    until("the event ran", async || {
        let mut look = mysql(source.port, "admin", &source.master_password)
            .await
            .unwrap();
        let ticks: Option<u64> = look.query_first("SELECT COUNT(*) FROM ticks").await.unwrap();
        look.disconnect().await.unwrap();
        ticks > Some(0)
    })
    .await;
    drop(master);

    // A restore resets the group to the default one, under which no event runs.
    world.clone("copy", "sg-default").await;
    assert_eq!(
        world.cluster("copy").await.db_cluster_parameter_group(),
        Some("default.aurora-mysql8.0")
    );
    let mut copy = mysql(world.port("copy").await, "admin", &source.master_password)
        .await
        .unwrap();
    let scheduler: Option<String> = copy.query_first("SELECT @@event_scheduler").await.unwrap();
    assert_eq!(scheduler.as_deref(), Some("OFF"));
    drop(copy);
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_public_dump_loads_into_postgresql() {
    let Some(folder) = sakila() else { return };
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    for file in ["postgres-sakila-schema.sql", "postgres-sakila-data.sql"] {
        world
            .rds
            .load_sql("production", &folder.join(file))
            .await
            .unwrap();
    }
    let master = postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    let customers: i64 = master
        .query_one("SELECT count(*) FROM customer", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(customers, 599);
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_public_dump_loads_into_mysql() {
    let Some(folder) = sakila() else { return };
    let world = World::start().await;
    let source = world.source(EngineKind::Mysql).await;
    for file in ["mysql-sakila-schema.sql", "mysql-sakila-data.sql"] {
        world
            .rds
            .load_sql("production", &folder.join(file))
            .await
            .unwrap();
    }
    let mut master = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    let customers: Option<u64> = master
        .query_first("SELECT COUNT(*) FROM sakila.customer")
        .await
        .unwrap();
    assert_eq!(customers, Some(599));
    drop(master);
    world.rds.shutdown().await;
}

/// The public sample database, where the machine has it: it is no part of the repository.
fn sakila() -> Option<PathBuf> {
    std::env::var_os("DOPPEL_SAKILA").map(PathBuf::from)
}

#[tokio::test]
async fn a_dump_is_loaded_or_its_failure_told_without_values() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let dump = world.home.path().join("dump.sql");
    std::fs::write(
        &dump,
        "CREATE TABLE c (email text UNIQUE);\nINSERT INTO c VALUES ('ann@example.org');\n",
    )
    .unwrap();
    world.rds.load_sql("production", &dump).await.unwrap();
    let refused = world
        .rds
        .load_sql("production", &dump)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("dump.sql:1") && refused.contains("dump.sql:2: 23505"),
        "{refused}"
    );
    assert!(!refused.contains("ann@example.org"), "{refused}");

    let custom = world.home.path().join("dump.custom");
    let made = std::process::Command::new("pg_dump")
        .args(["--format=custom", "--file"])
        .arg(&custom)
        .arg(&source.dsn)
        .status()
        .unwrap();
    assert!(made.success());
    let spec = SourceSpec::new("second", EngineKind::Postgres, "shop");
    let second = world.rds.create_source(spec).await.unwrap();
    world.rds.load_sql("second", &custom).await.unwrap();
    let master = postgres(second.port, "postgres", &second.master_password, "shop")
        .await
        .unwrap();
    let email: String = master.query_one("SELECT email FROM c", &[]).await.unwrap().get(0);
    assert_eq!(email, "ann@example.org");
    world.rds.shutdown().await;
}

#[tokio::test]
async fn a_new_password_counts_and_the_old_one_does_not() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let client = &world.client;
    let restore = client
        .restore_db_cluster_to_point_in_time()
        .source_db_cluster_identifier("production");
    let restore = restore
        .db_cluster_identifier("copy")
        .restore_type("copy-on-write")
        .use_latest_restorable_time(true);
    restore
        .tags(Tag::builder().key("a").value("ä b").build())
        .send()
        .await
        .unwrap();
    world.cluster_is("copy", "available").await;
    // No instance runs yet, so the password waits for one.
    let modify = client
        .modify_db_cluster()
        .db_cluster_identifier("copy")
        .master_user_password("only-the-worker-knows");
    modify.send().await.unwrap();
    world.cluster_is("copy", "available").await;
    let pending = world.cluster("copy").await.pending_modified_values().cloned();
    assert!(pending.is_some_and(|values| values.master_user_password().is_some()));
    world.instance("copy", "db.t4g.medium").await.unwrap();
    world.instance_is("copy-1", "available").await;
    assert!(world.cluster("copy").await.pending_modified_values().is_none());
    let port = world.port("copy").await;
    assert!(
        postgres(port, "postgres", &source.master_password, "shop")
            .await
            .is_err()
    );
    postgres(port, "postgres", "only-the-worker-knows", "shop")
        .await
        .unwrap();
    world.set_password("copy", "another-password").await;
    assert!(
        postgres(port, "postgres", "only-the-worker-knows", "shop")
            .await
            .is_err()
    );
    postgres(port, "postgres", "another-password", "shop")
        .await
        .unwrap();
    postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    world.rds.shutdown().await;
}
