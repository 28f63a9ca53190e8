//! A request that needs somebody else's word: asked, answered, or not answered in time.
//!
//! The record is what counts. The state machine's token only wakes it up, so that it reads the record again: a token
//! that is lost, or of an attempt that is over, delays an answer and changes none.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CloneRecord, CloneState, MessageRef};
use crate::admission::Need;
use crate::people::Members;
use crate::request::Principal;

/// What wakes the state machine up. It is kept in the record alone, and shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(String);

impl TaskToken {
    /// The token, for Step Functions.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for TaskToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(…)")
    }
}

/// The approval that a request needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What of the request needs it, in words.
    pub why: String,
    /// Who is asked: the approvers of the policy when it was asked. Who may answer is for the policy of then to say.
    pub approvers: Members,
    /// When it is given up.
    pub ends_at: DateTime<Utc>,
    /// The token of the task that waits for it. Without one nobody was asked yet.
    #[serde(default)]
    pub token: Option<TaskToken>,
    /// The answer: the first one stays.
    #[serde(default)]
    pub answer: Option<Answered>,
    /// The approvers' own channel, in which they are asked too.
    #[serde(default)]
    pub channel: Option<String>,
    /// The question there.
    #[serde(default)]
    pub message: Option<MessageRef>,
}

/// Who answered, what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What.
    pub answer: Answer,
    /// Who.
    pub by: Principal,
    /// When.
    pub at: DateTime<Utc>,
}

/// An approver's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "reason")]
pub enum Answer {
    /// Make it.
    Approved,
    /// Do not make it: why, as the approver wrote it; may be empty.
    Denied(String),
}

/// Why an answer does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It needs none.
    #[error("{0} needs no approval")]
    NotAsked(crate::id::CloneId),
    /// Somebody was quicker.
    #[error("{0} is answered already")]
    Answered(crate::id::CloneId),
    /// The time for it is over.
    #[error("it is too late to answer for {0}: it was given up")]
    TooLate(crate::id::CloneId),
    /// The clone is being deleted, or is gone.
    #[error("{0} waits for no answer any more: it is {1}")]
    Over(crate::id::CloneId, CloneState),
}

impl Approval {
    /// An approval that is asked for at `now`.
    pub fn new(need: Need, now: DateTime<Utc>) -> Self {
        Self {
            why: need.why,
            approvers: need.approvers,
            ends_at: now + need.within.span(),
            token: None,
            answer: None,
            channel: need.channel,
            message: None,
        }
    }

    /// Whether it was given.
    pub fn is_given(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answered| answered.answer == Answer::Approved)
    }
}

impl CloneRecord {
    /// Whether the clone may be made as far as approvals go: it needs none, or has it.
    pub fn is_cleared(&self) -> bool {
        self.approval.as_ref().is_none_or(Approval::is_given)
    }

    /// Whether approvers can answer now: they were asked, and nobody did yet.
    pub fn awaits_answer(&self) -> bool {
        let asked = |approval: &Approval| approval.token.is_some() && approval.answer.is_none();
        self.state == CloneState::Awaiting && self.approval.as_ref().is_some_and(asked)
    }

    /// Notes the token of the task that waits for the approval now, in place of an attempt's that is over. False when
    /// there is nothing to wait for.
    pub fn wait_with(&mut self, token: TaskToken) -> bool {
        match &mut self.approval {
            Some(approval) if self.state == CloneState::Awaiting && approval.answer.is_none() => {
                approval.token = Some(token);
                true
            }
            _ => false,
        }
    }

    /// Notes an answer. Setting up begins with an approval, so that its limit is brought forward by the time that was
    /// not needed.
    ///
    /// # Errors
    /// [`NoAnswer`] when it does not count; the record is as it was.
    pub fn answer(&mut self, answer: Answer, by: Principal, now: DateTime<Utc>) -> Result<(), NoAnswer> {
        let (id, state) = (&self.id, self.state);
        let Some(approval) = &mut self.approval else {
            return Err(NoAnswer::NotAsked(id.clone()));
        };
        if approval.answer.is_some() {
            return Err(NoAnswer::Answered(id.clone()));
        }
        if matches!(state, CloneState::Deleting | CloneState::Deleted) && now < approval.ends_at {
            return Err(NoAnswer::Over(id.clone(), state));
        }
        if state != CloneState::Awaiting || approval.ends_at <= now {
            return Err(NoAnswer::TooLate(id.clone()));
        }
        let left = approval.ends_at - now;
        approval.answer = Some(Answered { answer, by, at: now });
        self.setup_ends_at -= left;
        self.expires_at = self.setup_ends_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::plan::tests::{awaiting, now, record};
    use crate::record::DeleteReason;

    fn dora() -> Principal {
        Principal::Slack("U0DORA".into())
    }

    #[test]
    fn the_first_answer_counts_and_setting_up_begins_with_it() {
        let mut clone = awaiting();
        assert!(!clone.is_cleared());
        let before = clone.setup_ends_at;
        let left = clone.approval.as_ref().unwrap().ends_at - now();
        assert_eq!(clone.answer(Answer::Approved, dora(), now()), Ok(()));
        assert!(clone.is_cleared());
        assert_eq!(clone.setup_ends_at, before - left);
        assert_eq!(clone.expires_at, clone.setup_ends_at);
        let answered = clone.clone();
        let denied = clone.answer(
            Answer::Denied("no".into()),
            Principal::Slack("U0EVE".into()),
            now(),
        );
        assert_eq!(denied, Err(NoAnswer::Answered(clone.id.clone())));
        assert_eq!(clone, answered, "nothing is done twice");
    }

    #[test]
    fn a_denial_clears_nothing() {
        let mut clone = awaiting();
        clone
            .answer(Answer::Denied("use db.t4g.medium".into()), dora(), now())
            .unwrap();
        assert!(!clone.is_cleared());
    }

    #[test]
    fn an_answer_that_comes_too_late_or_unasked_does_not_count() {
        let mut late = awaiting();
        let end = late.approval.as_ref().unwrap().ends_at;
        assert_eq!(
            late.answer(Answer::Approved, dora(), end),
            Err(NoAnswer::TooLate(late.id.clone()))
        );
        let mut deleted = awaiting();
        deleted.claim_deletion(DeleteReason::Asked(dora()), now());
        assert!(matches!(
            deleted.answer(Answer::Approved, dora(), now()),
            Err(NoAnswer::Over(..))
        ));
        let mut unasked = record(CloneState::Requested);
        assert!(unasked.is_cleared());
        assert_eq!(
            unasked.answer(Answer::Approved, dora(), now()),
            Err(NoAnswer::NotAsked(unasked.id.clone()))
        );
    }

    #[test]
    fn the_newest_token_is_kept_until_there_is_an_answer() {
        let mut clone = awaiting();
        clone.approval.as_mut().unwrap().token = None;
        assert!(!clone.awaits_answer(), "nobody was asked yet");
        for token in ["one", "two"] {
            assert!(clone.wait_with(TaskToken::from(token.to_owned())));
        }
        assert!(clone.awaits_answer());
        assert_eq!(
            clone.approval.as_ref().unwrap().token.as_ref().unwrap().expose(),
            "two"
        );
        clone
            .answer(Answer::Approved, dora(), now() + TimeDelta::minutes(1))
            .unwrap();
        assert!(!clone.awaits_answer());
        assert!(!clone.wait_with(TaskToken::from("three".to_owned())));
        assert!(!record(CloneState::Cloning).wait_with(TaskToken::from("x".to_owned())));
    }

    #[test]
    fn a_token_is_not_shown() {
        let shown = format!("{:?}", awaiting());
        assert!(
            shown.contains("TaskToken(…)") && !shown.contains("secret-token"),
            "{shown}"
        );
    }
}
