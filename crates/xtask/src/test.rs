//! All tests.

use std::env;
use std::ffi::OsStr;
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
    let ready = setup::run(&setup::Args::default())?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let runner: &[&str] = if has_nextest(&cargo) {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    let names_its_own = |word: &String| word.starts_with("-p") || word.starts_with("--package");
    let whole = (!args.rest.iter().any(names_its_own)).then_some("--workspace");
    let status = Command::new(&cargo)
        .args(runner)
        .args(whole)
        .args(&args.rest)
        .env("DOPPEL_PYTHON", ready.python)
        .status()
        .context("cargo cannot be run")?;
    // Nothing is said after the runner's own summary.
    std::process::exit(status.code().unwrap_or(1))
}

fn has_nextest(cargo: &OsStr) -> bool {
    let version = Command::new(cargo)
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}
