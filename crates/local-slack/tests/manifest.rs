//! What the app's manifest does not declare, Slack refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, where they are allowed"
)]

mod common;

use common::{ALICE, CLONES, World, plain, section};
use local_slack::{Channel, Manifest};
use rstest::rstest;
use serde_json::{Value, json};

/// A manifest that declares everything that a test here needs.
fn whole() -> Value {
    json!({
        "features": {
            "app_home": {"home_tab_enabled": true},
            "slash_commands": [{"command": "/copy", "url": "https://app.test/hear/command", "usage_hint": "it"}],
        },
        "oauth_config": {"scopes": {"bot": ["commands", "chat:write", "im:write", "channels:history"]}},
        "settings": {
            "event_subscriptions": {"request_url": "https://app.test/hear/event",
                "bot_events": ["app_home_opened", "function_executed"]},
            "interactivity": {"is_enabled": true, "request_url": "https://app.test/hear/deed"},
            "org_deploy_enabled": true,
        },
        "functions": {"copy": {
            "input_parameters": {"source": {"name": "source", "type": "string", "is_required": true}},
            "output_parameters": {"id": {"name": "id", "type": "string", "is_required": true}},
        }},
    })
}

async fn world(manifest: Value) -> World {
    World::with(|options| {
        options.manifest = Some(Manifest::parse(&manifest.to_string()).unwrap());
        options.channels.push(Channel {
            app_is_member: false,
            ..Channel::new("C0PUBLIC", "public")
        });
        options.channels.push(Channel {
            app_is_member: false,
            is_private: true,
            ..Channel::new("C0SECRET", "secret")
        });
    })
    .await
}

fn without(pointer: &str, value: Value) -> Value {
    let mut manifest = whole();
    *manifest.pointer_mut(pointer).unwrap() = value;
    manifest
}

#[tokio::test]
async fn commands_and_their_urls_are_the_manifests() {
    let world = world(whole()).await;
    assert!(world.slack.says(ALICE, CLONES, "/copy x").await.is_ok());
    assert_eq!(world.last().path, "/hear/command");
    let unknown = world.slack.says(ALICE, CLONES, "/clone x").await;
    assert_eq!(unknown.failure.as_deref(), Some("unknown_command"));
    assert!(world.slack.opens_home(ALICE).await.is_ok());
    assert_eq!(world.last().path, "/hear/event");
    assert!(world.slack.uses_shortcut(ALICE, "x", None).await.is_ok());
    assert_eq!(world.last().path, "/hear/deed");
}

#[rstest]
#[case("chat.postMessage", json!({"channel": CLONES, "text": "x"}), "chat:write")]
#[case("conversations.open", json!({"users": ALICE}), "im:write")]
#[case("conversations.history", json!({"channel": CLONES}), "channels:history")]
#[tokio::test]
async fn a_method_without_its_scope_is_refused(
    #[case] method: &str,
    #[case] body: Value,
    #[case] scope: &str,
) {
    let declared = world(whole()).await;
    assert_eq!(declared.call(method, body.clone()).await["ok"], true);
    let others: Vec<_> = ["commands", "chat:write", "im:write", "channels:history"]
        .into_iter()
        .filter(|other| *other != scope)
        .collect();
    let bare = world(without("/oauth_config/scopes/bot", json!(others))).await;
    let answer = bare.call(method, body).await;
    assert_eq!(answer["error"], "missing_scope");
    assert_eq!(
        (&answer["needed"], &answer["provided"]),
        (&json!(scope), &json!(others.join(",")))
    );
}

#[tokio::test]
async fn an_app_posts_uninvited_only_in_public_and_only_with_the_scope_for_it() {
    let post = async |world: &World, channel: &str| {
        let answer = world
            .call("chat.postMessage", json!({"channel": channel, "text": "x"}))
            .await;
        answer["error"].as_str().unwrap_or("ok").to_owned()
    };
    let plainly = world(whole()).await;
    assert_eq!(post(&plainly, "C0PUBLIC").await, "not_in_channel");
    assert_eq!(post(&plainly, "C0SECRET").await, "channel_not_found");
    let anywhere = json!(["chat:write", "chat:write.public"]);
    let anywhere = world(without("/oauth_config/scopes/bot", anywhere)).await;
    assert_eq!(post(&anywhere, "C0PUBLIC").await, "ok");
    assert_eq!(post(&anywhere, "C0SECRET").await, "channel_not_found");
}

#[tokio::test]
async fn what_is_switched_off_is_not_there() {
    let silent = world(without("/settings/event_subscriptions/bot_events", json!([]))).await;
    let opened = silent.slack.opens_home(ALICE).await;
    assert_eq!(opened.failure.as_deref(), Some("not_subscribed"));
    let homeless = world(without("/features/app_home/home_tab_enabled", json!(false))).await;
    let view = json!({"type": "home", "blocks": [section("x")]});
    let answer = homeless
        .call("views.publish", json!({"user_id": ALICE, "view": view}))
        .await;
    assert_eq!(answer["error"], "not_enabled");
    let idle = world(without("/settings/interactivity/is_enabled", json!(false))).await;
    let button = json!({"type": "button", "action_id": "a", "text": plain("b")});
    let ts = idle
        .posts(json!({"text": "x", "blocks": [{"type": "actions", "elements": [button]}]}))
        .await;
    let pressed = idle.slack.presses(ALICE, &ts, "a").await;
    assert_eq!(pressed.failure.as_deref(), Some("interactivity_not_enabled"));
}

#[tokio::test]
async fn a_step_takes_and_gives_what_the_manifest_says() {
    let world = world(whole()).await;
    let run = async |callback: &str, inputs: Value| {
        let inputs = serde_json::from_value(inputs).unwrap();
        world.slack.runs_step(callback, inputs).await
    };
    for (callback, inputs, failure) in [
        ("other", json!({}), "function_not_found"),
        ("copy", json!({}), "parameter_validation_failed"),
        (
            "copy",
            json!({"source": "a", "more": "b"}),
            "parameter_validation_failed",
        ),
        ("copy", json!({"source": ["a"]}), "parameter_validation_failed"),
    ] {
        let (answer, _) = run(callback, inputs).await;
        assert_eq!(answer.failure.as_deref(), Some(failure));
    }
    let (answer, id) = run("copy", json!({"source": "a"})).await;
    assert!(answer.is_ok(), "{answer:?}");
    let function = &world.last().json()["event"]["function"];
    assert_eq!(function["input_parameters"][0]["name"], "source");
    let end = async |outputs: Value| {
        let body = json!({"function_execution_id": id, "outputs": outputs});
        world.call("functions.completeSuccess", body).await
    };
    assert_eq!(
        end(json!({"host": "h"})).await["error"],
        "parameter_validation_failed"
    );
    assert_eq!(world.slack.step_ended(&id), None);
    assert_eq!(end(json!({"id": "1"})).await["ok"], true);
    assert_eq!(world.slack.step_ended(&id), Some(Ok(json!({"id": "1"}))));
    assert_eq!(
        end(json!({"id": "1"})).await["error"],
        "execution_not_in_running_state"
    );
    let body = json!({"function_execution_id": "Fx0", "error": "e"});
    let nobody = world.call("functions.completeError", body).await;
    assert_eq!(nobody["error"], "function_execution_not_found");
}
