//! Lambda `mask-command`: emits the ECS tasks that mask a clone.

use clap::Parser;
use runtime::Clock;

// Lambda gives one event at a time, and a fraction of a processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init();
    let settings = lambda_mask_command::Settings::parse();
    let clock = Clock::wall();
    let deps = lambda_mask_command::Deps::new(&settings, &runtime::aws(&clock).await, clock);
    runtime::serve(|request| lambda_mask_command::handle(&deps, request)).await
}
