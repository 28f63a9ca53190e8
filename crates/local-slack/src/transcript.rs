//! A channel as plain text, for snapshots and for failure messages.

use serde_json::Value;

use crate::message::{Message, Version};
use crate::mrkdwn;
use crate::shared::Shared;

impl Shared {
    /// Everything said and done in a channel, in order. With `versions`, what each message said before too.
    pub(crate) fn transcript(&self, channel: &str, versions: bool) -> String {
        let store = self.store();
        let Some(room) = store.room(channel) else {
            return String::new();
        };
        let deeds = room
            .deeds
            .iter()
            .map(|deed| (deed.ts.clone(), self.deed(&deed.user, &deed.what)));
        let messages = room
            .messages
            .iter()
            .map(|message| (message.ts.clone(), self.entry(message, versions)));
        let mut entries: Vec<(String, String)> = deeds.chain(messages).collect();
        entries.sort();
        entries
            .into_iter()
            .map(|(_, entry)| entry)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn deed(&self, user: &str, what: &str) -> String {
        let sign = if what.starts_with('/') { "›" } else { "→" };
        format!("{sign} {} {what}\n", self.handle(user))
    }

    fn entry(&self, message: &Message, versions: bool) -> String {
        let mut head = self.handle(&message.user).to_owned();
        if let Some(only) = &message.ephemeral_to {
            head += &format!(" (only {} sees this)", self.handle(only));
        }
        if message
            .thread_ts
            .as_ref()
            .is_some_and(|parent| *parent != message.ts)
        {
            head += " (in a thread)";
        }
        if message.edited.is_some() && !versions {
            head += " (edited)";
        }
        let all = message.versions();
        let shown = if versions { &all[..] } else { &all[all.len() - 1..] };
        let bodies: Vec<String> = shown.iter().map(|version| self.version(version)).collect();
        format!("{head}:\n{}", bodies.join("  ~~~ edited ~~~\n"))
    }

    fn version(&self, version: &Version) -> String {
        let lines = match version.blocks.as_slice() {
            [] => self.shown(&version.text),
            blocks => blocks
                .iter()
                .map(|block| self.block(block))
                .collect::<Vec<_>>()
                .join("\n"),
        };
        lines
            .lines()
            .map(|line| format!("  {line}").trim_end().to_owned() + "\n")
            .collect()
    }

    fn block(&self, block: &Value) -> String {
        let listed = |name: &str| block[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut parts = Vec::new();
        match block["type"].as_str().unwrap_or_default() {
            "header" => parts.push(format!("# {}", self.text(&block["text"]))),
            "divider" => parts.push("---".to_owned()),
            "image" => parts.push(format!(
                "[image: {}]",
                block["alt_text"].as_str().unwrap_or_default()
            )),
            "context" => {
                let all: Vec<String> = listed("elements")
                    .iter()
                    .map(|element| self.element(element))
                    .collect();
                parts.push(format!("· {}", all.join(" · ")));
            }
            "actions" => {
                let all: Vec<String> = listed("elements")
                    .iter()
                    .map(|element| self.element(element))
                    .collect();
                parts.push(all.join(" "));
            }
            "input" => {
                parts.push(format!(
                    "{}: {}",
                    self.text(&block["label"]),
                    self.element(&block["element"])
                ));
            }
            "markdown" => parts.push(block["text"].as_str().unwrap_or_default().to_owned()),
            _ => {
                parts.extend(block["text"].is_object().then(|| self.text(&block["text"])));
                let fields = listed("fields").iter();
                parts.extend(fields.map(|field| format!("| {}", self.text(field).replace('\n', " "))));
                parts.extend(
                    block["accessory"]
                        .is_object()
                        .then(|| self.element(&block["accessory"])),
                );
            }
        }
        parts.join("\n")
    }

    fn element(&self, element: &Value) -> String {
        match element["type"].as_str().unwrap_or_default() {
            "button" => format!("[{}]", self.text(&element["text"])),
            "mrkdwn" | "plain_text" => self.text(element),
            "image" => format!("[image: {}]", element["alt_text"].as_str().unwrap_or_default()),
            kind => {
                let label = [&element["initial_option"]["text"], &element["placeholder"]];
                let label = label.into_iter().find(|label| label.is_object());
                format!(
                    "[{}▾]",
                    label.map_or_else(|| format!("{kind} "), |label| self.text(label) + " ")
                )
            }
        }
    }

    fn text(&self, text: &Value) -> String {
        let raw = text["text"].as_str().unwrap_or_default();
        if text["type"] == "mrkdwn" {
            self.shown(raw)
        } else {
            raw.to_owned()
        }
    }

    fn shown(&self, text: &str) -> String {
        mrkdwn::plain(text, &|id| {
            let channels = &self.options.channels;
            let channel = channels
                .iter()
                .find(|channel| channel.id == id)
                .map(|channel| channel.name.clone());
            channel.unwrap_or_else(|| self.handle(id).to_owned())
        })
    }
}
