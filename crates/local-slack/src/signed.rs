use chrono::Utc;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A request to the gateway, signed as Slack signs: build it, bend what the spec is about, send it.
///
/// ```
/// let forged = local_slack::SignedRequest::form(&[("command", "/clone")]).secret("not Slack's").at(1_700_000_000);
/// assert!(forged.signature().starts_with("v0="));
/// ```
#[derive(Clone, Debug)]
pub struct SignedRequest {
    body: String,
    tampered: Option<String>,
    content_type: &'static str,
    timestamp: i64,
    secret: Option<String>,
    signature: Option<String>,
    headers: Vec<(String, String)>,
}

impl SignedRequest {
    /// A form body, as slash commands and interactions have it; signed now with the workspace's own secret.
    pub fn form(fields: &[(&str, &str)]) -> SignedRequest {
        let body = url_encode(fields.iter().copied());
        SignedRequest::raw(body, "application/x-www-form-urlencoded")
    }

    /// A JSON body, as events have it.
    pub fn json(body: &serde_json::Value) -> SignedRequest {
        SignedRequest::raw(body.to_string(), "application/json")
    }

    fn raw(body: String, content_type: &'static str) -> SignedRequest {
        SignedRequest {
            body,
            tampered: None,
            content_type,
            timestamp: Utc::now().timestamp(),
            secret: None,
            signature: None,
            headers: Vec::new(),
        }
    }

    /// Signs with another secret.
    pub fn secret(mut self, secret: &str) -> SignedRequest {
        self.secret = Some(secret.to_owned());
        self
    }

    /// Signs for another time, in seconds since the epoch.
    pub fn at(mut self, timestamp: i64) -> SignedRequest {
        self.timestamp = timestamp;
        self
    }

    /// Sends this signature, whatever the body; an empty one leaves the header out.
    pub fn with_signature(mut self, signature: &str) -> SignedRequest {
        self.signature = Some(signature.to_owned());
        self
    }

    /// Replaces the body after the signature was made: what a man in the middle would do.
    pub fn tampered(mut self, from: &str, to: &str) -> SignedRequest {
        self.tampered = Some(self.body.replace(from, to));
        self
    }

    /// The headers of Slack's `number`th retry, with its reason, e.g. `http_timeout`.
    pub fn retry(mut self, number: u32, reason: &str) -> SignedRequest {
        self.headers
            .push(("X-Slack-Retry-Num".into(), number.to_string()));
        self.headers.push(("X-Slack-Retry-Reason".into(), reason.into()));
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> SignedRequest {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The `X-Slack-Signature` that will be sent. The empty secret stands for one not chosen yet.
    pub fn signature(&self) -> String {
        match &self.signature {
            Some(signature) => signature.clone(),
            None => signature(
                self.secret.as_deref().unwrap_or_default(),
                self.timestamp,
                &self.body,
            ),
        }
    }

    /// The raw body that is signed.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Fills in the workspace's secret where the spec chose none.
    pub(crate) fn or_secret(mut self, secret: &str) -> SignedRequest {
        self.secret.get_or_insert_with(|| secret.to_owned());
        self
    }

    /// Turns it into a request to `url`.
    pub(crate) fn to_request(&self, http: &reqwest::Client, url: &str) -> reqwest::RequestBuilder {
        let mut request = http
            .post(url)
            .header("Content-Type", self.content_type)
            .header("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
            .header("X-Slack-Request-Timestamp", self.timestamp.to_string());
        let signature = self.signature();
        if !signature.is_empty() {
            request = request.header("X-Slack-Signature", signature);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.tampered.as_ref().unwrap_or(&self.body).clone())
    }
}

/// Slack's request signature: `v0=` and the hex HMAC-SHA256 of `v0:{timestamp}:{raw body}`.
pub fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    // HMAC takes a key of any length, so this never fails; an empty signature would only be refused.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

/// Form encoding.
pub(crate) fn url_encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
