//! All tests.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::setup;

/// How the tests are run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Passed on to the test runner, such as the name of a test.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Sets up, runs the tests, and ends with the runner's exit code.
pub fn run(args: &Args) -> anyhow::Result<()> {
    run_with(&args.rest, &[])
}

/// The same, with words for the runner and variables for the tests.
pub fn run_with(words: &[String], variables: &[(&str, PathBuf)]) -> anyhow::Result<()> {
    let ready = setup::run(&setup::Args::default())?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let runner: &[&str] = if has_nextest(&cargo) {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    let names_its_own = |word: &String| word.starts_with("-p") || word.starts_with("--package");
    let whole = (!words.iter().any(names_its_own)).then_some("--workspace");
    let memory = memory();
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("doppel-tests-");
    let folder = match &memory {
        Some(memory) => folder.tempdir_in(memory),
        None => folder.tempdir(),
    };
    let folder = folder.context("no folder for temporary files can be made")?;
    // As for every folder of temporary files: the servers' user makes its own there.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o1777))
        .context("the folder for temporary files cannot be opened to the servers' user")?;
    let pgvector = reachable(&ready.pgvector, folder.path())?;
    let mut command = Command::new(&cargo);
    // What cargo told this program of itself is not for the one it starts: some build scripts take note of it, and
    // all that depends on them would be built anew at each change between this command and cargo's own.
    for name in env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| is_about_us(name))
    {
        command.env_remove(name);
    }
    let status = command
        .args(runner)
        .args(whole)
        .args(words)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("DOPPEL_PYTHON", ready.python)
        .env("DOPPEL_PGVECTOR", pgvector)
        .env("TMPDIR", folder.path())
        .env("LOCAL_AWS_TEMPLATES", folder.path().join("templates"))
        .status()
        .context("cargo cannot be run")?;
    drop(folder);
    // Nothing is said after the runner's own summary.
    std::process::exit(status.code().unwrap_or(1))
}

/// Copies the PostgreSQL with pgvector to where the servers' user can start it, which in root's home it cannot. Answers
/// the folder of its programs.
fn reachable(from: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let to = folder.join("pgvector");
    // Some systems need no libraries beside the programs.
    for part in setup::PGVECTOR.iter().filter(|part| from.join(part).exists()) {
        let beside = Path::new(part).parent().unwrap_or(Path::new(""));
        let beside = to.join(beside);
        std::fs::create_dir_all(&beside).context("no folder for pgvector can be made")?;
        setup::done(Command::new("cp").arg("-R").arg(from.join(part)).arg(beside))?;
    }
    Ok(to.join(setup::PGVECTOR[0]).join("bin"))
}

/// Whether cargo set the variable for the program that it runs.
pub fn is_about_us(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME"
    })
}

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// Free memory from which on the tests' servers keep their files there, in KiB: some four of them run at a time, each
/// with less than 200 MiB.
const ENOUGH: u64 = 3 * 1024 * 1024;

/// The folder in memory, if there is room. The tests make and remove data directories of thousands of files each;
/// journaling file systems are slow to give the place of a file that was just removed to the next.
fn memory() -> Option<&'static str> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let available = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let df = Command::new("df").args(["-Pk", MEMORY]).output().ok()?;
    let df = String::from_utf8(df.stdout).ok()?;
    let free = df.lines().nth(1)?.split_whitespace().nth(3)?;
    let is_enough = |text: &str| text.parse::<u64>().is_ok_and(|free| free >= ENOUGH);
    let has_both = is_enough(available.split_whitespace().next()?) && is_enough(free);
    has_both.then_some(MEMORY)
}

fn has_nextest(cargo: &OsStr) -> bool {
    let version = Command::new(cargo)
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}
