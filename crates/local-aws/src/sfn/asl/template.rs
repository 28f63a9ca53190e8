//! A JSON value of the definition in which whole strings may be `{% … %}`.

use serde_json::Value;

use super::query::{Query, Refusal};

/// A value with expressions in it.
#[derive(Clone, Debug)]
pub(in crate::sfn) enum Template {
    Literal(Value),
    Query(Query),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

impl Template {
    /// Reads `value`, and hands each refused expression to `refuse` together with its path below this value.
    pub(super) fn read(value: &Value, catching: bool, refuse: &mut dyn FnMut(&str, Refusal)) -> Self {
        Reader { catching, refuse }.read(value, String::new())
    }

    /// The field `name` of an object written out in the definition.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

struct Reader<'a> {
    catching: bool,
    refuse: &'a mut dyn FnMut(&str, Refusal),
}

impl Reader<'_> {
    fn read(&mut self, value: &Value, at: String) -> Template {
        match value {
            Value::String(text) => self.text(text, &at),
            Value::Array(items) => Template::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, it)| self.read(it, format!("{at}[{i}]")))
                    .collect(),
            ),
            Value::Object(fields) => Template::Object(
                fields
                    .iter()
                    .map(|(key, it)| (key.clone(), self.read(it, format!("{at}/{key}"))))
                    .collect(),
            ),
            other => Template::Literal(other.clone()),
        }
    }

    fn text(&mut self, text: &str, at: &str) -> Template {
        let query = match (text.strip_prefix("{%").and_then(|it| it.strip_suffix("%}")), text) {
            (Some(inner), _) => Query::parse(inner, self.catching),
            (None, text) if text.contains("{%") || text.contains("%}") => Err((
                "SCHEMA_VALIDATION_FAILED",
                format!("An expression must be the whole string, from '{{%' to '%}}', and '{text}' is not"),
            )),
            (None, _) => return Template::Literal(Value::String(text.to_owned())),
        };
        match query {
            Ok(query) => Template::Query(query),
            Err(refusal) => {
                (self.refuse)(at, refusal);
                Template::Literal(Value::Null)
            }
        }
    }
}
