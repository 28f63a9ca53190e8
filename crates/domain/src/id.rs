//! Names: of a source, of a clone, and of everything that belongs to one clone.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Every cluster that doppel makes has a name that starts so.
pub const PREFIX: &str = "doppel-";

/// The database user of batch queries and exports on every clone. It has no password: it comes with a token of IAM
/// database authentication, which is off until the clone is released.
pub const BATCH_USER: &str = "doppel_batch";

/// The longest source name: the clone's id and its instance's id must stay within AWS's 63 characters.
pub const MAX_SOURCE_NAME: usize = 32;

/// A source's name in the policy: 1 to 32 lower-case letters, digits and single hyphens, first a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceName(String);

/// A clone's id, which is also its cluster's identifier: `doppel-<source>-<yyyymmdd>-<6 letters or digits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CloneId(String);

/// A name that breaks the rules for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not usable as a source's name.
    #[error(
        "`{0}` is no source name: use 1 to {MAX_SOURCE_NAME} lower-case letters, digits and single hyphens, starting with a letter"
    )]
    Source(String),
    /// Not the id of a clone.
    #[error("`{0}` is no clone id: those look like `doppel-production-20260131-k3x9qa`")]
    Clone(String),
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl SourceName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if is_identifier(text) && text.len() <= MAX_SOURCE_NAME {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::Source(text.to_owned()))
        }
    }
}

impl CloneId {
    /// The id of the clone that this execution makes. It depends on the execution's name and start alone, so
    /// that a retry after midnight finds its own clone again.
    pub fn derive(source: &SourceName, execution_name: &str, started_at: DateTime<Utc>) -> Self {
        let digest = Sha256::new()
            .chain_update(execution_name)
            .chain_update(started_at.timestamp_millis().to_be_bytes())
            .finalize();
        let suffix: String = digest.iter().take(6).map(|byte| base36(*byte)).collect();
        Self(format!(
            "{PREFIX}{source}-{}-{suffix}",
            started_at.format("%Y%m%d")
        ))
    }

    /// The id as text, which is also the cluster's identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier of the clone's only instance.
    pub fn instance_id(&self) -> String {
        format!("{}-1", self.0)
    }

    /// The name of the secret that holds the master's password: for the worker only.
    pub fn master_secret(&self) -> String {
        format!("doppel/{}/master", self.0)
    }

    /// The name of the secret that holds the password of the clone's own user: for the person who asked.
    pub fn user_secret(&self) -> String {
        format!("doppel/{}/user", self.0)
    }
}

fn base36(byte: u8) -> char {
    char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(byte) % 36])
}

impl FromStr for CloneId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName::Clone(text.to_owned());
        let rest = text.strip_prefix(PREFIX).ok_or_else(invalid)?;
        let mut parts = rest.rsplitn(3, '-');
        let (suffix, date, source) = (parts.next(), parts.next(), parts.next());
        let suffix_is_right = suffix
            .is_some_and(|s| s.len() == 6 && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        let date_is_right = date.is_some_and(|d| d.len() == 8 && d.chars().all(|c| c.is_ascii_digit()));
        if suffix_is_right && date_is_right && source.is_some_and(|s| s.parse::<SourceName>().is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(invalid())
        }
    }
}

macro_rules! text_conversions {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}
text_conversions!(SourceName);
text_conversions!(CloneId);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_id_depends_on_the_execution_alone_and_reads_back() {
        let source: SourceName = "production".parse().unwrap();
        let id = CloneId::derive(&source, "req-1", at("2026-01-31T23:59:59Z"));
        assert_eq!(id, CloneId::derive(&source, "req-1", at("2026-01-31T23:59:59Z")));
        assert_ne!(id, CloneId::derive(&source, "req-2", at("2026-01-31T23:59:59Z")));
        assert!(id.as_str().starts_with("doppel-production-20260131-"));
        assert_eq!(id.as_str().parse::<CloneId>().unwrap(), id);
    }

    #[test]
    fn the_longest_source_name_keeps_every_identifier_within_63_characters() {
        let source: SourceName = "a".repeat(MAX_SOURCE_NAME).parse().unwrap();
        let id = CloneId::derive(&source, "x", at("2026-01-31T00:00:00Z"));
        assert!(id.instance_id().len() <= 63);
    }

    #[rstest::rstest]
    #[case("Production")]
    #[case("1st")]
    #[case("a--b")]
    #[case("a-")]
    #[case("")]
    #[case("a_b")]
    fn a_wrong_source_name_is_refused(#[case] text: &str) {
        assert_eq!(text.parse::<SourceName>(), Err(InvalidName::Source(text.into())));
    }

    #[rstest::rstest]
    #[case("production")]
    #[case("doppel-production")]
    #[case("doppel-production-2026-abcdef")]
    #[case("doppel--20260131-abcdef")]
    #[case("doppel-production-20260131-ABCDEF")]
    fn what_is_no_clone_id_is_refused(#[case] text: &str) {
        assert!(text.parse::<CloneId>().is_err());
    }
}
