//! Real database servers for the tests: each test its own, on a free port, gone when it ends.

pub mod maria;
pub mod postgres;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server. Dropping it ends the process and removes its files.
pub struct Server {
    pub port: u16,
    pub data: PathBuf,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Servers refuse to run as root: then they run as the first of these users that exists.
fn ordinary_user() -> Option<(u32, u32)> {
    let own = std::fs::metadata("/proc/self").unwrap();
    use std::os::unix::fs::MetadataExt;
    if own.uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    ["postgres", "mysql", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

pub fn as_ordinary(command: &mut Command) -> &mut Command {
    if let Some((uid, gid)) = ordinary_user() {
        command.uid(uid).gid(gid);
    }
    command
}

/// A folder that the servers' user may write.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    if let Some((uid, gid)) = ordinary_user() {
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
    }
    folder
}

pub fn must(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub fn start(folder: tempfile::TempDir, data: PathBuf, port: u16, command: &mut Command) -> Server {
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let child = as_ordinary(command)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut server = Server {
        port,
        data,
        child,
        _folder: folder,
    };
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = || std::fs::read_to_string(server._folder.path().join("log")).unwrap_or_default();
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "the server does not come up: {}",
            log()
        );
        assert!(
            server.child.try_wait().unwrap().is_none(),
            "the server ended: {}",
            log()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    server
}

/// The files below a folder that hold `needle`, but for those whose path `skip` names.
pub fn files_with(folder: &Path, needle: &str, skip: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if skip.iter().any(|skip| name.starts_with(skip)) {
            continue;
        }
        if path.is_dir() {
            found.extend(files_with(&path, needle, skip));
        } else if std::fs::read(&path)
            .unwrap_or_default()
            .windows(needle.len())
            .any(|part| part == needle.as_bytes())
        {
            found.push(path);
        }
    }
    found
}
