//! A request that needs an approver's word: the question, and what came of it.

use domain::people::Member;
use domain::record::{Answer, Answered, Approval, NoAnswer};
use domain::{CloneRecord, CloneState};
use slack_morphism::prelude::*;

use super::{Message, action, footer, what, who};
use crate::blocks::{button, buttons, confirm, context, section};
use crate::text::{code, date, is_slack_id, mention, plain, prose};

/// The most approvers that are called by name.
const MOST_CALLED: usize = 10;

/// The question in the approvers' own channel, and what came of it.
pub fn question(clone: &CloneRecord) -> Message {
    if clone.awaits_answer() {
        return awaiting(clone);
    }
    let came_of_it = match (answer_of(clone), clone.state) {
        (Some(said), _) => said,
        (None, CloneState::Failed | CloneState::Deleting | CloneState::Deleted) => {
            "It was withdrawn or given up without an answer".to_owned()
        }
        (None, _) => "It waits no more".to_owned(),
    };
    let title = asks(clone);
    Message::new(
        title.clone(),
        vec![section(&format!("*{title}*")), section(&format!("{came_of_it}."))],
    )
}

/// Who asks for what.
fn asks(clone: &CloneRecord) -> String {
    format!(
        "{} asks for a clone of {}, to live {}",
        who(&clone.principal),
        what(clone),
        clone.lifetime
    )
}

/// Shown while an approver's word is waited for. The buttons come once somebody waits for the answer.
pub fn awaiting(clone: &CloneRecord) -> Message {
    let title = asks(clone);
    let mut blocks = vec![section(&format!("*{title}*"))];
    if let Some(approval) = &clone.approval {
        let why = format!(
            "It needs an approval for {}, by one of {}.",
            prose(&approval.why),
            called(approval)
        );
        let limit = format!(
            "Without an answer it is given up {}. Nothing has been made yet; its slot is kept.",
            date(approval.ends_at)
        );
        blocks.extend([section(&why), context(&limit)]);
    }
    if clone.awaits_answer() {
        blocks.push(choices(clone));
    }
    blocks.push(footer(clone));
    Message::new(title, blocks)
}

fn choices(clone: &CloneRecord) -> SlackBlock {
    let id = clone.id.as_str();
    let withdraw = confirm(
        "Withdraw it?",
        "The request is given up; its slot is free again.",
        "Withdraw",
        "Keep",
    );
    buttons(vec![
        button(action::APPROVE, "Approve", id).with_style(SlackBlockButtonStyle::Primary),
        button(action::DENY, "Deny", id).with_style(SlackBlockButtonStyle::Danger),
        button(action::DELETE, "Withdraw", id).with_confirm(withdraw),
    ])
}

/// The approvers, so that Slack tells them.
fn called(approval: &Approval) -> String {
    let names: Vec<String> = approval
        .approvers
        .iter()
        .take(MOST_CALLED)
        .map(|member| match member {
            Member::User(id) => mention(id),
            Member::Group(id) if is_slack_id(id) => format!("<!subteam^{id}>"),
            Member::Group(id) => code(id),
            Member::Cli(name) => format!("{} on the command line", code(name)),
        })
        .collect();
    names.join(", ")
}

/// Who answered and when, as every later message of the clone tells it.
pub(super) fn answer_of(clone: &CloneRecord) -> Option<String> {
    let answered = clone.approval.as_ref()?.answer.as_ref()?;
    Some(said(answered))
}

fn said(answered: &Answered) -> String {
    let (by, at) = (who(&answered.by), date(answered.at));
    match &answered.answer {
        Answer::Approved => format!("Approved by {by} {at}"),
        Answer::Denied(reason) if reason.is_empty() => format!("Denied by {by} {at}"),
        Answer::Denied(reason) => format!("Denied by {by} {at}: {}", prose(&plain(reason, 300))),
    }
}

/// To the approver: their answer counts.
pub fn answered(clone: &CloneRecord) -> Message {
    let said = answer_of(clone).unwrap_or_default();
    Message::line(format!("{}: {said}.", code(clone.id.as_str())))
}

/// To somebody whose answer does not count: why, and who was quicker.
pub fn not_answered(clone: &CloneRecord, why: &NoAnswer) -> Message {
    match (why, answer_of(clone)) {
        (NoAnswer::Answered(_), Some(said)) => Message::line(format!(
            "Not done: {} was answered already. {said}.",
            code(clone.id.as_str())
        )),
        (why, _) => Message::line(format!("Not done: {}.", prose(&why.to_string()))),
    }
}
