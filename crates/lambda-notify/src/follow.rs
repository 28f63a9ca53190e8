//! One clone's message: posted once, then edited in place whenever it would say something else.

use chrono::{DateTime, TimeDelta, Utc};
use domain::cost::Prices;
use domain::record::MessageRef;
use domain::request::Principal;
use domain::{CloneId, CloneRecord, CloneState};
use runtime::Decision;
use slack::Message;
use slack::client::{Mark, Posted};
use slack::message::{self, CLONE_EVENT, WARNING_EVENT};

use crate::{Deps, Error, announce, question, step};

/// Only one invocation posts about the same thing within this time: longer than Slack is waited for, and shorter
/// than the stream keeps trying.
const LEASE: TimeDelta = TimeDelta::seconds(6);

/// Makes the clone's message say what its record says, says the warning if it is due, and tells the workflow that
/// waits for the clone.
///
/// A message is posted in three steps, each safe to lose: the channel is claimed in the record, the message is
/// posted with a mark that only we see, its timestamp is noted. Whoever finds a claim without a timestamp looks for
/// the mark before posting again. What is noted changes the record, so the stream calls again; then the message
/// says what it should and nothing is written.
///
/// # Errors
/// When the table or Slack fail.
pub async fn follow(deps: &Deps, id: &CloneId) -> Result<(), Error> {
    let Some(clone) = deps.records.get(id).await? else {
        return Ok(());
    };
    let said = say(deps, &clone).await;
    // Approvers and a workflow wait, and a channel listens to the topic, whatever became of the message.
    let asked = question::ask(deps, &clone).await;
    let step = step::tell(deps, &clone).await;
    let announced = announce::tell(deps, &clone).await;
    said.and(asked).and(step).and(announced)
}

async fn say(deps: &Deps, clone: &CloneRecord) -> Result<(), Error> {
    let posted = match known(clone) {
        Some(posted) => posted,
        None => match post(deps, clone).await? {
            Some(posted) => posted,
            None => return Ok(()),
        },
    };
    match edit(deps, clone, &posted).await {
        // The channel is closed to us, or somebody deleted the message: the person shall hear of the clone all the same.
        Err(Error::Slack(error)) if error.is_about_the_channel() || error.is_about_the_message() => {
            move_to_person(deps, clone, &posted.channel, error).await
        }
        edited => {
            edited?;
            warn(deps, clone, &posted).await
        }
    }
}

fn known(clone: &CloneRecord) -> Option<Posted> {
    let message = clone.message.as_ref()?;
    Some(Posted {
        channel: message.channel.clone(),
        ts: message.ts.clone()?,
    })
}

/// Posts the message, or finds the one whose timestamp was not noted. None if there is nowhere to post.
async fn post(deps: &Deps, clone: &CloneRecord) -> Result<Option<Posted>, Error> {
    let claimed_before = clone.message.as_ref().map(|message| message.channel.clone());
    let channel = match claimed_before.clone() {
        Some(channel) => channel,
        None => match place(deps, Some(&clone.principal), clone.channel.clone()).await? {
            Some(channel) => claim(deps, clone, None, &channel).await?,
            None => {
                tracing::info!(clone.id = %clone.id, "the policy names no channel for this clone's message");
                return Ok(None);
            }
        },
    };
    match post_in(deps, clone, &channel, claimed_before.is_some()).await {
        Err(Error::Slack(error)) if error.is_about_the_channel() => {
            move_to_person(deps, clone, &channel, error).await.map(|()| None)
        }
        posted => posted.map(Some),
    }
}

/// Posts the message in this channel and notes where it is. One that may have been posted before is looked for.
async fn post_in(deps: &Deps, clone: &CloneRecord, channel: &str, look: bool) -> Result<Posted, Error> {
    let mark = Mark {
        event: CLONE_EVENT,
        about: clone.id.as_str(),
    };
    let channel = deps.slack.conversation(channel).await?;
    let waited = deps.pace.hold(&deps.clock, &channel).await;
    let (newer, prices) = (deps.records.get(&clone.id).await?, deps.prices().await);
    let clone = newer.as_ref().unwrap_or(clone);
    if let Some(posted) = known(clone) {
        return Ok(posted);
    }
    let since = since(clone.requested_at);
    let lost = match look || waited {
        true => find(deps, &channel, mark, &since).await?,
        false => None,
    };
    let (posted, digest) = match lost {
        Some(posted) => (posted, String::new()),
        None => {
            // Nothing is waited for between this and the post: the lease is short.
            lease(deps, &clone.id, "post").await?;
            let says = message::of(clone, &prices);
            (deps.slack.post(&channel, &says, mark, None).await?, says.digest())
        }
    };
    note(deps, clone, |message| {
        *message = MessageRef {
            channel: posted.channel.clone(),
            ts: Some(posted.ts.clone()),
            digest: digest.clone(),
            ..message.clone()
        };
    })
    .await?;
    Ok(posted)
}

/// Looks for a message of ours. In a channel that we may write to and not read it cannot be found.
pub(crate) async fn find(
    deps: &Deps,
    channel: &str,
    mark: Mark<'_>,
    since: &str,
) -> Result<Option<Posted>, slack::client::Error> {
    match deps.slack.find(channel, mark, since, None).await {
        Err(error) if error.is_about_the_channel() => Ok(None),
        found => found,
    }
}

/// Says it to the person alone, where the channel cannot be written to (`why`).
async fn move_to_person(
    deps: &Deps,
    clone: &CloneRecord,
    from: &str,
    why: slack::client::Error,
) -> Result<(), Error> {
    let Principal::Slack(user) = &clone.principal else {
        return Err(why.into());
    };
    let direct = deps.slack.conversation(user).await?;
    if from == direct || from == user {
        return Err(why.into());
    }
    tracing::warn!(clone.id = %clone.id, "the person is told instead: {}", runtime::chain(&why));
    let channel = claim(deps, clone, Some(from), user).await?;
    post_in(deps, clone, &channel, true).await.map(drop)
}

/// Where a message goes: to the person, if the policy says so; else where it was asked for, else the policy's
/// channel, else the person.
pub(crate) async fn place(
    deps: &Deps,
    principal: Option<&Principal>,
    asked_in: Option<String>,
) -> Result<Option<String>, Error> {
    let slack = deps.config.policy().await?.slack.clone();
    let person = match principal {
        Some(Principal::Slack(user)) => Some(user.clone()),
        _ => None,
    };
    Ok(match (person, slack.direct_messages) {
        (Some(person), true) => Some(person),
        (person, _) => asked_in.or(slack.channel).or(person),
    })
}

/// Notes in the record where the message is about to be posted, in place of the channel where it could not be.
/// Answers the channel that is noted then: another invocation may have been first.
async fn claim(
    deps: &Deps,
    clone: &CloneRecord,
    instead_of: Option<&str>,
    channel: &str,
) -> Result<String, Error> {
    let claim = MessageRef {
        channel: channel.to_owned(),
        ts: None,
        digest: String::new(),
        warning_said_at: None,
    };
    let record = deps
        .records
        .update(&clone.id, |record| {
            if record.message.as_ref().map(|message| message.channel.as_str()) != instead_of {
                return Decision::Keep;
            }
            record.message = Some(claim.clone());
            Decision::Write
        })
        .await?;
    Ok(record
        .message
        .map_or_else(|| channel.to_owned(), |message| message.channel))
}

async fn edit(deps: &Deps, clone: &CloneRecord, posted: &Posted) -> Result<(), Error> {
    let prices = deps.prices().await;
    if news(clone, &prices).is_none() {
        return Ok(());
    }
    // What came up while it waited for its turn is said at once, and what it would have said is left out.
    let newer = match deps.pace.hold(&deps.clock, &posted.channel).await {
        true => deps.records.get(&clone.id).await?,
        false => None,
    };
    let clone = newer.as_ref().unwrap_or(clone);
    let Some(says) = news(clone, &prices) else {
        return Ok(());
    };
    deps.slack.update(posted, &says).await?;
    let digest = says.digest();
    note(deps, clone, |message| message.digest.clone_from(&digest)).await
}

/// What the message should say and does not. Posted a moment ago it says it already; the record that we read does
/// not know that yet.
fn news(clone: &CloneRecord, prices: &Prices) -> Option<Message> {
    let message = clone.message.as_ref().filter(|message| message.ts.is_some())?;
    let says = message::of(clone, prices);
    (says.digest() != message.digest).then_some(says)
}

/// Says once, for each time that the sweep warned, that the clone's end is near.
async fn warn(deps: &Deps, clone: &CloneRecord, posted: &Posted) -> Result<(), Error> {
    let Some(warned_at) = clone.warned_at.filter(|_| clone.state == CloneState::Ready) else {
        return Ok(());
    };
    let said_at = clone.message.as_ref().and_then(|message| message.warning_said_at);
    if said_at.is_some_and(|said_at| said_at >= warned_at) {
        return Ok(());
    }
    let about = format!("{} {}", clone.id, warned_at.timestamp());
    let mark = Mark {
        event: WARNING_EVENT,
        about: &about,
    };
    let (channel, thread) = (&posted.channel, Some(posted.ts.as_str()));
    if deps
        .slack
        .find(channel, mark, &posted.ts, thread)
        .await?
        .is_none()
    {
        lease(deps, &clone.id, "warn").await?;
        deps.slack
            .post(channel, &message::warning(clone), mark, thread)
            .await?;
    }
    note(deps, clone, |message| message.warning_said_at = Some(warned_at)).await
}

/// Keeps others from posting the same at the same time.
pub(crate) async fn lease(deps: &Deps, id: &CloneId, deed: &str) -> Result<(), Error> {
    if deps.records.once(&format!("{deed}/{id}"), LEASE).await? {
        Ok(())
    } else {
        Err(Error::InProgress(id.clone()))
    }
}

/// Writes our bookkeeping, unless it is there already.
async fn note(deps: &Deps, clone: &CloneRecord, change: impl Fn(&mut MessageRef)) -> Result<(), Error> {
    deps.records
        .update(&clone.id, |record| {
            let Some(message) = &mut record.message else {
                return Decision::Keep;
            };
            let before = message.clone();
            change(message);
            if *message == before {
                Decision::Keep
            } else {
                Decision::Write
            }
        })
        .await?;
    Ok(())
}

/// A little before a time, as Slack writes times: its clock need not be ours.
pub(crate) fn since(at: DateTime<Utc>) -> String {
    (at - TimeDelta::minutes(10)).timestamp().to_string()
}
