//! A Lambda's bootstrap: a failure's name becomes the error's type, which is what the state machine matches.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use domain::Failure;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument;

/// A Lambda is given 30 s; whatever it is at then would end without a word. Every step is safe to lose.
const LONGEST: Duration = Duration::from_secs(25);

/// An error that the workflow has a name for.
pub trait AsFailure: Error {
    /// Its name in the workflow.
    fn failure(&self) -> Failure;
}

/// What a Lambda raised, as Step Functions sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Raised {
    /// The failure, whose name is the error's type.
    pub failure: Failure,
    /// The error with all its causes, in plain words.
    pub message: String,
}

impl Raised {
    /// What `error` looks like from outside.
    pub fn from_error(error: &impl AsFailure) -> Self {
        Self {
            failure: error.failure(),
            message: chain(error),
        }
    }
}

impl From<Raised> for Diagnostic {
    fn from(raised: Raised) -> Self {
        Self {
            error_type: raised.failure.name().to_owned(),
            error_message: raised.message,
        }
    }
}

/// An error and its causes in one line, outermost first. A cause that its effect already quotes is left out.
pub fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        cause = error.source();
    }
    said
}

/// Runs a handler on a JSON request, as Lambda would: for [`serve`], and for an embedded AWS in one process.
///
/// # Errors
/// The handler's failure; `BadRequest` if the request is not what the handler reads; `Transient` if it takes longer
/// than 25 s.
pub async fn invoke<Req, Res, E, F, Fut>(handler: F, request: Value) -> Result<Value, Raised>
where
    Req: DeserializeOwned,
    Res: Serialize,
    E: AsFailure,
    F: FnOnce(Req) -> Fut,
    Fut: Future<Output = Result<Res, E>>,
{
    let span = tracing::info_span!("invocation", clone.id = tracing::field::Empty);
    if let Some(id) = request["clone_id"].as_str() {
        span.record("clone.id", id);
    }
    let recorded = span.clone();
    async move {
        let request = serde_json::from_value(request).map_err(|error| Raised {
            failure: Failure::BadRequest,
            message: format!("the Lambda's request cannot be read: {error}"),
        })?;
        // Boxed: the layout of a handler with its AWS calls nests deeper than the compiler looks.
        let result = match tokio::time::timeout(LONGEST, Box::pin(handler(request))).await {
            Err(_) => Err(Raised {
                failure: Failure::Transient,
                message: format!("AWS took longer than {} s to answer", LONGEST.as_secs()),
            }),
            Ok(Ok(answer)) => serde_json::to_value(answer).map_err(|error| Raised {
                failure: Failure::Internal,
                message: error.to_string(),
            }),
            Ok(Err(error)) => Err(Raised::from_error(&error)),
        };
        match &result {
            Ok(answer) => {
                if let Some(id) = answer["clone_id"].as_str() {
                    recorded.record("clone.id", id);
                }
                tracing::info!(status = answer["status"].as_str(), "answered");
            }
            Err(raised) => tracing::error!(failure = %raised.failure, "{raised}"),
        }
        result
    }
    .instrument(span)
    .await
}

/// Answers Lambda's invocations with `handler` until the environment is taken away.
///
/// # Errors
/// When Lambda's own API cannot be reached; a failing handler ends nothing but its invocation.
pub async fn serve<Req, Res, E, F, Fut>(handler: F) -> Result<(), lambda_runtime::Error>
where
    Req: DeserializeOwned,
    Res: Serialize,
    E: AsFailure,
    F: Fn(Req) -> Fut,
    Fut: Future<Output = Result<Res, E>>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        invoke(&handler, event.payload)
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, thiserror::Error)]
    #[error("tried it")]
    struct Tried(#[source] std::fmt::Error);

    impl AsFailure for Tried {
        fn failure(&self) -> Failure {
            Failure::NoSlot
        }
    }

    #[tokio::test]
    async fn a_failure_is_raised_by_its_name_with_its_causes() {
        let raised = invoke(async |_: Value| Err::<(), _>(Tried(std::fmt::Error)), json!({}))
            .await
            .unwrap_err();
        assert_eq!(
            (raised.failure, raised.message.as_str()),
            (Failure::NoSlot, &*chain(&Tried(std::fmt::Error)))
        );
        assert!(raised.message.starts_with("tried it: "));
        assert_eq!(Diagnostic::from(raised).error_type, "NoSlot");
    }

    #[tokio::test]
    async fn a_request_of_another_shape_is_a_bad_request() {
        let raised = invoke(async |_: u32| Ok::<_, Tried>(1), json!("x"))
            .await
            .unwrap_err();
        assert_eq!(raised.failure, Failure::BadRequest);
    }
}
