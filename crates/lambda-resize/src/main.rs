//! Lambda `resize`: brings a masked clone to the class that was asked for, one step a call.

use clap::Parser;
use runtime::Clock;

// Lambda gives one event at a time, and a fraction of a processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let settings = lambda_resize::Settings::parse();
    let clock = Clock::wall();
    let deps = lambda_resize::Deps::new(&settings, &runtime::aws(&clock).await, clock);
    runtime::serve(|request| lambda_resize::handle(&deps, request)).await
}
