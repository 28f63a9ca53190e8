//! The page: one document without outside requests, what it asks for, and what it is told as it happens.

mod show;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::BroadcastStream;
use uuid::Uuid;

use crate::answer::Answer;
use crate::shared::{Change, Shared};

const DOCUMENT: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/style.css");
const SCRIPT: &str = concat!(
    include_str!("../page/mrkdwn.js"),
    include_str!("../page/blocks.js"),
    include_str!("../page/messages.js"),
    include_str!("../page/modal.js"),
    include_str!("../page/app.js"),
);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(document))
        .route("/archives/{channel}/{message}", get(permalink))
        .route("/events", get(events))
        .route("/page/state", get(state))
        .route("/page/say", post(say))
        .route("/page/workflow", post(workflow))
        .route("/page/press", post(press))
        .route("/page/view", post(view))
        .route("/page/home", post(home))
}

/// The page. Only its own script may run: whatever a message contains, it is text.
async fn document() -> Response {
    let nonce = Uuid::new_v4().simple().to_string();
    let page = DOCUMENT
        .replace("{nonce}", &nonce)
        .replace("/*style*/", STYLE)
        .replace("/*script*/", SCRIPT);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src 'self' data: http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    (
        [
            ("Content-Security-Policy", policy),
            ("Cache-Control", "no-store".to_owned()),
        ],
        Html(page),
    )
        .into_response()
}

/// Where `chat.getPermalink` leads.
async fn permalink(Path((channel, message)): Path<(String, String)>) -> Redirect {
    let digits: String = message.chars().filter(char::is_ascii_digit).collect();
    let channel: String = channel.chars().filter(char::is_ascii_alphanumeric).collect();
    let (seconds, micros) = digits.split_at(digits.len().saturating_sub(6));
    Redirect::to(&format!("/?channel={channel}#m{seconds}.{micros}"))
}

#[derive(Deserialize)]
struct Viewer {
    user: String,
}

async fn state(State(shared): State<Arc<Shared>>, Query(viewer): Query<Viewer>) -> Json<Value> {
    Json(shared.whole_page(&viewer.user))
}

/// Server-sent events: each is what changed, as this person sees it.
async fn events(
    State(shared): State<Arc<Shared>>,
    Query(viewer): Query<Viewer>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stopped = shared.stop.clone().cancelled_owned();
    let changes = BroadcastStream::new(shared.changes.subscribe());
    let told = changes.filter_map(move |change| {
        let told = match change {
            Ok(change) => shared.seen(&viewer.user, &change),
            // The page fell behind: it fetches everything anew.
            Err(_) => Some(json!({"kind": "reload"})),
        };
        async move { told.map(|told| Ok(Event::default().data(told.to_string()))) }
    });
    Sse::new(told.take_until(stopped)).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct Say {
    user: String,
    channel: String,
    text: String,
    thread_ts: Option<String>,
}

async fn say(State(shared): State<Arc<Shared>>, Json(say): Json<Say>) -> Json<Value> {
    outcome(
        &shared
            .says(&say.user, &say.channel, &say.text, say.thread_ts.as_deref())
            .await,
    )
}

async fn workflow(State(shared): State<Arc<Shared>>, Json(viewer): Json<Viewer>) -> Json<Value> {
    outcome(&shared.runs_workflow(&viewer.user).await)
}

async fn home(State(shared): State<Arc<Shared>>, Json(viewer): Json<Viewer>) -> Json<Value> {
    outcome(&shared.open_home(&viewer.user).await)
}

#[derive(Deserialize)]
struct Press {
    user: String,
    ts: String,
    action_id: String,
    value: Option<String>,
}

async fn press(State(shared): State<Arc<Shared>>, Json(press): Json<Press>) -> Json<Value> {
    outcome(
        &shared
            .presses(&press.user, &press.ts, &press.action_id, press.value.as_deref())
            .await,
    )
}

#[derive(Deserialize)]
struct InView {
    user: String,
    view_id: String,
    #[serde(flatten)]
    deed: ViewDeed,
}

#[derive(Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
enum ViewDeed {
    Act {
        action_id: String,
        value: Option<String>,
    },
    Submit {
        values: BTreeMap<String, String>,
    },
    Close {
        all: bool,
    },
}

async fn view(State(shared): State<Arc<Shared>>, Json(view): Json<InView>) -> Json<Value> {
    let (user, id) = (view.user.as_str(), view.view_id.as_str());
    let answer = match &view.deed {
        ViewDeed::Act { action_id, value } => {
            shared.acts_in_view(user, id, action_id, value.as_deref()).await
        }
        ViewDeed::Submit { values } => {
            let typed: Vec<(&str, &str)> = values
                .iter()
                .map(|(block, text)| (block.as_str(), text.as_str()))
                .collect();
            shared.submits(user, id, &typed).await
        }
        ViewDeed::Close { all } => shared.closes(user, id, *all).await,
    };
    outcome(&answer)
}

fn outcome(answer: &Answer) -> Json<Value> {
    Json(json!({"ok": answer.is_ok(), "failure": answer.failure, "errors": answer.field_errors}))
}

impl Shared {
    /// What a change means to this person's page; nothing if it is none of their business.
    fn seen(&self, user: &str, change: &Change) -> Option<Value> {
        match change {
            Change::Message { channel, ts } => {
                let store = self.store();
                store.rooms_of(user).find(|room| room.channel.id == *channel)?;
                let message = store.message(ts).filter(|message| message.is_seen_by(user))?;
                Some(json!({"kind": "message", "message": self.page_message(message)}))
            }
            Change::Gone { channel, ts } => Some(json!({"kind": "gone", "channel": channel, "ts": ts})),
            Change::Modals { user: whose } if whose == user => {
                Some(json!({"kind": "modals", "modals": self.page_modals(user)}))
            }
            Change::Home { user: whose } if whose == user => {
                Some(json!({"kind": "home", "home": self.page_home(user)}))
            }
            Change::Modals { .. } | Change::Home { .. } | Change::Unseen => None,
        }
    }
}
