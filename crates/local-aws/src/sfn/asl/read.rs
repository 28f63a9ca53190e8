//! Reads a definition from its JSON text; all that is wrong is told at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::node::Node;
use super::{Amount, Definition, Flow, Problem, graph, state};

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
