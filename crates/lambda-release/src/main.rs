//! Lambda `release`: opens a verified clone to its owner, one step a call.

use clap::Parser;
use runtime::Clock;

// Lambda gives one event at a time, and a fraction of a processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let settings = lambda_release::Settings::parse();
    let clock = Clock::wall();
    let deps = lambda_release::Deps::new(&settings, &runtime::aws(&clock).await, clock);
    runtime::serve(|request| lambda_release::handle(&deps, request)).await
}
