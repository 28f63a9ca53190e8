//! Lambda `sweep`: warns, deletes and confirms, and abandons what failed.

use clap::Parser;
use runtime::Clock;

// Lambda gives one event at a time, and a fraction of a processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let settings = lambda_sweep::Settings::parse();
    let clock = Clock::wall();
    let deps = lambda_sweep::Deps::new(&settings, &runtime::aws(&clock).await, clock);
    runtime::serve(|request| lambda_sweep::handle(&deps, request)).await
}
