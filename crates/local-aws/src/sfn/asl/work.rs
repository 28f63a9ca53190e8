//! Reads a Task: who does its work, and what it is asked for.

use super::node::Node;
use super::state::only;
use super::{Amount, Kind, Resource, Task, Template};

/// Reads a Task state.
pub(super) fn task(node: &Node<'_>) -> Kind {
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
