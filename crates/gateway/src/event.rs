//! Events, and Slack's check of the URL.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::Deps;
use crate::signed::{Refused, Signed};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Envelope {
    /// Slack asks whether this URL is ours: it must hear its challenge again.
    UrlVerification { challenge: String },
    /// Something happened in the workspace.
    EventCallback {
        event_id: String,
        #[serde(default)]
        event: Happened,
    },
    #[serde(other)]
    Other,
}

#[derive(Default, Deserialize)]
struct Happened {
    #[serde(rename = "type", default)]
    kind: String,
}

/// Answers the challenge; acknowledges everything else, so that Slack does not send it again.
pub(crate) async fn handle(State(deps): State<Arc<Deps>>, signed: Signed) -> Result<Response, Refused> {
    match serde_json::from_str(&signed.body).map_err(|_| Refused::Unreadable)? {
        Envelope::UrlVerification { challenge } => Ok(challenge.into_response()),
        Envelope::EventCallback { event_id, event } => {
            signed.is_not_replayed(&deps).await?;
            tracing::debug!(event_id, kind = event.kind, "nothing is done for this event");
            Ok(().into_response())
        }
        Envelope::Other => Ok(().into_response()),
    }
}
