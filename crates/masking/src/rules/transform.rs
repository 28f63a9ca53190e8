//! From a TOML value to a transform.

use std::ops::Range;

use toml::de::DeValue;

use super::parse::{Fault, Value, in_order, nearest};
use crate::transform::{InvalidPath, Locale, NAMES, Part, Path, Transform};

pub(super) fn transform(value: &Value<'_>) -> Result<Transform, Fault> {
    match value.get_ref() {
        DeValue::String(name) => by_name(name, value),
        DeValue::Table(table) => {
            let locale = table.get("locale").map(locale).transpose()?;
            let mut kinds = in_order(table)
                .into_iter()
                .filter(|(key, _)| !matches!(key.get_ref().as_ref(), "same" | "locale"));
            let (Some((key, option)), None) = (kinds.next(), kinds.next()) else {
                return Err((value.span(), "one transform belongs here: `{ text = \"drop\" }`, `{ mask = \"email\", same = \"email\" }`".to_owned()));
            };
            let transform = with_option(key.get_ref(), &key.span(), option)?;
            match locale {
                Some(locale) => localised(transform, locale).map_err(|right| (value.span(), right)),
                None => Ok(transform),
            }
        }
        _ => Err((
            value.span(),
            "a transform is a name or an inline table: `\"email\"`, `{ text = \"drop\" }`".to_owned(),
        )),
    }
}

fn localised(transform: Transform, locale: Locale) -> Result<Transform, String> {
    Ok(match transform {
        Transform::Postcode => Transform::PostcodeIn(locale),
        Transform::Name { part, .. } => Transform::Name { part, locale },
        Transform::Address(_) => Transform::Address(locale),
        Transform::City(_) => Transform::City(locale),
        Transform::Company(_) => Transform::Company(locale),
        other => {
            return Err(format!(
                "`{}` is the same in every language; leave `locale` out",
                other.name()
            ));
        }
    })
}

fn locale(value: &Value<'_>) -> Result<Locale, Fault> {
    match value.get_ref().as_str() {
        Some("en") => Ok(Locale::En),
        Some("ja") => Ok(Locale::Ja),
        Some("kana" | "ja-kana") => Ok(Locale::Kana),
        Some("de") => Ok(Locale::De),
        Some("fr") => Ok(Locale::Fr),
        Some("es") => Ok(Locale::Es),
        _ => Err((
            value.span(),
            "`locale` is \"en\", \"ja\", \"kana\", \"de\", \"fr\" or \"es\"".to_owned(),
        )),
    }
}

fn by_name(name: &str, value: &Value<'_>) -> Result<Transform, Fault> {
    let simple = |name: &str| -> Option<Transform> {
        Some(match name {
            "keep" => Transform::Keep { reason: None },
            "null" => Transform::Null,
            "hash" => Transform::Hash,
            "email" => Transform::Email,
            "name" | "full_name" => named(Part::Full),
            "first_name" => named(Part::First),
            "last_name" => named(Part::Last),
            "phone" => Transform::Phone,
            "address" => Transform::Address(Locale::En),
            "city" => Transform::City(Locale::En),
            "postcode" => Transform::Postcode,
            "company" => Transform::Company(Locale::En),
            "username" => Transform::Username,
            "date" => Transform::Date { shift_days: 30 },
            "birthday" => Transform::Birthday,
            "card" | "credit_card" => Transform::Card,
            "iban" => Transform::Iban,
            "shuffle" => Transform::Shuffle,
            "pattern" => Transform::Pattern,
            "vector" => Transform::VectorZero,
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
            "bucket" => "`bucket` needs its width: `{ bucket = 10 }`".to_owned(),
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
        "name" => one_of(
            option,
            "`name` is \"first\", \"last\" or \"full\"",
            &[
                ("first", named(Part::First)),
                ("last", named(Part::Last)),
                ("full", named(Part::Full)),
            ],
        ),
        "email" if option.get_ref().is_table() => email(option),
        "date" => date(option),
        "bucket" => bucket(option),
        "vector" => one_of(
            option,
            "`vector` is \"zero\" or \"random\"",
            &[
                ("zero", Transform::VectorZero),
                ("random", Transform::VectorRandom),
            ],
        ),
        "noise" => Ok(Transform::Noise {
            percent: number(option, "percent", &[], 1, 100, "`{ noise = { percent = 10 } }`")?,
        }),
        "text" => one_of(
            option,
            "`text` is \"drop\" or \"redact\"",
            &[("drop", Transform::TextDrop), ("redact", Transform::TextRedact)],
        ),
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

fn named(part: Part) -> Transform {
    Transform::Name {
        part,
        locale: Locale::En,
    }
}

/// The transform of the word that the option is.
fn one_of(option: &Value<'_>, right: &str, choices: &[(&str, Transform)]) -> Result<Transform, Fault> {
    let word = text(option, right)?;
    choices
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, transform)| transform.clone())
        .ok_or_else(|| (option.span(), right.to_owned()))
}

fn email(option: &Value<'_>) -> Result<Transform, Fault> {
    let keep = option.get_ref().as_table().filter(|table| table.len() <= 1);
    match keep.map(|table| table.get("keep").map(|value| value.get_ref().as_str())) {
        Some(None) if keep.is_some_and(|table| table.is_empty()) => Ok(Transform::Email),
        Some(Some(Some("domain"))) => Ok(Transform::EmailKeepDomain),
        _ => Err((
            option.span(),
            "`email` keeps nothing, or the domain: `{ email = { keep = \"domain\" } }`".to_owned(),
        )),
    }
}

fn date(option: &Value<'_>) -> Result<Transform, Fault> {
    const RIGHT: &str = "`{ date = { shift_days = 30 } }`, with `by = \"customer_id\"` for the same shift for all dates of a customer";
    let by = option.get_ref().as_table().and_then(|table| table.get("by"));
    let shift_days = number(option, "shift_days", &["by"], 1, 36_500, RIGHT)?;
    Ok(match by {
        Some(column) => Transform::DateBy {
            shift_days,
            by: text(
                column,
                "`by` is the name of a column of the same table: `by = \"customer_id\"`",
            )?
            .to_owned(),
        },
        None => Transform::Date { shift_days },
    })
}

fn bucket(option: &Value<'_>) -> Result<Transform, Fault> {
    let width = option
        .get_ref()
        .as_integer()
        .and_then(|width| width.as_str().parse().ok());
    width
        .filter(|width| (1..=1_000_000_000_000_000).contains(width))
        .map(Transform::Bucket)
        .ok_or_else(|| {
            let right = "`bucket` is a whole number from 1 to 10^15: `{ bucket = 10 }`";
            (option.span(), right.to_owned())
        })
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
        if matches!(
            inner,
            Transform::Json(_)
                | Transform::Bytes
                | Transform::Shuffle
                | Transform::VectorZero
                | Transform::VectorRandom
        ) {
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

/// A whole number of that name, in a table that holds nothing else but `others`.
fn number(
    option: &Value<'_>,
    name: &str,
    others: &[&str],
    least: u32,
    most: u32,
    example: &str,
) -> Result<u32, Fault> {
    let wrong = || {
        (
            option.span(),
            format!("`{name}` is a whole number from {least} to {most}: {example}"),
        )
    };
    let table = option.get_ref().as_table().ok_or_else(wrong)?;
    let value = table
        .get(name)
        .filter(|_| {
            table
                .keys()
                .all(|key| key.get_ref() == name || others.contains(&key.get_ref().as_ref()))
        })
        .and_then(|value| value.get_ref().as_integer())
        .ok_or_else(wrong)?;
    value
        .as_str()
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(wrong)
}
