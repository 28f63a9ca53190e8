//! Slack's Web API, as far as doppel speaks to it, through slack-morphism.

mod error;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use crate::message::Message;
use crate::step::Outcome;

pub use error::Error;
use error::classified;

/// Where the real Slack is.
pub const SLACK_API: &str = "https://slack.com/api";

/// A call that takes longer is given up, unless [`Client::with_patience`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most pages of history that are looked through for a lost message.
const PAGES: usize = 5;

/// What Slack says of a step that was told before, or whose workflow is no more.
const STEP_IS_OVER: [&str; 2] = ["execution_not_in_running_state", "function_execution_not_found"];

/// A message that Slack has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Posted {
    /// The channel's id: of the direct message, if it was sent to a user.
    pub channel: String,
    /// Slack's timestamp, which is the message's id.
    pub ts: String,
}

/// What only the app sees of a message, by which it finds its own again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark<'a> {
    /// The event's type, such as [`crate::message::CLONE_EVENT`].
    pub event: &'a str,
    /// What the message is about: a clone's id, an execution's ARN.
    pub about: &'a str,
}

/// A workspace's Web API, with the app's token.
pub struct Client {
    transport: Transport,
    token: RwLock<SlackApiToken>,
    renewal: Option<Renewal>,
    patience: Duration,
}

/// Where a token lies that may be a newer one: none when it cannot be read.
pub type Renewal = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Option<SecretString>> + Send>> + Send + Sync>;

enum Transport {
    /// slack-morphism's own TLS connector refuses `http://`, which the embedded Slack speaks.
    Plain(SlackClient<SlackClientHyperConnector<HttpConnector>>),
    Tls(SlackClient<SlackClientHyperHttpsConnector>),
}

impl Client {
    /// A client for Slack, or for whatever speaks like it at `url` (without a slash at its end).
    ///
    /// # Errors
    /// [`Error::Setup`] without usable root certificates.
    pub fn new(url: &str, token: &SecretString) -> Result<Self, Error> {
        let url = url.trim_end_matches('/');
        let transport = if url.starts_with("http://") {
            let connector = SlackClientHyperConnector::with_connector(HttpConnector::new());
            Transport::Plain(SlackClient::new(connector.with_slack_api_url(url)))
        } else {
            let connector = SlackClientHyperConnector::new().map_err(|error| Error::Setup {
                url: url.to_owned(),
                reason: error.to_string(),
            })?;
            Transport::Tls(SlackClient::new(connector.with_slack_api_url(url)))
        };
        Ok(Self {
            transport,
            token: RwLock::new(SlackApiToken::new(token.expose_secret().into())),
            renewal: None,
            patience: PATIENCE,
        })
    }

    /// The same client. When Slack does not take its token any more it asks there for a newer one, and repeats the
    /// call with that: whoever renews the token need restart nothing.
    pub fn with_renewal(self, renewal: Renewal) -> Self {
        Self {
            renewal: Some(renewal),
            ..self
        }
    }

    /// The same client, waiting no longer than this for a call.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Posts a message, in a thread if `thread` says so. A user's id as channel means a direct message.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn post(
        &self,
        channel: &str,
        message: &Message,
        mark: Mark<'_>,
        thread: Option<&str>,
    ) -> Result<Posted, Error> {
        let mut content = content(message);
        content.metadata = Some(SlackMessageMetadata {
            event_type: mark.event.to_owned(),
            event_payload: Some([("about".to_owned(), mark.about.to_owned())].into()),
        });
        let mut request = SlackApiChatPostMessageRequest::new(channel.into(), content)
            .with_unfurl_links(false)
            .with_unfurl_media(false);
        request.thread_ts = thread.map(Into::into);
        self.call("chat.postMessage", &request).await
    }

    /// Replaces what a message says.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn update(&self, posted: &Posted, message: &Message) -> Result<(), Error> {
        let request = SlackApiChatUpdateRequest::new(
            posted.channel.as_str().into(),
            content(message),
            posted.ts.as_str().into(),
        );
        self.call::<_, Value>("chat.update", &request).await.map(drop)
    }

    /// Answers the one who pressed a button, and nobody else, at the URL that came with it.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn respond(&self, response_url: &str, message: &Message) -> Result<(), Error> {
        let method = "response_url";
        let answer = json!({
            "response_type": "ephemeral", "replace_original": false,
            "text": message.text, "blocks": message.blocks,
        });
        let url = response_url.parse().map_err(|_| Error::Final {
            method,
            code: "the URL is none".to_owned(),
        })?;
        let token = self.token();
        let said = async {
            match &self.transport {
                Transport::Plain(client) => {
                    client
                        .open_session(&token)
                        .http_session_api
                        .http_post_uri(url, &answer, None)
                        .await
                }
                Transport::Tls(client) => {
                    client
                        .open_session(&token)
                        .http_session_api
                        .http_post_uri(url, &answer, None)
                        .await
                }
            }
        };
        self.patiently::<Value>(method, said).await.map(drop)
    }

    /// Opens a form. The trigger lives 3 seconds.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn open_view(&self, trigger: &str, view: SlackView) -> Result<(), Error> {
        let request = SlackApiViewsOpenRequest::new(trigger.into(), view);
        self.call::<_, Value>("views.open", &request).await.map(drop)
    }

    /// Replaces what an open form shows, unless it changed since `hash`.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn update_view(&self, id: &str, hash: &str, view: SlackView) -> Result<(), Error> {
        let mut request = SlackApiViewsUpdateRequest::new(view).with_view_id(id.into());
        request.hash = Some(hash.to_owned()).filter(|hash| !hash.is_empty());
        self.call::<_, Value>("views.update", &request).await.map(drop)
    }

    /// The channel's id of a direct message to a user; any other channel as it is.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn conversation(&self, channel: &str) -> Result<String, Error> {
        if !channel.starts_with(['U', 'W']) {
            return Ok(channel.to_owned());
        }
        let opened: Opened = self
            .call("conversations.open", &json!({ "users": channel }))
            .await?;
        Ok(opened.channel.id)
    }

    /// The ids of the users in a user group. Needs the scope `usergroups:read`.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn group_members(&self, group: &str) -> Result<BTreeSet<String>, Error> {
        let query = vec![("usergroup", Some(group))];
        let members: GroupMembers = self.get("usergroups.users.list", &query).await?;
        Ok(members.users)
    }

    /// Looks for a message of ours that was posted since `oldest` (Slack's timestamp), in the channel or, with
    /// `thread`, among the replies to a message.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn find(
        &self,
        channel: &str,
        mark: Mark<'_>,
        oldest: &str,
        thread: Option<&str>,
    ) -> Result<Option<Posted>, Error> {
        let method = if thread.is_some() {
            "conversations.replies"
        } else {
            "conversations.history"
        };
        let mut cursor = String::new();
        for _ in 0..PAGES {
            let mut query = vec![
                ("channel", Some(channel)),
                ("oldest", Some(oldest)),
                ("inclusive", Some("true")),
                ("include_all_metadata", Some("true")),
                ("limit", Some("200")),
            ];
            query.push(("ts", thread));
            query.push((
                "cursor",
                Some(cursor.as_str()).filter(|cursor| !cursor.is_empty()),
            ));
            let page: History = self.get(method, &query).await?;
            let found = page.messages.into_iter().find(|message| message.is_marked(mark));
            if let Some(message) = found {
                return Ok(Some(Posted {
                    channel: channel.to_owned(),
                    ts: message.ts,
                }));
            }
            cursor = page
                .response_metadata
                .map(|next| next.next_cursor)
                .unwrap_or_default();
            if cursor.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Shows a person's home tab. With `hash`, only in place of the view that has it: else Slack refuses with
    /// [`Error::is_hash_conflict`]. Answers the new view's hash.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn publish_home(
        &self,
        user: &str,
        view: SlackView,
        hash: Option<&str>,
    ) -> Result<String, Error> {
        let mut request = SlackApiViewsPublishRequest::new(user.into(), view);
        request.hash = hash.map(str::to_owned);
        let published: Published = self.call("views.publish", &request).await?;
        Ok(published.view.hash)
    }

    /// Tells a step of a workflow how it ended. A step that is over already is left as it is.
    ///
    /// # Errors
    /// What Slack said.
    pub async fn complete_step(&self, execution: &str, outcome: &Outcome) -> Result<(), Error> {
        let (method, told) = match outcome {
            Outcome::Released(outputs) => (
                "functions.completeSuccess",
                json!({"function_execution_id": execution, "outputs": outputs}),
            ),
            Outcome::Failed(error) => (
                "functions.completeError",
                json!({"function_execution_id": execution, "error": error}),
            ),
        };
        match self.call::<_, Value>(method, &told).await {
            Err(Error::Final { code, .. }) if STEP_IS_OVER.contains(&code.as_str()) => Ok(()),
            told => told.map(drop),
        }
    }

    async fn call<Q, A>(&self, method: &'static str, request: &Q) -> Result<A, Error>
    where
        Q: Serialize + Send + Sync,
        A: DeserializeOwned + Send,
    {
        match self.call_once(method, request).await {
            Err(error) if error.is_about_the_token() && self.is_renewed().await => {
                self.call_once(method, request).await
            }
            answer => answer,
        }
    }

    async fn get<A>(&self, method: &'static str, query: &Vec<(&str, Option<&str>)>) -> Result<A, Error>
    where
        A: DeserializeOwned + Send,
    {
        match self.get_once(method, query).await {
            Err(error) if error.is_about_the_token() && self.is_renewed().await => {
                self.get_once(method, query).await
            }
            answer => answer,
        }
    }

    fn token(&self) -> SlackApiToken {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a newer token, if there is one.
    async fn is_renewed(&self) -> bool {
        let Some(renewal) = &self.renewal else {
            return false;
        };
        let Some(newest) = renewal().await else {
            return false;
        };
        let newest = SlackApiToken::new(newest.expose_secret().into());
        let mut token = self.token.write().unwrap_or_else(PoisonError::into_inner);
        let is_newer = token.token_value != newest.token_value;
        *token = newest;
        is_newer
    }

    async fn call_once<Q, A>(&self, method: &'static str, request: &Q) -> Result<A, Error>
    where
        Q: Serialize + Send + Sync,
        A: DeserializeOwned + Send,
    {
        let token = self.token();
        let answer = async {
            match &self.transport {
                Transport::Plain(client) => {
                    client
                        .open_session(&token)
                        .http_session_api
                        .http_post(method, request, None)
                        .await
                }
                Transport::Tls(client) => {
                    client
                        .open_session(&token)
                        .http_session_api
                        .http_post(method, request, None)
                        .await
                }
            }
        };
        self.patiently(method, answer).await
    }

    async fn get_once<A>(&self, method: &'static str, query: &Vec<(&str, Option<&str>)>) -> Result<A, Error>
    where
        A: DeserializeOwned + Send,
    {
        let token = self.token();
        let answer = async {
            match &self.transport {
                Transport::Plain(client) => {
                    client
                        .open_session(&token)
                        .http_session_api
                        .http_get(method, query, None)
                        .await
                }
                Transport::Tls(client) => {
                    client
                        .open_session(&token)
                        .http_session_api
                        .http_get(method, query, None)
                        .await
                }
            }
        };
        self.patiently(method, answer).await
    }

    /// Waits by the wall clock in a thread of its own, whatever tokio's clock does: a timeout is never shortened,
    /// and on paused time tokio's own would leap ahead while the answer is on the wire.
    async fn patiently<A>(
        &self,
        method: &'static str,
        answer: impl Future<Output = ClientResult<A>>,
    ) -> Result<A, Error> {
        let patience = self.patience;
        let (_done, hung_up) = std::sync::mpsc::channel::<()>();
        let timer = tokio::task::spawn_blocking(move || hung_up.recv_timeout(patience));
        tokio::select! {
            answer = answer => answer.map_err(|error| classified(method, &error)),
            _ = timer => Err(Error::Transient { method, reason: format!("no answer within {patience:?}") }),
        }
    }
}

fn content(message: &Message) -> SlackMessageContent {
    SlackMessageContent::new()
        .with_text(message.text.clone())
        .with_blocks(message.blocks.clone())
}

#[derive(Deserialize)]
struct GroupMembers {
    users: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Opened {
    channel: OpenedChannel,
}

#[derive(Deserialize)]
struct OpenedChannel {
    id: String,
}

#[derive(Deserialize)]
struct Published {
    view: PublishedView,
}

#[derive(Deserialize)]
struct PublishedView {
    hash: String,
}

/// slack-morphism's model takes string values in metadata only; other apps' messages may hold anything.
#[derive(Deserialize)]
struct History {
    messages: Vec<Past>,
    #[serde(default)]
    response_metadata: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Deserialize)]
struct Past {
    ts: String,
    #[serde(default)]
    metadata: Value,
}

impl Past {
    fn is_marked(&self, mark: Mark<'_>) -> bool {
        self.metadata["event_type"] == mark.event && self.metadata["event_payload"]["about"] == mark.about
    }
}
