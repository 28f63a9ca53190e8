//! Exports of a large result, measured by the crate `measure`, as masking is.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;

use crate::setup;

/// What is measured.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// `--rows N`, `--runs N`, `--only pg|maria`, `--json`; `--help` says more.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Sets up, then becomes the measuring program, so that an interruption reaches it alone.
pub fn run(args: &Args) -> anyhow::Result<()> {
    setup::run(&setup::Args { peers: false })?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut measure = Command::new(cargo);
    measure
        .args([
            "run",
            "--quiet",
            "--profile",
            "measure",
            "--package",
            "measure",
            "--",
            "export",
        ])
        .args(&args.rest);
    Err(measure.exec()).context("cargo cannot be run")
}
