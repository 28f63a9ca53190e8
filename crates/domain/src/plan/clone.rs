//! From an admitted record to a quarantined clone with an instance and a master password that only the worker may
//! read.

use chrono::{DateTime, Utc};

use super::stopped;
use crate::observed::{Cluster, Observed};
use crate::policy::Source;
use crate::record::{Answer, CloneRecord, CloneState};
use crate::workflow::Failure;

/// One step towards a clone that can be masked.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Wait for an approver's word, at most so many seconds, and look again.
    Await {
        /// At least one.
        seconds: u64,
    },
    /// Note that the restore is about to be asked for: the state becomes `cloning`.
    EnterCloning,
    /// Ask for the copy-on-write restore.
    Restore,
    /// Note the cluster's immutable id in the record.
    Adopt {
        /// That id.
        resource_id: String,
    },
    /// Create the instance, of the masking class.
    CreateInstance,
    /// Give the master a new password: the secret first, then the cluster; then note it.
    SetMasterPassword,
    /// Look again later.
    Wait,
    /// The clone can be masked.
    Done,
    /// It cannot be.
    Fail(Failure, String),
}

/// The next step towards `wanted`, given what AWS shows of it now.
pub fn plan(wanted: &CloneRecord, source: &Source, observed: &Observed, now: DateTime<Utc>) -> Step {
    let fail = |failure: Failure| Step::Fail(failure, String::new());
    if wanted.state == CloneState::Awaiting && stopped(wanted, now).is_none() {
        return answered(wanted, now);
    }
    let Some(cluster) = &observed.cluster else {
        return match stopped(wanted, now) {
            Some(failure) => fail(failure),
            None if wanted.cluster_resource_id.is_some() || !wanted.state.may_restore() => {
                fail(Failure::Gone)
            }
            None if !wanted.is_cleared() => fail(Failure::Unanswered),
            None if wanted.state == CloneState::Requested => Step::EnterCloning,
            None => Step::Restore,
        };
    };
    match stopped(wanted, now) {
        Some(failure) => fail(failure),
        None if !cluster.is_ours(wanted) => fail(Failure::NameTaken),
        // The cluster of a masking that broke off, on its way out.
        None if wanted.has_discarded(&cluster.resource_id) => Step::Wait,
        None if wanted.cluster_resource_id.is_none() => Step::Adopt {
            resource_id: cluster.resource_id.clone(),
        },
        None if cluster.is_broken() => {
            Step::Fail(Failure::CloneBroken, format!("its status is {}", cluster.status))
        }
        None if !cluster.is_available() => Step::Wait,
        None => with_available(wanted, source, observed, cluster),
    }
}

/// What the record says of the approval that is waited for. It alone says so: however the wait ended, it is looked at
/// again.
fn answered(wanted: &CloneRecord, now: DateTime<Utc>) -> Step {
    let Some(approval) = &wanted.approval else {
        return Step::Fail(
            Failure::Internal,
            "it waits for an approval that it does not need".into(),
        );
    };
    match approval.answer.as_ref().map(|answered| &answered.answer) {
        Some(Answer::Approved) => Step::EnterCloning,
        Some(Answer::Denied(reason)) => Step::Fail(Failure::Denied, reason.clone()),
        None if approval.ends_at <= now => Step::Fail(Failure::Unanswered, String::new()),
        None => Step::Await {
            seconds: (approval.ends_at - now).num_seconds().unsigned_abs() + 1,
        },
    }
}

fn with_available(wanted: &CloneRecord, source: &Source, observed: &Observed, cluster: &Cluster) -> Step {
    if cluster.clone_group.is_none() || cluster.clone_group != observed.source_clone_group {
        return Step::Fail(Failure::FullCopy, "its CloneGroupId is not the source's".into());
    }
    let gaps = cluster.quarantine_gaps(&source.quarantine_security_group, &source.cluster_parameter_group);
    if !gaps.is_empty() {
        return Step::Fail(Failure::NotQuarantined, gaps.join("; "));
    }
    let own = wanted.id.instance_id();
    if let Some(stranger) = observed.instances.iter().find(|instance| instance.id != own) {
        return Step::Fail(
            Failure::NotQuarantined,
            format!("somebody added the instance {}", stranger.id),
        );
    }
    let Some(instance) = observed.instances.first() else {
        return Step::CreateInstance;
    };
    match instance {
        _ if instance.is_public => Step::Fail(Failure::NotQuarantined, "its instance is public".into()),
        _ if instance.performance_insights => {
            Step::Fail(Failure::NotQuarantined, "Performance Insights is on".into())
        }
        _ if instance.lacks_capacity() => Step::Fail(
            Failure::NoCapacity,
            format!("for the masking class {}", wanted.masking_class),
        ),
        _ if instance.is_broken() => Step::Fail(
            Failure::CloneBroken,
            format!("its instance's status is {}", instance.status),
        ),
        _ if !instance.is_available() => Step::Wait,
        _ if wanted.master_password_at.is_none() => Step::SetMasterPassword,
        _ if cluster.has_pending || !cluster.is_only_in(&source.quarantine_security_group) => Step::Wait,
        _ => Step::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;

    const MASKING: &str = "db.r6g.large";

    fn step(record: &CloneRecord, observed: &Observed) -> Step {
        let policy = policy();
        plan(record, &policy.sources[&record.source], observed, now())
    }

    #[test]
    fn nothing_is_made_before_an_approval_and_it_is_waited_for_until_its_end() {
        use crate::request::Principal;
        let (nothing, dora) = (Observed::default(), Principal::Slack("U0DORA".into()));
        let waits = awaiting();
        let end = waits.approval.as_ref().unwrap().ends_at;
        let at = |record: &CloneRecord, now| {
            let policy = policy();
            plan(record, &policy.sources[&record.source], &nothing, now)
        };
        let seconds = (end - now()).num_seconds().unsigned_abs() + 1;
        assert_eq!(at(&waits, now()), Step::Await { seconds });
        assert_eq!(at(&waits, end), Step::Fail(Failure::Unanswered, String::new()));
        let answered = |answer| {
            let mut record = waits.clone();
            record.answer(answer, dora.clone(), now()).unwrap();
            record
        };
        assert_eq!(at(&answered(Answer::Approved), now()), Step::EnterCloning);
        assert_eq!(
            at(&answered(Answer::Approved), end),
            Step::EnterCloning,
            "an answer in time counts whenever it is read"
        );
        assert_eq!(
            at(&answered(Answer::Denied("no".into())), now()),
            Step::Fail(Failure::Denied, "no".into())
        );
    }

    #[test]
    fn without_its_approval_no_state_leads_to_a_restore() {
        for state in super::super::sweep::tests::ALL {
            let mut record = awaiting();
            record.state = state;
            let made = step(&record, &Observed::default());
            assert!(
                !matches!(made, Step::Restore | Step::EnterCloning),
                "{state}: {made:?}"
            );
        }
    }

    #[test]
    fn a_good_run_goes_from_nothing_to_done() {
        let mut record = record(CloneState::Requested);
        let mut seen = Observed {
            source_clone_group: Some("g-1".into()),
            ..Observed::default()
        };
        assert_eq!(step(&record, &seen), Step::EnterCloning);
        record.enter(CloneState::Cloning, now());
        assert_eq!(step(&record, &seen), Step::Restore);
        seen.cluster = Some(Cluster {
            status: "creating".into(),
            ..cluster(&record)
        });
        assert_eq!(
            step(&record, &seen),
            Step::Adopt {
                resource_id: "cluster-R1".into()
            }
        );
        record.cluster_resource_id = Some("cluster-R1".into());
        assert_eq!(step(&record, &seen), Step::Wait);
        seen.cluster = Some(cluster(&record));
        assert_eq!(step(&record, &seen), Step::CreateInstance);
        seen.instances = vec![instance(&record, MASKING)];
        assert_eq!(step(&record, &seen), Step::SetMasterPassword);
        record.master_password_at = Some(now());
        assert_eq!(step(&record, &seen), Step::Done);
    }

    #[test]
    fn nothing_is_restored_for_a_record_that_is_not_on_its_way() {
        use CloneState as S;
        for state in [
            S::Masking,
            S::Discarding,
            S::Resizing,
            S::Releasing,
            S::Ready,
            S::Failed,
            S::Deleting,
            S::Deleted,
        ] {
            let step = step(&record(state), &Observed::default());
            assert!(
                matches!(step, Step::Fail(Failure::Gone | Failure::Cancelled, _)),
                "{state}: {step:?}"
            );
        }
    }

    #[test]
    fn only_a_whole_quarantine_is_done_whatever_else_aws_shows() {
        let mut record = record(CloneState::Cloning);
        record.master_password_at = Some(now());
        let good = observed(&record, MASKING);
        assert_eq!(step(&record, &good), Step::Done);
        let spoil: Vec<(&str, Box<dyn Fn(&mut Cluster)>)> = vec![
            (
                "another group",
                Box::new(|c| drop(c.security_groups.insert("sg-users".into(), "active".into()))),
            ),
            (
                "group switching",
                Box::new(|c| drop(c.security_groups.insert("sg-quarantine".into(), "adding".into()))),
            ),
            (
                "parameter group",
                Box::new(|c| c.parameter_group = "production".into()),
            ),
            ("data api", Box::new(|c| c.data_api = true)),
            ("iam", Box::new(|c| c.iam_auth = true)),
            ("logs", Box::new(|c| c.log_exports = vec!["audit".into()])),
            ("roles", Box::new(|c| c.roles = vec!["r".into()])),
            ("full copy", Box::new(|c| c.clone_group = Some("g-2".into()))),
            ("no lineage", Box::new(|c| c.clone_group = None)),
            ("pending", Box::new(|c| c.has_pending = true)),
            ("stranger", Box::new(|c| c.resource_id = "cluster-R2".into())),
            ("tags", Box::new(|c| c.tags.clear())),
        ];
        for (what, spoil) in spoil {
            let mut seen = good.clone();
            spoil(seen.cluster.as_mut().unwrap());
            assert_ne!(step(&record, &seen), Step::Done, "{what}");
        }
    }

    #[test]
    fn an_unknown_status_is_not_yet_and_a_broken_one_fails() {
        let mut record = record(CloneState::Cloning);
        record.master_password_at = Some(now());
        for status in STATUSES {
            for of_cluster in [true, false] {
                let mut seen = observed(&record, MASKING);
                let place = if of_cluster {
                    &mut seen.cluster.as_mut().unwrap().status
                } else {
                    &mut seen.instances[0].status
                };
                *place = (*status).to_owned();
                let step = step(&record, &seen);
                assert_eq!(step == Step::Done, *status == "available", "{status}: {step:?}");
            }
        }
    }

    #[test]
    fn a_discarded_cluster_is_never_taken_for_the_fresh_one() {
        let mut record = record(CloneState::Masking);
        record.discard("it broke", now());
        assert_eq!(
            step(&record, &Observed::default()),
            Step::Fail(Failure::Gone, String::new()),
            "nothing is restored before the first is confirmed gone"
        );
        record.start_over(now());
        assert_eq!(step(&record, &Observed::default()), Step::Restore);
        let mut seen = observed(&record, MASKING);
        assert_eq!(step(&record, &seen), Step::Wait, "the first one appears again");
        seen.cluster.as_mut().unwrap().resource_id = "cluster-R2".into();
        assert_eq!(
            step(&record, &seen),
            Step::Adopt {
                resource_id: "cluster-R2".into()
            }
        );
    }

    #[test]
    fn the_setup_limit_ends_everything() {
        let mut record = record(CloneState::Cloning);
        record.setup_ends_at = now();
        assert_eq!(
            step(&record, &Observed::default()),
            Step::Fail(Failure::TimedOut, String::new())
        );
    }
}
