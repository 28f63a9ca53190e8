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

impl Server {
    /// Stops the server as its keeper would, by the signal that it takes for that, and waits until its files are complete.
    pub fn stop(&mut self, signal: &str) {
        must(Command::new("kill").args([signal, &self.child.id().to_string()]));
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the server did not stop in peace: {status}");
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
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

/// Starts a server on a free port, and waits until its own log says that it is ready. A port that somebody took in
/// the meantime is tried anew.
pub fn start(
    folder: tempfile::TempDir,
    data: PathBuf,
    ready: &str,
    command: impl Fn(u16) -> Command,
) -> Server {
    let path = folder.path().join("log");
    let begin = Instant::now();
    loop {
        let port = free_port();
        let log = std::fs::File::create(&path).unwrap();
        let mut command = command(port);
        let spawned = as_ordinary(&mut command)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        while child.try_wait().unwrap().is_none() {
            let said = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
            if said.contains(ready) {
                return Server {
                    port,
                    data,
                    child,
                    _folder: folder,
                };
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "the server does not come up: {said}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let said = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "the server ended: {said}"
        );
    }
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

/// What a program says that must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
