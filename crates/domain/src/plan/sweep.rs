//! The end of a clone: when it is due, and how it goes, step by step, until nothing of it is left.

use chrono::{DateTime, TimeDelta, Utc};

use crate::observed::{Cluster, Observed};
use crate::policy::Policy;
use crate::proxy::Proxy;
use crate::record::{CloneRecord, CloneState, DeleteReason};

/// How long a cluster must have been absent before it counts as gone: a restore whose answer was lost may still
/// appear.
pub const ABSENCE: TimeDelta = TimeDelta::minutes(3);

/// What the sweep sees of one clone beside RDS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether the execution that makes the clone still runs; `None` when that could not be found out.
    pub execution_runs: Option<bool>,
    /// Secrets of the clone that still exist, by name.
    pub secrets: Vec<String>,
    /// Its RDS Proxy, if it still has one.
    pub proxy: Option<Proxy>,
}

/// One step of the sweep for one clone.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing to do.
    Keep,
    /// Note that its owner is warned.
    Warn,
    /// Wake the state machine up: it waits for an answer that the record holds already.
    Wake,
    /// Put the clone back into the quarantine group: it is open without being verified.
    Quarantine,
    /// Write `deleting`, on the version and the expiry that were read.
    Claim(DeleteReason),
    /// Stop its execution.
    StopExecution,
    /// Note the immutable id of a cluster that carries our tags for this very request.
    Adopt {
        /// That id.
        resource_id: String,
    },
    /// Start a stopped cluster: only then can it be deleted.
    StartCluster,
    /// Switch deletion protection off.
    Unprotect,
    /// Delete its RDS Proxy.
    DeleteProxy,
    /// Delete these instances.
    DeleteInstances(Vec<String>),
    /// Delete the cluster, without a final snapshot and with its automated backups.
    DeleteCluster,
    /// Note that the cluster was seen to be absent.
    NoteAbsence,
    /// Note that the cluster is there after all: its absence counts from the start again.
    ForgetAbsence,
    /// Delete these secrets.
    DeleteSecrets(Vec<String>),
    /// Close the record and give the slot back.
    Close,
    /// Look again later.
    Wait,
    /// Something bears our name and is not proven ours: a person must look.
    Alarm(String),
}

/// Why a clone is due for deletion now, if it is.
pub fn due(clone: &CloneRecord, around: &Surroundings, now: DateTime<Utc>) -> Option<DeleteReason> {
    match clone.state {
        CloneState::Deleting | CloneState::Deleted => None,
        CloneState::Failed => Some(DeleteReason::Failed),
        _ if clone.expires_at <= now => Some(DeleteReason::Expired),
        CloneState::Ready => None,
        _ if around.execution_runs == Some(false) => Some(DeleteReason::Abandoned),
        _ => None,
    }
}

/// Whether its owner is to be warned now.
pub fn is_to_be_warned(clone: &CloneRecord, policy: &Policy, now: DateTime<Utc>) -> bool {
    let warn_before = policy.limits.warn_before.span().min(clone.lifetime.span() / 2);
    clone.state == CloneState::Ready && clone.warned_at.is_none() && clone.expires_at - warn_before <= now
}

/// The next step for this clone, given what AWS shows of it now.
pub fn plan(
    clone: &CloneRecord,
    policy: &Policy,
    observed: &Observed,
    around: &Surroundings,
    now: DateTime<Utc>,
) -> Step {
    if clone.state == CloneState::Deleted {
        return Step::Keep;
    }
    if let Some(step) = quarantine_first(clone, policy, observed) {
        return step;
    }
    match due(clone, around, now) {
        Some(reason) => Step::Claim(reason),
        None if clone.state == CloneState::Deleting => delete(clone, policy, observed, around, now),
        None if is_to_be_warned(clone, policy, now) => Step::Warn,
        None if sleeps_on(clone) => Step::Wake,
        None => Step::Keep,
    }
}

/// Whether an answer was noted and nobody heard of it yet.
fn sleeps_on(clone: &CloneRecord) -> bool {
    let approval = clone.approval.as_ref().filter(|asked| asked.answer.is_some());
    clone.state == CloneState::Awaiting && approval.is_some_and(|asked| asked.token.is_some())
}

/// A clone that is open to its users without having been verified is closed before anything else.
pub(super) fn quarantine_first(clone: &CloneRecord, policy: &Policy, observed: &Observed) -> Option<Step> {
    let (cluster, source) = (observed.cluster.as_ref()?, policy.sources.get(&clone.source)?);
    let may_be_open = clone.is_verified() && matches!(clone.state, CloneState::Releasing | CloneState::Ready);
    // The Data API passes the security groups by.
    let is_open = cluster.data_api || !cluster.is_going_to(&source.quarantine_security_group);
    let closing_helps = cluster.is_available() && cluster.may_be_deleted(clone, policy);
    (is_open && !may_be_open && !clone.is_verified() && closing_helps).then_some(Step::Quarantine)
}

fn delete(
    clone: &CloneRecord,
    policy: &Policy,
    observed: &Observed,
    around: &Surroundings,
    now: DateTime<Utc>,
) -> Step {
    if around.execution_runs != Some(false) {
        return if around.execution_runs.is_none() {
            Step::Wait
        } else {
            Step::StopExecution
        };
    }
    // One that is not proven the clone's stays: it is no part of the clone.
    if let Some(proxy) = around.proxy.as_ref().filter(|proxy| proxy.is_ours(clone)) {
        return match proxy.is_being_deleted() {
            true => Step::Wait,
            false => Step::DeleteProxy,
        };
    }
    if let Some(cluster) = &observed.cluster {
        return match clone.absent_since {
            Some(_) => Step::ForgetAbsence,
            None => delete_cluster(clone, policy, cluster, observed),
        };
    }
    match clone.absent_since {
        // A record that never left `requested` never asked for a cluster.
        None if clone.holds_slot => Step::NoteAbsence,
        Some(since) if now - since < ABSENCE => Step::Wait,
        _ if !around.secrets.is_empty() => Step::DeleteSecrets(around.secrets.clone()),
        _ => Step::Close,
    }
}

pub(super) fn delete_cluster(
    clone: &CloneRecord,
    policy: &Policy,
    cluster: &Cluster,
    observed: &Observed,
) -> Step {
    if clone.cluster_resource_id.is_none() && cluster.has_our_tags(clone) {
        return Step::Adopt {
            resource_id: cluster.resource_id.clone(),
        };
    }
    if !cluster.may_be_deleted(clone, policy) {
        return Step::Alarm(format!(
            "cluster {} ({}) bears the name of a clone but is not proven to be doppel's; it was left alone",
            cluster.id, cluster.resource_id
        ));
    }
    let left: Vec<_> = observed
        .instances
        .iter()
        .filter(|instance| !instance.is_being_deleted())
        .collect();
    match cluster.status.as_str() {
        "deleting" => Step::Wait,
        "stopped" => Step::StartCluster,
        "starting" | "stopping" | "creating" => Step::Wait,
        _ if cluster.deletion_protection => Step::Unprotect,
        _ if !left.is_empty() => {
            Step::DeleteInstances(left.into_iter().map(|instance| instance.id.clone()).collect())
        }
        _ => Step::DeleteCluster,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::*;
    use super::*;
    use CloneState as S;

    pub(crate) const ALL: [S; 11] = [
        S::Requested,
        S::Awaiting,
        S::Cloning,
        S::Masking,
        S::Discarding,
        S::Resizing,
        S::Releasing,
        S::Ready,
        S::Failed,
        S::Deleting,
        S::Deleted,
    ];

    fn ended() -> Surroundings {
        Surroundings {
            execution_runs: Some(false),
            secrets: vec!["doppel/x/user".into()],
            proxy: None,
        }
    }

    fn step(record: &CloneRecord, seen: &Observed, around: &Surroundings) -> Step {
        plan(record, &policy(), seen, around, now())
    }

    #[test]
    fn deletion_goes_by_instances_cluster_absence_secrets_to_a_closed_record() {
        let mut record = record(S::Deleting);
        let mut seen = observed(&record, "db.t4g.medium");
        let mut around = Surroundings {
            execution_runs: Some(true),
            ..ended()
        };
        assert_eq!(step(&record, &seen, &around), Step::StopExecution);
        around.execution_runs = Some(false);
        assert_eq!(
            step(&record, &seen, &around),
            Step::DeleteInstances(vec![record.id.instance_id()])
        );
        seen.instances[0].status = "deleting".into();
        assert_eq!(step(&record, &seen, &around), Step::DeleteCluster);
        seen.cluster.as_mut().unwrap().status = "deleting".into();
        assert_eq!(step(&record, &seen, &around), Step::Wait);
        let gone = Observed::default();
        assert_eq!(step(&record, &gone, &around), Step::NoteAbsence);
        record.absent_since = Some(now());
        assert_eq!(step(&record, &gone, &around), Step::Wait);
        record.absent_since = Some(now() - ABSENCE);
        assert_eq!(step(&record, &seen, &around), Step::ForgetAbsence, "it came late");
        assert_eq!(
            step(&record, &gone, &around),
            Step::DeleteSecrets(around.secrets.clone())
        );
        around.secrets.clear();
        assert_eq!(step(&record, &gone, &around), Step::Close);
    }

    #[test]
    fn a_proxy_goes_before_the_cluster_unless_it_is_somebody_elses() {
        let record = record(S::Deleting);
        let seen = observed(&record, "db.t4g.medium");
        let secret = format!(
            "arn:aws:secretsmanager:r:1:secret:{}-AbCdEf",
            record.id.user_secret()
        );
        let mut proxy = Proxy {
            name: record.id.to_string(),
            status: "available".into(),
            secrets: vec![secret],
            tags: [
                (crate::observed::TAG_CLONE.into(), record.id.to_string()),
                (
                    crate::observed::TAG_EXECUTION.into(),
                    record.execution_arn.clone(),
                ),
            ]
            .into(),
            ..Proxy::default()
        };
        let around = |proxy: &Proxy| Surroundings {
            proxy: Some(proxy.clone()),
            ..ended()
        };
        assert_eq!(step(&record, &seen, &around(&proxy)), Step::DeleteProxy);
        proxy.status = "deleting".into();
        assert_eq!(step(&record, &seen, &around(&proxy)), Step::Wait);
        proxy.status = "available".into();
        let spoil: [(&str, fn(&mut Proxy)); 5] = [
            ("another name", |p| p.name.push('x')),
            ("no tags", |p| p.tags.clear()),
            ("another clone's tag", |p| {
                p.tags.insert(crate::observed::TAG_CLONE.into(), "x".into());
            }),
            ("another execution's tag", |p| {
                p.tags.insert(crate::observed::TAG_EXECUTION.into(), "x".into());
            }),
            ("another secret", |p| {
                p.secrets = vec!["arn:aws:secretsmanager:r:1:secret:other-AbCdEf".into()];
            }),
        ];
        for (what, spoil) in spoil {
            let mut strange = proxy.clone();
            spoil(&mut strange);
            let next = step(&record, &seen, &around(&strange));
            assert!(matches!(next, Step::DeleteInstances(_)), "{what}: {next:?}");
        }
    }

    #[test]
    fn nothing_is_ever_deleted_that_is_not_proven_ours() {
        let spoil: Vec<(&str, Box<dyn Fn(&mut CloneRecord, &mut Cluster)>)> = vec![
            ("no tags", Box::new(|_, c| c.tags.clear())),
            (
                "another clone's tag",
                Box::new(|_, c| drop(c.tags.insert(crate::observed::TAG_CLONE.into(), "x".into()))),
            ),
            ("another execution", Box::new(|r, _| r.execution_arn.push('x'))),
            (
                "another resource id",
                Box::new(|_, c| c.resource_id = "cluster-R2".into()),
            ),
            (
                "a source's ARN",
                Box::new(|_, c| c.arn = "arn:aws:rds:eu-west-1:1:cluster:production".into()),
            ),
        ];
        for state in ALL {
            for (what, spoil) in &spoil {
                let mut record = record(state);
                let mut seen = observed(&record, "db.t4g.medium");
                spoil(&mut record, seen.cluster.as_mut().unwrap());
                let step = step(&record, &seen, &ended());
                let harms = matches!(
                    step,
                    Step::DeleteInstances(_)
                        | Step::DeleteCluster
                        | Step::Quarantine
                        | Step::Unprotect
                        | Step::StartCluster
                );
                assert!(!harms, "{state}, {what}: {step:?}");
            }
        }
    }

    #[test]
    fn only_a_deleting_record_leads_to_a_deletion() {
        for state in ALL {
            let record = record(state);
            for around in [
                ended(),
                Surroundings::default(),
                Surroundings {
                    execution_runs: Some(true),
                    ..ended()
                },
            ] {
                let step = step(&record, &observed(&record, "db.t4g.medium"), &around);
                if matches!(
                    step,
                    Step::DeleteInstances(_) | Step::DeleteCluster | Step::DeleteSecrets(_) | Step::Close
                ) {
                    assert_eq!(state, S::Deleting);
                }
            }
        }
    }

    #[test]
    fn an_open_clone_that_is_not_verified_is_closed_first() {
        for state in ALL
            .into_iter()
            .filter(|state| *state > S::Requested && state.is_alive())
        {
            let record = record(state);
            let mut seen = observed(&record, "db.t4g.medium");
            seen.cluster.as_mut().unwrap().security_groups =
                [("sg-users".to_owned(), "active".to_owned())].into();
            assert_eq!(step(&record, &seen, &ended()), Step::Quarantine, "{state}");
            let mut seen = observed(&record, "db.t4g.medium");
            seen.cluster.as_mut().unwrap().data_api = true;
            assert_eq!(step(&record, &seen, &ended()), Step::Quarantine, "{state}");
        }
    }

    #[test]
    fn a_clone_is_due_when_its_time_is_over_or_nobody_works_on_it() {
        let running = Surroundings {
            execution_runs: Some(true),
            ..ended()
        };
        assert_eq!(due(&record(S::Masking), &running, now()), None);
        assert_eq!(
            due(&record(S::Masking), &ended(), now()),
            Some(DeleteReason::Abandoned)
        );
        assert_eq!(due(&record(S::Masking), &Surroundings::default(), now()), None);
        assert_eq!(due(&record(S::Ready), &ended(), now()), None);
        let mut old = record(S::Ready);
        old.expires_at = now();
        assert_eq!(due(&old, &ended(), now()), Some(DeleteReason::Expired));
    }

    #[test]
    fn an_answer_that_nobody_heard_of_wakes_the_state_machine() {
        let running = Surroundings {
            execution_runs: Some(true),
            ..ended()
        };
        let (mut clone, nothing) = (awaiting(), Observed::default());
        assert_eq!(step(&clone, &nothing, &running), Step::Keep);
        let dora = crate::request::Principal::Slack("U0DORA".into());
        clone
            .answer(crate::record::Answer::Approved, dora, now())
            .unwrap();
        assert_eq!(step(&clone, &nothing, &running), Step::Wake);
        clone.enter(S::Cloning, now());
        assert_eq!(step(&clone, &nothing, &running), Step::Keep);
    }

    #[test]
    fn a_request_that_waits_in_vain_goes_when_nobody_works_on_it() {
        let (clone, nothing) = (awaiting(), Observed::default());
        assert_eq!(
            step(&clone, &nothing, &ended()),
            Step::Claim(DeleteReason::Abandoned)
        );
    }

    #[test]
    fn a_warning_comes_once_and_never_in_the_first_half_of_a_life() {
        let mut record = record(S::Ready);
        assert!(!is_to_be_warned(&record, &policy(), now()));
        assert!(is_to_be_warned(
            &record,
            &policy(),
            record.expires_at - TimeDelta::hours(2)
        ));
        record.warned_at = Some(now());
        assert!(!is_to_be_warned(&record, &policy(), record.expires_at));
    }
}
