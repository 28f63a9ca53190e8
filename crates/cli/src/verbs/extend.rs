//! `doppel extend`.

use domain::admission::Who;
use domain::people::Groups;
use domain::{Lifetime, admission};
use runtime::Decision;
use runtime::audit::{Decided, Line, via};

use super::show;
use crate::account::Account;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::pick::pick;
use crate::table::span;

pub async fn run(account: &Account, id: &str, more: &str, json: bool) -> Result<(), Stop> {
    let more: Lifetime = more
        .parse()
        .map_err(|error: domain::lifetime::InvalidLifetime| Exit::Usage.because(&error))?;
    let policy = account.policy().await?;
    let id = pick(account.records.list_alive().await?, id)?.id;
    let principal = account.principal().await?;
    let groups = Groups::default();
    let who = Who {
        principal: &principal,
        channel: None,
        groups: &groups,
    };
    let mut refused = None;
    let record = account
        .records
        .update(&id, |record| {
            let now = account.clock.now();
            match admission::extend(&policy, who, record, more, now) {
                Ok(expires_at) => {
                    record.expires_at = expires_at;
                    record.warned_at = None;
                    refused = None;
                    Decision::Write
                }
                Err(refusal) => {
                    refused = Some(refusal);
                    Decision::Keep
                }
            }
        })
        .await?;
    let line = Line::about(&record, Some(&principal), via(&principal, None));
    if let Some(refusal) = refused {
        line.say(Decided::Refused, &refusal);
        return Err(Exit::Refused.because(&refusal));
    }
    line.say(
        Decided::Extended,
        format_args!("{more} more, until {}", record.expires_at),
    );
    if json {
        return output::json(&show::as_json(&record, account.clock.now()));
    }
    let left = span(record.expires_at - account.clock.now());
    let until = record.expires_at.format("%F %T UTC");
    output::line(&format!("{} now lives until {until} (in {left})", record.id))
}
