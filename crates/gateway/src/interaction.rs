//! Buttons pressed and forms submitted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::record::Answer;
use domain::request::Principal;
use serde_json::json;
use slack::command::IdPart;
use slack::interaction::{Action, Interaction, View};
use slack::message::action;
use slack::{Message, modal};

use crate::deeds::{self, Asker};
use crate::signed::{Refused, Signed};
use crate::{DEADLINE, DEED, Deps, Error, approvals, command, in_time, told, within};

/// Reads what somebody did, does it, and tells them. What doppel does not know is acknowledged and left alone.
pub(crate) async fn handle(State(deps): State<Arc<Deps>>, signed: Signed) -> Result<Response, Refused> {
    let payload = signed.field("payload").ok_or(Refused::Unreadable)?;
    let deed = Interaction::read(&payload).map_err(|_| Refused::Unreadable)?;
    signed.is_new_here(&deps)?;
    if !is_harmless(&deed) {
        signed.is_not_replayed(&deps).await?;
    }
    match (deed.kind.as_str(), &deed.view) {
        ("block_actions", Some(view)) if view.callback_id == modal::CREATE => {
            Box::pin(chosen(&deps, view)).await
        }
        ("block_actions", _) => Box::pin(pressed(&deps, &deed)).await,
        ("view_submission", Some(view)) if view.callback_id == modal::CREATE => {
            return Ok(Box::pin(submitted(&deps, &deed, view)).await);
        }
        ("view_submission", Some(view)) if view.callback_id == modal::EXTEND => {
            return Ok(Box::pin(extension(&deps, &deed, view)).await);
        }
        ("view_submission", Some(view)) if view.callback_id == modal::DENY => {
            return Ok(Box::pin(denial(&deps, &deed, view)).await);
        }
        _ => {}
    }
    Ok(().into_response())
}

/// Whether a replay of it would change nothing, and tell its sender nothing: how to connect is told to the person by
/// Slack, whoever sent the request; a form opens by its trigger alone, once, and changes by its hash alone.
fn is_harmless(deed: &Interaction) -> bool {
    let is_in_form = deed
        .view
        .as_ref()
        .is_some_and(|view| view.callback_id == modal::CREATE);
    let is_told_by_slack =
        |pressed: &Action| [action::CONNECT, action::EXTEND].contains(&pressed.action_id.as_str());
    match deed.kind.as_str() {
        "block_actions" => is_in_form || deed.actions.iter().all(is_told_by_slack),
        "view_submission" => false,
        _ => true,
    }
}

async fn pressed(deps: &Deps, deed: &Interaction) {
    for action in &deed.actions {
        let said = match within(DEED, press(deps, deed, action)).await {
            Ok(Some(said)) => said,
            Ok(None) => continue,
            Err(error) => told(&error),
        };
        let answered = within(DEADLINE - DEED, async {
            match (&deed.response_url, &deed.trigger_id) {
                (Some(url), _) => deps.slack.respond(url, &said).await?,
                // The home tab has no channel to answer in.
                (None, Some(trigger)) => {
                    deps.slack
                        .open_view(trigger, modal::done("doppel", &said))
                        .await?
                }
                (None, None) => {}
            }
            Ok(())
        });
        if let Err(error) = answered.await {
            tracing::warn!("a button's answer was not told: {}", runtime::chain(&error));
        }
    }
}

/// Shows what the new choice costs. Slack refuses it if the form changed again since; then that change is answered.
async fn chosen(deps: &Deps, view: &View) {
    let shown = in_time(async {
        let policy = deps.config.policy().await?;
        let form = modal::create(
            &policy,
            &deeds::prices(deps).await,
            &view.private_metadata,
            &modal::chosen(view),
        );
        Ok(deps.slack.update_view(&view.id, &view.hash, form).await?)
    });
    if let Err(error) = shown.await {
        tracing::warn!(
            "the form still shows its last estimate: {}",
            runtime::chain(&error)
        );
    }
}

/// What a button does. None if it is not one of ours.
async fn press(deps: &Deps, deed: &Interaction, pressed: &Action) -> Result<Option<Message>, Error> {
    let Some(id) = pressed
        .value
        .as_deref()
        .and_then(|value| IdPart::read(value).ok())
    else {
        return Ok(None);
    };
    let asker = asker(deed, None);
    let said = match pressed.action_id.as_str() {
        action::CONNECT => deeds::connect(deps, &id).await?,
        action::EXTEND => return extend(deps, &asker, &id).await,
        action::APPROVE => approve(deps, &asker, &id).await?,
        action::DENY => return deny(deps, &asker, &id).await,
        action::DELETE => {
            let policy = deps.config.policy().await?;
            deeds::delete(deps, &policy, &asker, &id).await?
        }
        _ => return Ok(None),
    };
    Ok(Some(said))
}

/// Asks how much longer. No message means that there is nothing to say: a form was opened.
async fn extend(deps: &Deps, asker: &Asker, id: &IdPart) -> Result<Option<Message>, Error> {
    let policy = deps.config.policy().await?;
    match deeds::extension_form(deps, &policy, asker, id).await? {
        Ok(form) => {
            let instead = format!("/clone extend {} 2d", id.as_str());
            Ok(command::shown(deps, asker, form, &instead).await)
        }
        Err(said) => Ok(Some(said)),
    }
}

async fn approve(deps: &Deps, asker: &Asker, id: &IdPart) -> Result<Message, Error> {
    let policy = deps.config.policy().await?;
    let said = approvals::answer(deps, &policy, asker, id, Answer::Approved).await?;
    Ok(said.unwrap_or_else(|said| said))
}

/// Asks why not. No message means that there is nothing to say: a form was opened.
async fn deny(deps: &Deps, asker: &Asker, id: &IdPart) -> Result<Option<Message>, Error> {
    let policy = deps.config.policy().await?;
    match approvals::denial_form(deps, &policy, asker, id).await? {
        Ok(form) => Ok(command::shown(deps, asker, form, &format!("doppel deny {}", id.as_str())).await),
        Err(said) => Ok(Some(said)),
    }
}

/// Denies the request and closes the form, or shows at its field why that does not count.
async fn denial(deps: &Deps, deed: &Interaction, view: &View) -> Response {
    let (id, reason) = match modal::read_deny(view) {
        Ok(read) => read,
        Err(wrong) => return errors(&wrong),
    };
    let asker = asker(deed, None);
    let answered = in_time(async {
        let policy = deps.config.policy().await?;
        approvals::answer(deps, &policy, &asker, &id.into(), Answer::Denied(reason)).await
    });
    let refused = match answered.await {
        Ok(Ok(_)) => return ().into_response(),
        Ok(Err(refused)) => refused,
        Err(error) => told(&error),
    };
    errors(&modal::deny_error(&refused.text))
}

/// Extends the clone and says so in the form's place, or shows at its field why not.
async fn extension(deps: &Deps, deed: &Interaction, view: &View) -> Response {
    let (id, more) = match modal::read_extend(view) {
        Ok(read) => read,
        Err(wrong) => return errors(&wrong),
    };
    let asker = asker(deed, None);
    let extended = in_time(async {
        let policy = deps.config.policy().await?;
        deeds::extend(deps, &policy, &asker, &id.into(), more).await
    });
    let refused = match extended.await {
        Ok(Ok(said)) => {
            let view = modal::done("Extended", &said);
            return Json(json!({"response_action": "update", "view": view})).into_response();
        }
        Ok(Err(refused)) => refused,
        Err(error) => told(&error),
    };
    errors(&modal::extend_error(&refused.text))
}

/// Makes the clone, or shows what is wrong at its field. An empty answer closes the form.
async fn submitted(deps: &Deps, deed: &Interaction, view: &View) -> Response {
    let wish = match modal::read(view) {
        Ok(wish) => wish,
        Err(wrong) => return errors(&wrong),
    };
    let asker = asker(
        deed,
        Some(view.private_metadata.clone()).filter(|channel| !channel.is_empty()),
    );
    let created = in_time(async {
        let policy = deps.config.policy().await?;
        deeds::create(deps, &policy, &asker, wish).await
    });
    match created.await {
        Ok(Ok(_)) => ().into_response(),
        Ok(Err(refusal)) => errors(&modal::at_field(view, &refusal)),
        Err(error) => errors(&modal::at_top(&told(&error))),
    }
}

fn errors(wrong: &std::collections::BTreeMap<String, String>) -> Response {
    Json(json!({"response_action": "errors", "errors": wrong})).into_response()
}

/// Who did it, where. Without a trigger the button and its time stand for it.
fn asker(deed: &Interaction, channel: Option<String>) -> Asker {
    let container = deed.container.clone().unwrap_or_default();
    let trigger = deed
        .trigger_id
        .clone()
        .unwrap_or_else(|| format!("{:?}", deed.actions));
    Asker {
        principal: Principal::Slack(deed.user.id.clone()),
        channel: channel
            .or(deed.channel.as_ref().map(|channel| channel.id.clone()))
            .or(container.channel_id),
        trigger,
    }
}
