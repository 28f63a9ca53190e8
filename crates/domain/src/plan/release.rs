//! From a verified clone to one that its owner can reach. It believes one thing only: the worker's verdict.

use chrono::{DateTime, Utc};

use super::stopped;
use crate::observed::Observed;
use crate::policy::Source;
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
    /// Write `ready`, the access and the expiry into the record.
    HandOver {
        /// Host name.
        host: String,
        /// Port.
        port: u16,
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
        _ => match (&cluster.endpoint, cluster.port) {
            (Some(host), Some(port)) => Step::HandOver {
                host: host.clone(),
                port,
            },
            _ => Step::Wait,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;

    fn step(record: &CloneRecord, observed: &Observed) -> Step {
        let policy = policy();
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
                port: 5432
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
