//! The Data API's errors: each with its HTTP status, spelled as AWS's service model spells it. `ValidationException` is
//! not in the model, but is what the service says of a call that cannot be.

use serde_json::json;

use super::SERVICE;
use crate::answer::{self, Answer};

/// An error's code and HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(&'static str, u16);

pub(super) const ACCESS_DENIED: Code = Code("AccessDeniedException", 403);
pub(super) const BAD_REQUEST: Code = Code("BadRequestException", 400);
pub(super) const DATABASE_ERROR: Code = Code("DatabaseErrorException", 400);
pub(super) const NO_INSTANCE: Code = Code("DatabaseNotFoundException", 404);
pub(super) const RESUMING: Code = Code("DatabaseResumingException", 400);
pub(super) const UNAVAILABLE: Code = Code("DatabaseUnavailableException", 504);
pub(super) const NOT_ENABLED: Code = Code("HttpEndpointNotEnabledException", 400);
pub(super) const INTERNAL: Code = Code("InternalServerErrorException", 500);
pub(super) const INVALID_SECRET: Code = Code("InvalidSecretException", 400);
pub(super) const NO_SECRET: Code = Code("SecretsErrorException", 400);
pub(super) const TIMED_OUT: Code = Code("StatementTimeoutException", 400);
pub(super) const NO_TRANSACTION: Code = Code("TransactionNotFoundException", 404);
pub(super) const UNSUPPORTED_RESULT: Code = Code("UnsupportedResultException", 400);
pub(super) const INVALID: Code = Code("ValidationException", 400);

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    code: Code,
    message: String,
    /// The database connection whose statement took too long.
    connection: Option<i64>,
}

impl Code {
    /// This error, with what AWS would say about it.
    pub fn because(self, message: impl Into<String>) -> Fault {
        Fault {
            code: self,
            message: message.into(),
            connection: None,
        }
    }
}

impl Fault {
    /// A statement of this connection took too long.
    pub fn timed_out(connection: i64) -> Self {
        Self {
            connection: Some(connection),
            ..TIMED_OUT.because("Request timed out")
        }
    }

    /// A result with a value of a type that the Data API does not return.
    pub fn unsupported(type_name: &str) -> Self {
        UNSUPPORTED_RESULT.because(format!(
            "The result contains the unsupported data type {}.",
            type_name.to_uppercase()
        ))
    }

    /// The answer on the wire.
    pub fn answer(&self) -> Answer {
        let Code(code, status) = self.code;
        let mut answer = answer::error(SERVICE, status, code, &self.message);
        if let Some(connection) = self.connection {
            let body = json!({ "message": self.message, "dbConnectionId": connection });
            *answer.body_mut() = body.to_string().into();
        }
        answer
    }
}
