//! The audit trail: one structured line for each decision on who may have what, under a target of its own.
//!
//! | field | what it holds |
//! |---|---|
//! | `audit` | `true` |
//! | `decision` | one of [`Decided`] |
//! | `who` | whose doing it is: `slack/U…`, `cli/NAME`, `workflow`, `direct`, or `doppel` itself |
//! | `via` | where it was said: a Slack channel, `command line`, `state machine`, `sweep` |
//! | `clone.id` | the clone, if there is one |
//! | `source` | the source, as far as it is known |
//! | `why` | the reason, in words |
//!
//! It holds no secret and no token. A step that is lost after its effect is done again, and may say its line again; no
//! decision goes without one.

use std::fmt;

use domain::request::Principal;
use domain::{CloneId, CloneRecord, SourceName};

/// The target of every audit line: they are logged whatever `RUST_LOG` says.
pub const TARGET: &str = "doppel::audit";

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// A request was granted and has its slot.
    Granted,
    /// A request has its slot and waits for an approval.
    Awaiting,
    /// A request, an answer or a change was refused.
    Refused,
    /// An approver said yes.
    Approved,
    /// An approver said no.
    Denied,
    /// No approver said anything in time.
    TimedOut,
    /// A clone lives longer.
    Extended,
    /// A clone is to be deleted.
    Deleted,
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Granted => "granted",
            Self::Awaiting => "awaiting",
            Self::Refused => "refused",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::TimedOut => "timed_out",
            Self::Extended => "extended",
            Self::Deleted => "deleted",
        })
    }
}

/// Where somebody speaks from.
pub fn via<'a>(principal: &Principal, channel: Option<&'a str>) -> &'a str {
    match principal {
        Principal::Slack(_) => channel.unwrap_or("slack"),
        Principal::Cli(_) => "command line",
        Principal::Direct => "direct execution",
        Principal::Workflow => "workflow",
    }
}

/// What is said of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Whose doing it is; none means doppel's own.
    pub who: Option<&'a Principal>,
    /// Where it was said.
    pub via: &'a str,
    /// The clone, if there is one.
    pub clone: Option<&'a CloneId>,
    /// The source, as far as it is known.
    pub source: Option<&'a SourceName>,
}

impl<'a> Line<'a> {
    /// A line about a clone.
    pub fn about(clone: &'a CloneRecord, who: Option<&'a Principal>, via: &'a str) -> Self {
        Self {
            who,
            via,
            clone: Some(&clone.id),
            source: Some(&clone.source),
        }
    }

    /// Says it.
    pub fn say(self, decision: Decided, why: impl fmt::Display) {
        let who = match self.who {
            None => "doppel".to_owned(),
            Some(Principal::Workflow) => "workflow".to_owned(),
            Some(principal) => principal.cap_key(),
        };
        let clone = self.clone.map(ToString::to_string);
        let source = self.source.map(ToString::to_string);
        tracing::info!(
            target: TARGET,
            audit = true,
            %decision,
            who,
            via = self.via,
            clone.id = clone,
            source,
            %why,
            "{decision}"
        );
    }
}
