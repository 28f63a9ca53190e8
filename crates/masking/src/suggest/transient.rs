//! Tables whose rows a clone is better off without: work in flight, which it must not send, sessions and tokens, which
//! open accounts, and logs of changes, which hold what the masked columns held.

use std::collections::BTreeMap;

use super::names::words;
use crate::schema::{Schema, Table, TableKind, TableName};

const WORK: &str = "work in flight: a clone must not do it again";
const KEYS: &str = "sessions and tokens open accounts";
const PAST: &str = "a log of changes holds what the masked columns held";

/// Tables of well-known libraries, by the beginning of their names.
const KNOWN: &[(&str, &str)] = &[
    ("delayed_job", WORK),
    ("good_job", WORK),
    ("solid_queue_", WORK),
    ("solid_cable_", WORK),
    ("solid_cache_", "a cache"),
    ("sidekiq", WORK),
    ("resque_", WORK),
    ("que_job", WORK),
    ("que_locker", WORK),
    ("oban_", WORK),
    ("celery_", WORK),
    ("django_celery_", WORK),
    ("kombu_", WORK),
    ("graphile_worker", WORK),
    ("pgboss", WORK),
    ("qrtz_", WORK),
    ("hangfire", WORK),
    ("failed_jobs", WORK),
    ("job_batches", WORK),
    ("active_job", WORK),
    ("domain_event_outbox", WORK),
    ("ar_internal_metadata", "it says that this is production"),
    ("django_session", KEYS),
    ("oauth_access_token", KEYS),
    ("oauth_access_grant", KEYS),
    ("oauth_auth_code", KEYS),
    ("oauth_refresh_token", KEYS),
    ("oauth_device", KEYS),
    ("oauth2_provider_accesstoken", KEYS),
    ("oauth2_provider_refreshtoken", KEYS),
    ("oauth2_provider_grant", KEYS),
    ("authtoken_token", KEYS),
    ("knox_authtoken", KEYS),
    ("token_blacklist_", KEYS),
    ("socialaccount_socialtoken", KEYS),
    ("personal_access_token", KEYS),
    ("password_reset", KEYS),
    ("email_verification", KEYS),
    ("magic_link", KEYS),
    ("spring_session", KEYS),
    ("user_otp", KEYS),
    ("webauthn_", KEYS),
];

/// The tables to be emptied, each with its reason: only those that no table refers to which stays.
pub(super) fn tables(schema: &Schema) -> BTreeMap<TableName, &'static str> {
    let mut found: BTreeMap<_, _> = schema
        .tables
        .iter()
        .filter(|table| table.parent.is_none() && table.kind != TableKind::Foreign)
        .filter_map(|table| Some((table.name.clone(), reason(table)?)))
        .collect();
    loop {
        let needed = schema.foreign_keys.iter().find(|key| {
            found.contains_key(root(schema, &key.to)) && !found.contains_key(root(schema, &key.table))
        });
        match needed {
            Some(key) => found.remove(root(schema, &key.to)),
            None => return found,
        };
    }
}

/// The table that a partition belongs to: a partition follows its rules.
fn root<'a>(schema: &'a Schema, name: &'a TableName) -> &'a TableName {
    schema
        .table(name)
        .and_then(|table| table.parent.as_ref())
        .unwrap_or(name)
}

fn reason(table: &Table) -> Option<&'static str> {
    let name = table.name.table.to_lowercase();
    let words = words(&table.name.table);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let has = |columns: &[&str]| columns.iter().all(|name| table.column(name).is_some());
    let known = KNOWN.iter().find(|(start, _)| name.starts_with(start));
    if let Some((_, reason)) = known {
        return Some(reason);
    }
    match () {
        () if any(&["token", "tokens", "otp", "otps", "nonces"]) || of_sessions(&words) => Some(KEYS),
        () if any(&["outbox", "webhook", "webhooks"]) || name.contains("dead_letter") => Some(WORK),
        // Job advertisements are jobs too: the word alone says nothing.
        () if any(&["job", "jobs"])
            && (any(&["queue", "queued", "background", "failed", "scheduled", "pending"])
                || has(&["queue", "payload"])
                || has(&["handler", "run_at"])) =>
        {
            Some(WORK)
        }
        () if has(&["item_type", "item_id", "object"]) || has(&["auditable_type", "audited_changes"]) => {
            Some(PAST)
        }
        () => None,
    }
}

/// Sessions of users, not of trainings.
fn of_sessions(words: &[String]) -> bool {
    const WHOSE: &[&str] = &[
        "user", "users", "login", "auth", "web", "admin", "account", "customer", "member", "active", "http",
        "oauth",
    ];
    match words.split_last() {
        Some((last, whose)) => {
            matches!(last.as_str(), "session" | "sessions")
                && whose.iter().all(|word| WHOSE.contains(&word.as_str()))
        }
        None => false,
    }
}
