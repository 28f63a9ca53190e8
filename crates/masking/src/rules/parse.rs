//! From TOML to [`Rules`], with a message for everything that is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::transform::{text, transform};
use super::{ColumnRule, InvalidRules, LargeObjects, PatternRule, Problem, Rules, Source, TableRule};

pub(super) type Value<'a> = Spanned<DeValue<'a>>;
pub(super) type Fault = (Range<usize>, String);

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
        accept: BTreeMap::new(),
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
            accept,
            ..
        } = reader;
        return Ok(Rules {
            patterns,
            tables,
            large_objects,
            drop_databases,
            accept,
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
pub(super) fn in_order<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(&'a Spanned<std::borrow::Cow<'i, str>>, &'a Value<'i>)> {
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
    accept: BTreeMap<String, String>,
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
            "accept" => self.accept(value),
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

    fn accept(&mut self, value: &Value<'_>) -> Result<(), Fault> {
        let right = "`[accept]` names objects of the schema, each with a reason: `\"function public.notify(text)\" = \"a test key\"`";
        let table = value
            .get_ref()
            .as_table()
            .ok_or_else(|| (value.span(), right.to_owned()))?;
        for (name, reason) in in_order(table) {
            let reason = text(reason, right)?.to_owned();
            self.accept.insert(name.get_ref().to_string(), reason);
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
                rows: None,
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
    // In quotes it is a column of that name.
    let quoted = text
        .get(span.start..)
        .is_some_and(|rest| rest.starts_with(['"', '\'']));
    if key == "rows" && !quoted {
        rule.rows = Some(super::rows::rows(value)?);
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

/// The name that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
