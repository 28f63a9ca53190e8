//! The table of every permission and why, made of `infra/policies/*.json`.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use super::hold as hold_part;

/// The policies, and who has each, in the order in which a reader wants them.
const POLICIES: &[(&str, &str)] = &[
    ("clone", "Lambda `clone`"),
    ("mask-command", "Lambda `mask-command`"),
    ("resize", "Lambda `resize`"),
    ("release", "Lambda `release`"),
    ("sweep", "Lambda `sweep`"),
    ("notify", "Lambda `notify`"),
    ("gateway", "Lambda `gateway`"),
    ("mask-worker", "The masking task"),
    ("query-worker", "The task of batch queries (with `exports`)"),
    ("task-execution", "What starts both tasks"),
    ("clone-machine", "The state machine `clone`"),
    ("sweep-machine", "The state machine `sweep`"),
    ("events", "EventBridge"),
    ("proxy", "Clones' RDS Proxies (with `proxy`)"),
    ("chatbot", "The chat channel (with `chat`)"),
    ("protect-sources", "Denied to every one of these"),
    ("engineers", "For you to attach: engineers"),
    ("operators", "For you to attach: operators of the command line"),
    (
        "scp",
        "For you to paste or attach: denied to everybody but doppel",
    ),
];

pub(super) fn hold(root: &Path, write: bool) -> anyhow::Result<()> {
    let mut table = String::new();
    for (policy, who) in POLICIES {
        let file = root.join(format!("infra/policies/{policy}.json"));
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let document: Value =
            serde_json::from_str(&plain(&text)).with_context(|| format!("{} is no JSON", file.display()))?;
        writeln!(
            table,
            "\n### {who}\n\n| may | on | only if | why |\n|---|---|---|---|"
        )?;
        for statement in document["Statement"].as_array().into_iter().flatten() {
            writeln!(table, "{}", row(statement))?;
        }
    }
    table.push('\n');
    hold_part(root, "docs/permissions.md", "permissions", &table, write)
}

/// The policy without Terraform's places: a list that Terraform makes is shown by its name.
fn plain(text: &str) -> String {
    let mut plain = text
        .replace("$${", "${")
        .replace("arn:${partition}:", "")
        .replace("arn:*:", "");
    while let Some((before, rest)) = plain.split_once("${jsonencode(") {
        let (name, after) = rest.split_once(")}").unwrap_or((rest, ""));
        plain = format!("{before}[\"{}\"]{after}", name.replace('_', " "));
    }
    let names = [
        ("${region}:${account}:", ""),
        ("${account}:", ""),
        ("${region}", "REGION"),
        ("${name}", "NAME"),
        ("${bucket}", "CONFIG-BUCKET"),
        ("${secrets_key_arn}", "the module's key"),
    ];
    names
        .iter()
        .fold(plain, |plain, (place, name)| plain.replace(place, name))
}

fn row(statement: &Value) -> String {
    let list = |value: &Value| -> Vec<String> {
        match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(all) => all
                .iter()
                .filter_map(Value::as_str)
                .map(ToOwned::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    };
    let code = |all: &[String]| {
        all.iter()
            .map(|text| format!("`{text}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let on = match &statement["NotResource"] {
        Value::Null => code(&list(&statement["Resource"])),
        others => format!("all but {}", code(&list(others))),
    };
    let mut conditions = Vec::new();
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            conditions.push(format!("`{key}` {} {}", said(operator), code(&list(value))));
        }
    }
    format!(
        "| {} | {on} | {} | {} |",
        code(&list(&statement["Action"])),
        conditions.join(" and "),
        statement["Why"].as_str().unwrap_or_default()
    )
}

fn said(operator: &str) -> &str {
    match operator {
        "ArnNotLike" => "is none of",
        "StringEquals" | "ArnEquals" => "is",
        _ => "is like",
    }
}
