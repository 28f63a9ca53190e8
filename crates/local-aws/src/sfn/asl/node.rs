//! One object of a definition: its fields, checked as they are read.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::{Amount, Problem, Template};

/// The longest time in seconds that a definition may name.
const LONGEST: u64 = 99_999_999;

/// An object in the definition, with its place.
pub(super) struct Node<'a> {
    pub(super) fields: &'a Map<String, Value>,
    pub(super) at: String,
    /// Within a catcher, where `$states.errorOutput` has a value.
    pub(super) catching: bool,
    pub(super) problems: &'a RefCell<Vec<Problem>>,
}

/// What JSONPath's fields are called in JSONata.
const JSONPATH_FIELDS: [(&str, &str); 17] = [
    ("InputPath", "Arguments"),
    ("Parameters", "Arguments"),
    ("ResultSelector", "Output"),
    ("ResultPath", "Output"),
    ("OutputPath", "Output"),
    ("Result", "Output"),
    ("SecondsPath", "Seconds"),
    ("TimestampPath", "Timestamp"),
    ("TimeoutSecondsPath", "TimeoutSeconds"),
    ("HeartbeatSecondsPath", "HeartbeatSeconds"),
    ("ItemsPath", "Items"),
    ("MaxConcurrencyPath", "MaxConcurrency"),
    ("ErrorPath", "Error"),
    ("CausePath", "Cause"),
    ("Variable", "Condition"),
    ("Iterator", "ItemProcessor"),
    ("StringEquals", "Condition"),
];

impl<'a> Node<'a> {
    pub(super) fn problem(&self, code: &'static str, message: String) {
        let location = (!self.at.is_empty()).then(|| self.at.clone());
        self.problems.borrow_mut().push(Problem {
            code,
            message,
            location,
        });
    }

    pub(super) fn problem_in(&self, field: &str, code: &'static str, message: String) {
        let location = Some(format!("{}/{field}", self.at));
        self.problems.borrow_mut().push(Problem {
            code,
            message,
            location,
        });
    }

    fn invalid(&self, field: &str, message: String) {
        self.problem_in(field, "SCHEMA_VALIDATION_FAILED", message);
    }

    /// Refuses every field but `allowed`; `what` has them, as in "A Pass state".
    pub(super) fn only(&self, allowed: &[&str], what: &str) {
        for field in self
            .fields
            .keys()
            .filter(|field| !allowed.contains(&field.as_str()))
        {
            let message = match JSONPATH_FIELDS.iter().find(|(path, _)| path == field) {
                Some((_, instead)) => format!(
                    "The QueryLanguage is set to 'JSONata', but field '{field}' is only supported for the 'JSONPath' \
                     QueryLanguage: use '{instead}'"
                ),
                None => format!(
                    "Field '{field}' is not supported. {what} has: {}",
                    allowed.join(", ")
                ),
            };
            self.problem("SCHEMA_VALIDATION_FAILED", message);
        }
    }

    pub(super) fn require(&self, names: &[&str]) {
        let missing: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !self.fields.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            self.problem(
                "SCHEMA_VALIDATION_FAILED",
                format!("These fields are required: [{}]", missing.join(", ")),
            );
        }
    }

    pub(super) fn text(&self, field: &str) -> Option<String> {
        let value = self.fields.get(field)?;
        if !value.is_string() {
            self.invalid(field, "Expected a string".to_owned());
        }
        value.as_str().map(str::to_owned)
    }

    /// A whole number from `least` to [`LONGEST`], or an expression.
    pub(super) fn amount(&self, field: &str, least: u64) -> Option<Amount> {
        match self.fields.get(field)? {
            Value::String(_) => match self.template(field) {
                Some(Template::Query(query)) => return Some(Amount::Query(query)),
                Some(Template::Literal(Value::Null)) => return None,
                _ => {}
            },
            value => {
                if let Some(number) = value.as_u64().filter(|number| (least..=LONGEST).contains(number)) {
                    return Some(Amount::Fixed(number));
                }
            }
        }
        self.invalid(
            field,
            format!("Expected a whole number from {least} to {LONGEST}, or a JSONata expression"),
        );
        None
    }

    pub(super) fn whole(&self, field: &str, least: u64) -> Option<u64> {
        let number = self
            .fields
            .get(field)?
            .as_u64()
            .filter(|number| (least..=LONGEST).contains(number));
        if number.is_none() {
            self.invalid(
                field,
                format!("Expected a whole number from {least} to {LONGEST}"),
            );
        }
        number
    }

    /// The field's value with the expressions in it.
    pub(super) fn template(&self, field: &str) -> Option<Template> {
        let value = self.fields.get(field)?;
        Some(Template::read(
            value,
            self.catching,
            &mut |below, (code, message)| {
                self.problem_in(&format!("{field}{below}"), code, message);
            },
        ))
    }

    /// As [`template`](Self::template), for a field that has to be a string.
    pub(super) fn text_template(&self, field: &str) -> Option<Template> {
        if !self.fields.get(field)?.is_string() {
            self.invalid(field, "Expected a string or a JSONata expression".to_owned());
            return None;
        }
        self.template(field)
    }

    pub(super) fn child(&self, field: &str) -> Option<Node<'a>> {
        let value = self.fields.get(field)?;
        self.inner(value, format!("{}/{field}", self.at))
    }

    /// The objects of a list that has `least` of them or more.
    pub(super) fn list(&self, field: &str, least: usize) -> Vec<Node<'a>> {
        let Some(value) = self.fields.get(field) else {
            return Vec::new();
        };
        match value.as_array() {
            Some(items) if items.len() >= least => items
                .iter()
                .enumerate()
                .filter_map(|(i, item)| self.inner(item, format!("{}/{field}[{i}]", self.at)))
                .collect(),
            Some(_) => {
                self.invalid(field, "Value cannot be empty".to_owned());
                Vec::new()
            }
            None => {
                self.invalid(field, "Expected an array".to_owned());
                Vec::new()
            }
        }
    }

    fn inner(&self, value: &'a Value, at: String) -> Option<Node<'a>> {
        match value.as_object() {
            Some(fields) => Some(Node {
                fields,
                at,
                catching: false,
                problems: self.problems,
            }),
            None => {
                let problem = Problem {
                    code: "SCHEMA_VALIDATION_FAILED",
                    message: "Expected an object".to_owned(),
                    location: Some(at),
                };
                self.problems.borrow_mut().push(problem);
                None
            }
        }
    }
}
