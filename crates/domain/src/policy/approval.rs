//! When a request needs somebody else's word, and whose.

use serde::Deserialize;

use crate::class::Class;
use crate::lifetime::Lifetime;
use crate::people::Members;

/// What of a source needs an approval, and who may give it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Classes that need one; each of them is one of the source's `classes`.
    #[serde(default)]
    pub classes: Vec<Class>,
    /// Longer lifetimes than this need one, and so do extensions beyond it.
    #[serde(default)]
    pub above_lifetime: Option<Lifetime>,
    /// Who may approve or deny, though never a request of their own.
    pub approvers: Members,
    /// How long a request waits for an answer before it is given up.
    #[serde(default = "default_within")]
    pub within: Lifetime,
    /// A Slack channel of the approvers (or one user, for a direct message), in which they are asked too: for requests that are made where they do not read.
    #[serde(default)]
    pub channel: Option<String>,
}

fn default_within() -> Lifetime {
    "4h".parse().unwrap_or_default()
}

impl ApprovalRule {
    /// Why a request for this class and lifetime needs an approval, in words; none if it needs none.
    pub fn needed_for(&self, class: &Class, lifetime: Lifetime) -> Option<String> {
        let class = self
            .classes
            .contains(class)
            .then(|| format!("the class `{class}`"));
        let above = self.above_lifetime.filter(|above| lifetime > *above);
        let lifetime = above.map(|above| format!("a lifetime of more than {above}"));
        match (class, lifetime) {
            (Some(class), Some(lifetime)) => Some(format!("{class} and {lifetime}")),
            (one, other) => one.or(other),
        }
    }
}
