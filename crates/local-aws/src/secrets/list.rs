//! ListSecrets: filters and pages.

use winterbaume_secretsmanager::model::{
    Filter, ListSecretsRequest, ListSecretsResponse, SecretListEntry, Tag,
};

use super::api::seconds;
use super::store::Secret;
use super::{Refused, Secrets};

/// The most secrets in one answer, when no other number is asked for.
const PAGE: usize = 100;

impl Secrets {
    pub(super) fn list(&self, input: &ListSecretsRequest) -> Result<ListSecretsResponse, Refused> {
        let filters = input.filters.as_deref().unwrap_or_default();
        for filter in filters {
            check(filter)?;
        }
        let planned = input.include_planned_deletion.unwrap_or(false);
        let store = self.lock();
        let found = store
            .secrets
            .values()
            .filter(|secret| planned || secret.deleted.is_none())
            .filter(|secret| filters.iter().all(|filter| fits(filter, secret)));
        let mut found: Vec<_> = found.collect();
        if input.sort_order.as_deref() != Some("asc") {
            found.reverse();
        }
        let from = match &input.next_token {
            Some(token) => token
                .parse::<usize>()
                .map_err(|_| Refused::new("InvalidNextTokenException", "The NextToken value is invalid."))?,
            None => 0,
        };
        let page = input
            .max_results
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(PAGE)
            .clamp(1, PAGE);
        let next = from.saturating_add(page);
        Ok(ListSecretsResponse {
            secret_list: Some(
                found
                    .iter()
                    .skip(from)
                    .take(page)
                    .map(|secret| entry(secret))
                    .collect(),
            ),
            next_token: (next < found.len()).then(|| next.to_string()),
        })
    }
}

fn check(filter: &Filter) -> Result<(), Refused> {
    match filter.key.as_deref() {
        Some("name" | "description" | "tag-key" | "tag-value" | "all") => Ok(()),
        key => {
            let message = format!("Invalid filter key: {}", key.unwrap_or_default());
            Err(Refused::new("InvalidParameterException", message))
        }
    }
}

/// One of the filter's values fits: by prefix, and case counts except in descriptions. `!` turns it round.
fn fits(filter: &Filter, secret: &Secret) -> bool {
    let key = filter.key.as_deref().unwrap_or_default();
    filter
        .values
        .iter()
        .flatten()
        .any(|value| match value.strip_prefix('!') {
            Some(value) => !has(key, value, secret),
            None => has(key, value, secret),
        })
}

fn has(key: &str, value: &str, secret: &Secret) -> bool {
    let tag = |part: fn(&Tag) -> Option<&String>| {
        secret
            .tags
            .iter()
            .filter_map(part)
            .any(|text| text.starts_with(value))
    };
    match key {
        "name" => secret.name.starts_with(value),
        "description" => secret.description.as_ref().is_some_and(|text| {
            text.to_lowercase()
                .split_whitespace()
                .any(|word| word.starts_with(&value.to_lowercase()))
        }),
        "tag-key" => tag(|tag| tag.key.as_ref()),
        "tag-value" => tag(|tag| tag.value.as_ref()),
        _ => ["name", "description", "tag-key", "tag-value"]
            .iter()
            .any(|key| has(key, value, secret)),
    }
}

fn entry(secret: &Secret) -> SecretListEntry {
    let versions = secret
        .versions
        .iter()
        .map(|version| (version.id.clone(), version.stages.clone()));
    SecretListEntry {
        a_r_n: Some(secret.arn.clone()),
        name: Some(secret.name.clone()),
        description: secret.description.clone(),
        kms_key_id: secret.kms_key_id.clone(),
        tags: Some(secret.tags.clone()),
        created_date: Some(seconds(secret.created)),
        last_changed_date: Some(seconds(secret.changed)),
        deleted_date: secret.deleted.map(|(at, _)| seconds(at)),
        secret_versions_to_stages: Some(versions.collect()),
        ..Default::default()
    }
}
