//! What a person asks for, read from any of the spellings that people and chat tools produce.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::class::{Class, InvalidClass};
use crate::id::{InvalidName, SourceName};
use crate::lifetime::{InvalidLifetime, Lifetime};
use crate::people::Groups;

/// A request as it was said: every field may be absent, nothing is held against the policy yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The source, by its name in the policy.
    pub source: Option<SourceName>,
    /// The class.
    pub class: Option<Class>,
    /// The lifetime after hand-over.
    pub lifetime: Option<Lifetime>,
    /// Extras.
    #[serde(default)]
    pub options: Options,
    /// The key of the item in which the gateway wrote who asked. Only that item is believed about people.
    #[serde(default)]
    pub request: Option<String>,
}

/// Extras of a clone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Switch the RDS Data API on once the clone is released.
    #[serde(default)]
    pub data_api: bool,
    /// Put an RDS Proxy before the clone.
    #[serde(default)]
    pub proxy: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Principal {
    /// A Slack user, by id, as the gateway's signed request showed.
    Slack(String),
    /// Somebody on the command line, by the name that AWS knows (the ARN's last part).
    Cli(String),
    /// A direct StartExecution: nobody in particular, whatever its input says.
    Direct,
    /// A step of a Slack workflow: Slack does not say who built or started it.
    Workflow,
}

impl Principal {
    /// The key under which this principal's clones are counted.
    pub fn cap_key(&self) -> String {
        match self {
            Self::Slack(user) => format!("slack/{user}"),
            Self::Cli(name) => format!("cli/{name}"),
            Self::Direct | Self::Workflow => "direct".into(),
        }
    }

    /// The value of the tag that says whose a clone is: its [`cap_key`](Self::cap_key), in what AWS takes for a tag.
    pub fn owner_tag(&self) -> String {
        let taken = |c: char| c.is_alphanumeric() || "_.:/=+-@".contains(c);
        self.cap_key()
            .chars()
            .map(|c| if taken(c) { c } else { '-' })
            .collect()
    }

    /// Whether it stands for nobody in particular, so that its clones belong to everybody who may ask for one.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Direct | Self::Workflow)
    }
}

/// What the gateway wrote about a request before it started the execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestItem {
    /// Who asked.
    pub principal: Principal,
    /// The Slack channel in which it was asked.
    pub channel: Option<String>,
    /// Which of the policy's user groups they are in, as Slack told the gateway.
    #[serde(default)]
    pub groups: Groups,
    /// What was asked for. The execution's input repeats it; this is what is believed.
    pub wish: Wish,
    /// The run of a Slack workflow's step that waits for the clone (`Fx…`), if one does.
    #[serde(default)]
    pub step: Option<String>,
}

/// A field of a request that cannot be read, by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadField {
    /// The source's name is no name.
    #[error("`{field}`: {error}")]
    Source {
        /// The field as it was written.
        field: String,
        /// What is wrong.
        error: InvalidName,
    },
    /// The class is no class.
    #[error("`{field}`: {error}")]
    Class {
        /// The field as it was written.
        field: String,
        /// What is wrong.
        error: InvalidClass,
    },
    /// The lifetime is no lifetime.
    #[error("`{field}`: {error}")]
    Lifetime {
        /// The field as it was written.
        field: String,
        /// What is wrong.
        error: InvalidLifetime,
    },
    /// Neither yes nor no.
    #[error("`{field}`: `{value}` is neither true nor false")]
    Flag {
        /// The field as it was written.
        field: String,
        /// Its value.
        value: String,
    },
    /// A value of the wrong kind, such as a list.
    #[error("`{field}` must be a text or a number, not {found}")]
    Kind {
        /// The field as it was written.
        field: String,
        /// What was found.
        found: &'static str,
    },
    /// One field by two names, or twice by one that only case or quotes tell apart, with different values.
    #[error("`{0}` and `{1}` are one field and say different things: say it once")]
    Twice(String, String),
    /// Longer than anything that could be meant.
    #[error("`{0}` is too long: names and values of a request have at most {LONGEST} characters")]
    TooLong(String),
    /// No field of ours.
    #[error(
        "`{0}` is no field of a request: known are source, class (or db_instance_class), lifetime (or expire_days), data_api, proxy{1}"
    )]
    Unknown(String, String),
    /// The whole is no JSON object.
    #[error(
        "a request is a JSON object such as {{\"source\": \"production\", \"expire_days\": \"3\"}}, not {0}"
    )]
    NotAnObject(&'static str),
}

/// The longest name or value that is looked at.
const LONGEST: usize = 200;

impl Wish {
    /// Reads an execution's input. Numbers may be strings, values may carry curly quotes and blanks, every
    /// field may be absent or empty. One field by two of its names must say the same. Fields that tell who asks (`person`, `approved_by`, …) are refused like any
    /// other unknown field: only the gateway's item is believed.
    ///
    /// # Errors
    /// The first field that cannot be read.
    pub fn read(input: &Value) -> Result<Self, BadField> {
        let object = match input {
            Value::Object(object) => object,
            Value::Null => return Ok(Self::default()),
            other => return Err(BadField::NotAnObject(kind(other))),
        };
        let (mut wish, mut said) = (Self::default(), Vec::new());
        for (key, value) in object {
            let field = plain(key);
            let Some(text) = text_of(&field, value)? else {
                continue;
            };
            wish.set_once(&field, &text, &mut said)?;
        }
        Ok(wish)
    }

    /// Sets a field that no other name of it set to something else.
    fn set_once(
        &mut self,
        field: &str,
        text: &str,
        said: &mut Vec<(&'static str, String)>,
    ) -> Result<(), BadField> {
        let before = self.clone();
        self.set(field, text)?;
        let Some(name) = canonical(field) else {
            return Ok(());
        };
        if let Some((_, other)) = said.iter().find(|(known, _)| *known == name)
            && *self != before
        {
            // A JSON object has no order, and neither has this sentence.
            let (first, second) = (other.as_str().min(field), other.as_str().max(field));
            return Err(BadField::Twice(first.to_owned(), second.to_owned()));
        }
        said.push((name, field.to_owned()));
        Ok(())
    }

    /// Sets one field from a text, by any of its names.
    ///
    /// # Errors
    /// What is wrong with the field, by name.
    pub fn set(&mut self, field: &str, text: &str) -> Result<(), BadField> {
        let named = || field.to_owned();
        if [field, text]
            .iter()
            .any(|said| said.chars().nth(LONGEST).is_some())
        {
            return Err(BadField::TooLong(field.chars().take(40).collect()));
        }
        match canonical(field) {
            Some("source") => {
                let source = either_case(text).map_err(|error| BadField::Source {
                    field: named(),
                    error,
                })?;
                self.source = Some(source);
            }
            Some("class") => {
                let class = either_case(text).map_err(|error| BadField::Class {
                    field: named(),
                    error,
                })?;
                self.class = Some(class);
            }
            Some("lifetime") => {
                let lifetime = text.parse().map_err(|error| BadField::Lifetime {
                    field: named(),
                    error,
                })?;
                self.lifetime = Some(lifetime);
            }
            Some("data_api") => self.options.data_api = flag(field, text)?,
            Some("proxy") => self.options.proxy = flag(field, text)?,
            Some(_) => self.request = Some(text.to_owned()),
            None => return Err(BadField::Unknown(named(), nearest(field))),
        }
        Ok(())
    }

    /// The wish as an execution's input.
    pub fn to_input(&self) -> Value {
        let mut input = serde_json::Map::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                input.insert(key.to_owned(), Value::String(value));
            }
        };
        put("source", self.source.as_ref().map(ToString::to_string));
        put("class", self.class.as_ref().map(ToString::to_string));
        put("lifetime", self.lifetime.as_ref().map(ToString::to_string));
        put("data_api", self.options.data_api.then(|| "true".into()));
        put("proxy", self.options.proxy.then(|| "true".into()));
        put("request", self.request.clone());
        Value::Object(input)
    }
}

/// The field that a name means.
fn canonical(field: &str) -> Option<&'static str> {
    match field.to_ascii_lowercase().replace('-', "_").as_str() {
        "source" | "cluster" => Some("source"),
        "class" | "db_instance_class" | "instance_class" => Some("class"),
        "lifetime" | "for" | "expire_days" => Some("lifetime"),
        "data_api" => Some("data_api"),
        "proxy" => Some("proxy"),
        "request" => Some("request"),
        _ => None,
    }
}

/// Phones begin a sentence with a capital: names that are always small are read in either case.
fn either_case<T: std::str::FromStr>(text: &str) -> Result<T, T::Err> {
    text.parse()
        .or_else(|error| text.to_ascii_lowercase().parse().map_err(|_| error))
}

/// A text as it was meant: without blanks around it and without the quotes, straight or curly, that chat tools
/// wrap values in.
pub fn plain(text: &str) -> String {
    let quote = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '“' | '”' | '„' | '‟' | '‘' | '’' | '«' | '»')
    };
    text.trim_matches(quote).to_owned()
}

fn text_of(field: &str, value: &Value) -> Result<Option<String>, BadField> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => plain(text),
        Value::Number(number) => match number.as_f64() {
            // A form's number field may send `3.0`.
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{whole}"),
            _ => number.to_string(),
        },
        Value::Bool(yes) => yes.to_string(),
        other => {
            return Err(BadField::Kind {
                field: field.to_owned(),
                found: kind(other),
            });
        }
    };
    Ok((!text.is_empty()).then_some(text))
}

fn flag(field: &str, text: &str) -> Result<bool, BadField> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(BadField::Flag {
            field: field.to_owned(),
            value: text.to_owned(),
        }),
    }
}

fn nearest(field: &str) -> String {
    let known = [
        "source",
        "class",
        "db_instance_class",
        "lifetime",
        "expire_days",
        "data_api",
        "proxy",
    ];
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(name, field), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!(" (did you mean `{name}`?)"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[rstest::rstest]
    #[case(json!({"db_instance_class": "db.t4g.medium", "expire_days": "3"}))]
    #[case(json!({"db_instance_class": "“db.t4g.medium”", "expire_days": 3}))]
    #[case(json!({"class": " db.t4g.medium ", "lifetime": "’3d’", "source": ""}))]
    #[case(json!({"Class": "DB.T4G.medium", "expire_days": 3.0}))]
    #[case(json!({"“db_instance_class”": "db.t4g.medium", "expire-days": " 3 days "}))]
    #[case(json!({"class": "db.t4g.medium", "db_instance_class": "“db.t4g.medium”", "for": "3", "expire_days": 3}))]
    #[case(json!({"class": "db.t4g.medium", "lifetime": "72h", "source": null, "proxy": "false"}))]
    fn the_articles_input_is_read_in_every_spelling(#[case] input: Value) {
        let wish = Wish::read(&input).unwrap();
        let expected = Wish {
            class: Some("db.t4g.medium".parse().unwrap()),
            lifetime: Some("3d".parse().unwrap()),
            ..Wish::default()
        };
        assert_eq!(wish, expected);
    }

    #[test]
    fn a_wish_survives_the_way_through_an_executions_input() {
        let wish = Wish {
            source: Some("production".parse().unwrap()),
            class: Some("serverless:0-4".parse().unwrap()),
            lifetime: Some("4h".parse().unwrap()),
            options: Options {
                data_api: true,
                proxy: false,
            },
            request: Some("r-1".into()),
        };
        assert_eq!(Wish::read(&wish.to_input()), Ok(wish));
        assert_eq!(Wish::read(&json!({})), Ok(Wish::default()));
    }

    #[rstest::rstest]
    #[case(Principal::Slack("U0ALICE".into()), "slack/U0ALICE")]
    #[case(Principal::Cli("ann@example.org".into()), "cli/ann@example.org")]
    #[case(Principal::Cli("ann,b".into()), "cli/ann-b")]
    #[case(Principal::Workflow, "direct")]
    fn an_owner_is_said_in_a_tag(#[case] principal: Principal, #[case] tag: &str) {
        assert_eq!(principal.owner_tag(), tag);
    }

    #[rstest::rstest]
    #[case(json!({"class": "huge"}), "`class`: `huge` is no class")]
    #[case(json!({"expire_days": "soon"}), "`expire_days`: `soon` is no lifetime")]
    #[case(json!({"source": "Prod!"}), "`source`: `Prod!` is no source name")]
    #[case(json!({"proxy": "maybe"}), "`proxy`: `maybe` is neither")]
    #[case(json!({"class": "db.r6g.large", "db_instance_class": "db.t4g.medium"}), "`class` and `db_instance_class` are one field")]
    #[case(json!({"expire_days": 1, "lifetime": "2d"}), "`expire_days` and `lifetime` are one field")]
    #[case(json!({"data_api": true, "data-api": false}), "`data-api` and `data_api` are one field")]
    #[case(json!({"class": "x".repeat(300_000)}), "`class` is too long")]
    #[case(json!({"x".repeat(300_000): "x"}), "x` is too long")]
    #[case(json!({"expire_days": 2.5}), "`2.5` is no lifetime")]
    #[case(json!({"expire_days": -3}), "`-3` is no lifetime")]
    #[case(json!({"class": ["db.t4g.medium"]}), "`class` must be a text or a number, not a list")]
    #[case(json!({"clas": "x"}), "did you mean `class`?")]
    #[case(json!({"person": "U0BOSS"}), "`person` is no field of a request")]
    #[case(json!([]), "not a list")]
    fn each_bad_field_is_named(#[case] input: Value, #[case] said: &str) {
        let error = Wish::read(&input).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
