//! The Web API's answers, error names and faults.

mod common;

use std::time::Duration;

use common::{ALICE, BOB, CLONES, TOKEN, World, section};
use local_slack::{Channel, Fault};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_is_posted_edited_in_place_and_deleted() {
    let world = World::start().await;
    let ts = world
        .posts(json!({"text": "one", "blocks": [section("*one*")]}))
        .await;
    let update = json!({"channel": CLONES, "ts": ts, "text": "two", "blocks": [section("*two*")]});
    let updated = world.call("chat.update", update).await;
    assert_eq!((&updated["ok"], &updated["ts"]), (&json!(true), &json!(ts)));

    let [message] = world.slack.messages("#clones").try_into().unwrap();
    assert_eq!(message.ts, ts);
    assert_eq!(message.text, "two");
    assert_eq!(message.history.len(), 1);
    assert_eq!(message.history[0].text, "one");
    assert!(message.edited.is_some());

    assert_eq!(
        world
            .call("chat.delete", json!({"channel": CLONES, "ts": ts}))
            .await["ok"],
        true
    );
    assert!(world.slack.messages("#clones").is_empty());
    let again = world
        .call(
            "chat.update",
            json!({"channel": CLONES, "ts": ts, "text": "three"}),
        )
        .await;
    assert_eq!(again["error"], "message_not_found");
}

#[tokio::test]
async fn a_form_body_says_the_same_as_json() {
    let world = World::start().await;
    let blocks = json!([section("hello")]).to_string();
    let fields = [
        ("token", TOKEN),
        ("channel", "#clones"),
        ("text", "hello"),
        ("blocks", &blocks),
    ];
    assert_eq!(world.form("chat.postMessage", &fields).await["ok"], true);
    assert_eq!(world.slack.messages(CLONES)[0].blocks[0]["text"]["text"], "hello");
    let broken = [("token", TOKEN), ("channel", CLONES), ("blocks", "[{")];
    assert_eq!(
        world.form("chat.postMessage", &broken).await["error"],
        "invalid_blocks_format"
    );
}

#[rstest]
#[case(&[], "not_authed")]
#[case(&[("token", "xoxb-other")], "invalid_auth")]
#[tokio::test]
async fn only_the_bot_token_is_taken(#[case] fields: &[(&str, &str)], #[case] error: &str) {
    let world = World::start().await;
    assert_eq!(
        world.form("auth.test", fields).await,
        json!({"ok": false, "error": error})
    );
}

#[rstest]
#[case("chat.postMessage", json!({"channel": "C0NOWHERE", "text": "x"}), "channel_not_found")]
#[case("chat.postMessage", json!({"channel": "C0PRIVATE", "text": "x"}), "not_in_channel")]
#[case("chat.postMessage", json!({"channel": "C0OLD", "text": "x"}), "is_archived")]
#[case("chat.postMessage", json!({"channel": CLONES}), "no_text")]
#[case("chat.postMessage", json!({"channel": CLONES, "text": "x", "thread_ts": "1.000001"}), "thread_not_found")]
#[case("chat.postMessage", json!({"channel": CLONES, "text": "x", "metadata": {"event_type": "a"}}), "invalid_metadata_format")]
#[case("chat.postMessage", json!({"channel": CLONES, "text": "x".repeat(40_001)}), "msg_too_long")]
#[case("chat.postEphemeral", json!({"channel": CLONES, "text": "x", "user": "U0NOBODY"}), "user_not_in_channel")]
#[case("chat.getPermalink", json!({"channel": CLONES, "message_ts": "1.000001"}), "message_not_found")]
#[case("conversations.history", json!({"channel": "C0PRIVATE"}), "not_in_channel")]
#[case("conversations.history", json!({"channel": CLONES, "cursor": "x"}), "invalid_cursor")]
#[case("conversations.replies", json!({"channel": CLONES, "ts": "1.000001"}), "thread_not_found")]
#[case("conversations.open", json!({"users": "U0NOBODY"}), "user_not_found")]
#[case("conversations.info", json!({"channel": "C0NOWHERE"}), "channel_not_found")]
#[case("users.info", json!({"user": "U0NOBODY"}), "user_not_found")]
#[case("views.open", json!({"trigger_id": "1.2", "view": {"type": "modal", "title": {"type": "plain_text", "text": "a"}, "blocks": []}}), "invalid_trigger_id")]
#[case("views.update", json!({"view_id": "V0", "view": {}}), "not_found")]
#[case("usergroups.users.list", json!({"usergroup": "S0"}), "no_such_subteam")]
#[case("chat.shout", json!({}), "unknown_method")]
#[tokio::test]
async fn a_wrong_call_gets_slacks_error(#[case] method: &str, #[case] body: Value, #[case] error: &str) {
    let world = World::with(|options| {
        options.channels.push(Channel {
            app_is_member: false,
            ..Channel::new("C0PRIVATE", "private")
        });
        options.channels.push(Channel {
            is_archived: true,
            ..Channel::new("C0OLD", "old")
        });
    });
    let answer = world.await.call(method, body).await;
    assert_eq!(
        (&answer["ok"], &answer["error"]),
        (&json!(false), &json!(error)),
        "{answer}"
    );
}

#[tokio::test]
async fn nobody_elses_message_can_be_changed() {
    let world = World::start().await;
    let said = world.slack.says(ALICE, CLONES, "mine").await.message.unwrap();
    let update = json!({"channel": CLONES, "ts": said.ts, "text": "x"});
    assert_eq!(
        world.call("chat.update", update.clone()).await["error"],
        "cant_update_message"
    );
    assert_eq!(
        world.call("chat.delete", update).await["error"],
        "cant_delete_message"
    );
}

#[tokio::test]
async fn history_comes_page_by_page_newest_first() {
    let world = World::start().await;
    let mut posted = Vec::new();
    for n in 0..5 {
        let metadata = json!({"event_type": "clone", "event_payload": {"n": n}});
        posted.push(
            world
                .posts(json!({"text": n.to_string(), "metadata": metadata}))
                .await,
        );
    }
    assert!(
        posted.is_sorted() && posted.windows(2).all(|pair| pair[0] != pair[1]),
        "{posted:?}"
    );
    let texts = |answer: &Value| {
        let all = answer["messages"].as_array().unwrap().iter();
        all.map(|message| message["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = world
        .call("conversations.history", json!({"channel": CLONES, "limit": 3}))
        .await;
    assert_eq!(texts(&first), ["4", "3", "2"]);
    assert_eq!(first["has_more"], true);
    assert!(first["messages"][0].get("metadata").is_none());
    let cursor = &first["response_metadata"]["next_cursor"];
    let body = json!({"channel": CLONES, "limit": 3, "cursor": cursor, "include_all_metadata": true});
    let second = world.call("conversations.history", body).await;
    assert_eq!(texts(&second), ["1", "0"]);
    assert_eq!(second["messages"][1]["metadata"]["event_payload"]["n"], 0);
    let between = json!({"channel": CLONES, "oldest": posted[1], "latest": posted[3]});
    assert_eq!(
        texts(&world.call("conversations.history", between.clone()).await),
        ["2"]
    );
    let mut inclusive = between;
    inclusive["inclusive"] = json!(true);
    assert_eq!(
        texts(&world.call("conversations.history", inclusive).await),
        ["3", "2", "1"]
    );
}

#[tokio::test]
async fn a_thread_is_apart_from_the_channel() {
    let world = World::start().await;
    let parent = world.posts(json!({"text": "parent"})).await;
    world.posts(json!({"text": "reply", "thread_ts": parent})).await;
    world.slack.replies(BOB, CLONES, &parent, "thanks").await;
    let history = world
        .call("conversations.history", json!({"channel": CLONES}))
        .await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 1);
    assert_eq!(history["messages"][0]["reply_count"], 2);
    let replies = world
        .call("conversations.replies", json!({"channel": CLONES, "ts": parent}))
        .await;
    let texts: Vec<&Value> = replies["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reply| &reply["text"])
        .collect();
    assert_eq!(texts, ["parent", "reply", "thanks"]);
}

#[tokio::test]
async fn a_person_is_written_to_directly() {
    let world = World::start().await;
    let opened = world.call("conversations.open", json!({"users": BOB})).await;
    let direct = opened["channel"]["id"].clone();
    world
        .call("chat.postMessage", json!({"channel": BOB, "text": "by person"}))
        .await;
    world
        .call(
            "chat.postMessage",
            json!({"channel": direct, "text": "by channel"}),
        )
        .await;
    let texts: Vec<String> = world
        .slack
        .direct_messages(BOB)
        .into_iter()
        .map(|message| message.text)
        .collect();
    assert_eq!(texts, ["by person", "by channel"]);
    assert!(world.slack.direct_messages(ALICE).is_empty());
}

#[tokio::test]
async fn an_ephemeral_message_is_in_no_history() {
    let world = World::start().await;
    let answer = world
        .call(
            "chat.postEphemeral",
            json!({"channel": CLONES, "user": ALICE, "text": "psst"}),
        )
        .await;
    assert_eq!(answer["ok"], true);
    assert_eq!(
        world.slack.messages(CLONES)[0].ephemeral_to.as_deref(),
        Some(ALICE)
    );
    let history = world
        .call("conversations.history", json!({"channel": CLONES}))
        .await;
    assert_eq!(history["messages"], json!([]));
}

#[tokio::test]
async fn faults_strike_in_turn_and_once() {
    let world = World::start().await;
    let method = "chat.postMessage";
    world.slack.fail_next(
        method,
        Fault::RateLimited {
            retry_after: Duration::from_secs(7),
        },
    );
    world
        .slack
        .fail_next(method, Fault::Error("internal_error".into()));
    world.slack.fail_next_after_effect(method, Fault::Status(503));
    let body = json!({"channel": CLONES, "text": "x"});
    let limited = world.raw(method, body.clone()).await;
    assert_eq!(
        (
            limited.status().as_u16(),
            limited.headers()["Retry-After"].to_str().unwrap()
        ),
        (429, "7")
    );
    assert_eq!(world.call(method, body.clone()).await["error"], "internal_error");
    assert!(world.slack.messages(CLONES).is_empty());
    assert_eq!(world.raw(method, body.clone()).await.status(), 503);
    assert_eq!(
        world.slack.messages(CLONES).len(),
        1,
        "it failed after its effect"
    );
    assert_eq!(world.call(method, body).await["ok"], true);
    assert_eq!(world.slack.calls().len(), 4);
}

#[tokio::test]
async fn a_call_that_hangs_does_not_keep_the_workspace_from_stopping() {
    let world = World::start().await;
    world.slack.fail_next("auth.test", Fault::Hang);
    let url = format!("{}/auth.test", world.slack.api_url());
    let hung = tokio::spawn(async move {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.post(url)
            .bearer_auth(TOKEN)
            .send()
            .await
            .map(|response| response.status().as_u16())
    });
    world
        .slack
        .until(|slack| !slack.calls().is_empty(), Duration::from_secs(10))
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(10), world.slack.stop())
        .await
        .unwrap();
    assert!(matches!(hung.await.unwrap(), Ok(503) | Err(_)));
}
