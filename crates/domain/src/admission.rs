//! A wish held against the policy: what is granted, or why not.

mod refusal;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use crate::class::Class;
use crate::id::SourceName;
use crate::lifetime::Lifetime;
use crate::people::{Groups, Members, Standing};
use crate::policy::{Policy, Source};
use crate::record::CloneRecord;
use crate::request::{Options, Principal, Wish};

pub use refusal::{Deed, Refusal};

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
    /// Whose word it needs first, if anybody's.
    pub approval: Option<Need>,
}

/// An approval that a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What of the request needs it, in words.
    pub why: String,
    /// Who may give it, as the policy names them now.
    pub approvers: Members,
    /// How long it is waited for.
    pub within: Lifetime,
    /// The approvers' own channel, in which they are asked too.
    pub channel: Option<String>,
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
        return Err(Refusal::ClassNotAllowed {
            class,
            name: name.clone(),
            allowed: listed(source, |_| true),
        });
    }
    if wish.options.data_api && !class.has_data_api() {
        return Err(Refusal::NoDataApi {
            class,
            name: name.clone(),
            others: listed(source, Class::has_data_api),
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
    if wish.options.proxy && source.proxy.is_none() {
        return Err(Refusal::NoProxy(name.clone()));
    }
    if wish.options.proxy && class.acu().is_some_and(|range| range.sleeps()) {
        return Err(Refusal::ProxyKeepsAwake(class));
    }
    let approval = source.approval.as_ref().and_then(|rule| {
        Some(Need {
            why: rule.needed_for(&class, lifetime)?,
            approvers: rule.approvers.clone(),
            within: rule.within,
            channel: rule.channel.clone(),
        })
    });
    Ok(Granted {
        source: name.clone(),
        class,
        lifetime,
        options: wish.options,
        approval,
    })
}

/// Who wants something done, and what is known of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// The Slack channel in which they said so.
    pub channel: Option<&'a str>,
    /// Which of the policy's user groups they are in.
    pub groups: &'a Groups,
}

impl Who<'_> {
    /// Whether they are on a list.
    ///
    /// # Errors
    /// [`Refusal::GroupsUnknown`] when that hangs on a user group whose members could not be learned.
    pub fn is_on(&self, list: &Members) -> Result<bool, Refusal> {
        match list.standing(self.principal, self.groups) {
            Standing::On => Ok(true),
            Standing::Off => Ok(false),
            Standing::Unknown => Err(Refusal::GroupsUnknown),
        }
    }

    fn is_in(&self, channels: &[String]) -> bool {
        channels.is_empty()
            || self
                .channel
                .is_some_and(|here| channels.iter().any(|known| known == here))
    }
}

/// All that is asked before a clone is made: whether this person may ask here, and for this.
///
/// # Errors
/// The first thing that the policy does not allow.
pub fn admit(policy: &Policy, who: Who<'_>, wish: &Wish) -> Result<Granted, Refusal> {
    may_ask(policy, who)?;
    let granted = grant(policy, wish)?;
    let source = policy.source(&granted.source)?;
    if matches!(who.principal, Principal::Slack(_)) {
        if !who.is_in(&source.channels) {
            return Err(Refusal::SourceNotInChannel(granted.source));
        }
        if !source.users.is_empty() && !who.is_on(&source.users)? && !who.is_on(&policy.people.admins)? {
            return Err(Refusal::SourceNotAllowed(granted.source));
        }
    }
    let is_for_some = !source.channels.is_empty() || !source.users.is_empty();
    if *who.principal == Principal::Workflow && is_for_some && policy.people.workflow_steps != Some(true) {
        return Err(Refusal::WorkflowsNotAllowed);
    }
    if let Some(need) = granted.approval.as_ref().filter(|_| who.principal.is_nobody()) {
        return Err(Refusal::NobodyAsks(need.why.clone()));
    }
    Ok(granted)
}

/// Whether this person may ask in this channel. The command line's rights are IAM's business, and so is who may
/// start an execution directly.
///
/// # Errors
/// Which of the two is not allowed.
pub fn may_ask(policy: &Policy, who: Who<'_>) -> Result<(), Refusal> {
    let people = &policy.people;
    match who.principal {
        Principal::Slack(_) => {}
        Principal::Workflow if !people.may_workflows_ask() => return Err(Refusal::WorkflowsNotAllowed),
        Principal::Workflow | Principal::Cli(_) | Principal::Direct => return Ok(()),
    }
    if !who.is_in(&people.channels) {
        return Err(Refusal::ChannelNotAllowed);
    }
    if people.users.is_empty() || who.is_on(&people.users)? || who.is_on(&people.admins)? {
        return Ok(());
    }
    Err(Refusal::PersonNotAllowed)
}

/// Whether this principal may do that to this clone: its owner and admins may. A clone of a direct
/// execution belongs to nobody, so that anybody who may ask for clones may change it. The command line's
/// rights are IAM's business.
///
/// # Errors
/// [`Refusal::NotYours`].
pub fn may_change(policy: &Policy, who: Who<'_>, clone: &CloneRecord, deed: Deed) -> Result<(), Refusal> {
    match who.principal {
        Principal::Cli(_) => Ok(()),
        principal if *principal == clone.principal => Ok(()),
        _ if clone.principal.is_nobody() => may_ask(policy, who),
        _ if who.is_on(&policy.people.admins)? => Ok(()),
        _ => Err(Refusal::NotYours(clone.id.clone(), deed)),
    }
}

/// Whether this principal may export from this clone: its owner may, and an admin. AWS knows nobody of Slack: whether
/// somebody on the command line is the owner of a clone that was asked for there, IAM decides, by who may read the
/// clone's secret.
///
/// # Errors
/// [`Refusal::NotYours`].
pub fn may_export(policy: &Policy, who: Who<'_>, clone: &CloneRecord) -> Result<(), Refusal> {
    match (who.principal, &clone.principal) {
        (one, other) if one == other => Ok(()),
        (Principal::Cli(_), Principal::Slack(_) | Principal::Direct | Principal::Workflow) => Ok(()),
        _ if who.is_on(&policy.people.admins)? => Ok(()),
        _ => Err(Refusal::NotYours(clone.id.clone(), Deed::Export)),
    }
}

/// Whether this principal may approve or deny this request: the approvers of its source may, as the policy names
/// them now, and nobody their own.
///
/// # Errors
/// [`Refusal::OwnRequest`], [`Refusal::NotAnApprover`], or what could not be learned.
pub fn may_decide(policy: &Policy, who: Who<'_>, clone: &CloneRecord) -> Result<(), Refusal> {
    if *who.principal == clone.principal {
        return Err(Refusal::OwnRequest(clone.id.clone()));
    }
    let rule = policy.source(&clone.source)?.approval.as_ref();
    match rule.map(|rule| who.is_on(&rule.approvers)).transpose()? {
        Some(true) => Ok(()),
        _ => Err(Refusal::NotAnApprover(clone.source.clone())),
    }
}

/// Whether this principal may let this clone live longer: whoever may change it, and its approvers, whose word it may
/// need.
///
/// # Errors
/// As [`may_change`].
pub fn may_extend(policy: &Policy, who: Who<'_>, clone: &CloneRecord) -> Result<(), Refusal> {
    may_change(policy, who, clone, Deed::Extend)
        .or_else(|refusal| may_decide(policy, who, clone).map_err(|_| refusal))
}

/// The new expiry of a clone whose life is extended by `more`, never past the policy's total; past the lifetime that
/// needs an approval only by the word of an approver who is not its owner.
///
/// # Errors
/// When the clone is not handed over, its total life would be too long, or somebody else has to say it.
pub fn extend(
    policy: &Policy,
    who: Who<'_>,
    clone: &CloneRecord,
    more: Lifetime,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Refusal> {
    let source = policy.source(&clone.source)?;
    let left = left_of(source, clone, now)?;
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
    match unapproved(source, clone, now) {
        Some((free, span)) if more.span() > span => word(policy, who, clone, free).map(|()| wanted),
        _ => Ok(wanted),
    }
}

/// By how much this person can still extend a clone's life: zero when all of the policy's total is used.
///
/// # Errors
/// When the clone is not handed over, or somebody else has to say it from here on.
pub fn extendable(
    policy: &Policy,
    who: Who<'_>,
    clone: &CloneRecord,
    now: DateTime<Utc>,
) -> Result<TimeDelta, Refusal> {
    let source = policy.source(&clone.source)?;
    let left = left_of(source, clone, now)?;
    match unapproved(source, clone, now) {
        Some((free, span)) if left > span => match word(policy, who, clone, free) {
            Err(Refusal::ExtensionNeedsApprover { .. }) if span.num_hours() > 0 => Ok(span),
            said => said.map(|()| left),
        },
        _ => Ok(left),
    }
}

/// The life that needs no approval, and what is left of it.
fn unapproved(source: &Source, clone: &CloneRecord, now: DateTime<Utc>) -> Option<(Lifetime, TimeDelta)> {
    let free = source.approval.as_ref()?.above_lifetime?;
    let ready_at = clone.ready_at.unwrap_or(now);
    Some((free, ready_at + free.span() - clone.expires_at.max(now)))
}

/// Whether this is an approver, who may let the clone live longer than `free`.
fn word(policy: &Policy, who: Who<'_>, clone: &CloneRecord, free: Lifetime) -> Result<(), Refusal> {
    may_decide(policy, who, clone).map_err(|refusal| match refusal {
        Refusal::GroupsUnknown => refusal,
        _ => Refusal::ExtensionNeedsApprover {
            id: clone.id.clone(),
            free,
        },
    })
}

fn left_of(source: &Source, clone: &CloneRecord, now: DateTime<Utc>) -> Result<TimeDelta, Refusal> {
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

/// Those of a source's classes of which this is so.
fn listed(source: &Source, is: impl Fn(&Class) -> bool) -> String {
    let classes: Vec<_> = source.classes.iter().filter(|class| is(class)).collect();
    match classes.as_slice() {
        [] => "none".to_owned(),
        classes => classes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
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
