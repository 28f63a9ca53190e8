//! Real servers behind the API: who may do what, what is loaded, what is left.

use aws_sdk_rds::types::{Parameter, Tag};
use local_aws::Time;
use local_aws::engine::EngineKind;
use local_aws::rds::{Error, Options, Rds, SourceSpec};
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

/// As pg_dump of an old server with a superuser writes it: circular foreign keys, a setting that is gone, and
/// an owner that a master user may not set.
const OLD_POSTGRESQL_DUMP: &str = r#"
CREATE OR REPLACE PROCEDURAL LANGUAGE plpgsql;
ALTER PROCEDURAL LANGUAGE plpgsql OWNER TO postgres;
SET default_with_oids = false;
CREATE TABLE store (id int PRIMARY KEY, manager int NOT NULL);
ALTER TABLE public.store OWNER TO postgres;
CREATE TABLE staff (id int PRIMARY KEY, store int NOT NULL REFERENCES store, touched timestamp);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched = now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE INSERT ON staff FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE store ADD CONSTRAINT store_manager FOREIGN KEY (manager) REFERENCES staff;
ALTER TABLE store DISABLE TRIGGER ALL;
COPY store (id, manager) FROM stdin;
1	1
2	2
\.
ALTER TABLE store ENABLE TRIGGER ALL;
ALTER TABLE staff DISABLE TRIGGER ALL;
INSERT INTO staff (id, store) VALUES (1, 1), (2, 2);
ALTER TABLE staff ENABLE TRIGGER ALL;
"#;

#[tokio::test]
async fn a_superusers_dump_loads_into_postgresql() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let dump = world.home.path().join("dump.sql");
    std::fs::write(&dump, OLD_POSTGRESQL_DUMP).unwrap();
    world.rds.load_sql("production", &dump).await.unwrap();
    let master = postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    let loaded = "SELECT (SELECT count(*) FROM store), (SELECT count(*) FROM staff WHERE touched IS NULL)";
    let loaded = master.query_one(loaded, &[]).await.unwrap();
    assert_eq!(
        (loaded.get::<_, i64>(0), loaded.get::<_, i64>(1)),
        (2, 2),
        "no trigger ran, no key stood in the way"
    );
    world.rds.shutdown().await;
}

/// As mysqldump writes it, with a schema of its own.
const MYSQL_DUMP: &str = "
DROP SCHEMA IF EXISTS museum; CREATE SCHEMA museum; USE museum;
CREATE TABLE visitor (id INT PRIMARY KEY, name VARCHAR(40) CHARACTER SET utf8mb4, upper_name VARCHAR(40));
DELIMITER ;;
CREATE TRIGGER upper BEFORE INSERT ON visitor FOR EACH ROW BEGIN SET NEW.upper_name = UPPER(NEW.name); END;;
CREATE PROCEDURE visitors(OUT n INT) READS SQL DATA BEGIN SELECT COUNT(*) INTO n FROM visitor; END;;
DELIMITER ;
CREATE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW names AS SELECT name FROM visitor;
INSERT INTO visitor (id, name) VALUES (1, 'Zoë');
";

#[tokio::test]
async fn a_dump_loads_into_mysql() {
    let world = World::start().await;
    let source = world.source(EngineKind::Mysql).await;
    let dump = world.home.path().join("dump.sql");
    std::fs::write(&dump, MYSQL_DUMP).unwrap();
    world.rds.load_sql("production", &dump).await.unwrap();
    let mut master = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    let names: Vec<(String, String)> = master
        .query("SELECT name, upper_name FROM museum.visitor")
        .await
        .unwrap();
    assert_eq!(names, [("Zoë".into(), "ZOË".into())]);
    std::fs::write(
        &dump,
        "USE museum; INSERT INTO visitor (id, name) VALUES (1, 'Ann');",
    )
    .unwrap();
    let refused = world
        .rds
        .load_sql("production", &dump)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("1062") && refused.contains("line 1") && !refused.contains("'1'"),
        "{refused}"
    );
    drop(master);
    world.rds.shutdown().await;
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
    // The dump's own connection passes through this runtime, so it must not be blocked meanwhile.
    let mut pg_dump = tokio::process::Command::new("pg_dump");
    pg_dump
        .args(["--format=custom", "--file"])
        .arg(&custom)
        .arg(&source.dsn);
    assert!(pg_dump.status().await.unwrap().success());
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

/// A process of its own for the next test: it starts two servers, says so, and waits to be killed. Run as a test
/// like any other, nobody named a folder, and it has nothing to do.
#[tokio::test]
async fn waits_to_be_killed() {
    let Some(home) = std::env::var_os("LOCAL_AWS_KILLED_HOME") else {
        return;
    };
    let rds = Rds::new(Time::wall(), Options::new(home)).unwrap();
    rds.create_source(SourceSpec::new("first", EngineKind::Postgres, "shop"))
        .await
        .unwrap();
    rds.create_source(SourceSpec::new("second", EngineKind::Mysql, "shop"))
        .await
        .unwrap();
    println!("both run");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn servers_die_with_a_program_that_is_killed() {
    use tokio::io::AsyncBufReadExt;
    let home = tempfile::tempdir().unwrap();
    let mut program = tokio::process::Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "servers::waits_to_be_killed", "--nocapture"])
        .env("LOCAL_AWS_KILLED_HOME", home.path());
    let mut program = program.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(program.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.ends_with("both run") {
            break;
        }
    }
    assert!(processes_naming(home.path()).len() >= 2, "two servers run");
    let second = Rds::new(Time::wall(), Options::new(home.path())).unwrap_err();
    assert!(matches!(second, Error::InUse(_)), "{second}");
    program.kill().await.unwrap();
    until("the servers are gone", async || {
        processes_naming(home.path()).is_empty()
    })
    .await;

    let next = Rds::new(Time::wall(), Options::new(home.path())).unwrap();
    let left: Vec<_> = std::fs::read_dir(home.path().join("data"))
        .unwrap()
        .flatten()
        .collect();
    assert!(left.is_empty(), "{left:?}");
    next.shutdown().await;
    assert!(!home.path().exists());
}
