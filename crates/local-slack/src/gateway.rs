use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use crate::manifest::Manifest;
use crate::shared::Shared;
use crate::signed::SignedRequest;

/// What the gateway acknowledged with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Ack {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Slack's name for an answer that is no acknowledgement.
    pub(crate) fn failure(&self) -> Option<&'static str> {
        match self.status {
            200..300 => None,
            500.. => Some("http_service_error"),
            _ => Some("http_client_error"),
        }
    }
}

impl Shared {
    pub(crate) fn events_path(&self) -> String {
        let declared = self.options.manifest.as_ref().and_then(Manifest::events_path);
        declared.unwrap_or_else(|| "/slack/events".into())
    }

    pub(crate) fn command_path(&self, command: &str) -> String {
        let manifest = self.options.manifest.as_ref();
        let declared = manifest.and_then(|manifest| manifest.command_path(command));
        declared.unwrap_or_else(|| "/slack/commands".into())
    }

    /// Where interactions go; nowhere if the app has none.
    pub(crate) fn interactions_path(&self) -> Option<String> {
        match &self.options.manifest {
            Some(manifest) => manifest.interactions_path(),
            None => Some("/slack/interactions".into()),
        }
    }

    /// Sends one signed request; else `operation_timeout` or `dispatch_failed`, as Slack calls it.
    pub(crate) async fn deliver(&self, path: &str, request: SignedRequest) -> Result<Ack, &'static str> {
        let url = format!("{}{path}", self.options.gateway);
        let request = request
            .or_secret(&self.options.signing_secret)
            .to_request(&self.http, &url);
        let call = async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>(Ack {
                status,
                body: response.text().await?,
            })
        };
        match within(self.options.patience.acknowledgement, call).await {
            Some(Ok(ack)) => Ok(ack),
            Some(Err(error)) => {
                tracing::warn!(%error, path, "the gateway could not be reached");
                Err("dispatch_failed")
            }
            None => {
                tracing::warn!(path, "the gateway did not acknowledge in time");
                Err("operation_timeout")
            }
        }
    }
}

/// Runs `work` for at most `limit` of real time, even where a test has paused tokio's clock: a blocking wait
/// keeps that clock from leaping ahead to a timer while the answer is on the wire.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let (_done, hung_up) = mpsc::channel::<()>();
    let timer = tokio::task::spawn_blocking(move || hung_up.recv_timeout(limit));
    tokio::select! {
        answer = work => Some(answer),
        _ = timer => None,
    }
}
