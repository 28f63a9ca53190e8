//! Triggers and modals.

mod common;

use std::time::Duration;

use axum::response::IntoResponse;
use common::{ALICE, BOB, CLONES, World, actions, button, modal, plain, section};
use serde_json::{Value, json};

fn input(block: &str, element: Value) -> Value {
    json!({"type": "input", "block_id": block, "label": plain(block), "element": element})
}

fn ask() -> Value {
    let class = |name: &str| json!({"text": plain(name), "value": name});
    modal(json!([
        input("why", json!({"type": "plain_text_input", "action_id": "text"})),
        input("class", json!({"type": "static_select", "action_id": "pick", "initial_option": class("small"),
            "options": [class("small"), class("large")]})),
        {"type": "input", "block_id": "until", "optional": true, "label": plain("Until"),
            "element": {"type": "datepicker", "action_id": "date"}},
    ]))
}

#[tokio::test]
async fn a_trigger_opens_one_modal_within_its_life() {
    let world = World::start().await;
    world.opens(ask()).await;
    let used = world.last().form()["trigger_id"].clone();
    let again = world
        .call("views.open", json!({"trigger_id": used, "view": ask()}))
        .await;
    assert_eq!(again["error"], "exchanged_trigger_id");

    let world = World::with(|options| options.patience.trigger = Duration::ZERO).await;
    world.slack.says(ALICE, CLONES, "/clone").await;
    let late = world.last().form()["trigger_id"].clone();
    let expired = world
        .call("views.open", json!({"trigger_id": late, "view": ask()}))
        .await;
    assert_eq!(expired["error"], "expired_trigger_id");
    assert_eq!(world.slack.open_view(ALICE), None);
}

#[tokio::test]
async fn a_submission_carries_the_whole_state_and_closes_the_modal() {
    let world = World::start().await;
    let view = world.opens(ask()).await;
    assert_eq!((view.title(), view.callback_id()), ("Clone", "ask"));
    let answer = world
        .slack
        .submits(ALICE, &view.id, &[("why", "a “bug”"), ("class", "large")])
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    let payload = world.last().payload();
    assert_eq!(payload["type"], "view_submission");
    assert_eq!(payload["user"]["id"], ALICE);
    let values = &payload["view"]["state"]["values"];
    assert_eq!(
        values["why"]["text"],
        json!({"type": "plain_text_input", "value": "a “bug”"})
    );
    assert_eq!(values["class"]["pick"]["selected_option"]["value"], "large");
    assert_eq!(
        values["until"]["date"],
        json!({"type": "datepicker", "selected_date": null})
    );
    assert_eq!(world.slack.open_view(ALICE), None);
}

#[tokio::test]
async fn what_slack_itself_refuses_never_reaches_the_app() {
    let world = World::start().await;
    let view = world.opens(ask()).await;
    let before = world.received().len();
    let answer = world.slack.submits(ALICE, &view.id, &[]).await;
    assert_eq!(answer.field_errors["why"], "Please complete this required field.");
    assert_eq!(world.received().len(), before);
    assert_eq!(
        world.slack.submits(BOB, &view.id, &[]).await.failure.as_deref(),
        Some("view_not_found")
    );
}

#[tokio::test]
async fn the_app_answers_with_errors_another_view_or_an_empty_screen() {
    let world = World::start().await;
    let view = world.opens(ask()).await;
    let why = [("why", "x")];
    world.app_answers_json(json!({"response_action": "errors", "errors": {"why": "Say more."}}));
    let refused = world.slack.submits(ALICE, &view.id, &why).await;
    assert_eq!(refused.field_errors["why"], "Say more.");
    assert_eq!(world.slack.open_view(ALICE).unwrap().errors["why"], "Say more.");

    world.app_answers_json(json!({"response_action": "update", "view": modal(json!([section("sure?")]))}));
    assert!(world.slack.submits(ALICE, &view.id, &why).await.is_ok());
    let updated = world.slack.open_view(ALICE).unwrap();
    assert_eq!(updated.id, view.id);
    assert_ne!(updated.hash, view.hash);
    assert_eq!(updated.blocks()[0]["text"]["text"], "sure?");

    world.app_answers_json(json!({"response_action": "push", "view": ask()}));
    assert!(world.slack.submits(ALICE, &view.id, &[]).await.is_ok());
    let pushed = world.slack.open_view(ALICE).unwrap();
    assert_eq!(
        (pushed.previous_id.as_ref(), &pushed.root_id),
        (Some(&view.id), &view.id)
    );

    world.app_answers_json(json!({"response_action": "update", "view": {"type": "modal"}}));
    let wrong = world.slack.submits(ALICE, &pushed.id, &why).await;
    assert_eq!(wrong.failure.as_deref(), Some("invalid_view"));

    world.app_answers_json(json!({"response_action": "clear"}));
    assert!(world.slack.submits(ALICE, &pushed.id, &why).await.is_ok());
    assert_eq!(world.slack.open_view(ALICE), None);
}

#[tokio::test]
async fn a_modal_stays_when_the_app_fails() {
    let world = World::start().await;
    let view = world.opens(ask()).await;
    world.app_answers(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response());
    let answer = world.slack.submits(ALICE, &view.id, &[("why", "x")]).await;
    assert_eq!(answer.failure.as_deref(), Some("http_service_error"));
    assert_eq!(world.slack.open_view(ALICE).unwrap().id, view.id);
}

#[tokio::test]
async fn a_view_is_updated_only_by_who_knows_its_hash() {
    let world = World::start().await;
    let view = world.opens(ask()).await;
    let update =
        |hash: &str| json!({"view_id": view.id, "hash": hash, "view": modal(json!([section("next")]))});
    assert_eq!(
        world.call("views.update", update("old")).await["error"],
        "hash_conflict"
    );
    assert_eq!(world.call("views.update", update(&view.hash)).await["ok"], true);
    assert_eq!(
        world.slack.open_view(ALICE).unwrap().blocks()[0]["text"]["text"],
        "next"
    );
}

#[tokio::test]
async fn closing_is_told_to_apps_that_asked() {
    let world = World::start().await;
    let mut view = ask();
    view["notify_on_close"] = json!(true);
    let view = world.opens(view).await;
    assert!(world.slack.closes(ALICE, &view.id).await.is_ok());
    assert_eq!(world.last().payload()["type"], "view_closed");
    assert_eq!(world.slack.open_view(ALICE), None);
}

#[tokio::test]
async fn a_button_of_a_message_is_pressed_with_all_that_the_app_needs() {
    let world = World::start().await;
    let mut extend = button("extend", "Extend");
    extend["value"] = json!("doppel-1");
    let ts = world
        .posts(json!({"text": "ready", "blocks": [actions(json!([extend]))]}))
        .await;
    assert!(world.slack.presses(BOB, &ts, "extend").await.is_ok());
    let payload = world.last().payload();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["user"]["id"], BOB);
    assert_eq!(payload["message"]["ts"], json!(ts));
    assert_eq!(payload["channel"]["id"], CLONES);
    assert_eq!(
        (
            &payload["actions"][0]["action_id"],
            &payload["actions"][0]["value"]
        ),
        (&json!("extend"), &json!("doppel-1"))
    );
    let trigger = &payload["trigger_id"];
    assert_eq!(
        world
            .call("views.open", json!({"trigger_id": trigger, "view": ask()}))
            .await["ok"],
        true
    );
    assert!(
        world.slack.open_view(BOB).is_some(),
        "the modal is Bob's, who pressed"
    );
    assert_eq!(
        world.slack.presses(BOB, &ts, "shrink").await.failure.as_deref(),
        Some("action_not_found")
    );
}

#[tokio::test]
async fn a_response_url_serves_five_times_and_half_an_hour() {
    let world = World::start().await;
    let ts = world
        .posts(json!({"text": "ready", "blocks": [actions(json!([button("b", "B")]))]}))
        .await;
    world.slack.presses(ALICE, &ts, "b").await;
    let url = world.last().payload()["response_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        world
            .post(&url, json!({"replace_original": true, "text": "changed"}))
            .await
            .status(),
        200
    );
    assert_eq!(world.slack.messages(CLONES)[0].text, "changed");
    assert_eq!(
        world.post(&url, json!({"text": "only Alice"})).await.status(),
        200
    );
    assert_eq!(
        world.slack.messages(CLONES)[1].ephemeral_to.as_deref(),
        Some(ALICE)
    );
    for _ in 0..3 {
        assert_eq!(
            world
                .post(&url, json!({"text": "all", "response_type": "in_channel"}))
                .await
                .status(),
            200
        );
    }
    let sixth = world.post(&url, json!({"text": "x"})).await;
    assert_eq!(
        (
            sixth.status().as_u16(),
            sixth.json::<Value>().await.unwrap()["error"].clone()
        ),
        (404, json!("used_url"))
    );

    let world = World::with(|options| {
        let start = std::sync::Mutex::new(chrono::Utc::now());
        // Each look at the clock finds it twenty minutes later.
        options.time = std::sync::Arc::new(move || {
            let mut now = start.lock().unwrap();
            *now += chrono::TimeDelta::minutes(20);
            *now
        });
    })
    .await;
    world.slack.says(ALICE, CLONES, "/clone").await;
    let url = world.last().form()["response_url"].clone();
    let late = world.post(&url, json!({"text": "x"})).await;
    assert_eq!(late.json::<Value>().await.unwrap()["error"], "expired_url");
}

#[tokio::test]
async fn the_home_tab_is_published_and_acted_upon() {
    let world = World::start().await;
    assert!(world.slack.opens_home(ALICE).await.is_ok());
    let event = world.last().json();
    assert_eq!(
        (&event["event"]["type"], &event["event"]["user"]),
        (&json!("app_home_opened"), &json!(ALICE))
    );
    let home = json!({"type": "home", "blocks": [actions(json!([button("new", "New clone")]))]});
    assert_eq!(
        world
            .call("views.publish", json!({"user_id": ALICE, "view": home}))
            .await["ok"],
        true
    );
    let home = world.slack.home(ALICE).unwrap();
    assert!(
        world
            .slack
            .acts_in_view(ALICE, &home.id, "new", None)
            .await
            .is_ok()
    );
    assert_eq!(
        world.last().payload()["container"],
        json!({"type": "view", "view_id": home.id})
    );
}
