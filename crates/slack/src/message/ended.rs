//! When a clone comes to an end: of its time, by hand, or because it could not be made.

use domain::cost::Prices;
use domain::record::{DeleteReason, Failed, MaskingReport};
use domain::workflow::State;
use domain::{CloneRecord, CloneState, Failure};

use super::{Message, execution_link, footer, spent, what, who, with_answer};
use crate::blocks::{context, section};
use crate::text::{code, date, number, plain, prose, span};

/// Shown while a clone is being deleted that had been handed over, or whose deletion was asked for.
pub fn deleting(clone: &CloneRecord) -> Message {
    let text = format!(
        "Deleting the clone of {} of {}: {}.",
        what(clone),
        who(&clone.principal),
        because(clone)
    );
    Message::new(text.clone(), vec![section(&format!("*{text}*")), footer(clone)])
}

/// Shown once the deletion is confirmed, with what the clone cost.
pub fn deleted(clone: &CloneRecord, prices: &Prices) -> Message {
    let at = clone.deleted_at.unwrap_or(clone.expires_at);
    let title = format!(
        "The clone of {} of {} is deleted: {}.",
        what(clone),
        who(&clone.principal),
        because(clone)
    );
    let lived = span(at - clone.requested_at);
    let told = format!(
        "Deleted {}, {lived} after it was asked for. It cost {}.",
        date(at),
        spent(prices, clone, at)
    );
    Message::new(
        title.clone(),
        vec![section(&title), context(&told), footer(clone)],
    )
}

/// Shown when a clone could not be made: which step, why, what was cleaned up, what to do next.
pub fn failed(clone: &CloneRecord, failed: &Failed) -> Message {
    let title = format!(
        "The clone of {} for {} could not be made",
        what(clone),
        who(&clone.principal)
    );
    let mut blocks = vec![
        section(&format!("*{title}*")),
        section(&explained(failed.step, failed.failure, cause(clone, failed))),
        section(&format!("*Cleaned up:* {}", cleaned_up(clone))),
        section(&format!("*What to do:* {}", advice(failed.failure))),
    ];
    if let Some(found) = clone.report.as_ref().and_then(findings) {
        blocks.insert(2, section(&found));
    }
    let look = execution_link(&clone.execution_arn, "Look at the execution");
    let id = code(clone.id.as_str());
    let line = look.map_or(id.clone(), |look| format!("{look} · {id}"));
    blocks.push(context(&with_answer(clone, line)));
    Message::new(title, blocks)
}

/// The cause, without the findings that are listed by themselves.
pub(crate) fn cause<'a>(clone: &CloneRecord, failed: &'a Failed) -> &'a str {
    let listed = clone
        .report
        .as_ref()
        .is_some_and(|report| !report.findings.is_empty());
    match failed.cause.split_once(":\n") {
        Some((sentence, _)) if listed => sentence,
        _ => &failed.cause,
    }
}

/// The most findings that are listed.
const MOST_FINDINGS: usize = 12;

/// What a verification found, a line for each place: its name, what it was, how often.
fn findings(report: &MaskingReport) -> Option<String> {
    let shown = report.findings.iter().take(MOST_FINDINGS);
    let lines: Vec<String> = shown
        .map(|found| {
            let place = match &found.column {
                Some(column) => format!("{}.{column}", found.table),
                None => found.table.clone(),
            };
            format!(
                "• {}: {}, {}",
                code(&plain(&place, 100)),
                prose(&plain(&found.what, 80)),
                number(found.count)
            )
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let more = report.findings.len().saturating_sub(MOST_FINDINGS) as u64 + report.more_findings;
    let rest = if more > 0 {
        format!("\n… and {} more", number(more))
    } else {
        String::new()
    };
    Some(format!("*Found:*\n{}{rest}", lines.join("\n")))
}

/// Which step, and why.
pub(crate) fn explained(step: State, failure: Failure, cause: &str) -> String {
    let why = why(failure, cause);
    format!("*Failed step:* {step}, while {}\n*Why:* {why}", doing(step))
}

/// The failure and its cause, in one sentence without its full stop.
pub(crate) fn why(failure: Failure, cause: &str) -> String {
    let (words, cause) = (failure.words(), cause.trim());
    match cause {
        "" => words.to_owned(),
        cause if repeats(cause, words) => prose(cause),
        cause => format!("{words}: {}", prose(cause)),
    }
}

/// Whether the cause says by itself what the failure's words would say before it.
fn repeats(cause: &str, words: &str) -> bool {
    let all: Vec<&str> = words.split(' ').collect();
    let said = all
        .iter()
        .filter(|word| cause.split(' ').any(|other| other == **word))
        .count();
    said * 4 >= all.len() * 3
}

fn doing(step: State) -> &'static str {
    match step {
        State::Clone => "admitting the request and making the clone",
        State::Approval => "waiting for an approval",
        State::MaskCommand => "choosing how to mask it",
        State::Mask => "masking and verifying it",
        State::Resize => "changing it to the class that was asked for",
        State::Release => "handing it over",
        State::Execution => "running the workflow as a whole",
    }
}

pub(crate) fn cleaned_up(clone: &CloneRecord) -> String {
    match (clone.state, &clone.cluster_resource_id) {
        (CloneState::Deleted, None) => "nothing had been made, so nothing is left.".to_owned(),
        (CloneState::Deleted, Some(_)) => {
            let at = clone
                .deleted_at
                .map(|at| format!(" {}", date(at)))
                .unwrap_or_default();
            format!(
                "everything that had been made was deleted, and its absence confirmed{at}. Nobody but doppel's worker could log in."
            )
        }
        (_, None) => "making sure that nothing was left behind.".to_owned(),
        _ => "the unfinished clone is being deleted; it stays in quarantine until then. Nobody but doppel's worker could log in."
            .to_owned(),
    }
}

/// What the person can do about a failure.
pub(crate) fn advice(failure: Failure) -> &'static str {
    match failure {
        Failure::BadRequest | Failure::Refused => {
            "correct the request and send it again; `/clone help` shows what can be said."
        }
        Failure::Denied => "ask for a smaller class or a shorter lifetime, or talk to whoever denied it.",
        Failure::Unanswered => {
            "ask again when an approver is there, or for a smaller class or a shorter lifetime."
        }
        Failure::CapReached => "delete one that you no longer need (`/clone list`), then ask again.",
        Failure::NoSlot => "wait until somebody's clone ends, or ask the owner of one to delete it.",
        Failure::QuotaExceeded => {
            "ask the platform team to raise the account's RDS quota, or wait for a clone to end."
        }
        Failure::NoCapacity => "ask for another class, or try again later.",
        Failure::SourceUnavailable | Failure::Transient => "try again in some minutes.",
        Failure::TimedOut | Failure::CloneBroken | Failure::Gone => {
            "try again; if it happens twice, show this to the platform team."
        }
        Failure::BrokeOff => {
            "ask again in a while; if it comes again, show this to the platform team. Nothing unmasked was handed out."
        }
        Failure::Cancelled => "ask again if you still need a clone.",
        Failure::Unverified => {
            "show this to whoever keeps the masking rules: a column may be missing from them. Nothing unmasked was handed out."
        }
        Failure::Preflight
        | Failure::SourceMissing
        | Failure::FullCopy
        | Failure::MaskCommand
        | Failure::Config => {
            "show this to the platform team: the configuration or the AWS account needs a change."
        }
        Failure::NameTaken | Failure::NotQuarantined | Failure::AwsRefused | Failure::Internal => {
            "show this to the platform team."
        }
    }
}

pub(crate) fn because(clone: &CloneRecord) -> String {
    match &clone.deleted_because {
        Some(DeleteReason::Expired) => "its time was over".to_owned(),
        Some(DeleteReason::Asked(principal)) => format!("{} asked for it", who(principal)),
        Some(DeleteReason::Failed) => "it could not be made".to_owned(),
        Some(DeleteReason::Abandoned) => "its execution ended without handing it over".to_owned(),
        None => "it was not finished".to_owned(),
    }
}
