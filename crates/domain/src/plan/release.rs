//! From a verified clone to one that its owner can reach. It believes one thing only: the worker's verdict.

use chrono::{DateTime, TimeDelta, Utc};

use super::stopped;
use crate::observed::Observed;
use crate::policy::Source;
use crate::proxy::{Endpoint, Way};
use crate::record::{CloneRecord, CloneState};
use crate::workflow::Failure;

/// One step towards the hand-over.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Put the clone into the users' security group, and out of quarantine; switch IAM authentication on.
    OpenToUsers,
    /// Switch IAM authentication on: with it, batch queries can log in.
    EnableIamAuth,
    /// Switch the Data API on.
    EnableDataApi,
    /// Make its RDS Proxy.
    CreateProxy,
    /// Lead the proxy to the clone.
    RegisterProxyTarget,
    /// Write `ready`, the access and the expiry into the record.
    HandOver {
        /// Host name.
        host: String,
        /// Port.
        port: u16,
        /// Where its proxy listens, if it has one.
        proxy: Option<Endpoint>,
    },
    /// Look again later.
    Wait,
    /// It is handed over.
    Done,
    /// It must not be.
    Fail(Failure, String),
}

/// The next step towards the hand-over of `wanted`, given what AWS shows of it now.
pub fn plan(wanted: &CloneRecord, source: &Source, observed: &Observed, now: DateTime<Utc>) -> Step {
    let fail = |failure: Failure| Step::Fail(failure, String::new());
    if wanted.state == CloneState::Ready {
        return Step::Done;
    }
    let cluster = match (stopped(wanted, now), &observed.cluster) {
        (Some(failure), _) => return fail(failure),
        (None, None) => return fail(Failure::Gone),
        (None, Some(cluster)) if !cluster.is_ours(wanted) => return fail(Failure::NameTaken),
        (None, Some(cluster)) => cluster,
    };
    if !wanted.is_verified() {
        let why = match wanted.verdict {
            None => "the worker wrote no verdict",
            Some(_) => "the worker's verdict is about another cluster, execution or rules file",
        };
        return Step::Fail(Failure::Unverified, why.into());
    }
    let users = &source.user_security_group;
    match cluster {
        _ if cluster.is_broken() => {
            Step::Fail(Failure::CloneBroken, format!("its status is {}", cluster.status))
        }
        _ if !cluster.is_available() => Step::Wait,
        _ if !cluster.is_going_to(users) => Step::OpenToUsers,
        _ if !cluster.is_only_in(users) => Step::Wait,
        _ if !cluster.iam_auth => Step::EnableIamAuth,
        _ if wanted.options.data_api && !cluster.data_api => Step::EnableDataApi,
        _ if wanted.options.proxy => by_proxy(wanted, source, observed, now),
        _ => hand_over(observed, None),
    }
}

fn hand_over(observed: &Observed, proxy: Option<Endpoint>) -> Step {
    let address = observed
        .cluster
        .as_ref()
        .map(|cluster| (&cluster.endpoint, cluster.port));
    match address {
        Some((Some(host), Some(port))) => Step::HandOver {
            host: host.clone(),
            port,
            proxy,
        },
        _ => Step::Wait,
    }
}

/// How long a proxy may find its clone unreachable: right after its registration that is nothing yet.
const UNREACHABLE: TimeDelta = TimeDelta::minutes(15);

/// A proxy stands before a clone that is open already: only then may it read its secret.
fn by_proxy(wanted: &CloneRecord, source: &Source, observed: &Observed, now: DateTime<Utc>) -> Step {
    let proxy = match &observed.proxy {
        None if source.proxy.is_none() => {
            return Step::Fail(Failure::Config, "the policy no longer sets up proxies".into());
        }
        None => return Step::CreateProxy,
        Some(proxy) if !proxy.is_ours(wanted) => {
            let why = format!(
                "a proxy called {} exists already and is not this clone's",
                proxy.name
            );
            return Step::Fail(Failure::NameTaken, why);
        }
        Some(proxy) => proxy,
    };
    let since = wanted.entered.get(&CloneState::Releasing).copied().unwrap_or(now);
    match proxy.way(wanted.engine.port()) {
        Way::Coming => Step::Wait,
        Way::Unregistered => Step::RegisterProxyTarget,
        Way::Unreachable(reason) if since + UNREACHABLE <= now => Step::Fail(
            Failure::CloneBroken,
            format!("its proxy does not reach it: {reason}"),
        ),
        Way::Unreachable(_) => Step::Wait,
        Way::Broken(why) => Step::Fail(Failure::CloneBroken, why),
        Way::Open(endpoint) => hand_over(observed, Some(endpoint)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;
    use crate::proxy::{Proxy, ProxyTarget};

    fn step(record: &CloneRecord, observed: &Observed) -> Step {
        let mut policy = policy();
        let source = policy.sources.values_mut().next().unwrap();
        source.proxy = Some(crate::proxy::ProxyPlace {
            role: "arn:aws:iam::1:role/proxy".into(),
            security_group: "sg-proxy".into(),
            subnets: vec!["subnet-a".into(), "subnet-c".into()],
        });
        plan(record, &policy.sources[&record.source], observed, now())
    }

    fn releasing() -> CloneRecord {
        let mut record = record(CloneState::Releasing);
        record.verdict = Some(verdict(&record));
        record
    }

    fn in_group(record: &CloneRecord, groups: &[(&str, &str)]) -> Observed {
        let mut seen = observed(record, "db.t4g.medium");
        let cluster = seen.cluster.as_mut().unwrap();
        cluster.iam_auth = groups == [("sg-users", "active")];
        cluster.security_groups = groups
            .iter()
            .map(|(group, status)| ((*group).to_owned(), (*status).to_owned()))
            .collect();
        seen
    }

    #[test]
    fn a_verified_clone_changes_its_group_and_is_handed_over() {
        let record = releasing();
        assert_eq!(
            step(&record, &in_group(&record, &[("sg-quarantine", "active")])),
            Step::OpenToUsers
        );
        let switching = in_group(&record, &[("sg-quarantine", "removing"), ("sg-users", "active")]);
        assert_eq!(step(&record, &switching), Step::Wait);
        let open = in_group(&record, &[("sg-users", "active")]);
        assert_eq!(
            step(&record, &open),
            Step::HandOver {
                host: "h".into(),
                port: 5432,
                proxy: None,
            }
        );
    }

    #[test]
    fn the_data_api_comes_on_only_after_quarantine_is_gone() {
        let mut record = releasing();
        record.options.data_api = true;
        assert_eq!(
            step(&record, &in_group(&record, &[("sg-quarantine", "active")])),
            Step::OpenToUsers
        );
        assert_eq!(
            step(&record, &in_group(&record, &[("sg-users", "active")])),
            Step::EnableDataApi
        );
    }

    #[test]
    fn batch_queries_can_log_in_to_every_clone_that_is_handed_over() {
        let record = releasing();
        let mut open = in_group(&record, &[("sg-users", "active")]);
        open.cluster.as_mut().unwrap().iam_auth = false;
        assert_eq!(step(&record, &open), Step::EnableIamAuth);
    }

    #[test]
    fn a_proxy_is_made_registered_and_waited_for_and_its_own_reason_is_told() {
        let mut record = releasing();
        record.options.proxy = true;
        let mut seen = in_group(&record, &[("sg-users", "active")]);
        assert_eq!(step(&record, &seen), Step::CreateProxy);
        let target = |state: &str| ProxyTarget {
            kind: "RDS_INSTANCE".into(),
            state: state.into(),
            reason: "AUTH_FAILURE: Proxy does not have any registered credentials".into(),
        };
        let proxy = |status: &str, targets: Vec<ProxyTarget>| Proxy {
            name: record.id.to_string(),
            status: status.into(),
            endpoint: Some("p.proxy-x.rds.amazonaws.com".into()),
            secrets: vec![format!(
                "arn:aws:secretsmanager:r:1:secret:{}-AbCdEf",
                record.id.user_secret()
            )],
            tags: [
                (crate::observed::TAG_CLONE.into(), record.id.to_string()),
                (
                    crate::observed::TAG_EXECUTION.into(),
                    record.execution_arn.clone(),
                ),
            ]
            .into(),
            targets,
        };
        let mut next = |proxy: Proxy, record: &CloneRecord| {
            seen.proxy = Some(proxy);
            step(record, &seen)
        };
        assert_eq!(next(proxy("creating", vec![]), &record), Step::Wait);
        assert_eq!(
            next(proxy("available", vec![]), &record),
            Step::RegisterProxyTarget
        );
        assert_eq!(
            next(proxy("available", vec![target("REGISTERING")]), &record),
            Step::Wait
        );
        let unreachable = proxy("available", vec![target("UNAVAILABLE")]);
        assert_eq!(
            next(unreachable.clone(), &record),
            Step::Wait,
            "it may be only the beginning"
        );
        let mut late = record.clone();
        late.entered.insert(CloneState::Releasing, now() - UNREACHABLE);
        let failed = next(unreachable, &late);
        assert!(
            matches!(&failed, Step::Fail(_, why) if why.contains("AUTH_FAILURE: Proxy")),
            "{failed:?}"
        );
        let open = next(proxy("available", vec![target("AVAILABLE")]), &record);
        let endpoint = Endpoint {
            host: "p.proxy-x.rds.amazonaws.com".into(),
            port: 5432,
        };
        assert!(
            matches!(&open, Step::HandOver { proxy: Some(at), .. } if *at == endpoint),
            "{open:?}"
        );
        let mut untagged = proxy("available", vec![target("AVAILABLE")]);
        untagged.tags.clear();
        let mut strange = proxy("available", vec![target("AVAILABLE")]);
        strange.secrets[0].push_str(":secret:another-");
        strange
            .secrets
            .push("arn:aws:secretsmanager:r:1:secret:prod-AbCdEf".into());
        for not_ours in [untagged, strange] {
            let step = next(not_ours, &record);
            assert!(matches!(step, Step::Fail(Failure::NameTaken, _)), "{step:?}");
        }
        assert!(matches!(
            next(proxy("incompatible-network", vec![]), &record),
            Step::Fail(..)
        ));
    }

    #[test]
    fn no_other_evidence_than_this_very_verdict_opens_a_clone() {
        let spoil: Vec<Box<dyn Fn(&mut CloneRecord)>> = vec![
            Box::new(|r| r.verdict = None),
            Box::new(|r| r.verdict.as_mut().unwrap().cluster_resource_id = "cluster-R2".into()),
            Box::new(|r| r.verdict.as_mut().unwrap().execution_arn.push('x')),
            Box::new(|r| r.verdict.as_mut().unwrap().rules_hash.push('x')),
            Box::new(|r| r.cluster_resource_id = None),
        ];
        for spoil in spoil {
            let mut record = releasing();
            spoil(&mut record);
            for groups in [[("sg-quarantine", "active")], [("sg-users", "active")]] {
                let step = step(&record, &in_group(&record, &groups));
                assert!(matches!(step, Step::Fail(Failure::Unverified, _)), "{step:?}");
            }
        }
    }
}
