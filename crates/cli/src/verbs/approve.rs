//! `doppel approve` and `doppel deny`: an approver's word, by the same rule as in Slack.

use domain::admission::{self, Who};
use domain::people::Groups;
use domain::record::Answer;

use super::show;
use crate::account::Account;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::pick::pick;

/// Approves the request.
pub async fn approve(account: &Account, id: &str, json: bool) -> Result<(), Stop> {
    answer(account, id, Answer::Approved, json).await
}

/// Denies it.
pub async fn deny(account: &Account, id: &str, reason: &str, json: bool) -> Result<(), Stop> {
    answer(account, id, Answer::Denied(slack::modal::reason(reason)), json).await
}

async fn answer(account: &Account, id: &str, answer: Answer, json: bool) -> Result<(), Stop> {
    let policy = account.policy().await?;
    let clone = pick(account.records.list_all().await?, id)?;
    let (principal, groups) = (account.principal().await?, Groups::default());
    let who = Who {
        principal: &principal,
        channel: None,
        groups: &groups,
    };
    admission::may_decide(&policy, who, &clone).map_err(|refusal| Exit::Refused.because(&refusal))?;
    let now = account.clock.now();
    let answer = (answer, &principal);
    let (clone, counts) =
        runtime::approval::answer(&account.records, &account.sfn, &clone.id, answer, now).await?;
    counts.map_err(|why| Exit::Refused.because(&why))?;
    if json {
        return output::json(&show::as_json(&clone, now));
    }
    output::line(&format!(
        "{} is {}",
        clone.id,
        show::answer(&clone).unwrap_or_default()
    ))
}
