//! Task definitions, and what a call overrides of them.

use std::collections::BTreeMap;

use winterbaume_ecs::model::{
    ContainerDefinition, ContainerOverride, DescribeTaskDefinitionResponse, RegisterTaskDefinitionRequest,
    RegisterTaskDefinitionResponse, RunTaskRequest, TaskDefinition,
};

use super::api::short;
use super::{Ecs, Refused, SERVICE, State, seconds};

/// ECS's own limit on what a RunTask call may override, in characters of JSON.
const LONGEST_OVERRIDES: usize = 8192;

impl Ecs {
    pub(super) fn register_task_definition(
        &self,
        input: RegisterTaskDefinitionRequest,
    ) -> Result<RegisterTaskDefinitionResponse, Refused> {
        if input.family.is_empty() {
            return Err(Refused::client("Family should not be null or empty"));
        }
        let definition = TaskDefinition {
            family: Some(input.family),
            container_definitions: Some(input.container_definitions),
            cpu: input.cpu,
            memory: input.memory,
            network_mode: input.network_mode,
            requires_compatibilities: input.requires_compatibilities,
            execution_role_arn: input.execution_role_arn,
            task_role_arn: input.task_role_arn,
            runtime_platform: input.runtime_platform,
            ..Default::default()
        };
        container_of(&definition)?;
        let definition = self.add_definition(&mut self.lock(), definition);
        Ok(RegisterTaskDefinitionResponse {
            task_definition: Some(definition),
            tags: input.tags,
        })
    }

    pub(super) fn describe_task_definition(
        &self,
        id: &str,
    ) -> Result<DescribeTaskDefinitionResponse, Refused> {
        let definition = find_definition(&self.lock(), id)
            .ok_or_else(|| Refused::client("Unable to describe task definition."))?;
        Ok(DescribeTaskDefinitionResponse {
            task_definition: Some(definition),
            ..Default::default()
        })
    }

    /// Gives `definition` the next revision of its family.
    pub(super) fn add_definition(&self, state: &mut State, mut definition: TaskDefinition) -> TaskDefinition {
        let family = definition.family.clone().unwrap_or_default();
        let revisions = state.definitions.entry(family.clone()).or_default();
        let revision = i32::try_from(revisions.len())
            .unwrap_or(i32::MAX)
            .saturating_add(1);
        definition.revision = Some(revision);
        definition.task_definition_arn = Some(
            self.place
                .arn(SERVICE, &format!("task-definition/{family}:{revision}")),
        );
        definition.status = Some("ACTIVE".to_owned());
        definition.registered_at = Some(seconds(self.time.now()));
        revisions.push(definition.clone());
        definition
    }
}

/// `family`, `family:revision` or an ARN; without a revision the newest is meant.
pub(super) fn find_definition(state: &State, id: &str) -> Option<TaskDefinition> {
    let (family, revision) = match short(id).split_once(':') {
        Some((family, revision)) => (family, Some(revision.parse::<i32>().ok()?)),
        None => (short(id), None),
    };
    let revisions = state.definitions.get(family)?;
    match revision {
        Some(revision) => revisions
            .iter()
            .find(|definition| definition.revision == Some(revision)),
        None => revisions.last(),
    }
    .cloned()
}

/// The one container of a task: a program is one function here.
pub(super) fn container_of(definition: &TaskDefinition) -> Result<ContainerDefinition, Refused> {
    match definition.container_definitions.as_deref() {
        Some([container]) => Ok(container.clone()),
        Some([]) | None => Err(Refused::client("Container list cannot be empty.")),
        Some(_) => Err(Refused::client(
            "The embedded ECS runs tasks of one container only.",
        )),
    }
}

/// The overrides of the task's container.
pub(super) fn override_of(input: &RunTaskRequest, container: &str) -> Result<ContainerOverride, Refused> {
    let overrides = input.overrides.as_ref();
    let length = overrides
        .and_then(|all| serde_json::to_string(all).ok())
        .map_or(0, |text| text.len());
    if length > LONGEST_OVERRIDES {
        return Err(Refused::parameter(
            "Container Overrides length must be at most 8192",
        ));
    }
    let containers = overrides
        .and_then(|all| all.container_overrides.as_deref())
        .unwrap_or_default();
    let mut found = ContainerOverride::default();
    for over in containers {
        match over.name.as_deref() {
            Some(name) if name == container => found = over.clone(),
            name => {
                let name = name.unwrap_or_default();
                let message =
                    format!("Override for container named {name} is not a container in the TaskDefinition.");
                return Err(Refused::parameter(message));
            }
        }
    }
    Ok(found)
}

pub(super) fn environment(
    container: &ContainerDefinition,
    over: &ContainerOverride,
) -> BTreeMap<String, String> {
    let both = container
        .environment
        .iter()
        .chain(over.environment.iter())
        .flatten();
    both.filter_map(|pair| Some((pair.name.clone()?, pair.value.clone().unwrap_or_default())))
        .collect()
}
