//! PostgreSQL with Aurora's rights: `rdsadmin` above a master that is no superuser.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use super::{Server, as_ordinary, folder, must, start};

pub const MASTER_PASSWORD: &str = "master-password";

/// Where the newest of the distribution's servers has its programs, if they are not on the PATH.
fn newest() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .map(|version| version.path().join("bin"))
        .filter(|folder| folder.join("postgres").exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_default()
}

/// A server with the database `shop` of the master `dba`.
pub async fn server() -> Server {
    server_of(&newest()).await
}

/// As [`server`], of the programs in a folder that knows pgvector, with the extension in `shop`. As on Aurora, not the
/// master owns it.
pub async fn server_with_vectors() -> Server {
    let Some(programs) = std::env::var_os("DOPPEL_PGVECTOR") else {
        panic!("DOPPEL_PGVECTOR names no PostgreSQL with pgvector: `cargo xtask test` sets it");
    };
    let server = server_of(&PathBuf::from(programs)).await;
    let admin = as_user(&server, "rdsadmin", "admin-password", "shop").await;
    admin.batch_execute("CREATE EXTENSION vector").await.unwrap();
    server
}

async fn server_of(programs: &Path) -> Server {
    let folder = folder();
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, "admin-password").unwrap();
    must(as_ordinary(
        Command::new(programs.join("initdb"))
            .args([
                "-U",
                "rdsadmin",
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ])
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(&data),
    ));
    let server = start(folder, data.clone(), "ready to accept connections", |port| {
        let mut command = Command::new(programs.join("postgres"));
        command
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", ""]);
        command.args([
            "-c",
            "fsync=off",
            "-c",
            "autovacuum=off",
            "-c",
            "log_statement=all",
        ]);
        command.args(["-c", "log_parameter_max_length=-1"]);
        command
    });
    let admin = as_user(&server, "rdsadmin", "admin-password", "postgres").await;
    for statement in [
        &format!("CREATE ROLE dba LOGIN CREATEDB CREATEROLE PASSWORD '{MASTER_PASSWORD}'"),
        "GRANT pg_monitor, pg_signal_backend TO dba WITH ADMIN OPTION",
        "CREATE DATABASE shop OWNER dba",
    ] {
        admin.batch_execute(statement).await.unwrap();
    }
    server
}

pub fn dsn(server: &Server) -> String {
    format!("postgres://dba:{MASTER_PASSWORD}@127.0.0.1:{}/shop", server.port)
}

pub async fn master(server: &Server) -> Client {
    as_user(server, "dba", MASTER_PASSWORD, "shop").await
}

/// Waits until the server takes logins.
pub async fn as_user(server: &Server, user: &str, password: &str, database: &str) -> Client {
    let begin = Instant::now();
    loop {
        match login(server, user, password, database).await {
            Ok(client) => return client,
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
) -> Result<Client, tokio_postgres::Error> {
    let config = format!(
        "host=127.0.0.1 port={} user={user} password={password} dbname={database}",
        server.port
    );
    let (client, connection) = tokio_postgres::connect(&config, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Every row of a query as text, NULL as `-`.
pub async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let messages = client
        .simple_query(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = |row: &tokio_postgres::SimpleQueryRow| {
        (0..row.len())
            .map(|at| row.get(at).unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
            .join("|")
    };
    messages
        .iter()
        .filter_map(|message| {
            if let tokio_postgres::SimpleQueryMessage::Row(found) = message {
                Some(row(found))
            } else {
                None
            }
        })
        .collect()
}

/// The first value of a query.
pub async fn one(client: &Client, sql: &str) -> String {
    texts(client, sql).await.into_iter().next().unwrap_or_default()
}
