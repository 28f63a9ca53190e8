//! PostgreSQL as Aurora shows it: `rdsadmin` above a master user that is no superuser.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tokio_postgres::{Client, NoTls};

use super::process::run;
use super::{
    Administrator, Engine, EngineKind, Error, Extra, Master, Parameters, Process, RDSADMIN, Result, Server,
    block_on, copy, file_error,
};

/// The port that names the socket of a server without a port of its own.
const PORT: u16 = 5432;

/// Nobody is trusted: even the administrator shows a password.
const HBA: &str = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";

/// Cheap, and safe enough: these servers need not survive a power cut.
/// Statements that fail are not logged: they hold values.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 60
shared_buffers = 32MB
fsync = off
full_page_writes = on
wal_level = replica
max_wal_senders = 4
max_replication_slots = 10
min_wal_size = 32MB
max_wal_size = 1GB
jit = off
huge_pages = off
password_encryption = scram-sha-256
log_min_error_statement = panic
";

/// The roles that every Aurora cluster has, and the database of `rdsadmin`.
const ROLES: &[&str] = &[
    "CREATE ROLE rds_superuser NOLOGIN",
    "CREATE ROLE rds_iam NOLOGIN",
    "CREATE ROLE rds_replication NOLOGIN",
    "CREATE ROLE rds_password NOLOGIN",
    "GRANT pg_monitor, pg_signal_backend, rds_iam, rds_replication, rds_password TO rds_superuser WITH ADMIN OPTION",
    "CREATE DATABASE rdsadmin",
    "REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC",
];

/// Aurora lets `rds_superuser` set what loads a dump with circular foreign keys. Before PostgreSQL 15 such a right
/// could not be granted.
const SETTINGS_RIGHT: &str = "GRANT SET ON PARAMETER session_replication_role TO rds_superuser";

pub(super) fn make_template(engine: &Engine, path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    let password = parent.join("initdb.password");
    engine.private_folder(path)?;
    std::fs::write(&password, &engine.admin_password).map_err(file_error("writing", &password))?;
    engine.give_away(&password)?;
    let mut initdb = Command::new(engine.install.server.with_file_name("initdb"));
    initdb
        .arg("--pgdata")
        .arg(path)
        .arg(format!("--pwfile={}", password.display()))
        .args([
            "--username",
            RDSADMIN,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-sync",
            "--data-checksums",
            // A clone copies the log too.
            "--wal-segsize=4",
        ])
        .arg(if cfg!(target_os = "macos") {
            "--locale=en_US.UTF-8"
        } else {
            "--locale=C.UTF-8"
        })
        .current_dir("/");
    let made = run(initdb, engine.run_as.as_ref());
    std::fs::remove_file(&password).map_err(file_error("removing", &password))?;
    made?;
    let server = engine.start(path, &Parameters::default())?;
    block_on(async {
        let client = connect(&server, "postgres").await?;
        let with_rights = server_version(&client)
            .await
            .is_ok_and(|version| version >= 150_000);
        for statement in ROLES.iter().chain(with_rights.then_some(&SETTINGS_RIGHT)) {
            client
                .batch_execute(statement)
                .await
                .map_err(|e| Error::Postgres("creating Aurora's roles", e))?;
        }
        Ok(())
    })??;
    server.stop();
    Ok(())
}

pub(super) fn spawn(
    engine: &Engine,
    data: &Path,
    sockets: PathBuf,
    parameters: &Parameters,
    extra: &Extra,
) -> Result<(Process, PathBuf)> {
    let mut settings = SETTINGS.to_owned();
    let quoted = |text: &str| text.replace('\'', "''");
    let port = extra.port.unwrap_or(PORT);
    let written = writeln!(
        settings,
        "unix_socket_directories = '{}'\nport = {port}",
        quoted(&sockets.display().to_string())
    );
    let listening = extra
        .port
        .map(|_| ("listen_addresses".to_owned(), "127.0.0.1".to_owned()));
    let written = parameters
        .settings(EngineKind::Postgres)
        .iter()
        .chain(&listening)
        .chain(&extra.settings)
        .fold(written, |written, (name, value)| {
            written.and_then(|()| writeln!(settings, "{name} = '{}'", quoted(value)))
        });
    debug_assert!(written.is_ok(), "a String takes all text");
    for (name, text) in [("postgresql.conf", settings.as_str()), ("pg_hba.conf", HBA)] {
        let path = data.join(name);
        std::fs::write(&path, text).map_err(file_error("writing", &path))?;
        engine.give_away(&path)?;
    }
    let mut command = Command::new(&engine.install.server);
    command.arg("-D").arg(data).current_dir("/");
    let process = Process::spawn(command, engine.run_as.as_ref(), data, (Signal::INT, Signal::QUIT))?;
    Ok((process, sockets.join(format!(".s.PGSQL.{port}"))))
}

pub(super) fn answers(server: &Server) -> bool {
    server.socket.exists() && matches!(block_on(connect(server, "postgres")), Ok(Ok(_)))
}

pub(super) fn provision(server: &Server, master: &Master) -> Result<()> {
    let user = identifier(&master.user);
    let mut statements = vec![
        format!(
            "CREATE ROLE {user} LOGIN NOSUPERUSER CREATEDB CREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{}'",
            verifier(&master.password)
        ),
        format!("GRANT rds_superuser TO {user} WITH ADMIN OPTION"),
        format!("ALTER DATABASE postgres OWNER TO {user}"),
    ];
    if let Some(database) = master.database.as_deref().filter(|name| *name != "postgres") {
        statements.push(format!("CREATE DATABASE {} OWNER {user}", identifier(database)));
    }
    administer(server, "creating the master user", &statements)
}

pub(super) fn administer(server: &Server, what: &'static str, statements: &[String]) -> Result<()> {
    block_on(async {
        let client = connect(server, "postgres").await?;
        for statement in statements {
            client
                .batch_execute(statement)
                .await
                .map_err(|e| Error::Postgres(what, e))?;
        }
        Ok(())
    })?
}

pub(super) fn set_password(server: &Server, user: &str, password: &str) -> Result<()> {
    let statement = format!(
        "ALTER ROLE {} PASSWORD '{}'",
        identifier(user),
        verifier(password)
    );
    administer(server, "setting the master's password", &[statement])
}

/// A base backup by hand: files in any order between start and stop, `backup_label`, the log last. A
/// temporary slot keeps the log from being recycled meanwhile. Replication slots stay behind, as
/// PostgreSQL's manual asks.
pub(super) fn copy_live(server: &Server, to: &Path) -> Result<()> {
    let failed = |error| Error::Postgres("copying a running cluster", error);
    let owner = server.run_as.as_ref();
    block_on(async {
        let client = connect(server, "postgres").await?;
        let old = server_version(&client).await.map_err(failed)? < 150_000;
        let (start, stop) = match old {
            true => (
                "pg_start_backup('doppel', true, false)",
                "pg_stop_backup(false, false)",
            ),
            false => ("pg_backup_start('doppel', true)", "pg_backup_stop(false)"),
        };
        let slot = format!("copy_{}", super::secret().to_lowercase());
        let keep = format!("SELECT pg_create_physical_replication_slot('{slot}', true, true)::text");
        client.query_one(&keep, &[]).await.map_err(failed)?;
        client
            .query_one(&format!("SELECT {start}::text"), &[])
            .await
            .map_err(failed)?;
        copy::tree(&server.data, to, owner, &|path| {
            is_left_behind(path) || path == Path::new("pg_wal")
        })?;
        let row = client
            .query_one(&format!("SELECT labelfile FROM {stop}"), &[])
            .await
            .map_err(failed)?;
        let label = to.join("backup_label");
        std::fs::write(&label, row.get::<_, String>(0)).map_err(file_error("writing", &label))?;
        copy::tree(&server.data.join("pg_wal"), &to.join("pg_wal"), owner, &|_| false)?;
        for folder in EMPTIED {
            let folder = to.join(folder);
            std::fs::create_dir_all(&folder).map_err(file_error("making", &folder))?;
            owner.map_or(Ok(()), |user| user.own(&folder))?;
        }
        owner.map_or(Ok(()), |user| user.own(&label))
    })?
}

/// Their contents belong to the running server alone.
const EMPTIED: [&str; 7] = [
    "pg_dynshmem",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
];

fn is_left_behind(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    EMPTIED.iter().any(|folder| path == Path::new(folder))
        || [
            "postmaster.pid",
            "postmaster.opts",
            "backup_label",
            "pg_internal.init",
        ]
        .contains(&name.as_ref())
        || name.starts_with("pgsql_tmp")
}

async fn server_version(client: &Client) -> Result<i32, tokio_postgres::Error> {
    Ok(client
        .query_one("SELECT current_setting('server_version_num')::int", &[])
        .await?
        .get(0))
}

/// Who is in `rds_iam` logs in by a token and by nothing else, as Aurora has it. The master's group is left out: on
/// servers since PostgreSQL 16 it must be a member to hand the role on.
pub(super) fn admits_by_token(administrator: &Administrator, user: &str) -> Result<bool> {
    const WHO: &str =
        "SELECT count(*) FROM pg_roles r WHERE r.rolname = $1 AND r.rolcanlogin AND NOT r.rolsuper
        AND pg_has_role(r.oid, 'rds_iam', 'MEMBER') AND NOT pg_has_role(r.oid, 'rds_superuser', 'MEMBER')";
    let failed = |error| Error::Postgres("admitting a user by a token", error);
    block_on(async {
        let client = connect_at(&administrator.socket, &administrator.password, "postgres").await?;
        let members: i64 = client.query_one(WHO, &[&user]).await.map_err(failed)?.get(0);
        if members == 0 {
            return Ok(false);
        }
        let (user, password) = (identifier(user), verifier(&administrator.token_password()));
        let statement = format!("ALTER ROLE {user} PASSWORD '{password}'");
        client.batch_execute(&statement).await.map_err(failed)?;
        Ok(true)
    })?
}

/// Logs in as the administrator.
async fn connect(server: &Server, database: &str) -> Result<Client> {
    connect_at(&server.socket, &server.admin_password, database).await
}

async fn connect_at(socket: &Path, password: &str, database: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::Config::new()
        .host_path(socket.parent().unwrap_or(socket))
        .port(port_of(socket))
        .user(RDSADMIN)
        .password(password)
        .dbname(database)
        .connect(NoTls)
        .await
        .map_err(|e| Error::Postgres("logging in to a PostgreSQL server of ours", e))?;
    tokio::spawn(connection);
    Ok(client)
}

/// PostgreSQL names its socket after its port.
fn port_of(socket: &Path) -> u16 {
    let port = socket.extension().and_then(|port| port.to_str());
    port.and_then(|port| port.parse().ok()).unwrap_or(PORT)
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What the server stores of a password, so that the password itself is in no statement.
fn verifier(password: &str) -> String {
    postgres_protocol::password::scram_sha_256(password.as_bytes())
}
