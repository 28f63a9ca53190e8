//! Who gets past the door, asked over HTTP. What is behind it needs AWS, and is told in the workspace's specs.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hmac::{Hmac, Mac};
use http_body_util::BodyExt;
use runtime::{Clock, aws};
use sha2::Sha256;
use tower::ServiceExt;

use crate::{Deps, Settings, router};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const ROUTES: [&str; 3] = ["/slack/commands", "/slack/interactions", "/slack/events"];

/// The routes. Nothing answers at the AWS address: a test that gets through to it fails.
async fn door() -> Router {
    door_of("/nowhere", "http://127.0.0.1:1").await
}

/// The routes, with this config folder, and AWS and Slack at this address.
async fn door_of(config: &str, outside: &str) -> Router {
    let clock = Clock::wall();
    let nowhere = aws::Place {
        endpoint: outside,
        region: "eu-west-1",
        principal: "gateway",
    };
    let aws = aws::aws_at(
        &clock,
        &nowhere,
        None::<aws_smithy_runtime_api::client::http::SharedHttpClient>,
    )
    .await;
    let settings = <Settings as clap::Parser>::parse_from([
        "gateway",
        &format!("--config={config}"),
        "--table=t",
        "--state-machine=arn:a",
        "--sweep-state-machine=arn:b",
        "--slack-signing-secret=s",
        "--slack-token-secret=t",
        &format!("--slack-api={outside}"),
    ]);
    let deps = Deps::with_secrets(&settings, &aws, clock, &"xoxb".into(), &SECRET.into()).unwrap();
    router(Arc::new(deps))
}

fn sign(secret: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{at}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn request(path: &str, kind: &str, body: &str, at: &str, signature: &str) -> Request<Body> {
    Request::post(path)
        .header("content-type", kind)
        .header("x-slack-request-timestamp", at)
        .header("x-slack-signature", signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn signed(path: &str, kind: &str, body: &str) -> Request<Body> {
    request(path, kind, body, &now().to_string(), &sign(SECRET, now(), body))
}

async fn answer(request: Request<Body>) -> (StatusCode, String) {
    answer_of(door().await, request).await
}

async fn answer_of(door: Router, request: Request<Body>) -> (StatusCode, String) {
    let response = door.oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[rstest::rstest]
#[case::forged("command=%2Fclone", "not Slack's", 0, "")]
#[case::stale("command=%2Fclone", SECRET, -301, "")]
#[case::from_the_future("command=%2Fclone", SECRET, 302, "")]
#[case::tampered("command=%2Fclone", SECRET, 0, "&text=delete")]
#[tokio::test]
async fn a_signature_that_is_not_slacks_is_refused_on_every_route(
    #[case] body: &str,
    #[case] secret: &str,
    #[case] late: i64,
    #[case] added: &str,
) {
    for path in ROUTES {
        let at = now() + late;
        let sent = format!("{body}{added}");
        let (status, said) = answer(request(
            path,
            FORM,
            &sent,
            &at.to_string(),
            &sign(secret, at, body),
        ))
        .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}: {said}");
    }
}

#[rstest::rstest]
#[case::none("", "")]
#[case::no_timestamp("", "v0=00")]
#[case::no_number("soon", "v0=00")]
#[case::empty_hash("0", "v0=")]
#[tokio::test]
async fn a_request_without_a_signature_is_refused(#[case] at: &str, #[case] signature: &str) {
    let (status, _) = answer(request(
        "/slack/commands",
        FORM,
        "command=%2Fclone",
        at,
        signature,
    ))
    .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let bare = Request::post("/slack/events")
        .header("content-type", JSON)
        .body(Body::from("{}"))
        .unwrap();
    assert_eq!(answer(bare).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_not_text_is_refused() {
    let bytes = Request::post("/slack/commands")
        .body(Body::from(vec![0xff, 0xfe]))
        .unwrap();
    assert_eq!(answer(bytes).await.0, StatusCode::UNAUTHORIZED);
}

#[rstest::rstest]
#[case("/slack/commands", JSON, "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE)]
#[case(
    "/slack/interactions",
    "text/plain",
    "payload={}",
    StatusCode::UNSUPPORTED_MEDIA_TYPE
)]
#[case("/slack/events", FORM, "a=b", StatusCode::UNSUPPORTED_MEDIA_TYPE)]
#[case("/slack/commands", FORM, "command=%2Fclone", StatusCode::BAD_REQUEST)]
#[case("/slack/interactions", FORM, "nothing=here", StatusCode::BAD_REQUEST)]
#[case("/slack/interactions", FORM, "payload=%7B", StatusCode::BAD_REQUEST)]
#[case("/slack/events", JSON, "{", StatusCode::BAD_REQUEST)]
#[case("/slack/commands", FORM, "ssl_check=1&token=x", StatusCode::OK)]
#[case(
    "/slack/commands",
    "application/x-www-form-urlencoded; charset=utf-8",
    "ssl_check=1",
    StatusCode::OK
)]
#[case(
    "/slack/events",
    JSON,
    r#"{"type":"app_rate_limited","minute_rate_limited":1}"#,
    StatusCode::OK
)]
#[tokio::test]
async fn each_body_has_its_answer(
    #[case] path: &str,
    #[case] kind: &str,
    #[case] body: &str,
    #[case] expected: StatusCode,
) {
    let (status, said) = answer(signed(path, kind, body)).await;
    assert_eq!(status, expected, "{said}");
}

#[tokio::test]
async fn slack_hears_its_challenge_again() {
    let body = r#"{"type":"url_verification","challenge":"3eZbrw1a","token":"t"}"#;
    assert_eq!(
        answer(signed("/slack/events", JSON, body)).await,
        (StatusCode::OK, "3eZbrw1a".into())
    );
}

#[tokio::test]
async fn other_methods_routes_and_sizes_are_refused() {
    let huge = "x".repeat(257 * 1024);
    for path in ROUTES {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let request = Request::builder().method(method).uri(path);
            let (status, _) = answer(request.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
        let kind = if path.ends_with("events") { JSON } else { FORM };
        assert_eq!(
            answer(signed(path, kind, &huge)).await.0,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{path}"
        );
    }
    let nowhere = Request::get("/slack").body(Body::empty()).unwrap();
    assert_eq!(answer(nowhere).await.0, StatusCode::NOT_FOUND);
    let health = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(answer(health).await, (StatusCode::OK, "ok".into()));
}

/// A config folder with a policy.
fn config() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = include_str!("../../../examples/doppel.toml");
    std::fs::write(folder.path().join("doppel.toml"), policy).unwrap();
    folder
}

fn command(text: &str) -> String {
    format!("command=%2Fclone&text={text}&user_id=U1&channel_id=C1&trigger_id=1.2")
}

fn interaction(payload: serde_json::Value) -> String {
    let form = [("payload", payload.to_string())];
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

#[tokio::test]
async fn help_needs_no_table_and_its_replay_is_refused_all_the_same() {
    let config = config();
    let door = door_of(config.path().to_str().unwrap(), "http://127.0.0.1:1").await;
    for text in ["help", "frobnicate"] {
        let (at, body) = (now(), command(text));
        let send = |retry: Option<&str>| {
            let mut request = request(
                "/slack/commands",
                FORM,
                &body,
                &at.to_string(),
                &sign(SECRET, at, &body),
            );
            if let Some(number) = retry {
                request
                    .headers_mut()
                    .insert("x-slack-retry-num", number.parse().unwrap());
            }
            answer_of(door.clone(), request)
        };
        let (status, said) = send(None).await;
        assert_eq!(status, StatusCode::OK);
        assert!(said.contains("/clone") && said.contains("ephemeral"), "{said}");
        assert_eq!(send(None).await.0, StatusCode::UNAUTHORIZED, "a replay");
        assert_eq!(send(Some("1")).await, (status, said), "Slack's own retry");
    }
}

#[rstest::rstest]
#[case::a_list("/slack/commands", FORM, command("list"), StatusCode::OK, "went wrong")]
#[case::a_form("/slack/commands", FORM, command(""), StatusCode::OK, "did not open the form")]
#[case::a_button("/slack/interactions", FORM, interaction(serde_json::json!({
    "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2",
    "actions": [{"action_id": slack::message::action::DELETE, "value": "k3x9qa"}],
})), StatusCode::SERVICE_UNAVAILABLE, "later")]
#[case::a_filled_form("/slack/interactions", FORM, interaction(serde_json::json!({
    "type": "view_submission", "user": {"id": "U1"}, "trigger_id": "1.2",
    "view": {"callback_id": slack::modal::CREATE},
})), StatusCode::SERVICE_UNAVAILABLE, "later")]
#[case::a_step("/slack/events", JSON, serde_json::json!({
    "type": "event_callback", "event_id": "Ev1", "event": {"type": "function_executed",
        "function": {"callback_id": "clone_database"}, "inputs": {}, "function_execution_id": "Fx1"},
}).to_string(), StatusCode::SERVICE_UNAVAILABLE, "later")]
#[case::a_home_tab("/slack/events", JSON, serde_json::json!({
    "type": "event_callback", "event_id": "Ev1", "event": {"type": "app_home_opened", "tab": "home", "user": "U1"},
}).to_string(), StatusCode::SERVICE_UNAVAILABLE, "later")]
#[tokio::test]
async fn slack_is_answered_though_aws_and_slack_itself_are_silent(
    #[case] path: &str,
    #[case] kind: &str,
    #[case] body: String,
    #[case] expected: StatusCode,
    #[case] words: &str,
) {
    // It takes connections, and says nothing to them.
    let silence = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (config, outside) = (config(), format!("http://{}", silence.local_addr().unwrap()));
    let door = door_of(config.path().to_str().unwrap(), &outside).await;
    let answer = answer_of(door, signed(path, kind, &body));
    // Much longer than Slack waits, and shorter than a call of AWS may take.
    let answer = tokio::time::timeout(std::time::Duration::from_secs(15), answer).await;
    let (status, said) = answer.expect("Slack is answered");
    assert_eq!(status, expected, "{said}");
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn events_that_ask_for_nothing_need_no_table() {
    let event = |inner: serde_json::Value| {
        serde_json::json!({"type": "event_callback", "event_id": "Ev1", "event": inner}).to_string()
    };
    for inner in [
        serde_json::json!({"type": "message", "text": "hello"}),
        serde_json::json!({"type": "app_home_opened", "tab": "messages", "user": "U1"}),
        serde_json::json!({"type": "app_home_opened", "tab": "home", "user": "not a user#"}),
        serde_json::json!({}),
        serde_json::json!(7),
    ] {
        let (status, said) = answer(signed("/slack/events", JSON, &event(inner.clone()))).await;
        assert_eq!(status, StatusCode::OK, "{inner}: {said}");
    }
}
