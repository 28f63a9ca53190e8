//! Lambda `sweep`: warns, deletes and confirms, and abandons what failed.

use clap::Parser;
use runtime::Clock;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let settings = lambda_sweep::Settings::parse();
    let clock = Clock::wall();
    let deps = lambda_sweep::Deps::new(&settings, &runtime::aws(&clock).await, clock);
    runtime::serve(|request| lambda_sweep::handle(&deps, request)).await
}
