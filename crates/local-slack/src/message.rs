use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A message of a channel, as everybody (or one person) sees it now, with what it said before.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Slack's timestamp: the message's identity, unique in the workspace and increasing.
    pub ts: String,
    /// The channel's id.
    pub channel: String,
    /// The author: a person's id or a bot's user id.
    pub user: String,
    /// The author's bot id, when the author is an app.
    pub bot_id: Option<String>,
    /// The text: shown when there are no blocks, else what notifications show.
    pub text: String,
    /// Block Kit blocks; empty when the message is plain text.
    pub blocks: Vec<Value>,
    /// Legacy attachments, passed through.
    pub attachments: Vec<Value>,
    /// The message that this one answers in a thread.
    pub thread_ts: Option<String>,
    /// `event_type` and `event_payload`, invisible to people.
    pub metadata: Option<Value>,
    /// When it was last edited.
    pub edited: Option<DateTime<Utc>>,
    /// The one person who sees it.
    pub ephemeral_to: Option<String>,
    /// What it said before, oldest first.
    pub history: Vec<Version>,
}

/// What a message said at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// As in [`Message::text`].
    pub text: String,
    /// As in [`Message::blocks`].
    pub blocks: Vec<Value>,
}

impl Message {
    /// Every version, the present one last.
    pub fn versions(&self) -> Vec<Version> {
        let now = Version {
            text: self.text.clone(),
            blocks: self.blocks.clone(),
        };
        self.history.iter().cloned().chain([now]).collect()
    }

    /// Whether this person sees the message at all.
    pub fn is_seen_by(&self, user: &str) -> bool {
        self.ephemeral_to.as_deref().is_none_or(|only| only == user)
    }

    /// The labels of its buttons, in order.
    pub fn buttons(&self) -> Vec<String> {
        elements(&self.blocks)
            .filter(|element| element["type"] == "button")
            .filter_map(|button| button["text"]["text"].as_str().map(str::to_owned))
            .collect()
    }

    /// The block and the interactive element with this `action_id`.
    pub(crate) fn element(&self, action_id: &str) -> Option<(Value, Value)> {
        find_element(&self.blocks, action_id)
    }

    /// As the Web API shows it.
    pub(crate) fn to_api(&self, team: &str, app_id: &str, with_metadata: bool) -> Value {
        let mut message = json!({
            "type": "message", "user": self.user, "team": team, "ts": self.ts, "text": self.text,
        });
        if let Some(bot) = &self.bot_id {
            message["bot_id"] = json!(bot);
            message["app_id"] = json!(app_id);
        }
        for (name, list) in [("blocks", &self.blocks), ("attachments", &self.attachments)] {
            if !list.is_empty() {
                message[name] = json!(list);
            }
        }
        if let Some(thread) = &self.thread_ts {
            message["thread_ts"] = json!(thread);
        }
        if let Some(at) = self.edited {
            message["edited"] = json!({"user": self.user, "ts": format_ts(at.timestamp_micros())});
        }
        if let (true, Some(metadata)) = (with_metadata, &self.metadata) {
            message["metadata"] = metadata.clone();
        }
        if self.ephemeral_to.is_some() {
            message["is_ephemeral"] = json!(true);
        }
        message
    }
}

/// Microseconds since the epoch as Slack writes a timestamp.
pub(crate) fn format_ts(micros: i64) -> String {
    format!(
        "{}.{:06}",
        micros.div_euclid(1_000_000),
        micros.rem_euclid(1_000_000)
    )
}

/// All elements of the blocks that a person may act upon.
pub(crate) fn elements(blocks: &[Value]) -> impl Iterator<Item = &Value> {
    blocks.iter().flat_map(block_elements)
}

fn block_elements(block: &Value) -> Vec<&Value> {
    let listed = block["elements"]
        .as_array()
        .map(|all| all.iter().collect::<Vec<_>>())
        .unwrap_or_default();
    let single = [&block["accessory"], &block["element"]];
    listed
        .into_iter()
        .chain(single)
        .filter(|element| element.is_object())
        .collect()
}

/// The block and the element with this `action_id`.
pub(crate) fn find_element(blocks: &[Value], action_id: &str) -> Option<(Value, Value)> {
    blocks.iter().find_map(|block| {
        let element = block_elements(block)
            .into_iter()
            .find(|element| element["action_id"] == action_id)?;
        Some((block.clone(), element.clone()))
    })
}
