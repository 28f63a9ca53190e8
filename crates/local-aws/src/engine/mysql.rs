//! MariaDB or MySQL as Aurora shows it: `rdsadmin` on the socket, a master without SUPER.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use rustix::process::Signal;

use super::process::run;
use super::{
    Administrator, Engine, EngineKind, Error, Extra, Master, Parameters, Process, RDSADMIN, Result, Server,
    block_on, copy,
};

/// What Aurora MySQL grants its master user, as far as MariaDB knows the names.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.MasterAccounts.html>
const MASTER_GRANTS: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, \
     SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, \
     SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER";

/// The program that makes a fresh data directory leaves `root` without a password: it gives way to `rdsadmin`.
/// Aurora's procedures stand in for the KILL that the master may not say.
const SETUP: &[&str] = &[
    "GRANT ALL PRIVILEGES ON *.* TO 'rdsadmin'@'localhost' WITH GRANT OPTION",
    "DROP DATABASE IF EXISTS test",
    "CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill(IN thread BIGINT) SQL SECURITY DEFINER KILL CONNECTION thread",
    "CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill_query(IN thread BIGINT) SQL SECURITY DEFINER KILL QUERY thread",
];

pub(super) fn make_template(engine: &Engine, path: &Path) -> Result<()> {
    engine.private_folder(path)?;
    let mut command;
    if engine.install.mariadb {
        command = Command::new(
            engine
                .install
                .program(&["mariadb-install-db", "mysql_install_db"])?,
        );
        command.args([
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]);
    } else {
        command = Command::new(&engine.install.server);
        command.args(["--no-defaults", "--initialize-insecure"]);
    }
    command
        .arg(format!("--datadir={}", path.display()))
        .args(COMMON)
        .current_dir("/");
    run(command, engine.run_as.as_ref())?;
    let sockets = engine.socket_folder()?;
    let (process, socket) = spawn(engine, path, sockets, &Parameters::default(), &Extra::default())?;
    let mut server = Server {
        kind: EngineKind::Mysql,
        data: path.to_owned(),
        socket,
        process,
        admin_password: String::new(),
        run_as: engine.run_as.clone(),
    };
    server.wait_until_up("root")?;
    let failed = |error| Error::Mysql("creating Aurora's users", error);
    let admin = text(&engine.admin_password);
    block_on(async {
        let mut root = connect(&server, "root").await?;
        let create = format!("CREATE USER 'rdsadmin'@'localhost' IDENTIFIED BY {admin}");
        root.query_drop(create).await.map_err(failed)?;
        for statement in SETUP {
            root.query_drop(*statement).await.map_err(failed)?;
        }
        let others = "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user
             WHERE user IN ('', 'root', 'mysql', 'PUBLIC') AND host <> ''";
        let others: Vec<String> = root.query(others).await.map_err(failed)?;
        for user in others {
            root.query_drop(format!("DROP USER {user}"))
                .await
                .map_err(failed)?;
        }
        root.disconnect().await.map_err(failed)
    })??;
    server.stop();
    Ok(())
}

/// Small files, so that copies are quick.
const COMMON: [&str; 2] = ["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=48M"];

/// No network: the only way in is the socket. The log is written at each commit, so that a copy of the
/// paused server's files holds every transaction that was acknowledged.
const SERVING: [&str; 7] = [
    "--skip-networking",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--max-connections=60",
    "--max-connect-errors=1000000",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-fast-shutdown=1",
];

pub(super) fn spawn(
    engine: &Engine,
    data: &Path,
    sockets: PathBuf,
    parameters: &Parameters,
    extra: &Extra,
) -> Result<(Process, PathBuf)> {
    let socket = sockets.join("s");
    let mut command = Command::new(&engine.install.server);
    command
        .arg("--no-defaults")
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--pid-file={}", sockets.join("pid").display()))
        .arg(format!("--tmpdir={}", sockets.display()))
        .args(COMMON)
        .args(SERVING);
    if !engine.install.mariadb {
        command.arg("--mysqlx=OFF");
    }
    for (name, value) in parameters.settings(EngineKind::Mysql) {
        command.arg(format!("--{}={value}", name.replace('_', "-")));
    }
    if let Some(port) = extra.port {
        command.args(["--skip-networking=OFF", "--bind-address=127.0.0.1"]);
        command.arg(format!("--port={port}"));
    }
    for (name, value) in &extra.settings {
        command.arg(format!("--{}={value}", name.replace('_', "-")));
    }
    command.current_dir("/");
    let process = Process::spawn(
        command,
        engine.run_as.as_ref(),
        data,
        (Signal::TERM, Signal::KILL),
    )?;
    Ok((process, socket))
}

pub(super) fn answers(server: &Server, admin: &str) -> bool {
    server.socket.exists() && matches!(block_on(connect(server, admin)), Ok(Ok(_)))
}

pub(super) fn provision(server: &Server, master: &Master) -> Result<()> {
    let user = format!("{}@'%'", text(&master.user));
    let mut statements = vec![
        format!("CREATE USER {user} IDENTIFIED BY {}", text(&master.password)),
        format!("GRANT {MASTER_GRANTS} ON *.* TO {user} WITH GRANT OPTION"),
    ];
    if let Some(database) = &master.database {
        statements.push(format!("CREATE DATABASE `{}`", database.replace('`', "``")));
    }
    administer(server, "creating the master user", &statements)
}

pub(super) fn set_password(server: &Server, user: &str, password: &str) -> Result<()> {
    let statement = format!("ALTER USER {}@'%' IDENTIFIED BY {}", text(user), text(password));
    administer(server, "setting the master's password", &[statement])
}

/// Runs statements that hold passwords: they are kept out of the general log.
pub(super) fn administer(server: &Server, what: &'static str, statements: &[String]) -> Result<()> {
    let failed = |error| Error::Mysql(what, error);
    block_on(async {
        let mut admin = connect(server, RDSADMIN).await?;
        admin
            .query_drop("SET SESSION sql_log_off = 1, sql_mode = ''")
            .await
            .map_err(failed)?;
        for statement in statements {
            admin.query_drop(statement).await.map_err(failed)?;
        }
        admin.disconnect().await.map_err(failed)
    })?
}

/// The files of a paused server are what a crash would leave: the copy recovers from them.
pub(super) fn copy_live(server: &Server, to: &Path) -> Result<()> {
    let _paused = Paused::new(&server.process)?;
    copy::tree(&server.data, to, server.run_as.as_ref(), &|_| false)
}

/// A process that stands still until this is dropped.
struct Paused<'a>(&'a Process);

impl<'a> Paused<'a> {
    fn new(process: &'a Process) -> Result<Self> {
        process.signal(Signal::STOP);
        let paused = Self(process);
        let begun = Instant::now();
        while !all_threads_stand_still(process.id()) {
            if begun.elapsed() > Duration::from_secs(5) {
                return Err(Error::NotPaused(process.id()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(paused)
    }
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.0.signal(Signal::CONT);
    }
}

/// A thread in the middle of a write stops only when the write is done.
#[cfg(target_os = "linux")]
fn all_threads_stand_still(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // "pid (name) state …": the name may hold anything, so the state is looked for behind the last ')'.
        stat.rsplit(')')
            .next()
            .is_none_or(|rest| rest.trim_start().starts_with(['T', 't', 'Z', 'X']) || rest.is_empty())
    })
}

#[cfg(not(target_os = "linux"))]
fn all_threads_stand_still(pid: u32) -> bool {
    let said = Command::new("ps")
        .args(["-o", "state=", "-p", &pid.to_string()])
        .output();
    said.is_ok_and(|said| said.stdout.trim_ascii().starts_with(b"T"))
}

/// What the server keeps of a password: `mysql_native_password`'s own.
pub(crate) fn native_hash(password: &str) -> String {
    use sha1::{Digest, Sha1};
    let twice = Sha1::digest(Sha1::digest(password.as_bytes()));
    format!("*{}", hex::encode_upper(twice))
}

/// Who was made with Aurora's plugin has the one password here that this process knows.
pub(super) fn admits_by_token(administrator: &Administrator, user: &str) -> Result<bool> {
    let failed = |error| Error::Mysql("admitting a user by a token", error);
    let who = format!(
        "SELECT COUNT(*) FROM mysql.user WHERE user = {} AND authentication_string = '{}'",
        text(user),
        native_hash(&administrator.token_password())
    );
    block_on(async {
        let mut admin = connect_at(&administrator.socket, RDSADMIN, &administrator.password).await?;
        let users: Option<u64> = admin.query_first(who).await.map_err(failed)?;
        admin.disconnect().await.map_err(failed)?;
        Ok(users.is_some_and(|users| users > 0))
    })?
}

async fn connect(server: &Server, user: &str) -> Result<Conn> {
    connect_at(&server.socket, user, &server.admin_password).await
}

async fn connect_at(socket: &Path, user: &str, password: &str) -> Result<Conn> {
    let options = OptsBuilder::default()
        .socket(socket.to_str())
        .user(Some(user))
        .pass(Some(password).filter(|password| !password.is_empty()))
        .stmt_cache_size(0);
    Conn::new(options)
        .await
        .map_err(|e| Error::Mysql("logging in to a MySQL server of ours", e))
}

/// A text literal.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}
