//! The config folder: `doppel.toml`, `masking/<source>.toml` and `prices.toml`, on disk or in S3.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use domain::cost::Prices;
use domain::policy::WrongPolicy;
use domain::record::PinnedConfig;
use domain::{Failure, Policy, SourceName};
use miette::Diagnostic;
use sha2::{Digest, Sha256};

use crate::aws::{self, Failed, failed};
use crate::lambda::AsFailure;

const POLICY: &str = "doppel.toml";
const PRICES: &str = "prices.toml";

/// Where the config folder is: a folder, or `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// A folder on disk.
    Folder(PathBuf),
    /// A bucket, and what every key in it starts with: empty, or a text that ends in `/`.
    S3 {
        /// The bucket.
        bucket: String,
        /// The start of every key.
        prefix: String,
    },
}

/// A text that names no config folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no config folder: write a path, or `s3://bucket/prefix`")]
pub struct InvalidConfigSource(String);

impl FromStr for ConfigSource {
    type Err = InvalidConfigSource;

    fn from_str(text: &str) -> Result<Self, InvalidConfigSource> {
        let invalid = || InvalidConfigSource(text.to_owned());
        let Some(place) = text.strip_prefix("s3://") else {
            let is_path = !text.is_empty() && !text.contains("://");
            return is_path.then(|| Self::Folder(text.into())).ok_or_else(invalid);
        };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(invalid());
        }
        let prefix = match prefix.trim_end_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        Ok(Self::S3 {
            bucket: bucket.to_owned(),
            prefix,
        })
    }
}

/// One file of the config folder as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Its key within the folder, such as `masking/production.toml`.
    pub key: String,
    /// Its text.
    pub text: String,
    /// SHA-256 of the text, in hex.
    pub hash: String,
    /// Its S3 version, if it came from a versioned bucket.
    pub version: Option<String>,
}

impl Pinned {
    /// What a record notes of it, so that [`ConfigFolder::rules_at`] finds the same text again.
    pub fn pin(&self) -> PinnedConfig {
        PinnedConfig {
            rules: self.key.clone(),
            rules_version: self.version.clone(),
            rules_hash: self.hash.clone(),
        }
    }
}

/// A config folder that cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ConfigError {
    /// The policy is wrong: file, line, and what would be right.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Policy(#[from] Box<WrongPolicy>),
    /// The masking rules are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rules(#[from] masking::InvalidRules),
    /// A file could not be read from disk.
    #[error("the configuration `{0}` cannot be read")]
    Read(PathBuf, #[source] std::io::Error),
    /// A file could not be read from S3.
    #[error(transparent)]
    Aws(#[from] Failed),
    /// The body of an S3 object broke off.
    #[error("the configuration `{0}` broke off while it was read")]
    BrokeOff(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file could not be written to disk.
    #[error("the configuration `{0}` cannot be written")]
    Write(PathBuf, #[source] std::io::Error),
    /// Not a text.
    #[error("the configuration `{0}` is no UTF-8 text")]
    NotText(String),
    /// The rules are not those with which the clone started.
    #[error("the masking rules `{0}` have changed since the clone was asked for")]
    Changed(String),
    /// The prices are wrong.
    #[error("`{PRICES}` cannot be read")]
    Prices(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AsFailure for ConfigError {
    fn failure(&self) -> Failure {
        match self {
            Self::Aws(failed) if failed.is_transient() => Failure::Transient,
            Self::BrokeOff(..) => Failure::Transient,
            _ => Failure::Config,
        }
    }
}

/// Reads the config folder. Each call reads anew, so a changed policy holds from the next call on.
#[derive(Clone, Debug)]
pub struct ConfigFolder {
    source: ConfigSource,
    s3: aws_sdk_s3::Client,
    /// The policy as it was understood last, and its text.
    understood: Arc<Mutex<Option<(String, Arc<Policy>)>>>,
}

impl ConfigFolder {
    /// The folder at `source`; the AWS configuration is used only if that is in S3.
    pub fn new(source: ConfigSource, config: &SdkConfig) -> Self {
        Self {
            source,
            s3: aws::s3(config),
            understood: Arc::default(),
        }
    }

    /// The policy, read and checked. Its file is read each time; the same text is understood once.
    pub async fn policy(&self) -> Result<Arc<Policy>, ConfigError> {
        let (text, _) = self.read_text(POLICY, None).await?;
        let understood = || self.understood.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, policy)) = understood().as_ref()
            && *known == text
        {
            return Ok(policy.clone());
        }
        let policy = Policy::parse(&self.place(POLICY), &text).map_err(Box::new)?;
        let policy = Arc::new(policy);
        *understood() = Some((text, policy.clone()));
        Ok(policy)
    }

    /// The key of a source's masking rules.
    pub fn rules_key(source: &SourceName) -> String {
        format!("masking/{source}.toml")
    }

    /// The masking rules of that key as they are now: to be pinned, or to be worked on.
    pub async fn rules(&self, key: &str) -> Result<Pinned, ConfigError> {
        self.read(key, None).await
    }

    /// The masking rules with which a clone started.
    ///
    /// # Errors
    /// [`ConfigError::Changed`] if they are no longer there as they were.
    pub async fn rules_at(&self, pinned: &PinnedConfig) -> Result<Pinned, ConfigError> {
        let file = self.read(&pinned.rules, pinned.rules_version.as_deref()).await?;
        if file.hash == pinned.rules_hash {
            Ok(file)
        } else {
            Err(ConfigError::Changed(pinned.rules.clone()))
        }
    }

    /// The masking rules of a source, read and found to make sense: to be pinned by a clone of it.
    pub async fn checked_rules(&self, source: &SourceName) -> Result<Pinned, ConfigError> {
        let file = self.rules(&Self::rules_key(source)).await?;
        masking::Rules::parse(&self.place(&file.key), &file.text)?;
        Ok(file)
    }

    /// The prices; none are known if there is no such file.
    pub async fn prices(&self) -> Result<Prices, ConfigError> {
        match self.read(PRICES, None).await {
            Ok(file) => Prices::parse(&file.text).map_err(|error| ConfigError::Prices(error.into())),
            Err(ConfigError::Aws(failed)) if failed.is("NoSuchKey") => Ok(Prices::default()),
            Err(ConfigError::Read(_, error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Prices::default())
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces the prices, whole or not at all. Answers where they are now.
    pub async fn write_prices(&self, text: &str) -> Result<String, ConfigError> {
        let place = self.place(PRICES);
        match &self.source {
            ConfigSource::Folder(folder) => {
                let (file, beside) = (folder.join(PRICES), folder.join(format!(".{PRICES}.new")));
                let written = match tokio::fs::write(&beside, text).await {
                    Ok(()) => tokio::fs::rename(&beside, &file).await,
                    Err(error) => Err(error),
                };
                written.map_err(|error| ConfigError::Write(file, error))?;
            }
            ConfigSource::S3 { bucket, prefix } => {
                let call = self
                    .s3
                    .put_object()
                    .bucket(bucket)
                    .key(format!("{prefix}{PRICES}"));
                let call = call.body(text.as_bytes().to_vec().into());
                call.send().await.map_err(failed("PutObject", place.clone()))?;
            }
        }
        Ok(place)
    }

    /// A file's name as a person would write it.
    fn place(&self, key: &str) -> String {
        match &self.source {
            ConfigSource::Folder(folder) => folder.join(key).display().to_string(),
            ConfigSource::S3 { bucket, prefix } => format!("s3://{bucket}/{prefix}{key}"),
        }
    }

    async fn read(&self, key: &str, version: Option<&str>) -> Result<Pinned, ConfigError> {
        let (text, version) = self.read_text(key, version).await?;
        Ok(Pinned {
            key: key.to_owned(),
            hash: hex::encode(Sha256::digest(&text)),
            text,
            version,
        })
    }

    /// The text of a file, and its S3 version.
    async fn read_text(
        &self,
        key: &str,
        version: Option<&str>,
    ) -> Result<(String, Option<String>), ConfigError> {
        let (bytes, version) = match &self.source {
            ConfigSource::Folder(folder) => {
                let path = folder.join(key);
                // A few kilobytes of the local disk, which the page cache holds: handing the read on to another
                // thread would take longer than the read.
                let bytes = std::fs::read(&path).map_err(|error| ConfigError::Read(path, error))?;
                (bytes, None)
            }
            // On the heap, so that whoever reads a folder does not carry the room for the call.
            ConfigSource::S3 { bucket, prefix } => {
                Box::pin(self.object(bucket, format!("{prefix}{key}"), key, version)).await?
            }
        };
        let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText(self.place(key)))?;
        Ok((text, version))
    }

    /// An object in S3, and its version.
    async fn object(
        &self,
        bucket: &str,
        object: String,
        key: &str,
        version: Option<&str>,
    ) -> Result<(Vec<u8>, Option<String>), ConfigError> {
        let call = self.s3.get_object().bucket(bucket).key(object);
        let object = call
            .set_version_id(version.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(failed("GetObject", self.place(key)))?;
        let version = object.version_id().map(ToOwned::to_owned);
        let body = object.body.collect().await;
        let body = body.map_err(|error| ConfigError::BrokeOff(self.place(key), error.into()))?;
        Ok((body.to_vec(), version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;
    use aws_smithy_runtime_api::client::http::SharedHttpClient;

    #[rstest::rstest]
    #[case("examples/shop", Some(ConfigSource::Folder("examples/shop".into())))]
    #[case("s3://b", Some(ConfigSource::S3 { bucket: "b".into(), prefix: String::new() }))]
    #[case("s3://b/a/c/", Some(ConfigSource::S3 { bucket: "b".into(), prefix: "a/c/".into() }))]
    #[case("s3://", None)]
    #[case("", None)]
    #[case("https://b", None)]
    fn a_config_folder_is_named_by_path_or_bucket(#[case] text: &str, #[case] is: Option<ConfigSource>) {
        assert_eq!(text.parse().ok(), is);
    }

    async fn folder() -> (tempfile::TempDir, ConfigFolder) {
        let folder = tempfile::tempdir().unwrap();
        let place = aws::Place {
            endpoint: "http://127.0.0.1:1",
            region: "eu-west-1",
            principal: "test",
        };
        let config = aws::aws_at(&Clock::wall(), &place, None::<SharedHttpClient>).await;
        let read = ConfigFolder::new(ConfigSource::Folder(folder.path().into()), &config);
        (folder, read)
    }

    #[tokio::test]
    async fn pinned_rules_are_found_again_until_they_change() {
        let (folder, config) = folder().await;
        let file = folder.path().join("masking");
        std::fs::create_dir(&file).unwrap();
        let file = file.join("production.toml");
        std::fs::write(&file, "a = 1").unwrap();
        let key = ConfigFolder::rules_key(&"production".parse().unwrap());
        let pin = config.rules(&key).await.unwrap().pin();
        assert_eq!(config.rules_at(&pin).await.unwrap().text, "a = 1");
        std::fs::write(&file, "a = 2").unwrap();
        assert!(matches!(
            config.rules_at(&pin).await,
            Err(ConfigError::Changed(_))
        ));
    }

    #[tokio::test]
    async fn a_wrong_policy_names_the_file_and_missing_prices_are_no_prices() {
        let (folder, config) = folder().await;
        assert!(matches!(config.policy().await, Err(ConfigError::Read(..))));
        std::fs::write(folder.path().join("doppel.toml"), "[sources]\nx = 1").unwrap();
        let error = config.policy().await.unwrap_err();
        assert!(error.to_string().contains("doppel.toml:2"), "{error}");
        assert_eq!(config.prices().await.unwrap(), Prices::default());
        let prices = Prices {
            source: "somewhere".into(),
            ..Prices::default()
        };
        let place = config.write_prices(&prices.to_toml()).await.unwrap();
        assert!(place.ends_with("prices.toml"), "{place}");
        assert_eq!(config.prices().await.unwrap(), prices);
    }

    #[tokio::test]
    async fn a_policy_holds_from_the_moment_that_its_file_says_so() {
        let (folder, config) = folder().await;
        let file = folder.path().join("doppel.toml");
        let text = include_str!("../../../examples/doppel.toml");
        std::fs::write(&file, text).unwrap();
        let first = config.policy().await.unwrap();
        assert!(
            Arc::ptr_eq(&first, &config.policy().await.unwrap()),
            "the same text"
        );
        // As long, and within the same tick of a file system's clock.
        std::fs::write(
            &file,
            text.replace("clones_per_person = 3", "clones_per_person = 4"),
        )
        .unwrap();
        let next = config.clone().policy().await.unwrap();
        assert_eq!(
            (first.people.clones_per_person, next.people.clones_per_person),
            (3, 4)
        );
        std::fs::write(&file, "[sources]\nx = 1").unwrap();
        assert!(
            config.policy().await.is_err(),
            "the last good one is not taken instead"
        );
        std::fs::write(&file, text).unwrap();
        assert_eq!(*config.policy().await.unwrap(), *first);
    }
}
