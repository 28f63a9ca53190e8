//! The question in the approvers' own channel, if the policy names one: asked once, and edited when it is answered.

use std::collections::BTreeSet;

use domain::CloneRecord;
use domain::people::Member;
use domain::record::{Approval, MessageRef};
use domain::request::Principal;
use runtime::Decision;
use slack::Message;
use slack::client::{Mark, Posted};
use slack::message::{QUESTION_EVENT, question};

use crate::follow::{find, lease, since};
use crate::{Deps, Error};

/// Asks the approvers in their channel, and makes that message say what came of it. It is posted once somebody waits
/// for the answer, found again by its mark if its timestamp was not noted, and needs no channel where the clone's own
/// message asks already.
///
/// # Errors
/// When the table or Slack fail.
pub(crate) async fn ask(deps: &Deps, clone: &CloneRecord) -> Result<(), Error> {
    let Some(approval) = &clone.approval else {
        return Ok(());
    };
    let asked_there = clone.message.as_ref().map(|message| &message.channel);
    let Some(channel) = approval
        .channel
        .as_ref()
        .filter(|channel| asked_there != Some(*channel))
    else {
        return Ok(());
    };
    let says = question(clone);
    let digest = says.digest();
    let (posted, said) = match &approval.message {
        Some(MessageRef {
            channel,
            ts: Some(ts),
            digest,
            ..
        }) => {
            let (channel, ts) = (channel.clone(), ts.clone());
            (Posted { channel, ts }, digest.clone())
        }
        // Answered before anybody was asked here, or never to be asked.
        _ if !clone.awaits_answer() => return Ok(()),
        _ => post(deps, clone, approval, channel, &says).await?,
    };
    if said != digest {
        deps.slack.update(&posted, &says).await?;
        note(deps, clone, &posted, &digest).await?;
    }
    Ok(())
}

/// Posts the question in the approvers' channel. Where that cannot be written to, the first approver who can be told is
/// asked alone: a question that nobody reads would run into its time limit. Answers where it is, and what it says there
/// as far as that is known.
async fn post(
    deps: &Deps,
    clone: &CloneRecord,
    approval: &Approval,
    channel: &str,
    says: &Message,
) -> Result<(Posted, String), Error> {
    let closed = match post_in(deps, clone, channel, says).await {
        Err(Error::Slack(error)) if error.is_about_the_channel() => error,
        posted => return posted,
    };
    tracing::warn!(clone.id = %clone.id, "an approver is asked alone: {}", runtime::chain(&closed));
    for user in people(deps, clone, approval).await {
        match post_in(deps, clone, &user, says).await {
            Err(Error::Slack(error)) if error.is_about_the_channel() => {}
            posted => return posted,
        }
    }
    Err(closed.into())
}

/// Posts the question in a channel or to a person, unless it is there already.
async fn post_in(
    deps: &Deps,
    clone: &CloneRecord,
    place: &str,
    says: &Message,
) -> Result<(Posted, String), Error> {
    let mark = Mark {
        event: QUESTION_EVENT,
        about: clone.id.as_str(),
    };
    let channel = &deps.slack.conversation(place).await?;
    if let Some(posted) = find(deps, channel, mark, &since(clone.requested_at)).await? {
        return Ok((posted, String::new()));
    }
    lease(deps, &clone.id, "ask").await?;
    let posted = deps.slack.post(channel, says, mark, None).await?;
    note(deps, clone, &posted, &says.digest()).await?;
    Ok((posted, says.digest()))
}

/// The approvers who are on Slack, but for the one who asks.
async fn people(deps: &Deps, clone: &CloneRecord, approval: &Approval) -> BTreeSet<String> {
    let mut people = BTreeSet::new();
    for member in approval.approvers.iter() {
        match member {
            Member::User(user) => people.extend([user.clone()]),
            Member::Cli(_) => {}
            Member::Group(group) => match deps.slack.group_members(group).await {
                Ok(members) => people.extend(members),
                Err(error) => tracing::warn!(group, "its members are unknown: {}", runtime::chain(&error)),
            },
        }
    }
    people.retain(|user| clone.principal != Principal::Slack(user.clone()));
    people
}

async fn note(deps: &Deps, clone: &CloneRecord, posted: &Posted, digest: &str) -> Result<(), Error> {
    let message = MessageRef {
        channel: posted.channel.clone(),
        ts: Some(posted.ts.clone()),
        digest: digest.to_owned(),
        warning_said_at: None,
    };
    let noted = deps
        .records
        .update(&clone.id, |record| match &mut record.approval {
            Some(approval) if approval.message.as_ref() != Some(&message) => {
                approval.message = Some(message.clone());
                Decision::Write
            }
            _ => Decision::Keep,
        });
    noted.await?;
    Ok(())
}
