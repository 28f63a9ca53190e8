//! Requests that are proven to come from Slack.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use slack_morphism::signature_verifier::SlackEventSignatureVerifier as Verifier;

use crate::{Deps, REMEMBERING, within};

/// The largest body that is read: a hundred times what Slack sends.
const MAX_BODY: usize = 256 * 1024;

/// How long a signature is remembered: longer than it is valid, by the wall clock.
const REMEMBERED_SECONDS: f64 = 900.0;

/// The body of a request that Slack signed within the last five minutes.
///
/// It may be a replay: [`Signed::is_new_here`] must say otherwise, and before anything is changed
/// [`Signed::is_not_replayed`].
pub(crate) struct Signed {
    /// The body.
    pub body: String,
    signature: String,
    is_retry: bool,
}

/// What a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Form,
    Json,
}

/// A request that is not answered by its route.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the signature is missing, wrong, too old or was seen before")]
    NotSlack,
    #[error("the body is larger than {MAX_BODY} bytes")]
    TooLarge,
    #[error("the body broke off")]
    BrokeOff,
    #[error("this route takes {}", .0.name())]
    ContentType(Kind),
    #[error("the body cannot be read")]
    Unreadable,
    #[error("try again later")]
    NotNow,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }

    fn is_of(self, headers: &HeaderMap) -> bool {
        let given = header_text(headers, header::CONTENT_TYPE.as_str())
            .split(';')
            .next()
            .unwrap_or_default();
        given.trim().eq_ignore_ascii_case(self.name())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotSlack => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokeOff | Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::NotNow => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, format!("{self}\n")).into_response()
    }
}

impl FromRequest<Arc<Deps>> for Signed {
    type Rejection = Refused;

    async fn from_request(request: Request, deps: &Arc<Deps>) -> Result<Self, Refused> {
        let kind = if request.uri().path().ends_with("/events") {
            Kind::Json
        } else {
            Kind::Form
        };
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, MAX_BODY)
            .await
            .map_err(|error| too_large_or_broken(&error))?;
        let body = String::from_utf8(bytes.into()).map_err(|_| Refused::NotSlack)?;
        let signature = header_text(&parts.headers, Verifier::SLACK_SIGNED_HASH_HEADER);
        let timestamp = header_text(&parts.headers, Verifier::SLACK_SIGNED_TIMESTAMP);
        deps.verifier
            .verify(signature, &body, timestamp)
            .map_err(|_| Refused::NotSlack)?;
        if !kind.is_of(&parts.headers) {
            return Err(Refused::ContentType(kind));
        }
        let is_retry = parts.headers.contains_key("x-slack-retry-num");
        Ok(Self {
            signature: signature.to_owned(),
            is_retry,
            body,
        })
    }
}

impl Signed {
    /// A field of a form, the last of that name. Slack's names need no escape.
    pub fn field(&self, name: &str) -> Option<String> {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.rev().find(|(known, _)| *known == name)?;
        // Only a browser's form has blanks that are no `%20`, and Slack's payloads mostly have none.
        let value = match value.contains('+') {
            true => Cow::Owned(value.replace('+', " ")),
            false => Cow::Borrowed(value),
        };
        let decoded = urlencoding::decode_binary(value.as_bytes()).into_owned();
        let text = String::from_utf8(decoded);
        Some(text.unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned()))
    }

    /// Refuses a request that this process has taken already. Slack's own retries are let through: whatever they ask
    /// for is done once, by its trigger, so that a replay that calls itself a retry does nothing.
    ///
    /// It writes nothing to the table, and is enough for what changes nothing and tells its sender nothing but what
    /// everybody is told: another process would answer the replay as this one answered the request.
    ///
    /// # Errors
    /// [`Refused::NotSlack`] for a replay.
    pub fn is_new_here(&self, deps: &Deps) -> Result<(), Refused> {
        match deps.seen.is_first(&self.signature) || self.is_retry {
            true => Ok(()),
            false => Err(Refused::NotSlack),
        }
    }

    /// Remembers the signature in the table, and refuses one that any process has remembered: before anything is
    /// changed, and before anything is told that not everybody is.
    ///
    /// # Errors
    /// [`Refused::NotSlack`] for a replay, [`Refused::NotNow`] when the table cannot be asked.
    pub async fn is_not_replayed(&self, deps: &Deps) -> Result<(), Refused> {
        let remembered = TimeDelta::seconds((REMEMBERED_SECONDS * deps.clock.speed()) as i64);
        let key = format!("signature/{}", self.signature);
        let first = within(REMEMBERING, async {
            Ok(Box::pin(deps.records.once(&key, remembered)).await?)
        });
        match first.await {
            Ok(false) if !self.is_retry => Err(Refused::NotSlack),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::error!("a request was not taken: {}", runtime::chain(&error));
                Err(Refused::NotNow)
            }
        }
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn too_large_or_broken(error: &axum::Error) -> Refused {
    let said = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    if said.contains("length limit") {
        Refused::TooLarge
    } else {
        Refused::BrokeOff
    }
}
