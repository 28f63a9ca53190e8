use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::fault::Faults;
use crate::message::{Message, Version, format_ts};
use crate::options::Channel;
use crate::view::View;

/// All that changes while the workspace runs.
pub(crate) struct Store {
    pub(crate) rooms: Vec<Room>,
    /// Each person's open modals, the topmost last.
    pub(crate) modals: HashMap<String, Vec<View>>,
    /// Each person's home tab.
    pub(crate) homes: HashMap<String, View>,
    /// Each run of a workflow's step.
    pub(crate) steps: HashMap<String, Step>,
    pub(crate) faults: Faults,
    /// The bot token that stands in place of the first one.
    pub(crate) renewed_token: Option<String>,
    pub(crate) calls: Vec<ApiCall>,
    triggers: HashMap<String, Trigger>,
    pub(crate) response_urls: HashMap<String, ResponseUrl>,
    /// What each person chose in the elements of a message: `user ts` → block id → action id → state.
    pub(crate) chosen: HashMap<String, Map<String, Value>>,
    last_ts: i64,
    names: u64,
}

/// A channel with all that was said in it.
pub(crate) struct Room {
    pub(crate) channel: Channel,
    pub(crate) messages: Vec<Message>,
    pub(crate) deeds: Vec<Deed>,
}

/// What a person did that leaves no message: a slash command, a button pressed, a modal submitted.
pub(crate) struct Deed {
    pub(crate) ts: String,
    pub(crate) user: String,
    pub(crate) what: String,
}

/// One call of the Web API, as the app made it.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// E.g. `chat.postMessage`.
    pub method: String,
    /// Its arguments, without the token.
    pub arguments: Value,
    /// What it was answered, e.g. `{"ok": true, …}`; null when a fault took the answer away.
    pub answer: Value,
}

/// A run of a workflow's step.
pub(crate) struct Step {
    pub(crate) callback_id: String,
    /// How it ended: its outputs, or an error.
    pub(crate) ended: Option<Result<Value, String>>,
}

struct Trigger {
    born: Instant,
    user: String,
    used: bool,
}

pub(crate) struct ResponseUrl {
    pub(crate) channel: String,
    pub(crate) user: String,
    /// The message whose button was pressed.
    pub(crate) original: Option<String>,
    pub(crate) uses_left: u8,
    pub(crate) until: DateTime<Utc>,
}

/// What a new message says; the store adds the rest.
#[derive(Clone, Default)]
pub(crate) struct Draft {
    pub(crate) user: String,
    pub(crate) bot_id: Option<String>,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Value>,
    pub(crate) attachments: Vec<Value>,
    pub(crate) thread_ts: Option<String>,
    pub(crate) metadata: Option<Value>,
    pub(crate) ephemeral_to: Option<String>,
}

impl Store {
    pub(crate) fn new(channels: Vec<Channel>) -> Store {
        let rooms = channels.into_iter().map(Room::new).collect();
        Store {
            rooms,
            modals: HashMap::new(),
            homes: HashMap::new(),
            steps: HashMap::new(),
            faults: Faults::default(),
            renewed_token: None,
            calls: Vec::new(),
            triggers: HashMap::new(),
            response_urls: HashMap::new(),
            chosen: HashMap::new(),
            last_ts: 0,
            names: 0,
        }
    }

    /// The next timestamp: now, or just after the last one given.
    pub(crate) fn next_ts(&mut self, now: DateTime<Utc>) -> String {
        self.last_ts = now.timestamp_micros().max(self.last_ts + 1);
        format_ts(self.last_ts)
    }

    /// A short name that nothing else has, for blocks and actions that came without one.
    pub(crate) fn next_name(&mut self) -> String {
        self.names += 1;
        format!("b{}", self.names)
    }

    pub(crate) fn room(&self, channel: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.channel.id == channel)
    }

    pub(crate) fn room_mut(&mut self, channel: &str) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.channel.id == channel)
    }

    pub(crate) fn set_channel(&mut self, channel: Channel) {
        match self.room_mut(&channel.id) {
            Some(room) => room.channel = channel,
            None => self.rooms.push(Room::new(channel)),
        }
    }

    /// The direct channel between the app and this person, opened if there is none yet.
    pub(crate) fn direct(&mut self, user: &str) -> String {
        if let Some(room) = self
            .rooms
            .iter()
            .find(|room| room.channel.direct.as_deref() == Some(user))
        {
            return room.channel.id.clone();
        }
        let id = format!("D{}", user.trim_start_matches('U'));
        let channel = Channel {
            direct: Some(user.to_owned()),
            ..Channel::new(&id, "")
        };
        self.rooms.push(Room::new(channel));
        id
    }

    /// A message by its timestamp, which is unique in the workspace.
    pub(crate) fn message(&self, ts: &str) -> Option<&Message> {
        self.rooms
            .iter()
            .flat_map(|room| &room.messages)
            .find(|message| message.ts == ts)
    }

    pub(crate) fn message_mut(&mut self, ts: &str) -> Option<&mut Message> {
        self.rooms
            .iter_mut()
            .flat_map(|room| &mut room.messages)
            .find(|message| message.ts == ts)
    }

    pub(crate) fn post(&mut self, channel: &str, draft: Draft, now: DateTime<Utc>) -> Option<Message> {
        let ts = self.next_ts(now);
        let blocks = self.named(draft.blocks);
        let message = Message {
            ts,
            channel: channel.to_owned(),
            user: draft.user,
            bot_id: draft.bot_id,
            text: draft.text,
            blocks,
            attachments: draft.attachments,
            thread_ts: draft.thread_ts,
            metadata: draft.metadata,
            edited: None,
            ephemeral_to: draft.ephemeral_to,
            history: Vec::new(),
        };
        self.room_mut(channel)?.messages.push(message.clone());
        Some(message)
    }

    /// Changes what a message says and keeps what it said before.
    pub(crate) fn edit(
        &mut self,
        ts: &str,
        text: String,
        blocks: Vec<Value>,
        now: DateTime<Utc>,
    ) -> Option<&mut Message> {
        let blocks = self.named(blocks);
        let message = self.message_mut(ts)?;
        let before = Version {
            text: std::mem::replace(&mut message.text, text),
            blocks: std::mem::replace(&mut message.blocks, blocks),
        };
        message.history.push(before);
        message.edited = Some(now);
        Some(message)
    }

    /// Removes a message; whether there was one.
    pub(crate) fn delete(&mut self, ts: &str) -> bool {
        let rooms = self.rooms.iter_mut();
        rooms.fold(false, |found, room| {
            let before = room.messages.len();
            room.messages.retain(|message| message.ts != ts);
            found || room.messages.len() < before
        })
    }

    pub(crate) fn note(&mut self, channel: &str, user: &str, what: String, now: DateTime<Utc>) {
        let ts = self.next_ts(now);
        if let Some(room) = self.room_mut(channel) {
            room.deeds.push(Deed {
                ts,
                user: user.to_owned(),
                what,
            });
        }
    }

    /// Gives every block and interactive element without a name one, as Slack does.
    pub(crate) fn named(&mut self, mut blocks: Vec<Value>) -> Vec<Value> {
        for block in &mut blocks {
            if block["block_id"].as_str().is_none_or(str::is_empty) {
                block["block_id"] = json!(self.next_name());
            }
            let is_actions = block["type"] == "actions";
            if let (true, Some(elements)) = (is_actions, block["elements"].as_array_mut()) {
                elements.iter_mut().for_each(|element| self.name_action(element));
            }
            for place in ["accessory", "element"] {
                if let Some(element) = block.get_mut(place).filter(|element| element["type"] != "image") {
                    self.name_action(element);
                }
            }
        }
        blocks
    }

    fn name_action(&mut self, element: &mut Value) {
        if element["action_id"].as_str().is_none_or(str::is_empty) {
            element["action_id"] = json!(self.next_name());
        }
    }

    /// A new trigger for what this person just did.
    pub(crate) fn trigger(&mut self, user: &str) -> String {
        let id = format!("{}.{}", self.last_ts, Uuid::new_v4().simple());
        self.triggers.insert(
            id.clone(),
            Trigger {
                born: Instant::now(),
                user: user.to_owned(),
                used: false,
            },
        );
        id
    }

    /// Uses a trigger up; the person it belongs to, or Slack's name of the error.
    pub(crate) fn pull(&mut self, id: &str, life: Duration) -> Result<String, &'static str> {
        let trigger = self.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if trigger.born.elapsed() > life {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.user.clone())
    }

    /// A new `response_url`; the part of it that tells it from others.
    pub(crate) fn response_url(
        &mut self,
        channel: &str,
        user: &str,
        original: Option<&str>,
        until: DateTime<Utc>,
    ) -> String {
        let id = Uuid::new_v4().simple().to_string();
        let url = ResponseUrl {
            channel: channel.to_owned(),
            user: user.to_owned(),
            original: original.map(str::to_owned),
            uses_left: 5,
            until,
        };
        self.response_urls.insert(id.clone(), url);
        id
    }

    pub(crate) fn view_mut(&mut self, id: &str) -> Option<&mut View> {
        let modals = self.modals.values_mut().flatten();
        modals.chain(self.homes.values_mut()).find(|view| view.id == id)
    }

    pub(crate) fn view(&self, id: &str) -> Option<&View> {
        self.modals
            .values()
            .flatten()
            .chain(self.homes.values())
            .find(|view| view.id == id)
    }

    /// Forgets what can no longer be used, so that a workspace may run for weeks.
    pub(crate) fn forget(&mut self, now: DateTime<Utc>) {
        let hour = Duration::from_secs(3600);
        self.triggers.retain(|_, trigger| trigger.born.elapsed() < hour);
        self.response_urls
            .retain(|_, url| now < url.until + TimeDelta::hours(1));
    }

    /// Every channel that people share, and this person's own direct one.
    pub(crate) fn rooms_of(&self, user: &str) -> impl Iterator<Item = &Room> {
        self.rooms
            .iter()
            .filter(move |room| room.channel.direct.as_deref().is_none_or(|other| other == user))
    }

    /// How many replies each thread has.
    pub(crate) fn replies(&self, channel: &str) -> BTreeMap<String, Vec<&Message>> {
        let mut threads: BTreeMap<String, Vec<&Message>> = BTreeMap::new();
        for message in self.room(channel).into_iter().flat_map(|room| &room.messages) {
            if let Some(parent) = message.thread_ts.as_ref().filter(|parent| **parent != message.ts) {
                threads.entry(parent.clone()).or_default().push(message);
            }
        }
        threads
    }
}

impl Room {
    fn new(channel: Channel) -> Room {
        Room {
            channel,
            messages: Vec::new(),
            deeds: Vec::new(),
        }
    }
}
