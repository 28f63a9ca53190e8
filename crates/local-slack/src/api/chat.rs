use serde_json::{Value, json};

use super::args::Args;
use super::{Refusal, Reply};
use crate::blocks::{self, Surface};
use crate::manifest::POST_ANYWHERE;
use crate::message::Message;
use crate::shared::{Change, Shared};
use crate::store::Draft;

pub(super) fn post(shared: &Shared, args: &Args) -> Reply {
    let channel = writable(shared, args)?;
    let thread_ts = args.text("thread_ts").map(str::to_owned);
    if let Some(parent) = &thread_ts {
        let store = shared.store();
        if store
            .message(parent)
            .is_none_or(|message| message.channel != channel)
        {
            return Err(Refusal::new("thread_not_found"));
        }
    }
    let draft = Draft {
        thread_ts,
        metadata: metadata(args)?,
        ..draft(shared, args)?
    };
    let message = shared
        .post(&channel, draft)
        .ok_or_else(|| Refusal::new("channel_not_found"))?;
    Ok(json!({"channel": channel, "ts": message.ts, "message": shown(shared, &message)}))
}

pub(super) fn post_ephemeral(shared: &Shared, args: &Args) -> Reply {
    let channel = writable(shared, args)?;
    let user = args.required("user", "invalid_arguments")?;
    let is_there = shared.is_person(user) && {
        let store = shared.store();
        store
            .room(&channel)
            .and_then(|room| room.channel.direct.clone())
            .is_none_or(|other| other == user)
    };
    if !is_there {
        return Err(Refusal::new("user_not_in_channel"));
    }
    let draft = Draft {
        thread_ts: args.text("thread_ts").map(str::to_owned),
        ephemeral_to: Some(user.to_owned()),
        ..draft(shared, args)?
    };
    let message = shared
        .post(&channel, draft)
        .ok_or_else(|| Refusal::new("channel_not_found"))?;
    Ok(json!({ "message_ts": message.ts }))
}

pub(super) fn update(shared: &Shared, args: &Args) -> Reply {
    let (channel, ts) = own(shared, args, "cant_update_message")?;
    let draft = draft(shared, args)?;
    let metadata = metadata(args)?;
    let now = shared.now();
    let message = {
        let mut store = shared.store();
        let before = store
            .message(&ts)
            .cloned()
            .ok_or_else(|| Refusal::new("message_not_found"))?;
        // A text alone takes blocks and attachments away; without a text what is not named stays.
        let stays = |name: &str| args.value(name).is_null() && args.text("text").is_none();
        let blocks = if stays("blocks") {
            before.blocks
        } else {
            draft.blocks
        };
        let attachments = if stays("attachments") {
            before.attachments
        } else {
            draft.attachments
        };
        let text = args.text("text").map_or(before.text, str::to_owned);
        let message = store.edit(&ts, text, blocks, now);
        let message = message.ok_or_else(|| Refusal::new("message_not_found"))?;
        message.attachments = attachments;
        message.metadata = metadata.or(message.metadata.take());
        message.clone()
    };
    shared.changed(Change::Message {
        channel: channel.clone(),
        ts: ts.clone(),
    });
    Ok(json!({"channel": channel, "ts": ts, "text": message.text, "message": shown(shared, &message)}))
}

pub(super) fn delete(shared: &Shared, args: &Args) -> Reply {
    let (channel, ts) = own(shared, args, "cant_delete_message")?;
    shared.store().delete(&ts);
    shared.changed(Change::Gone {
        channel: channel.clone(),
        ts: ts.clone(),
    });
    Ok(json!({"channel": channel, "ts": ts}))
}

pub(super) fn permalink(shared: &Shared, args: &Args) -> Reply {
    let channel = channel(shared, args)?;
    let ts = args.required("message_ts", "invalid_arguments")?;
    if shared
        .store()
        .message(ts)
        .is_none_or(|message| message.channel != channel)
    {
        return Err(Refusal::new("message_not_found"));
    }
    let link = format!("{}/archives/{channel}/p{}", shared.base, ts.replace('.', ""));
    Ok(json!({"channel": channel, "permalink": link}))
}

/// What `text`, `blocks` and `attachments` say, if Slack would take it.
fn draft(shared: &Shared, args: &Args) -> Result<Draft, Refusal> {
    let text = args.text("text").unwrap_or_default().to_owned();
    let blocks = blocks::listed(args.value("blocks"));
    let attachments = args.value("attachments").as_array().cloned().unwrap_or_default();
    if text.trim().is_empty() && blocks.is_empty() && attachments.is_empty() {
        return Err(Refusal::new("no_text"));
    }
    if text.chars().count() > 40_000 {
        return Err(Refusal::new("msg_too_long"));
    }
    let complaints = blocks::check(args.value("blocks"), Surface::Message);
    if !complaints.is_empty() {
        return Err(Refusal::because("invalid_blocks", complaints));
    }
    Ok(Draft {
        text,
        blocks,
        attachments,
        ..shared.app_draft()
    })
}

fn metadata(args: &Args) -> Result<Option<Value>, Refusal> {
    let metadata = args.value("metadata");
    if metadata.is_null() {
        return Ok(None);
    }
    if !metadata["event_type"].is_string() || !metadata["event_payload"].is_object() {
        return Err(Refusal::new("invalid_metadata_format"));
    }
    if metadata.to_string().len() > 16 * 1024 {
        return Err(Refusal::new("metadata_too_large"));
    }
    Ok(Some(metadata.clone()))
}

/// The named channel, if it exists.
pub(super) fn channel(shared: &Shared, args: &Args) -> Result<String, Refusal> {
    let named = args.required("channel", "channel_not_found")?;
    if shared.is_person(named) {
        return Ok(shared.store().direct(named));
    }
    shared
        .channel_id(named)
        .ok_or_else(|| Refusal::new("channel_not_found"))
}

/// The named channel, if the app may write in it.
fn writable(shared: &Shared, args: &Args) -> Result<String, Refusal> {
    let channel = channel(shared, args)?;
    let store = shared.store();
    let known = store.room(&channel).map(|room| &room.channel);
    let known = known.ok_or_else(|| Refusal::new("channel_not_found"))?;
    match known {
        known if known.is_archived => Err(Refusal::new("is_archived")),
        known if known.app_is_member || known.direct.is_some() => Ok(channel.clone()),
        known if known.is_private => Err(Refusal::new("channel_not_found")),
        _ if shared
            .options
            .manifest
            .as_ref()
            .is_some_and(|manifest| manifest.grants(POST_ANYWHERE)) =>
        {
            Ok(channel.clone())
        }
        _ => Err(Refusal::new("not_in_channel")),
    }
}

/// A message of the app's own, by channel and timestamp.
fn own(shared: &Shared, args: &Args, forbidden: &str) -> Result<(String, String), Refusal> {
    let channel = channel(shared, args)?;
    let ts = args.required("ts", "message_not_found")?;
    let store = shared.store();
    let message = store.message(ts).filter(|message| message.channel == channel);
    // Nobody can edit an ephemeral message by its timestamp: Slack does not keep it.
    let message = message.filter(|message| message.ephemeral_to.is_none());
    let message = message.ok_or_else(|| Refusal::new("message_not_found"))?;
    if message.bot_id.as_ref() != Some(&shared.options.app.bot_id) {
        return Err(Refusal::new(forbidden));
    }
    Ok((channel.clone(), ts.to_owned()))
}

/// A message as its author gets it back.
fn shown(shared: &Shared, message: &Message) -> Value {
    message.to_api(&shared.options.team.id, &shared.options.app.id, true)
}
