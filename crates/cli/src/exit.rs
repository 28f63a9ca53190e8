//! How a verb ends, for scripts and for people.

use std::fmt;
use std::process::ExitCode;

use domain::Failure;

/// The exit codes, beside 0 for success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 1: it was tried and failed.
    Failed = 1,
    /// 2: the command line cannot be understood.
    Usage = 2,
    /// 3: there is no such clone, source or running `doppel local`.
    NotFound = 3,
    /// 4: the policy, the rules, a cap or a quota do not allow it.
    Refused = 4,
    /// 5: it took too long.
    TimedOut = 5,
    /// 6: rules and database differ.
    Different = 6,
}

/// Why a verb ended before its end: one line for people, a code for scripts.
#[derive(Debug)]
pub struct Stop {
    /// The code.
    pub exit: Exit,
    message: String,
}

impl Exit {
    /// Ends a verb with these words.
    pub fn with(self, message: impl Into<String>) -> Stop {
        Stop {
            exit: self,
            message: message.into(),
        }
    }

    /// Ends a verb with an error and its causes.
    pub fn because(self, error: &dyn std::error::Error) -> Stop {
        self.with(runtime::chain(error))
    }

    /// The code of a clone that came to nothing.
    pub fn of(failure: Failure) -> Self {
        match failure {
            Failure::BadRequest
            | Failure::Refused
            | Failure::Denied
            | Failure::CapReached
            | Failure::NoSlot
            | Failure::QuotaExceeded => Self::Refused,
            Failure::TimedOut | Failure::Unanswered => Self::TimedOut,
            Failure::SourceMissing => Self::NotFound,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Exit::Failed.because(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_policy_does_not_allow_is_told_from_what_failed() {
        assert_eq!(Exit::of(Failure::CapReached), Exit::Refused);
        assert_eq!(Exit::of(Failure::TimedOut), Exit::TimedOut);
        assert_eq!(Exit::of(Failure::Unverified), Exit::Failed);
    }
}
