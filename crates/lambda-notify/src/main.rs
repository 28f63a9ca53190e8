//! Lambda `notify`: a clone's Slack message follows its record.

use clap::Parser;
use lambda_notify::{Deps, Settings, handle};
use runtime::Clock;

// Lambda gives one event at a time, and a fraction of a processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let clock = Clock::wall();
    let deps = Deps::new(Settings::parse(), &runtime::aws::aws(&clock).await, clock).await?;
    runtime::serve(|event| handle(&deps, event)).await
}
