//! A first rules file, written from names, types and a sample of values.

use std::collections::BTreeMap;
use std::fmt;

use crate::coverage::{must_be_named, section_of, toml_key};
use crate::schema::{Column, Kind, Schema, Table, TableKind, TableName};

mod checks;
mod content;
pub(crate) mod names;
mod possible;
mod transient;

use content::Content;
use possible::possible;

/// Values of a column, a few of them, as text. They are looked at and never written into the file.
pub type Sample = BTreeMap<(TableName, String), Vec<String>>;

/// How sure a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Confidence {
    /// A guess: look at it.
    Low,
    /// One good sign.
    Medium,
    /// Two signs agree, or a checksum does, or there is nothing to be wrong about.
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

/// What is proposed for a column, and why.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) rule: String,
    /// Rules to take where the first cannot be carried out.
    otherwise: &'static [&'static str],
    pub(crate) reason: String,
    pub(crate) confidence: Confidence,
}

impl Proposal {
    fn new(rule: impl Into<String>, confidence: Confidence, reason: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            otherwise: &[],
            reason: reason.into(),
            confidence,
        }
    }

    pub(crate) fn keeps(&self) -> bool {
        self.rule == KEEP
    }
}

const KEEP: &str = "\"keep\"";
const DROP_TEXT: &str = "{ text = \"drop\" }";
const DROP_LEAVES: &str = "{ json = { \"$..*\" = { text = \"drop\" } } }";

/// Writes a rules file in which everything that must be classified is classified. `samples` holds some values of
/// each column that is text; what is missing is judged by name and type alone.
///
/// Each line's comment has the column's type in brackets, by which [`crate::diff`] finds types that changed, how sure
/// the proposal is, and its reason.
#[must_use]
pub fn suggest(schema: &Schema, samples: &Sample) -> String {
    let mut text = String::from(
        "# Masking rules, suggested from the names, the types and a sample of the values of each column.\n\
         # Read every line: a suggestion is a guess, and says how sure it is. `keep` leaves values as they are.\n",
    );
    if schema.large_objects > 0 {
        text.push_str(
            "\n# Large objects belong to no column and can hold anything.\nlarge_objects = \"drop\"\n",
        );
    }
    let emptied = transient::tables(schema);
    for table in &schema.tables {
        if table.kind == TableKind::Foreign {
            continue;
        }
        let lines = match emptied.get(&table.name) {
            Some(reason) => format!("rows = \"none\"  # {reason}\n"),
            None => lines(schema, table, samples),
        };
        if !lines.is_empty() {
            text.push_str(&format!("\n{}{lines}", section_of(&table.name)));
        }
    }
    text
}

fn lines(schema: &Schema, table: &Table, samples: &Sample) -> String {
    let mut lines = String::new();
    // A partition or a child follows its parent's rules, but for columns of its own.
    let parent = table.parent.as_ref().and_then(|parent| schema.table(parent));
    let own = |column: &&Column| parent.is_none_or(|parent| parent.column(&column.name).is_none());
    for column in table
        .columns
        .iter()
        .filter(|column| !column.generated)
        .filter(own)
    {
        let proposal = propose(schema, table, column, samples);
        let needed = must_be_named(column);
        if needed || !proposal.keeps() {
            lines.push_str(&line(column, &proposal));
        }
    }
    lines
}

/// One line of a rules file.
pub(crate) fn line(column: &Column, proposal: &Proposal) -> String {
    format!(
        "{} = {}  # [{}] {}: {}\n",
        toml_key(&column.name),
        proposal.rule,
        column.type_name.replace(char::is_whitespace, " "),
        proposal.confidence,
        // A name in it could end the line.
        proposal.reason.replace(char::is_control, " ")
    )
}

/// The type that [`line()`] has noted in a line of a rules file.
pub(crate) fn noted_type(line: &str) -> Option<&str> {
    let (_, comment) = line.rsplit_once("  # [")?;
    let mut depth = 1;
    let end = comment.find(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth == 0
    })?;
    Some(&comment[..end])
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

/// The proposal for a column. Columns that refer to each other are one: what they refer to in the end goes before the
/// name and the values of each, all of them must be able to bear the rule, and it says that they are masked alike.
pub(crate) fn propose(schema: &Schema, table: &Table, column: &Column, samples: &Sample) -> Proposal {
    let together = together(schema, (table, column));
    let refers = |(table, column): &&Place<'_>| {
        schema
            .foreign_keys
            .iter()
            .any(|key| key.table == table.name && key.columns.contains(&column.name))
    };
    let root = together.iter().find(|place| !refers(place)).or(together.first());
    let (root, at) = root.copied().unwrap_or((table, column));
    let mut proposal = alone(schema, root, at, &sample_of(schema, root, at, samples));
    if together.len() > 1 && !proposal.keeps() {
        proposal = alike(schema, &together, &group_of(schema, root, at), proposal);
    }
    if (&root.name, &at.name) != (&table.name, &column.name) {
        proposal.reason = format!("follows {}.{}: {}", root.name, at.name, proposal.reason);
    }
    proposal
}

type Place<'a> = (&'a Table, &'a Column);

/// The columns that foreign keys tie to this one, directly or through others, in the order of the schema.
fn together<'a>(schema: &'a Schema, place: Place<'a>) -> Vec<Place<'a>> {
    let edges: Vec<_> = schema
        .foreign_keys
        .iter()
        .flat_map(|key| {
            let pairs = key.columns.iter().zip(&key.to_columns);
            pairs.map(move |(from, to)| ((&key.table, from), (&key.to, to)))
        })
        .collect();
    let mut found = std::collections::BTreeSet::from([(&place.0.name, &place.1.name)]);
    loop {
        let before = found.len();
        for (from, to) in &edges {
            if found.contains(from) || found.contains(to) {
                found.extend([*from, *to]);
            }
        }
        if found.len() == before {
            break;
        }
    }
    let all = schema
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    all.filter(|(table, column)| found.contains(&(&table.name, &column.name)))
        .collect()
}

/// A name for the group of a column: with the table's schema where another has a table of that name.
fn group_of(schema: &Schema, table: &Table, column: &Column) -> String {
    let namesakes = schema
        .tables
        .iter()
        .filter(|other| other.name.table == table.name.table);
    if namesakes.count() > 1 {
        format!("{}.{}", table.name, column.name)
    } else {
        format!("{}.{}", table.name.table, column.name)
    }
}

/// The rule for columns that are one.
fn alike(schema: &Schema, together: &[Place<'_>], group: &str, proposal: Proposal) -> Proposal {
    let candidates = std::iter::once(proposal.rule.as_str()).chain(["\"hash\"", "\"uuid\"", "\"pattern\""]);
    for rule in candidates {
        let rule = with_same(rule, group);
        if possible(schema, together, &rule) {
            return Proposal { rule, ..proposal };
        }
    }
    Proposal::new(
        KEEP,
        Confidence::Low,
        format!(
            "{}; nothing fits all columns that refer to each other: look at it",
            proposal.reason
        ),
    )
}

fn with_same(rule: &str, group: &str) -> String {
    let group = toml::Value::from(group);
    match rule.strip_suffix(" }") {
        Some(open) => format!("{open}, same = {group} }}"),
        None => format!("{{ mask = {rule}, same = {group} }}"),
    }
}

fn alone(schema: &Schema, table: &Table, column: &Column, sample: &[&str]) -> Proposal {
    use Confidence::{High, Low, Medium};
    let by_name = || {
        names::judge(
            &table.name.table,
            &column.name,
            column.kind,
            content::is_japanese(sample),
        )
    };
    let proposal = match column.kind {
        Kind::Text => text(table, column, sample),
        Kind::Date | Kind::Timestamp => {
            by_name().unwrap_or_else(|| Proposal::new(KEEP, Medium, "the time of an event"))
        }
        Kind::Inet => Proposal::new("\"ip\"", High, "a network address"),
        Kind::Json => Proposal::new(
            DROP_LEAVES,
            Low,
            "JSON can hold anything; name the paths to keep above this one",
        ),
        Kind::Bytes => Proposal {
            otherwise: &["\"bytes\""],
            ..Proposal::new("\"null\"", Low, "bytes can hold anything")
        },
        Kind::TsVector => Proposal::new(DROP_TEXT, High, "holds the words of another column"),
        Kind::Time => Proposal::new(KEEP, Medium, "a time of day"),
        Kind::Integer | Kind::Number => by_name().unwrap_or_else(|| Proposal::new(KEEP, Medium, "a number")),
        Kind::Bool | Kind::Enum => Proposal::new(KEEP, High, "one of a fixed list"),
        Kind::Uuid => Proposal::new(KEEP, Medium, "a random number"),
        _ => Proposal {
            otherwise: &["\"null\""],
            ..Proposal::new(
                "\"vector\"",
                Low,
                "a type that only few transforms know: look at it",
            )
        },
    };
    allowed(schema, table, column, proposal)
}

fn text(table: &Table, column: &Column, sample: &[&str]) -> Proposal {
    use Confidence::{High, Low, Medium};
    let seen = content::judge(sample);
    let japanese = content::is_japanese(sample);
    let named = names::judge(&table.name.table, &column.name, column.kind, japanese)
        .filter(|_| seen != Some(Content::Codes));
    let content = seen.and_then(|seen| by_content(seen, japanese));
    match (named, content) {
        (Some(named), Some(content)) if named.rule == content.rule => Proposal {
            confidence: High,
            reason: format!("{}, and {}", named.reason, content.reason),
            ..named
        },
        // A checksum that is right in nearly every value is no accident; a name can be.
        (_, Some(content)) if content.confidence == High => content,
        (Some(named), _) => named,
        (None, Some(content)) => content,
        (None, None) => match seen {
            Some(Content::Codes) => Proposal::new(KEEP, Medium, "few distinct short values: codes"),
            Some(Content::Words) => Proposal::new(
                KEEP,
                Low,
                "short words without personal data, judging by a sample",
            ),
            Some(Content::Prose) => Proposal::new(DROP_TEXT, Medium, "long text can hold anything"),
            _ => Proposal::new(DROP_TEXT, Low, "no values to look at; text can hold anything"),
        },
    }
}

/// What the values alone lead to.
fn by_content(seen: Content, japanese: bool) -> Option<Proposal> {
    use Confidence::{High, Medium};
    let found = |rule: &str, confidence, what: &str| {
        Some(Proposal::new(rule, confidence, format!("the values are {what}")))
    };
    let number = |proposal: Option<Proposal>| {
        proposal.map(|proposal| Proposal {
            otherwise: &["\"pattern\"", "\"hash\""],
            ..proposal
        })
    };
    match seen {
        Content::Email => found("\"email\"", High, "e-mail addresses"),
        Content::Phone => found("\"phone\"", Medium, "phone numbers"),
        Content::Ip => found("\"ip\"", High, "IP addresses"),
        Content::Url => found("\"url\"", Medium, "links"),
        Content::Card => number(found(
            "\"card\"",
            High,
            "card numbers (their check digits are right)",
        )),
        Content::Iban => number(found("\"iban\"", High, "IBANs (their check digits are right)")),
        Content::MyNumber => number(found(
            "\"pattern\"",
            High,
            "Japanese individual numbers (their check digits are right)",
        )),
        Content::Names => found(&names::name_rule("full", japanese), Medium, "people's names"),
        Content::Json => found(DROP_LEAVES, Medium, "JSON, which can hold anything"),
        Content::Personal => Some(Proposal::new(
            DROP_TEXT,
            High,
            "some values hold e-mail addresses, phone, card or bank numbers",
        )),
        Content::Prose | Content::Codes | Content::Words => None,
    }
}

/// The proposal, or the nearest one that the column's constraints allow.
fn allowed(schema: &Schema, table: &Table, column: &Column, proposal: Proposal) -> Proposal {
    if possible(schema, &[(table, column)], &proposal.rule) {
        return proposal;
    }
    const LAST: &[&str] = &[
        "\"hash\"",
        "\"null\"",
        "\"noise\"",
        DROP_TEXT,
        "\"pattern\"",
        "\"date\"",
    ];
    for other in proposal.otherwise.iter().chain(LAST) {
        if possible(schema, &[(table, column)], other) {
            return Proposal {
                rule: (*other).to_owned(),
                reason: format!("{}; {} does not fit the column", proposal.reason, proposal.rule),
                ..proposal
            };
        }
    }
    Proposal::new(
        KEEP,
        Confidence::Low,
        format!("{}; nothing fits: look at it", proposal.reason),
    )
}

#[cfg(test)]
mod tests;
