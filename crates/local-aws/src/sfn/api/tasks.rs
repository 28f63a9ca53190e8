//! What a `.waitForTaskToken` task's worker sends.

use std::sync::Arc;

use winterbaume_sfn::model::{
    SendTaskFailureInput, SendTaskFailureOutput, SendTaskHeartbeatInput, SendTaskHeartbeatOutput,
    SendTaskSuccessInput, SendTaskSuccessOutput,
};

use super::super::run::LARGEST;
use super::super::{Error, Service, TaskFailure};

pub(super) fn success(
    service: &Arc<Service>,
    input: SendTaskSuccessInput,
) -> Result<SendTaskSuccessOutput, Error> {
    if input.output.len() > LARGEST {
        return Err(Error::InvalidOutput(format!(
            "{} bytes, and {LARGEST} are the most",
            input.output.len()
        )));
    }
    let output =
        serde_json::from_str(&input.output).map_err(|error| Error::InvalidOutput(error.to_string()))?;
    service.tokens.answer(&input.task_token, Ok(output))?;
    Ok(SendTaskSuccessOutput {})
}

pub(super) fn failure(
    service: &Arc<Service>,
    input: SendTaskFailureInput,
) -> Result<SendTaskFailureOutput, Error> {
    let failure = TaskFailure {
        error: input.error.unwrap_or_default(),
        cause: input.cause.unwrap_or_default(),
    };
    service.tokens.answer(&input.task_token, Err(failure))?;
    Ok(SendTaskFailureOutput {})
}

pub(super) fn heartbeat(
    service: &Arc<Service>,
    input: SendTaskHeartbeatInput,
) -> Result<SendTaskHeartbeatOutput, Error> {
    service.tokens.beat(&input.task_token)?;
    Ok(SendTaskHeartbeatOutput {})
}
