//! Why the policy does not allow something, in words.

use std::fmt;

use chrono::TimeDelta;

use crate::class::Class;
use crate::id::{CloneId, SourceName};
use crate::lifetime::{self, Lifetime};
use crate::policy::UnknownSource;
use crate::record::CloneState;

/// Why the policy does not allow a request, by field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request names no source and there are several.
    #[error("`source`: say which one: {0}")]
    SourceMissing(String),
    /// There is no such source.
    #[error("`source`: {0}")]
    UnknownSource(#[from] UnknownSource),
    /// The class is not allowed for this source.
    #[error("`class`: `{class}` is not allowed for {name}; allowed are {allowed}")]
    ClassNotAllowed {
        /// What was asked for.
        class: Class,
        /// The source.
        name: SourceName,
        /// What is allowed.
        allowed: String,
    },
    /// Longer than the policy allows.
    #[error("`lifetime`: {asked} is longer than the {most} that clones of {name} may live")]
    TooLong {
        /// What was asked for.
        asked: Lifetime,
        /// The limit.
        most: Lifetime,
        /// The source.
        name: SourceName,
    },
    /// Not in this channel.
    #[error("clones cannot be asked for in this channel")]
    ChannelNotAllowed,
    /// Not this person.
    #[error("you are not among the people who may ask for clones")]
    PersonNotAllowed,
    /// Not from a workflow.
    #[error(
        "steps of Slack workflows may not ask for clones: the policy's `workflow_steps` does not allow it"
    )]
    WorkflowsNotAllowed,
    /// Not this source in this channel.
    #[error("clones of {0} cannot be asked for in this channel")]
    SourceNotInChannel(SourceName),
    /// Not this source by this person.
    #[error("you are not among the people who may ask for clones of {0}")]
    SourceNotAllowed(SourceName),
    /// It hangs on a user group, and Slack did not say who is in it.
    #[error(
        "Slack does not tell just now who is in the user groups that the policy names; try again in a minute"
    )]
    GroupsUnknown,
    /// An approval is needed, and nobody is known to have asked, who could be kept from giving it.
    #[error(
        "{0} needs an approval, which neither a direct execution nor a workflow can get; ask with `/clone` or `doppel create`"
    )]
    NobodyAsks(String),
    /// One's own request.
    #[error("{0} is your own request; somebody else must approve or deny it")]
    OwnRequest(CloneId),
    /// Not among the approvers.
    #[error("you are not among those who approve clones of {0}")]
    NotAnApprover(SourceName),
    /// A longer life needs an approver's word.
    #[error("{id} may live {free} without an approval; ask an approver to extend it for you")]
    ExtensionNeedsApprover {
        /// The clone.
        id: CloneId,
        /// How long it may live without one.
        free: Lifetime,
    },
    /// Somebody else's clone.
    #[error("{0} belongs to somebody else; only its owner or an admin may {1} it")]
    NotYours(CloneId, Deed),
    /// With this extension it would live longer than the policy lets a clone live in all.
    #[error(
        "{more} more would make {} in all, and clones of {name} may live {most}; {}",
        lifetime::words(*.total), at_most(*.left)
    )]
    TotalLife {
        /// The extension that was asked for.
        more: Lifetime,
        /// The whole life, from the hand-over, that it would make.
        total: TimeDelta,
        /// What is left of the policy's total, by which it could be extended.
        left: TimeDelta,
        /// The policy's total.
        most: Lifetime,
        /// The source.
        name: SourceName,
    },
    /// The Data API is not offered on this class.
    #[error(
        "`data_api`: AWS does not offer the RDS Data API on T classes such as `{class}`; of those of {name} it works on {others}"
    )]
    NoDataApi {
        /// The class that was asked for.
        class: Class,
        /// The source.
        name: SourceName,
        /// The source's classes on which it works.
        others: String,
    },
    /// No proxies are set up for the source.
    #[error("`proxy`: the policy sets up no RDS Proxy for clones of {0}; ask without it")]
    NoProxy(SourceName),
    /// A clone that may pause never would.
    #[error(
        "`proxy`: an RDS Proxy holds connections open, so that a clone of `{0}` would never pause at 0 ACU; ask without the proxy, or for a range from 0.5 ACU upwards"
    )]
    ProxyKeepsAwake(Class),
    /// The clone is not in a state in which this can be done.
    #[error("{0} is {1}, so its life cannot be extended")]
    NotExtendable(CloneId, CloneState),
}

/// What somebody wants with a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To see all about it.
    See,
    /// To let it live longer.
    Extend,
    /// To delete it.
    Delete,
    /// To run a batch query against it.
    Export,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::See => "see",
            Self::Extend => "extend",
            Self::Delete => "delete",
            Self::Export => "export from",
        })
    }
}

fn at_most(left: TimeDelta) -> String {
    match left.num_hours() {
        ..1 => "nothing can be added".to_owned(),
        _ => format!("at most {} can be added", lifetime::words(left)),
    }
}
