//! Masking, measured. The measuring program is a crate of its own, `measure`: it needs the worker and the embedded
//! servers, and the other chores are to start without having compiled those.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;

use crate::setup;

/// What is measured.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// `--scale F`, `--runs N`, `--only pg|maria`, `--skip-peers`, `--json`; `--help` says more.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Sets up, then becomes the measuring program, so that an interruption reaches it alone.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let has = |word: &str| args.rest.iter().any(|argument| argument == word);
    let ready = setup::run(&setup::Args {
        peers: !has("--skip-peers") && !has("--help"),
    })?;
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
            "masking",
        ])
        .args(&args.rest);
    if let Some(peers) = ready.peers {
        measure.env("DOPPEL_PEERS", peers);
    }
    Err(measure.exec()).context("cargo cannot be run")
}
