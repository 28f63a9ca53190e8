//! `response_url`: five answers within half an hour, without a token.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::api::strike;
use crate::blocks::{self, Surface};
use crate::fault::Moment;
use crate::shared::{Change, Shared};
use crate::store::{Draft, ResponseUrl};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/response/{team}/{id}", post(respond))
}

/// Its name for faults and in the record of calls.
const METHOD: &str = "response_url";

async fn respond(
    State(shared): State<Arc<Shared>>,
    Path((_team, id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let fault = shared.store().faults.take(METHOD);
    if let Some((fault, Moment::Before)) = &fault {
        return strike(fault).await;
    }
    let given = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let outcome = answer(&shared, &id, &given);
    let said = outcome
        .as_ref()
        .err()
        .map_or(json!({"ok": true}), |error| json!({"ok": false, "error": error}));
    shared.note_call(METHOD, given, said.clone());
    match (fault, outcome) {
        (Some((fault, _)), _) => strike(&fault).await,
        (None, Ok(())) => (StatusCode::OK, "ok").into_response(),
        (None, Err(_)) => (StatusCode::NOT_FOUND, Json(said)).into_response(),
    }
}

fn answer(shared: &Shared, id: &str, given: &Value) -> Result<(), &'static str> {
    let (channel, user, original) = spend(shared, id)?;
    if !given.is_object() {
        return Err("invalid_payload");
    }
    if !blocks::check(&given["blocks"], Surface::Message).is_empty() {
        return Err("invalid_blocks");
    }
    let text = given["text"].as_str().unwrap_or_default().to_owned();
    let blocks = blocks::listed(&given["blocks"]);
    match original {
        Some(ts) if given["delete_original"] == true => {
            shared.store().delete(&ts);
            shared.changed(Change::Gone { channel, ts });
        }
        Some(ts) if given["replace_original"] == true => {
            let edited = shared.store().edit(&ts, text, blocks, shared.now()).is_some();
            if !edited {
                return Err("message_not_found");
            }
            shared.changed(Change::Message { channel, ts });
        }
        _ if text.is_empty() && blocks.is_empty() => return Err("no_text"),
        _ => {
            let is_public = given["response_type"] == "in_channel";
            let ephemeral_to = (!is_public).then_some(user);
            let thread_ts = given["thread_ts"].as_str().map(str::to_owned);
            shared.post(
                &channel,
                Draft {
                    text,
                    blocks,
                    ephemeral_to,
                    thread_ts,
                    ..shared.app_draft()
                },
            );
        }
    }
    Ok(())
}

/// Takes one use of the URL.
fn spend(shared: &Shared, id: &str) -> Result<(String, String, Option<String>), &'static str> {
    let now = shared.now();
    let mut store = shared.store();
    let url: &mut ResponseUrl = store.response_urls.get_mut(id).ok_or("no_such_url")?;
    if now > url.until {
        return Err("expired_url");
    }
    url.uses_left = url.uses_left.checked_sub(1).ok_or("used_url")?;
    Ok((url.channel.clone(), url.user.clone(), url.original.clone()))
}
