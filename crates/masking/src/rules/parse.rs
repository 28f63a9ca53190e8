//! From TOML to [`Rules`], with a message for everything that is wrong.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ColumnRule, InvalidRules, LargeObjects, PatternRule, Problem, Rules, Source, TableRule};
use crate::transform::{Locale, NAMES, Part, Path, Transform};

type Value<'a> = Spanned<DeValue<'a>>;
type Fault = (Range<usize>, String);

pub(super) fn parse(source: Source) -> Result<Rules, InvalidRules> {
    let text = source.text.clone();
    let document = DeTable::parse(&text).map_err(|error| {
        InvalidRules(vec![source.problem(
            &error.span().unwrap_or_default(),
            format!("no TOML: {}", error.message().trim()),
        )])
    })?;
    let mut reader = Reader {
        faults: Vec::new(),
        patterns: Vec::new(),
        tables: Vec::new(),
        large_objects: None,
        drop_databases: Vec::new(),
    };
    for (key, value) in in_order(document.get_ref()) {
        reader.entry(&text, &key.span(), key.get_ref(), value);
    }
    if reader.faults.is_empty() {
        let Reader {
            patterns,
            tables,
            large_objects,
            drop_databases,
            ..
        } = reader;
        return Ok(Rules {
            patterns,
            tables,
            large_objects,
            drop_databases,
            source,
        });
    }
    let mut problems: Vec<Problem> = reader
        .faults
        .into_iter()
        .map(|(span, message)| source.problem(&span, message))
        .collect();
    problems.sort_by_key(|problem| problem.line);
    Err(InvalidRules(problems))
}

/// A table's entries as the file has them: the parser sorts by name.
fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a Spanned<std::borrow::Cow<'i, str>>, &'a Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

struct Reader {
    faults: Vec<Fault>,
    patterns: Vec<PatternRule>,
    tables: Vec<TableRule>,
    large_objects: Option<LargeObjects>,
    drop_databases: Vec<String>,
}

impl Reader {
    fn entry(&mut self, text: &str, span: &Range<usize>, key: &str, value: &Value<'_>) {
        let outcome = match key {
            "tables" => self.tables(text, value),
            "large_objects" => match value.get_ref().as_str() {
                Some("keep") => self.set_large_objects(LargeObjects::Keep),
                Some("drop") => self.set_large_objects(LargeObjects::Drop),
                _ => Err((value.span(), "`large_objects` is \"keep\" or \"drop\"".to_owned())),
            },
            "drop_databases" => self.databases(value),
            _ if key.contains('.') => column_rule(span, value).map(|rule| {
                self.patterns.push(PatternRule {
                    pattern: key.to_owned(),
                    rule,
                })
            }),
            _ => Err((
                span.clone(),
                format!(
                    "`{key}` is neither `tables` nor a pattern; write `\"*.{key}\" = …` for a column of every table, or a section `[tables.{key}]`"
                ),
            )),
        };
        self.faults.extend(outcome.err());
    }

    fn set_large_objects(&mut self, what: LargeObjects) -> Result<(), Fault> {
        self.large_objects = Some(what);
        Ok(())
    }

    fn databases(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let wrong = || {
            (
                value.span(),
                "`drop_databases` is a list of names: `[\"analytics\"]`".to_owned(),
            )
        };
        for name in value.get_ref().as_array().ok_or_else(wrong)?.iter() {
            self.drop_databases
                .push(name.get_ref().as_str().ok_or_else(wrong)?.to_owned());
        }
        Ok(())
    }

    fn tables(&mut self, text: &str, value: &Value<'_>) -> Result<(), Fault> {
        let tables = value.get_ref().as_table().ok_or_else(|| {
            (
                value.span(),
                "`tables` holds sections: `[tables.customers]`".to_owned(),
            )
        })?;
        for (name, value) in in_order(tables) {
            let Some(columns) = value.get_ref().as_table() else {
                self.faults.push((
                    value.span(),
                    format!("`{0}` is a table; write a section `[tables.{0}]`", name.get_ref()),
                ));
                continue;
            };
            let mut rule = TableRule {
                name: name.get_ref().to_string(),
                span: name.span(),
                rows_none: false,
                columns: Vec::new(),
            };
            for (column, value) in in_order(columns) {
                if let Err(fault) = table_entry(text, &mut rule, column.get_ref(), &column.span(), value) {
                    self.faults.push(fault);
                }
            }
            self.tables.push(rule);
        }
        Ok(())
    }
}

fn table_entry(
    text: &str,
    rule: &mut TableRule,
    key: &str,
    span: &Range<usize>,
    value: &Value<'_>,
) -> Result<(), Fault> {
    if key == "rows" {
        rule.rows_none = match value.get_ref().as_str() {
            Some("none") => true,
            Some("all") => false,
            _ => {
                let hint = format!(
                    "`rows` is \"none\" or \"all\"; for a column called rows write `\"{}.rows\" = …` above the sections",
                    rule.name
                );
                return Err((value.span(), hint));
            }
        };
        return Ok(());
    }
    if value.get_ref().is_table()
        && !text
            .get(value.span().start..)
            .is_some_and(|rest| rest.starts_with('{'))
    {
        let hint = format!(
            "`{}.{key}`: a table with its schema is written in quotes: `[tables.\"{}.{key}\"]`",
            rule.name, rule.name
        );
        return Err((span.clone(), hint));
    }
    rule.columns.push((key.to_owned(), column_rule(span, value)?));
    Ok(())
}

fn column_rule(span: &Range<usize>, value: &Value<'_>) -> Result<ColumnRule, Fault> {
    let same = match value.get_ref().as_table().and_then(|table| table.get("same")) {
        Some(name) => Some(text(name, "`same` is the name of a group: `same = \"email\"`")?.to_owned()),
        None => None,
    };
    Ok(ColumnRule {
        transform: transform(value)?,
        same,
        span: span.clone(),
    })
}

fn transform(value: &Value<'_>) -> Result<Transform, Fault> {
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

/// The name that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
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
            .map_err(|error: crate::transform::InvalidPath| (path.span(), error.to_string()))?;
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

fn text<'a>(value: &'a Value<'_>, right: &str) -> Result<&'a str, Fault> {
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
