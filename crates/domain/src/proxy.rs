//! An RDS Proxy before a clone: what the policy says of it, what AWS shows of it, and what follows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::observed::is_called_and_tagged_for;
use crate::record::CloneRecord;

/// Where clones' proxies are, and whose rights they have. Without it none can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyPlace {
    /// ARN of the role by which RDS reads the clone's secret.
    pub role: String,
    /// The proxies' own security group: the database's would break the connection.
    pub security_group: String,
    /// Two subnets or more, in different zones.
    pub subnets: Vec<String>,
}

/// What AWS shows of a clone's proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// Its name: the clone's id.
    pub name: String,
    /// Its status, as AWS spells it.
    pub status: String,
    /// Host name. The embedded RDS names the port too.
    pub endpoint: Option<String>,
    /// The secrets that it logs in with.
    pub secrets: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// What it leads to.
    pub targets: Vec<ProxyTarget>,
}

/// What a proxy leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyTarget {
    /// `TRACKED_CLUSTER`, or `RDS_INSTANCE`, which alone has a health.
    pub kind: String,
    /// Its health: `REGISTERING`, `AVAILABLE` or `UNAVAILABLE`.
    pub state: String,
    /// Why it is not available, as AWS says: a code and words.
    pub reason: String,
}

/// Where a proxy listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// How far a proxy is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is being made.
    Coming,
    /// It leads nowhere yet.
    Unregistered,
    /// It does not reach the clone, or not yet: the target's own reason.
    Unreachable(String),
    /// Ready.
    Open(Endpoint),
    /// AWS cannot make it.
    Broken(String),
}

impl Proxy {
    /// Whether it is proven this clone's: its name with our prefix, our tags for this very request, and that it knows the
    /// clone's own secret and no other.
    pub fn is_ours(&self, clone: &CloneRecord) -> bool {
        let own = format!(":secret:{}-", clone.id.user_secret());
        is_called_and_tagged_for(clone, &self.name, &self.tags)
            && !self.secrets.is_empty()
            && self.secrets.iter().all(|secret| secret.contains(&own))
    }

    /// On its way out.
    pub fn is_being_deleted(&self) -> bool {
        self.status == "deleting"
    }

    /// How far it is. `port` is the engine's own, on which every proxy of AWS listens.
    pub(crate) fn way(&self, port: u16) -> Way {
        let health = |state: &str| self.targets.iter().find(|target| target.state == state);
        match self.status.as_str() {
            "available" => {}
            "incompatible-network" | "insufficient-resource-limits" | "suspended" | "deleting" => {
                return Way::Broken(format!("its proxy is {}", self.status));
            }
            _ => return Way::Coming,
        }
        match (&self.endpoint, health("AVAILABLE"), health("UNAVAILABLE")) {
            (Some(endpoint), Some(_), _) => Way::Open(Endpoint::read(endpoint, port)),
            (_, None, Some(target)) => Way::Unreachable(target.reason.clone()),
            _ if self.targets.is_empty() => Way::Unregistered,
            _ => Way::Coming,
        }
    }
}

impl Endpoint {
    fn read(text: &str, port: u16) -> Self {
        let with_port = text
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = with_port.unwrap_or((text, port));
        Self {
            host: host.to_owned(),
            port,
        }
    }
}
