use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A modal or a home tab, as one person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// `V…`.
    pub id: String,
    /// Whose screen it is on.
    pub user: String,
    /// Changes with every update, so that an app can tell that it updates what it thinks it does.
    pub hash: String,
    /// The view as the app gave it, with block and action ids filled in.
    pub body: Value,
    /// The first view of its stack.
    pub root_id: String,
    /// The view beneath it.
    pub previous_id: Option<String>,
    /// What is wrong with the person's input: block id to sentence.
    pub errors: BTreeMap<String, String>,
    /// What was chosen so far in elements that act at once: block id → action id → state.
    pub(crate) chosen: Map<String, Value>,
}

impl View {
    /// What the modal says on top.
    pub fn title(&self) -> &str {
        self.body["title"]["text"].as_str().unwrap_or_default()
    }

    /// The app's name for this kind of view.
    pub fn callback_id(&self) -> &str {
        self.body["callback_id"].as_str().unwrap_or_default()
    }

    /// The app's own data.
    pub fn private_metadata(&self) -> &str {
        self.body["private_metadata"].as_str().unwrap_or_default()
    }

    /// Its blocks.
    pub fn blocks(&self) -> &[Value] {
        self.body["blocks"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// As the Web API and interactions show it, with this `state.values`.
    pub(crate) fn to_api(&self, team: &str, app_id: &str, bot_id: &str, state: Value) -> Value {
        let mut view = json!({
            "id": self.id, "team_id": team, "app_id": app_id, "bot_id": bot_id, "app_installed_team_id": team,
            "hash": self.hash, "root_view_id": self.root_id, "previous_view_id": self.previous_id,
            "private_metadata": "", "callback_id": "", "external_id": "", "close": null, "submit": null,
            "clear_on_close": false, "notify_on_close": false,
        });
        if let (Some(view), Some(body)) = (view.as_object_mut(), self.body.as_object()) {
            view.extend(body.clone());
            view.insert("state".into(), json!({ "values": state }));
        }
        view
    }
}
