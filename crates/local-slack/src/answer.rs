use std::collections::BTreeMap;

use crate::message::Message;

/// What came of something a person did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The HTTP status of the gateway's acknowledgement; none if there was none in time, or no call at all.
    pub status: Option<u16>,
    /// The body of that acknowledgement.
    pub body: String,
    /// What Slack shows when it went wrong: `operation_timeout`, `dispatch_failed`, `http_service_error`, …
    pub failure: Option<String>,
    /// The message that came of it at once: what the person said, or the command's answer.
    pub message: Option<Message>,
    /// What is wrong with a submitted modal: block id to sentence.
    pub field_errors: BTreeMap<String, String>,
}

impl Answer {
    /// Whether the app acknowledged (or none was asked) and took the input.
    pub fn is_ok(&self) -> bool {
        self.failure.is_none() && self.field_errors.is_empty()
    }

    /// The text of the message that came of it; empty if none did.
    pub fn text(&self) -> &str {
        self.message.as_ref().map_or("", |message| &message.text)
    }

    pub(crate) fn failed(name: &str) -> Answer {
        Answer {
            failure: Some(name.to_owned()),
            ..Answer::default()
        }
    }

    pub(crate) fn said(message: Option<Message>) -> Answer {
        Answer {
            message,
            ..Answer::default()
        }
    }
}
