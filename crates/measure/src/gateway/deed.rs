//! What people do in Slack, as signed requests.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::Sha256;

/// What the gateway takes for Slack's signing key.
pub const SIGNING_KEY: &str = "a key for measurements alone";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Form, grammar, policy: no write.
    Help,
    /// Form and the JSON in it: no write.
    Closed,
    /// Form, JSON, policy, and one write to the table, which keeps the signature.
    Refused,
}

impl Deed {
    /// All, in the table's order.
    pub const ALL: [Self; 3] = [Self::Help, Self::Closed, Self::Refused];

    /// The bare server's path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Help => "/help",
            Self::Closed => "/closed",
            Self::Refused => "/refused",
        }
    }

    /// The gateway's path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Help => "/slack/commands",
            Self::Closed | Self::Refused => "/slack/interactions",
        }
    }

    /// Whether the gateway writes to the table before it answers. Then the time is mostly the embedded AWS's.
    pub fn writes(self) -> bool {
        self == Self::Refused
    }

    /// How many of so many requests are sent.
    pub fn share_of(self, requests: u32) -> u32 {
        if self.writes() { requests / 4 } else { requests }
    }

    /// Words of the answer that shows that the request was understood.
    pub fn heard(self) -> &'static str {
        match self {
            Self::Help => "/clone extend",
            Self::Closed => "",
            Self::Refused => "\"lifetime\":",
        }
    }

    /// A request like no other before it, signed now.
    pub fn request(self, path: &str) -> Request<Full<Bytes>> {
        static SENT: AtomicU64 = AtomicU64::new(0);
        let body = self.body(SENT.fetch_add(1, Ordering::Relaxed));
        let at = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let at = at.as_secs();
        let signature = sign(at, &body);
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = [
            ("host", "localhost".to_owned()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("x-slack-request-timestamp", at.to_string()),
            ("x-slack-signature", signature),
        ];
        for (name, value) in headers {
            if let Ok(value) = value.parse() {
                request.headers_mut().insert(name, value);
            }
        }
        request
    }

    fn body(self, number: u64) -> String {
        let trigger = format!("{number}.7391.48a6b0e2");
        let fields = match self {
            Self::Help => vec![
                ("token", "gIkuvaNzQIHg97ATvDxqgjtO".to_owned()),
                ("team_id", "T0001".to_owned()),
                ("team_domain", "example".to_owned()),
                ("channel_id", "C0CLONES".to_owned()),
                ("channel_name", "clones".to_owned()),
                ("user_id", "U0ALICE".to_owned()),
                ("user_name", "alice".to_owned()),
                ("command", "/clone".to_owned()),
                ("text", "help".to_owned()),
                ("api_app_id", "A0001".to_owned()),
                ("response_url", "https://hooks.slack.com/commands/1/2".to_owned()),
                ("trigger_id", trigger),
            ],
            Self::Closed => vec![("payload", form("view_closed", &trigger).to_string())],
            Self::Refused => vec![("payload", form("view_submission", &trigger).to_string())],
        };
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields).finish()
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Help => "/clone help",
            Self::Closed => "a form is closed",
            Self::Refused => "a filled form, refused: one write",
        })
    }
}

/// The form of a new clone, filled in; it asks for a day more than the policy allows.
fn form(kind: &str, trigger: &str) -> Value {
    let chosen = |value: &str| {
        json!({"type": "static_select", "selected_option":
        {"text": {"type": "plain_text", "text": value, "emoji": true}, "value": value}})
    };
    let block = |id: &str, label: &str| {
        json!({"type": "input", "block_id": id, "optional": false,
        "label": {"type": "plain_text", "text": label, "emoji": true}, "dispatch_action": true,
        "element": {"type": "static_select", "action_id": id}})
    };
    json!({
        "type": kind,
        "team": {"id": "T0001", "domain": "example"},
        "user": {"id": "U0ALICE", "username": "alice", "name": "alice", "team_id": "T0001"},
        "api_app_id": "A0001",
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "trigger_id": trigger,
        "view": {
            "id": "V0001", "team_id": "T0001", "type": "modal", "callback_id": slack::modal::CREATE,
            "hash": "1788000000.a1b2c3d4", "private_metadata": "C0CLONES",
            "title": {"type": "plain_text", "text": "Clone a database", "emoji": true},
            "blocks": [block("source", "Source"), block("class", "Class"), block("lifetime", "Lifetime")],
            "state": {"values": {
                "source": {"source": chosen("shop")},
                "class": {"class": chosen("db.t4g.medium")},
                "lifetime": {"lifetime": {"type": "plain_text_input", "value": "8d"}},
            }},
        },
        "response_urls": [],
        "is_enterprise_install": false,
    })
}

fn sign(at: u64, body: &str) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SIGNING_KEY.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{at}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}
