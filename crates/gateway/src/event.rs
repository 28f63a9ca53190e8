//! Events, and Slack's check of the URL.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use slack::text::is_slack_id;

use crate::signed::{Refused, Signed};
use crate::{Deps, Error, deeds, in_time, step};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Envelope {
    /// Slack asks whether this URL is ours: it must hear its challenge again.
    UrlVerification { challenge: String },
    /// Something happened in the workspace.
    EventCallback {
        event_id: String,
        #[serde(default)]
        event: Value,
    },
    #[serde(other)]
    Other,
}

/// Answers the challenge, and does what an event asks for. Every event is acknowledged, so that Slack does not send
/// it again, but for faults that go away: then it shall.
pub(crate) async fn handle(State(deps): State<Arc<Deps>>, signed: Signed) -> Result<Response, Refused> {
    match serde_json::from_str(&signed.body).map_err(|_| Refused::Unreadable)? {
        Envelope::UrlVerification { challenge } => Ok(challenge.into_response()),
        Envelope::EventCallback { event_id, event } => {
            signed.is_not_replayed(&deps).await?;
            if let Err(error) = in_time(happened(&deps, event)).await {
                tracing::error!(event_id, "an event was not taken: {}", runtime::chain(&error));
                return Err(Refused::NotNow);
            }
            Ok(().into_response())
        }
        Envelope::Other => Ok(().into_response()),
    }
}

async fn happened(deps: &Deps, event: Value) -> Result<(), Error> {
    match event["type"].as_str().unwrap_or_default() {
        "function_executed" => match serde_json::from_value(event) {
            Ok(event) => step::run(deps, event).await,
            Err(error) => {
                tracing::error!("a workflow's step cannot be read: {error}");
                Ok(())
            }
        },
        "app_home_opened" => match (event["tab"].as_str(), event["user"].as_str()) {
            (Some("home"), Some(user)) if is_slack_id(user) => deeds::open_home(deps, user).await,
            _ => Ok(()),
        },
        kind => {
            tracing::debug!(kind, "nothing is done for this event");
            Ok(())
        }
    }
}
