//! ECS's objects as Step Functions reads and shows them: names in PascalCase, times in milliseconds.

use serde_json::{Map, Value};
use winterbaume_ecs::model::Task;

/// Arguments of `ecs:runTask` as the API wants them: `TaskDefinition` becomes `taskDefinition`.
pub(crate) fn camel_case(arguments: Value) -> Value {
    rename(arguments, &|name| first(name, |first| first.to_ascii_lowercase()))
}

/// A task as Step Functions shows it.
pub(crate) fn states_object(task: &Task) -> Value {
    let mut object = rename(serde_json::to_value(task).unwrap_or_default(), &|name| {
        first(name, |first| first.to_ascii_uppercase())
    });
    if let Value::Object(members) = &mut object {
        for (name, value) in members.iter_mut().filter(|(name, _)| name.ends_with("At")) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "milliseconds since 1970 fit into 64 bits"
            )]
            match value.as_f64() {
                Some(seconds) => *value = Value::from((seconds * 1000.0).round() as i64),
                None => tracing::warn!(name, "a time that is no number"),
            }
        }
    }
    object
}

/// Whether Step Functions takes a stopped task for a success: every container ended with 0.
pub(crate) fn succeeded(task: &Task) -> bool {
    let containers = task.containers.as_deref().unwrap_or_default();
    !containers.is_empty() && containers.iter().all(|container| container.exit_code == Some(0))
}

fn rename(value: Value, name: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| (name(&key), rename(value, name)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| rename(item, name)).collect()),
        other => other,
    }
}

fn first(name: &str, change: impl Fn(char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(change).into_iter().chain(letters).collect()
}
