//! Executions: start, stop, describe, list, and their history.

use std::sync::Arc;

use winterbaume_sfn::model::{
    CloudWatchEventsExecutionDataDetails, DescribeExecutionInput, DescribeExecutionOutput, ExecutionListItem,
    GetExecutionHistoryInput, GetExecutionHistoryOutput, HistoryEvent, ListExecutionsInput,
    ListExecutionsOutput, StartExecutionInput, StartExecutionOutput, StopExecutionInput, StopExecutionOutput,
};

use super::super::record::{Outcome, Record, locked, seconds};
use super::super::{Error, Service};
use super::page;

pub(super) fn start(
    service: &Arc<Service>,
    input: StartExecutionInput,
) -> Result<StartExecutionOutput, Error> {
    let text = input.input.as_deref().unwrap_or("{}");
    let json = serde_json::from_str(text).map_err(|error| Error::InvalidExecutionInput(error.to_string()))?;
    let record = service.start(&input.state_machine_arn, input.name, json)?;
    Ok(StartExecutionOutput {
        execution_arn: Some(record.arn.clone()),
        start_date: Some(seconds(record.started)),
    })
}

/// Stopping what ended before is no mistake: the answer is when it ended.
pub(super) fn stop(service: &Arc<Service>, input: StopExecutionInput) -> Result<StopExecutionOutput, Error> {
    let record = service.execution(&input.execution_arn)?;
    service.stop(&record, input.error, input.cause);
    Ok(StopExecutionOutput {
        stop_date: record.ended().map(|(_, at)| seconds(at)),
    })
}

pub(super) fn describe(
    service: &Arc<Service>,
    input: DescribeExecutionInput,
) -> Result<DescribeExecutionOutput, Error> {
    let record = service.execution(&input.execution_arn)?;
    let included = || Some(CloudWatchEventsExecutionDataDetails { included: Some(true) });
    let ended = record.ended();
    let outcome = ended.as_ref().map(|(outcome, _)| outcome);
    let output = outcome.and_then(Outcome::output).map(ToString::to_string);
    Ok(DescribeExecutionOutput {
        execution_arn: Some(record.arn.clone()),
        state_machine_arn: Some(record.machine.arn.clone()),
        name: Some(record.name.clone()),
        status: Some(record.status().to_owned()),
        start_date: Some(seconds(record.started)),
        stop_date: ended.as_ref().map(|(_, at)| seconds(*at)),
        input: Some(record.input.to_string()),
        input_details: included(),
        output_details: output.as_ref().and_then(|_| included()),
        output,
        error: outcome.and_then(Outcome::error).map(str::to_owned),
        cause: outcome.and_then(Outcome::cause).map(str::to_owned),
        redrive_count: Some(0),
        ..DescribeExecutionOutput::default()
    })
}

/// The newest first.
pub(super) fn list(
    service: &Arc<Service>,
    input: ListExecutionsInput,
) -> Result<ListExecutionsOutput, Error> {
    let arn = input.state_machine_arn.as_deref();
    let arn =
        arn.ok_or_else(|| Error::ValidationException("The parameter 'stateMachineArn' is required".into()))?;
    service.machine(arn)?;
    let wanted = |record: &&Arc<Record>| {
        record.machine.arn == arn
            && input
                .status_filter
                .as_deref()
                .is_none_or(|status| record.status() == status)
    };
    let kept = locked(&service.kept);
    let items = kept
        .executions
        .iter()
        .rev()
        .filter(wanted)
        .map(|record| ExecutionListItem {
            execution_arn: Some(record.arn.clone()),
            state_machine_arn: Some(record.machine.arn.clone()),
            name: Some(record.name.clone()),
            status: Some(record.status().to_owned()),
            start_date: Some(seconds(record.started)),
            stop_date: record.ended().map(|(_, at)| seconds(at)),
            redrive_count: Some(0),
            ..ExecutionListItem::default()
        });
    let (executions, next_token) = page(items.collect(), input.max_results, input.next_token.as_deref())?;
    Ok(ListExecutionsOutput {
        executions: Some(executions),
        next_token,
    })
}

pub(super) fn history(
    service: &Arc<Service>,
    input: GetExecutionHistoryInput,
) -> Result<GetExecutionHistoryOutput, Error> {
    let record = service.execution(&input.execution_arn)?;
    let mut places: Vec<usize> = (0..record.event_count()).collect();
    if input.reverse_order == Some(true) {
        places.reverse();
    }
    let (places, next_token) = page(places, input.max_results, input.next_token.as_deref())?;
    let mut events = record.events(&places);
    if input.include_execution_data == Some(false) {
        events.iter_mut().for_each(without_data);
    }
    Ok(GetExecutionHistoryOutput {
        events: Some(events),
        next_token,
    })
}

/// Takes inputs and outputs out of an event.
fn without_data(event: &mut HistoryEvent) {
    macro_rules! clear {
        ($($details:ident: $($field:ident),+);+ $(;)?) => {
            $(if let Some(details) = &mut event.$details {
                $(details.$field = None;)+
            })+
        };
    }
    clear! {
        execution_started_event_details: input, input_details;
        execution_succeeded_event_details: output, output_details;
        state_entered_event_details: input, input_details;
        state_exited_event_details: output, output_details, assigned_variables;
        lambda_function_scheduled_event_details: input, input_details;
        lambda_function_succeeded_event_details: output, output_details;
        task_scheduled_event_details: parameters;
        task_submitted_event_details: output, output_details;
        task_succeeded_event_details: output, output_details;
    }
}
