//! Reads a definition from its JSON text; all that is wrong is told at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Amount, Definition, Flow, Problem, Template, graph, state};

/// The longest time in seconds that a definition may name.
pub(super) const LONGEST: u64 = 99_999_999;

/// Reads and checks a whole definition.
pub(in crate::sfn) fn read(definition: &str) -> Result<Definition, Vec<Problem>> {
    let json: Value = serde_json::from_str(definition).map_err(|error| {
        vec![Problem {
            code: "INVALID_JSON_DESCRIPTION",
            message: error.to_string(),
            location: None,
        }]
    })?;
    let reader = Reader::default();
    let machine = reader.machine(&json);
    match machine {
        Some(machine) if reader.problems.borrow().is_empty() => Ok(machine),
        _ => Err(reader.problems.into_inner()),
    }
}

/// What is found while reading.
#[derive(Default)]
pub(super) struct Reader {
    problems: RefCell<Vec<Problem>>,
    names: RefCell<BTreeSet<String>>,
}

/// Where a flow lies: what its states inherit.
#[derive(Clone, Default)]
pub(super) struct Surroundings {
    /// The machine's own query language is JSONata.
    pub(super) jsonata: bool,
    /// Variables that states of the enclosing flows assign.
    pub(super) outer: BTreeSet<String>,
}

impl Reader {
    fn machine(&self, json: &Value) -> Option<Definition> {
        let node = self.node(json, String::new())?;
        node.only(
            &[
                "Comment",
                "QueryLanguage",
                "StartAt",
                "States",
                "TimeoutSeconds",
                "Version",
            ],
            "A state machine",
        );
        if let Some(version) = node.text("Version").filter(|it| it != "1.0") {
            node.problem_in(
                "Version",
                "SCHEMA_VALIDATION_FAILED",
                format!("Version '{version}' is not 1.0"),
            );
        }
        let jsonata = node.text("QueryLanguage").as_deref() == Some("JSONata");
        let timeout_seconds = match node.amount("TimeoutSeconds", 1) {
            Some(Amount::Fixed(seconds)) => Some(seconds),
            Some(Amount::Query(_)) => {
                node.problem_in(
                    "TimeoutSeconds",
                    "SCHEMA_VALIDATION_FAILED",
                    "Expected a whole number of seconds".into(),
                );
                None
            }
            None => None,
        };
        let flow = self.flow(
            &node,
            &Surroundings {
                jsonata,
                ..Surroundings::default()
            },
        )?;
        Some(Definition {
            flow,
            timeout_seconds,
        })
    }

    /// The states under `node`: the machine, a processor or a branch.
    pub(super) fn flow(&self, node: &Node<'_>, around: &Surroundings) -> Option<Flow> {
        node.require(&["StartAt", "States"]);
        let listed = node.child("States")?;
        if listed.fields.is_empty() {
            listed.problem(
                "SCHEMA_VALIDATION_FAILED",
                "Value cannot be empty: give at least one state".into(),
            );
        }
        let mut inner = around.clone();
        inner.outer.extend(listed.fields.values().flat_map(assigned));
        let mut states = BTreeMap::new();
        for (name, json) in listed.fields {
            self.unique(name, &listed.at);
            if let Some(node) = self.node(json, format!("{}/{name}", listed.at)) {
                states.insert(name.clone(), state::read(self, name, &node, around, &inner));
            }
        }
        let flow = Flow {
            start_at: node.text("StartAt")?,
            states,
        };
        self.problems.borrow_mut().extend(graph::check(&flow, &node.at));
        Some(flow)
    }

    fn unique(&self, name: &str, at: &str) {
        let problem = if !self.names.borrow_mut().insert(name.to_owned()) {
            format!("A state's name must be unique in the whole machine, and '{name}' is there twice")
        } else if name.is_empty() || name.chars().count() > 80 {
            format!(
                "A state's name has 1 to 80 characters, and '{name}' has {}",
                name.chars().count()
            )
        } else {
            return;
        };
        let location = Some(format!("{at}/{name}"));
        self.problems.borrow_mut().push(Problem {
            code: "SCHEMA_VALIDATION_FAILED",
            message: problem,
            location,
        });
    }

    pub(super) fn node<'a>(&'a self, json: &'a Value, at: String) -> Option<Node<'a>> {
        match json.as_object() {
            Some(fields) => Some(Node {
                fields,
                at,
                catching: false,
                problems: &self.problems,
            }),
            None => {
                let message = "Expected an object".to_owned();
                let location = (!at.is_empty()).then_some(at);
                self.problems.borrow_mut().push(Problem {
                    code: "SCHEMA_VALIDATION_FAILED",
                    message,
                    location,
                });
                None
            }
        }
    }
}

/// The variables that a state assigns, its rules' and catchers' included.
fn assigned(state: &Value) -> Vec<String> {
    let own = state.get("Assign").into_iter();
    let listed = ["Choices", "Catch"]
        .into_iter()
        .filter_map(|field| state.get(field)?.as_array());
    own.chain(listed.flatten().filter_map(|it| it.get("Assign")))
        .filter_map(Value::as_object)
        .flat_map(|fields| fields.keys().cloned())
        .collect()
}

/// An object in the definition, with its place.
pub(super) struct Node<'a> {
    pub(super) fields: &'a Map<String, Value>,
    pub(super) at: String,
    /// Within a catcher, where `$states.errorOutput` has a value.
    pub(super) catching: bool,
    problems: &'a RefCell<Vec<Problem>>,
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
