//! A workspace with an app that answers `/clone` and shows a bit of everything: to look at the page while working on it.

use std::collections::HashMap;
use std::time::Duration;

use axum::routing::post;
use axum::{Form, Json, Router};
use local_slack::{LocalSlack, Options, WorkflowButton, aws_handler};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "3999".into());
    let gateway = TcpListener::bind("127.0.0.1:0").await?;
    let mut options = Options::new(
        &format!("http://{}", gateway.local_addr()?),
        "secret",
        "xoxb-token",
    );
    options.workflow_button = Some(WorkflowButton {
        label: "Clone production".into(),
        text: "@aws stepfunctions start-execution --input {“expire_days”: “3”}".into(),
    });
    options.aws_command = aws_handler(|_| async { Ok("Execution `doppel-20260801` started.".into()) });
    let slack = LocalSlack::start(TcpListener::bind(format!("127.0.0.1:{port}")).await?, options)?;
    let api = slack.api_url();
    let command = move |Form(fields): Form<HashMap<String, String>>| async move {
        let view = json!({"trigger_id": fields["trigger_id"], "view": modal()});
        match fields["text"].as_str() {
            "" => api_call(&api, "views.open", view)
                .await
                .map_or_else(|error| error.to_string(), |_| String::new()),
            _ => "On it: watch #clones.".to_owned(),
        }
    };
    let app = Router::new()
        .route("/slack/commands", post(command))
        .route("/slack/interactions", post(interaction))
        .route("/slack/events", post(|| async {}));
    tokio::spawn(async move { axum::serve(gateway, app).await });
    println!("{}", slack.url());
    tour(&slack).await?;
    tokio::signal::ctrl_c().await?;
    slack.stop().await;
    Ok(())
}

async fn tour(slack: &LocalSlack) -> Result<(), Box<dyn std::error::Error>> {
    slack
        .says(
            "U0BOB",
            "#clones",
            "Checkout totals look off by a cent since noon. Can I look at real data?",
        )
        .await;
    slack
        .says(
            "U0ALICE",
            "#clones",
            "Sure: press *Clone production*, or `/clone production 4h`",
        )
        .await;
    slack.runs_workflow("U0BOB").await;
    slack.says("U0ALICE", "#clones", "/clone production 4h").await;
    let posted = api(slack, "chat.postMessage", progress(1)).await?;
    for step in 2..=4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut update = progress(step);
        update["ts"] = posted["ts"].clone();
        api(slack, "chat.update", update).await?;
    }
    let ready = api(slack, "chat.postMessage", ready()).await?;
    api(
        slack,
        "chat.postMessage",
        json!({"channel": "C0CLONES", "thread_ts": ready["ts"], "text": "One hour left."}),
    )
    .await?;
    let home = json!({"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Your clones"}}]});
    api(
        slack,
        "views.publish",
        json!({"user_id": "U0ALICE", "view": home}),
    )
    .await?;
    Ok(())
}

fn progress(step: usize) -> Value {
    let names = ["Clone", "Mask", "Resize", "Release"];
    let mark = |n: usize| match n {
        n if n < step => ":white_check_mark:",
        n if n == step => ":hourglass_flowing_sand:",
        _ => ":white_circle:",
    };
    let lines: Vec<String> = (1..)
        .zip(names)
        .map(|(n, name)| format!("{} {name}", mark(n)))
        .collect();
    json!({"channel": "C0CLONES", "text": "A clone of production is on its way", "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*A clone of `production` is on its way* for <@U0BOB>"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": lines.join("   ")}]}]})
}

fn ready() -> Value {
    let field = |name: &str, value: &str| json!({"type": "mrkdwn", "text": format!("*{name}*\n{value}")});
    json!({"channel": "C0CLONES", "text": "Your clone is ready", "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "Your clone of production is ready"}},
        {"type": "section", "fields": [
            field("Host", "`doppel-production-20260801-k3x9ab.local`"), field("Port", "`5432`"),
            field("Database", "`shop`"), field("User", "`alice`"), field("Secret", "`doppel/clone/k3x9ab`"),
            field("Expires", "<!date^1790000000^{date_short_pretty} at {time}|Aug 1 at 18:00>")]},
        {"type": "section", "text": {"type": "mrkdwn", "text": "```doppel connect doppel-production-20260801-k3x9ab```"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": ":lock: 14 columns of 6 tables masked and checked · &lt;b&gt;no markup&lt;/b&gt;"}]},
        {"type": "divider"},
        {"type": "actions", "elements": [
            {"type": "button", "action_id": "extend", "style": "primary", "text": {"type": "plain_text", "text": "Extend"}},
            {"type": "button", "action_id": "details", "text": {"type": "plain_text", "text": "What was masked"}},
            {"type": "button", "action_id": "delete", "style": "danger", "text": {"type": "plain_text", "text": "Delete"},
             "confirm": {"title": {"type": "plain_text", "text": "Delete the clone?"},
                "text": {"type": "mrkdwn", "text": "Its data is gone for good."},
                "confirm": {"type": "plain_text", "text": "Delete"}, "deny": {"type": "plain_text", "text": "Keep"},
                "style": "danger"}}]}]})
}

/// Refuses a submission with a short reason, and takes everything else.
async fn interaction(Form(fields): Form<HashMap<String, String>>) -> Json<Value> {
    let payload: Value = serde_json::from_str(&fields["payload"]).unwrap_or_default();
    let reason = &payload["view"]["state"]["values"]["reason"]["reason"]["value"];
    let is_short = reason.as_str().is_some_and(|reason| reason.len() < 10);
    Json(match payload["type"] == "view_submission" && is_short {
        true => json!({"response_action": "errors", "errors": {"reason": "Say in a few words what for."}}),
        false => json!({}),
    })
}

fn modal() -> Value {
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    let option = |text: &str| json!({"text": plain(text), "value": text});
    let input = |name: &str, label: &str, element: Value| json!({"type": "input", "block_id": name, "label": plain(label), "element": element});
    json!({"type": "modal", "title": plain("Clone a database"), "submit": plain("Clone"), "close": plain("Cancel"), "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "A private, *masked* copy that deletes itself."}},
        input("source", "Source", json!({"type": "static_select", "action_id": "source", "initial_option": option("production"),
            "options": [option("production"), option("billing")]})),
        input("lifetime", "Lifetime", json!({"type": "radio_buttons", "action_id": "lifetime", "initial_option": option("4 hours"),
            "options": [option("4 hours"), option("1 day"), option("3 days")]})),
        {"type": "input", "block_id": "with", "optional": true, "label": plain("Options"),
            "element": {"type": "checkboxes", "action_id": "with", "options": [option("Data API"), option("Proxy")]}},
        input("reason", "What for", json!({"type": "plain_text_input", "action_id": "reason", "multiline": true,
            "placeholder": plain("INC-1234: totals off by a cent")})),
        {"type": "input", "block_id": "day", "optional": true, "label": plain("Not before"), "hint": plain("Today if empty"),
            "element": {"type": "datepicker", "action_id": "day"}}]})
}

async fn api(slack: &LocalSlack, method: &str, body: Value) -> Result<Value, Box<dyn std::error::Error>> {
    api_call(&slack.api_url(), method, body).await
}

async fn api_call(api: &str, method: &str, body: Value) -> Result<Value, Box<dyn std::error::Error>> {
    let request = reqwest::Client::new()
        .post(format!("{api}/{method}"))
        .bearer_auth("xoxb-token")
        .json(&body);
    let answer: Value = request.send().await?.json().await?;
    if answer["ok"] == true {
        Ok(answer)
    } else {
        Err(answer.to_string().into())
    }
}
