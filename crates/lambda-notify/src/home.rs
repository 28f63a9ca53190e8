//! The home tabs of those who opened them follow the records.

use domain::people::{Groups, Member, Standing};
use domain::request::Principal;
use domain::{CloneRecord, Policy};
use runtime::HomeNote;
use slack::home::Home;

use crate::event::Batch;
use crate::{Deps, Error};

/// How often a view is made anew that somebody else replaced in between.
const TRIES: usize = 3;

/// Why a home tab is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It was opened, or shown since.
    Opened,
    /// A clone changed that it may show.
    Changed,
}

/// Shows the home tabs that were opened, and anew those in which a changed clone shows.
///
/// # Errors
/// The first fault that goes away, after every tab was tried. What Slack refuses for good is logged.
pub(crate) async fn follow(deps: &Deps, batch: &Batch) -> Result<(), Error> {
    let mut again = None;
    let mut wanted: Vec<(String, Why)> = batch
        .homes()
        .into_iter()
        .map(|user| (user, Why::Opened))
        .collect();
    let changed = batch.clones_at_home();
    if !changed.is_empty() {
        let policy = deps.config.policy().await?;
        for id in changed {
            let Some(clone) = deps.records.get(&id).await? else {
                continue;
            };
            for user in viewers(&policy, &clone) {
                if !wanted
                    .iter()
                    .any(|(known, why)| *known == user && *why == Why::Changed)
                {
                    wanted.push((user, Why::Changed));
                }
            }
        }
    }
    for (user, why) in wanted {
        if let Err(error) = show(deps, &user, why).await {
            tracing::error!("a home tab was not shown: {}", runtime::chain(&error));
            again = again.or(Some(error).filter(Error::is_transient));
        }
    }
    again.map_or(Ok(()), Err)
}

/// Whose home tab shows this clone: its owner's, and that of every admin whom the policy names. Admins by a user group
/// see it when they open theirs.
fn viewers(policy: &Policy, clone: &CloneRecord) -> Vec<String> {
    let named = policy.people.admins.iter().filter_map(|member| match member {
        Member::User(id) => Some(id.clone()),
        Member::Group(_) | Member::Cli(_) => None,
    });
    let mut users: Vec<String> = named.collect();
    if let Principal::Slack(owner) = &clone.principal
        && !users.contains(owner)
    {
        users.push(owner.clone());
    }
    users
}

/// Whether somebody is an admin: by name, or by a user group as it was when they opened the tab.
fn is_admin(policy: &Policy, user: &str, note: &HomeNote) -> bool {
    let admins = &policy.people.admins;
    let by_name = admins.standing(&Principal::Slack(user.to_owned()), &Groups::default()) == Standing::On;
    by_name || (note.is_admin && admins.groups().next().is_some())
}

/// Shows somebody's home tab, if there is a reason to. A view that is another one by now, because another invocation
/// showed it, is made anew of what the table says then.
async fn show(deps: &Deps, user: &str, why: Why) -> Result<(), Error> {
    let mut conflicting = None;
    for _ in 0..TRIES {
        let Some(note) = deps.records.home(user).await? else {
            return Ok(());
        };
        let is_awaited = note.opened > note.shown;
        if why == Why::Opened && !is_awaited {
            return Ok(());
        }
        let (clones, policy) = (deps.records.list_all().await?, deps.config.policy().await?);
        let prices = deps.prices().await;
        let home = Home {
            user,
            is_admin: is_admin(&policy, user, &note),
            clones: &clones,
            policy: &policy,
            prices: &prices,
            now: deps.clock.now(),
        };
        let digest = home.digest();
        if !is_awaited && digest == note.digest {
            return Ok(());
        }
        // The note of the last view may be lost: then its hash is no help, and the view is simply replaced.
        let hash = note
            .hash
            .clone()
            .filter(|hash| Some(hash) != conflicting.as_ref());
        match deps.slack.publish_home(user, home.view(), hash.as_deref()).await {
            Err(error) if error.is_hash_conflict() => conflicting = hash,
            published => {
                let hash = Some(published?);
                let shown = HomeNote { hash, digest, ..note };
                return Ok(deps.records.note_home(user, &shown).await?);
            }
        }
    }
    Ok(())
}
