//! The front door for Slack, on Lambda or as a server.

use std::sync::Arc;

use clap::Parser;
use gateway::{Deps, Settings, router};
use runtime::Clock;

fn main() -> Result<(), lambda_http::Error> {
    let on_lambda = std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some();
    // Lambda gives one request at a time, and a fraction of a processor.
    let mut threads = match on_lambda {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    threads.enable_all().build()?.block_on(run(on_lambda))
}

async fn run(on_lambda: bool) -> Result<(), lambda_http::Error> {
    runtime::init();
    let (settings, clock) = (Settings::parse(), Clock::wall());
    let listen = settings.listen;
    let deps = Deps::new(settings, &runtime::aws::aws(&clock).await, clock).await?;
    let router = router(Arc::new(deps));
    if on_lambda {
        return lambda_http::run(router).await;
    }
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    Ok(gateway::serve(listener, router).await?)
}
