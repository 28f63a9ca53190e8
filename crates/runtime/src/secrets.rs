//! Passwords in Secrets Manager, in the form that AWS's own tools read: `{"username", "password", "host", …}`.

use std::collections::BTreeMap;
use std::pin::Pin;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, Tag};
use domain::Failure;
use rand::Rng;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::aws::{Failed, failed};
use crate::lambda::AsFailure;

/// Letters and digits of a password: 190 bits, within MySQL's 41 characters, and none that RDS refuses.
const PASSWORD_LENGTH: usize = 32;

/// How to log in. Its password is never shown: `Debug` hides it.
#[derive(Clone, Debug)]
pub struct Login {
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretString,
    /// Host name, once there is one.
    pub host: Option<String>,
    /// Port, once there is one.
    pub port: Option<u16>,
    /// Database.
    pub database: Option<String>,
}

/// The secret's text. AWS's own tools call the database `dbname`.
#[derive(Serialize, Deserialize)]
struct Stored {
    username: String,
    password: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dbname: Option<String>,
}

impl Login {
    /// A new login for `username`, with a random password.
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: random_password(),
            host: None,
            port: None,
            database: None,
        }
    }

    fn read(name: &str, text: &str) -> Result<Self, SecretsError> {
        let stored: Stored =
            serde_json::from_str(text).map_err(|_| SecretsError::Unreadable(name.to_owned()))?;
        Ok(Self {
            username: stored.username,
            password: stored.password.into(),
            host: stored.host,
            port: stored.port,
            database: stored.dbname,
        })
    }

    fn text(&self) -> Result<SecretString, SecretsError> {
        let stored = Stored {
            username: self.username.clone(),
            password: self.password.expose_secret().to_owned(),
            host: self.host.clone(),
            port: self.port,
            dbname: self.database.clone(),
        };
        let text = serde_json::to_string(&stored);
        Ok(text
            .map_err(|_| SecretsError::Unreadable(self.username.clone()))?
            .into())
    }
}

/// A random password that no human need type.
pub fn random_password() -> SecretString {
    let password: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(PASSWORD_LENGTH)
        .map(char::from)
        .collect();
    password.into()
}

/// A secret that could not be read or written. No part of a secret's text is ever in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is no such secret.
    #[error("there is no secret `{0}`")]
    Missing(String),
    /// Its text is not what a login looks like.
    #[error("the secret `{0}` holds no login")]
    Unreadable(String),
    /// The call failed.
    #[error(transparent)]
    Aws(#[from] Failed),
}

impl AsFailure for SecretsError {
    fn failure(&self) -> Failure {
        match self {
            Self::Missing(_) | Self::Unreadable(_) => Failure::Internal,
            Self::Aws(failed) => failed.failure(),
        }
    }
}

type Result<T, E = SecretsError> = std::result::Result<T, E>;

/// Secrets Manager, as far as logins go.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
    key: Option<String>,
}

impl Secrets {
    /// The account's secrets.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: Client::new(config),
            key: None,
        }
    }

    /// New secrets are encrypted under this key of KMS, by its ARN; without one, under Secrets Manager's own.
    #[must_use]
    pub fn under(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// The login in the secret of that name or ARN.
    ///
    /// # Errors
    /// [`SecretsError::Missing`] if there is none.
    pub async fn login(&self, name: &str) -> Result<Login> {
        let text = self.text(name).await?;
        Login::read(name, text.expose_secret())
    }

    /// The text in the secret of that name or ARN: for secrets that are one word, such as a Slack token.
    pub async fn text(&self, name: &str) -> Result<SecretString> {
        let answer = self.client.get_secret_value().secret_id(name).send().await;
        match answer.map_err(failed("GetSecretValue", name)) {
            Ok(secret) => match secret.secret_string {
                Some(text) => Ok(text.into()),
                None => Err(SecretsError::Unreadable(name.to_owned())),
            },
            Err(error) if is_missing(&error) => Err(SecretsError::Missing(name.to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a secret's text whenever it is asked: for what may be renewed while a program runs. None when it cannot
    /// be read, which is logged.
    pub fn renewal(
        self,
        name: String,
    ) -> Box<dyn Fn() -> Pin<Box<dyn Future<Output = Option<SecretString>> + Send>> + Send + Sync> {
        Box::new(move || {
            let (secrets, name) = (self.clone(), name.clone());
            Box::pin(async move {
                let text = secrets.text(&name).await;
                text.inspect_err(|error| tracing::error!("{}", crate::chain(error)))
                    .ok()
            })
        })
    }

    /// Creates a secret with this login if there is none of that name, and answers the login that is there then:
    /// after a lost answer, the one that was written first.
    pub async fn create(&self, name: &str, login: &Login, tags: &BTreeMap<String, String>) -> Result<Login> {
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build());
        let created = self
            .client
            .create_secret()
            .name(name)
            .set_kms_key_id(self.key.clone())
            .secret_string(login.text()?.expose_secret())
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .map_err(failed("CreateSecret", name));
        match created {
            Ok(_) => Ok(login.clone()),
            Err(error) if error.is("ResourceExistsException") => self.login(name).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces the login in a secret once for each `token` (32 to 64 characters), and answers the login that is there
    /// then: after a lost answer, the one that was written first.
    pub async fn renew(&self, name: &str, login: &Login, token: &str) -> Result<Login> {
        let call = self
            .client
            .put_secret_value()
            .secret_id(name)
            .client_request_token(token)
            .secret_string(login.text()?.expose_secret());
        match call.send().await.map_err(failed("PutSecretValue", name)) {
            Ok(_) => Ok(login.clone()),
            Err(error) if error.is("ResourceExistsException") => self.login(name).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces the login in a secret.
    pub async fn put(&self, name: &str, login: &Login) -> Result<()> {
        let text = login.text()?;
        let call = self
            .client
            .put_secret_value()
            .secret_id(name)
            .secret_string(text.expose_secret());
        call.send().await.map_err(failed("PutSecretValue", name))?;
        Ok(())
    }

    /// Sets who may read a secret: a resource policy, as JSON.
    pub async fn restrict(&self, name: &str, policy: &serde_json::Value) -> Result<()> {
        let call = self
            .client
            .put_resource_policy()
            .secret_id(name)
            .resource_policy(policy.to_string());
        call.send().await.map_err(failed("PutResourcePolicy", name))?;
        Ok(())
    }

    /// The ARN of a secret; none if there is none, or if it is being deleted.
    pub async fn arn(&self, name: &str) -> Result<Option<String>> {
        match self
            .client
            .describe_secret()
            .secret_id(name)
            .send()
            .await
            .map_err(failed("DescribeSecret", name))
        {
            Ok(secret) if secret.deleted_date.is_some() => Ok(None),
            Ok(secret) => Ok(secret.arn),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all secrets that start with `prefix`.
    pub async fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let filter = Filter::builder()
            .key(FilterNameStringType::Name)
            .values(prefix)
            .build();
        let mut pages = self.client.list_secrets().filters(filter).into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("ListSecrets", prefix))?;
            let alive = page
                .secret_list()
                .iter()
                .filter(|secret| secret.deleted_date.is_none());
            // The service's own filter matches words anywhere in a name.
            names.extend(
                alive
                    .filter_map(|secret| secret.name.clone())
                    .filter(|name| name.starts_with(prefix)),
            );
        }
        Ok(names)
    }

    /// Deletes a secret at once, without a way back. One that is gone already is as good.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let call = self
            .client
            .delete_secret()
            .secret_id(name)
            .force_delete_without_recovery(true);
        match call.send().await.map_err(failed("DeleteSecret", name)) {
            Err(error) if !is_missing(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn is_missing(error: &Failed) -> bool {
    error.is("ResourceNotFoundException")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_reads_back_and_is_never_shown() {
        let mut login = Login::new("doppel");
        login.port = Some(5432);
        let text = login.text().unwrap();
        let read = Login::read("s", text.expose_secret()).unwrap();
        assert_eq!(read.password.expose_secret(), login.password.expose_secret());
        assert_eq!(
            (read.username.as_str(), read.port, read.host),
            ("doppel", Some(5432), None)
        );
        assert!(!format!("{login:?}").contains(login.password.expose_secret()));
    }

    #[test]
    fn a_secret_that_is_no_login_is_not_quoted() {
        let error = Login::read("s", "hunter2").unwrap_err();
        assert!(!crate::chain(&error).contains("hunter2"));
    }
}
