//! The ECS task that masks a clone: prepare, mask, verify.

use std::process::ExitCode;

use clap::Parser;
use mask_worker::{CommandLine, Deps, run};
use runtime::Clock;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::init();
    let CommandLine { args, settings } = CommandLine::parse();
    let clock = Clock::wall();
    let deps = Deps::new(&settings, &runtime::aws(&clock).await, clock);
    let stop = CancellationToken::new();
    mask_worker::stop_on_signal(&stop);
    match run(args, &deps, stop).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(error.exit_code()),
    }
}
