//! Slack's faults, sorted into those that go away and those that do not.

use std::time::Duration;

use slack_morphism::errors::SlackClientError;

/// A call of Slack's Web API that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Slack asked to slow down.
    #[error("Slack asked to call `{method}` less often")]
    RateLimited {
        /// The method.
        method: &'static str,
        /// How long to wait, if Slack said.
        retry_after: Option<Duration>,
    },
    /// Slack did not answer, or had trouble of its own: the same call may succeed soon.
    #[error("Slack could not be reached for `{method}`, or had trouble of its own: {reason}")]
    Transient {
        /// The method.
        method: &'static str,
        /// What happened.
        reason: String,
    },
    /// Slack refused: the same call will not succeed by itself.
    #[error("Slack refused `{method}`: {code}")]
    Final {
        /// The method.
        method: &'static str,
        /// Slack's code, such as `channel_not_found` or `token_revoked`.
        code: String,
    },
    /// The client could not be built: no root certificates, or an address that is none.
    #[error("the client for Slack at `{url}` could not be built: {reason}")]
    Setup {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Transient { .. })
    }
}

impl Error {
    /// Whether a view was not replaced because it is another one by now.
    pub fn is_hash_conflict(&self) -> bool {
        matches!(self, Self::Final { code, .. } if code == "hash_conflict")
    }
}

impl Error {
    fn code(&self) -> Option<&str> {
        match self {
            Self::Final { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the token is no good any more: another one may be.
    pub fn is_about_the_token(&self) -> bool {
        self.code().is_some_and(|code| TOKEN.contains(&code))
    }

    /// Whether this channel cannot be written to: another one may be.
    pub fn is_about_the_channel(&self) -> bool {
        self.code().is_some_and(|code| CHANNEL.contains(&code))
    }

    /// Whether the message is no more, or may not be changed any more.
    pub fn is_about_the_message(&self) -> bool {
        self.code().is_some_and(|code| MESSAGE.contains(&code))
    }

    /// How long Slack wants to be left alone, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Codes that say that the token was revoked, has expired or is none.
const TOKEN: [&str; 5] = [
    "token_revoked",
    "token_expired",
    "invalid_auth",
    "not_authed",
    "account_inactive",
];

/// Codes that say that the app cannot write in this channel: it is gone or archived, the app was not invited or was
/// removed, or only some people may write there.
const CHANNEL: [&str; 6] = [
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "restricted_action",
    "restricted_action_read_only_channel",
    "no_permission",
];

/// Codes that say that somebody deleted the message, or that it is too old to be changed.
const MESSAGE: [&str; 3] = ["message_not_found", "cant_update_message", "edit_window_closed"];

/// Codes that say that Slack itself has trouble.
const PASSING: [&str; 6] = [
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    "ratelimited",
];

/// Sorts slack-morphism's errors. Their own texts quote whole bodies, which may hold what was said: left out.
pub(super) fn classified(method: &'static str, error: &SlackClientError) -> Error {
    let transient = |reason: String| Error::Transient { method, reason };
    match error {
        SlackClientError::RateLimitError(limit) => Error::RateLimited {
            method,
            retry_after: limit.retry_after,
        },
        SlackClientError::ApiError(api) if api.code == "ratelimited" => Error::RateLimited {
            method,
            retry_after: None,
        },
        SlackClientError::ApiError(api) if PASSING.contains(&api.code.as_str()) => {
            transient(api.code.clone())
        }
        SlackClientError::ApiError(api) => Error::Final {
            method,
            code: api.code.clone(),
        },
        SlackClientError::HttpError(http) if http.status_code.is_client_error() => Error::Final {
            method,
            code: http.status_code.to_string(),
        },
        SlackClientError::HttpError(http) => transient(http.status_code.to_string()),
        SlackClientError::ProtocolError(protocol) => {
            transient(format!("its answer cannot be read: {}", protocol.json_error))
        }
        _ => transient("the connection failed".to_owned()),
    }
}
