use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::Refusal;

/// A call's arguments, from a JSON or a form body and from the query.
pub(crate) struct Args(Map<String, Value>);

/// Arguments that are JSON even where the body is a form.
const STRUCTURED: &[&str] = &["blocks", "attachments", "metadata", "view", "outputs"];

impl Args {
    pub(crate) fn read(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Args, &'static str> {
        let kind = headers
            .get("Content-Type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut all = if kind.starts_with("application/json") && !body.is_empty() {
            let parsed = serde_json::from_slice::<Value>(body).map_err(|_| "invalid_json")?;
            match parsed {
                Value::Object(all) => all,
                _ => return Err("json_not_object"),
            }
        } else {
            let fields = form_urlencoded::parse(body);
            fields
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                .collect()
        };
        let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        all.extend(asked.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))));
        for name in STRUCTURED {
            if let Some(Value::String(text)) = all.get(*name) {
                let parsed = serde_json::from_str(text).map_err(|_| match *name {
                    "blocks" => "invalid_blocks_format",
                    "metadata" => "invalid_metadata_format",
                    _ => "invalid_arguments",
                })?;
                all.insert((*name).to_owned(), parsed);
            }
        }
        Ok(Args(all))
    }

    /// A text argument; numbers and the like are no texts.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn value(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str, error: &str) -> Result<&str, Refusal> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            let message = format!("[ERROR] missing required field: {name}");
            if error == "invalid_arguments" {
                Refusal::because(error, vec![message])
            } else {
                Refusal::new(error)
            }
        })
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        match self.value(name) {
            Value::Bool(yes) => *yes,
            Value::String(text) => text == "true" || text == "1",
            _ => false,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        match self.value(name) {
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Everything but the token.
    pub(crate) fn to_json(&self) -> Value {
        let mut all = self.0.clone();
        all.remove("token");
        Value::Object(all)
    }
}
