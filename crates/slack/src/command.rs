//! The grammar of `/clone …`.

use domain::request::{BadField, Wish, plain};
use domain::{Class, CloneId, CloneRecord, Lifetime, SourceName};

/// What somebody asked for by `/clone …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Nothing was said: open the form.
    Open,
    /// Make a clone. Fields that were not said are absent.
    Create(Wish),
    /// List the clones that one may change.
    List,
    /// Show one clone.
    Show(IdPart),
    /// Let a clone live longer.
    Extend(IdPart, Lifetime),
    /// Delete a clone now.
    Delete(IdPart),
    /// Explain the command.
    Help,
}

/// A clone's id, or its last part: the six letters or digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdPart(String);

/// Why a command cannot be carried out as it was written. Each names the word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    /// A word that means nothing here.
    #[error("`{word}` means nothing here{}", hint(.nearest))]
    UnknownWord {
        /// The word.
        word: String,
        /// The nearest word that means something.
        nearest: Option<String>,
    },
    /// A value that cannot be read.
    #[error(transparent)]
    Field(#[from] BadField),
    /// Two values for one field.
    #[error("`{0}` is said twice: once is enough")]
    Twice(&'static str),
    /// A verb without its clone.
    #[error("`{0}` needs the id of a clone, such as `/clone {0} k3x9qa`; `/clone list` shows yours")]
    IdMissing(&'static str),
    /// `extend` without a time.
    #[error("`extend` needs to know for how long, such as `/clone extend {0} 2d`")]
    TimeMissing(String),
    /// No id, nor the end of one.
    #[error("`{0}` is no clone id: write it as `/clone list` shows it, or only its last six characters")]
    NoId(String),
    /// A key without its value.
    #[error("`{0}` needs its value, such as `{0}={1}`")]
    ValueMissing(&'static str, &'static str),
    /// A verb behind other words.
    #[error("`{0}` comes first: write `/clone {0}{1}`")]
    VerbFirst(&'static str, &'static str),
    /// More text than anything that could be meant.
    #[error(
        "that is {0} characters long: a command has at most {LONGEST}; `/clone help` shows what can be said"
    )]
    TooLong(usize),
    /// More words than the verb takes.
    #[error("`{0}` is too much: `{1}` takes no such word")]
    TooMuch(String, &'static str),
}

/// What an id or its last part stands for among these clones.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// This clone.
    One(Box<CloneRecord>),
    /// None of them.
    None,
    /// Several: the part is not unique.
    Several(Vec<CloneId>),
}

/// The longest text that is looked at, in characters.
pub const LONGEST: usize = 1_000;

/// The verbs, and what follows each.
const VERBS: [(&str, &str); 5] = [
    ("list", ""),
    ("show", " ID"),
    ("extend", " ID 2d"),
    ("delete", " ID"),
    ("help", ""),
];
/// What people say that the grammar calls otherwise.
const OTHERWISE: [(&str, &str); 13] = [
    ("remove", "delete"),
    ("destroy", "delete"),
    ("drop", "delete"),
    ("kill", "delete"),
    ("stop", "delete"),
    ("status", "show"),
    ("info", "show"),
    ("describe", "show"),
    ("get", "show"),
    ("renew", "extend"),
    ("prolong", "extend"),
    ("keep", "extend"),
    ("mine", "list"),
];
/// The keys that need a value, with an example of one.
const VALUES: [(&str, &str); 3] = [("source", "production"), ("class", "db.r6g.large"), ("for", "8h")];
const KEYS: [&str; 5] = ["source", "class", "for", "data-api", "proxy"];

/// Reads the words after `/clone`. `sources` are the names that the policy knows.
///
/// Words may come in any order, in straight or curly quotes, with any number of blanks; `db.…` and `serverless:…`
/// are classes, `4h` and `3d` lifetimes, `key=value` anything. A source whose name is a verb is meant by
/// `source=list`.
///
/// # Errors
/// The first word that cannot be understood, with the nearest one that can.
pub fn parse(text: &str, sources: &[SourceName]) -> Result<Command, Misread> {
    // Slack sends up to a quarter of a megabyte; no command is so long, and nobody shall wait for it to be read.
    if text.len() > LONGEST && text.chars().nth(LONGEST).is_some() {
        return Err(Misread::TooLong(text.chars().count()));
    }
    let words = words(text);
    let Some((first, rest)) = words.split_first() else {
        return Ok(Command::Open);
    };
    match first.to_lowercase().as_str() {
        "help" | "?" => Ok(Command::Help),
        "list" | "ls" => none_left(rest, "list").map(|()| Command::List),
        "show" => only_id(rest, "show").map(Command::Show),
        "delete" | "rm" => only_id(rest, "delete").map(Command::Delete),
        "extend" => extend(rest),
        "create" | "new" => create(rest, sources).map(Command::Create),
        _ => create(&words, sources).map(Command::Create),
    }
}

impl From<CloneId> for IdPart {
    fn from(id: CloneId) -> Self {
        Self(id.to_string())
    }
}

impl IdPart {
    /// Reads an id, or its last part.
    ///
    /// # Errors
    /// When it is neither.
    pub fn read(word: &str) -> Result<Self, Misread> {
        let lower = word.to_ascii_lowercase();
        let last = lower.rsplit('-').next().unwrap_or_default();
        let is_part = last.len() == 6 && last.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let is_tail = lower == last || lower.parse::<CloneId>().is_ok();
        if is_part && is_tail {
            Ok(Self(lower))
        } else {
            Err(Misread::NoId(shortened(word)))
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole id, if it was written in full.
    pub fn whole(&self) -> Option<CloneId> {
        self.0.parse().ok()
    }

    /// Finds the clone among these. A clone that lives wins over those of the past.
    pub fn find(&self, clones: Vec<CloneRecord>) -> Found {
        let ends = |clone: &CloneRecord| {
            let id = clone.id.as_str();
            id == self.0 || id.rsplit('-').next() == Some(self.0.as_str())
        };
        let mut found: Vec<CloneRecord> = clones.into_iter().filter(ends).collect();
        if found.iter().any(|clone| clone.state.is_alive()) {
            found.retain(|clone| clone.state.is_alive());
        }
        match found.len() {
            0 => Found::None,
            1 => Found::One(Box::new(found.remove(0))),
            _ => Found::Several(found.into_iter().map(|clone| clone.id).collect()),
        }
    }
}

fn extend(words: &[String]) -> Result<Command, Misread> {
    let (id, rest) = id(words, "extend")?;
    let (time, rest) = rest
        .split_first()
        .ok_or_else(|| Misread::TimeMissing(id.as_str().to_owned()))?;
    let (time, rest) = match (time.as_str(), rest.split_first()) {
        ("by" | "for", Some((time, rest))) => (time, rest),
        _ => (time, rest),
    };
    let time = match time.split_once('=') {
        Some((key, value)) if key_of(key)? == "for" => plain(value),
        Some(_) => return Err(Misread::TooMuch(shortened(time), "extend")),
        None => time.clone(),
    };
    none_left(rest, "extend")?;
    let lifetime = time.parse().map_err(|error| {
        Misread::Field(BadField::Lifetime {
            field: "extend".into(),
            error,
        })
    })?;
    Ok(Command::Extend(id, lifetime))
}

fn only_id(words: &[String], verb: &'static str) -> Result<IdPart, Misread> {
    let (id, rest) = id(words, verb)?;
    none_left(rest, verb).map(|()| id)
}

fn id<'a>(words: &'a [String], verb: &'static str) -> Result<(IdPart, &'a [String]), Misread> {
    let (first, rest) = words.split_first().ok_or(Misread::IdMissing(verb))?;
    Ok((IdPart::read(first)?, rest))
}

fn none_left(words: &[String], verb: &'static str) -> Result<(), Misread> {
    words
        .first()
        .map_or(Ok(()), |word| Err(Misread::TooMuch(shortened(word), verb)))
}

fn create(words: &[String], sources: &[SourceName]) -> Result<Wish, Misread> {
    let (mut wish, mut said) = (Wish::default(), Vec::new());
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let (field, value) = match word.split_once('=') {
            Some((key, value)) => (key_of(key)?, plain(value)),
            None if word == "for" && words.peek().is_some() => {
                ("for", words.next().cloned().unwrap_or_default())
            }
            None => (field_of(word, sources)?, word.clone()),
        };
        if said.contains(&field) {
            return Err(Misread::Twice(field));
        }
        said.push(field);
        let value = if is_flag(field) && value == field {
            "true".to_owned()
        } else {
            value
        };
        wish.set(field, &value)?;
    }
    Ok(wish)
}

fn is_flag(field: &str) -> bool {
    matches!(field, "data-api" | "proxy")
}

/// Which field a key means. `request` is none: only the gateway itself says who asks.
fn key_of(key: &str) -> Result<&'static str, Misread> {
    match key.to_ascii_lowercase().replace('_', "-").as_str() {
        "source" | "cluster" => Ok("source"),
        "class" | "db-instance-class" | "instance-class" => Ok("class"),
        "for" | "lifetime" | "expire-days" => Ok("for"),
        "data-api" => Ok("data-api"),
        "proxy" => Ok("proxy"),
        other => Err(unknown(key, other, KEYS.iter().map(|key| format!("{key}=…")))),
    }
}

/// Which field a bare word fills.
fn field_of(word: &str, sources: &[SourceName]) -> Result<&'static str, Misread> {
    let lower = word.to_ascii_lowercase().replace('_', "-");
    if sources
        .iter()
        .any(|source| source.as_str().eq_ignore_ascii_case(word))
    {
        Ok("source")
    } else if let Some((verb, follows)) = VERBS.into_iter().find(|(verb, _)| *verb == lower) {
        Err(Misread::VerbFirst(verb, follows))
    } else if let Some(flag) = KEYS.into_iter().find(|key| is_flag(key) && *key == lower) {
        Ok(flag)
    } else if let Some((key, example)) = VALUES.into_iter().find(|(key, _)| *key == lower) {
        Err(Misread::ValueMissing(key, example))
    } else if lower.parse::<Class>().is_ok() || lower.starts_with("db.") || lower.starts_with("serverless") {
        Ok("class")
    } else if word.starts_with(|c: char| c.is_ascii_digit()) {
        Ok("for")
    } else {
        let names = sources.iter().map(ToString::to_string);
        let verbs = VERBS.into_iter().map(|(verb, _)| verb);
        let known = verbs.chain(KEYS).map(str::to_owned).chain(names);
        Err(unknown(word, &lower, known))
    }
}

fn unknown(word: &str, lower: &str, known: impl Iterator<Item = String>) -> Misread {
    let word = shortened(word);
    let meant = OTHERWISE.into_iter().find(|(said, _)| *said == lower);
    let nearest = match meant {
        Some((_, verb)) => Some(verb.to_owned()),
        None => nearest(&shortened(lower), known),
    };
    Misread::UnknownWord { word, nearest }
}

fn nearest(word: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(word, name.trim_end_matches("=…"));
    known
        .map(|name| (likeness(&name), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

fn hint(nearest: &Option<String>) -> String {
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `/clone help` shows what can be said".to_owned(),
    }
}

/// The words, without the traces that keyboards and Slack leave: quotes, dashes before a word, long dashes
/// within, and links that Slack makes of names with dots.
fn words(text: &str) -> Vec<String> {
    let bare = text
        .split(char::is_whitespace)
        .map(|word| plain(&unlinked(word)).replace(['–', '—', '−'], "-"))
        .map(|word| plain(undashed(&word).trim_matches('`')))
        .filter(|word| !word.is_empty());
    let mut words: Vec<String> = Vec::new();
    for word in bare {
        match words
            .last_mut()
            .filter(|number| is_number(number) && is_unit(&word))
        {
            Some(number) => number.push_str(&word),
            None => words.push(word),
        }
    }
    words
}

/// `8 hours` is one word.
fn is_number(word: &str) -> bool {
    word.len() < 4 && word.chars().all(|c| c.is_ascii_digit())
}

fn is_unit(word: &str) -> bool {
    ["h", "hour", "hours", "d", "day", "days"].contains(&word.to_ascii_lowercase().as_str())
}

/// `--data-api` is `data-api`, but `-1h` is no `1h`.
fn undashed(word: &str) -> &str {
    let bare = word.trim_start_matches('-');
    if bare.starts_with(|c: char| c.is_ascii_digit()) {
        word
    } else {
        bare
    }
}

/// `<http://db.r6g.large|db.r6g.large>` is what Slack can make of `db.r6g.large`.
fn unlinked(word: &str) -> String {
    let label = |link: &str| {
        link.split_once('|')
            .map(|(_, label)| label.to_owned())
            .filter(|it| !it.is_empty())
    };
    match (word.find('<'), word.rfind('>')) {
        (Some(start), Some(end)) if start < end => match label(&word[start + 1..end]) {
            Some(label) => format!("{}{label}{}", &word[..start], &word[end + 1..]),
            None => word.to_owned(),
        },
        _ => word.to_owned(),
    }
}

fn shortened(word: &str) -> String {
    let mut short: String = word.chars().take(60).collect();
    if short.len() < word.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
