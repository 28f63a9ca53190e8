//! What Slack takes as Block Kit and what it refuses, told as Slack tells it.
//!
//! Limits are those of Slack's Block Kit reference. A complaint reads
//! `[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.

mod elements;

use serde_json::Value;

/// Where blocks are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    Message,
    Modal,
    Home,
}

/// The blocks of an argument that may be missing.
pub(crate) fn listed(blocks: &Value) -> Vec<Value> {
    blocks.as_array().cloned().unwrap_or_default()
}

/// Everything that Slack would refuse in these blocks; nothing if they are missing.
pub(crate) fn check(blocks: &Value, surface: Surface) -> Vec<String> {
    let mut check = Check {
        surface,
        complaints: Vec::new(),
    };
    check.blocks(blocks, "/blocks");
    check.complaints
}

/// Everything that Slack would refuse in a modal or home tab.
pub(crate) fn check_view(view: &Value) -> Vec<String> {
    let surface = if view["type"] == "home" {
        Surface::Home
    } else {
        Surface::Modal
    };
    let mut check = Check {
        surface,
        complaints: Vec::new(),
    };
    if !matches!(view["type"].as_str(), Some("modal" | "home")) {
        check.complain("unsupported type", "/view/type");
    }
    check.known(view, "/view", VIEW_FIELDS);
    for (name, longest) in [
        ("callback_id", 255),
        ("private_metadata", 3000),
        ("external_id", 255),
    ] {
        check.string(&view[name], &format!("/view/{name}"), 0, longest);
    }
    for name in ["title", "submit", "close"] {
        if !view[name].is_null() {
            check.plain(&view[name], &format!("/view/{name}"), 24);
        }
    }
    check.required(view, "/view", &["blocks"]);
    check.blocks(&view["blocks"], "/view/blocks");
    if surface == Surface::Modal {
        check.required(view, "/view", &["title"]);
        let has_input = listed(&view["blocks"])
            .iter()
            .any(|block| block["type"] == "input");
        if has_input && view["submit"].is_null() {
            check.complain("missing required field: submit", "/view");
        }
    }
    check.complaints
}

const VIEW_FIELDS: &[&str] = &[
    "type",
    "title",
    "blocks",
    "close",
    "submit",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
    "submit_disabled",
];

/// Block type, the fields it must have, and those it may have.
const BLOCKS: &[(&str, &[&str], &[&str])] = &[
    ("header", &["text"], &["level"]),
    ("section", &[], &["text", "fields", "accessory", "expand"]),
    ("divider", &[], &[]),
    ("image", &["alt_text"], &["image_url", "title", "slack_file"]),
    ("actions", &["elements"], &[]),
    ("context", &["elements"], &[]),
    (
        "input",
        &["label", "element"],
        &["hint", "optional", "dispatch_action"],
    ),
    ("rich_text", &["elements"], &[]),
    ("markdown", &["text"], &[]),
];

/// A walk over blocks that collects complaints.
struct Check {
    surface: Surface,
    complaints: Vec<String>,
}

impl Check {
    fn complain(&mut self, what: &str, at: &str) {
        self.complaints
            .push(format!("[ERROR] {what} [json-pointer:{at}]"));
    }

    fn blocks(&mut self, blocks: &Value, at: &str) {
        if blocks.is_null() {
            return;
        }
        let Some(all) = blocks.as_array() else {
            return self.complain("must be an array", at);
        };
        let most = if self.surface == Surface::Message { 50 } else { 100 };
        if all.len() > most {
            self.complain(&format!("no more than {most} items allowed"), at);
        }
        for (n, block) in all.iter().enumerate() {
            self.block(block, &format!("{at}/{n}"));
            let id = &block["block_id"];
            if id.as_str().is_some_and(|id| !id.is_empty())
                && all[..n].iter().any(|before| before["block_id"] == *id)
            {
                self.complain("block_id already exists", &format!("{at}/{n}/block_id"));
            }
        }
    }

    fn block(&mut self, block: &Value, at: &str) {
        let kind = block["type"].as_str().unwrap_or_default();
        let rule = BLOCKS.iter().find(|(name, ..)| *name == kind);
        let Some((_, required, optional)) = rule.filter(|_| self.fits(kind)) else {
            return self.complain(&format!("unsupported type: {kind}"), &format!("{at}/type"));
        };
        self.required(block, at, required);
        self.known(
            block,
            at,
            &[required, optional, &["type", "block_id"][..]].concat(),
        );
        self.string(&block["block_id"], &format!("{at}/block_id"), 0, 255);
        match kind {
            "header" => self.plain(&block["text"], &format!("{at}/text"), 150),
            "section" => self.section(block, at),
            "image" => self.image(block, at),
            "actions" => self.list(
                &block["elements"],
                &format!("{at}/elements"),
                25,
                Check::action_element,
            ),
            "context" => self.list(
                &block["elements"],
                &format!("{at}/elements"),
                10,
                Check::context_element,
            ),
            "input" => self.input(block, at),
            "markdown" => self.string(&block["text"], &format!("{at}/text"), 1, 12_000),
            _ => {}
        }
    }

    fn fits(&self, kind: &str) -> bool {
        kind != "markdown" || self.surface == Surface::Message
    }

    fn section(&mut self, block: &Value, at: &str) {
        if block["text"].is_null() && block["fields"].is_null() {
            return self.complain("missing required field: text", at);
        }
        if !block["text"].is_null() {
            self.text(&block["text"], &format!("{at}/text"), 3000);
        }
        if !block["fields"].is_null() {
            self.list(
                &block["fields"],
                &format!("{at}/fields"),
                10,
                |check, field, at| check.text(field, at, 2000),
            );
        }
        if !block["accessory"].is_null() {
            self.accessory(&block["accessory"], &format!("{at}/accessory"));
        }
    }

    fn image(&mut self, block: &Value, at: &str) {
        if block["image_url"].is_null() && block["slack_file"].is_null() {
            self.complain("missing required field: image_url", at);
        }
        self.string(&block["image_url"], &format!("{at}/image_url"), 1, 3000);
        self.string(&block["alt_text"], &format!("{at}/alt_text"), 1, 2000);
        if !block["title"].is_null() {
            self.plain(&block["title"], &format!("{at}/title"), 2000);
        }
    }

    fn input(&mut self, block: &Value, at: &str) {
        self.plain(&block["label"], &format!("{at}/label"), 2000);
        if !block["hint"].is_null() {
            self.plain(&block["hint"], &format!("{at}/hint"), 2000);
        }
        if !block["element"].is_null() {
            self.input_element(&block["element"], &format!("{at}/element"));
        }
    }

    fn list(&mut self, list: &Value, at: &str, most: usize, each: impl Fn(&mut Check, &Value, &str)) {
        let Some(all) = list.as_array() else {
            if !list.is_null() {
                self.complain("must be an array", at);
            }
            return;
        };
        if all.is_empty() {
            self.complain("no fewer than 1 items allowed", at);
        }
        if all.len() > most {
            self.complain(&format!("no more than {most} items allowed"), at);
        }
        for (n, item) in all.iter().enumerate() {
            each(self, item, &format!("{at}/{n}"));
        }
    }

    /// A text object of either kind.
    fn text(&mut self, text: &Value, at: &str, longest: usize) {
        match text["type"].as_str() {
            Some("mrkdwn" | "plain_text") => {
                self.known(text, at, &["type", "text", "emoji", "verbatim"]);
                self.required(text, at, &["text"]);
                self.string(&text["text"], &format!("{at}/text"), 1, longest);
            }
            _ => self.complain("must be a valid text object", at),
        }
    }

    /// A text object that must be `plain_text`.
    fn plain(&mut self, text: &Value, at: &str, longest: usize) {
        if text["type"] == "mrkdwn" {
            return self.complain("must be plain_text", &format!("{at}/type"));
        }
        if !text.is_null() {
            self.text(text, at, longest);
        }
    }

    fn string(&mut self, value: &Value, at: &str, shortest: usize, longest: usize) {
        if value.is_null() {
            return;
        }
        let Some(text) = value.as_str() else {
            return self.complain("must be a string", at);
        };
        let length = text.chars().count();
        if length < shortest {
            self.complain(&format!("must be more than {} characters", shortest - 1), at);
        }
        if length > longest {
            self.complain(&format!("must be less than {} characters", longest + 1), at);
        }
    }

    fn required(&mut self, value: &Value, at: &str, names: &[&str]) {
        for name in names.iter().filter(|name| value[**name].is_null()) {
            self.complain(&format!("missing required field: {name}"), at);
        }
    }

    fn known(&mut self, value: &Value, at: &str, names: &[&str]) {
        for name in value.as_object().into_iter().flat_map(|fields| fields.keys()) {
            if !names.contains(&name.as_str()) {
                self.complain(&format!("invalid additional property: {name}"), at);
            }
        }
    }
}
