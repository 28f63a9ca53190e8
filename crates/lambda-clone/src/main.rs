//! Lambda `clone`: starts a copy-on-write clone and brings it to life, one step a call.

use clap::Parser;
use runtime::Clock;

// Lambda gives one event at a time, and a fraction of a processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let settings = lambda_clone::Settings::parse();
    let clock = Clock::wall();
    let deps = lambda_clone::Deps::new(&settings, &runtime::aws(&clock).await, clock);
    runtime::serve(|request| lambda_clone::handle(&deps, request)).await
}
