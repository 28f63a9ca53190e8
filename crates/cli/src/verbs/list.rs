//! `doppel list`.

use domain::CloneRecord;
use domain::request::Principal;

use super::show;
use crate::account::Account;
use crate::exit::Stop;
use crate::output;
use crate::table::{span, table};

pub async fn run(account: &Account, all: bool, json: bool) -> Result<(), Stop> {
    let mut records = if all {
        account.records.list_all().await?
    } else {
        account.records.list_alive().await?
    };
    records.sort_by_key(|record| record.requested_at);
    if json {
        return output::json(&records.iter().map(show::record_as_json).collect::<Vec<_>>());
    }
    if records.is_empty() {
        eprintln!("there are no clones; `doppel create` makes one");
        return Ok(());
    }
    let head = ["ID", "STATE", "CLASS", "OWNER", "EXPIRES IN"]
        .map(String::from)
        .to_vec();
    let rows = records.iter().map(|record| {
        let left = record.expires_at - account.clock.now();
        let left =
            if record.state.is_being_set_up() || record.ready_at.is_none() || record.deleted_at.is_some() {
                "-".to_owned()
            } else {
                span(left.max(chrono::TimeDelta::zero()))
            };
        vec![
            record.id.to_string(),
            record.state.to_string(),
            record.target_class.to_string(),
            owner(record),
            left,
        ]
    });
    output::text(&table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))
}

/// Whose it is.
pub fn owner(record: &CloneRecord) -> String {
    match &record.principal {
        Principal::Slack(user) => format!("Slack {user}"),
        Principal::Cli(name) => name.clone(),
        Principal::Direct => "nobody (started directly)".into(),
        Principal::Workflow => "a Slack workflow".into(),
    }
}
