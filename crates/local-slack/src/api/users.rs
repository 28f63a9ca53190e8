use serde_json::{Value, json};

use super::args::Args;
use super::{Refusal, Reply};
use crate::options::User;
use crate::shared::Shared;

pub(super) fn auth_test(shared: &Shared) -> Value {
    let options = &shared.options;
    json!({
        "url": format!("{}/", shared.base), "team": options.team.name, "user": options.app.name,
        "team_id": options.team.id, "user_id": options.app.bot_user_id, "bot_id": options.app.bot_id,
        "is_enterprise_install": false,
    })
}

pub(super) fn info(shared: &Shared, args: &Args) -> Reply {
    let id = args.required("user", "user_not_found")?;
    if id == shared.options.app.bot_user_id {
        return Ok(json!({ "user": bot_json(shared) }));
    }
    let user = shared.options.users.iter().find(|user| user.id == id);
    let user = user.ok_or_else(|| Refusal::new("user_not_found"))?;
    Ok(json!({ "user": user_json(shared, user) }))
}

pub(super) fn list(shared: &Shared) -> Value {
    let people = shared.options.users.iter().map(|user| user_json(shared, user));
    let all: Vec<Value> = people.chain([bot_json(shared)]).collect();
    json!({"members": all, "cache_ts": shared.now().timestamp(), "response_metadata": {"next_cursor": ""}})
}

pub(super) fn group(shared: &Shared, args: &Args) -> Reply {
    let id = args.required("usergroup", "no_such_subteam")?;
    let group = shared.options.groups.iter().find(|group| group.id == id);
    let group = group.ok_or_else(|| Refusal::new("no_such_subteam"))?;
    Ok(json!({ "users": group.members }))
}

fn user_json(shared: &Shared, user: &User) -> Value {
    let first = user.real_name.split(' ').next().unwrap_or_default();
    json!({
        "id": user.id, "team_id": shared.options.team.id, "name": user.name, "deleted": false,
        "real_name": user.real_name, "tz": user.tz, "tz_label": user.tz, "tz_offset": 0,
        "profile": {
            "real_name": user.real_name, "real_name_normalized": user.real_name, "display_name": user.name,
            "display_name_normalized": user.name, "first_name": first,
            "email": format!("{}@example.com", user.name), "team": shared.options.team.id,
        },
        "is_admin": user.is_admin, "is_owner": false, "is_primary_owner": false, "is_restricted": false,
        "is_ultra_restricted": false, "is_bot": false, "is_app_user": false, "updated": 1_700_000_000,
    })
}

fn bot_json(shared: &Shared) -> Value {
    let app = &shared.options.app;
    json!({
        "id": app.bot_user_id, "team_id": shared.options.team.id, "name": app.name, "deleted": false,
        "real_name": app.name, "is_bot": true, "is_app_user": false, "is_admin": false, "updated": 1_700_000_000,
        "profile": {"real_name": app.name, "display_name": app.name, "api_app_id": app.id, "bot_id": app.bot_id},
    })
}
