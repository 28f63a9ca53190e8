//! Answers to commands and buttons, seen by the one who asked.

use chrono::TimeDelta;
use domain::admission::{Granted, Refusal};
use domain::record::HISTORY_DAYS;
use domain::workflow::{Caught, ExecutionRef};
use domain::{CloneId, CloneRecord, CloneState, Policy};

use super::ended::{advice, explained};
use super::ready::connection;
use super::{Message, execution_link, footer, until};
use crate::blocks::{context, section};
use crate::command::Misread;
use crate::text::{code, date, mention, prose, span};

/// To whom a refusal is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// To this Slack user.
    User(String),
    /// To whoever reads the channel.
    Everybody,
}

/// The request was taken: the channel's message will follow.
pub fn asked(granted: &Granted) -> Message {
    if let Some(need) = &granted.approval {
        return Message::line(format!(
            "A clone of {} on {}, to live {}, needs an approval for {}. The approvers are asked in the clone's own message.",
            code(granted.source.as_str()),
            code(&granted.class.to_string()),
            granted.lifetime,
            prose(&need.why)
        ));
    }
    Message::line(format!(
        "A clone of {} on {}, to live {}, is on its way. Its progress shows in the clone's own message.",
        code(granted.source.as_str()),
        code(&granted.class.to_string()),
        granted.lifetime
    ))
}

/// The policy does not allow it.
pub fn refused(refusal: &Refusal) -> Message {
    Message::line(format!("Not done: {}.", prose(&refusal.to_string())))
}

/// The command was not understood.
pub fn misread(misread: &Misread) -> Message {
    Message::line(format!("Not done: {}", prose(&misread.to_string())))
}

/// A button or command was about a clone that is no more, or is going.
pub fn already_gone(clone: &CloneRecord) -> Message {
    let id = code(clone.id.as_str());
    Message::line(match clone.deleted_at {
        Some(at) => format!("{id} is gone: it was deleted {}.", date(at)),
        None => format!("{id} is going: it is being deleted."),
    })
}

/// The clone is still being set up.
pub fn not_ready(clone: &CloneRecord) -> Message {
    Message::line(format!(
        "{} is not ready yet: it is {}.",
        code(clone.id.as_str()),
        clone.state
    ))
}

/// No clone of that id.
pub fn no_such(part: &str) -> Message {
    Message::line(format!(
        "There is no clone {}: there never was, or it went more than {HISTORY_DAYS} days ago. `/clone list` shows yours.",
        code(part)
    ))
}

/// The end of an id fits several clones.
pub fn several(part: &str, ids: &[CloneId]) -> Message {
    let ids: Vec<String> = ids.iter().take(10).map(|id| code(id.as_str())).collect();
    Message::line(format!(
        "{} could be any of {}: write more of the id.",
        code(part),
        ids.join(", ")
    ))
}

/// The clone lives longer.
pub fn extended(clone: &CloneRecord) -> Message {
    Message::line(format!(
        "{} now lives until {}.",
        code(clone.id.as_str()),
        until(clone)
    ))
}

/// All of the policy's total life is used, or nearly so.
pub fn no_more(clone: &CloneRecord, left: TimeDelta) -> Message {
    Message::line(format!(
        "{} cannot be extended: the policy leaves it {} more, and an hour is the least. It lives until {}.",
        code(clone.id.as_str()),
        span(left),
        until(clone)
    ))
}

/// The deletion was handed on.
pub fn deletion_started(id: &CloneId) -> Message {
    Message::line(format!("{} is being deleted.", code(id.as_str())))
}

/// The lines that connect.
pub fn how_to_connect(clone: &CloneRecord) -> Message {
    let Some(access) = clone.access.as_ref().filter(|_| clone.state == CloneState::Ready) else {
        return if clone.state.is_being_set_up() {
            not_ready(clone)
        } else {
            already_gone(clone)
        };
    };
    let text = format!("How to connect to {}", code(clone.id.as_str()));
    let mut blocks = vec![section(&format!("*{text}*"))];
    blocks.extend(connection(clone, access));
    let needs = "You need AWS credentials that may read the secret, and a way into the database's network.";
    blocks.extend([context(needs), footer(clone)]);
    Message::new(text, blocks)
}

/// Told in the channel when an execution ended before there was a record of a clone.
pub fn refused_execution(execution: &ExecutionRef, caught: &Caught, told: &Told) -> Message {
    let whom = match told {
        Told::User(user) => format!("{}: the", mention(user)),
        Told::Everybody => "The".to_owned(),
    };
    let title = format!("{whom} clone could not be made");
    let failure = caught.failure();
    let look = execution_link(&execution.arn, "Look at the execution");
    let name = code(&execution.name);
    let small = look.map_or(name.clone(), |look| format!("{look} · {name}"));
    let blocks = vec![
        section(&format!("*{title}*")),
        section(&explained(caught.step, failure, &caught.words())),
        section("*Cleaned up:* nothing had been made, so nothing is left."),
        section(&format!("*What to do:* {}", advice(failure))),
        context(&small),
    ];
    Message::new(title, blocks)
}

/// The config folder cannot be used. The details are in the logs.
pub fn broken_config() -> Message {
    Message::line(
        "Not done: doppel's policy file cannot be used. Please tell the platform team; its log names the place.".to_owned(),
    )
}

/// Something else went wrong. The details are in the logs.
pub fn went_wrong() -> Message {
    Message::line(
        "Not done: something went wrong on doppel's side. Please try again; its log says more.".to_owned(),
    )
}

/// Slack itself would not open the form: what to write instead.
pub fn slack_trouble(instead: &str) -> Message {
    Message::line(format!(
        "Slack did not open the form. Write it in one line instead, such as {}.",
        code(instead)
    ))
}

/// How to ask, with this policy's own names.
pub fn help(policy: &Policy) -> Message {
    let first = policy
        .sources
        .keys()
        .next()
        .map_or("production", |name| name.as_str());
    let commands = format!(
        "`/clone {first}` — a private, masked copy that deletes itself\n\
         `/clone {first} db.r6g.large 3d` — with a class and a lifetime\n\
         `/clone {first} class=serverless:0-4 for=8h data-api` — the same by name\n\
         `/clone list` — your clones\n\
         `/clone show ID` · `/clone extend ID 2d` · `/clone delete ID` — one of them; the id's last six characters do"
    );
    let mut blocks = vec![
        section("*A copy of production that may be broken*"),
        section(&commands),
    ];
    blocks.extend(policy.sources.iter().take(20).map(|(name, source)| {
        let classes: Vec<String> = source
            .classes
            .iter()
            .take(20)
            .map(|class| code(&class.to_string()))
            .collect();
        section(&format!(
            "*{name}* · classes {} (default {}) · up to {} at once, {} with extensions",
            classes.join(", "),
            code(&source.default_class.to_string()),
            source.max_lifetime,
            source.max_total_life
        ))
    }));
    let warned = format!(
        "You are warned {} before a clone ends, with a button that extends it.",
        policy.limits.warn_before
    );
    blocks.push(context(&warned));
    Message::new("How to use /clone".to_owned(), blocks)
}
