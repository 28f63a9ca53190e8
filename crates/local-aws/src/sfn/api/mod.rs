//! The service's JSON 1.0 protocol: one operation a request, named by `X-Amz-Target`.

mod executions;
mod machines;
mod tasks;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Error, Service};

/// The prefix of every operation's name.
const TARGET: &str = "AWSStepFunctions.";

/// The media type of requests and answers.
const JSON: &str = "application/x-amz-json-1.0";

/// Answers `request`.
pub(super) fn answer(service: &Arc<Service>, request: &Request<Bytes>) -> Response<Bytes> {
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let operation = target.strip_prefix(TARGET).unwrap_or(target);
    match perform(service, operation, request.body()) {
        Ok(body) => respond(StatusCode::OK, body),
        Err(error) => {
            tracing::debug!(operation, code = error.code(), %error, "refused");
            let body = json!({"__type": error.code(), "message": error.to_string()}).to_string();
            respond(StatusCode::BAD_REQUEST, body.into())
        }
    }
}

fn respond(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(JSON));
    response
}

fn perform(service: &Arc<Service>, operation: &str, body: &Bytes) -> Result<Bytes, Error> {
    let on = Operation { service, body };
    match operation {
        "CreateStateMachine" => on.run(machines::create),
        "UpdateStateMachine" => on.run(machines::update),
        "DescribeStateMachine" => on.run(machines::describe),
        "DescribeStateMachineForExecution" => on.run(machines::describe_for_execution),
        "DeleteStateMachine" => on.run(machines::delete),
        "ListStateMachines" => on.run(machines::list),
        "ListStateMachineVersions" => on.run(machines::versions),
        "ValidateStateMachineDefinition" => on.run(machines::validate),
        "TagResource" => on.run(machines::tag),
        "UntagResource" => on.run(machines::untag),
        "ListTagsForResource" => on.run(machines::tags),
        "StartExecution" => on.run(executions::start),
        "StopExecution" => on.run(executions::stop),
        "DescribeExecution" => on.run(executions::describe),
        "ListExecutions" => on.run(executions::list),
        "GetExecutionHistory" => on.run(executions::history),
        "SendTaskSuccess" => on.run(tasks::success),
        "SendTaskFailure" => on.run(tasks::failure),
        "SendTaskHeartbeat" => on.run(tasks::heartbeat),
        other => Err(Error::UnknownOperation(other.to_owned())),
    }
}

struct Operation<'a> {
    service: &'a Arc<Service>,
    body: &'a Bytes,
}

impl Operation<'_> {
    fn run<I, O>(&self, operation: impl FnOnce(&Arc<Service>, I) -> Result<O, Error>) -> Result<Bytes, Error>
    where
        I: DeserializeOwned + Default,
        O: Serialize,
    {
        let malformed = |error: serde_json::Error| Error::SerializationException(error.to_string());
        let input = if self.body.is_empty() {
            I::default()
        } else {
            serde_json::from_slice(self.body).map_err(malformed)?
        };
        let output = operation(self.service, input)?;
        Ok(serde_json::to_vec(&output).map_err(malformed)?.into())
    }
}

/// One page of `items`, and the token of the next one.
fn page<T>(items: Vec<T>, most: Option<i32>, token: Option<&str>) -> Result<(Vec<T>, Option<String>), Error> {
    let most = match most.unwrap_or(0) {
        0 => 100,
        most @ 1..=1000 => most as usize,
        other => {
            let told = format!(
                "1 validation error detected: Value '{other}' at 'maxResults' must be from 0 to 1000"
            );
            return Err(Error::ValidationException(told));
        }
    };
    let start = match token {
        Some(token) => offset(token).ok_or_else(|| Error::InvalidToken(token.to_owned()))?,
        None => 0,
    };
    let next =
        (items.len() > start + most).then(|| URL_SAFE_NO_PAD.encode(format!("offset {}", start + most)));
    Ok((items.into_iter().skip(start).take(most).collect(), next))
}

fn offset(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    String::from_utf8(bytes)
        .ok()?
        .strip_prefix("offset ")?
        .parse()
        .ok()
}
