//! From the masking class to the class that was asked for.

use chrono::{DateTime, Utc};

use super::stopped;
use crate::class::{AcuRange, Class};
use crate::observed::Observed;
use crate::policy::Source;
use crate::record::CloneRecord;
use crate::workflow::Failure;

/// One step towards the wanted class.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Set the cluster's Serverless range.
    SetScaling(AcuRange),
    /// Change the instance's class, at once.
    ChangeClass(Class),
    /// AWS has no capacity: go for this class from now on.
    FallBack(Class),
    /// Look again later.
    Wait,
    /// The instance has the class.
    Done,
    /// It cannot have it.
    Fail(Failure, String),
}

/// The next step towards `wanted.target_class`, given what AWS shows of the clone now.
pub fn plan(wanted: &CloneRecord, source: &Source, observed: &Observed, now: DateTime<Utc>) -> Step {
    let fail = |failure: Failure| Step::Fail(failure, String::new());
    let target = &wanted.target_class;
    let (cluster, instance) = match (stopped(wanted, now), &observed.cluster) {
        (Some(failure), _) => return fail(failure),
        (None, None) => return fail(Failure::Gone),
        (None, Some(cluster)) if !cluster.is_ours(wanted) => return fail(Failure::NameTaken),
        (None, Some(cluster)) => {
            let own = wanted.id.instance_id();
            match observed.instances.iter().find(|instance| instance.id == own) {
                None => return Step::Fail(Failure::Gone, "its instance has disappeared".into()),
                Some(instance) => (cluster, instance),
            }
        }
    };
    match target.acu() {
        _ if cluster.is_broken() => {
            Step::Fail(Failure::CloneBroken, format!("its status is {}", cluster.status))
        }
        _ if instance.lacks_capacity() => fall_back(wanted, source),
        _ if instance.is_broken() => Step::Fail(
            Failure::CloneBroken,
            format!("its instance's status is {}", instance.status),
        ),
        _ if !cluster.is_available() || !instance.is_available() => Step::Wait,
        Some(range) if !cluster.acu.is_some_and(|(least, most)| range.is(least, most)) => {
            Step::SetScaling(range)
        }
        _ if instance.has_class(target.instance_class()) => Step::Done,
        _ if instance.pending_class.is_some() || instance.has_pending => Step::Wait,
        _ => Step::ChangeClass(target.clone()),
    }
}

/// What to do when AWS has no capacity for the class that is being gone for: the next fallback of the policy.
pub fn fall_back(wanted: &CloneRecord, source: &Source) -> Step {
    let fits = |class: &&Class| !wanted.options.data_api || class.has_data_api();
    let fallbacks: Vec<_> = source.fallback_classes.iter().filter(fits).collect();
    let tried = fallbacks.iter().position(|class| **class == wanted.target_class);
    let next = match tried {
        Some(at) => fallbacks.get(at + 1),
        None => fallbacks.first(),
    };
    match next.copied() {
        Some(class) => Step::FallBack(class.clone()),
        None => Step::Fail(
            Failure::NoCapacity,
            format!("last tried: {}", wanted.target_class),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::*;
    use super::*;
    use crate::record::CloneState;

    fn step(record: &CloneRecord, observed: &Observed) -> Step {
        let policy = policy();
        plan(record, &policy.sources[&record.source], observed, now())
    }

    #[test]
    fn a_class_is_changed_once_and_waited_for() {
        let record = record(CloneState::Resizing);
        let mut seen = observed(&record, "db.r6g.large");
        assert_eq!(
            step(&record, &seen),
            Step::ChangeClass("db.t4g.medium".parse().unwrap())
        );
        seen.instances[0].pending_class = Some("db.t4g.medium".into());
        assert_eq!(step(&record, &seen), Step::Wait);
        seen.instances[0].status = "modifying".into();
        assert_eq!(step(&record, &seen), Step::Wait);
        assert_eq!(step(&record, &observed(&record, "db.t4g.medium")), Step::Done);
    }

    #[test]
    fn serverless_gets_its_range_before_its_class() {
        let mut record = record(CloneState::Resizing);
        record.target_class = "serverless:0-4".parse().unwrap();
        let mut seen = observed(&record, "db.r6g.large");
        assert!(matches!(step(&record, &seen), Step::SetScaling(range) if range.is(0.0, 4.0)));
        seen.cluster.as_mut().unwrap().acu = Some((0.0, 4.0));
        assert_eq!(
            step(&record, &seen),
            Step::ChangeClass(record.target_class.clone())
        );
    }

    #[test]
    fn without_capacity_every_fallback_is_tried_once() {
        let mut record = record(CloneState::Resizing);
        let mut seen = observed(&record, "db.r6g.large");
        seen.instances[0].status = "insufficient-capacity".into();
        let Step::FallBack(class) = step(&record, &seen) else {
            panic!("no fallback")
        };
        record.target_class = class;
        assert!(matches!(step(&record, &seen), Step::Fail(Failure::NoCapacity, _)));
    }

    #[test]
    fn a_fallback_without_the_data_api_is_no_fallback_for_a_clone_that_is_to_have_it() {
        let policy = policy();
        let mut source = policy.sources.values().next().unwrap().clone();
        source.fallback_classes = ["db.t4g.large", "db.r7g.large"]
            .map(|class| class.parse().unwrap())
            .into();
        let mut record = record(CloneState::Resizing);
        assert_eq!(
            fall_back(&record, &source),
            Step::FallBack("db.t4g.large".parse().unwrap())
        );
        record.options.data_api = true;
        assert_eq!(
            fall_back(&record, &source),
            Step::FallBack("db.r7g.large".parse().unwrap())
        );
    }

    #[test]
    fn only_available_with_the_class_is_done() {
        let record = record(CloneState::Resizing);
        for status in STATUSES {
            let mut seen = observed(&record, "db.t4g.medium");
            seen.instances[0].status = (*status).to_owned();
            assert_eq!(
                step(&record, &seen) == Step::Done,
                *status == "available",
                "{status}"
            );
        }
    }
}
