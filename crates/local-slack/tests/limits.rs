//! Slack's limits, each at its edge: the last that is taken, and the first that is refused, with where it is.

mod common;

use common::{World, actions, button, modal, plain, section};
use rstest::rstest;
use serde_json::{Value, json};

fn long(length: usize) -> String {
    "é".repeat(length)
}

fn text_of(length: usize) -> Value {
    json!([section(&long(length))])
}

fn sections(count: usize) -> Value {
    (0..count).map(|n| section(&n.to_string())).collect()
}

fn header(length: usize) -> Value {
    json!([{"type": "header", "text": plain(&long(length))}])
}

fn label(length: usize) -> Value {
    json!([actions(json!([button("a", &long(length))]))])
}

fn block_id(length: usize) -> Value {
    json!([{"type": "divider", "block_id": long(length)}])
}

fn fields(count: usize) -> Value {
    json!([{"type": "section", "fields": vec![plain("x"); count]}])
}

fn field(length: usize) -> Value {
    json!([{"type": "section", "fields": [plain(&long(length))]}])
}

fn context(count: usize) -> Value {
    json!([{"type": "context", "elements": vec![plain("x"); count]}])
}

fn buttons(count: usize) -> Value {
    let all: Vec<Value> = (0..count).map(|n| button(&n.to_string(), "x")).collect();
    json!([actions(json!(all))])
}

fn value(length: usize) -> Value {
    let mut with = button("a", "x");
    with["value"] = json!(long(length));
    json!([actions(json!([with]))])
}

fn options(count: usize) -> Value {
    let all: Vec<Value> = (0..count)
        .map(|n| json!({"text": plain("x"), "value": n.to_string()}))
        .collect();
    json!([actions(
        json!([{"type": "static_select", "action_id": "a", "options": all}])
    )])
}

#[rstest]
#[case(
    text_of,
    3000,
    "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
)]
#[case(sections, 50, "no more than 50 items allowed [json-pointer:/blocks]")]
#[case(
    header,
    150,
    "must be less than 151 characters [json-pointer:/blocks/0/text/text]"
)]
#[case(
    label,
    75,
    "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"
)]
#[case(
    block_id,
    255,
    "must be less than 256 characters [json-pointer:/blocks/0/block_id]"
)]
#[case(fields, 10, "no more than 10 items allowed [json-pointer:/blocks/0/fields]")]
#[case(
    field,
    2000,
    "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"
)]
#[case(
    context,
    10,
    "no more than 10 items allowed [json-pointer:/blocks/0/elements]"
)]
#[case(
    buttons,
    25,
    "no more than 25 items allowed [json-pointer:/blocks/0/elements]"
)]
#[case(
    value,
    2000,
    "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"
)]
#[case(
    options,
    100,
    "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"
)]
#[tokio::test]
async fn a_message_is_taken_at_the_limit_and_refused_beyond(
    #[case] blocks: fn(usize) -> Value,
    #[case] limit: usize,
    #[case] complaint: &str,
) {
    let world = World::start().await;
    let post = async |size| {
        let body = json!({"channel": "C0CLONES", "text": "x", "blocks": blocks(size)});
        world.call("chat.postMessage", body).await
    };
    assert_eq!(post(limit).await["ok"], true);
    let refused = post(limit + 1).await;
    assert_eq!(refused["error"], "invalid_blocks");
    assert_eq!(
        refused["response_metadata"]["messages"],
        json!([format!("[ERROR] {complaint}")])
    );
    assert_eq!(
        world.slack.messages("#clones").len(),
        1,
        "what was refused is not shown"
    );
}

#[rstest]
#[case(json!([{"type": "carousel"}]), "unsupported type: carousel [json-pointer:/blocks/0/type]")]
#[case(json!([section("a"), {"type": "section"}]), "missing required field: text [json-pointer:/blocks/1]")]
#[case(json!([section("")]), "must be more than 0 characters [json-pointer:/blocks/0/text/text]")]
#[case(json!([actions(json!([]))]), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]")]
#[case(json!([{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}]), "must be plain_text [json-pointer:/blocks/0/text/type]")]
#[case(json!([{"type": "divider", "colour": 1}]), "invalid additional property: colour [json-pointer:/blocks/0]")]
#[case(json!([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]), "block_id already exists [json-pointer:/blocks/1/block_id]")]
#[case(json!([actions(json!([{"type": "plain_text_input"}]))]), "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]")]
#[case(json!([actions(json!([{"type": "button", "text": plain("x"), "style": "warning"}]))]), "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]")]
#[case(json!({"type": "divider"}), "must be an array [json-pointer:/blocks]")]
#[tokio::test]
async fn a_malformed_block_is_refused_by_its_place(#[case] blocks: Value, #[case] complaint: &str) {
    let world = World::start().await;
    let refused = world
        .call(
            "chat.postMessage",
            json!({"channel": "C0CLONES", "text": "x", "blocks": blocks}),
        )
        .await;
    assert_eq!(refused["error"], "invalid_blocks", "{refused}");
    assert_eq!(
        refused["response_metadata"]["messages"],
        json!([format!("[ERROR] {complaint}")])
    );
}

fn titled(length: usize) -> Value {
    json!({"type": "modal", "title": plain(&long(length)), "blocks": [section("a")]})
}

fn hundred(count: usize) -> Value {
    modal(sections(count))
}

fn private(length: usize) -> Value {
    let mut view = modal(json!([]));
    view["private_metadata"] = json!(long(length));
    view
}

#[rstest]
#[case(titled, 24, "must be less than 25 characters [json-pointer:/view/title/text]")]
#[case(hundred, 100, "no more than 100 items allowed [json-pointer:/view/blocks]")]
#[case(
    private,
    3000,
    "must be less than 3001 characters [json-pointer:/view/private_metadata]"
)]
#[tokio::test]
async fn a_modal_is_opened_at_the_limit_and_refused_beyond(
    #[case] view: fn(usize) -> Value,
    #[case] limit: usize,
    #[case] complaint: &str,
) {
    let world = World::start().await;
    world.opens(view(limit)).await;
    world.slack.says("U0ALICE", "#clones", "/clone").await;
    let trigger = world.last().form()["trigger_id"].clone();
    let body = json!({"trigger_id": trigger, "view": view(limit + 1)});
    let refused = world.call("views.open", body).await;
    assert_eq!(refused["error"], "invalid_arguments");
    assert_eq!(
        refused["response_metadata"]["messages"],
        json!([format!("[ERROR] {complaint}")])
    );
}

#[tokio::test]
async fn a_modal_with_an_input_needs_a_submit_button() {
    let world = World::start().await;
    world.slack.says("U0ALICE", "#clones", "/clone").await;
    let trigger = world.last().form()["trigger_id"].clone();
    let input = json!({"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input"}});
    let view = json!({"type": "modal", "title": plain("Clone"), "blocks": [input]});
    let refused = world
        .call("views.open", json!({"trigger_id": trigger, "view": view}))
        .await;
    assert_eq!(
        refused["response_metadata"]["messages"][0],
        "[ERROR] missing required field: submit [json-pointer:/view]"
    );
}
