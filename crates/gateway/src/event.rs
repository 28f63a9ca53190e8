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
            signed.is_new_here(&deps)?;
            match in_time(happened(&deps, &signed, event)).await {
                Ok(taken) => taken.map(IntoResponse::into_response),
                Err(error) => {
                    tracing::error!(event_id, "an event was not taken: {}", runtime::chain(&error));
                    Err(Refused::NotNow)
                }
            }
        }
        Envelope::Other => Ok(().into_response()),
    }
}

/// Hands on what the event asks for. A home tab that is shown once more harms nobody, so that alone a workflow's step
/// must not be a replay.
async fn happened(deps: &Deps, signed: &Signed, event: Value) -> Result<Result<(), Refused>, Error> {
    match event["type"].as_str().unwrap_or_default() {
        "function_executed" => {
            if let Err(refused) = signed.is_not_replayed(deps).await {
                return Ok(Err(refused));
            }
            match serde_json::from_value(event) {
                Ok(event) => Box::pin(step::run(deps, event)).await?,
                Err(error) => tracing::error!("a workflow's step cannot be read: {error}"),
            }
        }
        "app_home_opened" => match (event["tab"].as_str(), event["user"].as_str()) {
            (Some("home"), Some(user)) if is_slack_id(user) => Box::pin(deeds::open_home(deps, user)).await?,
            _ => {}
        },
        kind => tracing::debug!(kind, "nothing is done for this event"),
    }
    Ok(Ok(()))
}
