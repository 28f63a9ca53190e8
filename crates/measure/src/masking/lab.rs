//! Servers to measure on: one data directory a kind of server, filled once, and fresh servers on copies of it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use local_aws::engine::{Engine, EngineKind, Extra, Master, Parameters, Server};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};
use secrecy::ExposeSecret;
use tokio::task::{block_in_place, spawn_blocking};
use tokio_postgres::NoTls;

use super::data::{FOREIGN_KEY, Size, TABLES};
use crate::cpu;

/// The master, with Aurora's rights.
const USER: &str = "dba";
const DATABASE: &str = "shop";

/// Room for both sides alike. Nothing runs beside what is measured, and the log of a 2 GB table does not force
/// checkpoints in the middle.
const POSTGRES: &[(&str, &str)] = &[
    ("shared_buffers", "1GB"),
    ("maintenance_work_mem", "256MB"),
    ("work_mem", "64MB"),
    ("max_wal_size", "8GB"),
    ("autovacuum", "off"),
];

/// The same. Files go through the page cache, as PostgreSQL's do: a copied file is warm.
const MARIADB: &[(&str, &str)] = &[
    ("innodb_buffer_pool_size", "1G"),
    ("innodb_log_file_size", "1G"),
    ("innodb_flush_method", "fsync"),
    ("innodb_io_capacity", "2000"),
];

/// The engine's name for people.
pub fn name(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Postgres => "PostgreSQL",
        EngineKind::Mysql => "MariaDB",
    }
}

/// A filled data directory whose server has been stopped.
pub struct Lab {
    kind: EngineKind,
    engine: Arc<Engine>,
    folder: PathBuf,
    golden: PathBuf,
    password: String,
    count: AtomicU32,
}

/// A running server with the shop in it. Dropping it ends the server and removes its files.
pub struct Db {
    /// What it runs.
    pub kind: EngineKind,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// The master's password.
    pub password: String,
    /// The folder of the server's own programs, for the tools that call them.
    pub programs: PathBuf,
    server: Option<Server>,
    /// Removed with the server; empty if it is to stay.
    data: PathBuf,
}

impl Drop for Db {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
        if !self.data.as_os_str().is_empty() {
            // What cannot be removed now goes with the folder that it is in.
            drop(std::fs::remove_dir_all(&self.data));
        }
    }
}

impl Lab {
    /// Fills a database, and stops its server cleanly.
    pub async fn build(kind: EngineKind, folder: &Path, size: Size) -> anyhow::Result<Self> {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
        let home = folder.join(kind.aws_name());
        let sockets = folder.join("s");
        for folder in [&home, &sockets] {
            std::fs::create_dir_all(folder)?;
        }
        let engine = Arc::new(Engine::open(kind, &home, &sockets)?);
        if kind == EngineKind::Mysql && !engine.installation().mariadb {
            anyhow::bail!("the data is made by MariaDB's own sequences: MySQL has none");
        }
        let lab = Self {
            kind,
            golden: home.join("golden"),
            password: runtime::Login::new(USER).password.expose_secret().to_owned(),
            engine,
            folder: home,
            count: AtomicU32::new(0),
        };
        let (engine, golden) = (lab.engine.clone(), lab.golden.clone());
        spawn_blocking(move || engine.create(&golden)).await??;
        let db = lab.start(&lab.golden).await?;
        lab.fill(db, size).await.context("filling the database")?;
        Ok(lab)
    }

    /// The server and its version.
    pub fn version(&self) -> String {
        format!("{} {}", name(self.kind), self.engine.version())
    }

    /// A server on a fresh copy of the filled directory.
    pub async fn fresh(&self) -> anyhow::Result<Db> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let data = self.folder.join(format!("run-{number}"));
        let (engine, golden, to) = (self.engine.clone(), self.golden.clone(), data.clone());
        spawn_blocking(move || -> anyhow::Result<()> {
            engine.copy(&golden, &to)?;
            // What the copy left to be written must not be written while the clock runs.
            Ok(write_out(&to)?)
        })
        .await??;
        self.start(&data).await
    }

    async fn start(&self, data: &Path) -> anyhow::Result<Db> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = match self.kind {
            EngineKind::Postgres => POSTGRES,
            EngineKind::Mysql => MARIADB,
        };
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let extra = Extra {
            port: Some(port),
            settings: settings.collect(),
        };
        let (engine, path) = (self.engine.clone(), data.to_owned());
        let server =
            spawn_blocking(move || engine.start_with(&path, &Parameters::default(), &extra)).await??;
        let programs = self.engine.installation().server.parent();
        Ok(Db {
            kind: self.kind,
            port,
            password: self.password.clone(),
            programs: programs.unwrap_or(Path::new("/")).to_owned(),
            server: Some(server),
            data: data.to_owned(),
        })
    }

    /// Both tables at once, then their indexes, then the foreign key, statistics as a server in service has them.
    async fn fill(&self, mut db: Db, size: Size) -> anyhow::Result<()> {
        let master = Master {
            user: USER.to_owned(),
            password: self.password.clone(),
            database: Some(DATABASE.to_owned()),
        };
        block_in_place(|| db.server()?.provision(&master).map_err(anyhow::Error::from))?;
        let scripts = TABLES.map(|table| {
            let mut script = vec![table.create(self.kind), table.fill(self.kind, size)];
            script.extend(table.index(self.kind, table.name));
            script
        });
        tokio::try_join!(db.script(&scripts[0]), db.script(&scripts[1]))?;
        let last = match self.kind {
            EngineKind::Postgres => vec![
                format!("ALTER TABLE orders {FOREIGN_KEY}"),
                "SELECT setval('customers_id_seq', max(id)) FROM customers".to_owned(),
                "SELECT setval('orders_id_seq', max(id)) FROM orders".to_owned(),
                "VACUUM (ANALYZE)".to_owned(),
            ],
            EngineKind::Mysql => vec![
                "SET foreign_key_checks = 0".to_owned(),
                format!("ALTER TABLE orders {FOREIGN_KEY}"),
                "ANALYZE TABLE customers, orders".to_owned(),
            ],
        };
        db.script(&last).await?;
        self.close(&mut db).await
    }

    /// Stops a server once all that it holds is in its files, which stay.
    async fn close(&self, db: &mut Db) -> anyhow::Result<()> {
        let write = match self.kind {
            EngineKind::Postgres => "CHECKPOINT",
            EngineKind::Mysql => {
                "SET GLOBAL innodb_max_dirty_pages_pct_lwm = 0, innodb_max_dirty_pages_pct = 0"
            }
        };
        block_in_place(|| {
            db.server()?
                .administer(&[write.to_owned()])
                .map_err(anyhow::Error::from)
        })?;
        if self.kind == EngineKind::Mysql {
            db.until_written().await?;
        }
        let server = db.server.take().context("the server runs")?;
        db.data = PathBuf::new();
        Ok(spawn_blocking(move || server.stop()).await?)
    }
}

/// Has the disk take the large files of a folder; the small ones do not matter.
fn write_out(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            write_out(&entry.path())?;
        } else if entry.metadata()?.len() > 1 << 20 {
            std::fs::File::open(entry.path())?.sync_data()?;
        }
    }
    Ok(())
}

/// How long a stopping server may take to write its pages.
const WRITING: Duration = Duration::from_secs(300);

impl Db {
    fn server(&self) -> anyhow::Result<&Server> {
        self.server.as_ref().context("the server has been stopped")
    }

    /// Seconds of CPU time that the server has had so far; none where the system does not tell.
    pub fn cpu(&self) -> Option<f64> {
        cpu::of_tree(self.server.as_ref()?.process_id())
    }

    /// The database as a URL, with the master's password.
    pub fn dsn(&self) -> String {
        let scheme = match self.kind {
            EngineKind::Postgres => "postgres",
            EngineKind::Mysql => "mysql",
        };
        format!(
            "{scheme}://{USER}:{}@127.0.0.1:{}/{DATABASE}",
            self.password, self.port
        )
    }

    /// Runs statements one after another on a connection of their own.
    pub async fn script(&self, statements: &[String]) -> anyhow::Result<()> {
        match self.kind {
            EngineKind::Postgres => {
                let (client, connection) = tokio_postgres::connect(&self.dsn(), NoTls).await?;
                // It ends when the client is dropped.
                let connection = tokio::spawn(connection);
                for statement in statements {
                    client
                        .batch_execute(statement)
                        .await
                        .with_context(|| start_of(statement))?;
                }
                drop(client);
                Ok(connection.await??)
            }
            EngineKind::Mysql => {
                let mut conn = self.mysql().await?;
                for statement in statements {
                    conn.query_drop(statement)
                        .await
                        .with_context(|| start_of(statement))?;
                }
                Ok(conn.disconnect().await?)
            }
        }
    }

    async fn mysql(&self) -> anyhow::Result<Conn> {
        let options = OptsBuilder::from_opts(Opts::from_url(&self.dsn())?).prefer_socket(Some(false));
        Ok(Conn::new(options).await?)
    }

    /// Waits until MariaDB has written every changed page.
    async fn until_written(&self) -> anyhow::Result<()> {
        let mut conn = self.mysql().await?;
        let begun = Instant::now();
        loop {
            let dirty: Option<(String, u64)> = conn
                .query_first("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")
                .await?;
            if dirty.is_none_or(|(_, pages)| pages == 0) {
                return Ok(conn.disconnect().await?);
            }
            anyhow::ensure!(begun.elapsed() < WRITING, "MariaDB does not write its pages");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn start_of(statement: &str) -> String {
    let start: String = statement.chars().take(60).collect();
    format!("running `{start}…`")
}
