//! The app's home tab: a person's clones, and for admins everybody's.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::cost::Prices;
use domain::request::Principal;
use domain::{CloneRecord, CloneState, Policy};
use sha2::{Digest, Sha256};
use slack_morphism::prelude::*;

use crate::blocks::{buttons, context, section};
use crate::message::ready::{connect_button, delete_button, extend_button};
use crate::message::{about, until, what, who};
use crate::text::{code, count, date, span};

/// Slack's limit of blocks in a view.
pub const MAX_BLOCKS: usize = 100;

/// The most of a person's own clones that are shown: each takes two blocks.
const MOST_OWN: usize = 30;
/// The most of everybody's clones that are shown to an admin.
const MOST_OF_ALL: usize = 20;

/// What a home tab is made of.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// Whose it is: a Slack user.
    pub user: &'a str,
    /// Whether they are an admin: those see everybody's clones.
    pub is_admin: bool,
    /// Every record of a clone that there is, in any order.
    pub clones: &'a [CloneRecord],
    /// The policy.
    pub policy: &'a Policy,
    /// The prices.
    pub prices: &'a Prices,
    /// The time: of what is left, and of the costs.
    pub now: DateTime<Utc>,
}

impl Home<'_> {
    /// The tab as it is now.
    pub fn view(&self) -> SlackView {
        SlackView::Home(SlackHomeView::new(self.blocks()))
    }

    /// SHA-256 of what it shows but for what passes with time alone, in hex: as long as this stays, nothing has
    /// happened that is worth showing.
    pub fn digest(&self) -> String {
        let timeless = Self {
            now: DateTime::UNIX_EPOCH,
            ..*self
        };
        let json = serde_json::to_vec(&timeless.blocks()).unwrap_or_default();
        let digest = Sha256::digest(json);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn blocks(&self) -> Vec<SlackBlock> {
        let own: Vec<_> = self.alive(|clone| is_of(clone, self.user));
        let mut blocks = vec![section("*Your clones*")];
        if own.is_empty() {
            blocks.push(section(
                "You have none. `/clone` in a channel opens the form; `/clone help` tells the rest.",
            ));
        }
        for clone in own.iter().take(MOST_OWN) {
            blocks.push(section(&format!("{}{}", self.row(clone), self.cost(clone))));
            blocks.extend(Some(deeds(clone)).filter(|all| !all.is_empty()).map(buttons));
        }
        blocks.extend(more(own.len(), MOST_OWN));
        if self.is_admin {
            blocks.extend(self.of_everybody());
        }
        blocks.push(context(&format!("As of {}.", date(self.now))));
        blocks
    }

    /// What admins see besides.
    fn of_everybody(&self) -> Vec<SlackBlock> {
        let all = self.alive(|_| true);
        let title = format!("*Everybody's clones*: {}", count(all.len() as u64, "clone"));
        let mut blocks = vec![SlackDividerBlock::new().into(), section(&title)];
        blocks.extend(all.iter().take(MOST_OF_ALL).map(|clone| {
            let owner = who(&clone.principal);
            section(&format!("{} · {owner}{}", self.row(clone), self.cost(clone)))
        }));
        blocks.extend(more(all.len(), MOST_OF_ALL));
        blocks.extend([section(&self.slots()), section(&self.month())]);
        blocks
    }

    /// The clones that are not deleted yet, the newest first.
    fn alive(&self, is_wanted: impl Fn(&CloneRecord) -> bool) -> Vec<&CloneRecord> {
        let all = self.clones.iter();
        let mut alive: Vec<_> = all
            .filter(|clone| clone.state.is_alive() && is_wanted(clone))
            .collect();
        alive.sort_by(|a, b| (b.requested_at, &b.id).cmp(&(a.requested_at, &a.id)));
        alive
    }

    fn row(&self, clone: &CloneRecord) -> String {
        let when = match clone.state {
            CloneState::Ready => {
                let left = span(clone.expires_at - self.now);
                format!("{left} left, ends {}", until(clone))
            }
            CloneState::Failed | CloneState::Deleting => "being deleted".to_owned(),
            _ => format!("asked for {}", date(clone.requested_at)),
        };
        let id = code(clone.id.as_str());
        format!("{id} · {} · *{}*\n{when}", what(clone), clone.state)
    }

    fn cost(&self, clone: &CloneRecord) -> String {
        match self.prices.spent(clone, self.now) {
            Some(amount) => format!(" · {} so far", about(amount)),
            None => " · cost unknown".to_owned(),
        }
    }

    fn slots(&self) -> String {
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        for clone in self.clones.iter().filter(|clone| clone.holds_slot) {
            *taken.entry(&clone.source_cluster).or_default() += 1;
        }
        let lines = self.policy.sources.iter().map(|(name, source)| {
            let taken = taken.get(source.cluster.as_str()).copied().unwrap_or_default();
            format!("{}: {taken} of {} taken", code(name.as_str()), source.slots)
        });
        format!("*Clone slots*\n{}", lines.collect::<Vec<_>>().join("\n"))
    }

    fn month(&self) -> String {
        let sum = self.prices.this_month(self.clones, self.now);
        let unknown = match sum.unknown {
            0 => String::new(),
            some => format!(", and {} of unknown price", count(some as u64, "clone")),
        };
        format!(
            "*Cost this month*: {}{unknown} (instances alone)",
            about(sum.dollars)
        )
    }
}

fn is_of(clone: &CloneRecord, user: &str) -> bool {
    matches!(&clone.principal, Principal::Slack(owner) if owner == user)
}

/// What can be done with a clone: its message's buttons, and before the hand-over its end alone.
fn deeds(clone: &CloneRecord) -> Vec<SlackBlockButtonElement> {
    match clone.state {
        CloneState::Ready => vec![connect_button(clone), extend_button(clone), delete_button(clone)],
        state if state.is_being_set_up() => vec![delete_button(clone)],
        _ => vec![],
    }
}

fn more(all: usize, shown: usize) -> Option<SlackBlock> {
    let rest = all.checked_sub(shown).filter(|rest| *rest > 0)?;
    Some(context(&format!("… and {rest} more: `/clone list` shows them.")))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use domain::CloneId;

    use super::*;
    use crate::message::samples::{self, policy, prices, start};

    fn shown(home: &Home<'_>) -> String {
        let blocks = serde_json::to_value(home.blocks()).unwrap();
        let lines = blocks.as_array().unwrap().iter().map(|block| {
            let text = block["text"]["text"].as_str().map(str::to_owned);
            let elements = block["elements"].as_array().into_iter().flatten();
            let elements: Vec<_> = elements
                .map(|element| match element["text"].as_str() {
                    Some(text) => text.to_owned(),
                    None => format!(
                        "({} → {})",
                        element["text"]["text"].as_str().unwrap(),
                        element["action_id"].as_str().unwrap()
                    ),
                })
                .collect();
            format!(
                "-- {}\n{}",
                block["type"].as_str().unwrap(),
                text.unwrap_or_else(|| elements.join(" "))
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn at(hour: i64) -> DateTime<Utc> {
        start() + TimeDelta::hours(hour)
    }

    /// One of each, of two people.
    fn several() -> Vec<CloneRecord> {
        let mut all = [
            samples::requested(),
            samples::masking(),
            samples::ready(),
            samples::failed(),
            samples::deleting(),
            samples::deleted(),
        ];
        for (at, clone) in all.iter_mut().enumerate() {
            clone.id = format!("doppel-production-20260131-k3x9q{at}").parse().unwrap();
            clone.requested_at += TimeDelta::seconds(at as i64);
        }
        all[1].principal = Principal::Slack("U0BOB".into());
        all[4].principal = Principal::Direct;
        all[3].holds_slot = false;
        all[5].holds_slot = false;
        all.into()
    }

    fn home<'a>(
        user: &'a str,
        clones: &'a [CloneRecord],
        policy: &'a Policy,
        prices: &'a Prices,
    ) -> Home<'a> {
        Home {
            user,
            is_admin: user == "U0CAROL",
            clones,
            policy,
            prices,
            now: at(5),
        }
    }

    #[test]
    fn a_person_sees_his_own_clones_with_the_buttons_of_their_messages() {
        let (clones, policy, prices) = (several(), policy(), prices());
        insta::assert_snapshot!("home", shown(&home("U0ALICE", &clones, &policy, &prices)));
        insta::assert_snapshot!(
            "home_of_nothing",
            shown(&home("U0DAVE", &clones, &policy, &prices))
        );
    }

    #[test]
    fn an_admin_sees_everybodys_clones_the_slots_and_the_months_cost() {
        let (clones, policy, prices) = (several(), policy(), prices());
        insta::assert_snapshot!(
            "home_of_an_admin",
            shown(&home("U0CAROL", &clones, &policy, &prices))
        );
        let unknown = Prices::default();
        let said = shown(&home("U0CAROL", &clones, &policy, &unknown));
        assert!(
            said.contains("cost unknown") && said.contains("of unknown price"),
            "{said}"
        );
    }

    #[test]
    fn however_many_clones_there_are_the_view_stays_inside_slacks_limit() {
        let (policy, prices) = (policy(), prices());
        for many in [0, 1, MOST_OWN, MOST_OWN + 1, 500] {
            let clones: Vec<_> = (0..many)
                .map(|number| CloneRecord {
                    id: format!("doppel-production-20260131-{number:06}")
                        .parse::<CloneId>()
                        .unwrap(),
                    ..samples::ready()
                })
                .collect();
            let home = Home {
                is_admin: true,
                ..home("U0ALICE", &clones, &policy, &prices)
            };
            assert!(
                home.blocks().len() <= MAX_BLOCKS,
                "{many} clones: {}",
                home.blocks().len()
            );
            crate::limits::view(&home.view());
            let said = shown(&home);
            assert_eq!(
                said.contains(&format!("and {} more", many.saturating_sub(MOST_OWN))),
                many > MOST_OWN
            );
        }
    }

    #[test]
    fn time_alone_changes_the_view_and_not_its_digest() {
        let (clones, policy, prices) = (several(), policy(), prices());
        let now = home("U0ALICE", &clones, &policy, &prices);
        let later = Home { now: at(7), ..now };
        assert_ne!(shown(&now), shown(&later));
        assert_eq!(now.digest(), later.digest());
        let mut extended = clones.clone();
        extended[2].expires_at += TimeDelta::days(1);
        assert_ne!(
            now.digest(),
            home("U0ALICE", &extended, &policy, &prices).digest()
        );
        let mut others = clones.clone();
        others[1].enter(CloneState::Ready, at(6));
        assert_eq!(now.digest(), home("U0ALICE", &others, &policy, &prices).digest());
    }
}
