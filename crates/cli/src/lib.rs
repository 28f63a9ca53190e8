//! `doppel`: the command line, and a whole AWS on this machine.
//!
//! - Verbs that work on clones (`create`, `list`, `show`, `extend`, `delete`, `connect`, `sweep`) do what the Slack
//!   gateway does: they write the request or the record, and start the state machine. They find the account in the
//!   environment, or, with `--local`, the one that `doppel local` runs.
//! - `rules` writes masking rules and holds them against a database; `mask` masks one that is no clone.
//! - `prices` renews the prices of the estimates from AWS's Price List.
//! - [`local`]: the embedded AWS, Slack and gateway put together. The specs start the same thing.
//!
//! Results go to standard output, as words or with `--json` as JSON; everything else goes to standard error. The exit
//! codes are in `doppel --help` and in [`Exit`].

mod account;
mod args;
mod diagnosis;
mod exit;
pub mod local;
mod output;
mod pick;
mod price_list;
mod table;
mod verbs;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

pub use exit::{Exit, Stop};

/// Reads the command line and does what it says.
pub async fn run() -> ExitCode {
    quiet_logs();
    runtime::init();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // clap's own words, which go where they belong; help and version are no mistakes.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match verbs::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("doppel: {stop}");
            stop.exit.into()
        }
    }
}

/// A person at a terminal wants results, not logs: only warnings, unless `RUST_LOG` says otherwise. What is set
/// first counts.
fn quiet_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
