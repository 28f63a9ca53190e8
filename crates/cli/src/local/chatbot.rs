//! `@aws …` in the Slack channel: Amazon Q Developer in chat applications starts the execution.

use std::sync::Arc;

use aws_config::SdkConfig;
use local_slack::{AwsCommand, AwsHandler, aws_handler};
use runtime::aws::failed;

/// Carries out `@aws stepfunctions start-execution …` with the rights of `aws`.
pub(super) fn handler(aws: &SdkConfig) -> AwsHandler {
    let sfn = Arc::new(aws_sdk_sfn::Client::new(aws));
    aws_handler(move |command: AwsCommand| {
        let sfn = Arc::clone(&sfn);
        async move { start(&sfn, &command.text).await }
    })
}

async fn start(sfn: &aws_sdk_sfn::Client, text: &str) -> Result<String, String> {
    let command = slack::chatbot::parse(text).map_err(|error| error.to_string())?;
    let started = sfn
        .start_execution()
        .state_machine_arn(&command.arn)
        .input(command.input)
        .set_name(command.name)
        .send()
        .await
        .map_err(failed("StartExecution", &command.arn))
        .map_err(|error| runtime::chain(&error))?;
    Ok(format!("Started `{}`", started.execution_arn()))
}
