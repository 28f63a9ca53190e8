//! The properties of what people type and Slack sends, with many cases.

use std::env;
use std::process::Command;

use anyhow::{Context, ensure};

/// How many cases.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Cases of each property.
    #[arg(long, default_value_t = 100_000)]
    cases: u32,
}

/// Runs them, and ends well only if all hold.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "-p", "slack", "--lib", "fuzz_", "--", "--nocapture"])
        .env("PROPTEST_CASES", args.cases.to_string())
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "a property does not hold");
    println!("each property held for {} cases", args.cases);
    Ok(())
}
