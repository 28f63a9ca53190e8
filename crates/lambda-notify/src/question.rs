//! The question in the approvers' own channel, if the policy names one: asked once, and edited when it is answered.

use domain::CloneRecord;
use domain::record::MessageRef;
use runtime::Decision;
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
        _ => {
            let mark = Mark {
                event: QUESTION_EVENT,
                about: clone.id.as_str(),
            };
            let oldest = since(clone.requested_at);
            let channel = &deps.slack.conversation(channel).await?;
            match find(deps, channel, mark, &oldest).await? {
                Some(posted) => (posted, String::new()),
                None => {
                    lease(deps, &clone.id, "ask").await?;
                    let posted = deps.slack.post(channel, &says, mark, None).await?;
                    return note(deps, clone, &posted, &digest).await;
                }
            }
        }
    };
    if said != digest {
        deps.slack.update(&posted, &says).await?;
        note(deps, clone, &posted, &digest).await?;
    }
    Ok(())
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
