//! Every sentence that doppel says in Slack.
//!
//! A clone has one message, edited in place: [`of`] makes it from the record and the prices alone, so that it can
//! always be made again, and the same record always says the same.

mod answers;
mod approval;
pub(crate) mod ended;
mod lists;
pub(crate) mod progress;
pub(crate) mod ready;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use domain::cost::Prices;
use domain::request::Principal;
use domain::{CloneRecord, CloneState};
use serde::Serialize;
use sha2::{Digest, Sha256};
use slack_morphism::prelude::*;

use crate::blocks::{self, MAX_BLOCKS};
use crate::text::{self, code, mention};

pub use answers::{
    Told, already_gone, asked, broken_config, deletion_started, extended, help, how_to_connect, misread,
    no_more, no_such, not_ready, refused, refused_execution, several, slack_trouble, went_wrong,
};
pub use approval::{answered, awaiting, not_answered, question};
pub use ended::{deleted, deleting, failed};
pub use lists::{list, show};
pub use progress::progress;
pub use ready::{ready, warning};

/// Action ids of the buttons. Each button's value is the clone's id.
pub mod action {
    /// Shows the lines that connect.
    pub const CONNECT: &str = "doppel_connect";
    /// Lets the clone live longer.
    pub const EXTEND: &str = "doppel_extend";
    /// Deletes the clone.
    pub const DELETE: &str = "doppel_delete";
    /// Approves a request.
    pub const APPROVE: &str = "doppel_approve";
    /// Denies a request, after asking why.
    pub const DENY: &str = "doppel_deny";
}

/// The metadata's event type of a clone's message, by which a message that was posted but not noted is found.
pub const CLONE_EVENT: &str = "doppel_clone";
/// The metadata's event type of the question in the approvers' own channel.
pub const QUESTION_EVENT: &str = "doppel_question";
/// The metadata's event type of an expiry warning.
pub const WARNING_EVENT: &str = "doppel_warning";
/// The metadata's event type of the answer to an execution that made no clone.
pub const REFUSAL_EVENT: &str = "doppel_refusal";

/// Something to say: blocks, and the one line that notifications show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// For notifications and for clients that cannot show blocks.
    pub text: String,
    /// What is shown.
    pub blocks: Vec<SlackBlock>,
}

impl Message {
    pub(crate) fn new(text: String, mut blocks: Vec<SlackBlock>) -> Self {
        blocks.truncate(MAX_BLOCKS);
        Self {
            text: text::cut(&text, 1_000),
            blocks,
        }
    }

    pub(crate) fn line(text: String) -> Self {
        let block = blocks::section(&text);
        Self::new(text, vec![block])
    }

    /// SHA-256 of what it says, in hex.
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(json)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// What the clone's message says now.
pub fn of(clone: &CloneRecord, prices: &Prices) -> Message {
    match (clone.state, &clone.failure) {
        (CloneState::Ready, _) => ready(clone, prices),
        (CloneState::Awaiting, _) if clone.approval.as_ref().is_some_and(|it| it.answer.is_none()) => {
            awaiting(clone)
        }
        (CloneState::Failed | CloneState::Deleting | CloneState::Deleted, Some(failure)) => {
            failed(clone, failure)
        }
        (CloneState::Failed | CloneState::Deleting, None) => deleting(clone),
        (CloneState::Deleted, None) => deleted(clone, prices),
        _ => progress(clone),
    }
}

/// Who asked, as others read it.
pub(crate) fn who(principal: &Principal) -> String {
    match principal {
        Principal::Slack(user) => mention(user),
        Principal::Cli(name) => format!("{} on the command line", code(name)),
        Principal::Direct => "a direct execution".to_owned(),
        Principal::Workflow => "a Slack workflow".to_owned(),
    }
}

/// `production` on db.t4g.medium for 3d, as it was asked for.
pub(crate) fn what(clone: &CloneRecord) -> String {
    format!(
        "{} on {}",
        code(clone.source.as_str()),
        code(&clone.class.to_string())
    )
}

/// When a state was entered, until the next one was.
pub(crate) fn took(clone: &CloneRecord, state: CloneState) -> Option<chrono::TimeDelta> {
    let end = clone.entered.values().max().copied()?;
    let last = clone.timeline(end).last().map(|(state, _)| *state);
    clone
        .timeline(end)
        .into_iter()
        .find(|(s, _)| *s == state && last != Some(state))
        .map(|(_, span)| span)
}

/// US dollars, to the cent.
pub(crate) fn dollars(amount: f64) -> String {
    match amount {
        small if small > 0.0 && small < 0.01 => "less than $0.01".to_owned(),
        amount => format!("${amount:.2}"),
    }
}

/// A figure that is rounded, said so: "about $1.20".
pub(crate) fn about(amount: f64) -> String {
    match dollars(amount) {
        bound if bound.starts_with("less") => bound,
        figure => format!("about {figure}"),
    }
}

/// Of when and whence the prices are, in brackets after a figure; nothing if the file does not say.
pub(crate) fn prices_of(prices: &Prices) -> String {
    let source = text::prose(&text::plain(&prices.source, 200));
    match (prices.date, prices.source.trim().is_empty()) {
        (Some(date), false) => format!(" (prices of {date}: {source})"),
        (Some(date), true) => format!(" (prices of {date})"),
        (None, false) => format!(" (prices: {source})"),
        (None, true) => String::new(),
    }
}

/// The small print that every message of a clone ends with: its id, and where its execution can be looked at.
pub(crate) fn footer(clone: &CloneRecord) -> SlackBlock {
    let id = code(clone.id.as_str());
    let execution = execution_link(&clone.execution_arn, "execution");
    let line = [Some(id), execution]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    blocks::context(&with_answer(clone, line))
}

/// The small print, after an approver's answer if there is one.
pub(crate) fn with_answer(clone: &CloneRecord, line: String) -> String {
    match approval::answer_of(clone) {
        Some(said) => format!(
            "{said}
{line}"
        ),
        None => line,
    }
}

/// A link to where AWS's console shows an execution. None for one of an embedded AWS, whose account's number is all
/// zeros, as no account's is: no console knows it.
pub(crate) fn execution_link(arn: &str, label: &str) -> Option<String> {
    let account = arn.split(':').nth(4).unwrap_or_default();
    if account.chars().all(|digit| digit == '0') {
        return None;
    }
    let region = region(arn);
    let url = format!(
        "https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{arn}"
    );
    Some(text::link(&url, label))
}

/// The Region of an ARN, or nothing if it has none that looks like one.
pub(crate) fn region(arn: &str) -> &str {
    let is_plain = |region: &&str| region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    arn.split(':').nth(3).filter(is_plain).unwrap_or_default()
}

pub(crate) fn until(clone: &CloneRecord) -> String {
    text::date(clone.expires_at)
}

pub(crate) fn spent(prices: &Prices, clone: &CloneRecord, now: DateTime<Utc>) -> String {
    match prices.spent(clone, now) {
        Some(amount) => format!("{} (its instance alone)", about(amount)),
        None => "an unknown amount: the config folder knows no price for its class".to_owned(),
    }
}
