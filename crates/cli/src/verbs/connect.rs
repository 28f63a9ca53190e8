//! `doppel connect`: a database client on a clone, without its password ever being on a command line.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;

use domain::CloneRecord;
use domain::policy::Engine;
use runtime::Login;
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::process::Command;

use crate::account::Account;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::pick::pick;

/// How to get in.
struct Way {
    engine: Engine,
    host: String,
    port: u16,
    database: String,
    login: Login,
}

pub async fn run(account: &Account, id: &str, print: bool, rest: &[String], json: bool) -> Result<(), Stop> {
    let record = pick(account.records.list_alive().await?, id)?;
    let way = way(account, &record).await?;
    if json {
        return output::json(&json!({
            "host": way.host, "port": way.port, "database": way.database,
            "user": way.login.username, "password": way.login.password.expose_secret(), "dsn": way.dsn(),
        }));
    }
    if print {
        return output::line(&way.dsn());
    }
    let status = match way.engine {
        Engine::Postgres => psql(&way, rest).await?,
        Engine::Mysql => mysql(&way, rest).await?,
    };
    if status.success() {
        Ok(())
    } else {
        Err(Exit::Failed.with(format!("the client ended with {status}")))
    }
}

async fn way(account: &Account, record: &CloneRecord) -> Result<Way, Stop> {
    let Some(access) = record
        .access
        .as_ref()
        .filter(|_| record.state == domain::CloneState::Ready)
    else {
        return Err(Exit::Failed.with(format!(
            "{} is {}, so nobody may connect to it",
            record.id, record.state
        )));
    };
    Ok(Way {
        engine: record.engine,
        host: access.host.clone(),
        port: access.port,
        database: access.database.clone(),
        login: account.secrets().login(&access.secret).await?,
    })
}

impl Way {
    /// User names and passwords that doppel makes need no escaping in a URL.
    fn dsn(&self) -> String {
        let (user, password) = (&self.login.username, self.login.password.expose_secret());
        format!(
            "{}://{user}:{password}@{}:{}/{}",
            self.engine.scheme(),
            self.host,
            self.port,
            self.database
        )
    }
}

async fn psql(way: &Way, rest: &[String]) -> Result<std::process::ExitStatus, Stop> {
    let mut command = Command::new("psql");
    command
        .env("PGPASSWORD", way.login.password.expose_secret())
        .args([
            "-h",
            &way.host,
            "-p",
            &way.port.to_string(),
            "-U",
            &way.login.username,
            "-d",
            &way.database,
        ])
        .args(rest);
    match command.status().await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Exit::Failed.with("psql is not installed; `doppel connect --print` prints the DSN"))
        }
        status => Ok(status?),
    }
}

async fn mysql(way: &Way, rest: &[String]) -> Result<std::process::ExitStatus, Stop> {
    // Readable by its owner alone, and gone when the client ends.
    let mut file = tempfile::Builder::new()
        .prefix("doppel-connect-")
        .suffix(".cnf")
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile()?;
    write!(
        file,
        "[client]\nhost={}\nport={}\nprotocol=tcp\nuser={}\npassword=\"{}\"\n",
        way.host,
        way.port,
        way.login.username,
        way.login.password.expose_secret()
    )?;
    file.flush()?;
    let defaults = format!("--defaults-extra-file={}", file.path().display());
    for client in ["mariadb", "mysql"] {
        match Command::new(client)
            .arg(&defaults)
            .arg(&way.database)
            .args(rest)
            .status()
            .await
        {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            status => return Ok(status?),
        }
    }
    Err(Exit::Failed.with("neither mariadb nor mysql is installed; `doppel connect --print` prints the DSN"))
}
