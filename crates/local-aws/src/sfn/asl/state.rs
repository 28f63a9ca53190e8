//! Reads one state: the fields of its kind, and no others.

use super::node::Node;
use super::read::{Reader, Surroundings};
use super::recover::{catchers, retriers};
use super::work::task;
use super::{Amount, Exit, Flow, Kind, Map, Next, Rule, State, Template, Until};

const COMMON: [&str; 3] = ["Type", "Comment", "QueryLanguage"];

/// Reads the state `name`; `around` is what it inherits, `inner` what its own inner flows inherit.
pub(super) fn read(
    reader: &Reader,
    name: &str,
    node: &Node<'_>,
    around: &Surroundings,
    inner: &Surroundings,
) -> State {
    language(node, name, around);
    let kind = kind(reader, node, around, inner);
    let failing = matches!(kind, Kind::Task(_) | Kind::Map(_) | Kind::Parallel { .. });
    State {
        name: name.to_owned(),
        exit: exit(node, around),
        next: next(node, &kind),
        retry: if failing { retriers(node) } else { Vec::new() },
        catch: if failing {
            catchers(node, around)
        } else {
            Vec::new()
        },
        kind,
    }
}

/// Only JSONata is spoken here.
fn language(node: &Node<'_>, name: &str, around: &Surroundings) {
    match node.text("QueryLanguage").as_deref() {
        Some("JSONata") => {}
        Some("JSONPath") if around.jsonata => node.problem(
            "SCHEMA_VALIDATION_FAILED",
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine".to_owned(),
        ),
        None if around.jsonata => {}
        _ => node.problem(
            "SCHEMA_VALIDATION_FAILED",
            format!(
                "State '{name}' is in JSONPath, which is not supported: set \"QueryLanguage\": \"JSONata\" for the \
                 state machine"
            ),
        ),
    }
}

fn kind(reader: &Reader, node: &Node<'_>, around: &Surroundings, inner: &Surroundings) -> Kind {
    node.require(&["Type"]);
    match node.text("Type").as_deref() {
        Some("Task") => task(node),
        Some("Choice") => choice(node, around),
        Some("Wait") => wait(node),
        Some("Map") => map(reader, node, inner),
        Some("Parallel") => parallel(reader, node, inner),
        Some("Pass") => {
            only(node, "A Pass state", &["Output", "Assign", "Next", "End"]);
            Kind::Pass
        }
        Some("Succeed") => {
            only(node, "A Succeed state", &["Output"]);
            Kind::Succeed
        }
        Some("Fail") => {
            only(node, "A Fail state", &["Error", "Cause"]);
            Kind::Fail {
                error: node.text_template("Error"),
                cause: node.text_template("Cause"),
            }
        }
        Some(other) => {
            let known = "Task, Choice, Wait, Map, Parallel, Pass, Succeed, Fail";
            node.problem_in(
                "Type",
                "SCHEMA_VALIDATION_FAILED",
                format!("Value should be one of the following: [{known}], and is '{other}'"),
            );
            Kind::Pass
        }
        None => Kind::Pass,
    }
}

pub(super) fn only(node: &Node<'_>, what: &str, own: &[&str]) {
    node.only(&[&COMMON[..], own].concat(), what);
}

fn choice(node: &Node<'_>, around: &Surroundings) -> Kind {
    only(
        node,
        "A Choice state",
        &["Choices", "Default", "Output", "Assign"],
    );
    node.require(&["Choices"]);
    let rules = node.list("Choices", 1);
    let rules = rules.iter().filter_map(|rule| {
        rule.only(
            &["Condition", "Next", "Output", "Assign", "Comment"],
            "A rule of a Choice",
        );
        rule.require(&["Condition", "Next"]);
        let condition = match rule.fields.get("Condition") {
            Some(it) if it.is_boolean() => rule.template("Condition")?,
            _ => rule.text_template("Condition")?,
        };
        if matches!(&condition, Template::Literal(it) if it.is_string()) {
            let message = "Expected a JSONata expression, such as {% $states.input.ready %}".to_owned();
            rule.problem_in("Condition", "SCHEMA_VALIDATION_FAILED", message);
        }
        Some(Rule {
            condition,
            next: rule.text("Next")?,
            exit: exit(rule, around),
        })
    });
    Kind::Choice {
        rules: rules.collect(),
        default: node.text("Default"),
    }
}

fn wait(node: &Node<'_>) -> Kind {
    only(
        node,
        "A Wait state",
        &["Seconds", "Timestamp", "Output", "Assign", "Next", "End"],
    );
    let both = ["Seconds", "Timestamp"]
        .iter()
        .filter(|field| node.fields.contains_key(**field))
        .count();
    if both != 1 {
        let message = "There should be exactly one of the following fields: [Seconds, Timestamp]".to_owned();
        node.problem("SCHEMA_VALIDATION_FAILED", message);
    }
    let timestamp = node.text_template("Timestamp");
    if let Some(Template::Literal(text)) = &timestamp
        && text
            .as_str()
            .is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_err())
    {
        let message = "Expected a time as 2026-01-31T12:00:00Z, or a JSONata expression".to_owned();
        node.problem_in("Timestamp", "SCHEMA_VALIDATION_FAILED", message);
    }
    Kind::Wait(match (node.amount("Seconds", 0), timestamp) {
        (None, Some(timestamp)) => Until::Timestamp(timestamp),
        (seconds, _) => Until::Seconds(seconds.unwrap_or(Amount::Fixed(0))),
    })
}

fn map(reader: &Reader, node: &Node<'_>, inner: &Surroundings) -> Kind {
    only(
        node,
        "A Map state",
        &[
            "Items",
            "ItemSelector",
            "ItemProcessor",
            "MaxConcurrency",
            "Retry",
            "Catch",
            "Output",
            "Assign",
            "Next",
            "End",
        ],
    );
    node.require(&["ItemProcessor"]);
    let processor = node.child("ItemProcessor").and_then(|processor| {
        processor.only(
            &["ProcessorConfig", "StartAt", "States", "Comment"],
            "An ItemProcessor",
        );
        if let Some(config) = processor.child("ProcessorConfig") {
            config.only(&["Mode"], "A ProcessorConfig");
            if let Some(mode) = config.text("Mode").filter(|mode| mode != "INLINE") {
                let message = format!("Mode '{mode}' is not supported: only 'INLINE' is");
                config.problem_in("Mode", "SCHEMA_VALIDATION_FAILED", message);
            }
        }
        reader.flow(&processor, inner)
    });
    let items = node.template("Items");
    if matches!(&items, Some(Template::Literal(it)) if !it.is_null())
        || matches!(items, Some(Template::Object(_)))
    {
        let message = "Expected an array, or a JSONata expression that gives one".to_owned();
        node.problem_in("Items", "SCHEMA_VALIDATION_FAILED", message);
    }
    Kind::Map(Map {
        items,
        item_selector: node.template("ItemSelector"),
        processor: processor.unwrap_or_else(empty),
        max_concurrency: node.amount("MaxConcurrency", 0),
    })
}

fn empty() -> Flow {
    Flow {
        start_at: String::new(),
        states: std::collections::BTreeMap::new(),
    }
}

fn parallel(reader: &Reader, node: &Node<'_>, inner: &Surroundings) -> Kind {
    let own = [
        "Branches",
        "Arguments",
        "Retry",
        "Catch",
        "Output",
        "Assign",
        "Next",
        "End",
    ];
    only(node, "A Parallel state", &own);
    node.require(&["Branches"]);
    let branches = node.list("Branches", 1);
    let branches = branches.iter().filter_map(|branch| {
        branch.only(&["StartAt", "States", "Comment"], "A branch");
        reader.flow(branch, inner)
    });
    Kind::Parallel {
        branches: branches.collect(),
        arguments: node.template("Arguments"),
    }
}

/// `Output` and `Assign` of a state, a rule or a catcher.
pub(super) fn exit(node: &Node<'_>, around: &Surroundings) -> Exit {
    let assign = match node.template("Assign") {
        Some(Template::Object(fields)) => fields,
        Some(_) => {
            let message = "Expected an object of variables".to_owned();
            node.problem_in("Assign", "SCHEMA_VALIDATION_FAILED", message);
            Vec::new()
        }
        None => Vec::new(),
    };
    for (name, _) in &assign {
        let mut letters = name.chars();
        let good = letters
            .next()
            .is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|it| it.is_alphanumeric() || it == '_')
            && name.chars().count() <= 80;
        let message = if !good || name == "states" {
            "A variable's name is 1 to 80 letters, digits and '_', does not begin with a digit, and is not 'states'"
        } else if around.outer.contains(name) {
            "A state of an enclosing flow assigns this variable: inside a Map or Parallel it can only be read"
        } else {
            continue;
        };
        node.problem_in(
            &format!("Assign/{name}"),
            "SCHEMA_VALIDATION_FAILED",
            message.to_owned(),
        );
    }
    Exit {
        assign,
        output: node.template("Output"),
    }
}

/// `Next` or `"End": true`, for the kinds of state that have them.
fn next(node: &Node<'_>, kind: &Kind) -> Next {
    if matches!(kind, Kind::Choice { .. } | Kind::Succeed | Kind::Fail { .. }) {
        return Next::End;
    }
    match (node.text("Next"), node.fields.get("End")) {
        (Some(next), None) => return Next::State(next),
        (None, Some(end)) if end == true => {}
        (None, None) => node.problem(
            "SCHEMA_VALIDATION_FAILED",
            "These fields are required: [Next]".to_owned(),
        ),
        (Some(_), Some(_)) => {
            let message = "There should only be one of the following fields: [Next, End]".to_owned();
            node.problem("SCHEMA_VALIDATION_FAILED", message);
        }
        (None, Some(_)) => {
            node.problem_in(
                "End",
                "SCHEMA_VALIDATION_FAILED",
                "End can only be true: use Next to go on".to_owned(),
            );
        }
    }
    Next::End
}
