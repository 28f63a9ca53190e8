//! A wish held against the policy: what is granted, or why not.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::class::Class;
use crate::id::SourceName;
use crate::lifetime::{self, Lifetime};
use crate::policy::{Policy, Source, UnknownSource};
use crate::record::CloneRecord;
use crate::request::{Options, Principal, Wish};

/// A wish with every blank filled in, which the policy allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The source.
    pub source: SourceName,
    /// The class after masking.
    pub class: Class,
    /// The lifetime after hand-over.
    pub lifetime: Lifetime,
    /// Extras.
    pub options: Options,
}

/// Why the policy does not allow a request, by field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request names no source and there are several.
    #[error("`source`: say which one: {0}")]
    SourceMissing(String),
    /// There is no such source.
    #[error("`source`: {0}")]
    UnknownSource(#[from] UnknownSource),
    /// The class is not allowed for this source.
    #[error("`class`: `{class}` is not allowed for {name}; allowed are {allowed}")]
    ClassNotAllowed {
        /// What was asked for.
        class: Class,
        /// The source.
        name: SourceName,
        /// What is allowed.
        allowed: String,
    },
    /// Longer than the policy allows.
    #[error("`lifetime`: {asked} is longer than the {most} that clones of {name} may live")]
    TooLong {
        /// What was asked for.
        asked: Lifetime,
        /// The limit.
        most: Lifetime,
        /// The source.
        name: SourceName,
    },
    /// Not in this channel.
    #[error("clones cannot be asked for in this channel")]
    ChannelNotAllowed,
    /// Not this person.
    #[error("you are not among the people who may ask for clones")]
    PersonNotAllowed,
    /// Not from a workflow.
    #[error(
        "steps of Slack workflows may not ask for clones: the policy's `workflow_steps` does not allow it"
    )]
    WorkflowsNotAllowed,
    /// Somebody else's clone.
    #[error("{0} belongs to somebody else; only its owner or an admin may {1} it")]
    NotYours(crate::id::CloneId, Deed),
    /// With this extension it would live longer than the policy lets a clone live in all.
    #[error(
        "{more} more would make {} in all, and clones of {name} may live {most}; {}",
        lifetime::words(*.total), at_most(*.left)
    )]
    TotalLife {
        /// The extension that was asked for.
        more: Lifetime,
        /// The whole life, from the hand-over, that it would make.
        total: TimeDelta,
        /// What is left of the policy's total, by which it could be extended.
        left: TimeDelta,
        /// The policy's total.
        most: Lifetime,
        /// The source.
        name: SourceName,
    },
    /// An RDS Proxy cannot be made yet.
    #[error("`proxy`: a proxy before a clone is not available; ask without it")]
    NoProxy,
    /// The clone is not in a state in which this can be done.
    #[error("{0} is {1}, so its life cannot be extended")]
    NotExtendable(crate::id::CloneId, crate::record::CloneState),
}

/// What somebody wants with a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To see all about it.
    See,
    /// To let it live longer.
    Extend,
    /// To delete it.
    Delete,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::See => "see",
            Self::Extend => "extend",
            Self::Delete => "delete",
        })
    }
}

fn at_most(left: TimeDelta) -> String {
    match left.num_hours() {
        ..1 => "nothing can be added".to_owned(),
        _ => format!("at most {} can be added", lifetime::words(left)),
    }
}

/// Fills the blanks of a wish and holds it against the policy.
///
/// # Errors
/// The first thing that the policy does not allow.
pub fn grant(policy: &Policy, wish: &Wish) -> Result<Granted, Refusal> {
    let name = match &wish.source {
        Some(name) => name,
        None => policy
            .only_source()
            .ok_or_else(|| Refusal::SourceMissing(names(policy)))?,
    };
    let source = policy.source(name)?;
    let class = wish.class.clone().unwrap_or_else(|| source.default_class.clone());
    if !source.classes.contains(&class) {
        let allowed = source
            .classes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        return Err(Refusal::ClassNotAllowed {
            class,
            name: name.clone(),
            allowed,
        });
    }
    let lifetime = wish
        .lifetime
        .unwrap_or_else(|| Lifetime::DEFAULT.min(source.max_lifetime));
    if lifetime > source.max_lifetime {
        return Err(Refusal::TooLong {
            asked: lifetime,
            most: source.max_lifetime,
            name: name.clone(),
        });
    }
    if wish.options.proxy {
        return Err(Refusal::NoProxy);
    }
    Ok(Granted {
        source: name.clone(),
        class,
        lifetime,
        options: wish.options,
    })
}

/// Whether this person may ask in this channel.
///
/// # Errors
/// Which of the two is not allowed.
pub fn may_ask(policy: &Policy, principal: &Principal, channel: Option<&str>) -> Result<(), Refusal> {
    let people = &policy.people;
    let user = match principal {
        Principal::Slack(user) => user,
        Principal::Workflow if !people.may_workflows_ask() => return Err(Refusal::WorkflowsNotAllowed),
        Principal::Workflow | Principal::Cli(_) | Principal::Direct => return Ok(()),
    };
    if !people.channels.is_empty() && !channel.is_some_and(|c| people.channels.iter().any(|known| known == c))
    {
        return Err(Refusal::ChannelNotAllowed);
    }
    if !people.users.is_empty() && !people.users.contains(user) && !people.admins.contains(user) {
        return Err(Refusal::PersonNotAllowed);
    }
    Ok(())
}

/// Whether this principal may do that to this clone: its owner and admins may. A clone of a direct
/// execution belongs to nobody, so that anybody who may ask for clones may change it. The command line's
/// rights are IAM's business.
///
/// # Errors
/// [`Refusal::NotYours`].
pub fn may_change(
    policy: &Policy,
    principal: &Principal,
    clone: &CloneRecord,
    deed: Deed,
) -> Result<(), Refusal> {
    match principal {
        Principal::Cli(_) => Ok(()),
        who if *who == clone.principal || clone.principal.is_nobody() => Ok(()),
        Principal::Slack(user) if policy.people.admins.contains(user) => Ok(()),
        _ => Err(Refusal::NotYours(clone.id.clone(), deed)),
    }
}

/// The new expiry of a clone whose life is extended by `more`, never past the policy's total.
///
/// # Errors
/// When the clone is not handed over, or its total life would be too long.
pub fn extend(
    source: &Source,
    clone: &CloneRecord,
    more: Lifetime,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Refusal> {
    let left = extendable(source, clone, now)?;
    let wanted = clone.expires_at.max(now) + more.span();
    if more.span() > left {
        return Err(Refusal::TotalLife {
            more,
            total: wanted - clone.ready_at.unwrap_or(now),
            left,
            most: source.max_total_life,
            name: clone.source.clone(),
        });
    }
    Ok(wanted)
}

/// By how much a clone's life can still be extended: zero when all of the policy's total is used.
///
/// # Errors
/// When the clone is not handed over.
pub fn extendable(source: &Source, clone: &CloneRecord, now: DateTime<Utc>) -> Result<TimeDelta, Refusal> {
    let (true, Some(ready_at)) = (clone.state == crate::record::CloneState::Ready, clone.ready_at) else {
        return Err(Refusal::NotExtendable(clone.id.clone(), clone.state));
    };
    let last = ready_at + source.max_total_life.span();
    Ok((last - clone.expires_at.max(now)).max(TimeDelta::zero()))
}

/// How many clones this principal may have at a time.
pub fn cap(policy: &Policy, principal: &Principal) -> u32 {
    match principal {
        Principal::Slack(_) | Principal::Cli(_) => policy.people.clones_per_person,
        Principal::Direct | Principal::Workflow => policy.people.direct_clones,
    }
}

fn names(policy: &Policy) -> String {
    policy
        .sources
        .keys()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{now, policy, record};
    use crate::record::CloneState;

    fn wish(fields: &[(&str, &str)]) -> Wish {
        let mut wish = Wish::default();
        for (field, text) in fields {
            wish.set(field, text).unwrap();
        }
        wish
    }

    #[test]
    fn an_empty_wish_gets_the_only_source_its_default_class_and_a_day() {
        let granted = grant(&policy(), &Wish::default()).unwrap();
        assert_eq!(granted.source.as_str(), "production");
        assert_eq!(granted.class.to_string(), "db.t4g.medium");
        assert_eq!(granted.lifetime, Lifetime::DEFAULT);
    }

    #[test]
    fn a_wish_that_names_no_lifetime_stays_within_a_short_limit() {
        let mut policy = policy();
        policy
            .sources
            .values_mut()
            .for_each(|source| source.max_lifetime = "4h".parse().unwrap());
        assert_eq!(
            grant(&policy, &Wish::default()).unwrap().lifetime.to_string(),
            "4h"
        );
    }

    #[rstest::rstest]
    #[case(&[("source", "prod")], "there is no source `prod`; the policy knows `production`")]
    #[case(&[("class", "db.x2g.huge")], "allowed are db.t4g.medium, serverless:0-4")]
    #[case(&[("lifetime", "8d")], "8d is longer than the 7d")]
    #[case(&[("proxy", "yes")], "`proxy`")]
    fn what_the_policy_does_not_allow_is_refused_by_field(
        #[case] fields: &[(&str, &str)],
        #[case] said: &str,
    ) {
        let refusal = grant(&policy(), &wish(fields)).unwrap_err().to_string();
        assert!(refusal.contains(said), "{refusal}");
    }

    #[test]
    fn only_the_named_channels_and_people_may_ask() {
        let mut policy = policy();
        policy.people.channels = vec!["C1".into()];
        policy.people.users = vec!["U1".into()];
        let ask = |user: &str, channel| may_ask(&policy, &Principal::Slack(user.into()), channel);
        assert_eq!(ask("U1", Some("C1")), Ok(()));
        assert_eq!(ask("U1", Some("C2")), Err(Refusal::ChannelNotAllowed));
        assert_eq!(ask("U1", None), Err(Refusal::ChannelNotAllowed));
        assert_eq!(ask("U2", Some("C1")), Err(Refusal::PersonNotAllowed));
    }

    #[rstest::rstest]
    #[case::everybody_may(&[], None, Ok(()))]
    #[case::only_some_may(&["C1"], None, Err(Refusal::WorkflowsNotAllowed))]
    #[case::the_policy_says_yes(&["C1"], Some(true), Ok(()))]
    #[case::the_policy_says_no(&[], Some(false), Err(Refusal::WorkflowsNotAllowed))]
    fn a_workflow_may_ask_where_everybody_may_unless_the_policy_says_otherwise(
        #[case] channels: &[&str],
        #[case] said: Option<bool>,
        #[case] expected: Result<(), Refusal>,
    ) {
        let mut policy = policy();
        policy.people.channels = channels.iter().map(ToString::to_string).collect();
        policy.people.workflow_steps = said;
        assert_eq!(may_ask(&policy, &Principal::Workflow, None), expected);
    }

    #[test]
    fn only_its_owner_or_an_admin_may_change_a_clone() {
        let mut policy = policy();
        policy.people.admins = vec!["UADMIN".into()];
        let clone = record(CloneState::Ready);
        let change = |user: &str| may_change(&policy, &Principal::Slack(user.into()), &clone, Deed::See);
        assert_eq!(change("U0ALICE"), Ok(()));
        assert_eq!(change("UADMIN"), Ok(()));
        let refusal = change("U0BOB").unwrap_err();
        assert!(
            refusal
                .to_string()
                .ends_with("only its owner or an admin may see it"),
            "{refusal}"
        );
    }

    #[test]
    fn a_life_is_extended_up_to_the_policys_total_and_only_after_hand_over() {
        let policy = policy();
        let source = policy.sources.values().next().unwrap();
        let clone = record(CloneState::Ready);
        let day: Lifetime = "1d".parse().unwrap();
        assert_eq!(
            extend(source, &clone, day, now()),
            Ok(clone.expires_at + day.span())
        );
        let refusal = extend(source, &clone, "60d".parse().unwrap(), now()).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "60d more would make 61d in all, and clones of production may live 14d; at most 13d can be added"
        );
        let mut old = clone.clone();
        old.expires_at = old.ready_at.unwrap() + source.max_total_life.span();
        let refusal = extend(source, &old, day, now()).unwrap_err().to_string();
        assert!(
            refusal.starts_with("1d more would make 15d in all") && refusal.ends_with("nothing can be added"),
            "{refusal}"
        );
        let unfinished = record(CloneState::Masking);
        assert!(matches!(
            extend(source, &unfinished, day, now()),
            Err(Refusal::NotExtendable(..))
        ));
    }
}
