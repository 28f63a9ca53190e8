//! `doppel show`: a clone, and how its time divides over its states.

use chrono::{DateTime, Utc};
use domain::record::{Answer, MaskingReport, Scan};
use domain::{CloneRecord, CloneState};
use serde_json::{Value, json};

use super::bar::words;
use super::list::owner;
use crate::account::Account;
use crate::exit::Stop;
use crate::output;
use crate::pick::pick;
use crate::table::{span, table};

pub async fn run(account: &Account, id: &str, json: bool) -> Result<(), Stop> {
    let record = pick(account.records.list_all().await?, id)?;
    if json {
        return output::json(&as_json(&record, account.clock.now()));
    }
    output::text(&as_text(&record, account.clock.now()))
}

/// The record, without the token of the task that waits for its approval.
pub fn record_as_json(record: &CloneRecord) -> Value {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    if let Some(approval) = value["approval"].as_object_mut() {
        approval.remove("token");
    }
    value
}

/// The same, with `timeline` (seconds in each state) and `seconds_to_hand_over`.
pub fn as_json(record: &CloneRecord, now: DateTime<Utc>) -> Value {
    let mut value = record_as_json(record);
    let spans = record.timeline(record.deleted_at.unwrap_or(now));
    value["timeline"] = spans
        .iter()
        .map(|(state, span)| json!({ "state": state, "seconds": span.as_seconds_f64() }))
        .collect();
    value["seconds_to_hand_over"] = json!(
        record
            .ready_at
            .map(|ready| (ready - record.requested_at).as_seconds_f64())
    );
    value
}

/// The clone in words.
pub fn as_text(record: &CloneRecord, now: DateTime<Utc>) -> String {
    let mut rows = vec![
        row("state", record.state.to_string()),
        row(
            "source",
            format!("{} ({})", record.source, record.engine.rds_name()),
        ),
        row("class", record.target_class.to_string()),
        row("owner", owner(record)),
        row("requested", record.requested_at.format("%F %T UTC").to_string()),
    ];
    if let Some(approval) = &record.approval {
        let said = answer(record).unwrap_or_else(|| format!("waited for, because of {}", approval.why));
        rows.push(row("approval", said));
    }
    if let Some(access) = &record.access {
        rows.push(row("host", format!("{}:{}", access.host, access.port)));
        if let Some(proxy) = &access.proxy {
            rows.push(row("proxy", format!("{}:{}", proxy.host, proxy.port)));
        }
        rows.push(row("database", format!("{} as {}", access.database, access.user)));
        rows.push(row("secret", access.secret.clone()));
    }
    if record.ready_at.is_some() && record.state.is_alive() {
        let left = span((record.expires_at - now).max(chrono::TimeDelta::zero()));
        rows.push(row(
            "expires",
            format!("{} (in {left})", record.expires_at.format("%F %T UTC")),
        ));
    }
    if let Some(now) = record
        .progress
        .as_ref()
        .filter(|_| record.state == CloneState::Masking)
    {
        rows.push(row("progress", words(now)));
    }
    for broke in &record.broke_off {
        rows.push(row(
            "broke off",
            format!("try {}: {}", broke.attempt, broke.cause),
        ));
    }
    if let Some(report) = &record.report {
        rows.extend(masked(report));
    }
    if let Some(failed) = &record.failure {
        rows.push(row(
            "failed",
            format!("{} in {}: {}", failed.failure.words(), failed.step, failed.cause),
        ));
    }
    format!("{}\n{}\n{}", record.id, table(&rows), timeline(record, now))
}

/// What an approver said, and when.
pub fn answer(record: &CloneRecord) -> Option<String> {
    let answered = record.approval.as_ref()?.answer.as_ref()?;
    let (by, at) = (answered.by.cap_key(), answered.at.format("%F %T UTC"));
    Some(match &answered.answer {
        Answer::Approved => format!("approved by {by} {at}"),
        Answer::Denied(reason) if reason.is_empty() => format!("denied by {by} {at}"),
        Answer::Denied(reason) => format!("denied by {by} {at}: {reason}"),
    })
}

/// What was masked, by which rules, and what the verification read and found.
fn masked(report: &MaskingReport) -> Vec<Vec<String>> {
    let (tables, columns, masked) = report.totals();
    let mut rows = vec![row(
        "masked",
        format!("{masked} rows in {columns} columns of {tables} tables"),
    )];
    if !report.rules_hash.is_empty() {
        rows.push(row("rules", report.rules_hash.clone()));
    }
    if let Some(scan) = &report.scan {
        let Scan {
            tables,
            columns,
            rows: read,
            values,
            one_in,
            rows_one_in,
        } = scan;
        rows.push(row(
            "verified",
            format!("{values} values in {read} rows and {columns} columns of {tables} tables"),
        ));
        if *one_in > 1 {
            rows.push(row("", format!("originals looked for by one in {one_in}")));
        }
        if *rows_one_in > 1 {
            let what = format!(
                "of large tables' masked columns one row in {rows_one_in} looked at, of all others every row"
            );
            rows.push(row("", what));
        }
    }
    rows.extend(
        report
            .findings
            .iter()
            .map(|finding| row("found", finding.to_string())),
    );
    let accepted = report.accepted.iter();
    rows.extend(accepted.map(|finding| row("accepted", finding.to_string())));
    if report.more_findings > 0 {
        rows.push(row("found", format!("{} more", report.more_findings)));
    }
    rows
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![format!("  {name}"), value]
}

fn timeline(record: &CloneRecord, now: DateTime<Utc>) -> String {
    let spans = record.timeline(record.deleted_at.unwrap_or(now));
    let rows: Vec<_> = spans
        .iter()
        .map(|(state, time)| row(&state.to_string(), span(*time)))
        .collect();
    let total = record.ready_at.map(|ready| {
        let seconds = (ready - record.requested_at).as_seconds_f64();
        format!("\n  {seconds:.1} seconds from the request to the hand-over\n")
    });
    table(&rows) + &total.unwrap_or_default()
}
