//! After a masking that broke off: the clone is discarded, in quarantine to its end, and the workflow begins again with
//! a fresh one, once. What else stopped a masking would stop it again: that is for Abandon.

use chrono::{DateTime, Utc};

use super::sweep::{self, ABSENCE};
use crate::observed::Observed;
use crate::policy::Policy;
use crate::record::{ATTEMPTS, CloneRecord, CloneState};

/// One step from a clone whose masking broke off to a record from which a fresh one is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Write that this try is given up.
    BreakOff,
    /// Take this step of a deletion: the sweep's, with the sweep's proof of ownership.
    Remove(sweep::Step),
    /// Write that the next try begins: the cluster is confirmed gone.
    StartOver,
    /// The next try has begun: make the clone.
    Again,
    /// There is no next try: abandon the clone.
    GiveUp,
}

/// The next step for a clone whose masking task ended otherwise than well.
pub fn plan(clone: &CloneRecord, policy: &Policy, observed: &Observed, now: DateTime<Utc>) -> Step {
    match clone.state {
        // The worker itself said why it failed, or the time is up.
        _ if clone.is_cancelled() || clone.setup_ends_at <= now => Step::GiveUp,
        CloneState::Masking if clone.attempt < ATTEMPTS => Step::BreakOff,
        CloneState::Discarding => discard(clone, policy, observed, now),
        // Only the answer of the last call was lost.
        CloneState::Cloning if clone.attempt > 1 => Step::Again,
        _ => Step::GiveUp,
    }
}

fn discard(clone: &CloneRecord, policy: &Policy, observed: &Observed, now: DateTime<Utc>) -> Step {
    if let Some(step) = sweep::quarantine_first(clone, policy, observed) {
        return Step::Remove(step);
    }
    Step::Remove(match (&observed.cluster, clone.absent_since) {
        (Some(_), Some(_)) => sweep::Step::ForgetAbsence,
        (Some(cluster), None) => sweep::delete_cluster(clone, policy, cluster, observed),
        (None, None) => sweep::Step::NoteAbsence,
        (None, Some(since)) if now - since < ABSENCE => sweep::Step::Wait,
        (None, Some(_)) => return Step::StartOver,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sweep::tests::ALL;
    use super::super::tests::*;
    use super::*;
    use CloneState as S;

    fn step(clone: &CloneRecord, seen: &Observed) -> Step {
        plan(clone, &policy(), seen, now())
    }

    fn discarding() -> CloneRecord {
        let mut clone = record(S::Masking);
        clone.discard("the worker was killed", now());
        clone
    }

    #[test]
    fn a_masking_that_broke_off_goes_by_deletion_and_absence_to_a_fresh_start() {
        let mut clone = record(S::Masking);
        let mut seen = observed(&clone, "db.r6g.large");
        assert_eq!(step(&clone, &seen), Step::BreakOff);
        clone.discard("the worker was killed", now());
        let own = vec![clone.id.instance_id()];
        assert_eq!(
            step(&clone, &seen),
            Step::Remove(sweep::Step::DeleteInstances(own))
        );
        seen.instances[0].status = "deleting".into();
        assert_eq!(step(&clone, &seen), Step::Remove(sweep::Step::DeleteCluster));
        seen.cluster.as_mut().unwrap().status = "deleting".into();
        assert_eq!(step(&clone, &seen), Step::Remove(sweep::Step::Wait));
        let gone = Observed::default();
        assert_eq!(step(&clone, &gone), Step::Remove(sweep::Step::NoteAbsence));
        clone.absent_since = Some(now());
        assert_eq!(step(&clone, &gone), Step::Remove(sweep::Step::Wait));
        assert_eq!(step(&clone, &seen), Step::Remove(sweep::Step::ForgetAbsence));
        clone.absent_since = Some(now() - ABSENCE);
        assert_eq!(step(&clone, &gone), Step::StartOver);
        clone.start_over(now());
        assert_eq!(step(&clone, &gone), Step::Again);
        clone.enter(S::Masking, now());
        assert_eq!(
            step(&clone, &observed(&clone, "db.r6g.large")),
            Step::GiveUp,
            "once"
        );
    }

    #[test]
    fn only_a_masking_that_said_nothing_is_begun_anew() {
        for state in ALL {
            let mut clone = record(state);
            let seen = observed(&clone, "db.r6g.large");
            let begun = matches!(step(&clone, &seen), Step::BreakOff);
            assert_eq!(begun, state == S::Masking, "{state}");
            clone.setup_ends_at = now();
            assert_eq!(
                step(&clone, &seen),
                Step::GiveUp,
                "{state}, after the setup limit"
            );
        }
    }

    #[test]
    fn nothing_is_discarded_that_is_not_proven_ours_and_nothing_open_stays_open() {
        let clone = discarding();
        let spoil: [fn(&mut crate::observed::Cluster); 3] = [
            |cluster| cluster.tags.clear(),
            |cluster| cluster.resource_id = "cluster-R2".into(),
            |cluster| cluster.arn = "arn:aws:rds:eu-west-1:1:cluster:production".into(),
        ];
        for spoil in spoil {
            let mut seen = observed(&clone, "db.r6g.large");
            spoil(seen.cluster.as_mut().unwrap());
            assert!(matches!(step(&clone, &seen), Step::Remove(sweep::Step::Alarm(_))));
        }
        let mut open = observed(&clone, "db.r6g.large");
        open.cluster.as_mut().unwrap().security_groups =
            [("sg-users".to_owned(), "active".to_owned())].into();
        assert_eq!(step(&clone, &open), Step::Remove(sweep::Step::Quarantine));
    }

    #[test]
    fn the_sweep_leaves_a_clone_that_is_being_discarded_to_its_execution_while_that_runs() {
        let clone = discarding();
        let seen = observed(&clone, "db.r6g.large");
        for (runs, left_alone) in [(Some(true), true), (None, true), (Some(false), false)] {
            let around = sweep::Surroundings {
                execution_runs: runs,
                secrets: Vec::new(),
                proxy: None,
            };
            let step = sweep::plan(&clone, &policy(), &seen, &around, now());
            assert_eq!(step == sweep::Step::Keep, left_alone, "{step:?}");
        }
    }
}
