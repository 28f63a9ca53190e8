//! A clone's progress as custom notifications of Amazon Q Developer in chat applications (once AWS Chatbot), for
//! channels in which only that app is: one for each state that is told, all of a clone in one thread.
//!
//! Schema: <https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>. The channel's preferences must
//! allow threads.

use std::collections::BTreeMap;

use domain::cost::Prices;
use domain::record::DeleteReason;
use domain::workflow::{Caught, ExecutionRef};
use domain::{CloneRecord, CloneState};
use serde::Serialize;

use crate::message::ended::{advice, because, cause, cleaned_up, explained};
use crate::message::progress::steps;
use crate::message::ready::{lines, masked, price};
use crate::message::{spent, what, who};
use crate::text::{code, code_block, cut, date, plain};

/// The schema's limits.
const MAX_TITLE: usize = 250;
const MAX_DESCRIPTION: usize = 8_000;
const MAX_STEP: usize = 350;

/// One notification, as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notification {
    version: &'static str,
    source: &'static str,
    id: String,
    content: Content,
    metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    text_type: &'static str,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next_steps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    thread_id: String,
    summary: String,
    event_type: String,
    additional_context: BTreeMap<&'static str, String>,
}

/// What of a clone is told: the same for as long as there is nothing new to tell.
pub fn topic_of(clone: &CloneRecord) -> String {
    match (clone.state, clone.warned_at) {
        (CloneState::Ready, Some(at)) => format!("warned {}", at.timestamp()),
        (CloneState::Ready, None) => format!("ready {}", clone.expires_at.timestamp()),
        (state, _) => format!("{state} {}", clone.attempt),
    }
}

/// The notification about a clone as it is now.
pub fn of(clone: &CloneRecord, prices: &Prices) -> Notification {
    let (title, description, next_steps) = match (clone.state, &clone.failure) {
        (CloneState::Ready, _) => ready(clone, prices),
        (CloneState::Failed | CloneState::Deleting | CloneState::Deleted, Some(_)) => failed(clone),
        (CloneState::Failed | CloneState::Deleting, None) => going(clone),
        (CloneState::Deleted, None) => gone(clone, prices),
        _ => (headline(clone, &being(clone.state)), steps(clone), vec![]),
    };
    let context = [
        ("clone", clone.id.to_string()),
        ("source", clone.source.to_string()),
        ("state", clone.state.to_string()),
    ];
    Notification::new(
        (clone.id.as_str(), &topic_of(clone)),
        &title,
        &description,
        next_steps,
        context,
    )
}

/// The notification about an execution that ended before there was a record of a clone.
pub fn refused(execution: &ExecutionRef, caught: &Caught) -> Notification {
    let failure = caught.failure();
    Notification::new(
        (&execution.name, "refused"),
        "A clone could not be made",
        &explained(caught.step, failure, &caught.words()),
        vec![advice(failure).to_owned()],
        [("execution", plain(&execution.arn, 500))],
    )
}

impl Notification {
    fn new(
        (thread, topic): (&str, &str),
        title: &str,
        description: &str,
        next_steps: Vec<String>,
        context: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let title = cut(title, MAX_TITLE);
        Self {
            version: "1.0",
            source: "custom",
            id: format!("{} {topic}", plain(thread, 200)),
            metadata: Metadata {
                thread_id: plain(thread, 200),
                summary: title.clone(),
                event_type: topic.split(' ').next().unwrap_or_default().to_owned(),
                additional_context: context.into_iter().collect(),
            },
            content: Content {
                text_type: "client-markdown",
                title,
                description: cut(description, MAX_DESCRIPTION),
                next_steps: next_steps.iter().map(|step| cut(step, MAX_STEP)).collect(),
            },
        }
    }

    /// What is published: JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn being(state: CloneState) -> String {
    match state {
        CloneState::Requested => "asked for".to_owned(),
        CloneState::Awaiting => "waiting for an approval".to_owned(),
        CloneState::Cloning => "being cloned".to_owned(),
        CloneState::Masking => "being masked".to_owned(),
        CloneState::Discarding => "being made anew".to_owned(),
        CloneState::Resizing => "changing to its class".to_owned(),
        CloneState::Releasing => "being opened".to_owned(),
        other => other.to_string(),
    }
}

type Said = (String, String, Vec<String>);

fn headline(clone: &CloneRecord, is: &str) -> String {
    format!("The clone of {} is {is}", code(clone.source.as_str()))
}

fn ready(clone: &CloneRecord, prices: &Prices) -> Said {
    let until = date(clone.expires_at);
    if clone.warned_at.is_some() {
        let extend = format!(
            "If {} still needs it: `/clone extend {} 1d`.",
            who(&clone.principal),
            clone.id
        );
        let title = headline(clone, "about to expire");
        return (
            title,
            format!("{} deletes itself {until}.", what(clone)),
            vec![extend],
        );
    }
    let is_extended = clone
        .ready_at
        .is_some_and(|at| clone.expires_at > at + clone.lifetime.span());
    if is_extended {
        return (
            headline(clone, "extended"),
            format!("It deletes itself {until}."),
            vec![],
        );
    }
    let mut said = vec![format!(
        "For {}. It deletes itself {until}.",
        who(&clone.principal)
    )];
    if let Some(access) = &clone.access {
        let (host, database) = (code(&access.host), code(&access.database));
        said.push(format!(
            "*Host* {host} *port* {} *database* {database} *user* {} *password* in the secret {}",
            access.port,
            code(&access.user),
            code(&access.secret)
        ));
        said.push(code_block(&lines(clone, access)));
    }
    said.extend(
        clone
            .report
            .as_ref()
            .map(|report| masked(report, &clone.config.rules_hash)),
    );
    said.push(price(clone, prices));
    (headline(clone, "ready"), said.join("\n"), vec![])
}

fn failed(clone: &CloneRecord) -> Said {
    let Some(failed) = &clone.failure else {
        return going(clone);
    };
    let why = explained(failed.step, failed.failure, cause(clone, failed));
    let described = format!(
        "For {}.\n{why}\n*Cleaned up:* {}",
        who(&clone.principal),
        cleaned_up(clone)
    );
    (
        format!("The clone of {} could not be made", what(clone)),
        described,
        vec![advice(failed.failure).to_owned()],
    )
}

fn going(clone: &CloneRecord) -> Said {
    (
        headline(clone, "being deleted"),
        format!("{}: {}.", what(clone), because(clone)),
        vec![],
    )
}

fn gone(clone: &CloneRecord, prices: &Prices) -> Said {
    let at = clone.deleted_at.unwrap_or(clone.expires_at);
    let again = match clone.deleted_because {
        Some(DeleteReason::Expired) => vec!["Ask again if a fresh one is needed.".to_owned()],
        _ => vec![],
    };
    let described = format!("{}. It cost {}.", because(clone), spent(prices, clone, at));
    (headline(clone, "deleted"), described, again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::samples::{self, execution, prices};
    use domain::workflow::State;

    #[test]
    fn each_state_is_told_once_in_the_clones_thread() {
        let mut warned = samples::ready();
        warned.warned_at = Some(warned.expires_at);
        let mut extended = samples::ready();
        extended.expires_at += chrono::TimeDelta::days(1);
        let caught = Caught {
            step: State::Clone,
            error: "BadRequest".into(),
            cause: r#"{"errorMessage":"`class`: `huge` is no class"}"#.into(),
        };
        let life = [
            samples::requested(),
            samples::masking(),
            samples::discarding(),
            samples::ready(),
            warned,
            extended,
            samples::failed(),
            samples::deleting(),
            samples::deleted(),
        ];
        let mut told: Vec<Notification> = life.iter().map(|clone| of(clone, &prices())).collect();
        told.push(refused(&execution(), &caught));
        insta::assert_json_snapshot!(told);
        let mut topics: Vec<String> = life.iter().map(topic_of).collect();
        topics.sort();
        topics.dedup();
        assert_eq!(topics.len(), life.len(), "each is something new");
        assert!(
            told[..life.len()]
                .iter()
                .all(|n| n.metadata.thread_id == life[0].id.as_str())
        );
    }

    #[test]
    fn how_far_the_masking_is_is_nothing_new_to_tell() {
        let (one, mut two) = (samples::masking(), samples::masking());
        two.progress = None;
        assert_eq!(topic_of(&one), topic_of(&two));
    }
}
