//! What an open page is given and told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, where they are allowed"
)]

mod common;

use std::time::Duration;

use common::{ALICE, BOB, CLONES, World, modal, section};
use futures::StreamExt;
use serde_json::{Value, json};

/// The events of an open page, as its script gets them.
struct Page {
    body: futures::stream::BoxStream<'static, String>,
    rest: String,
}

impl Page {
    async fn open(world: &World, user: &str) -> Page {
        let response = world.get(&format!("/events?user={user}")).await;
        assert_eq!(response.headers()["Content-Type"], "text/event-stream");
        let body = futures::stream::unfold(response, |mut response| async move {
            let chunk = response.chunk().await.ok()??;
            Some((String::from_utf8_lossy(&chunk).into_owned(), response))
        });
        Page {
            body: body.boxed(),
            rest: String::new(),
        }
    }

    /// The next event.
    async fn told(&mut self) -> Value {
        let next = async {
            loop {
                if let Some((event, rest)) = self.rest.split_once("\n\n") {
                    let data = event
                        .strip_prefix("data: ")
                        .map(|data| serde_json::from_str(data).unwrap());
                    self.rest = rest.to_owned();
                    if let Some(data) = data {
                        return data;
                    }
                    continue;
                }
                self.rest += &self.body.next().await.expect("the stream ended");
            }
        };
        tokio::time::timeout(Duration::from_secs(10), next)
            .await
            .expect("nothing was told")
    }
}

#[tokio::test]
async fn a_page_is_told_of_a_message_its_edit_and_its_end() {
    let world = World::start().await;
    let mut page = Page::open(&world, ALICE).await;
    let ts = world.posts(json!({"text": "cloning"})).await;
    let told = page.told().await;
    assert_eq!(
        (&told["kind"], &told["message"]["text"]),
        (&json!("message"), &json!("cloning"))
    );
    world
        .call(
            "chat.update",
            json!({"channel": CLONES, "ts": ts, "text": "ready"}),
        )
        .await;
    let told = page.told().await;
    assert_eq!(
        (&told["message"]["text"], &told["message"]["edited"]),
        (&json!("ready"), &json!(true))
    );
    assert_eq!(told["message"]["ts"], json!(ts));
    world
        .call("chat.delete", json!({"channel": CLONES, "ts": ts}))
        .await;
    assert_eq!(
        page.told().await,
        json!({"kind": "gone", "channel": CLONES, "ts": ts})
    );
}

#[tokio::test]
async fn a_page_is_told_nothing_that_is_for_others() {
    let world = World::start().await;
    let mut page = Page::open(&world, BOB).await;
    world
        .call(
            "chat.postEphemeral",
            json!({"channel": CLONES, "user": ALICE, "text": "psst"}),
        )
        .await;
    world
        .call("chat.postMessage", json!({"channel": ALICE, "text": "secret"}))
        .await;
    world.opens(modal(json!([section("Alice's")]))).await;
    world.posts(json!({"text": "for all"})).await;
    assert_eq!(page.told().await["message"]["text"], "for all");
    let state: Value = world
        .get(&format!("/page/state?user={BOB}"))
        .await
        .json()
        .await
        .unwrap();
    assert!(
        !state.to_string().contains("psst") && !state.to_string().contains("secret"),
        "{state}"
    );
    assert_eq!(state["modals"], json!([]));
}

#[tokio::test]
async fn people_act_through_the_page() {
    let world = World::start().await;
    let mut page = Page::open(&world, ALICE).await;
    let url = |path: &str| format!("{}{path}", world.slack.url());
    world
        .post(
            &url("/page/say"),
            json!({"user": ALICE, "channel": CLONES, "text": "hello <b>"}),
        )
        .await;
    assert_eq!(page.told().await["message"]["text"], "hello &lt;b&gt;");
    let view = world.opens(modal(json!([section("sure?")]))).await;
    assert_eq!(page.told().await["modals"][0]["id"], json!(view.id));
    let submit = json!({"user": ALICE, "view_id": view.id, "deed": "submit", "values": {}});
    let answer: Value = world.post(&url("/page/view"), submit).await.json().await.unwrap();
    assert_eq!(answer["ok"], true);
    assert_eq!(page.told().await["modals"], json!([]));
}

#[tokio::test]
async fn the_page_asks_nothing_of_the_outside_and_runs_no_other_script() {
    let world = World::start().await;
    let response = world.get("/").await;
    let policy = response.headers()["Content-Security-Policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'nonce-"),
        "{policy}"
    );
    let page = response.text().await.unwrap();
    assert!(!page.contains("{nonce}") && !page.contains("/*script*/") && !page.contains("/*style*/"));
    assert!(!page.contains("src=\"http") && !page.contains("@import") && !page.contains("innerHTML"));
}

#[tokio::test]
async fn a_permalink_leads_to_the_page() {
    let world = World::start().await;
    let ts = world.posts(json!({"text": "x"})).await;
    let answer = world
        .call("chat.getPermalink", json!({"channel": CLONES, "message_ts": ts}))
        .await;
    let path = answer["permalink"]
        .as_str()
        .unwrap()
        .strip_prefix(world.slack.url())
        .unwrap();
    let page = world.get(path).await;
    assert_eq!(
        page.headers()["Location"],
        format!("/?channel={CLONES}#m{ts}").as_str()
    );
}

#[rstest::rstest]
#[case::rebound("GET", "/", &[("Host", "evil.example:7401")])]
#[case::rebound_reading("GET", "/page/state?user=U0ALICE", &[("Host", "evil.example")])]
#[case::rebound_acting("POST", "/page/say", &[("Host", "evil.example"), ("Origin", "http://evil.example")])]
#[case::forged("POST", "/page/say", &[("Origin", "http://evil.example")])]
#[case::forged_by_a_frame("POST", "/page/press", &[("Origin", "null")])]
#[case::forged_by_another_port("POST", "/page/say", &[("Origin", "http://127.0.0.1:1")])]
#[case::listening("GET", "/events?user=U0ALICE", &[("Origin", "https://evil.example")])]
#[case::the_web_api("POST", "/api/chat.postMessage", &[("Origin", "http://evil.example")])]
#[tokio::test]
async fn another_page_can_neither_read_nor_act(
    #[case] method: &str,
    #[case] path: &str,
    #[case] headers: &[(&str, &str)],
) {
    let world = World::start().await;
    let say = json!({"user": ALICE, "channel": CLONES, "text": "forged"});
    let url = format!("{}{path}", world.slack.url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |headers: &[(&str, &str)]| {
        let request = http.request(method.parse().unwrap(), &url).json(&say);
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap().status()
    };
    assert_eq!(send(headers).await, 403);
    assert_eq!(world.slack.messages(CLONES), vec![]);
    let own = world.slack.url().to_owned();
    assert_ne!(send(&[("Origin", &own)]).await, 403, "its own page may");
}
