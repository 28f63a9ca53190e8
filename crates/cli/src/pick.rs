//! One clone, by its id or the end of it.

use domain::CloneRecord;

use crate::exit::{Exit, Stop};

/// The record that `wanted` means: a whole id, or an ending that no other clone shares. A clone that lives goes
/// before those that are deleted.
pub fn pick(records: Vec<CloneRecord>, wanted: &str) -> Result<CloneRecord, Stop> {
    let mut found: Vec<_> = records
        .into_iter()
        .filter(|record| record.id.as_str().ends_with(wanted))
        .collect();
    if let Some(whole) = found.iter().position(|record| record.id.as_str() == wanted) {
        return Ok(found.swap_remove(whole));
    }
    if found.iter().any(|record| record.state.is_alive()) {
        found.retain(|record| record.state.is_alive());
    }
    match (found.pop(), found.as_slice()) {
        (Some(record), []) if !wanted.is_empty() => Ok(record),
        (Some(last), others) => {
            let ids: Vec<_> = others
                .iter()
                .chain([&last])
                .map(|record| record.id.as_str())
                .collect();
            Err(Exit::Usage.with(format!("`{wanted}` could mean {}", ids.join(", "))))
        }
        (None, _) => Err(Exit::NotFound.with(format!(
            "there is no clone `{wanted}`; `doppel list --all` shows them"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use domain::admission::{Granted, grant};
    use domain::record::{NewClone, PinnedConfig};
    use domain::request::{Principal, Wish};
    use domain::workflow::ExecutionRef;
    use domain::{CloneState, Policy};

    use super::*;

    fn clone(id: &str, state: CloneState) -> CloneRecord {
        let text = crate::local::policy(domain::policy::Engine::Postgres, "shop");
        let policy = Policy::parse("doppel.toml", &text).unwrap();
        let granted: Granted = grant(&policy, &Wish::default()).unwrap();
        let execution = ExecutionRef {
            arn: "arn".into(),
            name: "name".into(),
            started_at: chrono::DateTime::UNIX_EPOCH,
            input: serde_json::Value::Null,
        };
        let config = PinnedConfig {
            rules: "r".into(),
            rules_version: None,
            rules_hash: "h".into(),
        };
        let record = CloneRecord::new(NewClone {
            id: id.parse().unwrap(),
            source: policy.source(&granted.source).unwrap(),
            granted,
            limits: &policy.limits,
            execution: &execution,
            asked_by: (Principal::Direct, None),
            config,
        });
        CloneRecord { state, ..record }
    }

    #[rstest::rstest]
    #[case("doppel-production-20260131-aaaaaa", Ok("aaaaaa"))]
    #[case("aaaaaa", Ok("aaaaaa"))]
    #[case("bbbbbb", Ok("bbbbbb"))]
    #[case("a", Ok("aaaaaa"))] // the other one that ends so is deleted
    #[case("b", Err(Exit::Usage))]
    #[case("zzz", Err(Exit::NotFound))]
    #[case("", Err(Exit::Usage))]
    fn a_clone_is_meant_by_the_end_of_its_id(#[case] wanted: &str, #[case] found: Result<&str, Exit>) {
        let clones = [
            ("doppel-production-20260131-aaaaaa", CloneState::Ready),
            ("doppel-production-20260130-zzzzza", CloneState::Deleted),
            ("doppel-production-20260131-bbbbbb", CloneState::Masking),
            ("doppel-production-20260131-cccccb", CloneState::Ready),
        ];
        let picked = pick(clones.map(|(id, state)| clone(id, state)).into(), wanted);
        let picked = picked.map(|record| record.id.as_str().rsplit('-').next().unwrap().to_owned());
        assert_eq!(picked.map_err(|stop| stop.exit), found.map(ToOwned::to_owned));
    }
}
