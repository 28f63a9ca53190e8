//! The app's manifest: what Slack lets an app do, and tells it, is what it declares there.

use http::Uri;
use serde_json::{Value, json};

use crate::options::SlashCommand;

/// What Slack wants of an app for each method. A method that is not named here wants nothing.
/// Source: <https://docs.slack.dev/reference/scopes/>.
const SCOPES: &[(&str, &str)] = &[
    ("chat.postMessage", "chat:write"),
    ("chat.postEphemeral", "chat:write"),
    ("chat.update", "chat:write"),
    ("chat.delete", "chat:write"),
    ("users.info", "users:read"),
    ("users.list", "users:read"),
    ("usergroups.users.list", "usergroups:read"),
    ("conversations.open", "im:write"),
    ("conversations.join", "channels:join"),
    ("conversations.info", "channels:read"),
    ("conversations.list", "channels:read"),
    ("conversations.members", "channels:read"),
];

/// Lets an app post in public channels that it was not invited to.
pub(crate) const POST_ANYWHERE: &str = "chat:write.public";

/// An app's manifest, as JSON.
#[derive(Clone, Debug, Default)]
pub struct Manifest(Value);

impl Manifest {
    /// The manifest of this text.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn parse(text: &str) -> Result<Manifest, serde_json::Error> {
        serde_json::from_str(text).map(Manifest)
    }

    /// The scopes of the bot's token.
    pub fn scopes(&self) -> Vec<&str> {
        strings(&self.0["oauth_config"]["scopes"]["bot"])
    }

    /// Its slash commands; none without the scope for them.
    pub fn commands(&self) -> Vec<SlashCommand> {
        if !self.scopes().contains(&"commands") {
            return Vec::new();
        }
        let all = self.0["features"]["slash_commands"].as_array();
        let text = |command: &Value, field: &str| command[field].as_str().unwrap_or_default().to_owned();
        all.into_iter()
            .flatten()
            .map(|command| SlashCommand {
                name: text(command, "command"),
                hint: text(command, "usage_hint"),
            })
            .collect()
    }

    /// What the method wants and the manifest does not declare.
    pub(crate) fn missing(&self, method: &str) -> Option<&'static str> {
        let (_, scope) = SCOPES.iter().find(|(name, _)| *name == method)?;
        (!self.scopes().contains(scope)).then_some(*scope)
    }

    pub(crate) fn grants(&self, scope: &str) -> bool {
        self.scopes().contains(&scope)
    }

    pub(crate) fn has_home(&self) -> bool {
        self.0["features"]["app_home"]["home_tab_enabled"] == true
    }

    pub(crate) fn hears(&self, event: &str) -> bool {
        strings(&self.0["settings"]["event_subscriptions"]["bot_events"]).contains(&event)
    }

    /// Where a command goes: the path of its URL.
    pub(crate) fn command_path(&self, name: &str) -> Option<String> {
        let mut all = self.0["features"]["slash_commands"].as_array()?.iter();
        path(&all.find(|command| command["command"] == name)?["url"])
    }

    /// Where interactions go; nowhere if they are off.
    pub(crate) fn interactions_path(&self) -> Option<String> {
        let interactivity = &self.0["settings"]["interactivity"];
        (interactivity["is_enabled"] == true).then(|| path(&interactivity["request_url"]))?
    }

    pub(crate) fn events_path(&self) -> Option<String> {
        path(&self.0["settings"]["event_subscriptions"]["request_url"])
    }

    /// A step's parameters as events show them: `input_parameters` or `output_parameters`.
    pub(crate) fn parameters(&self, callback_id: &str, which: &str) -> Option<Value> {
        let function = self.0["functions"].get(callback_id)?;
        // Slack offers steps of apps only that can be installed in a whole organization.
        if self.0["settings"]["org_deploy_enabled"] != true {
            return None;
        }
        let all = function[which].as_object();
        Some(json!(
            all.into_iter().flat_map(|all| all.values()).collect::<Vec<_>>()
        ))
    }

    /// What is wrong with the values that a step is given or gives.
    pub(crate) fn problem(&self, callback_id: &str, which: &str, values: &Value) -> Option<String> {
        let Some(parameters) = self.parameters(callback_id, which) else {
            return Some(format!("there is no function {callback_id}"));
        };
        let all = parameters.as_array().map(Vec::as_slice).unwrap_or_default();
        let given = values.as_object();
        let unknown = given
            .into_iter()
            .flat_map(|given| given.keys())
            .find(|name| !all.iter().any(|known| known["name"] == name.as_str()));
        if let Some(unknown) = unknown {
            return Some(format!("unexpected parameter `{unknown}`"));
        }
        all.iter().find_map(|known| {
            let name = known["name"].as_str().unwrap_or_default();
            match &values[name] {
                Value::Null if known["is_required"] == true => Some(format!("missing parameter `{name}`")),
                Value::Null => None,
                // Workflow Builder's variables stand in texts: a number comes as one that somebody chose.
                value if known["type"] == "string" && (value.is_array() || value.is_object()) => {
                    Some(format!("`{name}` must be a string"))
                }
                _ => None,
            }
        })
    }
}

fn strings(list: &Value) -> Vec<&str> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).collect()
}

fn path(url: &Value) -> Option<String> {
    let url: Uri = url.as_str()?.parse().ok()?;
    Some(url.path().to_owned())
}
