//! A masking that broke off: its clone is discarded and made anew, once.
//!
//! What was masked halfway cannot be masked on: its key is gone. The record, its slot, its secrets and its message
//! stay; the cluster goes, and with it everything that was said about it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CloneRecord, CloneState, Failed};
use crate::workflow::{Caught, Failure, State};

/// How many clusters one request may take, one after another.
pub const ATTEMPTS: u32 = 2;

/// Which try a record of old is, and a new one.
pub(super) fn first() -> u32 {
    1
}

/// A try that broke off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokeOff {
    /// Which try, from 1.
    pub attempt: u32,
    /// AWS's immutable id of its cluster, which is never to be taken for the fresh one.
    pub cluster_resource_id: Option<String>,
    /// Why, in words.
    pub cause: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl CloneRecord {
    /// Notes why this try's masking broke off. The first word on a try stays: the worker's own says more than the
    /// exit code that comes after it.
    pub fn note_break(&mut self, cause: impl Into<String>, at: DateTime<Utc>) {
        if self.broke_off.iter().any(|broke| broke.attempt == self.attempt) {
            return;
        }
        self.broke_off.push(BrokeOff {
            attempt: self.attempt,
            cluster_resource_id: self.cluster_resource_id.clone(),
            cause: cause.into(),
            at,
        });
    }

    /// Gives this try's cluster up for a fresh one. From this write on no worker of it can say anything any more:
    /// the record is another try's.
    pub fn discard(&mut self, cause: impl Into<String>, now: DateTime<Utc>) {
        self.note_break(cause, now);
        self.attempt += 1;
        self.progress = None;
        self.verdict = None;
        self.report = None;
        self.absent_since = None;
        self.enter(CloneState::Discarding, now);
    }

    /// Begins the next try: the discarded cluster is confirmed gone.
    pub fn start_over(&mut self, now: DateTime<Utc>) {
        self.cluster_resource_id = None;
        self.master_password_at = None;
        self.absent_since = None;
        self.entered.remove(&CloneState::Masking);
        if let Some(first) = self.entered.remove(&CloneState::Cloning) {
            self.entered.insert(CloneState::Discarding, first);
        }
        self.enter(CloneState::Cloning, now);
    }

    /// Whether a cluster of this resource id was given up: it may still be on its way out.
    pub fn has_discarded(&self, resource_id: &str) -> bool {
        let discarded = |broke: &BrokeOff| {
            broke.attempt < self.attempt && broke.cluster_resource_id.as_deref() == Some(resource_id)
        };
        self.broke_off.iter().any(discarded)
    }

    /// What to tell of a failure that the state machine caught. Of a masking that broke off for good it tells every
    /// try.
    pub fn explain(&mut self, caught: &Caught, at: DateTime<Utc>) -> Failed {
        let failure = caught.failure();
        let mut failed = Failed {
            // Clone reads the record after the wait; it is the wait that failed.
            step: match failure {
                Failure::Denied | Failure::Unanswered => State::Approval,
                _ => caught.step,
            },
            failure,
            cause: caught.words(),
            at,
        };
        if failed.failure != Failure::BrokeOff {
            return failed;
        }
        if self.state == CloneState::Discarding {
            failed.cause = format!(
                "{}; it could not be begun anew in the time that the policy allows",
                self.causes()
            );
            if self.setup_ends_at <= at {
                failed.failure = Failure::TimedOut;
            }
        } else {
            self.note_break(failed.cause, at);
            failed.cause = self.causes();
        }
        failed
    }

    fn causes(&self) -> String {
        match self.broke_off.as_slice() {
            [] => "nobody said why".to_owned(),
            [only] => only.cause.clone(),
            [first, second, ..] if first.cause == second.cause => {
                format!(
                    "it was tried twice, each time on a fresh clone; both times {}",
                    first.cause
                )
            }
            [first, second, ..] => format!(
                "it was tried twice, each time on a fresh clone; first {}, then {}",
                first.cause, second.cause
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::plan::tests::{now, record, verdict};

    fn killed() -> Caught {
        Caught {
            step: State::Mask,
            error: "States.TaskFailed".into(),
            cause: r#"{"Containers":[{"Name":"worker","ExitCode":137}]}"#.into(),
        }
    }

    #[test]
    fn nothing_that_was_said_of_a_discarded_cluster_counts_for_the_next() {
        let mut clone = record(CloneState::Masking);
        clone.verdict = Some(verdict(&clone));
        clone.master_password_at = Some(now());
        assert!(clone.is_verified());
        clone.discard("the worker was killed", now());
        assert!(!clone.is_verified(), "from the first write on");
        clone.start_over(now());
        assert_eq!(clone.cluster_resource_id, None);
        assert_eq!(clone.master_password_at, None);
        assert!(clone.has_discarded("cluster-R1") && !clone.has_discarded("cluster-R2"));
        assert_eq!((clone.attempt, clone.state), (2, CloneState::Cloning));
    }

    #[test]
    fn the_time_of_the_discarded_clone_is_told_apart() {
        let (mut clone, minute) = (record(CloneState::Requested), TimeDelta::minutes(1));
        let start = clone.requested_at;
        clone.enter(CloneState::Cloning, start + minute);
        clone.enter(CloneState::Masking, start + minute * 5);
        clone.discard("it broke", start + minute * 7);
        clone.start_over(start + minute * 11);
        clone.enter(CloneState::Masking, start + minute * 15);
        let timeline = clone.timeline(start + minute * 18);
        let minutes: Vec<_> = timeline
            .iter()
            .map(|(state, span)| (*state, span.num_minutes()))
            .collect();
        use CloneState as S;
        assert_eq!(
            minutes,
            [
                (S::Requested, 1),
                (S::Discarding, 10),
                (S::Cloning, 4),
                (S::Masking, 3)
            ]
        );
    }

    #[test]
    fn what_broke_off_twice_is_told_in_one_explanation() {
        let mut clone = record(CloneState::Masking);
        clone.discard("the connection was lost", now());
        clone.start_over(now());
        clone.enter(CloneState::Masking, now());
        let failed = clone.explain(&killed(), now());
        assert_eq!(failed.failure, Failure::BrokeOff);
        insta::assert_snapshot!(failed.cause, @"it was tried twice, each time on a fresh clone; first the connection was lost, then the task of container `worker` ended with exit code 137");
    }

    #[test]
    fn the_workers_own_word_on_a_try_stays() {
        let mut clone = record(CloneState::Masking);
        clone.note_break("the connection was lost", now());
        clone.discard("exit code 1", now());
        assert_eq!(clone.broke_off.len(), 1);
        assert_eq!(clone.broke_off[0].cause, "the connection was lost");
    }

    #[test]
    fn a_limit_that_comes_first_is_the_failure() {
        let mut clone = record(CloneState::Masking);
        clone.discard("the connection was lost", now());
        let limit = clone.setup_ends_at;
        let failed = clone.explain(&killed(), limit);
        assert_eq!(failed.failure, Failure::TimedOut);
        assert!(
            failed.cause.starts_with("the connection was lost; "),
            "{}",
            failed.cause
        );
    }
}
