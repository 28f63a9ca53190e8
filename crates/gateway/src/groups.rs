//! Who is in which of Slack's user groups, remembered for a short time.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Policy;
use domain::people::Groups;
use domain::request::Principal;
use futures::future::join_all;

/// How long Slack's word on a group is believed: who leaves it has its rights for so long at most.
const BELIEVED: Duration = Duration::from_secs(60);

/// What Slack told of user groups of late.
#[derive(Debug, Default)]
pub(crate) struct UserGroups {
    told: Mutex<HashMap<String, (Instant, BTreeSet<String>)>>,
}

impl UserGroups {
    /// Which of the policy's user groups this principal is in. A policy without groups asks Slack nothing; a group
    /// of which Slack does not tell is unknown, whatever it told before.
    pub(crate) async fn of(&self, slack: &slack::Client, policy: &Policy, principal: &Principal) -> Groups {
        let mut groups = Groups::default();
        let Principal::Slack(user) = principal else {
            return groups;
        };
        let ids = policy.user_groups();
        let members = join_all(ids.iter().map(|id| self.members(slack, id))).await;
        for (id, members) in ids.into_iter().zip(members) {
            match members {
                Some(members) if members.contains(user) => groups.of.insert(id.to_owned()),
                Some(_) => continue,
                None => groups.unknown.insert(id.to_owned()),
            };
        }
        groups
    }

    async fn members(&self, slack: &slack::Client, id: &str) -> Option<BTreeSet<String>> {
        let believed = |told: &HashMap<String, (Instant, BTreeSet<String>)>| {
            let (at, members) = told.get(id)?;
            (at.elapsed() < BELIEVED).then(|| members.clone())
        };
        if let Some(members) = believed(&self.told.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(members);
        }
        match slack.group_members(id).await {
            Ok(members) => {
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                told.insert(id.to_owned(), (Instant::now(), members.clone()));
                Some(members)
            }
            Err(error) => {
                tracing::warn!(group = id, "its members are unknown: {}", runtime::chain(&error));
                None
            }
        }
    }
}
