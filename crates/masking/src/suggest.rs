//! A first rules file, written from names, types and a sample of values.

use std::collections::BTreeMap;

use crate::coverage::toml_key;
use crate::schema::{Column, Engine, Kind, Schema, Table, TableKind, TableName};

mod content;
mod names;

/// Values of a column, a few of them, as text. They are looked at and never written into the file.
pub type Sample = BTreeMap<(TableName, String), Vec<String>>;

/// What is proposed for a column, and why.
struct Proposal {
    rule: String,
    reason: String,
}

/// Writes a rules file in which everything that must be classified is classified. `samples` holds some values of
/// each column that is text; what is missing is judged by name and type alone.
#[must_use]
pub fn suggest(schema: &Schema, samples: &Sample) -> String {
    let mut text = String::from(
        "# Masking rules, suggested from the names, the types and a sample of the values of each column.\n\
         # Read every line: a suggestion is a guess. `keep` leaves values as they are.\n",
    );
    if schema.large_objects > 0 {
        text.push_str(
            "\n# Large objects belong to no column and can hold anything.\nlarge_objects = \"drop\"\n",
        );
    }
    for table in &schema.tables {
        if table.kind == TableKind::Foreign || table.parent.is_some() {
            continue; // a partition follows its parent's rules
        }
        text.push_str(&section(schema, table, samples));
    }
    text
}

fn section(schema: &Schema, table: &Table, samples: &Sample) -> String {
    let mut lines = String::new();
    if let Some(reason) = names::transient(&table.name.table).filter(|_| may_be_emptied(schema, table)) {
        lines.push_str(&format!("rows = \"none\"  # {reason}\n"));
        return format!("\n[tables.\"{}\"]\n{lines}", table.name);
    }
    for column in table.columns.iter().filter(|column| !column.generated) {
        let sample = sample_of(schema, table, column, samples);
        let proposal = propose(schema, table, column, &sample);
        let needed = column.array || !column.kind.may_stay_unnamed();
        if needed || !proposal.rule.starts_with("\"keep\"") {
            lines.push_str(&format!(
                "{} = {}  # {}\n",
                toml_key(&column.name),
                proposal.rule,
                proposal.reason
            ));
        }
    }
    if lines.is_empty() {
        lines
    } else {
        format!("\n[tables.\"{}\"]\n{lines}", table.name)
    }
}

fn may_be_emptied(schema: &Schema, table: &Table) -> bool {
    !schema.foreign_keys.iter().any(|key| key.to == table.name)
}

/// The values of the column and of the same column in the table's partitions.
fn sample_of<'a>(schema: &Schema, table: &Table, column: &Column, samples: &'a Sample) -> Vec<&'a str> {
    let children = schema
        .tables
        .iter()
        .filter(|child| child.parent.as_ref() == Some(&table.name))
        .map(|child| &child.name);
    std::iter::once(&table.name)
        .chain(children)
        .filter_map(|name| samples.get(&(name.clone(), column.name.clone())))
        .flatten()
        .map(String::as_str)
        .collect()
}

fn propose(schema: &Schema, table: &Table, column: &Column, sample: &[&str]) -> Proposal {
    let keep = |reason: &str| Proposal {
        rule: "\"keep\"".to_owned(),
        reason: reason.to_owned(),
    };
    if schema
        .foreign_keys
        .iter()
        .any(|key| key.table == table.name && key.columns.contains(&column.name))
    {
        return follow_reference(schema, table, column).unwrap_or_else(|| keep("refers to another table"));
    }
    let proposal = match column.kind {
        Kind::Text => text(table, column, sample),
        Kind::Date | Kind::Timestamp => date(column),
        Kind::Inet => rule("ip", "a network address"),
        Kind::Json => Proposal {
            rule: "{ json = { \"$..*\" = { text = \"drop\" } } }".to_owned(),
            reason: "JSON can hold anything; name the paths to keep above this one".to_owned(),
        },
        Kind::Bytes => blank(column, "bytes can hold anything", "bytes"),
        Kind::TsVector => Proposal {
            rule: "{ text = \"drop\" }".to_owned(),
            reason: "holds the words of another column".to_owned(),
        },
        Kind::Other if column.nullable => rule("null", "a type that masking does not know"),
        Kind::Other => keep("a type that masking does not know, NOT NULL: look at it"),
        Kind::Time => keep("a time of day"),
        _ => keep("a number or one of a fixed list"),
    };
    allowed(schema, table, column, proposal)
}

/// A column that refers to a masked one must follow it.
fn follow_reference(schema: &Schema, table: &Table, column: &Column) -> Option<Proposal> {
    let key = schema
        .foreign_keys
        .iter()
        .find(|key| key.table == table.name && key.columns.contains(&column.name))?;
    let at = key.columns.iter().position(|name| *name == column.name)?;
    let target = schema.table(&key.to)?;
    let referred = target.column(&key.to_columns[at])?;
    if key.to == table.name || referred.kind != Kind::Text {
        return None;
    }
    let mut followed = propose(schema, target, referred, &[]);
    followed.reason = format!("follows {}.{}", key.to, referred.name);
    Some(followed)
}

fn text(table: &Table, column: &Column, sample: &[&str]) -> Proposal {
    let content = content::judge(sample);
    let japanese = content::is_japanese(sample);
    if let Some(found) = names::judge(&table.name.table, &column.name, japanese)
        .filter(|_| content != Some(content::Content::Codes))
    {
        return found;
    }
    match content {
        Some(content::Content::Email) => rule("email", "the values are e-mail addresses"),
        Some(content::Content::Phone) => rule("phone", "the values are phone numbers"),
        Some(content::Content::Ip) => rule("ip", "the values are IP addresses"),
        Some(content::Content::Names) => Proposal {
            rule: names::name_rule("full", japanese),
            reason: "the values are people's names".to_owned(),
        },
        Some(content::Content::Json) => Proposal {
            rule: "{ json = { \"$..*\" = { text = \"drop\" } } }".to_owned(),
            reason: "the values are JSON".to_owned(),
        },
        Some(content::Content::Personal) => Proposal {
            rule: "{ text = \"drop\" }".to_owned(),
            reason: "some values hold e-mail addresses, phones or card numbers".to_owned(),
        },
        Some(content::Content::Codes) => rule("keep", "few distinct short values: codes"),
        Some(content::Content::Prose) | None => Proposal {
            rule: "{ text = \"drop\" }".to_owned(),
            reason: "text that can hold anything".to_owned(),
        },
        Some(content::Content::Words) => {
            rule("keep", "short words without personal data, judging by a sample")
        }
    }
}

fn date(column: &Column) -> Proposal {
    if names::is_birthday(&column.name) {
        Proposal {
            rule: "{ date = { shift_days = 365 } }".to_owned(),
            reason: "a birthday".to_owned(),
        }
    } else {
        rule("keep", "the time of an event")
    }
}

fn blank(column: &Column, reason: &str, other: &str) -> Proposal {
    if column.nullable {
        rule("null", reason)
    } else {
        rule(other, reason)
    }
}

fn rule(name: &str, reason: &str) -> Proposal {
    Proposal {
        rule: format!("\"{name}\""),
        reason: reason.to_owned(),
    }
}

/// The proposal, or the nearest one that the column's constraints allow.
fn allowed(schema: &Schema, table: &Table, column: &Column, proposal: Proposal) -> Proposal {
    let file = format!(
        "[tables.\"{}\"]\n{} = {}\n",
        table.name,
        toml_key(&column.name),
        proposal.rule
    );
    if possible(schema, table, column, &file) {
        return proposal;
    }
    let Proposal { rule: wanted, reason } = proposal;
    for other in [
        "\"hash\"",
        "\"null\"",
        "\"noise\"",
        "\"date\"",
        "{ text = \"drop\" }",
        "\"keep\"",
    ] {
        let file = format!(
            "[tables.\"{}\"]\n{} = {other}\n",
            table.name,
            toml_key(&column.name)
        );
        if possible(schema, table, column, &file) {
            let reason = format!("{reason}; {wanted} does not fit the column's constraints");
            return Proposal {
                rule: other.to_owned(),
                reason,
            };
        }
    }
    Proposal {
        rule: "\"keep\"".to_owned(),
        reason: format!("{reason}; nothing else fits"),
    }
}

/// Whether coverage would accept this file, as far as this one column goes.
fn possible(schema: &Schema, table: &Table, column: &Column, file: &str) -> bool {
    let Ok(rules) = crate::Rules::parse("suggested", file) else {
        return false;
    };
    let alone = Table {
        columns: vec![column.clone()],
        ..table.clone()
    };
    let engine: Engine = schema.engine;
    let small = Schema {
        engine,
        tables: vec![alone],
        foreign_keys: Vec::new(),
        large_objects: 0,
    };
    crate::coverage(&rules, &small).is_ok()
}

#[cfg(test)]
mod tests;
