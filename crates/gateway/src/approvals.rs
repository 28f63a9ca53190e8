//! Approve and Deny.

use domain::admission::{self, Refusal};
use domain::record::Answer;
use domain::{CloneRecord, Policy, SourceName};
use runtime::audit::{Decided, Line};
use slack::command::IdPart;
use slack::{Message, message, modal};
use slack_morphism::prelude::SlackView;

use crate::deeds::{self, Asker};
use crate::{Deps, Error};

/// Notes an approver's answer and lets the request go on, or end. The inner error is what to say instead.
pub(crate) async fn answer(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
    answer: Answer,
) -> Result<Result<Message, Message>, Error> {
    let clone = match answerable(deps, policy, asker, id).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(Err(said)),
    };
    let (decided, why) = match &answer {
        Answer::Approved => (
            Decided::Approved,
            clone.approval.as_ref().map(|asked| asked.why.clone()),
        ),
        Answer::Denied(reason) => (Decided::Denied, Some(reason.clone())),
    };
    let now = deps.clock.now();
    let answer = (answer, &asker.principal);
    let (clone, counts) =
        runtime::approval::answer(&deps.records, &deps.executions, &clone.id, answer, now).await?;
    let line = asker.line(&clone);
    Ok(match counts {
        Ok(()) => {
            line.say(decided, why.unwrap_or_default());
            Ok(message::answered(&clone))
        }
        Err(why) => {
            line.say(Decided::Refused, &why);
            Err(message::not_answered(&clone, &why))
        }
    })
}

/// The form that asks for the reason of a denial, or what to say instead.
pub(crate) async fn denial_form(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
) -> Result<Result<SlackView, Message>, Error> {
    let clone = match answerable(deps, policy, asker, id).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(Err(said)),
    };
    // Whether an answer still counts is asked of a copy: nothing is noted yet.
    let still = clone
        .clone()
        .answer(Answer::Approved, asker.principal.clone(), deps.clock.now());
    Ok(match still {
        Ok(()) => Ok(modal::deny(&clone)),
        Err(why) => Err(message::not_answered(&clone, &why)),
    })
}

/// The clone, if the asker may approve or deny it; else what to say.
async fn answerable(
    deps: &Deps,
    policy: &Policy,
    asker: &Asker,
    id: &IdPart,
) -> Result<Result<CloneRecord, Message>, Error> {
    let clone = match deeds::find(deps, id).await? {
        Ok(clone) => clone,
        Err(said) => return Ok(Err(said)),
    };
    let groups = deps.groups.of(&deps.slack, policy, &asker.principal).await;
    let may = admission::may_decide(policy, asker.who(&groups), &clone);
    Ok(may
        .map(|()| clone.clone())
        .map_err(|refusal| refused(asker, &clone, &refusal)))
}

/// Says that something was refused, to the asker and to the audit trail.
pub(crate) fn refused(asker: &Asker, clone: &CloneRecord, refusal: &Refusal) -> Message {
    asker.line(clone).say(Decided::Refused, refusal);
    message::refused(refusal)
}

impl Asker {
    /// What the audit trail tells of what they ask for, before there is a clone.
    pub(crate) fn wants<'a>(&'a self, source: Option<&'a SourceName>) -> Line<'a> {
        Line {
            who: Some(&self.principal),
            via: runtime::audit::via(&self.principal, self.channel.as_deref()),
            clone: None,
            source,
        }
    }

    /// What the audit trail tells of what they do to a clone.
    pub(crate) fn line<'a>(&'a self, clone: &'a CloneRecord) -> Line<'a> {
        let via = runtime::audit::via(&self.principal, self.channel.as_deref());
        Line::about(clone, Some(&self.principal), via)
    }
}
