//! The form behind a bare `/clone`: source, class, lifetime, options, and what it will cost.

use std::collections::BTreeMap;

use domain::admission::Refusal;
use domain::cost::{Prices, Size};
use domain::policy::Source;
use domain::request::{Wish, plain};
use domain::{Class, Lifetime, Policy, SourceName};
use slack_morphism::prelude::*;

use super::{Choice, MAX_OPTIONS, choice, input, select, shown};
use crate::blocks::{context, plain_text, section};
use crate::interaction::View;
use crate::message::{Message, dollars, prices_of};
use crate::text::{self, code};

/// The form's callback id.
pub const CREATE: &str = "doppel_create";

const SOURCE: &str = "source";
const CLASS: &str = "class";
const LIFETIME: &str = "lifetime";
const OPTIONS: &str = "options";
const DATA_API: &str = "data_api";

/// The lifetimes that are offered, beside the default and the policy's most.
const LIFETIMES: [&str; 9] = ["1h", "2h", "4h", "8h", "1d", "2d", "3d", "7d", "14d"];

/// What is filled in so far, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The source.
    pub source: Option<SourceName>,
    /// The class.
    pub class: Option<Class>,
    /// The lifetime.
    pub lifetime: Option<Lifetime>,
}

/// The form. `channel` is where the clone's message will go. It is made anew whenever a choice changes, because
/// each source has its own classes and limits, and each choice its own price.
pub fn create(policy: &Policy, prices: &Prices, channel: &str, chosen: &Chosen) -> SlackView {
    let sources: Vec<Choice> = policy
        .sources
        .keys()
        .take(MAX_OPTIONS)
        .map(|name| choice(name.as_str(), name.as_str()))
        .collect();
    let named = chosen.source.as_ref().or_else(|| policy.only_source());
    let initial = named.and_then(|name| {
        sources
            .iter()
            .find(|choice| choice.value == name.as_str())
            .cloned()
    });
    let mut blocks: Vec<SlackBlock> = vec![acting(SOURCE, "Source", select(SOURCE, sources, initial))];
    match named.and_then(|name| Some((name, policy.sources.get(name)?))) {
        Some((name, source)) => blocks.extend(choices(name, source, prices, chosen)),
        None => blocks.push(context(
            "Classes, lifetimes and the cost show once the source is chosen.",
        )),
    }
    SlackView::Modal(
        SlackModalView::new(plain_text("Clone a database", 24), blocks)
            .with_submit(plain_text("Clone", 24))
            .with_close(plain_text("Cancel", 24))
            .with_callback_id(CREATE.into())
            .with_private_metadata(text::plain(channel, 100)),
    )
}

/// The blocks that depend on the source. Their ids name it: Slack keeps what is chosen in a block of the same id,
/// and another source may not offer it.
fn choices(name: &SourceName, source: &Source, prices: &Prices, chosen: &Chosen) -> Vec<SlackBlock> {
    let class = chosen
        .class
        .as_ref()
        .filter(|class| source.classes.contains(class));
    let class = class.unwrap_or(&source.default_class);
    let lifetime = chosen
        .lifetime
        .filter(|lifetime| *lifetime <= source.max_lifetime);
    let lifetime = lifetime.unwrap_or_else(|| Lifetime::DEFAULT.min(source.max_lifetime));

    let classes: Vec<Choice> = source
        .classes
        .iter()
        .take(MAX_OPTIONS)
        .map(|class| choice(&class_label(source, class, prices), &class.to_string()))
        .collect();
    let fixed = LIFETIMES.iter().filter_map(|text| text.parse().ok());
    let mut lifetimes: Vec<Lifetime> = fixed.chain([lifetime, source.max_lifetime]).collect();
    lifetimes.retain(|lifetime| *lifetime <= source.max_lifetime);
    lifetimes.sort();
    lifetimes.dedup();
    let lifetimes: Vec<Choice> = lifetimes
        .iter()
        .map(|l| choice(&l.to_string(), &l.to_string()))
        .collect();

    let at = |choices: &[Choice], value: String| choices.iter().find(|choice| choice.value == value).cloned();
    let (this_class, this_life) = (
        at(&classes, class.to_string()),
        at(&lifetimes, lifetime.to_string()),
    );
    vec![
        acting(
            &format!("{CLASS}-{name}"),
            "Class after masking",
            select(CLASS, classes, this_class),
        ),
        acting(
            &format!("{LIFETIME}-{name}"),
            "Lifetime",
            select(LIFETIME, lifetimes, this_life),
        ),
        input(OPTIONS, "Options", checkbox("RDS Data API", DATA_API))
            .with_optional(true)
            .into(),
        section(&estimate(source, prices, class, lifetime)),
        context(&origin(source, prices)),
    ]
}

/// What the whole lifetime costs.
fn estimate(source: &Source, prices: &Prices, class: &Class, lifetime: Lifetime) -> String {
    let (shown, Some((_, most))) = (
        code(&class.to_string()),
        prices.per_hour(source.engine, source.storage, class),
    ) else {
        return format!(
            "*Cost:* unknown; there is no price for {}.",
            code(&class.to_string())
        );
    };
    let total = dollars(most * lifetime.hours() as f64);
    let at_most = if class.acu().is_some() {
        "at most "
    } else {
        "about "
    };
    format!("*Cost:* {at_most}*{total}* for {lifetime} on {shown}.")
}

/// What the estimate leaves out, and where its prices come from.
fn origin(source: &Source, prices: &Prices) -> String {
    let class = code(&source.masking_class.to_string());
    let masking = match prices.per_hour(source.engine, source.storage, &source.masking_class) {
        Some((_, most)) => format!("{} an hour", dollars(most)),
        None => "an unknown price".to_owned(),
    };
    format!(
        "While it is cloned and masked it runs on {class}, at {masking}{}.",
        prices_of(prices)
    )
}

/// `db.r6g.large · 2 vCPU, 16 GiB · $0.31 an hour`, as far as it is known.
fn class_label(source: &Source, class: &Class, prices: &Prices) -> String {
    let mut label = class.to_string();
    if let Some(Size { vcpu, memory_gib }) = prices.sizes.get(class.instance_class()) {
        label.push_str(&format!(" · {vcpu} vCPU, {memory_gib} GiB"));
    }
    if let Some(range) = class.acu() {
        // One ACU is about 2 GiB of memory with the CPU that goes with it.
        label.push_str(&format!(" · up to {} GiB", range.most() * 2.0));
    }
    match prices.per_hour(source.engine, source.storage, class) {
        Some((least, most)) if least < most => {
            label.push_str(&format!(" · {} to {} an hour", dollars(least), dollars(most)));
        }
        Some((_, most)) => label.push_str(&format!(" · {} an hour", dollars(most))),
        None => label.push_str(" · price unknown"),
    }
    label
}

/// What is filled in so far: for the next estimate. What cannot be read is not chosen.
pub fn chosen(view: &View) -> Chosen {
    let text = |block| {
        view.state
            .text(block)
            .map(|value| plain(&value))
            .unwrap_or_default()
    };
    Chosen {
        source: text(SOURCE).parse().ok(),
        class: text(CLASS).parse().ok(),
        lifetime: text(LIFETIME).parse().ok(),
    }
}

/// Reads a filled form.
///
/// # Errors
/// What is wrong, by block id: Slack shows it at the field.
pub fn read(view: &View) -> Result<Wish, BTreeMap<String, String>> {
    let mut wish = Wish::default();
    let mut wrong = BTreeMap::new();
    for field in [SOURCE, CLASS, LIFETIME] {
        let value = view.state.text(field).map(|value| plain(&value));
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            continue;
        };
        if let Err(error) = wish.set(field, &value) {
            wrong.insert(view.state.block(field), shown(&error.to_string()));
        }
    }
    let options = view.state.text(OPTIONS).unwrap_or_default();
    wish.options.data_api = options.split(' ').any(|option| option == DATA_API);
    if wrong.is_empty() { Ok(wish) } else { Err(wrong) }
}

/// A refusal of the policy, at the field that it is about.
pub fn at_field(view: &View, refusal: &Refusal) -> BTreeMap<String, String> {
    let field = match refusal {
        Refusal::ClassNotAllowed { .. } => CLASS,
        Refusal::TooLong { .. } => LIFETIME,
        Refusal::NoProxy(_) | Refusal::ProxyKeepsAwake(_) | Refusal::NoDataApi { .. } => OPTIONS,
        _ => SOURCE,
    };
    BTreeMap::from([(view.state.block(field), shown(&refusal.to_string()))])
}

/// What is about no field is shown at the first.
pub fn at_top(message: &Message) -> BTreeMap<String, String> {
    BTreeMap::from([(SOURCE.to_owned(), shown(&message.text))])
}

/// An input that tells the app at once when it changes.
fn acting(block: &str, label: &str, element: SlackInputBlockElement) -> SlackBlock {
    input(block, label, element).with_dispatch_action(true).into()
}

fn checkbox(label: &str, value: &str) -> SlackInputBlockElement {
    let option = choice(label, value);
    let option = SlackBlockChoiceItem::new(option.text.into(), option.value);
    SlackInputBlockElement::Checkboxes(
        SlackBlockCheckboxesElement::new(vec![option]).with_action_id(OPTIONS.into()),
    )
}
