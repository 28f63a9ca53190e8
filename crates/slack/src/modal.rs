//! The forms: behind a bare `/clone`, and behind the buttons Extend and Deny.

mod create;
mod deny;
mod extend;
#[cfg(test)]
mod tests;

use domain::CloneId;
use slack_morphism::prelude::*;

use crate::blocks::plain_text;
use crate::interaction::View;
use crate::message::Message;
use crate::text;

pub use create::{CREATE, Chosen, at_field, at_top, chosen, create, read};
pub use deny::{DENY, deny, deny_error, read_deny, reason};
pub use extend::{EXTEND, extend, extend_error, read_extend};

/// Slack's limit of options in a select.
const MAX_OPTIONS: usize = 100;

type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// What a form says once it did its work, in its place.
pub fn done(title: &str, message: &Message) -> SlackView {
    SlackView::Modal(
        SlackModalView::new(plain_text(title, 24), message.blocks.clone())
            .with_close(plain_text("Close", 24)),
    )
}

/// The clone that a form is about.
fn read_id(view: &View) -> Result<CloneId, String> {
    view.private_metadata
        .parse()
        .map_err(|error: domain::id::InvalidName| error.to_string())
}

/// Errors at a field are plain text.
fn shown(error: &str) -> String {
    text::plain(error, 150)
}

fn choice(label: &str, value: &str) -> Choice {
    SlackBlockChoiceItem::new(plain_text(label, 75), text::plain(value, 75))
}

fn input(block: &str, label: &str, element: SlackInputBlockElement) -> SlackInputBlock {
    SlackInputBlock::new(plain_text(label, 2_000), element).with_block_id(text::plain(block, 255).into())
}

fn select(action: &str, options: Vec<Choice>, initial: Option<Choice>) -> SlackInputBlockElement {
    let mut select = SlackBlockStaticSelectElement::new()
        .with_action_id(action.into())
        .with_options(options);
    select.initial_option = initial;
    SlackInputBlockElement::StaticSelect(select)
}
