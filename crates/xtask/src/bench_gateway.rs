//! The front door under load, measured by the crate `measure`, as masking is. It needs nothing installed.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;

/// How much is sent.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// `--runs N`, `--requests N`, `--json`; `--help` says more.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Becomes the measuring program, so that an interruption reaches it alone.
pub fn run(args: &Args) -> anyhow::Result<()> {
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
            "gateway",
        ])
        .args(&args.rest);
    Err(measure.exec()).context("cargo cannot be run")
}
