//! The forms: behind a bare `/clone`, and behind the Extend button.

mod extend;

use std::collections::{BTreeMap, BTreeSet};

use domain::admission::Refusal;
use domain::request::{Wish, plain};
use domain::{CloneId, Lifetime, Policy};
use slack_morphism::prelude::*;

use crate::blocks::plain_text;
use crate::interaction::View;
use crate::message::Message;
use crate::text;

pub use extend::{EXTEND, extend, extend_error, read_extend};

/// The form's callback id.
pub const CREATE: &str = "doppel_create";

const SOURCE: &str = "source";
const CLASS: &str = "class";
const LIFETIME: &str = "lifetime";
const OPTIONS: &str = "options";
const DATA_API: &str = "data_api";

/// Slack's limit of options in a select.
const MAX_OPTIONS: usize = 100;

type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// The form: source, class, lifetime, options. `channel` is where the clone's message will go.
pub fn create(policy: &Policy, channel: &str) -> SlackView {
    let sources: Vec<Choice> = policy
        .sources
        .keys()
        .take(MAX_OPTIONS)
        .map(|name| choice(name.as_str(), name.as_str()))
        .collect();
    let classes: BTreeSet<String> = policy
        .sources
        .values()
        .flat_map(|source| source.classes.iter().map(ToString::to_string))
        .take(MAX_OPTIONS)
        .collect();
    let classes: Vec<Choice> = classes.iter().map(|class| choice(class, class)).collect();
    let only = sources.first().filter(|_| sources.len() == 1).cloned();
    let default = policy.only_source().and_then(|name| policy.sources.get(name));
    let default = default.map(|source| source.default_class.to_string());
    let default = default.and_then(|class| classes.iter().find(|choice| choice.value == class).cloned());

    let data_api = choice("RDS Data API", DATA_API);
    let blocks = vec![
        input(SOURCE, "Source", select(SOURCE, sources, only), None).into(),
        input(
            CLASS,
            "Class after masking",
            select(CLASS, classes, default),
            None,
        )
        .with_optional(true)
        .into(),
        input(
            LIFETIME,
            "Lifetime",
            lifetime_input(),
            Some(&lifetime_hint(policy)),
        )
        .into(),
        input(OPTIONS, "Options", checkboxes(data_api), None)
            .with_optional(true)
            .into(),
    ];
    SlackView::Modal(
        SlackModalView::new(plain_text("Clone a database", 24), blocks)
            .with_submit(plain_text("Clone", 24))
            .with_close(plain_text("Cancel", 24))
            .with_callback_id(CREATE.into())
            .with_private_metadata(text::plain(channel, 100)),
    )
}

/// Reads a filled form.
///
/// # Errors
/// What is wrong, by block id: Slack shows it at the field.
pub fn read(view: &View) -> Result<Wish, BTreeMap<String, String>> {
    let mut wish = Wish::default();
    let mut wrong = BTreeMap::new();
    for block in [SOURCE, CLASS, LIFETIME] {
        let Some(value) = view
            .state
            .text(block)
            .map(|value| plain(&value))
            .filter(|value| !value.is_empty())
        else {
            continue;
        };
        if let Err(error) = wish.set(block, &value) {
            wrong.insert(block.to_owned(), shown(&error.to_string()));
        }
    }
    let options = view.state.text(OPTIONS).unwrap_or_default();
    wish.options.data_api = options.split(' ').any(|option| option == DATA_API);
    if wrong.is_empty() { Ok(wish) } else { Err(wrong) }
}

/// A refusal of the policy, at the field that it is about.
pub fn at_field(refusal: &Refusal) -> BTreeMap<String, String> {
    let block = match refusal {
        Refusal::ClassNotAllowed { .. } => CLASS,
        Refusal::TooLong { .. } => LIFETIME,
        Refusal::NoProxy => OPTIONS,
        _ => SOURCE,
    };
    BTreeMap::from([(block.to_owned(), shown(&refusal.to_string()))])
}

/// What is about no field is shown at the first.
pub fn at_top(message: &Message) -> BTreeMap<String, String> {
    BTreeMap::from([(SOURCE.to_owned(), shown(&message.text))])
}

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

fn input(block: &str, label: &str, element: SlackInputBlockElement, hint: Option<&str>) -> SlackInputBlock {
    let mut input = SlackInputBlock::new(plain_text(label, 2_000), element).with_block_id(block.into());
    input.hint = hint.map(|hint| plain_text(hint, 2_000));
    input
}

fn select(action: &str, options: Vec<Choice>, initial: Option<Choice>) -> SlackInputBlockElement {
    let mut select = SlackBlockStaticSelectElement::new()
        .with_action_id(action.into())
        .with_options(options);
    select.initial_option = initial;
    SlackInputBlockElement::StaticSelect(select)
}

fn checkboxes(option: Choice) -> SlackInputBlockElement {
    let option = SlackBlockChoiceItem::new(option.text.into(), option.value);
    SlackInputBlockElement::Checkboxes(
        SlackBlockCheckboxesElement::new(vec![option]).with_action_id(OPTIONS.into()),
    )
}

fn lifetime_input() -> SlackInputBlockElement {
    SlackInputBlockElement::PlainTextInput(
        SlackBlockPlainTextInputElement::new()
            .with_action_id(LIFETIME.into())
            .with_initial_value(Lifetime::DEFAULT.to_string())
            .with_max_length(20),
    )
}

fn lifetime_hint(policy: &Policy) -> String {
    let most: Vec<String> = policy
        .sources
        .iter()
        .take(5)
        .map(|(name, source)| format!("{} for {name}", source.max_lifetime))
        .collect();
    format!("Hours or days, such as 4h or 3d. At most {}.", most.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(values: serde_json::Value) -> View {
        serde_json::from_value(json!({"callback_id": CREATE, "state": {"values": values}})).unwrap()
    }

    #[test]
    fn the_form_offers_what_the_policy_allows() {
        insta::assert_json_snapshot!(create(&crate::message::samples::policy(), "C0CLONES"));
    }

    #[test]
    fn a_filled_form_is_a_wish() {
        let view = filled(json!({
            "source": {"source": {"type": "static_select", "selected_option": {"value": "production"}}},
            "class": {"class": {"type": "static_select", "selected_option": null}},
            "lifetime": {"lifetime": {"type": "plain_text_input", "value": " “3d” "}},
            "options": {"options": {"type": "checkboxes", "selected_options": [{"value": "data_api"}]}},
        }));
        let wish = read(&view).unwrap();
        assert_eq!(wish.source.unwrap().as_str(), "production");
        assert_eq!((wish.class, wish.lifetime.unwrap().hours()), (None, 72));
        assert!(wish.options.data_api);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_field() {
        let view = filled(json!({
            "source": {"source": {"selected_option": {"value": "Prod!"}}},
            "lifetime": {"lifetime": {"value": "soon"}},
        }));
        let wrong = read(&view).unwrap_err();
        assert_eq!(wrong.keys().collect::<Vec<_>>(), ["lifetime", "source"]);
        let refusal = Refusal::NoProxy;
        assert_eq!(at_field(&refusal).keys().collect::<Vec<_>>(), ["options"]);
    }
}
