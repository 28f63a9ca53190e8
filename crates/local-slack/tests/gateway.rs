//! What the app gets from Slack, and what people see of its answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, where they are allowed"
)]

mod common;

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use common::{ALICE, BOB, CLONES, SECRET, World, button, section};
use hmac::{Hmac, Mac};
use local_slack::{SignedRequest, WorkflowButton, aws_handler, signature};
use serde_json::json;
use sha2::Sha256;

/// Whether a request is signed as Slack's documentation says, checked by other means than the crate's own.
fn is_signed(received: &common::Received) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(b"v0:");
    mac.update(received.header("X-Slack-Request-Timestamp").as_bytes());
    mac.update(b":");
    mac.update(received.body.as_bytes());
    let hex = received
        .header("X-Slack-Signature")
        .strip_prefix("v0=")
        .unwrap_or_default()
        .to_owned();
    hex::decode(hex).is_ok_and(|tag| mac.verify_slice(&tag).is_ok())
}

#[test]
fn the_signature_of_slacks_own_example() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let wanted = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    assert_eq!(signature(SECRET, 1_531_420_618, body), wanted);
}

#[tokio::test]
async fn a_slash_command_arrives_signed_and_whole() {
    let world = World::start().await;
    world.app_answers(|_| "On it.".into_response());
    let answer = world
        .slack
        .says(ALICE, "#clones", "/clone production “4h” & more")
        .await;
    assert_eq!((answer.status, answer.text()), (Some(200), "On it."));
    assert_eq!(answer.message.unwrap().ephemeral_to.as_deref(), Some(ALICE));
    let received = world.last();
    assert_eq!(received.path, "/slack/commands");
    assert!(is_signed(&received));
    let form = received.form();
    let field = |name: &str| form[name].as_str();
    assert_eq!(field("command"), "/clone");
    assert_eq!(field("text"), "production “4h” & more");
    assert_eq!((field("user_id"), field("user_name")), (ALICE, "alice"));
    assert_eq!((field("channel_id"), field("channel_name")), (CLONES, "clones"));
    assert!(field("response_url").starts_with(world.slack.url()));
    assert!(
        !field("trigger_id").is_empty() && !field("api_app_id").is_empty() && !field("team_id").is_empty()
    );
}

#[tokio::test]
async fn a_request_can_be_forged_made_stale_tampered_with_and_replayed() {
    let world = World::start().await;
    let bent = async |bend: fn(SignedRequest) -> SignedRequest| {
        world
            .slack
            .says_signed_with(ALICE, CLONES, "/clone production", bend)
            .await;
        world.last()
    };
    assert!(is_signed(&bent(|request| request).await));
    assert!(!is_signed(&bent(|request| request.secret("forged")).await));
    let stale = bent(|request| request.at(1_700_000_000)).await;
    assert!(is_signed(&stale));
    assert_eq!(stale.header("X-Slack-Request-Timestamp"), "1700000000");
    let tampered = bent(|request| request.tampered("production", "secrets")).await;
    assert_eq!(tampered.form()["text"], "secrets");
    assert!(!is_signed(&tampered));
    assert_eq!(
        bent(|request| request.with_signature(""))
            .await
            .header("X-Slack-Signature"),
        ""
    );
    let retried = bent(|request| request.retry(2, "http_timeout")).await;
    assert_eq!(
        (
            retried.header("X-Slack-Retry-Num"),
            retried.header("X-Slack-Retry-Reason")
        ),
        ("2", "http_timeout")
    );

    let request = world
        .slack
        .command_request(ALICE, CLONES, "/clone production")
        .unwrap();
    let before = world.received().len();
    world.slack.send("/slack/commands", request.clone()).await;
    world.slack.send("/slack/commands", request).await;
    let all = world.received();
    let [first, second] = &all[before..] else {
        panic!("{all:?}")
    };
    assert_eq!(first.body, second.body);
    assert_eq!(
        first.header("X-Slack-Signature"),
        second.header("X-Slack-Signature")
    );
}

#[tokio::test]
async fn a_late_answer_is_shown_as_slack_shows_it() {
    let world = World::with(|options| options.patience.acknowledgement = Duration::from_millis(50)).await;
    world.app_hangs();
    let answer = world.slack.says(ALICE, CLONES, "/clone").await;
    assert_eq!(
        (answer.status, answer.failure.as_deref()),
        (None, Some("operation_timeout"))
    );
    assert_eq!(
        answer.text(),
        "/clone failed with the error \"operation_timeout\""
    );
}

#[tokio::test(start_paused = true)]
async fn paused_time_does_not_hurry_an_acknowledgement() {
    let world = World::start().await;
    assert_eq!(world.slack.says(ALICE, CLONES, "/clone").await.status, Some(200));
}

#[tokio::test]
async fn an_error_status_and_an_unknown_command_are_shown() {
    let world = World::start().await;
    world.app_answers(|_| StatusCode::UNAUTHORIZED.into_response());
    let refused = world.slack.says(ALICE, CLONES, "/clone").await;
    assert_eq!(
        (refused.status, refused.failure.as_deref()),
        (Some(401), Some("http_client_error"))
    );
    world.app_answers_json(json!({"blocks": [{"type": "carousel"}]}));
    let wrong = world.slack.says(ALICE, CLONES, "/clone").await;
    assert_eq!(wrong.failure.as_deref(), Some("invalid_command_response"));
    let before = world.received().len();
    assert_eq!(
        world.slack.says(ALICE, CLONES, "/clown").await.failure.as_deref(),
        Some("unknown_command")
    );
    assert_eq!(world.received().len(), before);
}

#[tokio::test]
async fn an_answer_for_all_is_seen_by_all() {
    let world = World::start().await;
    world.app_answers_json(json!({"response_type": "in_channel", "blocks": [section("for all")]}));
    let answer = world.slack.says(ALICE, CLONES, "/clone").await;
    assert_eq!(answer.message.unwrap().ephemeral_to, None);
}

#[tokio::test]
async fn aws_commands_and_the_workflow_button_reach_the_handler_untouched() {
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let hears = heard.clone();
    let text = "@aws stepfunctions start-execution --input {“expire_days”: “3”} <&>";
    let world = World::with(|options| {
        options.workflow_button = Some(WorkflowButton {
            label: "Clone production".into(),
            text: text.into(),
        });
        options.aws_command = aws_handler(move |command| {
            hears
                .lock()
                .unwrap()
                .push((command.user, command.channel, command.text));
            let first = hears.lock().unwrap().len() == 1;
            async move {
                if first {
                    Ok("started".into())
                } else {
                    Err("AccessDenied".into())
                }
            }
        });
    })
    .await;
    assert_eq!(world.slack.says(ALICE, "clones", text).await.text(), "started");
    let denied = world.slack.runs_workflow(BOB).await;
    assert_eq!((denied.text(), denied.is_ok()), (":x: AccessDenied", false));
    let both = [(ALICE, CLONES, text), (BOB, CLONES, text)].map(|(a, b, c)| (a.into(), b.into(), c.into()));
    assert_eq!(*heard.lock().unwrap(), both);
    assert!(world.received().is_empty(), "the app hears nothing of it");
}

#[tokio::test]
async fn an_event_is_sent_again_until_it_is_acknowledged() {
    let world = World::with(|options| options.patience.event_retries = vec![Duration::ZERO; 3]).await;
    world.app_answers(|received| match received.header("X-Slack-Retry-Num") {
        "" | "1" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => StatusCode::OK.into_response(),
    });
    let (answer, execution) = world
        .slack
        .runs_step("clone", [("source".into(), json!("production"))].into())
        .await;
    assert_eq!(answer.failure.as_deref(), Some("http_service_error"));
    let all = tokio::time::timeout(Duration::from_secs(10), async {
        while world.received().len() < 3 {
            tokio::task::yield_now().await;
        }
        world.received()
    });
    let all = all.await.unwrap();
    assert!(
        all.iter()
            .all(|received| is_signed(received) && received.path == "/slack/events")
    );
    let ids: Vec<_> = all
        .iter()
        .map(|received| received.json()["event_id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let numbers: Vec<_> = all
        .iter()
        .map(|received| received.header("X-Slack-Retry-Num"))
        .collect();
    assert_eq!(numbers, ["", "1", "2"]);
    assert_eq!(all[0].json()["event"]["function_execution_id"], json!(execution));
}

#[tokio::test]
async fn a_mention_of_the_app_is_told_to_it() {
    let world = World::start().await;
    let said = world
        .slack
        .says(ALICE, CLONES, "@doppel help <me>, not me@doppel.test")
        .await
        .message
        .unwrap();
    assert_eq!(said.text, "<@U0DOPPEL> help &lt;me&gt;, not me@doppel.test");
    let told = tokio::time::timeout(Duration::from_secs(10), async {
        while world.received().is_empty() {
            tokio::task::yield_now().await;
        }
        world.last().json()
    });
    let event = told.await.unwrap()["event"].clone();
    assert_eq!(
        (&event["type"], &event["text"]),
        (&json!("app_mention"), &json!(said.text))
    );
}

#[tokio::test]
async fn a_transcript_reads_as_the_channel_does() {
    let world = World::start().await;
    world.app_answers(|_| "Cloning <#C0CLONES|clones>…".into_response());
    world.slack.says(ALICE, CLONES, "/clone production 4h").await;
    let fields: Vec<_> = ["*Host*\nh.local", "*Port*\n5432"]
        .map(|text| json!({"type": "mrkdwn", "text": text}))
        .into();
    let ts = world
        .posts(json!({"text": "x", "blocks": [section("on its way for <@U0ALICE>")]}))
        .await;
    let blocks = json!([
        {"type": "header", "text": {"type": "plain_text", "text": "Ready"}},
        {"type": "section", "fields": fields},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "a &lt;@U0BOB&gt; b"}, {"type": "mrkdwn", "text": "until <!date^1^{time}|18:00>"}]},
        {"type": "actions", "elements": [button("extend", "Extend"), button("delete", "Delete")]},
    ]);
    world
        .call(
            "chat.update",
            json!({"channel": CLONES, "ts": ts, "text": "y", "blocks": blocks}),
        )
        .await;
    world.slack.presses(BOB, &ts, "extend").await;
    let last = "doppel (edited):\n  # Ready\n  | *Host* h.local\n  | *Port* 5432\n  · a <@U0BOB> b · until 18:00\n  [Extend] [Delete]\n";
    let wanted = format!(
        "› alice /clone production 4h\n\ndoppel (only alice sees this):\n  Cloning #clones…\n\n{last}\n→ bob presses [Extend]\n"
    );
    assert_eq!(world.slack.transcript("#clones"), wanted);
    let versions = world.slack.transcript_with_history("#clones");
    assert!(
        versions.contains("doppel:\n  on its way for @alice\n  ~~~ edited ~~~\n  # Ready\n"),
        "{versions}"
    );
}
