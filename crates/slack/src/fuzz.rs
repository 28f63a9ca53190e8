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

use std::collections::BTreeSet;

use domain::request::{Options, Wish};
use domain::{Class, CloneId, Lifetime, SourceName};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::chatbot;
use crate::command::{self, Command, IdPart};
use crate::interaction::{Interaction, View};
use crate::modal;
use crate::step::FunctionExecuted;

const SOURCES: [&str; 3] = ["production", "analytics", "list"];
const CLASSES: [&str; 5] = [
    "db.r6g.large",
    "db.t4g.medium",
    "serverless:0-4",
    "serverless:0.5-16",
    "db.x2g.16xlarge",
];

fn sources() -> Vec<SourceName> {
    SOURCES.map(|name| name.parse().unwrap()).to_vec()
}

fn lifetime() -> impl Strategy<Value = Lifetime> {
    (1_u32..8_760).prop_map(|hours| format!("{hours}h").parse().unwrap())
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{6}", "doppel-[a-z]{1,8}-20260131-[a-z0-9]{6}"]
}

fn wish() -> impl Strategy<Value = Wish> {
    let source = prop::option::of(prop::sample::select(SOURCES.to_vec()));
    let class = prop::option::of(prop::sample::select(CLASSES.to_vec()));
    (
        source,
        class,
        prop::option::of(lifetime()),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(source, class, lifetime, data_api, proxy)| Wish {
            source: source.map(|name| name.parse().unwrap()),
            class: class.map(|class| class.parse().unwrap()),
            lifetime,
            options: Options { data_api, proxy },
            request: None,
        })
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => wish().prop_map(|wish| if wish == Wish::default() { Command::Open } else { Command::Create(wish) }),
        1 => Just(Command::List),
        1 => Just(Command::Help),
        1 => id().prop_map(|id| Command::Show(IdPart::read(&id).unwrap())),
        1 => id().prop_map(|id| Command::Delete(IdPart::read(&id).unwrap())),
        1 => (id(), lifetime()).prop_map(|(id, more)| Command::Extend(IdPart::read(&id).unwrap(), more)),
    ]
}

/// The canonical spelling.
fn written(command: &Command) -> String {
    match command {
        Command::Open => String::new(),
        Command::Create(wish) => {
            let mut words = vec!["create".to_owned()];
            words.extend(wish.source.iter().map(|source| format!("source={source}")));
            words.extend(wish.class.iter().map(|class| format!("class={class}")));
            words.extend(wish.lifetime.iter().map(|lifetime| format!("for={lifetime}")));
            words.extend(wish.options.data_api.then(|| "data-api".to_owned()));
            words.extend(wish.options.proxy.then(|| "proxy".to_owned()));
            words.join(" ")
        }
        Command::List => "list".into(),
        Command::Help => "help".into(),
        Command::Show(id) => format!("show {}", id.as_str()),
        Command::Delete(id) => format!("delete {}", id.as_str()),
        Command::Extend(id, more) => format!("extend {} {more}", id.as_str()),
    }
}

/// What keyboards, chat tools and people make of a spelling without changing what it means.
fn disguised(text: &str, how: &[u8]) -> String {
    let mut how = how.iter().copied().cycle();
    let mut next = || how.next().unwrap_or_default();
    let word = |word: &str, how: u8| match how % 8 {
        0 => format!("“{word}”"),
        1 => format!("‘{word}’"),
        2 => format!("`{word}`"),
        3 => word.replace('-', "–"),
        4 => word.replacen('=', "=“", 1) + if word.contains('=') { "”" } else { "" },
        5 if word.contains('=') || word.starts_with(char::is_alphabetic) => format!("--{word}"),
        6 if word.contains('.') && !word.contains('=') => format!("<http://{word}|{word}>"),
        _ => word.to_owned(),
    };
    let words: Vec<String> = text.split(' ').map(|text| word(text, next())).collect();
    let gap = [" ", "  ", "\t", "\u{a0}", "\u{3000}"][next() as usize % 5];
    words.join(gap)
}

/// Text near the grammar: its words, damaged and mixed.
fn typed() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "production",
        "analytics",
        "list",
        "show",
        "extend",
        "delete",
        "help",
        "create",
        "for",
        "by",
        "class=",
        "source=",
        "for=",
        "request=",
        "data-api",
        "proxy",
        "data_api=no",
        "db.r6g.large",
        "serverless:0-4",
        "3d",
        "8",
        "hours",
        "k3x9qa",
        "doppel-production-20260131-k3x9qa",
        "<!channel>",
        "<http://a|",
        ">",
        "“",
        "”",
        "--",
        "-",
        "=",
        "`",
        "\u{202e}",
        "３ｄ",
        "Production",
        "is",
        "not",
        "dont",
    ]);
    let piece = prop_oneof![6 => word.prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => Just(" ".to_owned())];
    let near = (prop::collection::vec(piece, 0..9), any::<bool>());
    let near = near.prop_map(|(pieces, apart)| pieces.join(if apart { " " } else { "" }));
    let damaged =
        (command(), any::<prop::sample::Index>(), "\\PC?", 0_u8..3).prop_map(|(command, at, c, how)| {
            let mut chars: Vec<char> = written(&command).chars().collect();
            if chars.is_empty() {
                return c;
            }
            let at = at.index(chars.len());
            match how {
                0 => drop(chars.remove(at)),
                1 => chars.splice(at..at, c.chars()).for_each(drop),
                _ => chars.splice(at..=at, c.chars()).for_each(drop),
            }
            chars.into_iter().collect()
        });
    prop_oneof![3 => near, 2 => damaged, 1 => "\\PC{0,80}"]
}

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

/// JSON as people and chat tools write it, for a wish.
fn said_in_json(wish: &Wish, how: &[u8]) -> Value {
    let mut how = how.iter().copied().cycle();
    let mut next = || how.next().unwrap_or_default() as usize;
    let mut object = Map::new();
    let keys: [(&[&str], Option<String>); 5] = [
        (
            &["source", "cluster", "Source", "“source”"],
            wish.source.as_ref().map(ToString::to_string),
        ),
        (
            &["class", "db_instance_class", "db-instance-class", "CLASS"],
            wish.class.as_ref().map(ToString::to_string),
        ),
        (
            &["lifetime", "for", "expire_days", " expire_days "],
            wish.lifetime.map(|life| life.to_string()),
        ),
        (
            &["data_api", "data-api", "Data_API", "data_api"],
            wish.options.data_api.then(|| "true".to_owned()),
        ),
        (
            &["proxy", "Proxy", " proxy", "proxy"],
            wish.options.proxy.then(|| "yes".to_owned()),
        ),
    ];
    for (names, value) in keys {
        let name = names[next() % names.len()].to_owned();
        let Some(value) = value else {
            let silence = [Value::Null, json!(""), json!(" “” ")];
            if next() % 2 == 0 {
                object.insert(name, silence[next() % silence.len()].clone());
            }
            continue;
        };
        let days = value.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
        let value = match (next() % 5, days) {
            (0, Some(days)) => json!(days),
            (1, Some(days)) => json!(days as f64),
            (2, _) if value == "true" => json!(true),
            (3, _) => json!(format!(" “{value}” ")),
            (4, _) => json!(format!("‘{value}")),
            _ => json!(value),
        };
        object.insert(name, value);
    }
    Value::Object(object)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "production",
            "db.r6g.large",
            "3d",
            "3",
            "true",
            "U0BOSS",
            "“3”"
        ])
        .prop_map(Value::from),
    ];
    let key = prop_oneof![
        4 => prop::sample::select(vec![
            "source", "class", "db_instance_class", "lifetime", "expire_days", "data_api", "proxy", "person", "request",
            "approved_by", "principal", "type", "user", "id", "actions", "action_id", "value", "view", "state", "values",
            "callback_id", "private_metadata", "selected_option", "more", "channel", "inputs", "function",
            "function_execution_id",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
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

/// A payload of Slack's with something in it replaced.
fn replaced(mut payload: Value, path: &[prop::sample::Index], by: Value) -> Value {
    let mut place = &mut payload;
    for index in path {
        let has_inside = match &*place {
            Value::Object(object) => !object.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        if !has_inside {
            break;
        }
        place = match place {
            Value::Object(object) => {
                let at = index.index(object.len());
                match object.values_mut().nth(at) {
                    Some(inner) => inner,
                    None => return payload,
                }
            }
            Value::Array(items) => {
                let at = index.index(items.len());
                &mut items[at]
            }
            other => other,
        };
    }
    *place = by;
    payload
}

fn payload() -> Value {
    json!({
        "type": "view_submission", "user": {"id": "U0ALICE"}, "trigger_id": "1.2", "channel": {"id": "C0CLONES"},
        "container": {"channel_id": "C0CLONES", "message_ts": "1.0"}, "response_url": "https://hooks.slack.com/x",
        "actions": [{"action_id": "doppel_extend", "value": "doppel-production-20260131-k3x9qa"}],
        "view": {
            "id": "V1", "hash": "1.a", "callback_id": "doppel_create", "private_metadata": "doppel-a-20260131-abcdef",
            "state": {"values": {
                "source": {"source": {"selected_option": {"value": "production"}}},
                "class-production": {"class": {"selected_option": {"value": "db.r6g.large"}}},
                "lifetime": {"lifetime": {"value": "“3d”"}},
                "options": {"options": {"selected_options": [{"value": "data_api"}]}},
                "more": {"more": {"selected_option": {"value": "4h"}}},
            }},
        },
    })
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
