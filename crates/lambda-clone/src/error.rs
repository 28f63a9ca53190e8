//! What stops a clone.

use domain::Failure;
use domain::admission::Refusal;
use domain::request::BadField;
use runtime::aws::Failed;
use runtime::{AsFailure, ConfigError, RecordsError, SecretsError, StepError};

/// Why a request is refused or a clone discarded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of the request cannot be read.
    #[error(transparent)]
    BadField(#[from] BadField),
    /// The request refers to an item that the gateway never wrote.
    #[error("`request`: there is no request `{0}`; leave the field out of a direct execution")]
    NoSuchRequest(String),
    /// The policy does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The source cluster does not exist.
    #[error("source cluster `{0}` does not exist")]
    SourceMissing(String),
    /// The source cluster cannot be cloned as it is.
    #[error("source cluster `{cluster}` cannot be cloned now")]
    SourceUnavailable {
        /// The cluster.
        cluster: String,
        /// What AWS said.
        source: Failed,
    },
    /// The clone could not be made as the policy wants it.
    #[error("{0}")]
    Preflight(String),
    /// The account's quota leaves no room for one more.
    #[error("the account's quota of {0} is used up")]
    Quota(String),
    /// Aurora's own limit on clones of one volume is reached, whoever made them.
    #[error("{members} clones of `{cluster}` exist already, and Aurora would make the next one a full copy")]
    LineageFull {
        /// The source cluster.
        cluster: String,
        /// Clones that exist, also strangers'.
        members: usize,
    },
    /// The request was refused by an earlier call: its record says why.
    #[error("{cause}")]
    AlreadyFailed {
        /// The failure.
        failure: Failure,
        /// Its cause in words.
        cause: String,
    },
    /// What can stop any step.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl AsFailure for Error {
    fn failure(&self) -> Failure {
        match self {
            Self::BadField(_) | Self::NoSuchRequest(_) => Failure::BadRequest,
            Self::Refused(_) => Failure::Refused,
            Self::SourceMissing(_) => Failure::SourceMissing,
            Self::SourceUnavailable { .. } => Failure::SourceUnavailable,
            Self::Preflight(_) => Failure::Preflight,
            Self::Quota(_) => Failure::QuotaExceeded,
            Self::LineageFull { .. } => Failure::NoSlot,
            Self::AlreadyFailed { failure, .. } => *failure,
            Self::Step(error) => error.failure(),
        }
    }
}

macro_rules! through_step {
    ($($error:ty),+) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Step(error.into())
            }
        })+
    };
}
through_step!(Failed, RecordsError, ConfigError, SecretsError);
