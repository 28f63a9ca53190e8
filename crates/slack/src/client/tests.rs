//! Against a socket that answers what it is told to.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::message::{CLONE_EVENT, went_wrong};

const MARK: Mark<'static> = Mark {
    event: CLONE_EVENT,
    about: "doppel-a-20260131-abcdef",
};

/// A Slack that gives these answers to the next calls, one connection each, and then none. Answers what it heard.
async fn slack(answers: Vec<String>) -> (Client, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            heard.push(read(&mut stream).await);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        heard
    });
    (Client::new(&url, &"xoxb-secret".into()).unwrap(), heard)
}

async fn read(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0_u8; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .to_lowercase()
            .split("content-length: ")
            .nth(1)
            .map_or(0, |rest| {
                rest.split("\r\n")
                    .next()
                    .and_then(|length| length.parse().ok())
                    .unwrap_or(0)
            });
        if count == 0 || body.len() >= length {
            return text;
        }
    }
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    )
}

fn ok(body: serde_json::Value) -> String {
    http("200 OK", "", &body.to_string())
}

async fn error_of(answer: String) -> Error {
    let (client, _) = slack(vec![answer]).await;
    client.post("C1", &went_wrong(), MARK, None).await.unwrap_err()
}

#[tokio::test]
async fn a_message_is_posted_with_its_mark_in_its_thread() {
    let said = json!({"ok": true, "channel": "C1", "ts": "1.000001", "message": {"blocks": [{"type": "of tomorrow"}]}});
    let (client, heard) = slack(vec![ok(said)]).await;
    let posted = client.post("C1", &went_wrong(), MARK, Some("0.5")).await.unwrap();
    assert_eq!(
        posted,
        Posted {
            channel: "C1".into(),
            ts: "1.000001".into()
        }
    );
    let heard = heard.await.unwrap().remove(0);
    assert!(heard.starts_with("POST /api/chat.postMessage "), "{heard}");
    assert!(heard.to_lowercase().contains("authorization: bearer xoxb-secret"));
    let body: Value = serde_json::from_str(heard.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["thread_ts"], "0.5");
    assert_eq!(body["metadata"]["event_payload"]["about"], MARK.about);
    assert_eq!(body["unfurl_links"], false);
}

#[rstest::rstest]
#[case(
    http("200 OK", "", r#"{"ok":false,"error":"channel_not_found"}"#),
    "Slack refused `chat.postMessage`: channel_not_found",
    false
)]
#[case(
    http("200 OK", "", r#"{"ok":false,"error":"token_revoked"}"#),
    "token_revoked",
    false
)]
#[case(
    http("200 OK", "", r#"{"ok":false,"error":"internal_error"}"#),
    "internal_error",
    true
)]
#[case(http("503 Service Unavailable", "", "{}"), "503", true)]
#[case(http("404 Not Found", "", "{}"), "404", false)]
#[case(http("200 OK", "", "not json"), "cannot be read", true)]
#[case("".into(), "the connection failed", true)]
#[tokio::test]
async fn faults_are_sorted(#[case] answer: String, #[case] said: &str, #[case] transient: bool) {
    let error = error_of(answer).await;
    assert!(error.to_string().contains(said), "{error}");
    assert_eq!(error.is_transient(), transient, "{error}");
}

#[tokio::test]
async fn a_limit_of_rate_tells_how_long_to_wait() {
    let body = r#"{"ok":false,"error":"ratelimited"}"#;
    let error = error_of(http("429 Too Many Requests", "Retry-After: 7\r\n", body)).await;
    let Error::RateLimited { retry_after, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*retry_after, Some(Duration::from_secs(7)));
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_slack_that_hangs_is_given_up_by_the_wall_clock() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let client = Client::new(&url, &"t".into())
        .unwrap()
        .with_patience(Duration::from_millis(50));
    let begun = std::time::Instant::now();
    let error = client.post("C1", &went_wrong(), MARK, None).await.unwrap_err();
    assert!(
        error.is_transient() && begun.elapsed() >= Duration::from_millis(50),
        "{error}"
    );
}

#[tokio::test]
async fn a_lost_message_is_found_by_its_mark_on_a_later_page() {
    let other = json!({"ts": "3.0", "metadata": {"event_type": "other", "event_payload": {"about": [1]}}});
    let unmarked = json!({"ts": "2.0", "text": MARK.about});
    let ours =
        json!({"ts": "1.0", "metadata": {"event_type": CLONE_EVENT, "event_payload": {"about": MARK.about}}});
    let first = json!({"ok": true, "messages": [other, unmarked], "response_metadata": {"next_cursor": "n"}});
    let second = json!({"ok": true, "messages": [ours]});
    let (client, heard) = slack(vec![ok(first), ok(second.clone())]).await;
    let found = client.find("C1", MARK, "0", None).await.unwrap();
    assert_eq!(
        found,
        Some(Posted {
            channel: "C1".into(),
            ts: "1.0".into()
        })
    );
    let heard = heard.await.unwrap();
    assert!(
        heard[0].starts_with("GET /api/conversations.history?") && heard[1].contains("cursor=n"),
        "{heard:?}"
    );
    let (client, _) = slack(vec![ok(second)]).await;
    let elsewhere = Mark {
        about: "doppel-b-20260131-abcdef",
        ..MARK
    };
    assert_eq!(
        client.find("C1", elsewhere, "0", Some("1.0")).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_person_is_reached_by_direct_message() {
    let (client, _) = slack(vec![ok(json!({"ok": true, "channel": {"id": "D1"}}))]).await;
    assert_eq!(client.conversation("U0ALICE").await.unwrap(), "D1");
    assert_eq!(client.conversation("C0CLONES").await.unwrap(), "C0CLONES");
}

#[tokio::test]
async fn a_token_that_was_renewed_is_read_anew_and_the_call_repeated() {
    let revoked = || ok(json!({"ok": false, "error": "token_revoked"}));
    let posted = ok(json!({"ok": true, "channel": "C1", "ts": "1.0"}));
    let (client, heard) = slack(vec![revoked(), posted]).await;
    let client = client.with_renewal(Box::new(|| Box::pin(async { Some("xoxb-newer".into()) })));
    client.post("C1", &went_wrong(), MARK, None).await.unwrap();
    let heard = heard.await.unwrap();
    assert!(
        heard[0].to_lowercase().contains("bearer xoxb-secret"),
        "{heard:?}"
    );
    assert!(heard[1].to_lowercase().contains("bearer xoxb-newer"), "{heard:?}");
    let (client, heard) = slack(vec![revoked()]).await;
    let client = client.with_renewal(Box::new(|| Box::pin(async { Some("xoxb-secret".into()) })));
    let error = client.post("C1", &went_wrong(), MARK, None).await.unwrap_err();
    assert!(error.is_about_the_token(), "{error}");
    assert_eq!(heard.await.unwrap().len(), 1, "the same token is not tried twice");
}
