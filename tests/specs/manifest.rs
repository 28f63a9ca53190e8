//! The app's manifest declares what the code uses, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Value, json};
use slack::step::{CLONE_DATABASE, INPUTS, Outputs};
use specs::World;

const MANIFEST: &str = include_str!("../../slack/manifest.json");

/// Where Web API methods are named.
const CLIENT: &str = include_str!("../../crates/slack/src/client.rs");

/// Where events are told apart.
const EVENTS: &str = include_str!("../../crates/gateway/src/event.rs");

/// The scopes of each method that doppel may call. Source: the methods' pages under
/// <https://docs.slack.dev/reference/methods/>.
const METHODS: &[(&str, &[&str])] = &[
    ("chat.postMessage", &["chat:write"]),
    ("chat.update", &["chat:write"]),
    ("conversations.open", &["im:write"]),
    (
        "conversations.history",
        &["channels:history", "groups:history", "im:history"],
    ),
    (
        "conversations.replies",
        &["channels:history", "groups:history", "im:history"],
    ),
    ("views.open", &[]),
    ("views.update", &[]),
    ("views.publish", &[]),
    ("functions.completeSuccess", &[]),
    ("functions.completeError", &[]),
    ("usergroups.users.list", &["usergroups:read"]),
];

/// Scopes that no method wants by itself: the slash command, and posting in public channels without an invitation.
const BESIDE_METHODS: [&str; 2] = ["commands", "chat:write.public"];

fn manifest() -> Value {
    serde_json::from_str(MANIFEST).unwrap()
}

fn names(list: &Value) -> BTreeSet<String> {
    let all = list.as_array().unwrap();
    all.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

fn urls(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.starts_with("http") => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(urls).collect(),
        Value::Object(fields) => fields.values().flat_map(urls).collect(),
        _ => vec![],
    }
}

#[test]
fn every_method_that_the_client_calls_has_its_scopes_and_no_other_scope_is_asked_for() {
    let called = found(
        r#""((?:chat|conversations|views|functions|usergroups|users|auth|reactions|files|bookmarks)\.[A-Za-z.]+)""#,
        CLIENT,
    );
    assert!(called.len() > 6, "{called:?}");
    let known: BTreeMap<_, _> = METHODS.iter().copied().collect();
    let mut wanted: BTreeSet<String> = BESIDE_METHODS.map(String::from).into();
    for method in &called {
        let scopes = known.get(method.as_str());
        let scopes = scopes
            .unwrap_or_else(|| panic!("add `{method}` with its scopes to this list, and to the manifest"));
        wanted.extend(scopes.iter().map(|scope| (*scope).to_owned()));
    }
    let declared = names(&manifest()["oauth_config"]["scopes"]["bot"]);
    assert!(
        declared.is_superset(&wanted),
        "not declared: {:?}",
        &wanted - &declared
    );
    let listed = known
        .values()
        .flat_map(|scopes| scopes.iter())
        .chain(&BESIDE_METHODS);
    let listed: BTreeSet<String> = listed.map(|scope| (*scope).to_owned()).collect();
    assert!(
        declared.is_subset(&listed),
        "for nothing: {:?}",
        &declared - &listed
    );
}

#[test]
fn every_event_that_is_understood_is_subscribed_to_and_no_other() {
    let understood = found(r#""([a-z_]+)" =>"#, EVENTS);
    assert_eq!(
        names(&manifest()["settings"]["event_subscriptions"]["bot_events"]),
        understood
    );
}

#[test]
fn the_step_takes_and_gives_what_the_code_reads_and_writes() {
    let manifest = manifest();
    let functions = manifest["functions"].as_object().unwrap();
    assert_eq!(functions.keys().collect::<Vec<_>>(), [CLONE_DATABASE]);
    let step = &functions[CLONE_DATABASE];
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(keys(&step["input_parameters"]), INPUTS.map(String::from).into());
    let outputs = Outputs {
        clone_id: String::new(),
        host: String::new(),
        secret: String::new(),
    };
    assert_eq!(keys(&step["output_parameters"]), keys(&json!(outputs)));
    for (name, parameter) in ["input_parameters", "output_parameters"]
        .iter()
        .flat_map(|which| step[*which].as_object().unwrap())
    {
        assert_eq!(
            (&parameter["name"], &parameter["type"]),
            (&json!(name), &json!("string"))
        );
    }
    for name in INPUTS {
        assert_eq!(
            step["input_parameters"][name]["is_required"], false,
            "every field may be absent"
        );
    }
}

#[test]
fn there_is_one_url_to_replace_and_the_settings_are_those_of_an_app_behind_a_url() {
    let manifest = manifest();
    let bases: BTreeSet<_> = urls(&manifest)
        .iter()
        .map(|url| url.split("/slack/").next().unwrap().to_owned())
        .collect();
    assert_eq!(bases.len(), 1, "{bases:?}");
    let settings = &manifest["settings"];
    assert_eq!(
        (
            &settings["socket_mode_enabled"],
            &settings["token_rotation_enabled"]
        ),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        settings["org_deploy_enabled"], true,
        "or there are no custom steps"
    );
    assert_eq!(manifest["features"]["app_home"]["home_tab_enabled"], true);
    let long = manifest["display_information"]["long_description"]
        .as_str()
        .unwrap();
    assert!(
        (174..=4_000).contains(&long.len()),
        "Slack takes no other: {}",
        long.len()
    );
}

#[tokio::test]
async fn every_url_is_a_route_of_the_gateway() {
    let world = World::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let urls = urls(&manifest());
    assert_eq!(urls.len(), 3);
    for url in urls {
        let path = url.splitn(4, '/').nth(3).unwrap().to_owned();
        let url = format!("{}/{path}", world.local().addresses().gateway);
        let status = http.post(&url).send().await.unwrap().status();
        assert_eq!(status, 401, "{url} wants a signature");
    }
    world.stop().await;
}
