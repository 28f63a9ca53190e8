//! The answer to an execution that ended before there was a record of a clone.

use domain::request::{Principal, Wish};
use domain::workflow::{Caught, ExecutionRef};
use runtime::RecordsError;
use slack::client::Mark;
use slack::message::{REFUSAL_EVENT, Told, refused_execution};
use slack::step::Outcome;

use crate::follow::{find, since};
use crate::{Deps, Error};

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
    let channel = match asked.and_then(|asked| asked.channel) {
        Some(channel) => Some(channel),
        None => deps.config.policy().await?.slack.channel,
    };
    let Some(channel) = channel else {
        tracing::warn!(
            execution = execution.name,
            "the policy names no channel to tell that no clone was made"
        );
        return Ok(());
    };
    match (tell_in(deps, &channel, execution, caught, &told).await, &told) {
        (Err(Error::Slack(error)), Told::User(user)) if error.is_about_the_channel() => {
            tell_in(deps, user, execution, caught, &told).await
        }
        (told, _) => told,
    }
}

async fn tell_in(
    deps: &Deps,
    channel: &str,
    execution: &ExecutionRef,
    caught: &Caught,
    told: &Told,
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
