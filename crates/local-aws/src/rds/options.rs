//! What the embedded RDS is told when it starts.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that the embedded RDS is told from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of all data directories; made if absent. Whatever an earlier, killed run left in it is
    /// removed at start, and all of it at shutdown.
    pub home: PathBuf,
    /// The Region that ARNs name.
    pub region: String,
    /// The account that ARNs name.
    pub account: String,
    /// How long clusters and instances stay in their passing statuses.
    pub transitions: Transitions,
    /// The security groups of the VPC, by id, and whom each lets in. A group that is not listed lets nobody in.
    pub security_groups: HashMap<String, Ingress>,
    /// The account's limits.
    pub quotas: Quotas,
    /// How many copy-on-write clones a volume's lineage may have; the next one silently becomes a full copy.
    pub clones_per_lineage: usize,
    /// The instance classes on offer, with the engines that run on each.
    pub classes: Vec<Class>,
    /// Clusters listen on this port and the ones after it; without it on any free port.
    pub base_port: Option<u16>,
}

impl Options {
    /// AWS's own limits and classes, statuses that pass in seconds, one security group (`sg-default`, open).
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            home: home.into(),
            region: "ap-northeast-1".into(),
            account: "000000000000".into(),
            transitions: Transitions::default(),
            security_groups: HashMap::from([(DEFAULT_SECURITY_GROUP.into(), Ingress::Anyone)]),
            quotas: Quotas::default(),
            clones_per_lineage: 15,
            classes: Class::common(),
            base_port: None,
        }
    }
}

/// The security group that a cluster gets when none is asked for.
pub const DEFAULT_SECURITY_GROUP: &str = "sg-default";

/// Whom a security group lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ingress {
    /// Everybody.
    Anyone,
    /// Who logs in as this database user: how the local network tells the masking worker from a person.
    OnlyUser(String),
    /// Who logs in as one of these: a worker that also proves the user whom it created.
    OnlyUsers(Vec<String>),
    /// Nobody.
    Nobody,
}

/// How long each passing status lasts, on the embedded AWS's clock.
#[derive(Clone, Debug)]
pub struct Transitions {
    /// A cluster's `creating`, at least; longer while its data is still being copied.
    pub cluster_creating: Duration,
    /// An instance's `creating`, at least.
    pub instance_creating: Duration,
    /// From ModifyDBInstance to the status `modifying`: AWS is late, and shows `available` until then.
    pub modify_delay: Duration,
    /// A cluster's or an instance's `modifying`, `rebooting`, `starting` and `stopping`.
    pub modifying: Duration,
    /// A cluster's or an instance's `deleting`.
    pub deleting: Duration,
    /// A snapshot's `creating`.
    pub snapshot: Duration,
    /// From a knock to the first answer of a server that slept: some 15 seconds in AWS.
    pub resuming: Duration,
}

impl Default for Transitions {
    fn default() -> Self {
        Self {
            cluster_creating: Duration::from_secs(4),
            instance_creating: Duration::from_secs(4),
            modify_delay: Duration::from_secs(2),
            modifying: Duration::from_secs(3),
            deleting: Duration::from_secs(3),
            snapshot: Duration::from_secs(3),
            resuming: Duration::from_secs(4),
        }
    }
}

impl Transitions {
    /// Every status passes at once, for tests that do not look at statuses.
    pub fn instant() -> Self {
        let none = Duration::ZERO;
        Self {
            cluster_creating: none,
            instance_creating: none,
            modify_delay: none,
            modifying: none,
            deleting: none,
            snapshot: none,
            resuming: none,
        }
    }
}

/// The account's limits.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// DB clusters.
    pub clusters: usize,
    /// DB instances.
    pub instances: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            clusters: 40,
            instances: 40,
        }
    }
}

/// An instance class on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// For example `db.r6g.large`.
    pub name: String,
    /// Runs `aurora-postgresql`.
    pub postgres: bool,
    /// Runs `aurora-mysql`.
    pub mysql: bool,
}

impl Class {
    /// What Aurora offers in most Regions: the Graviton and burstable families, and Serverless v2.
    pub fn common() -> Vec<Self> {
        let sizes = |family: &str, sizes: &[&str]| {
            sizes
                .iter()
                .map(|size| format!("db.{family}.{size}"))
                .collect::<Vec<_>>()
        };
        let large = [
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
        ];
        [
            vec!["db.serverless".to_owned()],
            sizes("t3", &["medium", "large"]),
            sizes("t4g", &["medium", "large"]),
            sizes("r6g", &large),
            sizes("r7g", &large),
        ]
        .concat()
        .into_iter()
        .map(|name| Self {
            name,
            postgres: true,
            mysql: true,
        })
        .collect()
    }
}
