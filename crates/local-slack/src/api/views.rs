use serde_json::{Value, json};

use super::args::Args;
use super::{Refusal, Reply};
use crate::blocks;
use crate::shared::{Change, Shared};
use crate::view::View;

pub(super) fn open(shared: &Shared, args: &Args) -> Reply {
    let body = given(args, "modal")?;
    let user = pull(shared, args)?;
    // A trigger that comes from inside a modal may only push: views.open needs an empty screen or replaces it.
    let view = shared.build_view(&user, body, None);
    shared.store().modals.insert(user, Vec::new());
    shared.show_modal(view.clone());
    Ok(json!({ "view": shared.view_json(&view) }))
}

pub(super) fn push(shared: &Shared, args: &Args) -> Reply {
    let body = given(args, "modal")?;
    let user = pull(shared, args)?;
    let beneath = shared.top_modal(&user).ok_or_else(|| Refusal::new("not_found"))?;
    if shared
        .store()
        .modals
        .get(&user)
        .is_some_and(|stack| stack.len() >= 3)
    {
        return Err(Refusal::new("push_limit_reached"));
    }
    let view = shared.build_view(&user, body, Some(&beneath));
    shared.show_modal(view.clone());
    Ok(json!({ "view": shared.view_json(&view) }))
}

pub(super) fn update(shared: &Shared, args: &Args) -> Reply {
    let known = find(shared, args).ok_or_else(|| Refusal::new("not_found"))?;
    let body = given(args, known.body["type"].as_str().unwrap_or("modal"))?;
    if args.text("hash").is_some_and(|hash| hash != known.hash) {
        return Err(Refusal::new("hash_conflict"));
    }
    let view = shared
        .replace_view(&known.id, body)
        .ok_or_else(|| Refusal::new("not_found"))?;
    Ok(json!({ "view": shared.view_json(&view) }))
}

pub(super) fn publish(shared: &Shared, args: &Args) -> Reply {
    let user = args.required("user_id", "invalid_arguments")?;
    if shared
        .options
        .manifest
        .as_ref()
        .is_some_and(|manifest| !manifest.has_home())
    {
        return Err(Refusal::new("not_enabled"));
    }
    if !shared.is_person(user) {
        return Err(Refusal::new("user_not_found"));
    }
    let body = given(args, "home")?;
    let before = shared.store().homes.get(user).cloned();
    if let (Some(hash), Some(before)) = (args.text("hash"), &before)
        && *hash != before.hash
    {
        return Err(Refusal::new("hash_conflict"));
    }
    let mut view = shared.build_view(user, body, None);
    if let Some(before) = before {
        view.root_id.clone_from(&before.id);
        view.id = before.id;
    }
    shared.store().homes.insert(user.to_owned(), view.clone());
    shared.changed(Change::Home {
        user: user.to_owned(),
    });
    Ok(json!({ "view": shared.view_json(&view) }))
}

/// The view of the call, if Slack would take it.
fn given(args: &Args, kind: &str) -> Result<Value, Refusal> {
    let view = args.value("view");
    let mut complaints = blocks::check_view(view);
    if view["type"] != kind {
        complaints.push(format!(
            "[ERROR] must be of type {kind} [json-pointer:/view/type]"
        ));
    }
    if complaints.is_empty() {
        Ok(view.clone())
    } else {
        Err(Refusal::because("invalid_arguments", complaints))
    }
}

fn pull(shared: &Shared, args: &Args) -> Result<String, Refusal> {
    let trigger = args.required("trigger_id", "invalid_trigger_id")?;
    shared
        .store()
        .pull(trigger, shared.options.patience.trigger)
        .map_err(Refusal::new)
}

fn find(shared: &Shared, args: &Args) -> Option<View> {
    let store = shared.store();
    if let Some(id) = args.text("view_id") {
        return store.view(id).cloned();
    }
    let external = args.text("external_id")?;
    let mut all = store.modals.values().flatten().chain(store.homes.values());
    all.find(|view| view.body["external_id"] == external).cloned()
}
