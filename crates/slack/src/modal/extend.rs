//! The form behind the Extend button: how much longer, within what the policy leaves.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::cost::Prices;
use domain::lifetime::words;
use domain::request::plain;
use domain::{CloneId, CloneRecord, Lifetime};
use slack_morphism::prelude::*;

use super::{Choice, choice, input, read_id, select, shown};
use crate::blocks::{context, plain_text, section};
use crate::interaction::View;
use crate::message::about;
use crate::text::{code, date};

/// The form's callback id.
pub const EXTEND: &str = "doppel_extend";

const MORE: &str = "more";

/// What is offered, as far as it fits, beside the lifetime that was asked for and all that is left.
const OFFERED: [&str; 9] = ["1h", "4h", "12h", "1d", "2d", "3d", "7d", "14d", "30d"];

/// The form, for a clone that may live `left` longer. None if that is less than an hour.
pub fn extend(clone: &CloneRecord, left: TimeDelta, prices: &Prices) -> Option<SlackView> {
    let all: Lifetime = format!("{}h", left.num_hours()).parse().ok()?;
    let fixed = OFFERED.iter().filter_map(|text| text.parse().ok());
    let mut spans: Vec<Lifetime> = fixed.chain([clone.lifetime]).filter(|span| *span < all).collect();
    spans.push(all);
    spans.sort();
    spans.dedup();
    let label = |span: Lifetime| match prices.for_span(clone, span.span()) {
        Some(cost) => format!("{span} more, {}", about(cost)),
        None => format!("{span} more"),
    };
    let choices: Vec<Choice> = spans
        .iter()
        .map(|span| choice(&label(*span), &span.to_string()))
        .collect();
    let usual = clone.lifetime.min(all).to_string();
    let initial = choices.iter().find(|choice| choice.value == usual).cloned();
    let until = format!(
        "{} lives until {}.",
        code(clone.id.as_str()),
        date(clone.expires_at)
    );
    let blocks = vec![
        section(&until),
        input(MORE, "How much longer", select(MORE, choices, initial)).into(),
        context(&format!("The policy leaves it at most {} more.", words(left))),
    ];
    Some(SlackView::Modal(
        SlackModalView::new(plain_text("Extend a clone", 24), blocks)
            .with_submit(plain_text("Extend", 24))
            .with_close(plain_text("Cancel", 24))
            .with_callback_id(EXTEND.into())
            .with_private_metadata(clone.id.to_string()),
    ))
}

/// Reads the filled form: which clone, and how much longer.
///
/// # Errors
/// What is wrong, by block id.
pub fn read_extend(view: &View) -> Result<(CloneId, Lifetime), BTreeMap<String, String>> {
    let id = read_id(view).map_err(|error| extend_error(&error))?;
    let more = view.state.text(MORE).unwrap_or_default();
    let more = plain(&more)
        .parse()
        .map_err(|error: domain::lifetime::InvalidLifetime| extend_error(&error.to_string()))?;
    Ok((id, more))
}

/// A sentence at the form's only field.
pub fn extend_error(said: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(MORE.to_owned(), shown(said))])
}
