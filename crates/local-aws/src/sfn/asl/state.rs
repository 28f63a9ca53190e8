//! Reads one state: the fields of its kind, and no others.

use super::read::{Node, Reader, Surroundings};
use super::{
    Amount, Catcher, Exit, Flow, Kind, Map, Next, Resource, Retrier, Rule, State, Task, Template, Until,
};

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

fn only(node: &Node<'_>, what: &str, own: &[&str]) {
    node.only(&[&COMMON[..], own].concat(), what);
}

fn task(node: &Node<'_>) -> Kind {
    only(
        node,
        "A Task state",
        &[
            "Resource",
            "Arguments",
            "TimeoutSeconds",
            "HeartbeatSeconds",
            "Retry",
            "Catch",
            "Output",
            "Assign",
            "Next",
            "End",
        ],
    );
    node.require(&["Resource"]);
    let arguments = node.template("Arguments");
    let resource = node.text("Resource").and_then(|arn| resource(node, &arn));
    if let (Some(resource), Some(arguments)) = (&resource, &arguments) {
        known_arguments(node, resource, arguments);
    } else if matches!(
        resource,
        Some(Resource::LambdaInvoke { .. } | Resource::RunTaskSync)
    ) {
        node.problem(
            "SCHEMA_VALIDATION_FAILED",
            "These fields are required: [Arguments]".to_owned(),
        );
    }
    let timeout_seconds = node.amount("TimeoutSeconds", 1);
    let heartbeat_seconds = node.amount("HeartbeatSeconds", 1);
    if let (Some(Amount::Fixed(timeout)), Some(Amount::Fixed(heartbeat))) =
        (&timeout_seconds, &heartbeat_seconds)
        && heartbeat >= timeout
    {
        let message = "HeartbeatSeconds must be smaller than TimeoutSeconds".to_owned();
        node.problem_in("HeartbeatSeconds", "SCHEMA_VALIDATION_FAILED", message);
    }
    if heartbeat_seconds.is_some()
        && resource
            .as_ref()
            .is_some_and(|it| *it != Resource::LambdaInvoke { token: true })
    {
        let message = "HeartbeatSeconds is supported only with '.waitForTaskToken'".to_owned();
        node.problem_in("HeartbeatSeconds", "SCHEMA_VALIDATION_FAILED", message);
    }
    let resource = resource.unwrap_or(Resource::RunTaskSync);
    Kind::Task(Task {
        resource,
        arguments,
        timeout_seconds,
        heartbeat_seconds,
    })
}

fn resource(node: &Node<'_>, arn: &str) -> Option<Resource> {
    let function = || {
        let parts: Vec<&str> = arn.split(':').collect();
        matches!(parts[..], ["arn", _, "lambda", _, _, "function", name] | ["arn", _, "lambda", _, _, "function", name, _] if !name.is_empty())
    };
    match arn {
        "arn:aws:states:::lambda:invoke" => Some(Resource::LambdaInvoke { token: false }),
        "arn:aws:states:::lambda:invoke.waitForTaskToken" => Some(Resource::LambdaInvoke { token: true }),
        "arn:aws:states:::ecs:runTask.sync" => Some(Resource::RunTaskSync),
        arn if function() => Some(Resource::Function(arn.to_owned())),
        other => {
            let message = format!(
                "Resource '{other}' is not supported. There are: arn:aws:states:::lambda:invoke, \
                 arn:aws:states:::lambda:invoke.waitForTaskToken, arn:aws:states:::ecs:runTask.sync and the ARN of a \
                 Lambda function"
            );
            node.problem_in("Resource", "SCHEMA_VALIDATION_FAILED", message);
            None
        }
    }
}

/// An API parameter that the service would ignore or refuse is a mistake; when the arguments are written out it shows.
fn known_arguments(node: &Node<'_>, resource: &Resource, arguments: &Template) {
    let (known, required): (&[&str], &str) = match resource {
        Resource::LambdaInvoke { .. } => (&["FunctionName", "Payload", "InvocationType"], "FunctionName"),
        Resource::RunTaskSync => (&RUN_TASK, "TaskDefinition"),
        Resource::Function(_) => return,
    };
    let Template::Object(fields) = arguments else {
        return;
    };
    for (field, _) in fields
        .iter()
        .filter(|(field, _)| !known.contains(&field.as_str()))
    {
        let message = format!(
            "The field '{field}' is not supported. There are: {}",
            known.join(", ")
        );
        node.problem_in("Arguments", "SCHEMA_VALIDATION_FAILED", message);
    }
    if arguments.field(required).is_none() {
        let message = format!("These fields are required: [{required}]");
        node.problem_in("Arguments", "SCHEMA_VALIDATION_FAILED", message);
    }
    if let Some(Template::Literal(kind)) = arguments.field("InvocationType")
        && kind != "RequestResponse"
    {
        let message = format!("InvocationType {kind} is not supported: only 'RequestResponse' is");
        node.problem_in("Arguments/InvocationType", "SCHEMA_VALIDATION_FAILED", message);
    }
}

/// RunTask's parameters, as Step Functions spells them.
const RUN_TASK: [&str; 18] = [
    "CapacityProviderStrategy",
    "ClientToken",
    "Cluster",
    "Count",
    "EnableECSManagedTags",
    "EnableExecuteCommand",
    "Group",
    "LaunchType",
    "NetworkConfiguration",
    "Overrides",
    "PlacementConstraints",
    "PlacementStrategy",
    "PlatformVersion",
    "PropagateTags",
    "ReferenceId",
    "StartedBy",
    "Tags",
    "TaskDefinition",
];

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
fn exit(node: &Node<'_>, around: &Surroundings) -> Exit {
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

fn retriers(node: &Node<'_>) -> Vec<Retrier> {
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

fn catchers(node: &Node<'_>, around: &Surroundings) -> Vec<Catcher> {
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
