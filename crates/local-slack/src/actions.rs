//! Buttons pressed and options chosen in messages.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::shared::Shared;
use crate::signed::SignedRequest;
use crate::values;

impl Shared {
    /// A person presses a button, or chooses `value` in another element, of a message.
    pub(crate) async fn presses(&self, user: &str, ts: &str, action_id: &str, value: Option<&str>) -> Answer {
        let found = {
            let store = self.store();
            store
                .message(ts)
                .filter(|message| message.is_seen_by(user))
                .cloned()
        };
        let Some(message) = found else {
            return Answer::failed("message_not_found");
        };
        let Some((block, element)) = message.element(action_id) else {
            return Answer::failed("action_not_found");
        };
        let label = element["text"]["text"]
            .as_str()
            .or(value)
            .unwrap_or(action_id)
            .to_owned();
        self.note(&message.channel, user, format!("presses [{label}]"));
        let action = self.action(&block, &element, value);
        let chosen = self.choose(&format!("{user} {ts}"), &block, &element, value);
        self.interact(self.message_action(user, &message, action, &chosen))
            .await
    }

    /// One entry of an interaction's `actions`.
    pub(crate) fn action(&self, block: &Value, element: &Value, value: Option<&str>) -> Value {
        let ts = self.store().next_ts(self.now());
        let mut action = json!({
            "type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"],
            "action_ts": ts,
        });
        for name in ["text", "value", "style", "url"] {
            if element["type"] == "button" && !element[name].is_null() {
                action[name] = element[name].clone();
            }
        }
        let chosen = value.unwrap_or_default();
        if element["type"] == "overflow" {
            action["selected_option"] = values::option(element, chosen).unwrap_or(Value::Null);
        }
        if let Some(state) = values::typed(element, chosen).as_ref().and_then(Value::as_object) {
            let held = state.iter().filter(|(name, _)| *name != "type");
            held.for_each(|(name, value)| action[name] = value.clone());
        }
        action
    }

    /// Remembers a choice in a message, for the state of its later interactions.
    fn choose(&self, place: &str, block: &Value, element: &Value, value: Option<&str>) -> Map<String, Value> {
        let mut store = self.store();
        let chosen = store.chosen.entry(place.to_owned()).or_default();
        if let Some(state) = value.and_then(|value| values::typed(element, value)) {
            keep(chosen, block, element, state);
        }
        chosen.clone()
    }

    /// Sends an interaction that is only acknowledged.
    pub(crate) async fn interact(&self, request: SignedRequest) -> Answer {
        let Some(path) = self.interactions_path() else {
            return Answer::failed("interactivity_not_enabled");
        };
        match self.deliver(&path, request).await {
            Ok(ack) => {
                let failure = ack.failure().map(str::to_owned);
                Answer {
                    failure,
                    ..Answer::acknowledged(Some(ack))
                }
            }
            Err(name) => Answer::failed(name),
        }
    }
}

/// Puts a state at its place in `block id → action id → state`.
pub(crate) fn keep(chosen: &mut Map<String, Value>, block: &Value, element: &Value, state: Value) {
    let (Some(block_id), Some(action_id)) = (block["block_id"].as_str(), element["action_id"].as_str())
    else {
        return;
    };
    if let Value::Object(actions) = chosen.entry(block_id).or_insert_with(|| json!({})) {
        actions.insert(action_id.to_owned(), state);
    }
}
