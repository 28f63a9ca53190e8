//! The gateway on a socket.

use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::account::{SLACK_SIGNING, SLACK_TOKEN, TABLE};
use super::machines::Machines;
use super::programs::Programs;

/// A gateway that serves until it is stopped or dropped.
pub(super) struct Gateway {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Gateway {
    pub(super) async fn start(
        programs: &Programs<'_>,
        listener: TcpListener,
        machines: &Machines,
    ) -> anyhow::Result<Self> {
        let settings = ::gateway::Settings {
            config: programs.config.clone(),
            table: TABLE.into(),
            state_machine: machines.clone.clone(),
            sweep_state_machine: machines.sweep.clone(),
            slack_signing_secret: SLACK_SIGNING.into(),
            slack_token_secret: SLACK_TOKEN.into(),
            slack_api: programs.slack_api.clone(),
            listen: listener.local_addr()?,
        };
        let aws = programs.configuration("gateway").await;
        let deps = ::gateway::Deps::new(settings, &aws, programs.clock.clone()).await;
        let router = ::gateway::router(Arc::new(deps.context("the gateway cannot be started")?));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let running = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
            {
                tracing::error!(%error, "the gateway stopped serving");
            }
        });
        Ok(Self { stop, running })
    }

    /// Answers what is under way, and is gone.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        // It only ends early by a panic, which was logged.
        let _ = (&mut self.running).await;
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
