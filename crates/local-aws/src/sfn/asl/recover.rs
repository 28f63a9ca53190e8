//! Reads Retry and Catch: what is done about a failure.

use super::node::Node;
use super::read::Surroundings;
use super::state::exit;
use super::{Catcher, Retrier};

/// A state's `Retry`.
pub(super) fn retriers(node: &Node<'_>) -> Vec<Retrier> {
    let found: Vec<Retrier> = node.list("Retry", 0).iter().map(retrier).collect();
    all_comes_last(node, "Retry", found.iter().map(|it| &it.error_equals));
    found
}

/// What stands behind `States.ALL` would never be asked.
fn all_comes_last<'a>(node: &Node<'_>, field: &str, errors: impl ExactSizeIterator<Item = &'a Vec<String>>) {
    let last = errors.len().saturating_sub(1);
    for (i, _) in errors
        .enumerate()
        .filter(|(i, names)| *i < last && names.iter().any(|it| it == "States.ALL"))
    {
        let message = format!("States.ALL must be in the last entry of {field}");
        node.problem_in(
            &format!("{field}[{i}]/ErrorEquals"),
            "SCHEMA_VALIDATION_FAILED",
            message,
        );
    }
}

fn retrier(node: &Node<'_>) -> Retrier {
    let own = [
        "IntervalSeconds",
        "MaxAttempts",
        "BackoffRate",
        "MaxDelaySeconds",
        "JitterStrategy",
        "Comment",
    ];
    node.only(&[&["ErrorEquals"], &own[..]].concat(), "A retrier");
    let backoff = node
        .fields
        .get("BackoffRate")
        .map(|rate| rate.as_f64().filter(|rate| *rate >= 1.0));
    if backoff == Some(None) {
        node.problem_in(
            "BackoffRate",
            "SCHEMA_VALIDATION_FAILED",
            "Expected a number of at least 1.0".to_owned(),
        );
    }
    let jitter = node.text("JitterStrategy");
    if let Some(other) = jitter.as_deref().filter(|it| !["FULL", "NONE"].contains(it)) {
        let message = format!("Value should be one of the following: [FULL, NONE], and is '{other}'");
        node.problem_in("JitterStrategy", "SCHEMA_VALIDATION_FAILED", message);
    }
    let interval_seconds = node.whole("IntervalSeconds", 1).unwrap_or(1);
    let max_delay_seconds = node.whole("MaxDelaySeconds", 1);
    if max_delay_seconds.is_some_and(|most| most <= interval_seconds) {
        let message =
            format!("MaxDelaySeconds must be greater than IntervalSeconds, which is {interval_seconds}");
        node.problem_in("MaxDelaySeconds", "SCHEMA_VALIDATION_FAILED", message);
    }
    Retrier {
        error_equals: errors(node),
        interval_seconds,
        max_attempts: node.whole("MaxAttempts", 0).unwrap_or(3),
        backoff_rate: backoff.flatten().unwrap_or(2.0),
        max_delay_seconds,
        jitter: jitter.as_deref() == Some("FULL"),
    }
}

/// A state's `Catch`.
pub(super) fn catchers(node: &Node<'_>, around: &Surroundings) -> Vec<Catcher> {
    let mut found = Vec::new();
    for mut catcher in node.list("Catch", 0) {
        catcher.catching = true;
        catcher.only(
            &["ErrorEquals", "Next", "Output", "Assign", "Comment"],
            "A catcher",
        );
        catcher.require(&["Next"]);
        let next = catcher.text("Next").unwrap_or_default();
        found.push(Catcher {
            error_equals: errors(&catcher),
            next,
            exit: exit(&catcher, around),
        });
    }
    all_comes_last(node, "Catch", found.iter().map(|it| &it.error_equals));
    found
}

/// The reserved error names that a machine may name.
const RESERVED: [&str; 17] = [
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

fn errors(node: &Node<'_>) -> Vec<String> {
    node.require(&["ErrorEquals"]);
    let Some(value) = node.fields.get("ErrorEquals") else {
        return Vec::new();
    };
    let names: Option<Vec<String>> = value
        .as_array()
        .and_then(|list| list.iter().map(|it| it.as_str().map(str::to_owned)).collect());
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        let message = "Expected a list of error names, which cannot be empty".to_owned();
        node.problem_in("ErrorEquals", "SCHEMA_VALIDATION_FAILED", message);
        return Vec::new();
    };
    if names.len() > 1 && names.iter().any(|name| name == "States.ALL") {
        let message = "States.ALL must be the only one in its ErrorEquals".to_owned();
        node.problem_in("ErrorEquals", "SCHEMA_VALIDATION_FAILED", message);
    }
    for name in names
        .iter()
        .filter(|name| name.starts_with("States.") && !RESERVED.contains(&name.as_str()))
    {
        let message = format!(
            "There is no error '{name}'. Reserved are: {}",
            RESERVED.join(", ")
        );
        node.problem_in("ErrorEquals", "SCHEMA_VALIDATION_FAILED", message);
    }
    names
}
