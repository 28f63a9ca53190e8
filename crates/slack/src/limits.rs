//! Slack's limits, held against all that is said: <https://docs.slack.dev/reference/block-kit/>. And no text may ping,
//! link or format but where doppel means it.

mod anything;

use serde_json::Value;
use slack_morphism::prelude::SlackView;

use crate::message::Message;
use crate::notification::Notification;
use crate::text::length;

/// A name that only a user types: never may it be mentioned.
pub const BOSS: &str = "U0BOSS";

/// What the limits of a text are by the field that holds it: the longest, and whether it must be plain.
const TEXTS: [(&str, &str, usize, bool); 14] = [
    ("section", "text", 3_000, false),
    ("section", "fields", 2_000, false),
    ("context", "elements", 3_000, false),
    ("header", "text", 150, true),
    ("input", "label", 2_000, true),
    ("input", "hint", 2_000, true),
    ("button", "text", 75, true),
    ("option", "text", 75, false),
    ("confirm", "title", 100, true),
    ("confirm", "text", 300, false),
    ("confirm", "confirm", 30, true),
    ("confirm", "deny", 30, true),
    ("element", "placeholder", 150, true),
    ("view", "title", 24, true),
];

/// The most items of a list, by what holds it.
const LISTS: [(&str, &str, usize); 6] = [
    ("section", "fields", 10),
    ("context", "elements", 10),
    ("actions", "elements", 25),
    ("static_select", "options", 100),
    ("checkboxes", "options", 10),
    ("overflow", "options", 5),
];

/// Holds a message against all limits.
pub fn message(message: &Message) {
    assert!((1..=1_000).contains(&length(&message.text)), "{}", message.text);
    harmless(&message.text);
    blocks(&serde_json::to_value(&message.blocks).unwrap(), 50);
}

/// Holds a form or a home tab against all limits.
pub fn view(view: &SlackView) {
    let view = serde_json::to_value(view).unwrap();
    for name in ["title", "submit", "close"] {
        assert!(view[name].is_null() || text(&view[name], 24, true), "{view}");
    }
    assert!(length(view["private_metadata"].as_str().unwrap_or_default()) <= 3_000);
    assert!(length(view["callback_id"].as_str().unwrap_or_default()) <= 255);
    blocks(&view["blocks"], 100);
}

/// Holds a notification against the limits of its schema.
pub fn notification(notification: &Notification) {
    let told: Value = serde_json::from_str(&notification.to_json()).unwrap();
    let texts = [
        (&told["content"]["title"], 250),
        (&told["content"]["description"], 8_000),
    ];
    let steps = told["content"]["nextSteps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|step| (step, 350));
    for (text, most) in texts.into_iter().chain(steps) {
        let text = text.as_str().unwrap();
        assert!((1..=most).contains(&length(text)), "{text}");
        harmless(text);
    }
    // SNS takes 256 KiB.
    assert!(notification.to_json().len() < 100_000);
}

fn blocks(all: &Value, most: usize) {
    let all = all.as_array().unwrap();
    assert!((1..=most).contains(&all.len()), "{} blocks", all.len());
    let mut ids: Vec<&str> = all
        .iter()
        .filter_map(|block| block["block_id"].as_str())
        .collect();
    let with_id = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), with_id, "a block id is used twice");
    all.iter().for_each(walk);
}

/// Looks at a block or element and all that is in it.
fn walk(item: &Value) {
    let kind = item["type"].as_str().unwrap_or(if item["deny"].is_object() {
        "confirm"
    } else {
        "option"
    });
    if matches!(kind, "mrkdwn" | "plain_text") {
        return;
    }
    for (holder, field, most, must_be_plain) in TEXTS {
        let is_held = holder == kind || (holder == "element" && item[field].is_object());
        if !is_held || item[field].is_null() {
            continue;
        }
        let texts = item[field]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![item[field].clone()]);
        assert!(
            texts.iter().all(|held| text(held, most, must_be_plain)),
            "{kind}.{field}: {item}"
        );
    }
    for (holder, field, most) in LISTS {
        let count = item[field].as_array().map_or(1, Vec::len);
        assert!(
            holder != kind || (1..=most).contains(&count),
            "{kind}.{field} has {count}"
        );
    }
    for (field, most) in [
        ("block_id", 255),
        ("action_id", 255),
        ("value", if kind == "option" { 150 } else { 2_000 }),
    ] {
        let Some(id) = item[field].as_str() else { continue };
        assert!((1..=most).contains(&length(id)), "{kind}.{field}: {id}");
    }
    if let Some(initial) = item.get("initial_option") {
        assert!(
            item["options"].as_array().unwrap().contains(initial),
            "not offered: {initial}"
        );
    }
    for field in ["elements", "options", "accessory", "element", "confirm"] {
        match &item[field] {
            Value::Array(items) => items.iter().for_each(walk),
            Value::Object(_) => walk(&item[field]),
            _ => {}
        }
    }
}

fn text(text: &Value, most: usize, must_be_plain: bool) -> bool {
    let shown = text["text"].as_str().unwrap();
    let is_plain = text["type"] == "plain_text";
    if !is_plain {
        assert_eq!(text["verbatim"], true, "{text}");
        harmless(shown);
    }
    (1..=most).contains(&length(shown)) && !shown.trim().is_empty() && (is_plain || !must_be_plain)
}

/// Every `<…>` is a mention of a user whom Slack named or of a group of the policy, a date, or a link to AWS's console; every `&` an entity;
/// every code span is closed; nothing turns the reading direction, quotes, or begins an emoji.
fn harmless(text: &str) {
    for token in text.split('<').skip(1) {
        let token = token.split_once('>').expect("a token that does not end").0;
        let is_date = token.starts_with("!date^");
        let is_user = token.starts_with("@U") && !token.contains(BOSS);
        let is_group = token.starts_with("!subteam^S");
        let is_console = token.starts_with("https://") && token.contains(".console.aws.amazon.com/");
        assert!(is_date || is_user || is_group || is_console, "{token}");
    }
    for entity in text.split('&').skip(1) {
        assert!(
            ["amp;", "lt;", "gt;"].iter().any(|end| entity.starts_with(end)),
            "{entity}"
        );
    }
    assert!(
        text.matches('`').count().is_multiple_of(2),
        "a code span stays open: {text}"
    );
    assert!(
        !text
            .chars()
            .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
        "{text}"
    );
    assert!(
        !text.lines().any(|line| line.trim_start().starts_with("&gt;")),
        "a quotation: {text}"
    );
    let outside: String = text.split('`').step_by(2).collect();
    assert!(
        !outside.contains(" :tada:") && !outside.contains(" *bold*"),
        "formatted: {text}"
    );
}
