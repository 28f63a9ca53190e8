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

/// The routes. Nothing answers at the AWS address: a test that gets through to it fails.
async fn door() -> Router {
    let clock = Clock::wall();
    let nowhere = aws::Place {
        endpoint: "http://127.0.0.1:1",
        region: "eu-west-1",
        principal: "gateway",
    };
    let config = aws::aws_at(
        &clock,
        &nowhere,
        None::<aws_smithy_runtime_api::client::http::SharedHttpClient>,
    )
    .await;
    let settings = <Settings as clap::Parser>::parse_from([
        "gateway",
        "--config=/nowhere",
        "--table=t",
        "--state-machine=arn:a",
        "--sweep-state-machine=arn:b",
        "--slack-signing-secret=s",
        "--slack-token-secret=t",
        "--slack-api=http://127.0.0.1:1",
    ]);
    let deps = Deps::with_secrets(&settings, &config, clock, &"xoxb".into(), &SECRET.into()).unwrap();
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
    let response = door().await.oneshot(request).await.unwrap();
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
    for path in ["/slack/commands", "/slack/interactions", "/slack/events"] {
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
    for path in ["/slack/commands", "/slack/interactions", "/slack/events"] {
        let get = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(answer(get).await.0, StatusCode::METHOD_NOT_ALLOWED);
    }
    let huge = "x".repeat(257 * 1024);
    assert_eq!(
        answer(signed("/slack/events", JSON, &huge)).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let nowhere = Request::get("/slack").body(Body::empty()).unwrap();
    assert_eq!(answer(nowhere).await.0, StatusCode::NOT_FOUND);
    let health = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(answer(health).await, (StatusCode::OK, "ok".into()));
}
