//! slack-morphism, a client that is strict about shapes, against the workspace.

mod common;

use common::{ALICE, CLONES, TOKEN, World, actions, button, modal, section};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use slack_morphism::prelude::*;

type Client = SlackClient<SlackClientHyperConnector<HttpConnector>>;

fn client(world: &World) -> Client {
    let connector = SlackClientHyperConnector::with_connector(HttpConnector::new());
    SlackClient::new(connector.with_slack_api_url(&world.slack.api_url()))
}

#[tokio::test]
async fn a_strict_client_understands_every_answer() {
    let world = World::start().await;
    let client = client(&world);
    let token = SlackApiToken::new(TOKEN.into());
    let session = client.open_session(&token);

    let who = session.auth_test().await.unwrap();
    assert_eq!(who.user_id.to_string(), "U0DOPPEL");

    let blocks: Vec<SlackBlock> =
        serde_json::from_value(json!([section("*hi*"), actions(json!([button("a", "A")]))])).unwrap();
    let metadata =
        serde_json::from_value(json!({"event_type": "clone", "event_payload": {"id": "1"}})).unwrap();
    let content = SlackMessageContent::new()
        .with_text("hi".into())
        .with_blocks(blocks)
        .with_metadata(metadata);
    let posted = session
        .chat_post_message(&SlackApiChatPostMessageRequest::new(CLONES.into(), content))
        .await
        .unwrap();
    let changed = SlackMessageContent::new().with_text("ho".into());
    let update = SlackApiChatUpdateRequest::new(posted.channel.clone(), changed, posted.ts.clone());
    session.chat_update(&update).await.unwrap();
    let ephemeral = SlackApiChatPostEphemeralRequest::new(
        CLONES.into(),
        ALICE.into(),
        SlackMessageContent::new().with_text("psst".into()),
    );
    session.chat_post_ephemeral(&ephemeral).await.unwrap();

    let request = SlackApiConversationsHistoryRequest::new()
        .with_channel(CLONES.into())
        .with_include_all_metadata(true);
    let history = session.conversations_history(&request).await.unwrap();
    let [message] = history.messages.as_slice() else {
        panic!("{history:?}")
    };
    assert_eq!(message.content.text.as_deref(), Some("ho"));
    assert!(message.edited.is_some() && message.content.metadata.is_some());

    let info = session
        .users_info(&SlackApiUsersInfoRequest::new(ALICE.into()))
        .await
        .unwrap();
    assert_eq!(info.user.tz.as_deref(), Some("Asia/Tokyo"));
    let channel = session
        .conversations_info(&SlackApiConversationsInfoRequest::new(CLONES.into()))
        .await
        .unwrap();
    assert_eq!(channel.channel.name.as_deref(), Some("clones"));
    let link = SlackApiChatGetPermalinkRequest::new(CLONES.into(), posted.ts.clone());
    assert!(
        session
            .chat_get_permalink(&link)
            .await
            .unwrap()
            .permalink
            .to_string()
            .starts_with("http")
    );
    session
        .chat_delete(&SlackApiChatDeleteRequest::new(CLONES.into(), posted.ts))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_strict_client_understands_views_commands_and_interactions() {
    let world = World::start().await;
    let client = client(&world);
    let token = SlackApiToken::new(TOKEN.into());
    let session = client.open_session(&token);

    world.slack.says(ALICE, CLONES, "/clone production").await;
    let command: SlackCommandEvent = serde_json::from_value(json!(world.last().form())).unwrap();
    assert_eq!(command.text.as_deref(), Some("production"));
    let input = json!({"type": "input", "block_id": "why", "label": common::plain("Why"),
        "element": {"type": "plain_text_input", "action_id": "text"}});
    let view: SlackView = serde_json::from_value(modal(json!([input]))).unwrap();
    let opened = session
        .views_open(&SlackApiViewsOpenRequest::new(command.trigger_id, view))
        .await
        .unwrap();
    world
        .slack
        .submits(ALICE, opened.view.state_params.id.as_ref(), &[("why", "because")])
        .await;
    let submitted: SlackInteractionEvent = serde_json::from_value(world.last().payload()).unwrap();
    assert!(matches!(submitted, SlackInteractionEvent::ViewSubmission(_)));

    let ts = world
        .posts(json!({"text": "x", "blocks": [actions(json!([button("extend", "Extend")]))]}))
        .await;
    world.slack.presses(ALICE, &ts, "extend").await;
    let pressed: SlackInteractionEvent = serde_json::from_value(world.last().payload()).unwrap();
    let SlackInteractionEvent::BlockActions(pressed) = pressed else {
        panic!("{pressed:?}")
    };
    assert_eq!(pressed.actions.unwrap()[0].action_id.to_string(), "extend");

    world.slack.opens_home(ALICE).await;
    let event: SlackPushEvent = serde_json::from_value(world.last().json()).unwrap();
    let SlackPushEvent::EventCallback(event) = event else {
        panic!("{event:?}")
    };
    assert!(matches!(event.event, SlackEventCallbackBody::AppHomeOpened(_)));
}
