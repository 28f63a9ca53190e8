//! An AWS call that failed: one type for all of them, classified by its code.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use domain::Failure;

use crate::lambda::AsFailure;

type Source = Box<dyn StdError + Send + Sync>;

/// A call that failed: which, on what, and AWS's code for it, if it got so far.
#[derive(Debug, thiserror::Error)]
#[error("{call} on `{on}` failed")]
pub struct Failed {
    /// The operation, such as `RestoreDBClusterToPointInTime`.
    pub call: &'static str,
    /// What it was about: an identifier.
    pub on: String,
    /// AWS's error code, with or without `Fault` as AWS likes; none if no answer came.
    pub code: Option<String>,
    /// Whether the same call may succeed soon.
    transient: bool,
    source: Source,
}

/// What AWS answered.
#[derive(Debug, thiserror::Error)]
#[error("{message} ({code})")]
struct Answered {
    code: String,
    message: String,
}

/// Codes that mean "not so fast".
const THROTTLES: [&str; 9] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
];

/// Codes that mean "try again": the service's own trouble, or two writers at once.
const TRANSIENT: [&str; 11] = [
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceException",
    "InternalError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "RequestTimeout",
    "RequestTimeoutException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

const QUOTAS: [&str; 3] = [
    "DBClusterQuotaExceeded",
    "InstanceQuotaExceeded",
    "StorageQuotaExceeded",
];

const CAPACITY: [&str; 3] = [
    "InsufficientDBClusterCapacity",
    "InsufficientDBInstanceCapacity",
    "InsufficientStorageClusterCapacity",
];

/// Turns an SDK's error into [`Failed`]: `.map_err(failed("DescribeDBClusters", &id))`.
pub fn failed<E>(call: &'static str, on: impl ToString) -> impl FnOnce(SdkError<E, HttpResponse>) -> Failed
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let on = on.to_string();
    move |error| {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().map(ToOwned::to_owned);
        let transient = match &error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
            _ => status.is_some_and(|status| status >= 500 || status == 429),
        };
        let source: Source = match &code {
            Some(code) => {
                let message = error.message().unwrap_or("AWS gave no reason").to_owned();
                Box::new(Answered {
                    code: code.clone(),
                    message,
                })
            }
            None => Box::new(error),
        };
        Failed {
            call,
            on,
            code,
            transient,
            source,
        }
    }
}

impl Failed {
    /// AWS's own words; empty if no answer came.
    pub fn said(&self) -> &str {
        self.source
            .downcast_ref::<Answered>()
            .map_or("", |answered| &answered.message)
    }

    /// Whether AWS's code is this one, with or without `Fault` on either side: the documentation, the SDK and
    /// the wire do not agree on it.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref().is_some_and(|own| bare(own) == bare(code))
    }

    /// Whether AWS asked to slow down.
    pub fn is_throttle(&self) -> bool {
        THROTTLES.iter().any(|code| self.is(code))
    }

    /// Whether the same call may succeed soon: throttled, timed out, not reached, or AWS's own trouble.
    pub fn is_transient(&self) -> bool {
        self.transient || self.is_throttle() || TRANSIENT.iter().any(|code| self.is(code))
    }

    /// Whether the account's quota leaves no room.
    pub fn is_quota(&self) -> bool {
        QUOTAS.iter().any(|code| self.is(code))
    }

    /// Whether AWS has no capacity for what was asked.
    pub fn is_no_capacity(&self) -> bool {
        CAPACITY.iter().any(|code| self.is(code))
    }
}

impl AsFailure for Failed {
    fn failure(&self) -> Failure {
        match () {
            () if self.is_quota() => Failure::QuotaExceeded,
            () if self.is_no_capacity() => Failure::NoCapacity,
            () if self.is_transient() => Failure::Transient,
            () => Failure::AwsRefused,
        }
    }
}

fn bare(code: &str) -> &str {
    code.strip_suffix("Fault").unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rds::error::ErrorMetadata;
    use aws_sdk_rds::operation::describe_db_clusters::DescribeDBClustersError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    fn answered(code: &str, status: u16) -> Failed {
        let meta = ErrorMetadata::builder().code(code).message("no").build();
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        failed("Do", "it")(SdkError::service_error(
            DescribeDBClustersError::generic(meta),
            response,
        ))
    }

    #[rstest::rstest]
    #[case("DBClusterQuotaExceededFault", 400, Failure::QuotaExceeded)]
    #[case("StorageQuotaExceeded", 400, Failure::QuotaExceeded)]
    #[case("InsufficientDBInstanceCapacity", 400, Failure::NoCapacity)]
    #[case("InsufficientDBClusterCapacityFault", 403, Failure::NoCapacity)]
    #[case("Throttling", 400, Failure::Transient)]
    #[case("InternalFailure", 500, Failure::Transient)]
    #[case("Whatever", 503, Failure::Transient)]
    #[case("AccessDenied", 403, Failure::AwsRefused)]
    #[case("DBClusterNotFoundFault", 404, Failure::AwsRefused)]
    fn a_code_is_classified_with_and_without_fault(
        #[case] code: &str,
        #[case] status: u16,
        #[case] is: Failure,
    ) {
        assert_eq!(answered(code, status).failure(), is);
    }

    #[test]
    fn no_answer_is_transient_and_an_answer_is_told_in_words() {
        let error = SdkError::<DescribeDBClustersError, HttpResponse>::timeout_error("slow");
        assert_eq!(failed("Do", "it")(error).failure(), Failure::Transient);
        let refused = answered("DBClusterNotFoundFault", 404);
        assert!(refused.is("DBClusterNotFound") && refused.is("DBClusterNotFoundFault"));
        assert_eq!(
            crate::chain(&refused),
            "Do on `it` failed: no (DBClusterNotFoundFault)"
        );
    }
}
