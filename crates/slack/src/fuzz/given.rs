//! What is typed and sent in the properties.

use domain::request::{Options, Wish};
use domain::{Lifetime, SourceName};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::command::{Command, IdPart};

const SOURCES: [&str; 3] = ["production", "analytics", "list"];

const CLASSES: [&str; 5] = [
    "db.r6g.large",
    "db.t4g.medium",
    "serverless:0-4",
    "serverless:0.5-16",
    "db.x2g.16xlarge",
];

pub fn sources() -> Vec<SourceName> {
    SOURCES.map(|name| name.parse().unwrap()).to_vec()
}

pub fn lifetime() -> impl Strategy<Value = Lifetime> {
    (1_u32..8_760).prop_map(|hours| format!("{hours}h").parse().unwrap())
}

pub fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{6}", "doppel-[a-z]{1,8}-20260131-[a-z0-9]{6}"]
}

pub fn wish() -> impl Strategy<Value = Wish> {
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

pub fn command() -> impl Strategy<Value = Command> {
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
pub fn written(command: &Command) -> String {
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
pub fn disguised(text: &str, how: &[u8]) -> String {
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
pub fn typed() -> impl Strategy<Value = String> {
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

/// JSON as people and chat tools write it, for a wish.
pub fn said_in_json(wish: &Wish, how: &[u8]) -> Value {
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

pub fn any_json() -> impl Strategy<Value = Value> {
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

/// A payload of Slack's with something in it replaced.
pub fn replaced(mut payload: Value, path: &[prop::sample::Index], by: Value) -> Value {
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

pub fn payload() -> Value {
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
