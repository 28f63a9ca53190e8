use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::message::Message;
use crate::options::Options;
use crate::store::{ApiCall, Draft, Store};

/// What the Web API, the page and the driving functions have in common.
pub(crate) struct Shared {
    pub(crate) options: Options,
    /// Base URL of this workspace.
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    pub(crate) changes: broadcast::Sender<Change>,
    /// Cancelled when the workspace stops.
    pub(crate) stop: CancellationToken,
    store: Mutex<Store>,
}

/// Something that an open page has to show anew.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A message is new or says something else.
    Message { channel: String, ts: String },
    /// A message was deleted.
    Gone { channel: String, ts: String },
    /// A person's modals changed.
    Modals { user: String },
    /// A person's home tab changed.
    Home { user: String },
    /// Something that no page shows: a call, a deed.
    Unseen,
}

/// How many calls are remembered at most.
const MOST_CALLS: usize = 20_000;

/// Who speaks for Slack itself.
pub(crate) const SLACKBOT: &str = "USLACKBOT";
/// Amazon Q Developer in chat applications.
pub(crate) const AMAZON_Q: &str = "U0AMAZONQ";
/// The workflow of the workflow button.
pub(crate) const WORKFLOW: &str = "U0WORKFLOW";

impl Shared {
    pub(crate) fn new(mut options: Options, base: String) -> Result<Shared, reqwest::Error> {
        if let Some(manifest) = &options.manifest {
            options.commands = manifest.commands();
        }
        // No pool: a gateway that was stopped and started again must not be met on a dead connection.
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()?;
        let store = Mutex::new(Store::new(options.channels.clone()));
        Ok(Shared {
            options,
            base,
            http,
            changes: broadcast::channel(1024).0,
            stop: CancellationToken::new(),
            store,
        })
    }

    /// The store. A panic elsewhere cannot leave it half-written in a way that matters here.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.options.time)()
    }

    /// Tells every open page; nobody listening is fine.
    pub(crate) fn changed(&self, change: Change) {
        let _ = self.changes.send(change);
    }

    pub(crate) fn post(&self, channel: &str, draft: Draft) -> Option<Message> {
        let message = self.store().post(channel, draft, self.now())?;
        self.changed(Change::Message {
            channel: channel.to_owned(),
            ts: message.ts.clone(),
        });
        Some(message)
    }

    /// Posts what Slackbot tells one person.
    pub(crate) fn notice(&self, channel: &str, user: &str, text: String) -> Option<Message> {
        let ephemeral_to = Some(user.to_owned());
        self.post(
            channel,
            Draft {
                user: SLACKBOT.into(),
                text,
                ephemeral_to,
                ..Draft::default()
            },
        )
    }

    /// A draft in the app's name.
    pub(crate) fn app_draft(&self) -> Draft {
        let app = &self.options.app;
        Draft {
            user: app.bot_user_id.clone(),
            bot_id: Some(app.bot_id.clone()),
            ..Draft::default()
        }
    }

    /// Writes down a deed that leaves no message.
    pub(crate) fn note(&self, channel: &str, user: &str, what: String) {
        self.store().note(channel, user, what, self.now());
        self.changed(Change::Unseen);
    }

    /// Writes down a call of the Web API; the oldest go when there are very many.
    pub(crate) fn note_call(&self, method: &str, arguments: Value, answer: Value) {
        let mut store = self.store();
        if store.calls.len() >= MOST_CALLS {
            store.calls.drain(..MOST_CALLS / 2);
        }
        store.calls.push(ApiCall {
            method: method.to_owned(),
            arguments,
            answer,
        });
        drop(store);
        self.changed(Change::Unseen);
    }

    /// The id of a channel given by id, by `name` or by `#name`.
    pub(crate) fn channel_id(&self, channel: &str) -> Option<String> {
        let name = channel.trim_start_matches('#');
        let store = self.store();
        let found = store
            .rooms
            .iter()
            .map(|room| &room.channel)
            .find(|known| known.id == channel || (known.direct.is_none() && known.name == name));
        found.map(|channel| channel.id.clone())
    }

    /// The handle or name that goes with a user id.
    pub(crate) fn handle<'a>(&'a self, id: &'a str) -> &'a str {
        match id {
            SLACKBOT => "Slackbot",
            AMAZON_Q => "Amazon Q",
            WORKFLOW => self
                .options
                .workflow_button
                .as_ref()
                .map_or("workflow", |button| &button.label),
            id if id == self.options.app.bot_user_id => &self.options.app.name,
            id => self
                .options
                .users
                .iter()
                .find(|user| user.id == id)
                .map_or(id, |user| &user.name),
        }
    }

    pub(crate) fn is_person(&self, id: &str) -> bool {
        self.options.users.iter().any(|user| user.id == id)
    }
}
