//! What AWS shows of a clone, cut down to what the plans look at. Unknown statuses mean "not yet", never "done".

use std::collections::BTreeMap;

use crate::id::PREFIX;
use crate::policy::Policy;
use crate::proxy::Proxy;
use crate::record::CloneRecord;

/// The tag with the clone's id.
pub const TAG_CLONE: &str = "doppel:clone";
/// The tag with the ARN of the execution that made it.
pub const TAG_EXECUTION: &str = "doppel:execution";
/// The tag with the source's name in the policy.
pub const TAG_SOURCE: &str = "doppel:source";

/// The tag with whose clone it is, on the cluster and on the user's secret: what IAM compares with the caller's own tag
/// of that name.
pub const TAG_OWNER: &str = "doppel:owner";

/// What AWS shows of one clone, and of its source as far as it matters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The clone's cluster.
    pub cluster: Option<Cluster>,
    /// Every instance of that cluster, also those that somebody added by hand.
    pub instances: Vec<Instance>,
    /// The source's `CloneGroupId`, when the source was looked at.
    pub source_clone_group: Option<String>,
    /// The clone's RDS Proxy, where it was looked for.
    pub proxy: Option<Proxy>,
}

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its immutable id.
    pub resource_id: String,
    /// Its status, as AWS spells it.
    pub status: String,
    /// The volume lineage it belongs to.
    pub clone_group: Option<String>,
    /// Security groups, each with its status.
    pub security_groups: BTreeMap<String, String>,
    /// The cluster parameter group.
    pub parameter_group: String,
    /// Host name of the writer's endpoint.
    pub endpoint: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether changes wait to be applied.
    pub has_pending: bool,
    /// Whether the Data API is on.
    pub data_api: bool,
    /// Whether IAM database authentication is on.
    pub iam_auth: bool,
    /// Whether deletion protection is on.
    pub deletion_protection: bool,
    /// Logs that are exported.
    pub log_exports: Vec<String>,
    /// Roles that the database may act as.
    pub roles: Vec<String>,
    /// The Serverless range in ACU.
    pub acu: Option<(f64, f64)>,
    /// The user name of the master.
    pub master_user: String,
}

/// An instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// Its status, as AWS spells it.
    pub status: String,
    /// Its class.
    pub class: String,
    /// The class that it is about to have.
    pub pending_class: Option<String>,
    /// Whether any other change waits to be applied.
    pub has_pending: bool,
    /// Whether it may be reached from the internet.
    pub is_public: bool,
    /// Whether Performance Insights is on.
    pub performance_insights: bool,
}

const BROKEN_CLUSTER: &[&str] = &["cloning-failed", "inaccessible-encryption-credentials", "failed"];
const BROKEN_INSTANCE: &[&str] = &[
    "failed",
    "restore-error",
    "inaccessible-encryption-credentials",
    "storage-full",
];

/// Whether a thing has the clone's name, with our prefix, and our tags for this very request.
pub(crate) fn is_called_and_tagged_for(
    clone: &CloneRecord,
    name: &str,
    tags: &BTreeMap<String, String>,
) -> bool {
    let tag = |key: &str| tags.get(key).map(String::as_str);
    name == clone.id.as_str()
        && name.starts_with(PREFIX)
        && tag(TAG_CLONE) == Some(clone.id.as_str())
        && tag(TAG_EXECUTION) == Some(clone.execution_arn.as_str())
}

impl Cluster {
    /// Free to be changed.
    pub fn is_available(&self) -> bool {
        self.status == "available"
    }

    /// Beyond repair.
    pub fn is_broken(&self) -> bool {
        BROKEN_CLUSTER.contains(&self.status.as_str())
    }

    /// On its way out.
    pub fn is_being_deleted(&self) -> bool {
        self.status == "deleting"
    }

    /// Whether it carries our tags for this very request: enough to adopt it, once, after a lost answer.
    pub fn has_our_tags(&self, clone: &CloneRecord) -> bool {
        is_called_and_tagged_for(clone, &self.id, &self.tags)
    }

    /// Whether it is proven ours: our tags and prefix, and the recorded resource id once there is one.
    pub fn is_ours(&self, clone: &CloneRecord) -> bool {
        self.has_our_tags(clone)
            && clone
                .cluster_resource_id
                .as_ref()
                .is_none_or(|recorded| *recorded == self.resource_id)
    }

    /// Whether it may be changed or deleted: proven ours, recorded, and no configured source.
    pub fn may_be_deleted(&self, clone: &CloneRecord, policy: &Policy) -> bool {
        self.is_ours(clone)
            && clone.cluster_resource_id.is_some()
            && !policy.is_source_cluster(&self.id)
            && !policy.is_source_cluster(&self.arn)
    }

    /// Whether `wanted` is its only security group, and active.
    pub fn is_only_in(&self, wanted: &str) -> bool {
        self.security_groups.len() == 1
            && self
                .security_groups
                .get(wanted)
                .is_some_and(|status| status == "active")
    }

    /// Whether `wanted` has been asked for as the only group: it may still be switching.
    pub fn is_going_to(&self, wanted: &str) -> bool {
        let going = |status: &str| status != "removing";
        self.security_groups
            .iter()
            .filter(|(_, status)| going(status))
            .map(|(group, _)| group)
            .eq([wanted])
    }

    /// What of the quarantine is missing, in words; empty when it is whole.
    pub fn quarantine_gaps(&self, security_group: &str, parameter_group: &str) -> Vec<String> {
        let mut gaps = Vec::new();
        let mut want = |holds: bool, words: String| {
            if !holds {
                gaps.push(words);
            }
        };
        want(
            self.is_going_to(security_group),
            format!("it is not only in security group `{security_group}`"),
        );
        want(
            self.parameter_group == parameter_group,
            format!("it does not use parameter group `{parameter_group}`"),
        );
        want(!self.data_api, "the Data API is on".into());
        want(!self.iam_auth, "IAM database authentication is on".into());
        want(
            self.log_exports.is_empty(),
            format!("it exports logs: {}", self.log_exports.join(", ")),
        );
        want(
            self.roles.is_empty(),
            format!("it has roles: {}", self.roles.join(", ")),
        );
        gaps
    }
}

impl Instance {
    /// Ready for work.
    pub fn is_available(&self) -> bool {
        self.status == "available"
    }

    /// Beyond repair.
    pub fn is_broken(&self) -> bool {
        BROKEN_INSTANCE.contains(&self.status.as_str()) || self.status.starts_with("incompatible-")
    }

    /// AWS has no capacity for its class.
    pub fn lacks_capacity(&self) -> bool {
        self.status == "insufficient-capacity"
    }

    /// On its way out.
    pub fn is_being_deleted(&self) -> bool {
        self.status == "deleting"
    }

    /// Has this class, and nothing is about to change.
    pub fn has_class(&self, class: &str) -> bool {
        self.is_available() && self.class == class && self.pending_class.is_none() && !self.has_pending
    }
}
