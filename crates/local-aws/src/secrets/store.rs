//! The secrets and their versions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use winterbaume_secretsmanager::model::Tag;

use super::Refused;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

/// All secrets, by name.
#[derive(Default)]
pub(super) struct Store {
    pub(super) secrets: BTreeMap<String, Secret>,
}

/// One secret.
#[derive(Clone)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    pub(super) tags: Vec<Tag>,
    pub(super) policy: Option<String>,
    pub(super) created: DateTime<Utc>,
    pub(super) changed: DateTime<Utc>,
    /// When it was marked for deletion, and when it is gone.
    pub(super) deleted: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(super) versions: Vec<Version>,
}

/// One version of a secret's value.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) string: Option<String>,
    /// As it comes: in base64.
    pub(super) binary: Option<String>,
    pub(super) created: DateTime<Utc>,
    pub(super) stages: Vec<String>,
}

impl Store {
    /// Removes the secrets whose recovery window is over.
    pub(super) fn purge(&mut self, now: DateTime<Utc>) {
        self.secrets
            .retain(|_, secret| secret.deleted.is_none_or(|(_, gone)| gone > now));
    }

    /// The secret that a name, an ARN, or an ARN without its random end means.
    pub(super) fn get(&self, id: &str) -> Result<&Secret, Refused> {
        self.name_of(id)
            .and_then(|name| self.secrets.get(&name))
            .ok_or_else(missing)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Result<&mut Secret, Refused> {
        self.name_of(id)
            .and_then(|name| self.secrets.get_mut(&name))
            .ok_or_else(missing)
    }

    /// As [`get`](Self::get), but not one that is marked for deletion.
    pub(super) fn usable(&self, id: &str) -> Result<&Secret, Refused> {
        let secret = self.get(id)?;
        secret.deleted.map_or(Ok(secret), |_| Err(marked()))
    }

    pub(super) fn usable_mut(&mut self, id: &str) -> Result<&mut Secret, Refused> {
        let secret = self.get_mut(id)?;
        match secret.deleted {
            None => Ok(secret),
            Some(_) => Err(marked()),
        }
    }

    fn name_of(&self, id: &str) -> Option<String> {
        if !id.starts_with("arn:") {
            return Some(id.to_owned());
        }
        let is_meant = |secret: &&Secret| {
            secret.arn == id
                || secret
                    .arn
                    .strip_prefix(id)
                    .is_some_and(|end| end.len() == 7 && end.starts_with('-'))
        };
        self.secrets
            .values()
            .find(is_meant)
            .map(|secret| secret.name.clone())
    }
}

impl Secret {
    /// A version by id, by stage, or the current one.
    pub(super) fn version(&self, id: Option<&str>, stage: Option<&str>) -> Result<&Version, Refused> {
        let found = self.versions.iter().find(|version| {
            id.is_none_or(|id| version.id == id)
                && match (id, stage) {
                    (Some(_), None) => true,
                    (_, stage) => version.stages.iter().any(|each| each == stage.unwrap_or(CURRENT)),
                }
        });
        found.ok_or_else(|| {
            let what = match id {
                Some(id) => format!("VersionId: {id}"),
                None => format!("staging label: {}", stage.unwrap_or(CURRENT)),
            };
            let message = format!("Secrets Manager can't find the specified secret value for {what}");
            Refused::new("ResourceNotFoundException", message)
        })
    }

    /// Adds a version. The same id with the same value changes nothing, so that a call can be repeated.
    pub(super) fn add(&mut self, version: Version) -> Result<(), Refused> {
        if let Some(known) = self.versions.iter().find(|known| known.id == version.id) {
            if known.string == version.string && known.binary == version.binary {
                return Ok(());
            }
            let message = format!(
                "You can't use ClientRequestToken {} because that value is already in use for a version of secret {}.",
                version.id, self.arn
            );
            return Err(Refused::new("ResourceExistsException", message));
        }
        for stage in &version.stages {
            self.take_stage(stage);
        }
        self.changed = version.created;
        self.versions.push(version);
        self.versions.retain(|version| !version.stages.is_empty());
        Ok(())
    }

    /// Takes a stage from the version that has it; the current version becomes the previous one.
    fn take_stage(&mut self, stage: &str) {
        let Some(place) = self
            .versions
            .iter()
            .position(|version| version.stages.iter().any(|each| each == stage))
        else {
            return;
        };
        self.versions[place].stages.retain(|each| each != stage);
        if stage == CURRENT {
            self.take_stage(PREVIOUS);
            self.versions[place].stages.push(PREVIOUS.to_owned());
        }
    }

    /// Sets tags; a key that is there already gets the new value.
    pub(super) fn tag(&mut self, tags: Vec<Tag>) {
        for tag in tags {
            self.tags.retain(|known| known.key != tag.key);
            self.tags.push(tag);
        }
    }
}

fn missing() -> Refused {
    Refused::new(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
}

fn marked() -> Refused {
    let message = "You can't perform this operation on the secret because it was marked for deletion.";
    Refused::new("InvalidRequestException", message)
}
