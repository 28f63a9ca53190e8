//! What the service refuses, under AWS's own names.

/// A refusal of the service; [`code`](Error::code) is the name that clients see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The definition cannot run; each problem names its state and what would be right.
    #[error("Invalid State Machine Definition: '{0}'")]
    InvalidDefinition(String),
    /// A name is empty, too long, or has characters that are not allowed.
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    /// Not an ARN, or one of another kind.
    #[error("Invalid Arn: '{0}'")]
    InvalidArn(String),
    /// The input is not JSON, or larger than 256 KiB.
    #[error("Invalid State Machine Execution Input: '{0}'")]
    InvalidExecutionInput(String),
    /// What SendTaskSuccess was given is not JSON, or larger than 256 KiB.
    #[error("Invalid Output: '{0}'")]
    InvalidOutput(String),
    /// A paging or task token that this service did not give out.
    #[error("Invalid Token: '{0}'")]
    InvalidToken(String),
    /// There is no such state machine.
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    /// The state machine is being deleted: nothing new may start.
    #[error("State Machine Deleting: '{0}'")]
    StateMachineDeleting(String),
    /// Another definition goes by that name.
    #[error("State Machine Already Exists: '{0}'")]
    StateMachineAlreadyExists(String),
    /// A type other than `STANDARD`.
    #[error("State Machine Type Not Supported: '{0}': only STANDARD is")]
    StateMachineTypeNotSupported(String),
    /// There is no such execution.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// The name was used within the last 90 days, and not for a running execution with the same input.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    /// No such resource to tag.
    #[error("Resource not found: '{0}'")]
    ResourceNotFound(String),
    /// Nobody was given that task token.
    #[error("Task Does Not Exist: '{0}'")]
    TaskDoesNotExist(String),
    /// The task of that token is over.
    #[error("Task Timed Out: 'Provided task does not exist anymore': '{0}'")]
    TaskTimedOut(String),
    /// An update that changes nothing.
    #[error(
        "Either the definition, the role ARN, the LoggingConfiguration or the TracingConfiguration must be specified"
    )]
    MissingRequiredParameter,
    /// A field is missing or out of its limits.
    #[error("{0}")]
    ValidationException(String),
    /// The request's body is no JSON object of the right shape.
    #[error("{0}")]
    SerializationException(String),
    /// An operation that this service does not have.
    #[error("The operation '{0}' is not part of the embedded Step Functions")]
    UnknownOperation(String),
}

impl Error {
    /// AWS's name for this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidDefinition(_) => "InvalidDefinition",
            Self::InvalidName(_) => "InvalidName",
            Self::InvalidArn(_) => "InvalidArn",
            Self::InvalidExecutionInput(_) => "InvalidExecutionInput",
            Self::InvalidOutput(_) => "InvalidOutput",
            Self::InvalidToken(_) => "InvalidToken",
            Self::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            Self::StateMachineDeleting(_) => "StateMachineDeleting",
            Self::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            Self::StateMachineTypeNotSupported(_) => "StateMachineTypeNotSupported",
            Self::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            Self::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            Self::ResourceNotFound(_) => "ResourceNotFound",
            Self::TaskDoesNotExist(_) => "TaskDoesNotExist",
            Self::TaskTimedOut(_) => "TaskTimedOut",
            Self::MissingRequiredParameter => "MissingRequiredParameter",
            Self::ValidationException(_) => "ValidationException",
            Self::SerializationException(_) => "SerializationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
        }
    }
}
