//! While a clone is being set up.

use chrono::TimeDelta;
use domain::record::{ATTEMPTS, Progress};
use domain::{CloneRecord, CloneState};
use slack_morphism::prelude::SlackBlock;

use super::{Message, footer, took, what, who};
use crate::blocks::{context, section};
use crate::text::{code, count, date, number, plain, prose, span};

/// The states that people wait for, with what is going on in each, and what was done.
const STEPS: [(CloneState, &str, &str); 6] = [
    (CloneState::Requested, "Checking the request", "Checked"),
    (CloneState::Awaiting, "Waiting for an approval", "Approved"),
    (CloneState::Cloning, "Cloning, copy-on-write", "Cloned"),
    (CloneState::Masking, "Masking", "Masked and verified"),
    (
        CloneState::Resizing,
        "Changing to its class",
        "Changed to its class",
    ),
    (CloneState::Releasing, "Opening", "Opened"),
];

/// Shown from the request until the hand-over: who, what, how long, and a line for each step.
pub fn progress(clone: &CloneRecord) -> Message {
    let title = format!(
        "*Cloning {}* for {}, to live {}",
        what(clone),
        who(&clone.principal),
        clone.lifetime
    );
    let text = format!("Cloning {} for {}", what(clone), who(&clone.principal));
    let mut blocks = vec![section(&title), section(&steps(clone))];
    blocks.extend(again(clone));
    if let Some(note) = extras(clone) {
        blocks.push(context(&note));
    }
    let limit = format!(
        "If it is not ready by {}, it is given up and deleted.",
        date(clone.setup_ends_at)
    );
    blocks.extend([context(&limit), footer(clone)]);
    Message::new(text, blocks)
}

/// How long the steps took that were done: one line, for messages that come after.
pub(super) fn durations(clone: &CloneRecord) -> Option<SlackBlock> {
    let parts: Vec<String> = STEPS
        .iter()
        .filter(|(state, _, _)| *state != CloneState::Requested)
        .filter_map(|(state, _, _)| Some(format!("{state} {}", span(took(clone, *state)?))))
        .collect();
    let whole = clone.ready_at.map(|at| span(at - clone.requested_at))?;
    Some(context(&format!(
        "Ready {whole} after the request: {}",
        parts.join(" · ")
    )))
}

/// Why the clone is made anew, if it is.
fn again(clone: &CloneRecord) -> Option<SlackBlock> {
    let broke = clone.broke_off.first().filter(|_| clone.attempt > 1)?;
    Some(context(&format!(
        "The masking broke off: {}. A fresh clone is being made; this is try {} of {ATTEMPTS}.",
        prose(&plain(&broke.cause, 300)),
        clone.attempt
    )))
}

/// A line for each step: done with its seconds, being done, or still to do.
pub(crate) fn steps(clone: &CloneRecord) -> String {
    let discarding = clone.state == CloneState::Discarding;
    let mut lines = Vec::new();
    for (state, doing, done) in &STEPS {
        if *state == CloneState::Awaiting && clone.approval.is_none() {
            continue;
        }
        if *state == CloneState::Cloning {
            lines.extend(discarded(clone));
        }
        // What the discarded clone went through is still to be done.
        let is_to_come = discarding && *state > CloneState::Awaiting;
        lines.push(if *state == clone.state {
            format!("▸ *{doing} …*{}", detail(clone))
        } else if let Some(duration) = took(clone, *state).filter(|_| !is_to_come) {
            format!("✓ {done} · {}", span(duration))
        } else {
            format!("· {doing}")
        });
    }
    lines.join("\n")
}

/// The line of a clone that was discarded before this one.
fn discarded(clone: &CloneRecord) -> Option<String> {
    if clone.state == CloneState::Discarding {
        return Some("▸ *Discarding the clone whose masking broke off …*".to_owned());
    }
    let took = took(clone, CloneState::Discarding)?;
    Some(format!(
        "✓ Discarded a clone whose masking broke off · {}",
        span(took)
    ))
}

fn detail(clone: &CloneRecord) -> String {
    match (clone.state, &clone.progress) {
        (CloneState::Cloning, _) => format!(" {} → a volume of its own", code(&clone.source_cluster)),
        (CloneState::Masking, Some(progress)) => format!(" {}", masking(progress)),
        (CloneState::Resizing, _) => format!(" {}", code(&clone.target_class.to_string())),
        _ => String::new(),
    }
}

fn masking(progress: &Progress) -> String {
    let tables = format!(
        "{} of {}",
        progress.tables_done,
        count(progress.tables.into(), "table")
    );
    let rows = format!(
        "{} of about {}",
        number(progress.rows_done),
        count(progress.rows, "row")
    );
    match progress.phase.as_str() {
        "prepare" => "locking production's users, dropping stored credentials".to_owned(),
        "mask" if progress.tables > 0 => format!("{tables}, {rows}{}", pace(progress)),
        "mask" => "reading the tables".to_owned(),
        "verify" => "checking that nothing unmasked is left".to_owned(),
        other => code(other),
    }
}

/// How fast, and how much longer, as far as that is known.
fn pace(progress: &Progress) -> String {
    let mut said = String::new();
    if progress.rows_per_second > 0 {
        said.push_str(&format!(", {} a second", number(progress.rows_per_second)));
    }
    if let Some(left) = progress.seconds_left.and_then(|left| i64::try_from(left).ok()) {
        // A day is more than any limit; a mad estimate is cut to it.
        let left = TimeDelta::seconds(left.min(86_400));
        said.push_str(&format!(", about {} left", span(left)));
    }
    said
}

fn extras(clone: &CloneRecord) -> Option<String> {
    let mut notes = Vec::new();
    if clone.target_class != clone.class {
        let (asked, got) = (
            code(&clone.class.to_string()),
            code(&clone.target_class.to_string()),
        );
        notes.push(format!("AWS had no capacity for {asked}, so it will be {got}."));
    }
    if clone.options.data_api {
        notes.push("With the RDS Data API.".to_owned());
    }
    (!notes.is_empty()).then(|| notes.join(" "))
}
