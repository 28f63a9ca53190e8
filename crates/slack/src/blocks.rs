//! Block Kit, built so that it stays inside Slack's limits whatever is put in.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks/>.

use slack_morphism::prelude::*;

use crate::text::{cut, plain};

/// The most blocks of a message.
pub const MAX_BLOCKS: usize = 50;
/// The longest text of a section.
pub const MAX_SECTION: usize = 3_000;
/// The longest field of a section, and the most fields.
pub const MAX_FIELD: (usize, usize) = (2_000, 10);
/// The longest label of a button.
pub const MAX_BUTTON: usize = 75;

/// A paragraph of mrkdwn.
pub fn section(text: &str) -> SlackBlock {
    SlackSectionBlock::new()
        .with_text(mrkdwn(text, MAX_SECTION))
        .into()
}

/// Names and values in two columns. The names are ours; the values must be harmless already.
pub fn fields(pairs: &[(&str, String)]) -> SlackBlock {
    let fields = pairs
        .iter()
        .take(MAX_FIELD.1)
        .map(|(name, value)| mrkdwn(&format!("*{name}*\n{value}"), MAX_FIELD.0))
        .collect();
    SlackSectionBlock::new().with_fields(fields).into()
}

/// Small print.
pub fn context(text: &str) -> SlackBlock {
    let element = SlackBlockMarkDownText::new(cut(text, MAX_SECTION)).with_verbatim(true);
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(element)]).into()
}

/// A row of buttons.
pub fn buttons(buttons: Vec<SlackBlockButtonElement>) -> SlackBlock {
    SlackActionsBlock::new(buttons.into_iter().map(SlackActionBlockElement::Button).collect()).into()
}

/// A button that says which clone it is for.
pub fn button(action: &str, label: &str, value: &str) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(plain_text(label, MAX_BUTTON))
        .with_action_id(action.into())
        .with_value(plain(value, 2_000))
}

/// What Slack asks before it sends on that a dangerous button was pressed.
pub fn confirm(title: &str, question: &str, yes: &str, no: &str) -> SlackBlockConfirmItem {
    SlackBlockConfirmItem::new(
        plain_text(title, 100),
        mrkdwn(question, 300),
        plain_text(yes, 30),
        plain_text(no, 30),
    )
    .with_style("danger".to_owned())
}

/// Plain text of at most that length.
pub fn plain_text(text: &str, limit: usize) -> SlackBlockPlainTextOnly {
    SlackBlockPlainTextOnly::from(plain(text, limit))
}

/// `verbatim` keeps Slack from making links and mentions of what merely looks like them.
fn mrkdwn(text: &str, limit: usize) -> SlackBlockText {
    SlackBlockMarkDownText::new(cut(text, limit))
        .with_verbatim(true)
        .as_block_text()
}
