//! The answer to an execution that ended before there was a record of a clone.

use domain::request::{Principal, Wish};
use domain::workflow::{Caught, ExecutionRef};
use runtime::RecordsError;
use slack::client::Mark;
use slack::message::{REFUSAL_EVENT, Told, refused_execution};
use slack::step::Outcome;

use crate::follow::{find, place, since};
use crate::{Deps, Error, announce};

/// Tells why no clone was made: where it was asked for, as the gateway noted, else in the policy's channel.
pub(crate) async fn tell(deps: &Deps, execution: &ExecutionRef, caught: &Caught) -> Result<(), Error> {
    let key = Wish::read(&execution.input).ok().and_then(|wish| wish.request);
    let asked = match key {
        Some(key) => match deps.records.claim_request(&key, &execution.arn).await {
            Err(RecordsError::RequestTaken(_)) => None,
            asked => asked?,
        },
        None => None,
    };
    if let Some(step) = asked.as_ref().and_then(|asked| asked.step.as_ref()) {
        let outcome = Outcome::of_refusal(caught);
        deps.slack.complete_step(step, &outcome).await?;
    }
    let told = match asked.as_ref().map(|asked| &asked.principal) {
        Some(Principal::Slack(user)) => Told::User(user.clone()),
        _ => Told::Everybody,
    };
    let principal = asked.as_ref().map(|asked| asked.principal.clone());
    let channel = place(deps, principal.as_ref(), asked.and_then(|asked| asked.channel)).await?;
    match channel {
        Some(channel) => post(deps, (execution, caught), &told, &channel).await?,
        None => tracing::warn!(
            execution = execution.name,
            "the policy names no channel to tell that no clone was made"
        ),
    }
    // Last, because what is done again after a fault of this finds the message.
    announce::refusal(deps, execution, caught).await
}

/// Posts the answer where it belongs, or to the person where that cannot be written to.
async fn post(deps: &Deps, about: (&ExecutionRef, &Caught), told: &Told, channel: &str) -> Result<(), Error> {
    match (post_in(deps, about, told, channel).await, told) {
        (Err(Error::Slack(error)), Told::User(user)) if error.is_about_the_channel() => {
            post_in(deps, about, told, user).await
        }
        (posted, _) => posted,
    }
}

/// Posts the answer, unless it is there already.
async fn post_in(
    deps: &Deps,
    (execution, caught): (&ExecutionRef, &Caught),
    told: &Told,
    channel: &str,
) -> Result<(), Error> {
    let channel = deps.slack.conversation(channel).await?;
    let mark = Mark {
        event: REFUSAL_EVENT,
        about: &execution.arn,
    };
    let said = find(deps, &channel, mark, &since(execution.started_at)).await?;
    if said.is_none() {
        deps.slack
            .post(&channel, &refused_execution(execution, caught, told), mark, None)
            .await?;
    }
    Ok(())
}
