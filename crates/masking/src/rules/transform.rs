//! From a TOML value to a transform.

use std::ops::Range;

use toml::de::DeValue;

use super::parse::{Fault, Value, in_order, nearest};
use crate::transform::{InvalidPath, Locale, NAMES, Part, Path, Transform};

pub(super) fn transform(value: &Value<'_>) -> Result<Transform, Fault> {
    match value.get_ref() {
        DeValue::String(name) => by_name(name, value),
        DeValue::Table(table) => {
            let locale = match table.get("locale") {
                Some(value) => locale(value)?,
                None => Locale::En,
            };
            let mut kinds = in_order(table)
                .into_iter()
                .filter(|(key, _)| !matches!(key.get_ref().as_ref(), "same" | "locale"));
            let (Some((key, option)), None) = (kinds.next(), kinds.next()) else {
                return Err((value.span(), "one transform belongs here: `{ text = \"drop\" }`, `{ mask = \"email\", same = \"email\" }`".to_owned()));
            };
            Ok(localised(
                with_option(key.get_ref(), &key.span(), option)?,
                locale,
            ))
        }
        _ => Err((
            value.span(),
            "a transform is a name or an inline table: `\"email\"`, `{ text = \"drop\" }`".to_owned(),
        )),
    }
}

fn localised(transform: Transform, locale: Locale) -> Transform {
    match transform {
        Transform::Name { part, .. } => Transform::Name { part, locale },
        Transform::Address(_) => Transform::Address(locale),
        Transform::City(_) => Transform::City(locale),
        Transform::Company(_) => Transform::Company(locale),
        other => other,
    }
}

fn locale(value: &Value<'_>) -> Result<Locale, Fault> {
    match value.get_ref().as_str() {
        Some("en") => Ok(Locale::En),
        Some("ja") => Ok(Locale::Ja),
        Some("kana" | "ja-kana") => Ok(Locale::Kana),
        _ => Err((value.span(), "`locale` is \"en\", \"ja\" or \"kana\"".to_owned())),
    }
}

fn by_name(name: &str, value: &Value<'_>) -> Result<Transform, Fault> {
    let simple = |name: &str| -> Option<Transform> {
        Some(match name {
            "keep" => Transform::Keep { reason: None },
            "null" => Transform::Null,
            "hash" => Transform::Hash,
            "email" => Transform::Email,
            "name" | "full_name" => Transform::Name {
                part: Part::Full,
                locale: Locale::En,
            },
            "first_name" => Transform::Name {
                part: Part::First,
                locale: Locale::En,
            },
            "last_name" => Transform::Name {
                part: Part::Last,
                locale: Locale::En,
            },
            "phone" => Transform::Phone,
            "address" => Transform::Address(Locale::En),
            "city" => Transform::City(Locale::En),
            "postcode" => Transform::Postcode,
            "company" => Transform::Company(Locale::En),
            "username" => Transform::Username,
            "date" => Transform::Date { shift_days: 30 },
            "ip" => Transform::Ip,
            "url" => Transform::Url,
            "uuid" => Transform::Uuid,
            "noise" => Transform::Noise { percent: 10 },
            "text" => Transform::TextDrop,
            "bytes" => Transform::Bytes,
            _ => return None,
        })
    };
    simple(name).ok_or_else(|| {
        let hint = match name {
            "constant" => "`constant` needs its value: `{ constant = \"x\" }`".to_owned(),
            "json" => "`json` needs its paths: `{ json = { \"$.user.email\" = \"email\" } }`".to_owned(),
            _ => unknown(name),
        };
        (value.span(), hint)
    })
}

fn unknown(name: &str) -> String {
    match nearest(name, NAMES.iter().copied()) {
        Some(near) => format!("there is no transform `{name}`; did you mean `{near}`?"),
        None => format!("there is no transform `{name}`; there are {}", NAMES.join(", ")),
    }
}

fn with_option(key: &str, span: &Range<usize>, option: &Value<'_>) -> Result<Transform, Fault> {
    match key {
        "mask" => transform(option),
        "keep" => Ok(Transform::Keep {
            reason: Some(text(option, "`keep` takes a reason: `{ keep = \"public names\" }`")?.to_owned()),
        }),
        "constant" => constant(option),
        "name" => match text(option, "`name` is \"first\", \"last\" or \"full\"")? {
            "first" => Ok(Transform::Name {
                part: Part::First,
                locale: Locale::En,
            }),
            "last" => Ok(Transform::Name {
                part: Part::Last,
                locale: Locale::En,
            }),
            "full" => Ok(Transform::Name {
                part: Part::Full,
                locale: Locale::En,
            }),
            _ => Err((
                option.span(),
                "`name` is \"first\", \"last\" or \"full\"".to_owned(),
            )),
        },
        "date" => Ok(Transform::Date {
            shift_days: number(
                option,
                "shift_days",
                1,
                36_500,
                "`{ date = { shift_days = 30 } }`",
            )?,
        }),
        "noise" => Ok(Transform::Noise {
            percent: number(option, "percent", 1, 100, "`{ noise = { percent = 10 } }`")?,
        }),
        "text" => match text(option, "`text` is \"drop\" or \"redact\"")? {
            "drop" => Ok(Transform::TextDrop),
            "redact" => Ok(Transform::TextRedact),
            _ => Err((option.span(), "`text` is \"drop\" or \"redact\"".to_owned())),
        },
        "json" => json(option),
        _ if by_name(key, option).is_ok() => match option.get_ref() {
            DeValue::Boolean(true) => by_name(key, option),
            DeValue::Table(table) if table.is_empty() => by_name(key, option),
            _ => Err((
                option.span(),
                format!(
                    "`{key}` takes no options; write `\"{key}\"`, or `{{ mask = \"{key}\", same = \"…\" }}`"
                ),
            )),
        },
        _ => Err((span.clone(), unknown(key))),
    }
}

fn constant(option: &Value<'_>) -> Result<Transform, Fault> {
    let value = match option.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(is) => is.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        _ => {
            return Err((
                option.span(),
                "a constant is one value: `{ constant = \"x\" }`".to_owned(),
            ));
        }
    };
    Ok(Transform::Constant(value))
}

fn json(option: &Value<'_>) -> Result<Transform, Fault> {
    let wrong = || {
        (
            option.span(),
            "`json` holds paths: `{ json = { \"$.user.email\" = \"email\" } }`".to_owned(),
        )
    };
    let table = option
        .get_ref()
        .as_table()
        .filter(|table| !table.is_empty())
        .ok_or_else(wrong)?;
    let mut paths = Vec::new();
    for (path, value) in in_order(table) {
        let parsed: Path = path
            .get_ref()
            .parse()
            .map_err(|error: InvalidPath| (path.span(), error.to_string()))?;
        let inner = transform(value)?;
        if matches!(inner, Transform::Json(_) | Transform::Bytes) {
            return Err((
                value.span(),
                format!("`{}` cannot be used inside a JSON document", inner.name()),
            ));
        }
        paths.push((parsed, inner));
    }
    Ok(Transform::Json(paths))
}

pub(super) fn text<'a>(value: &'a Value<'_>, right: &str) -> Result<&'a str, Fault> {
    value
        .get_ref()
        .as_str()
        .ok_or_else(|| (value.span(), right.to_owned()))
}

fn number(option: &Value<'_>, name: &str, least: u32, most: u32, example: &str) -> Result<u32, Fault> {
    let wrong = || {
        (
            option.span(),
            format!("`{name}` is a whole number from {least} to {most}: {example}"),
        )
    };
    let table = option.get_ref().as_table().ok_or_else(wrong)?;
    let value = table
        .get(name)
        .filter(|_| table.len() == 1)
        .and_then(|value| value.get_ref().as_integer())
        .ok_or_else(wrong)?;
    value
        .as_str()
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(wrong)
}
