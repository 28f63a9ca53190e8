//! State machines: create, change, describe, delete, tag.

use std::collections::BTreeMap;
use std::sync::Arc;

use winterbaume_sfn::model::{
    CreateStateMachineInput, CreateStateMachineOutput, DeleteStateMachineInput, DeleteStateMachineOutput,
    DescribeStateMachineForExecutionInput, DescribeStateMachineForExecutionOutput, DescribeStateMachineInput,
    DescribeStateMachineOutput, EncryptionConfiguration, ListStateMachineVersionsInput,
    ListStateMachineVersionsOutput, ListStateMachinesInput, ListStateMachinesOutput,
    ListTagsForResourceInput, ListTagsForResourceOutput, LoggingConfiguration, StateMachineListItem, Tag,
    TagResourceInput, TagResourceOutput, TracingConfiguration, UntagResourceInput, UntagResourceOutput,
    UpdateStateMachineInput, UpdateStateMachineOutput, ValidateStateMachineDefinitionDiagnostic,
    ValidateStateMachineDefinitionInput, ValidateStateMachineDefinitionOutput,
};

use super::super::machine::{Machine, Settings, problems};
use super::super::record::{locked, seconds};
use super::super::{Error, Service};
use super::page;

pub(super) fn create(
    service: &Arc<Service>,
    input: CreateStateMachineInput,
) -> Result<CreateStateMachineOutput, Error> {
    if let Some(other) = input.r#type.filter(|it| it != "STANDARD") {
        return Err(Error::StateMachineTypeNotSupported(other));
    }
    refuse_versions(input.publish)?;
    check_role(&input.role_arn)?;
    let settings = Settings {
        logging: input.logging_configuration,
        tracing: input.tracing_configuration,
        encryption: input.encryption_configuration,
    };
    let tags = pairs(input.tags.unwrap_or_default());
    let machine = service.create(&input.name, input.role_arn, &input.definition, settings, tags)?;
    Ok(CreateStateMachineOutput {
        state_machine_arn: Some(machine.arn.clone()),
        creation_date: Some(seconds(machine.created)),
        state_machine_version_arn: None,
    })
}

pub(super) fn update(
    service: &Arc<Service>,
    input: UpdateStateMachineInput,
) -> Result<UpdateStateMachineOutput, Error> {
    refuse_versions(input.publish)?;
    let settings = Settings {
        logging: input.logging_configuration,
        tracing: input.tracing_configuration,
        encryption: input.encryption_configuration,
    };
    let unset = settings.logging.is_none() && settings.tracing.is_none() && settings.encryption.is_none();
    if input.definition.is_none() && input.role_arn.is_none() && unset {
        return Err(Error::MissingRequiredParameter);
    }
    if let Some(role) = &input.role_arn {
        check_role(role)?;
    }
    let machine = service.machine(&input.state_machine_arn)?;
    let next = machine.updated(
        input.role_arn,
        input.definition.as_deref(),
        settings,
        service.time.now(),
    )?;
    let output = UpdateStateMachineOutput {
        revision_id: Some(next.revision.clone()),
        update_date: Some(seconds(next.updated)),
        state_machine_version_arn: None,
    };
    let mut kept = locked(&service.kept);
    match kept.machines.get_mut(&machine.arn) {
        Some(entry) if entry.deleting => return Err(Error::StateMachineDeleting(machine.arn.clone())),
        Some(entry) => entry.machine = Arc::new(next),
        None => return Err(Error::StateMachineDoesNotExist(machine.arn.clone())),
    }
    Ok(output)
}

pub(super) fn describe(
    service: &Arc<Service>,
    input: DescribeStateMachineInput,
) -> Result<DescribeStateMachineOutput, Error> {
    let machine = service.machine(&input.state_machine_arn)?;
    let deleting = locked(&service.kept)
        .machines
        .get(&machine.arn)
        .is_some_and(|entry| entry.deleting);
    let settings = described(&machine.settings);
    Ok(DescribeStateMachineOutput {
        state_machine_arn: Some(machine.arn.clone()),
        name: Some(machine.name.clone()),
        status: Some(if deleting { "DELETING" } else { "ACTIVE" }.to_owned()),
        definition: Some(machine.text.clone()),
        role_arn: Some(machine.role.clone()),
        r#type: Some("STANDARD".to_owned()),
        creation_date: Some(seconds(machine.created)),
        revision_id: Some(machine.revision.clone()),
        logging_configuration: settings.logging,
        tracing_configuration: settings.tracing,
        encryption_configuration: settings.encryption,
        ..DescribeStateMachineOutput::default()
    })
}

pub(super) fn describe_for_execution(
    service: &Arc<Service>,
    input: DescribeStateMachineForExecutionInput,
) -> Result<DescribeStateMachineForExecutionOutput, Error> {
    let record = service.execution(&input.execution_arn)?;
    let machine: &Machine = &record.machine;
    let settings = described(&machine.settings);
    Ok(DescribeStateMachineForExecutionOutput {
        state_machine_arn: Some(machine.arn.clone()),
        name: Some(machine.name.clone()),
        definition: Some(machine.text.clone()),
        role_arn: Some(machine.role.clone()),
        update_date: Some(seconds(machine.updated)),
        revision_id: Some(machine.revision.clone()),
        logging_configuration: settings.logging,
        tracing_configuration: settings.tracing,
        encryption_configuration: settings.encryption,
        ..DescribeStateMachineForExecutionOutput::default()
    })
}

/// With AWS's defaults where nothing was set.
fn described(settings: &Settings) -> Settings {
    let logging = LoggingConfiguration {
        level: Some("OFF".to_owned()),
        include_execution_data: Some(false),
        destinations: None,
    };
    let encryption = EncryptionConfiguration {
        r#type: "AWS_OWNED_KEY".to_owned(),
        ..Default::default()
    };
    Settings {
        logging: Some(settings.logging.clone().unwrap_or(logging)),
        tracing: Some(
            settings
                .tracing
                .clone()
                .unwrap_or(TracingConfiguration { enabled: Some(false) }),
        ),
        encryption: Some(settings.encryption.clone().unwrap_or(encryption)),
    }
}

/// A machine with running executions goes with the last of them; one that is not there is no mistake.
pub(super) fn delete(
    service: &Arc<Service>,
    input: DeleteStateMachineInput,
) -> Result<DeleteStateMachineOutput, Error> {
    service.check_arn(&input.state_machine_arn, "stateMachine")?;
    if let Some(entry) = locked(&service.kept).machines.get_mut(&input.state_machine_arn) {
        entry.deleting = true;
    }
    service.forget_deleted(&input.state_machine_arn);
    Ok(DeleteStateMachineOutput {})
}

pub(super) fn list(
    service: &Arc<Service>,
    input: ListStateMachinesInput,
) -> Result<ListStateMachinesOutput, Error> {
    let kept = locked(&service.kept);
    let items = kept.machines.values().map(|entry| StateMachineListItem {
        state_machine_arn: Some(entry.machine.arn.clone()),
        name: Some(entry.machine.name.clone()),
        r#type: Some("STANDARD".to_owned()),
        creation_date: Some(seconds(entry.machine.created)),
    });
    let (state_machines, next_token) = page(items.collect(), input.max_results, input.next_token.as_deref())?;
    Ok(ListStateMachinesOutput {
        state_machines: Some(state_machines),
        next_token,
    })
}

/// There are no published versions here: Terraform asks all the same.
pub(super) fn versions(
    service: &Arc<Service>,
    input: ListStateMachineVersionsInput,
) -> Result<ListStateMachineVersionsOutput, Error> {
    service.machine(&input.state_machine_arn)?;
    Ok(ListStateMachineVersionsOutput {
        state_machine_versions: Some(Vec::new()),
        next_token: None,
    })
}

pub(super) fn validate(
    _: &Arc<Service>,
    input: ValidateStateMachineDefinitionInput,
) -> Result<ValidateStateMachineDefinitionOutput, Error> {
    let most = match input.max_results.unwrap_or(0) {
        most @ 1..=100 => most as usize,
        _ => 100,
    };
    let found = problems(&input.definition).err().unwrap_or_default();
    let diagnostics = found
        .iter()
        .take(most)
        .map(|problem| ValidateStateMachineDefinitionDiagnostic {
            severity: Some("ERROR".to_owned()),
            code: Some(problem.code.to_owned()),
            message: Some(problem.message.clone()),
            location: problem.location.clone(),
        });
    Ok(ValidateStateMachineDefinitionOutput {
        result: Some(if found.is_empty() { "OK" } else { "FAIL" }.to_owned()),
        diagnostics: Some(diagnostics.collect()),
        truncated: Some(found.len() > most),
    })
}

pub(super) fn tag(service: &Arc<Service>, input: TagResourceInput) -> Result<TagResourceOutput, Error> {
    tagged(service, &input.resource_arn, |tags| {
        tags.extend(pairs(input.tags))
    })?;
    Ok(TagResourceOutput {})
}

pub(super) fn untag(service: &Arc<Service>, input: UntagResourceInput) -> Result<UntagResourceOutput, Error> {
    tagged(service, &input.resource_arn, |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key))
    })?;
    Ok(UntagResourceOutput {})
}

pub(super) fn tags(
    service: &Arc<Service>,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, Error> {
    let tags = tagged(service, &input.resource_arn, |tags| tags.clone())?;
    let tags = tags.into_iter().map(|(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    });
    Ok(ListTagsForResourceOutput {
        tags: Some(tags.collect()),
    })
}

fn tagged<T>(
    service: &Service,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> T,
) -> Result<T, Error> {
    service.check_arn(arn, "stateMachine")?;
    let mut kept = locked(&service.kept);
    let entry = kept
        .machines
        .get_mut(arn)
        .ok_or_else(|| Error::ResourceNotFound(arn.to_owned()))?;
    Ok(change(&mut entry.tags))
}

fn pairs(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

fn check_role(arn: &str) -> Result<(), Error> {
    if arn.starts_with("arn:") && arn.contains(":iam:") && arn.contains(":role/") {
        return Ok(());
    }
    Err(Error::InvalidArn(format!("Role arn is not valid: {arn}")))
}

fn refuse_versions(publish: Option<bool>) -> Result<(), Error> {
    if publish == Some(true) {
        return Err(Error::ValidationException(
            "Versions of state machines are not supported: leave out 'publish'".into(),
        ));
    }
    Ok(())
}
