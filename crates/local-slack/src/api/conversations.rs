use serde_json::{Value, json};

use super::args::Args;
use super::chat::channel;
use super::{Refusal, Reply};
use crate::message::Message;
use crate::options::Channel;
use crate::shared::Shared;

pub(super) fn history(shared: &Shared, args: &Args) -> Reply {
    let channel = readable(shared, args)?;
    let store = shared.store();
    let threads = store.replies(&channel);
    let messages = store
        .room(&channel)
        .map(|room| room.messages.as_slice())
        .unwrap_or_default();
    let is_reply = |message: &Message| {
        message
            .thread_ts
            .as_ref()
            .is_some_and(|parent| *parent != message.ts)
    };
    let mut wanted: Vec<&Message> = messages.iter().filter(|message| !is_reply(message)).collect();
    wanted.reverse();
    page(args, wanted, |message| {
        let mut shown = message_json(shared, args, message);
        if let Some(replies) = threads.get(&message.ts) {
            shown["thread_ts"] = json!(message.ts);
            shown["reply_count"] = json!(replies.len());
            shown["latest_reply"] = json!(replies.last().map(|reply| &reply.ts));
        }
        shown
    })
}

pub(super) fn replies(shared: &Shared, args: &Args) -> Reply {
    let channel = readable(shared, args)?;
    let ts = args.required("ts", "invalid_arguments")?;
    let store = shared.store();
    let messages = store
        .room(&channel)
        .map(|room| room.messages.as_slice())
        .unwrap_or_default();
    if !messages.iter().any(|message| message.ts == ts) {
        return Err(Refusal::new("thread_not_found"));
    }
    let of_thread = |message: &&Message| message.ts == ts || message.thread_ts.as_deref() == Some(ts);
    page(args, messages.iter().filter(of_thread).collect(), |message| {
        message_json(shared, args, message)
    })
}

pub(super) fn open(shared: &Shared, args: &Args) -> Reply {
    let users: Vec<&str> = args
        .text("users")
        .unwrap_or_default()
        .split(',')
        .filter(|id| !id.is_empty())
        .collect();
    let channel = match (users.as_slice(), args.text("channel")) {
        ([user], _) if shared.is_person(user) => shared.store().direct(user),
        ([_], _) => return Err(Refusal::new("user_not_found")),
        ([], Some(_)) => channel(shared, args)?,
        ([], None) => return Err(Refusal::new("users_list_not_supplied")),
        _ => return Err(Refusal::new("not_enough_users")),
    };
    if args.is_true("return_im") {
        let store = shared.store();
        let room = store
            .room(&channel)
            .ok_or_else(|| Refusal::new("channel_not_found"))?;
        return Ok(json!({ "channel": channel_json(shared, &room.channel) }));
    }
    Ok(json!({"channel": {"id": channel}}))
}

pub(super) fn info(shared: &Shared, args: &Args) -> Reply {
    let id = channel(shared, args)?;
    let store = shared.store();
    let room = store.room(&id).ok_or_else(|| Refusal::new("channel_not_found"))?;
    Ok(json!({ "channel": channel_json(shared, &room.channel) }))
}

pub(super) fn list(shared: &Shared) -> Value {
    let store = shared.store();
    let all = store.rooms.iter().filter(|room| room.channel.direct.is_none());
    let all: Vec<Value> = all.map(|room| channel_json(shared, &room.channel)).collect();
    json!({"channels": all, "response_metadata": {"next_cursor": ""}})
}

pub(super) fn members(shared: &Shared, args: &Args) -> Reply {
    let id = channel(shared, args)?;
    let store = shared.store();
    let room = store.room(&id).ok_or_else(|| Refusal::new("channel_not_found"))?;
    let mut members: Vec<&str> = match &room.channel.direct {
        Some(user) => vec![user],
        None => shared.options.users.iter().map(|user| user.id.as_str()).collect(),
    };
    if room.channel.app_is_member {
        members.push(&shared.options.app.bot_user_id);
    }
    Ok(json!({"members": members, "response_metadata": {"next_cursor": ""}}))
}

pub(super) fn join(shared: &Shared, args: &Args) -> Reply {
    let id = channel(shared, args)?;
    let mut store = shared.store();
    let room = store
        .room_mut(&id)
        .ok_or_else(|| Refusal::new("channel_not_found"))?;
    if room.channel.is_archived {
        return Err(Refusal::new("is_archived"));
    }
    room.channel.app_is_member = true;
    Ok(json!({ "channel": channel_json(shared, &room.channel) }))
}

fn readable(shared: &Shared, args: &Args) -> Result<String, Refusal> {
    let id = channel(shared, args)?;
    let known = shared.store().room(&id).map(|room| room.channel.clone());
    let known = known.ok_or_else(|| Refusal::new("channel_not_found"))?;
    let needed = match (&known.direct, known.is_private) {
        (Some(_), _) => "im:history",
        (None, true) => "groups:history",
        (None, false) => "channels:history",
    };
    match &shared.options.manifest {
        Some(manifest) if !manifest.grants(needed) => Err(Refusal::missing_scope(needed, &manifest.scopes())),
        _ if known.app_is_member => Ok(id),
        _ if known.is_private => Err(Refusal::new("channel_not_found")),
        _ => Err(Refusal::new("not_in_channel")),
    }
}

/// The messages between `oldest` and `latest`, `limit` at a time; the cursor is the next one's place.
fn page(args: &Args, messages: Vec<&Message>, show: impl Fn(&Message) -> Value) -> Reply {
    let inclusive = args.is_true("inclusive");
    let number = |name: &str| args.text(name).and_then(|ts| ts.parse::<f64>().ok());
    let (oldest, latest) = (number("oldest"), number("latest"));
    let is_within = |message: &&Message| {
        let at = message.ts.parse::<f64>().unwrap_or_default();
        let after = oldest.is_none_or(|oldest| at > oldest || (inclusive && at == oldest));
        let before = latest.is_none_or(|latest| at < latest || (inclusive && at == latest));
        after && before && message.ephemeral_to.is_none()
    };
    let wanted: Vec<&Message> = messages.into_iter().filter(is_within).collect();
    let limit = args.number("limit").unwrap_or(100).clamp(1, 999);
    let start = match args.text("cursor").filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => {
            let ts = cursor
                .strip_prefix("next:")
                .ok_or_else(|| Refusal::new("invalid_cursor"))?;
            let found = wanted.iter().position(|message| message.ts == ts);
            found.ok_or_else(|| Refusal::new("invalid_cursor"))?
        }
        None => 0,
    };
    let next = wanted
        .get(start + limit)
        .map(|message| format!("next:{}", message.ts))
        .unwrap_or_default();
    let shown: Vec<Value> = wanted
        .iter()
        .skip(start)
        .take(limit)
        .map(|message| show(message))
        .collect();
    Ok(json!({
        "messages": shown, "has_more": !next.is_empty(), "pin_count": 0,
        "response_metadata": {"next_cursor": next},
    }))
}

fn message_json(shared: &Shared, args: &Args, message: &Message) -> Value {
    let with_metadata = args.is_true("include_all_metadata");
    message.to_api(&shared.options.team.id, &shared.options.app.id, with_metadata)
}

fn channel_json(shared: &Shared, channel: &Channel) -> Value {
    let is_direct = channel.direct.is_some();
    let mut shown = json!({
        "id": channel.id, "created": 1_700_000_000, "is_archived": channel.is_archived, "is_im": is_direct,
        "is_org_shared": false, "context_team_id": shared.options.team.id, "updated": 1_700_000_000_000_i64,
    });
    let more = match &channel.direct {
        Some(user) => json!({"user": user, "is_open": true}),
        None => json!({
            "name": channel.name, "name_normalized": channel.name, "is_channel": true, "is_group": false,
            "is_mpim": false, "is_private": false, "is_general": false, "is_shared": false,
            "is_member": channel.app_is_member, "creator": shared.options.users.first().map(|user| &user.id),
            "topic": {"value": channel.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": shared.options.users.len(),
        }),
    };
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    shown
}
