//! Buttons pressed and forms submitted, as Slack sends them.
//!
//! slack-morphism's model of an interaction also reads the whole message with its blocks, and refuses what it does
//! not know of them; these types read only what doppel uses.

use std::collections::HashMap;

use serde::Deserialize;

/// What somebody did to a message or a form.
#[derive(Clone, Debug, Deserialize)]
pub struct Interaction {
    /// `block_actions`, `view_submission`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Who did it.
    pub user: Person,
    /// The channel of the message, if it was one.
    #[serde(default)]
    pub channel: Option<Place>,
    /// Where it was done.
    #[serde(default)]
    pub container: Option<Container>,
    /// Opens a form within 3 seconds; new with each deed.
    #[serde(default)]
    pub trigger_id: Option<String>,
    /// Takes an answer for the one who did it.
    #[serde(default)]
    pub response_url: Option<String>,
    /// The buttons: one, as Slack sends them.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// The form.
    #[serde(default)]
    pub view: Option<View>,
}

impl Interaction {
    /// Reads a payload. Who did what must stand where Slack writes it: serde alone would also take a list of values
    /// for an object.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn read(payload: &str) -> Result<Self, serde_json::Error> {
        use serde::de::Error;
        if !payload.trim_start().starts_with('{') {
            return Err(serde_json::Error::custom("it does not say who did what"));
        }
        serde_json::from_str(payload)
    }
}

/// A Slack user.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "HashMap<String, serde_json::Value>")]
pub struct Person {
    /// `U…`.
    pub id: String,
}

impl TryFrom<HashMap<String, serde_json::Value>> for Person {
    type Error = &'static str;

    fn try_from(fields: HashMap<String, serde_json::Value>) -> Result<Self, &'static str> {
        let id = fields.get("id").and_then(serde_json::Value::as_str);
        id.map(|id| Self { id: id.to_owned() })
            .ok_or("it does not say who did it")
    }
}

/// A channel.
#[derive(Clone, Debug, Deserialize)]
pub struct Place {
    /// `C…` or `D…`.
    pub id: String,
}

/// The message that holds the button.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Container {
    /// The channel.
    #[serde(default)]
    pub channel_id: Option<String>,
    /// The message.
    #[serde(default)]
    pub message_ts: Option<String>,
}

/// A button that was pressed.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Which: one of [`crate::message::action`].
    #[serde(default)]
    pub action_id: String,
    /// Its value: the clone's id.
    #[serde(default)]
    pub value: Option<String>,
}

/// A form that was submitted, or in which something was chosen.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct View {
    /// Slack's id of it.
    #[serde(default)]
    pub id: String,
    /// Changes whenever the form does.
    #[serde(default)]
    pub hash: String,
    /// Which form.
    #[serde(default)]
    pub callback_id: String,
    /// What we noted in it: the channel.
    #[serde(default)]
    pub private_metadata: String,
    /// What was filled in.
    #[serde(default)]
    pub state: ViewState,
}

/// What was filled in: block id → action id → value.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ViewState {
    /// By block id, then by action id.
    #[serde(default)]
    pub values: HashMap<String, HashMap<String, Filled>>,
}

/// What one element of a form holds.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filled {
    /// A text.
    #[serde(default)]
    pub value: Option<String>,
    /// A choice.
    #[serde(default)]
    pub selected_option: Option<Choice>,
    /// Several choices.
    #[serde(default)]
    pub selected_options: Option<Vec<Choice>>,
}

/// A choice.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Choice {
    /// Its value.
    #[serde(default)]
    pub value: String,
}

impl ViewState {
    /// The id of a field's block: the field's name, or that and what it depends on, such as `class-production`.
    pub fn block(&self, field: &str) -> String {
        let is_of = |id: &&String| id.strip_prefix(field).is_some_and(|rest| rest.starts_with('-'));
        match self.values.contains_key(field) {
            true => field.to_owned(),
            false => self
                .values
                .keys()
                .filter(is_of)
                .min()
                .cloned()
                .unwrap_or_else(|| field.to_owned()),
        }
    }

    /// What the only element of a field's block holds: its text, or its choices parted by blanks.
    pub fn text(&self, field: &str) -> Option<String> {
        let filled = self.values.get(&self.block(field))?.values().next()?;
        let chosen = filled
            .selected_option
            .iter()
            .chain(filled.selected_options.iter().flatten());
        let choices: Vec<&str> = chosen.map(|choice| choice.value.as_str()).collect();
        filled
            .value
            .clone()
            .or_else(|| (!choices.is_empty()).then(|| choices.join(" ")))
    }
}
