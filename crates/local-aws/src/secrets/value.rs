//! A secret's values: what is asked for, what is put, and its versions.

use chrono::{DateTime, Utc};
use winterbaume_secretsmanager::model::{
    GetSecretValueRequest, GetSecretValueResponse, ListSecretVersionIdsResponse, PutSecretValueRequest,
    PutSecretValueResponse, SecretVersionsListEntry,
};

use super::api::{invalid, seconds};
use super::store::{CURRENT, Version};
use super::{Refused, Secrets};

/// Secrets Manager's own limit on a value, in bytes.
const LARGEST_VALUE: usize = 65_536;

impl Secrets {
    pub(super) fn get_value(&self, input: &GetSecretValueRequest) -> Result<GetSecretValueResponse, Refused> {
        let store = self.lock();
        let secret = store.usable(&input.secret_id)?;
        let version = secret.version(input.version_id.as_deref(), input.version_stage.as_deref())?;
        Ok(GetSecretValueResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            created_date: Some(seconds(version.created)),
            secret_string: version.string.clone(),
            secret_binary: version.binary.clone(),
            version_id: Some(version.id.clone()),
            version_stages: Some(version.stages.clone()),
        })
    }

    pub(super) fn put_value(&self, input: PutSecretValueRequest) -> Result<PutSecretValueResponse, Refused> {
        let PutSecretValueRequest {
            client_request_token,
            secret_string,
            secret_binary,
            version_stages,
            ..
        } = input;
        let version = version(
            client_request_token,
            secret_string,
            secret_binary,
            version_stages,
            self.time.now(),
        )?
        .ok_or_else(|| invalid("You must provide either SecretString or SecretBinary."))?;
        let id = version.id.clone();
        let mut store = self.lock();
        let secret = store.usable_mut(&input.secret_id)?;
        secret.add(version)?;
        let stages = secret
            .versions
            .iter()
            .find(|version| version.id == id)
            .map(|version| version.stages.clone());
        Ok(PutSecretValueResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            version_id: Some(id),
            version_stages: stages,
        })
    }

    pub(super) fn versions(&self, id: &str) -> Result<ListSecretVersionIdsResponse, Refused> {
        let store = self.lock();
        let secret = store.get(id)?;
        let entry = |version: &Version| SecretVersionsListEntry {
            version_id: Some(version.id.clone()),
            version_stages: Some(version.stages.clone()),
            created_date: Some(seconds(version.created)),
            ..Default::default()
        };
        Ok(ListSecretVersionIdsResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            versions: Some(secret.versions.iter().map(entry).collect()),
            next_token: None,
        })
    }
}

/// The version that a call asks for; `None` when it gives no value.
pub(super) fn version(
    token: Option<String>,
    string: Option<String>,
    binary: Option<String>,
    stages: Option<Vec<String>>,
    now: DateTime<Utc>,
) -> Result<Option<Version>, Refused> {
    let value = match (&string, &binary) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(invalid("You can't specify both a binary and a string value.")),
        (Some(value), None) | (None, Some(value)) => value,
    };
    if value.len() > LARGEST_VALUE {
        return Err(invalid("The secret value must not be longer than 65536 bytes."));
    }
    let id = token.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    if !(32..=64).contains(&id.len()) {
        return Err(invalid("ClientRequestToken must be 32-64 characters long."));
    }
    let stages = stages.unwrap_or_else(|| vec![CURRENT.to_owned()]);
    Ok(Some(Version {
        id,
        string,
        binary,
        created: now,
        stages,
    }))
}
