//! MariaDB with the rights of Aurora MySQL's master: no SUPER.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, Row};

use super::{Server, as_ordinary, folder, must, start};

pub const MASTER_PASSWORD: &str = "master-password";

const MASTER_GRANTS: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, \
     CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, \
     ALTER ROUTINE, CREATE USER, EVENT, TRIGGER";

fn program(name: &str) -> PathBuf {
    ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
        .iter()
        .map(|folder| PathBuf::from(folder).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

/// A server with the database `shop` and the master `dba`; `rdsadmin` is above it.
pub async fn server() -> Server {
    let folder = folder();
    let data = folder.path().join("data");
    let first = folder.path().join("first.sql");
    let sql = format!(
        "CREATE USER 'rdsadmin'@'%' IDENTIFIED BY 'admin-password';\nGRANT ALL PRIVILEGES ON *.* TO 'rdsadmin'@'%' WITH GRANT OPTION;\n\
         CREATE PROCEDURE mysql.rds_kill(IN thread BIGINT) SQL SECURITY DEFINER KILL CONNECTION thread;\n\
         CREATE USER 'dba'@'%' IDENTIFIED BY '{MASTER_PASSWORD}';\nGRANT {MASTER_GRANTS} ON *.* TO 'dba'@'%' WITH GRANT OPTION;\n\
         DROP USER IF EXISTS ''@'localhost';\nDROP USER IF EXISTS 'mysql'@'localhost';\nDELETE FROM mysql.global_priv WHERE user IN ('root', 'mysql', '') OR user LIKE '%@%';\nFLUSH PRIVILEGES;\nCREATE DATABASE shop CHARACTER SET utf8mb4;\n"
    );
    std::fs::write(&first, sql).unwrap();
    must(as_ordinary(
        Command::new(program("mariadb-install-db"))
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .args([
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            ])
            .arg(format!("--tmpdir={}", folder.path().display())),
    ));
    let server = start(folder, data.clone(), "ready for connections", |port| {
        let mut command = Command::new(program("mariadbd"));
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--init-file={}", first.display()))
            .arg(format!("--socket={}", data.join("s").display()))
            .arg(format!("--tmpdir={}", data.display()))
            .arg(format!("--port={port}"));
        command.args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--event-scheduler=OFF",
        ]);
        command.args(["--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=2"]);
        command
    });
    let _ = as_user(&server, "dba", MASTER_PASSWORD, "shop").await;
    server
}

pub fn dsn(server: &Server) -> String {
    format!("mysql://dba:{MASTER_PASSWORD}@127.0.0.1:{}/shop", server.port)
}

pub async fn master(server: &Server) -> Conn {
    as_user(server, "dba", MASTER_PASSWORD, "shop").await
}

/// Waits until the server takes logins.
pub async fn as_user(server: &Server, user: &str, password: &str, database: &str) -> Conn {
    let begin = Instant::now();
    loop {
        match login(server, user, password, database).await {
            Ok(conn) => return conn,
            Err(error) => assert!(
                begin.elapsed() < Duration::from_secs(30),
                "{user} cannot log in: {error}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn login(
    server: &Server,
    user: &str,
    password: &str,
    database: &str,
) -> Result<Conn, mysql_async::Error> {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server.port)
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some(database))
        .prefer_socket(Some(false));
    Conn::new(options).await
}

/// Runs a script; statements end with a semicolon at the end of a line.
pub async fn script(conn: &mut Conn, sql: &str) {
    for statement in sql
        .split(";\n")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
    {
        conn.query_drop(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// Every row of a query as text, NULL as `-`.
pub async fn texts(conn: &mut Conn, sql: &str) -> Vec<String> {
    let rows: Vec<Row> = conn
        .query(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = |row: Row| {
        let values = row.unwrap();
        let texts = values.into_iter().map(|value| match value {
            mysql_async::Value::NULL => "-".to_owned(),
            mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => other.as_sql(true),
        });
        texts.collect::<Vec<_>>().join("|")
    };
    rows.into_iter().map(text).collect()
}

/// The first value of a query.
pub async fn one(conn: &mut Conn, sql: &str) -> String {
    texts(conn, sql).await.into_iter().next().unwrap_or_default()
}
