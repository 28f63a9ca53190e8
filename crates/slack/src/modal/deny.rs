//! The form behind the Deny button: why.

use std::collections::BTreeMap;

use domain::request::plain;
use domain::{CloneId, CloneRecord};
use slack_morphism::prelude::*;

use super::{input, read_id, shown};
use crate::blocks::{plain_text, section};
use crate::interaction::View;
use crate::message::{what, who};
use crate::text;

/// The form's callback id.
pub const DENY: &str = "doppel_deny";

const REASON: &str = "reason";

/// The longest reason, in characters.
const LONGEST: usize = 300;

/// The form, for a request that waits for an answer.
pub fn deny(clone: &CloneRecord) -> SlackView {
    let asks = format!(
        "{} asks for a clone of {}, to live {}.",
        who(&clone.principal),
        what(clone),
        clone.lifetime
    );
    let reason = SlackBlockPlainTextInputElement::new()
        .with_action_id(REASON.into())
        .with_multiline(true)
        .with_max_length(LONGEST as u64);
    let hint = plain_text("Everybody who sees the clone's message reads it.", 2_000);
    let blocks = vec![
        section(&asks),
        input(REASON, "Why not", SlackInputBlockElement::PlainTextInput(reason))
            .with_hint(hint)
            .with_optional(true)
            .into(),
    ];
    SlackView::Modal(
        SlackModalView::new(plain_text("Deny a request", 24), blocks)
            .with_submit(plain_text("Deny", 24))
            .with_close(plain_text("Cancel", 24))
            .with_callback_id(DENY.into())
            .with_private_metadata(clone.id.to_string()),
    )
}

/// Reads the filled form: which request, and why; the reason may be empty.
///
/// # Errors
/// What is wrong, by block id.
pub fn read_deny(view: &View) -> Result<(CloneId, String), BTreeMap<String, String>> {
    let id = read_id(view).map_err(|error| deny_error(&error))?;
    Ok((id, reason(&view.state.text(REASON).unwrap_or_default())))
}

/// A reason as it is kept: on one line, and no longer than one reads.
pub fn reason(text: &str) -> String {
    let text = plain(text);
    if text.trim().is_empty() {
        String::new()
    } else {
        text::plain(&text, LONGEST)
    }
}

/// A sentence at the form's only field.
pub fn deny_error(said: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(REASON.to_owned(), shown(said))])
}
