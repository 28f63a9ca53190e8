//! Whom the policy names: Slack users, Slack user groups, and people on the command line.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::request::Principal;

/// One name in a list of the policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Member {
    /// A Slack user: `U…` or `W…`.
    User(String),
    /// Everybody in a Slack user group: `S…`.
    Group(String),
    /// Somebody on the command line, by the last part of the ARN that AWS knows: `cli/NAME`.
    Cli(String),
}

/// A text that names nobody, and what would.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names nobody: write a Slack user's id such as `U0123ABCD`, a user group's such as `S0123ABCD`, or `cli/NAME` for the command line"
)]
pub struct InvalidMember(pub String);

impl FromStr for Member {
    type Err = InvalidMember;

    fn from_str(text: &str) -> Result<Self, InvalidMember> {
        let text = text.trim();
        let is_id = (2..=30).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        match (text.strip_prefix("cli/"), text.chars().next()) {
            (Some(name), _) if !name.is_empty() => Ok(Self::Cli(name.to_owned())),
            (None, Some('U' | 'W')) if is_id => Ok(Self::User(text.to_owned())),
            (None, Some('S')) if is_id => Ok(Self::Group(text.to_owned())),
            _ => Err(InvalidMember(text.to_owned())),
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) | Self::Group(id) => f.write_str(id),
            Self::Cli(name) => write!(f, "cli/{name}"),
        }
    }
}

impl TryFrom<String> for Member {
    type Error = InvalidMember;

    fn try_from(text: String) -> Result<Self, InvalidMember> {
        text.parse()
    }
}

impl From<Member> for String {
    fn from(member: Member) -> String {
        member.to_string()
    }
}

/// A list of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Members(Vec<Member>);

/// Whether somebody is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// On it, by name or through a group.
    On,
    /// Not on it.
    Off,
    /// Not by name, and Slack did not tell who is in a group that is on it. That grants nothing.
    Unknown,
}

impl Members {
    /// Whether the list names nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its names.
    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.0.iter()
    }

    /// The ids of the user groups on it.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|member| match member {
            Member::Group(id) => Some(id.as_str()),
            _ => None,
        })
    }

    /// Whether `who`, who is in these groups, is on it. A direct execution is nobody.
    pub fn standing(&self, who: &Principal, groups: &Groups) -> Standing {
        let named = self.0.iter().any(|member| match (member, who) {
            (Member::User(id), Principal::Slack(user)) => id == user,
            (Member::Group(id), Principal::Slack(_)) => groups.of.contains(id),
            (Member::Cli(name), Principal::Cli(user)) => name == user,
            _ => false,
        });
        let may_be =
            matches!(who, Principal::Slack(_)) && self.groups().any(|id| groups.unknown.contains(id));
        match (named, may_be) {
            (true, _) => Standing::On,
            (false, true) => Standing::Unknown,
            (false, false) => Standing::Off,
        }
    }
}

impl FromIterator<Member> for Members {
    fn from_iter<T: IntoIterator<Item = Member>>(members: T) -> Self {
        Self(members.into_iter().collect())
    }
}

/// Which of the policy's user groups somebody is in, as Slack told when they did what they did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// Ids of the groups that they are in.
    #[serde(default)]
    pub of: BTreeSet<String>,
    /// Ids of the groups whose members could not be learned.
    #[serde(default)]
    pub unknown: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(members: &[&str]) -> Members {
        members.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[rstest::rstest]
    #[case("U0ALICE", Some(Member::User("U0ALICE".into())))]
    #[case("W0123", Some(Member::User("W0123".into())))]
    #[case(" S0PLATFORM ", Some(Member::Group("S0PLATFORM".into())))]
    #[case("cli/alice", Some(Member::Cli("alice".into())))]
    #[case("@platform", None)]
    #[case("<@U0ALICE>", None)]
    #[case("U", None)]
    #[case("C0CLONES", None)]
    #[case("cli/", None)]
    #[case("", None)]
    fn a_name_is_an_id_or_nobody(#[case] text: &str, #[case] read: Option<Member>) {
        assert_eq!(text.parse().ok(), read);
        if let Some(member) = read {
            assert_eq!(member.to_string(), text.trim());
        }
    }

    #[test]
    fn a_list_holds_users_by_name_and_through_groups_and_nobody_else() {
        let members = list(&["U0ALICE", "S0LEADS", "cli/dora"]);
        let groups = |of: &[&str], unknown: &[&str]| Groups {
            of: of.iter().map(ToString::to_string).collect(),
            unknown: unknown.iter().map(ToString::to_string).collect(),
        };
        let standing = |who: Principal, groups: &Groups| members.standing(&who, groups);
        let slack = |user: &str| Principal::Slack(user.into());
        let (none, leads) = (groups(&[], &[]), groups(&["S0LEADS"], &[]));
        assert_eq!(standing(slack("U0ALICE"), &none), Standing::On);
        assert_eq!(standing(slack("U0BOB"), &leads), Standing::On);
        assert_eq!(
            standing(slack("U0BOB"), &groups(&["S0OTHER"], &[])),
            Standing::Off
        );
        assert_eq!(standing(Principal::Cli("dora".into()), &none), Standing::On);
        assert_eq!(standing(slack("dora"), &none), Standing::Off);
        assert_eq!(standing(Principal::Cli("U0ALICE".into()), &leads), Standing::Off);
        assert_eq!(standing(Principal::Direct, &leads), Standing::Off);
    }

    #[test]
    fn a_group_that_could_not_be_learned_grants_nothing_and_hides_nobody_who_is_named() {
        let members = list(&["U0ALICE", "S0LEADS"]);
        let unknown = Groups {
            unknown: ["S0LEADS".to_owned()].into(),
            ..Groups::default()
        };
        let slack = |user: &str| Principal::Slack(user.into());
        assert_eq!(members.standing(&slack("U0ALICE"), &unknown), Standing::On);
        assert_eq!(members.standing(&slack("U0BOB"), &unknown), Standing::Unknown);
        let elsewhere = Groups {
            unknown: ["S0OTHER".to_owned()].into(),
            ..Groups::default()
        };
        assert_eq!(members.standing(&slack("U0BOB"), &elsewhere), Standing::Off);
    }
}
