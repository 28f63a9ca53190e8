//! Clones of live servers: consistent, and independent of their source.

use local_aws::engine::EngineKind;
use mysql_async::prelude::Queryable;

use crate::support::{World, mysql, postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_clone_taken_under_load_is_consistent_and_independent() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let master = postgres(source.port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    let setup = "CREATE TABLE a (id serial PRIMARY KEY, batch int NOT NULL, v text);
                 CREATE TABLE b (id serial PRIMARY KEY, batch int NOT NULL);
                 CREATE INDEX ON a (v);
                 INSERT INTO a (batch, v) SELECT 0, md5(i::text) FROM generate_series(1, 100000) i";
    master.batch_execute(setup).await.unwrap();
    let writers: Vec<_> = (0..2)
        .map(|n| tokio::spawn(write_postgres(source.port, source.master_password.clone(), n)))
        .collect();
    let acknowledged: i32 = loop {
        let max = master
            .query_one("SELECT coalesce(max(batch), 0) FROM b", &[])
            .await
            .unwrap()
            .get(0);
        if max > 20 {
            break max;
        }
    };
    world.clone("copy", "sg-default").await;
    for writer in writers {
        writer.abort();
    }
    let copy = postgres(
        world.port("copy").await,
        "postgres",
        &source.master_password,
        "shop",
    )
    .await
    .unwrap();
    let torn = "SELECT count(*) FROM (SELECT batch FROM a WHERE batch > 0 EXCEPT SELECT batch FROM b) x";
    assert_eq!(
        copy.query_one(torn, &[]).await.unwrap().get::<_, i64>(0),
        0,
        "no half of a transaction"
    );
    let there: i32 = copy
        .query_one("SELECT max(batch) FROM b", &[])
        .await
        .unwrap()
        .get(0);
    assert!(
        there >= acknowledged,
        "all that was acknowledged before the restore is there"
    );
    check_pages(&world).await;

    let copy = postgres(
        world.port("copy").await,
        "postgres",
        &source.master_password,
        "shop",
    )
    .await
    .unwrap();
    copy.batch_execute("DROP TABLE a").await.unwrap();
    let left: i64 = master
        .query_one("SELECT count(*) FROM a", &[])
        .await
        .unwrap()
        .get(0);
    assert!(left > 100_000);
    world.delete("copy").await;
    master.query_one("SELECT count(*) FROM a", &[]).await.unwrap();
    world.rds.shutdown().await;
}

async fn write_postgres(port: u16, password: String, writer: i32) {
    let mut client = postgres(port, "postgres", &password, "shop").await.unwrap();
    for batch in 1.. {
        let batch = batch * 2 + writer;
        let transaction = client.transaction().await.unwrap();
        let insert = "INSERT INTO a (batch, v) SELECT $1, md5(random()::text) FROM generate_series(1, 50)";
        transaction.execute(insert, &[&batch]).await.unwrap();
        transaction
            .execute("UPDATE a SET v = md5(v) WHERE id % 997 = $1", &[&(batch % 997)])
            .await
            .unwrap();
        transaction
            .execute("INSERT INTO b (batch) VALUES ($1)", &[&batch])
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
}

/// amcheck needs a superuser, whom nobody outside knows: so the stopped copy's files are checked by a server of
/// the test's own, on a copy of them, with the password taken out of its rules.
async fn check_pages(world: &World) {
    let data = world.home.path().join("data");
    let copy = std::fs::read_dir(data)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let copy = copy
        .into_iter()
        .find(|path| path.is_dir() && path.file_name().unwrap().to_string_lossy().starts_with("copy-"));
    let copy = copy.unwrap();
    let stop = world
        .client
        .stop_db_cluster()
        .db_cluster_identifier("copy")
        .send()
        .await;
    stop.unwrap();
    world.cluster_is("copy", "stopped").await;
    let script = r#"set -e
        bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1); bin=${bin:-$(dirname "$(command -v postgres)")}
        work=$(mktemp -d /tmp/amcheck.XXXXXX); trap 'rm -rf "$work"' EXIT
        cp -a "$0" "$work/data"; echo 'local all all trust' > "$work/data/pg_hba.conf"
        echo "unix_socket_directories = '$work'" >> "$work/data/postgresql.conf"
        as=""; if [ "$(id -u)" = 0 ]; then owner=$(stat -c %U "$0"); chown "$owner" "$work" "$work/data/pg_hba.conf"; as="setpriv --reuid=$owner --regid=$(id -g "$owner") --clear-groups"; fi
        $as "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start >/dev/null
        "$bin/psql" -qX -h "$work" -U rdsadmin shop -c 'CREATE EXTENSION amcheck'
        "$bin/pg_amcheck" -h "$work" -U rdsadmin --heapallindexed --database=shop; code=$?
        $as "$bin/pg_ctl" -D "$work/data" -w -m immediate stop >/dev/null
        exit $code"#;
    let checked = std::process::Command::new("bash")
        .args(["-c", script])
        .arg(&copy)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[checked.stdout, checked.stderr].concat()).into_owned();
    assert!(checked.status.success(), "{said}");
    world
        .client
        .start_db_cluster()
        .db_cluster_identifier("copy")
        .send()
        .await
        .unwrap();
    world.cluster_is("copy", "available").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mysql_clone_taken_under_load_is_consistent_and_independent() {
    let world = World::start().await;
    let source = world.source(EngineKind::Mysql).await;
    let mut master = mysql(source.port, "admin", &source.master_password)
        .await
        .unwrap();
    for statement in [
        "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, batch INT NOT NULL, v VARCHAR(64), KEY (v)) ENGINE=InnoDB",
        "CREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY, batch INT NOT NULL) ENGINE=InnoDB",
        "INSERT INTO a (batch, v) SELECT 0, MD5(seq) FROM seq_1_to_50000",
    ] {
        master.query_drop(statement).await.unwrap();
    }
    let writers: Vec<_> = (0..2)
        .map(|n| tokio::spawn(write_mysql(source.port, source.master_password.clone(), n)))
        .collect();
    let acknowledged = loop {
        let max: Option<Option<i32>> = master.query_first("SELECT MAX(batch) FROM b").await.unwrap();
        if let Some(Some(max @ 21..)) = max {
            break max;
        }
    };
    world.clone("copy", "sg-default").await;
    for writer in writers {
        writer.abort();
    }
    let mut copy = mysql(world.port("copy").await, "admin", &source.master_password)
        .await
        .unwrap();
    for table in ["a", "b"] {
        let check: Vec<(String, String, String, String)> =
            copy.query(format!("CHECK TABLE {table} EXTENDED")).await.unwrap();
        assert_eq!(check.last().unwrap().3, "OK", "{check:?}");
    }
    let torn = "SELECT COUNT(DISTINCT batch) FROM a WHERE batch > 0 AND batch NOT IN (SELECT batch FROM b)";
    assert_eq!(
        copy.query_first::<u64, _>(torn).await.unwrap(),
        Some(0),
        "no half of a transaction"
    );
    let there: Option<i32> = copy.query_first("SELECT MAX(batch) FROM b").await.unwrap();
    assert!(
        there >= Some(acknowledged),
        "all that was acknowledged before the restore is there"
    );
    copy.query_drop("DROP TABLE a").await.unwrap();
    let left: Option<u64> = master.query_first("SELECT COUNT(*) FROM a").await.unwrap();
    assert!(left >= Some(50_000));
    drop((master, copy));
    world.rds.shutdown().await;
}

async fn write_mysql(port: u16, password: String, writer: i32) {
    let mut conn = mysql(port, "admin", &password).await.unwrap();
    for batch in 1.. {
        let batch = batch * 2 + writer;
        conn.query_drop("START TRANSACTION").await.unwrap();
        let insert = format!("INSERT INTO a (batch, v) SELECT {batch}, MD5(RAND()) FROM seq_1_to_50");
        conn.query_drop(insert).await.unwrap();
        conn.query_drop(format!("INSERT INTO b (batch) VALUES ({batch})"))
            .await
            .unwrap();
        conn.query_drop("COMMIT").await.unwrap();
    }
}
