//! The plans: given the record, what AWS shows, and the time, the one next step. They make every choice; whoever
//! performs a step makes none. Each is safe to ask again at any time.

pub mod clone;
pub mod command;
pub mod discard;
pub mod release;
pub mod resize;
pub mod sweep;

use chrono::{DateTime, Utc};

use crate::record::CloneRecord;
use crate::workflow::Failure;

/// What stops every step of the workflow, whatever AWS shows: the clone is being deleted, or its time is up.
pub(crate) fn stopped(wanted: &CloneRecord, now: DateTime<Utc>) -> Option<Failure> {
    if wanted.is_cancelled() {
        Some(Failure::Cancelled)
    } else if wanted.state.is_being_set_up() && wanted.setup_ends_at <= now {
        Some(Failure::TimedOut)
    } else {
        None
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, TimeDelta, Utc};
    use serde_json::json;

    use crate::id::CloneId;
    use crate::observed::{Cluster, Instance, Observed, TAG_CLONE, TAG_EXECUTION};
    use crate::policy::Policy;
    use crate::record::{CloneRecord, CloneState, NewClone, PinnedConfig, Verdict};
    use crate::request::{Principal, Wish};
    use crate::workflow::ExecutionRef;

    pub const STATUSES: &[&str] = &[
        "creating",
        "available",
        "modifying",
        "cloning-failed",
        "deleting",
        "no-such",
    ];

    pub fn now() -> DateTime<Utc> {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    pub fn policy() -> Policy {
        let text = r#"
            [sources.production]
            cluster = "production"
            engine = "aurora-postgresql"
            database = "shop"
            masking_class = "db.r6g.large"
            classes = ["db.t4g.medium", "serverless:0-4"]
            default_class = "db.t4g.medium"
            fallback_classes = ["db.t4g.large"]
            quarantine_security_group = "sg-quarantine"
            user_security_group = "sg-users"
            subnet_group = "private"
            cluster_parameter_group = "doppel-quarantine"
        "#;
        Policy::parse("doppel.toml", text).unwrap()
    }

    pub fn record(state: CloneState) -> CloneRecord {
        let policy = policy();
        let execution = ExecutionRef {
            arn: "arn:aws:states:eu-west-1:1:execution:clone:r-1".into(),
            name: "r-1".into(),
            started_at: now() - chrono::TimeDelta::minutes(10),
            input: json!({}),
        };
        let granted = crate::admission::grant(&policy, &Wish::default()).unwrap();
        let mut record = CloneRecord::new(NewClone {
            id: CloneId::derive(&granted.source, &execution.name, execution.started_at),
            source: &policy.sources[&granted.source],
            granted,
            limits: &policy.limits,
            execution: &execution,
            asked_by: (Principal::Slack("U0ALICE".into()), None),
            config: PinnedConfig {
                rules: "masking/production.toml".into(),
                rules_version: None,
                rules_hash: "h".into(),
            },
        });
        if state > CloneState::Requested {
            record.cluster_resource_id = Some("cluster-R1".into());
        }
        if state == CloneState::Ready {
            record.ready_at = Some(now());
            record.expires_at = now() + record.lifetime.span();
        }
        record.enter(state, now());
        record
    }

    /// A request whose approvers were asked ten minutes ago.
    pub fn awaiting() -> CloneRecord {
        let mut record = record(CloneState::Requested);
        let need = crate::admission::Need {
            why: "a lifetime of more than 1d".into(),
            approvers: ["U0DORA".parse().unwrap()].into_iter().collect(),
            within: "4h".parse().unwrap(),
            channel: None,
        };
        let mut approval = crate::record::Approval::new(need, record.requested_at);
        approval.token = Some(crate::record::TaskToken::from("secret-token".to_owned()));
        record.setup_ends_at = approval.ends_at + TimeDelta::hours(6);
        record.expires_at = record.setup_ends_at;
        record.approval = Some(approval);
        record.enter(CloneState::Awaiting, record.requested_at);
        record
    }

    pub fn cluster(record: &CloneRecord) -> Cluster {
        Cluster {
            id: record.id.to_string(),
            arn: format!("arn:aws:rds:eu-west-1:1:cluster:{}", record.id),
            resource_id: "cluster-R1".into(),
            status: "available".into(),
            clone_group: Some("g-1".into()),
            security_groups: BTreeMap::from([("sg-quarantine".into(), "active".into())]),
            parameter_group: "doppel-quarantine".into(),
            endpoint: Some("h".into()),
            port: Some(5432),
            tags: BTreeMap::from([
                (TAG_CLONE.into(), record.id.to_string()),
                (TAG_EXECUTION.into(), record.execution_arn.clone()),
            ]),
            master_user: "postgres".into(),
            ..Cluster::default()
        }
    }

    pub fn instance(record: &CloneRecord, class: &str) -> Instance {
        Instance {
            id: record.id.instance_id(),
            status: "available".into(),
            class: class.into(),
            ..Instance::default()
        }
    }

    pub fn observed(record: &CloneRecord, class: &str) -> Observed {
        Observed {
            cluster: Some(cluster(record)),
            instances: vec![instance(record, class)],
            source_clone_group: Some("g-1".into()),
            proxy: None,
        }
    }

    pub fn verdict(record: &CloneRecord) -> Verdict {
        Verdict {
            cluster_resource_id: "cluster-R1".into(),
            execution_arn: record.execution_arn.clone(),
            rules_hash: "h".into(),
            at: now(),
        }
    }
}
