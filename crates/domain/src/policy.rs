//! The policy: what the platform team allows, read from `doppel.toml`.
//!
//! A wrong policy is refused at start, with file, line and what was expected.

mod approval;
mod check;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::id::SourceName;
use crate::lifetime::Lifetime;
use crate::people::Members;
use crate::proxy::ProxyPlace;

pub use approval::ApprovalRule;
pub use check::WrongPolicy;

/// Aurora makes at most this many copy-on-write clones of one volume; the next one silently is a full copy.
pub const AURORA_CLONES_PER_LINEAGE: u32 = 15;

/// All that `doppel.toml` says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The clusters that may be cloned, by the name that people use.
    pub sources: BTreeMap<SourceName, Source>,
    /// Who may ask, and how much each may have.
    #[serde(default)]
    pub people: People,
    /// Times that hold for every source.
    #[serde(default)]
    pub limits: Limits,
    /// Where messages go when a request names no channel.
    #[serde(default)]
    pub slack: SlackPolicy,
}

/// The database engines that doppel clones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Engine {
    /// Aurora PostgreSQL.
    #[serde(rename = "aurora-postgresql")]
    Postgres,
    /// Aurora MySQL.
    #[serde(rename = "aurora-mysql")]
    Mysql,
}

impl Engine {
    /// What RDS calls the engine.
    pub fn rds_name(self) -> &'static str {
        match self {
            Self::Postgres => "aurora-postgresql",
            Self::Mysql => "aurora-mysql",
        }
    }

    /// What RDS Proxy calls it.
    pub fn proxy_family(self) -> &'static str {
        match self {
            Self::Postgres => "POSTGRESQL",
            Self::Mysql => "MYSQL",
        }
    }

    /// The port on which it listens unless it is told another, and every RDS Proxy before it.
    pub fn port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql => 3306,
        }
    }

    /// The scheme of a DSN for it.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Mysql => "mysql",
        }
    }
}

/// How a cluster's storage is paid for, which an hour's price depends on. A clone has its source's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Storage {
    /// Aurora Standard: reads and writes are paid for one by one.
    #[default]
    Standard,
    /// Aurora I/O-Optimized: they are in the hour's price.
    IoOptimized,
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard storage",
            Self::IoOptimized => "I/O-optimized storage",
        })
    }
}

/// One cluster that may be cloned, and how.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The cluster's identifier, or its ARN when it belongs to another account.
    pub cluster: String,
    /// Its engine.
    pub engine: Engine,
    /// How its storage is paid for; only for the estimates.
    #[serde(default)]
    pub storage: Storage,
    /// The database that the clone's user gets.
    pub database: String,
    /// The instance class on which the clone is masked: as strong as production, so that masking is quick.
    pub masking_class: Class,
    /// Classes that people may ask for.
    pub classes: Vec<Class>,
    /// The class of a request that names none; one of `classes`.
    pub default_class: Class,
    /// What is tried, in this order, when AWS has no capacity for the class that was asked for.
    #[serde(default)]
    pub fallback_classes: Vec<Class>,
    /// The longest lifetime that one request may ask for.
    #[serde(default = "default_max_lifetime")]
    pub max_lifetime: Lifetime,
    /// The longest that a clone may live, with all its extensions.
    #[serde(default = "default_max_total_life")]
    pub max_total_life: Lifetime,
    /// How many clones of this source's volume may live at once: fewer than Aurora's 15.
    #[serde(default = "default_slots")]
    pub slots: u32,
    /// The security group of a clone that is not verified: the worker in, nothing out.
    pub quarantine_security_group: String,
    /// The security group of a released clone.
    pub user_security_group: String,
    /// The subnet group of the clone.
    pub subnet_group: String,
    /// The cluster parameter group under which production's own code does not run.
    pub cluster_parameter_group: String,
    /// The instance parameter group, if the engine's default will not do.
    #[serde(default)]
    pub instance_parameter_group: Option<String>,
    /// Tags that every clone must carry, beside doppel's own.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// How it is masked, if not by doppel's own worker alone.
    #[serde(default)]
    pub masking: Masking,
    /// Slack channels in which clones of this source may be asked for, beside what `[people]` says; empty means any.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Who may ask for clones of this source, beside what `[people]` says; empty means everybody who may ask at all.
    #[serde(default)]
    pub users: Members,
    /// Where proxies before clones are; without it none can be asked for.
    #[serde(default)]
    pub proxy: Option<ProxyPlace>,
    /// What of it needs an approval; without it nothing does.
    #[serde(default)]
    pub approval: Option<ApprovalRule>,
}

/// Who masks. By default our worker does; a team with a command of its own keeps it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masking {
    /// The team's command, with `{endpoint}`, `{port}`, `{database}`, `{secret_arn}`, `{rules}`, `{clone_id}`. It
    /// runs between our prepare and our verify.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    /// The ECS task definition of the team's command.
    #[serde(default)]
    pub task_definition: Option<String>,
    /// The container in that task definition.
    #[serde(default)]
    pub container: Option<String>,
}

/// Who may ask for clones.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Slack channels in which it may be asked; empty means any.
    pub channels: Vec<String>,
    /// Who may ask; empty means anybody in those channels.
    pub users: Members,
    /// Who may change everybody's clones.
    pub admins: Members,
    /// Clones that one person may have at a time.
    pub clones_per_person: u32,
    /// Clones that all direct executions and steps of Slack workflows together may have at a time.
    pub direct_clones: u32,
    /// Whether steps of Slack workflows may ask. Slack does not say who builds or starts a workflow, so without a
    /// word they may only where everybody may: where neither channels nor people are named.
    pub workflow_steps: Option<bool>,
}

impl People {
    /// Whether steps of Slack workflows may ask.
    pub fn may_workflows_ask(&self) -> bool {
        self.workflow_steps
            .unwrap_or(self.channels.is_empty() && self.users.is_empty())
    }
}

impl Default for People {
    fn default() -> Self {
        Self {
            channels: vec![],
            users: Members::default(),
            admins: Members::default(),
            clones_per_person: 3,
            direct_clones: 3,
            workflow_steps: None,
        }
    }
}

/// Times that hold for every source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How long it may take from the request to the hand-over.
    pub setup: Lifetime,
    /// How long before its expiry the owner of a clone is warned.
    pub warn_before: Lifetime,
}

impl Default for Limits {
    fn default() -> Self {
        let hours = |text: &str| text.parse().unwrap_or_default();
        Self {
            setup: hours("6h"),
            warn_before: hours("2h"),
        }
    }
}

impl Limits {
    /// How long it may take from the request to the hand-over.
    pub fn setup_span(&self) -> TimeDelta {
        self.setup.span()
    }
}

/// Where Slack messages go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlackPolicy {
    /// The channel of clones that were started without one, by a direct execution.
    pub channel: Option<String>,
    /// Whether the message of a clone that somebody asked for in Slack goes to them alone.
    pub direct_messages: bool,
}

fn default_max_lifetime() -> Lifetime {
    Lifetime::DEFAULT.plus("6d".parse().unwrap_or_default())
}

fn default_max_total_life() -> Lifetime {
    default_max_lifetime().plus(default_max_lifetime())
}

fn default_slots() -> u32 {
    12
}

impl Policy {
    /// Reads and checks `doppel.toml`.
    ///
    /// # Errors
    /// [`WrongPolicy`] names the place and says what would be right.
    pub fn parse(file: &str, text: &str) -> Result<Self, WrongPolicy> {
        check::parse(file, text)
    }

    /// The source of that name, or the nearest name there is.
    ///
    /// # Errors
    /// The nearest known name, or all of them when none is near.
    pub fn source(&self, name: &SourceName) -> Result<&Source, UnknownSource> {
        self.sources.get(name).ok_or_else(|| UnknownSource {
            name: name.to_string(),
            known: self.sources.keys().map(ToString::to_string).collect(),
        })
    }

    /// The only source, when there is just one: a request that names none means it.
    pub fn only_source(&self) -> Option<&SourceName> {
        let mut names = self.sources.keys();
        names.next().filter(|_| names.next().is_none())
    }

    /// The ids of all Slack user groups that the policy names.
    pub fn user_groups(&self) -> BTreeSet<&str> {
        let of_sources = self.sources.values().flat_map(|source| {
            let approvers = source.approval.as_ref().map(|rule| &rule.approvers);
            [Some(&source.users), approvers]
        });
        let lists = of_sources.chain([Some(&self.people.users), Some(&self.people.admins)]);
        lists.flatten().flat_map(Members::groups).collect()
    }

    /// Whether a cluster's identifier (or ARN) is one of the configured sources: never to be changed or deleted.
    pub fn is_source_cluster(&self, cluster: &str) -> bool {
        self.sources.values().any(|source| {
            source.cluster == cluster || source.cluster.rsplit(':').next() == cluster.rsplit(':').next()
        })
    }
}

/// A source that the policy does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no source `{name}`; the policy knows {}{}",
    list(known),
    nearest(name, known)
)]
pub struct UnknownSource {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub known: Vec<String>,
}

fn nearest(name: &str, known: &[String]) -> String {
    let likeness = |other: &String| strsim::normalized_damerau_levenshtein(name, other);
    let near = known
        .iter()
        .filter(|other| known.len() > 1 && likeness(other) >= 0.5);
    near.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .map_or_else(String::new, |other| format!(" (did you mean `{other}`?)"))
}

fn list(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
