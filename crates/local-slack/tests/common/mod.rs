//! A workspace and a stand-in for the app's backend that answers as a test says.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of tests, where they are allowed"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use local_slack::{LocalSlack, Options};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub const TOKEN: &str = "xoxb-local";
pub const ALICE: &str = "U0ALICE";
pub const BOB: &str = "U0BOB";
pub const CLONES: &str = "C0CLONES";

/// One request that the app got.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }

    pub fn payload(&self) -> Value {
        serde_json::from_str(&self.form()["payload"]).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

type Respond = Box<dyn Fn(&Received) -> Response + Send + Sync>;

#[derive(Default)]
struct App {
    received: Mutex<Vec<Received>>,
    respond: Mutex<Option<Respond>>,
    hangs: Mutex<bool>,
}

pub struct World {
    pub slack: LocalSlack,
    app: Arc<App>,
    http: reqwest::Client,
}

impl World {
    pub async fn start() -> World {
        World::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> World {
        let app = Arc::new(App::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut options = Options::new(&gateway, SECRET, TOKEN);
        change(&mut options);
        let slack = LocalSlack::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), options).unwrap();
        World {
            slack,
            app,
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    /// The app answers everything so from now on.
    pub fn app_answers(&self, respond: impl Fn(&Received) -> Response + Send + Sync + 'static) {
        *self.app.respond.lock().unwrap() = Some(Box::new(respond));
    }

    pub fn app_answers_json(&self, answer: Value) {
        self.app_answers(move |_| axum::Json(answer.clone()).into_response());
    }

    pub fn app_hangs(&self) {
        *self.app.hangs.lock().unwrap() = true;
    }

    pub fn received(&self) -> Vec<Received> {
        self.app.received.lock().unwrap().clone()
    }

    pub fn last(&self) -> Received {
        self.received().pop().expect("the app got no request")
    }

    /// Calls the Web API with a JSON body and the right token.
    pub async fn call(&self, method: &str, body: Value) -> Value {
        self.raw(method, body).await.json().await.unwrap()
    }

    pub async fn raw(&self, method: &str, body: Value) -> reqwest::Response {
        let url = format!("{}/{method}", self.slack.api_url());
        self.http
            .post(url)
            .bearer_auth(TOKEN)
            .json(&body)
            .send()
            .await
            .unwrap()
    }

    pub async fn post(&self, url: &str, body: Value) -> reqwest::Response {
        self.http.post(url).json(&body).send().await.unwrap()
    }

    pub async fn form(&self, method: &str, fields: &[(&str, &str)]) -> Value {
        let url = format!("{}/{method}", self.slack.api_url());
        self.http
            .post(url)
            .form(fields)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http
            .get(format!("{}{path}", self.slack.url()))
            .send()
            .await
            .unwrap()
    }

    /// Posts a message in the app's name and returns its timestamp.
    pub async fn posts(&self, body: Value) -> String {
        let mut body = body;
        body["channel"] = json!(CLONES);
        let answer = self.call("chat.postMessage", body).await;
        assert_eq!(answer["ok"], true, "{answer}");
        answer["ts"].as_str().unwrap().to_owned()
    }

    /// Opens a modal for Alice by a slash command's trigger.
    pub async fn opens(&self, view: Value) -> local_slack::View {
        let answer = self.slack.says(ALICE, CLONES, "/clone").await;
        assert!(answer.is_ok(), "{answer:?}");
        let trigger = self.last().form()["trigger_id"].clone();
        let answer = self
            .call("views.open", json!({"trigger_id": trigger, "view": view}))
            .await;
        assert_eq!(answer["ok"], true, "{answer}");
        self.slack.open_view(ALICE).unwrap()
    }

    pub async fn until(&self, is_so: impl Fn(&World) -> bool) {
        self.slack
            .until(|_| is_so(self), Duration::from_secs(10))
            .await
            .unwrap();
    }
}

async fn receive(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let received = Received {
        path: uri.path().to_owned(),
        headers,
        body,
    };
    app.received.lock().unwrap().push(received.clone());
    if *app.hangs.lock().unwrap() {
        std::future::pending::<()>().await;
    }
    match app.respond.lock().unwrap().as_ref() {
        Some(respond) => respond(&received),
        None => "".into_response(),
    }
}

pub fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

pub fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

pub fn button(action_id: &str, label: &str) -> Value {
    json!({"type": "button", "action_id": action_id, "text": plain(label)})
}

pub fn actions(elements: Value) -> Value {
    json!({"type": "actions", "elements": elements})
}

pub fn modal(blocks: Value) -> Value {
    json!({"type": "modal", "callback_id": "ask", "title": plain("Clone"), "submit": plain("Go"), "blocks": blocks})
}
