//! While a clone is being set up.

use domain::record::Progress;
use domain::{CloneRecord, CloneState};
use slack_morphism::prelude::SlackBlock;

use super::{Message, footer, took, what, who};
use crate::blocks::{context, section};
use crate::text::{code, count, date, number, span};

/// The states that people wait for, with what is going on in each, and what was done.
const STEPS: [(CloneState, &str, &str); 5] = [
    (CloneState::Requested, "Checking the request", "Checked"),
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

/// A line for each step: done with its seconds, being done, or still to do.
pub(super) fn steps(clone: &CloneRecord) -> String {
    let lines = STEPS.iter().map(|(state, doing, done)| {
        if *state == clone.state {
            format!("▸ *{doing} …*{}", detail(clone))
        } else if let Some(duration) = took(clone, *state) {
            format!("✓ {done} · {}", span(duration))
        } else {
            format!("· {doing}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
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
        "mask" if progress.tables > 0 => format!("{tables}, {rows}"),
        "mask" => "reading the tables".to_owned(),
        "verify" => "checking that nothing unmasked is left".to_owned(),
        other => code(other),
    }
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
