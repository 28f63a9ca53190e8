//! Secrets Manager's operations.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use serde::Serialize;
use serde_json::json;
use winterbaume_core::{MockRequest, MockService};
use winterbaume_secretsmanager::model::{
    CreateSecretRequest, CreateSecretResponse, DeleteSecretRequest, DeleteSecretResponse,
    DescribeSecretResponse, RestoreSecretResponse, UpdateSecretRequest, UpdateSecretResponse,
};
use winterbaume_secretsmanager::wire;

use super::store::{Secret, Version};
use super::value::version;
use super::{Refused, SERVICE, Secrets};
use crate::answer::{self, Answer};

/// The longest and default recovery window, and the shortest, in days.
const WINDOW: std::ops::RangeInclusive<i64> = 7..=30;

impl Secrets {
    pub(crate) async fn call(&self, operation: &str, request: Request<Bytes>) -> Answer {
        let body = request.body();
        match operation {
            "CreateSecret" => reply(wire::deserialize_create_secret_request(body), |input| {
                self.create(input)
            }),
            "GetSecretValue" => reply(wire::deserialize_get_secret_value_request(body), |input| {
                self.get_value(&input)
            }),
            "PutSecretValue" => reply(wire::deserialize_put_secret_value_request(body), |input| {
                self.put_value(input)
            }),
            "UpdateSecret" => reply(wire::deserialize_update_secret_request(body), |input| {
                self.update(input)
            }),
            "DeleteSecret" => reply(wire::deserialize_delete_secret_request(body), |input| {
                self.delete(&input)
            }),
            "RestoreSecret" => reply(wire::deserialize_restore_secret_request(body), |input| {
                self.restore(&input.secret_id)
            }),
            "DescribeSecret" => reply(wire::deserialize_describe_secret_request(body), |input| {
                self.describe(&input.secret_id)
            }),
            "ListSecrets" => reply(wire::deserialize_list_secrets_request(body), |input| {
                self.list(&input)
            }),
            "ListSecretVersionIds" => {
                reply(wire::deserialize_list_secret_version_ids_request(body), |input| {
                    self.versions(&input.secret_id)
                })
            }
            "TagResource" => reply(wire::deserialize_tag_resource_request(body), |input| {
                self.lock().usable_mut(&input.secret_id)?.tag(input.tags);
                Ok(json!({}))
            }),
            "UntagResource" => reply(wire::deserialize_untag_resource_request(body), |input| {
                let mut store = self.lock();
                let gone =
                    |key: &Option<String>| key.as_ref().is_some_and(|key| input.tag_keys.contains(key));
                store
                    .usable_mut(&input.secret_id)?
                    .tags
                    .retain(|tag| !gone(&tag.key));
                Ok(json!({}))
            }),
            "GetResourcePolicy" => reply(wire::deserialize_get_resource_policy_request(body), |input| {
                self.policy(&input.secret_id)
            }),
            "PutResourcePolicy" => reply(wire::deserialize_put_resource_policy_request(body), |input| {
                self.put_policy(input)
            }),
            "DeleteResourcePolicy" => {
                reply(wire::deserialize_delete_resource_policy_request(body), |input| {
                    self.delete_policy(&input.secret_id)
                })
            }
            "GetRandomPassword" => self.random_password(request).await,
            _ => answer::error(
                SERVICE,
                400,
                "UnknownOperationException",
                "Operation not supported",
            ),
        }
    }

    fn create(&self, input: CreateSecretRequest) -> Result<CreateSecretResponse, Refused> {
        check_name(&input.name)?;
        let now = self.time.now();
        let version = version(
            input.client_request_token,
            input.secret_string,
            input.secret_binary,
            None,
            now,
        )?;
        let mut store = self.lock();
        if let Some(known) = store.secrets.get(&input.name) {
            return created_before(known, version.as_ref());
        }
        let end = uuid::Uuid::new_v4().simple().to_string();
        let secret = Secret {
            arn: self
                .place
                .arn(SERVICE, &format!("secret:{}-{}", input.name, &end[..6])),
            name: input.name.clone(),
            description: input.description,
            kms_key_id: input.kms_key_id,
            tags: input.tags.unwrap_or_default(),
            policy: None,
            created: now,
            changed: now,
            deleted: None,
            versions: version.into_iter().collect(),
        };
        let answer = created(&secret, secret.versions.first());
        store.secrets.insert(input.name, secret);
        Ok(answer)
    }

    fn update(&self, input: UpdateSecretRequest) -> Result<UpdateSecretResponse, Refused> {
        let now = self.time.now();
        let version = version(
            input.client_request_token,
            input.secret_string,
            input.secret_binary,
            None,
            now,
        )?;
        let mut store = self.lock();
        let secret = store.usable_mut(&input.secret_id)?;
        let version_id = version.as_ref().map(|version| version.id.clone());
        if let Some(version) = version {
            secret.add(version)?;
        }
        secret.description = input.description.or(secret.description.take());
        secret.kms_key_id = input.kms_key_id.or(secret.kms_key_id.take());
        secret.changed = now;
        Ok(UpdateSecretResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            version_id,
        })
    }

    /// Without recovery a secret is gone at once, and one that is not there is no error; else it is marked.
    fn delete(&self, input: &DeleteSecretRequest) -> Result<DeleteSecretResponse, Refused> {
        let now = self.time.now();
        let forced = input.force_delete_without_recovery.unwrap_or(false);
        let days = input.recovery_window_in_days;
        if forced && days.is_some() {
            return Err(invalid(
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
            ));
        }
        let days = days.unwrap_or(*WINDOW.end());
        if !WINDOW.contains(&days) {
            return Err(invalid(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ));
        }
        let mut store = self.lock();
        if forced {
            let known = store
                .get(&input.secret_id)
                .map(|secret| (secret.arn.clone(), secret.name.clone()))
                .ok();
            let (arn, name) = known.unwrap_or_else(|| (input.secret_id.clone(), input.secret_id.clone()));
            store.secrets.remove(&name);
            return Ok(DeleteSecretResponse {
                a_r_n: Some(arn),
                name: Some(name),
                deletion_date: Some(seconds(now)),
            });
        }
        let secret = store.usable_mut(&input.secret_id)?;
        let gone = now + TimeDelta::days(days);
        secret.deleted = Some((now, gone));
        Ok(DeleteSecretResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            deletion_date: Some(seconds(gone)),
        })
    }

    fn restore(&self, id: &str) -> Result<RestoreSecretResponse, Refused> {
        let mut store = self.lock();
        let secret = store.get_mut(id)?;
        secret.deleted = None;
        Ok(RestoreSecretResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
        })
    }

    fn describe(&self, id: &str) -> Result<DescribeSecretResponse, Refused> {
        let store = self.lock();
        let secret = store.get(id)?;
        let versions = secret
            .versions
            .iter()
            .map(|version| (version.id.clone(), version.stages.clone()));
        Ok(DescribeSecretResponse {
            a_r_n: Some(secret.arn.clone()),
            name: Some(secret.name.clone()),
            description: secret.description.clone(),
            kms_key_id: secret.kms_key_id.clone(),
            tags: Some(secret.tags.clone()),
            created_date: Some(seconds(secret.created)),
            last_changed_date: Some(seconds(secret.changed)),
            deleted_date: secret.deleted.map(|(at, _)| seconds(at)),
            version_ids_to_stages: Some(versions.collect()),
            ..Default::default()
        })
    }

    /// The one operation that needs no secrets is taken as it is.
    async fn random_password(&self, request: Request<Bytes>) -> Answer {
        let (parts, body) = request.into_parts();
        let request = MockRequest {
            method: parts.method.to_string(),
            uri: format!("https://{SERVICE}.{}.amazonaws.com/", self.place.region),
            headers: parts.headers,
            body,
        };
        let answer = self.rest.handle(request).await;
        answer::finish(answer.status, "application/x-amz-json-1.1", answer.body)
    }
}

fn reply<I, O: Serialize>(
    input: Result<I, String>,
    operation: impl FnOnce(I) -> Result<O, Refused>,
) -> Answer {
    match input
        .map_err(|wrong| Refused::new("SerializationException", wrong))
        .and_then(operation)
    {
        Ok(output) => answer::json(SERVICE, &output),
        Err(refused) => answer::error(SERVICE, 400, refused.code, &refused.message),
    }
}

/// CreateSecret for a name that exists: the same call again is answered as the first time.
fn created_before(known: &Secret, version: Option<&Version>) -> Result<CreateSecretResponse, Refused> {
    if known.deleted.is_some() {
        let message =
            "You can't create this secret because a secret with this name is already scheduled for deletion.";
        return Err(Refused::new("InvalidRequestException", message));
    }
    let same = version.and_then(|wanted| {
        let same = |version: &&Version| {
            version.id == wanted.id && version.string == wanted.string && version.binary == wanted.binary
        };
        known.versions.iter().find(same)
    });
    match same {
        Some(version) => Ok(created(known, Some(version))),
        None => {
            let message = format!(
                "The operation failed because the secret {} already exists.",
                known.name
            );
            Err(Refused::new("ResourceExistsException", message))
        }
    }
}

fn created(secret: &Secret, version: Option<&Version>) -> CreateSecretResponse {
    CreateSecretResponse {
        a_r_n: Some(secret.arn.clone()),
        name: Some(secret.name.clone()),
        version_id: version.map(|version| version.id.clone()),
        ..Default::default()
    }
}

fn check_name(name: &str) -> Result<(), Refused> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "/_+=.@-!".contains(letter);
    if name.is_empty() || name.len() > 512 || !name.chars().all(allowed) {
        let message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
        return Err(Refused::new("ValidationException", message));
    }
    Ok(())
}

pub(super) fn invalid(message: &str) -> Refused {
    Refused::new("InvalidParameterException", message)
}

/// A timestamp as Secrets Manager writes it.
pub(super) fn seconds(at: DateTime<Utc>) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 fit into 53 bits for 285,000 years"
    )]
    let milliseconds = at.timestamp_millis() as f64;
    milliseconds / 1000.0
}
