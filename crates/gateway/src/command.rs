//! `/clone …`.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::Policy;
use domain::request::Principal;
use runtime::audit::Decided;
use slack::{Command, Message, message, modal};
use slack_morphism::prelude::{SlackBlock, SlackView};

use crate::deeds::{self, Asker};
use crate::signed::{Refused, Signed};
use crate::{Deps, Error, in_time, told};

/// Reads a slash command, does it, and answers the one who wrote it alone.
pub(crate) async fn handle(State(deps): State<Arc<Deps>>, signed: Signed) -> Result<Response, Refused> {
    if signed.field("ssl_check").is_some_and(|check| check == "1") {
        return Ok(().into_response());
    }
    let field = |name: &str| {
        let given = signed.field(name).filter(|value| !value.is_empty());
        given.ok_or(Refused::Unreadable)
    };
    let asker = Asker {
        principal: Principal::Slack(field("user_id")?),
        channel: Some(field("channel_id")?),
        trigger: field("trigger_id")?,
    };
    signed.is_new_here(&deps)?;
    let text = signed.field("text").unwrap_or_default();
    match in_time(carry_out(&deps, &signed, &asker, &text)).await {
        // Words are better than Slack's own for a status.
        Ok(Err(Refused::NotNow)) => Ok(json(ephemeral(&message::went_wrong()))),
        Ok(said) => Ok(said?.map_or_else(|| ().into_response(), json)),
        Err(error) => Ok(json(ephemeral(&told(&error)))),
    }
}

/// What was said in answer, in JSON, if anything: none when a form was opened.
type Said = Result<Option<Bytes>, Refused>;

/// Help, as it was last written. It depends on nothing but the policy.
#[derive(Default)]
pub(crate) struct Help(Mutex<Option<(Arc<Policy>, Bytes)>>);

impl Help {
    fn of(&self, policy: &Arc<Policy>) -> Bytes {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match written.as_ref() {
            Some((of, help)) if Arc::ptr_eq(of, policy) => help.clone(),
            _ => {
                let help = ephemeral(&message::help(policy));
                *written = Some((Arc::clone(policy), help.clone()));
                help
            }
        }
    }
}

/// Does what was asked. Help is the same for everybody, and a form opens by its trigger alone, once: no other command
/// is done before the table knows that it is not a replay.
///
/// A future is as large as the largest thing that it may wait for, and is moved on its way: what waits for a call of an
/// SDK lies on the heap, or each request for help would carry the room for all of them.
async fn carry_out(deps: &Deps, signed: &Signed, asker: &Asker, text: &str) -> Result<Said, Error> {
    let policy = deps.config.policy().await?;
    let sources: Vec<_> = policy.sources.keys().cloned().collect();
    let command = match slack::command::parse(text, &sources) {
        Ok(command) => command,
        Err(misread) => return Ok(Ok(Some(ephemeral(&message::misread(&misread))))),
    };
    let leaves_no_trace = matches!(command, Command::Help | Command::Open);
    if !leaves_no_trace && let Err(refused) = signed.is_not_replayed(deps).await {
        return Ok(Err(refused));
    }
    let said = match command {
        Command::Help => return Ok(Ok(Some(deps.help.of(&policy)))),
        Command::Open => {
            let instead = Box::pin(open_form(deps, &policy, asker)).await?;
            return Ok(Ok(instead.as_ref().map(ephemeral)));
        }
        Command::Create(wish) => match Box::pin(deeds::create(deps, &policy, asker, wish)).await? {
            Ok(granted) => message::asked(&granted),
            Err(refusal) => message::refused(&refusal),
        },
        Command::List => Box::pin(deeds::list(deps, &policy, asker)).await?,
        Command::Show(id) => Box::pin(deeds::show(deps, &policy, asker, &id)).await?,
        Command::Extend(id, more) => Box::pin(deeds::extend(deps, &policy, asker, &id, more))
            .await?
            .unwrap_or_else(|refused| refused),
        Command::Delete(id) => Box::pin(deeds::delete(deps, &policy, asker, &id)).await?,
    };
    Ok(Ok(Some(ephemeral(&said))))
}

async fn open_form(deps: &Deps, policy: &Policy, asker: &Asker) -> Result<Option<Message>, Error> {
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    if let Err(refusal) = domain::admission::may_ask(policy, asker.who(&groups)) {
        asker.wants(None).say(Decided::Refused, &refusal);
        return Ok(Some(message::refused(&refusal)));
    }
    let channel = asker.channel.as_deref().unwrap_or_default();
    let form = modal::create(
        policy,
        &deeds::prices(deps).await,
        channel,
        &modal::Chosen::default(),
    );
    Ok(shown(deps, asker, form, "/clone production 4h").await)
}

/// Opens a form; if Slack does not, says what to write `instead`.
pub(crate) async fn shown(deps: &Deps, asker: &Asker, form: SlackView, instead: &str) -> Option<Message> {
    let error = deps.slack.open_view(&asker.trigger, form).await.err()?;
    tracing::warn!("the form was not opened: {}", runtime::chain(&error));
    Some(message::slack_trouble(instead))
}

/// An answer for the one who asked alone.
#[derive(serde::Serialize)]
struct Ephemeral<'a> {
    response_type: &'static str,
    text: &'a str,
    blocks: &'a [SlackBlock],
}

fn ephemeral(message: &Message) -> Bytes {
    let said = serde_json::to_vec(&Ephemeral {
        response_type: "ephemeral",
        text: &message.text,
        blocks: &message.blocks,
    });
    // Texts and lists alone cannot fail.
    said.unwrap_or_default().into()
}

fn json(said: Bytes) -> Response {
    ([(CONTENT_TYPE, "application/json")], said).into_response()
}
