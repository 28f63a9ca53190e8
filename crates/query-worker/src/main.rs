//! The ECS task of batch queries and exports.

use std::process::ExitCode;

use clap::Parser;
use query_worker::{CommandLine, Deps, run};
use runtime::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    runtime::init();
    let CommandLine { args, settings } = CommandLine::parse();
    let clock = Clock::wall();
    let deps = Deps::new(&settings, &runtime::aws(&clock).await, clock);
    let stop = CancellationToken::new();
    // ECS says SIGTERM, and 30 s later SIGKILL.
    if let Ok(mut terminated) = signal(SignalKind::terminate()) {
        let stop = stop.clone();
        tokio::spawn(async move {
            terminated.recv().await;
            stop.cancel();
        });
    }
    match run(args, &deps, stop).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
