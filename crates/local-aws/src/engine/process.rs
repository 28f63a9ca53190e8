//! A server's process: in a group of its own, and never alive without us.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Result, RunAs, file_error};

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It closes its files first.
    Clean,
    /// At once; a later start would recover as from a crash.
    Now,
}

/// A running server process and its guardian.
#[derive(Debug)]
pub struct Process {
    /// The program's name.
    pub(super) name: String,
    child: Child,
    guardian: Child,
    log: PathBuf,
    clean: Signal,
    now: Signal,
}

/// Waits on a pipe whose other end we hold: it closes when we die, however we die. Then the server must go,
/// and its files with it.
const GUARDIAN: &str = r#"trap '' INT TERM HUP
read -r _
kill -s "$2" "$0" 2>/dev/null
n=0; while kill -0 "$0" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
kill -KILL "$0" 2>/dev/null
rm -rf -- "$1""#;

impl Process {
    /// Starts `command`, whose output goes to `log`; should we be killed, `data` is removed with the server.
    /// `clean` and `now` are the signals for the two ways to stop.
    pub(super) fn spawn(
        mut command: Command,
        run_as: Option<&RunAs>,
        data: &Path,
        (clean, now): (Signal, Signal),
    ) -> Result<Self> {
        let log = data.with_extension("log");
        let output = File::create(&log).map_err(file_error("writing", &log))?;
        let errors = output.try_clone().map_err(file_error("writing", &log))?;
        let program = PathBuf::from(command.get_program());
        if let Some(user) = run_as {
            user.apply(&mut command);
        }
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        let mut child = command.spawn().map_err(file_error("starting", &program))?;
        let guardian = Command::new("sh")
            .args(["-c", GUARDIAN, &child.id().to_string()])
            .arg(data)
            .arg(if now == Signal::QUIT { "QUIT" } else { "KILL" })
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(file_error("starting", Path::new("sh")));
        let guardian = match guardian {
            Ok(guardian) => guardian,
            Err(error) => {
                drop(child.kill());
                drop(child.wait());
                return Err(error);
            }
        };
        let name = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            child,
            guardian,
            log,
            clean,
            now,
        })
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The last lines that it wrote.
    pub(super) fn log_tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&text))
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // A process that is already gone needs no signal.
            let _gone = kill_process(pid, signal);
        }
    }

    /// Stops it and waits until it is gone. Safe to call again.
    pub(super) fn stop(&mut self, how: Stop) {
        if self.is_alive() {
            self.signal(if how == Stop::Clean { self.clean } else { self.now });
            if !self.ends_within(Duration::from_secs(20)) {
                tracing::warn!(
                    program = self.name,
                    pid = self.id(),
                    "killing a server that does not stop"
                );
                drop(self.child.kill());
            }
        }
        drop(self.child.wait());
        drop(self.guardian.kill());
        drop(self.guardian.wait());
        drop(std::fs::remove_file(&self.log));
    }

    fn ends_within(&mut self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

/// Runs a program to its end; what it said goes into the error.
pub(super) fn run(mut command: Command, run_as: Option<&RunAs>) -> Result<()> {
    if let Some(user) = run_as {
        user.apply(&mut command);
    }
    let program = PathBuf::from(command.get_program());
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(file_error("starting", &program))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].concat();
    Err(super::Error::Program {
        program: program.display().to_string(),
        output: last_lines(&String::from_utf8_lossy(&said)),
    })
}

fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}
