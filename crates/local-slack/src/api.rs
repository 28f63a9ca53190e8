//! The Web API: `/api/{method}`, by POST or GET.

mod args;
mod chat;
mod conversations;
mod functions;
mod users;
mod views;

use std::future::pending;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

use crate::fault::{Fault, Moment};
use crate::shared::Shared;
use args::Args;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/{method}", any(call))
}

/// Why a method refuses, by Slack's name, and what else the answer says.
#[derive(Debug)]
pub(crate) struct Refusal {
    error: String,
    messages: Vec<String>,
    /// The scope that is missing, and those that there are.
    scopes: Option<(String, String)>,
}

impl Refusal {
    pub(crate) fn new(error: &str) -> Refusal {
        Refusal {
            error: error.to_owned(),
            messages: Vec::new(),
            scopes: None,
        }
    }

    pub(crate) fn because(error: &str, messages: Vec<String>) -> Refusal {
        Refusal {
            error: error.to_owned(),
            messages,
            scopes: None,
        }
    }

    /// The app's manifest does not declare the scope that the method wants.
    fn missing_scope(needed: &str, provided: &[&str]) -> Refusal {
        Refusal {
            scopes: Some((needed.to_owned(), provided.join(","))),
            ..Refusal::new("missing_scope")
        }
    }

    fn to_json(&self) -> Value {
        let mut answer = json!({"ok": false, "error": self.error});
        if let Some((needed, provided)) = &self.scopes {
            answer["needed"] = json!(needed);
            answer["provided"] = json!(provided);
        }
        if !self.messages.is_empty() {
            answer["errors"] = json!(self.messages);
            answer["response_metadata"] = json!({"messages": self.messages});
        }
        answer
    }
}

/// What a method answers beside `ok`.
type Reply = Result<Value, Refusal>;

async fn call(
    State(shared): State<Arc<Shared>>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = shared.store().faults.take(&method);
    if let Some((fault, Moment::Before)) = &fault {
        shared.note_call(&method, Value::Null, Value::Null);
        return strike(fault).await;
    }
    let args = Args::read(&headers, query.as_deref(), &body);
    let answer = match &args {
        Ok(args) => match authorized(&shared, &headers, args).and_then(|()| in_scope(&shared, &method)) {
            Ok(()) => run(&shared, &method, args),
            Err(refusal) => refusal.to_json(),
        },
        Err(error) => Refusal::new(error).to_json(),
    };
    if answer["ok"] == false {
        tracing::debug!(method, error = %answer["error"], "refused");
    }
    let given = args.map(|args| args.to_json()).unwrap_or_default();
    let heard = if fault.is_some() {
        Value::Null
    } else {
        answer.clone()
    };
    shared.note_call(&method, given, heard);
    match fault {
        Some((fault, Moment::After)) => strike(&fault).await,
        _ => Json(answer).into_response(),
    }
}

/// Answers as the fault says, or never.
pub(crate) async fn strike(fault: &Fault) -> Response {
    match fault {
        Fault::RateLimited { retry_after } => {
            let headers = [("Retry-After", retry_after.as_secs().to_string())];
            let body = json!({"ok": false, "error": "ratelimited"});
            (StatusCode::TOO_MANY_REQUESTS, headers, Json(body)).into_response()
        }
        Fault::Error(name) => Json(Refusal::new(name).to_json()).into_response(),
        Fault::Status(status) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, "Slack is having a bad day").into_response()
        }
        Fault::Hang => pending().await,
    }
}

fn authorized(shared: &Shared, headers: &HeaderMap, args: &Args) -> Result<(), Refusal> {
    let header = headers.get("Authorization").and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.strip_prefix("Bearer "))
        .or_else(|| args.text("token"));
    match token.map(str::trim) {
        None | Some("") => Err(Refusal::new("not_authed")),
        Some(token) => match (token, shared.store().renewed_token.as_deref()) {
            (token, Some(renewed)) if token == renewed => Ok(()),
            (token, Some(_)) if token == shared.options.bot_token => Err(Refusal::new("token_revoked")),
            (token, None) if token == shared.options.bot_token => Ok(()),
            _ => Err(Refusal::new("invalid_auth")),
        },
    }
}

/// Whether the manifest, if there is one, declares what the method wants.
fn in_scope(shared: &Shared, method: &str) -> Result<(), Refusal> {
    let Some(manifest) = &shared.options.manifest else {
        return Ok(());
    };
    match manifest.missing(method) {
        Some(needed) => Err(Refusal::missing_scope(needed, &manifest.scopes())),
        None => Ok(()),
    }
}

fn run(shared: &Shared, method: &str, args: &Args) -> Value {
    let reply = match method {
        "api.test" => Ok(json!({})),
        "auth.test" => Ok(users::auth_test(shared)),
        "users.info" => users::info(shared, args),
        "users.list" => Ok(users::list(shared)),
        "usergroups.users.list" => users::group(shared, args),
        "chat.postMessage" => chat::post(shared, args),
        "chat.postEphemeral" => chat::post_ephemeral(shared, args),
        "chat.update" => chat::update(shared, args),
        "chat.delete" => chat::delete(shared, args),
        "chat.getPermalink" => chat::permalink(shared, args),
        "conversations.history" => conversations::history(shared, args),
        "conversations.replies" => conversations::replies(shared, args),
        "conversations.open" => conversations::open(shared, args),
        "conversations.info" => conversations::info(shared, args),
        "conversations.list" => Ok(conversations::list(shared)),
        "conversations.members" => conversations::members(shared, args),
        "conversations.join" => conversations::join(shared, args),
        "views.open" => views::open(shared, args),
        "views.push" => views::push(shared, args),
        "views.update" => views::update(shared, args),
        "views.publish" => views::publish(shared, args),
        "functions.completeSuccess" => functions::complete_success(shared, args),
        "functions.completeError" => functions::complete_error(shared, args),
        _ => Err(Refusal::new("unknown_method")),
    };
    match reply {
        Ok(mut answer) => {
            answer["ok"] = json!(true);
            answer
        }
        Err(refusal) => refusal.to_json(),
    }
}
