//! Whatever is typed or sent: nothing falls, and nothing is accepted that was not said.
//!
//! What a wrong accept would be:
//! - a command or request that is taken for something else than its canonical spelling says (what is accepted and
//!   written out again reads back as the same),
//! - a source, class, lifetime, clone or option that does not stand in the text,
//! - a deed other than the one that the first word names,
//! - a request that says who asks: only the gateway itself does.
//!
//! `cargo xtask fuzz` runs each of these with 100,000 cases; the ordinary suite with 256.

mod given;

use std::collections::BTreeSet;

use domain::request::Wish;
use domain::{Class, CloneId, Lifetime};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::chatbot;
use crate::command::{self, Command, IdPart};
use crate::interaction::{Interaction, View};
use crate::modal;
use crate::step::FunctionExecuted;
use given::{any_json, command, disguised, payload, replaced, said_in_json, sources, typed, wish, written};

/// A text without what may be added to a word without a change of its meaning.
fn bare(text: &str) -> String {
    text.to_lowercase()
        .replace(['–', '—', '−'], "-")
        .replace('_', "-")
}

/// Nothing was accepted that does not stand in the text.
fn stands_in(text: &str, command: &Command) -> Result<(), TestCaseError> {
    let bare = bare(text);
    let says = |word: &str| bare.contains(word);
    match command {
        Command::Open => {
            let silent = |c: char| c.is_whitespace() || "\"'`-–—−“”„‟‘’«»".contains(c);
            prop_assert!(text.chars().all(silent), "opened by {text:?}");
        }
        Command::Create(wish) => {
            prop_assert_eq!(&wish.request, &None);
            prop_assert!(wish.source.as_ref().is_none_or(|source| says(source.as_str())));
            prop_assert!(
                wish.class.as_ref().is_none_or(|class| spelled(&bare, class)),
                "{class:?}",
                class = wish.class
            );
            let is_said = |lifetime: Lifetime| {
                let hours = lifetime.hours();
                says(&hours.to_string()) || hours % 24 == 0 && says(&(hours / 24).to_string())
            };
            prop_assert!(wish.lifetime.is_none_or(is_said), "{:?}", wish.lifetime);
            prop_assert!(!wish.options.data_api || says("data-api"));
            prop_assert!(!wish.options.proxy || says("proxy"));
        }
        Command::List => prop_assert!(says("list") || says("ls")),
        Command::Help => prop_assert!(says("help") || says("?")),
        Command::Show(id) => prop_assert!(says("show") && says(id.as_str())),
        Command::Delete(id) => prop_assert!((says("delete") || says("rm")) && says(id.as_str())),
        Command::Extend(id, _) => prop_assert!(says("extend") && says(id.as_str())),
    }
    Ok(())
}

/// A range may be written `0.0-4`; its digits stand in the text all the same.
fn spelled(bare: &str, class: &Class) -> bool {
    match class {
        Class::Instance(name) => bare.contains(name.as_str()),
        Class::Serverless(range) => {
            let has = |part: f64| bare.contains(&part.trunc().to_string());
            bare.contains("serverless:") && has(range.least()) && has(range.most())
        }
    }
}

const FIELDS: [&str; 11] = [
    "source",
    "cluster",
    "class",
    "db_instance_class",
    "instance_class",
    "lifetime",
    "for",
    "expire_days",
    "data_api",
    "proxy",
    "request",
];

/// Whether a field of a request says anything.
fn is_said(value: &Value) -> bool {
    !value.is_null()
        && value
            .as_str()
            .is_none_or(|text| !domain::request::plain(text).is_empty())
}

proptest! {
    #[test]
    fn fuzz_a_canonical_command_reads_back_in_any_disguise(command in command(), how in prop::collection::vec(any::<u8>(), 12)) {
        let text = written(&command);
        prop_assert_eq!(command::parse(&text, &sources()), Ok(command.clone()));
        let disguise = disguised(&text, &how);
        prop_assert_eq!(command::parse(&disguise, &sources()), Ok(command), "{}", disguise);
    }

    #[test]
    fn fuzz_a_command_says_nothing_that_was_not_typed(text in typed()) {
        if let Ok(command) = command::parse(&text, &sources()) {
            stands_in(&text, &command)?;
            prop_assert_eq!(command::parse(&written(&command), &sources()), Ok(command));
        }
    }

    #[test]
    fn fuzz_a_wish_reads_back_from_json_in_any_spelling(wish in wish(), how in prop::collection::vec(any::<u8>(), 16)) {
        prop_assert_eq!(Wish::read(&wish.to_input()), Ok(wish.clone()));
        let said = said_in_json(&wish, &how);
        prop_assert_eq!(Wish::read(&said), Ok(wish), "{}", said);
    }

    #[test]
    fn fuzz_json_of_any_kind_is_a_wish_only_by_the_fields_of_one(value in any_json()) {
        let Ok(wish) = Wish::read(&value) else { return Ok(()) };
        let said: BTreeSet<String> = value.as_object().into_iter().flatten()
            .filter(|(_, value)| is_said(value))
            .map(|(key, _)| bare(&domain::request::plain(key)).replace('-', "_"))
            .collect();
        prop_assert!(said.iter().all(|key| FIELDS.contains(&key.as_str())), "accepted: {:?}", said);
        let has = |names: &[&str]| names.iter().any(|name| said.contains(*name));
        prop_assert_eq!(wish.source.is_some(), has(&FIELDS[..2]));
        prop_assert_eq!(wish.class.is_some(), has(&FIELDS[2..5]));
        prop_assert_eq!(wish.lifetime.is_some(), has(&FIELDS[5..8]));
        prop_assert_eq!(wish.request.is_some(), has(&FIELDS[10..]));
        prop_assert_eq!(Wish::read(&wish.to_input()), Ok(wish));
    }

    #[test]
    fn fuzz_the_input_of_an_aws_command_is_taken_as_it_stands(value in any_json(), name in prop::option::of("[A-Za-z0-9_-]{1,80}")) {
        let value = if value.is_object() || value.is_array() { value } else { json!({ "expire_days": value }) };
        let arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:doppel-clone";
        let name_said = name.as_ref().map(|name| format!(" --name {name}")).unwrap_or_default();
        let text = format!("@aws stepfunctions start-execution --input {value}{name_said} --state-machine-arn {arn}");
        let read = chatbot::parse(&text);
        if name.as_ref().is_some_and(|name| name.starts_with("--")) {
            return Ok(());
        }
        let read = read.map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(read.input, value.to_string());
        prop_assert_eq!((read.arn.as_str(), read.name), (arn, name));
    }

    #[test]
    fn fuzz_an_aws_command_is_a_start_execution_or_none(text in "(@aws )?(stepfunctions |sfn |s3 )?(start-execution |stop-execution )?(--state-machine-arn[ =][a-z:]{0,6} ?|--input [{}\"'“”a:\\\\ ]{0,12}|--name x|—region y|--person z| ){0,5}\\PC{0,8}") {
        if let Ok(read) = chatbot::parse(&text) {
            let is_one = text.trim_start().starts_with("@aws") && text.contains("start-execution");
            prop_assert!(is_one && !text.contains("--person z "), "{text}");
            prop_assert!(text.contains(&read.arn) && !read.arn.is_empty());
            let is_empty = read.input == "{}";
            prop_assert!(is_empty || text.contains(&read.input));
        }
    }

    #[test]
    fn fuzz_payloads_of_any_kind_make_nothing_fall(
        path in prop::collection::vec(any::<prop::sample::Index>(), 1..7),
        by in any_json(),
        whole in any_json(),
    ) {
        for value in [replaced(payload(), &path, by), whole] {
            let _ = serde_json::from_value::<FunctionExecuted>(value.clone());
            let Ok(deed) = Interaction::read(&value.to_string()) else { continue };
            prop_assert_eq!(Some(deed.kind.as_str()), value["type"].as_str());
            prop_assert_eq!(Some(deed.user.id.as_str()), value["user"]["id"].as_str(), "who did it is who Slack says");
            for action in &deed.actions {
                if let Some(id) = action.value.as_deref().and_then(|value| IdPart::read(value).ok()) {
                    prop_assert!(id.as_str().len() == 6 || id.whole().is_some());
                }
            }
            let view: View = deed.view.unwrap_or_default();
            let _ = modal::chosen(&view);
            if let Ok(wish) = modal::read(&view) {
                prop_assert_eq!(wish.request, None);
            }
            if let Ok((id, _)) = modal::read_extend(&view) {
                prop_assert_eq!(view.private_metadata.parse::<CloneId>(), Ok(id));
            }
        }
    }
}
