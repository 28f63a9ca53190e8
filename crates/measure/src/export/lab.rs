//! A server with one large table, over TLS, and how its own client writes the table to a file.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::Context;
use domain::policy::Engine as Kind;
use local_aws::engine::{Engine, EngineKind, Extra, Master, Parameters, RunAs, Server};
use local_aws::rds::Certificate;
use tokio::process::Command;
use tokio::task::spawn_blocking;

/// The master, with Aurora's rights.
pub const USER: &str = "dba";
/// The database.
pub const DATABASE: &str = "shop";

/// What is exported.
pub const QUERY: &str = "SELECT * FROM facts";

/// About 100 bytes a row: numbers, words, a date.
const POSTGRES: &str = "CREATE TABLE facts AS SELECT n::bigint AS id, 'customer-' || n AS name, (n % 100000)::numeric / 100 AS amount,
    timestamp '2026-01-01' + n * interval '1 second' AS at, md5(n::text) AS code, 'some words' AS note
    FROM generate_series(1, {rows}) n";
const MARIADB: &str = "CREATE TABLE facts AS SELECT CAST(seq AS INT) AS id, CONCAT('customer-', seq) AS name,
    CAST((seq MOD 100000) / 100 AS DECIMAL(10, 2)) AS amount, TIMESTAMP'2026-01-01 00:00:00' + INTERVAL seq SECOND AS at,
    MD5(seq) AS code, 'some words' AS note FROM seq_1_to_{rows}";

/// A running server with the table in it. Dropping it ends the server.
pub struct Lab {
    kind: EngineKind,
    version: String,
    programs: PathBuf,
    written: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// The master's password.
    pub password: String,
    /// PEM file with the authority that its certificate comes from.
    pub authorities: PathBuf,
    _server: Server,
}

impl Lab {
    /// Starts a server and fills it.
    pub async fn build(kind: EngineKind, folder: &Path, rows: u64) -> anyhow::Result<Self> {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
        let home = folder.join(kind.aws_name());
        let sockets = folder.join("s");
        for folder in [&home, &sockets] {
            std::fs::create_dir_all(folder)?;
        }
        let engine = Engine::open(kind, &home, &sockets)?;
        let version = match kind {
            EngineKind::Postgres => format!("PostgreSQL {}", engine.version()),
            EngineKind::Mysql => format!("MariaDB {}", engine.version()),
        };
        let programs = engine
            .installation()
            .server
            .parent()
            .unwrap_or(Path::new("/"))
            .to_owned();
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (authorities, settings) = encrypted(kind, &home)?;
        let password = secrecy::ExposeSecret::expose_secret(&runtime::random_password()).to_owned();
        eprintln!("{version}: filling {rows} rows");
        let (data, master) = (home.join("data"), password.clone());
        let server = spawn_blocking(move || -> anyhow::Result<Server> {
            engine.create(&data)?;
            let extra = Extra {
                port: Some(port),
                settings,
            };
            let server = engine.start_with(&data, &Parameters::default(), &extra)?;
            server.provision(&Master {
                user: USER.into(),
                password: master,
                database: Some(DATABASE.into()),
            })?;
            Ok(server)
        })
        .await??;
        let lab = Self {
            kind,
            version,
            programs,
            written: home.join("written"),
            port,
            password,
            authorities,
            _server: server,
        };
        lab.fill(rows).await?;
        Ok(lab)
    }

    /// The server and its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The engine, as doppel calls it.
    pub fn engine(&self) -> Kind {
        match self.kind {
            EngineKind::Postgres => Kind::Postgres,
            EngineKind::Mysql => Kind::Mysql,
        }
    }

    /// What it is compared with.
    pub fn peer(&self) -> &'static str {
        match self.kind {
            EngineKind::Postgres => "psql \\copy",
            EngineKind::Mysql => "mariadb --batch",
        }
    }

    async fn fill(&self, rows: u64) -> anyhow::Result<()> {
        let statements = match self.kind {
            EngineKind::Postgres => [POSTGRES, "VACUUM (ANALYZE) facts"],
            EngineKind::Mysql => [MARIADB, "ANALYZE TABLE facts"],
        };
        for statement in statements {
            let statement = statement.replace("{rows}", &rows.to_string());
            let mut client = self.client();
            match self.kind {
                EngineKind::Postgres => client.args(["-q", "-c", &statement]),
                EngineKind::Mysql => client.args(["-e", &statement]),
            };
            let status = client.stdout(Stdio::null()).status().await?;
            anyhow::ensure!(status.success(), "filling the table failed");
        }
        // Read once, so that the first run finds it as the others do.
        self.peer_exports().await.map(drop)
    }

    /// The server's own client, logged in over TLS.
    fn client(&self) -> Command {
        let port = self.port.to_string();
        let mut command = match self.kind {
            EngineKind::Postgres => {
                // Of the server's own version, where it lies beside the server.
                let beside = self.programs.join("psql");
                let mut psql = Command::new(if beside.is_file() { beside } else { "psql".into() });
                psql.args([
                    "-X",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    &port,
                    "-U",
                    USER,
                    "-d",
                    DATABASE,
                ])
                .env("PGPASSWORD", &self.password)
                .env("PGSSLMODE", "verify-full")
                .env("PGSSLROOTCERT", &self.authorities);
                psql
            }
            EngineKind::Mysql => {
                let mut mariadb = Command::new("mariadb");
                mariadb
                    .args([
                        "--no-defaults",
                        "--protocol=tcp",
                        "-h",
                        "127.0.0.1",
                        "-P",
                        &port,
                        "-u",
                        USER,
                    ])
                    .arg("--default-character-set=utf8mb4")
                    .arg("--ssl")
                    .arg(format!("--ssl-ca={}", self.authorities.display()))
                    .arg(format!("--database={DATABASE}"))
                    .env("MYSQL_PWD", &self.password);
                mariadb
            }
        };
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Has the server's own client write the result to a file: seconds, and the file's length.
    pub async fn peer_exports(&self) -> anyhow::Result<(f64, u64)> {
        let file = std::fs::File::create(&self.written)?;
        let mut client = self.client();
        match self.kind {
            EngineKind::Postgres => client.args(["-q", "-c", &format!("\\copy ({QUERY}) TO STDOUT")]),
            EngineKind::Mysql => client.args(["--batch", "--quick", "--skip-column-names", "-e", QUERY]),
        };
        let begun = Instant::now();
        let status = client
            .stdout(file)
            .status()
            .await
            .context("the client cannot be run")?;
        let seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(status.success(), "{} failed", self.peer());
        Ok((seconds, std::fs::metadata(&self.written)?.len()))
    }
}

/// A certificate for the server, and the settings that make it show it.
fn encrypted(kind: EngineKind, home: &Path) -> anyhow::Result<(PathBuf, Vec<(String, String)>)> {
    let certificate = Certificate::make()?;
    let folder = home.join("tls");
    std::fs::create_dir_all(&folder)?;
    let files = ["authority.pem", "shown.pem", "key.pem"].map(|name| folder.join(name));
    for (file, text) in files
        .iter()
        .zip([&certificate.authority, &certificate.shown, &certificate.key])
    {
        std::fs::write(file, text)?;
    }
    let [authority, shown, key] = files;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
    if let Some(user) = RunAs::for_engine(kind)? {
        user.own(&key)?;
    }
    let (shown, key) = (shown.display().to_string(), key.display().to_string());
    let settings = match kind {
        EngineKind::Postgres => vec![
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", shown),
            ("ssl_key_file", key),
        ],
        EngineKind::Mysql => vec![("ssl_cert", shown), ("ssl_key", key)],
    };
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
    Ok((authority, settings.collect()))
}
