//! The front door for Slack, on Lambda or as a server.

use std::sync::Arc;

use clap::Parser;
use gateway::{Deps, Settings, router};
use runtime::Clock;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::init();
    let (settings, clock) = (Settings::parse(), Clock::wall());
    let listen = settings.listen;
    let deps = Deps::new(settings, &runtime::aws::aws(&clock).await, clock).await?;
    let router = router(Arc::new(deps));
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return lambda_http::run(router).await;
    }
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    Ok(gateway::serve(listener, router).await?)
}
