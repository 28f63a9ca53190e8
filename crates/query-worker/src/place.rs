//! Where in S3 an export lies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A bucket and what the keys of an export begin with: `s3://bucket/prefix`. Its files are `prefix.part_00000` and so on,
/// as Aurora's own exports call them, and `prefix.manifest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with; not empty.
    pub prefix: String,
}

/// Not a place in S3.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place in S3: those look like `s3://bucket/folder/name`")]
pub struct InvalidPlace(String);

/// The longest key that S3 takes, less what is appended to a prefix.
const LONGEST_PREFIX: usize = 1024 - 32;

impl Place {
    /// The key of a file of the result.
    pub fn part(&self, number: usize) -> String {
        format!("{}.part_{number:05}", self.prefix)
    }

    /// The key of the manifest.
    pub fn manifest(&self) -> String {
        format!("{}.manifest", self.prefix)
    }

    /// The key of what is asked for; it is there until the export is.
    pub fn request(&self) -> String {
        format!("{}.request.json", self.prefix)
    }

    /// The key of how far it is; it is there until the export is.
    pub fn status(&self) -> String {
        format!("{}.status.json", self.prefix)
    }

    /// What a key of this bucket is called in full.
    pub fn url(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let found = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let fits =
            |prefix: &str| !prefix.is_empty() && !prefix.ends_with('/') && prefix.len() <= LONGEST_PREFIX;
        match found {
            Some((bucket, prefix)) if bucket.len() >= 3 && fits(prefix) => Ok(Self {
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            }),
            _ => Err(InvalidPlace(text.to_owned())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl TryFrom<String> for Place {
    type Error = InvalidPlace;
    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_its_files_as_the_article_does() {
        let place: Place = "s3://batchquery-s3/output/result".parse().unwrap();
        assert_eq!(place.part(0), "output/result.part_00000");
        assert_eq!(
            place.url(&place.manifest()),
            "s3://batchquery-s3/output/result.manifest"
        );
        for wrong in [
            "/tmp/x",
            "s3://bucket",
            "s3://bucket/",
            "s3://bucket/folder/",
            "s3:///key",
            "s3://b/x",
        ] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
