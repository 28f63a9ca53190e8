//! What people can have done, however they ask for it.

use aws_sdk_sfn::error::SdkError;
use chrono::TimeDelta;
use domain::admission::{self, Deed, Granted, Refusal, Who};
use domain::cost::Prices;
use domain::people::{Groups, Standing};
use domain::record::DeleteReason;
use domain::request::{Principal, RequestItem, Wish};
use domain::{CloneRecord, CloneState, Lifetime, Policy};
use runtime::Decision;
use runtime::audit::Decided;
use runtime::aws::failed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use slack::command::{Found, IdPart};
use slack::{Message, message, modal};
use slack_morphism::prelude::SlackView;

use crate::{Deps, Error, approvals};

/// Who asks, where, and by which deed.
pub(crate) struct Asker {
    /// The Slack user, as the signed request showed.
    pub principal: Principal,
    /// The channel.
    pub channel: Option<String>,
    /// What Slack made for this one deed; a retry of it has the same.
    pub trigger: String,
}

impl Asker {
    /// A name that every retry of this deed gets again, and no other.
    fn key(&self) -> String {
        hex::encode(&Sha256::digest(&self.trigger)[..16])
    }

    /// Who asks, to the policy.
    pub(crate) fn who<'a>(&'a self, groups: &'a Groups) -> Who<'a> {
        Who {
            principal: &self.principal,
            channel: self.channel.as_deref(),
            groups,
        }
    }
}

/// Notes who asks, then starts the execution that makes the clone.
pub(crate) async fn create(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    wish: Wish,
) -> Result<Result<Granted, Refusal>, Error> {
    create_for(deps, policy, asker, wish, None).await
}

/// As [`create`]; the run of a workflow's step, if there is one, is told in the end.
pub(crate) async fn create_for(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    wish: Wish,
    step: Option<String>,
) -> Result<Result<Granted, Refusal>, Error> {
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    let granted = match admission::admit(policy, asker.who(&groups), &wish) {
        Ok(granted) => granted,
        Err(refusal) => {
            asker.wants(wish.source.as_ref()).say(Decided::Refused, &refusal);
            return Ok(Err(refusal));
        }
    };
    let key = format!("slack-{}", asker.key());
    let wish = Wish {
        request: Some(key.clone()),
        ..wish
    };
    // Written once: an execution may have claimed it since, which another write would undo.
    if deps.records.get_request(&key).await?.is_none() {
        let (principal, channel) = (asker.principal.clone(), asker.channel.clone());
        deps.records
            .put_request(
                &RequestItem {
                    principal,
                    channel,
                    groups,
                    wish: wish.clone(),
                    step,
                },
                &key,
            )
            .await?;
    }
    start(deps, &deps.state_machine, &key, &wish.to_input()).await?;
    Ok(Ok(granted))
}

/// Notes that somebody opened the home tab, which notify then shows.
pub(crate) async fn open_home(deps: &Deps, user: &str) -> Result<(), Error> {
    let policy = deps.config.policy().await?;
    let principal = Principal::Slack(user.to_owned());
    let groups = deps.groups.of(&deps.slack, &policy, &principal).await;
    let is_admin = policy.people.admins.standing(&principal, &groups) == Standing::On;
    Ok(deps.records.open_home(user, is_admin).await?)
}

/// The clones that the asker may change.
pub(crate) async fn list(deps: &Deps, policy: &Policy, asker: &Asker) -> Result<Message, Error> {
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    // Who is not known to be an admin is shown their own clones.
    let is_admin = asker.who(&groups).is_on(&policy.people.admins) == Ok(true);
    let mut clones = deps.records.list_alive().await?;
    clones.retain(|clone| is_admin || clone.principal == asker.principal);
    clones.sort_by_key(|clone| std::cmp::Reverse(clone.requested_at));
    Ok(message::list(&clones, is_admin))
}

/// One clone, for those who may change it.
pub(crate) async fn show(deps: &Deps, policy: &Policy, asker: &Asker, id: &IdPart) -> Result<Message, Error> {
    let clone = match changeable(deps, policy, asker, id, Deed::See).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(said),
    };
    Ok(message::show(&clone, &prices(deps).await, deps.clock.now()))
}

/// The prices; none are known if they cannot be read.
pub(crate) async fn prices(deps: &Deps) -> Prices {
    deps.config.prices().await.unwrap_or_else(|error| {
        tracing::warn!("costs are told as unknown: {}", runtime::chain(&error));
        Prices::default()
    })
}

/// The lines that connect. They hold no password, and the clone's message shows them to the channel anyway.
pub(crate) async fn connect(deps: &Deps, id: &IdPart) -> Result<Message, Error> {
    Ok(match find(deps, id).await? {
        Ok(clone) => message::how_to_connect(&clone),
        Err(said) => said,
    })
}

/// The form that asks how much longer a clone shall live.
pub(crate) async fn extension_form(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
) -> Result<Result<SlackView, Message>, Error> {
    let clone = match changeable(deps, policy, asker, id, Deed::Extend).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(Err(said)),
    };
    let now = deps.clock.now();
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    let left = match admission::extendable(policy, asker.who(&groups), &clone, now) {
        Ok(left) => left,
        Err(refusal) => return Ok(Err(not_extended(&clone, &refusal))),
    };
    let form = modal::extend(&clone, left, &prices(deps).await);
    Ok(form.ok_or_else(|| message::no_more(&clone, left)))
}

/// Lets a clone live longer.
pub(crate) async fn extend(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
    more: Lifetime,
) -> Result<Result<Message, Message>, Error> {
    let clone = match changeable(deps, policy, asker, id, Deed::Extend).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(Err(said)),
    };
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    let who = asker.who(&groups);
    if !deps
        .records
        .once(&format!("extend/{}", asker.key()), TimeDelta::days(1))
        .await?
    {
        return Ok(Ok(message::extended(&clone)));
    }
    let now = deps.clock.now();
    let mut refusal = None;
    let clone = deps
        .records
        .update(&clone.id, |clone| {
            match admission::extend(policy, who, clone, more, now) {
                Ok(expires_at) => {
                    (clone.expires_at, clone.warned_at, refusal) = (expires_at, None, None);
                    Decision::Write
                }
                Err(error) => {
                    refusal = Some(error);
                    Decision::Keep
                }
            }
        })
        .await?;
    let line = asker.line(&clone);
    Ok(match refusal {
        None => {
            line.say(
                Decided::Extended,
                format_args!("{more} more, until {}", clone.expires_at),
            );
            Ok(message::extended(&clone))
        }
        Some(refusal) => {
            line.say(Decided::Refused, &refusal);
            Err(not_extended(&clone, &refusal))
        }
    })
}

fn not_extended(clone: &CloneRecord, refusal: &Refusal) -> Message {
    match refusal {
        Refusal::NotExtendable(..) if is_going(clone) => message::already_gone(clone),
        refusal => message::refused(refusal),
    }
}

/// Claims the clone for deletion, which is what counts, and starts the sweep for it. If that does not start, the
/// hourly sweep finds the claim.
pub(crate) async fn delete(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
) -> Result<Message, Error> {
    let clone = match changeable(deps, policy, asker, id, Deed::Delete).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(said),
    };
    let now = deps.clock.now();
    let mut was_going = false;
    let clone = deps
        .records
        .update(&clone.id, |clone| {
            was_going = is_going(clone);
            if was_going {
                return Decision::Keep;
            }
            clone.claim_deletion(DeleteReason::Asked(asker.principal.clone()), now);
            Decision::Write
        })
        .await?;
    if !was_going {
        asker.line(&clone).say(Decided::Deleted, "it was asked for");
    }
    let name = format!("delete-{}-{}", clone.id, &asker.key()[..8]);
    if clone.state != CloneState::Deleted
        && let Err(error) = start(
            deps,
            &deps.sweep_state_machine,
            &name,
            &json!({"clone_id": clone.id}),
        )
        .await
    {
        tracing::error!(
            "the hourly sweep will delete {}: {}",
            clone.id,
            runtime::chain(&error)
        );
    }
    Ok(if was_going {
        message::already_gone(&clone)
    } else {
        message::deletion_started(&clone.id)
    })
}

fn is_going(clone: &CloneRecord) -> bool {
    matches!(clone.state, CloneState::Deleting | CloneState::Deleted)
}

/// The clone, if the asker may do that to it; else what to say.
async fn changeable(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
    deed: Deed,
) -> Result<Result<CloneRecord, Message>, Error> {
    let clone = match find(deps, id).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(Err(said)),
    };
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    let who = asker.who(&groups);
    let may = match deed {
        Deed::Extend => admission::may_extend(policy, who, &clone),
        deed => admission::may_change(policy, who, &clone, deed),
    };
    Ok(may
        .map(|()| clone.clone())
        .map_err(|refusal| approvals::refused(asker, &clone, &refusal)))
}

pub(crate) async fn find(deps: &Deps, part: &IdPart) -> Result<Result<CloneRecord, Message>, Error> {
    let candidates = match part.whole() {
        Some(id) => deps.records.get(&id).await?.into_iter().collect(),
        None => deps.records.list_all().await?,
    };
    Ok(match part.find(candidates) {
        Found::One(clone) => Ok(*clone),
        Found::None => Err(message::no_such(part.as_str())),
        Found::Several(ids) => Err(message::several(part.as_str(), &ids)),
    })
}

/// Starts an execution. One of that name was started by an earlier try of the same deed, which is as good.
async fn start(deps: &Deps, machine: &str, name: &str, input: &Value) -> Result<(), Error> {
    let call = deps
        .executions
        .start_execution()
        .state_machine_arn(machine)
        .name(name)
        .input(input.to_string());
    match call.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(error)) if error.err().is_execution_already_exists() => Ok(()),
        Err(error) => Err(failed("StartExecution", name)(error).into()),
    }
}
