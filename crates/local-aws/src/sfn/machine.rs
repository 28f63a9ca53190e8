//! A state machine as it was created or last updated.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use winterbaume_sfn::model::{EncryptionConfiguration, LoggingConfiguration, TracingConfiguration};

use super::Error;
use super::asl::{self, Definition, Problem};

/// The longest definition in bytes.
const LONGEST_DEFINITION: usize = 1024 * 1024;

/// One revision of a state machine.
pub(super) struct Machine {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) role: String,
    /// The definition's own text, as it is described.
    pub(super) text: String,
    pub(super) definition: Definition,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
    pub(super) revision: String,
    pub(super) settings: Settings,
}

/// What is kept and described, and changes nothing here.
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) logging: Option<LoggingConfiguration>,
    pub(super) tracing: Option<TracingConfiguration>,
    pub(super) encryption: Option<EncryptionConfiguration>,
}

impl Machine {
    /// The machine `arn` with `text` as its definition.
    pub(super) fn new(
        arn: String,
        role: String,
        text: &str,
        settings: Settings,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
        let definition = read(text)?;
        let revision = Uuid::new_v4().to_string();
        Ok(Self {
            arn,
            name,
            role,
            text: text.to_owned(),
            definition,
            created: now,
            updated: now,
            revision,
            settings,
        })
    }

    /// The next revision: what is not given stays as it is.
    pub(super) fn updated(
        &self,
        role: Option<String>,
        text: Option<&str>,
        settings: Settings,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let settings = Settings {
            logging: settings.logging.or_else(|| self.settings.logging.clone()),
            tracing: settings.tracing.or_else(|| self.settings.tracing.clone()),
            encryption: settings.encryption.or_else(|| self.settings.encryption.clone()),
        };
        let role = role.unwrap_or_else(|| self.role.clone());
        let next = Self::new(self.arn.clone(), role, text.unwrap_or(&self.text), settings, now)?;
        Ok(Self {
            created: self.created,
            ..next
        })
    }
}

fn read(text: &str) -> Result<Definition, Error> {
    problems(text).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
        Error::InvalidDefinition(told.join(", "))
    })
}

/// The definition of `text`, or all that is wrong with it.
pub(super) fn problems(text: &str) -> Result<Definition, Vec<Problem>> {
    if text.len() > LONGEST_DEFINITION {
        let message = format!(
            "The definition has {} bytes, and {LONGEST_DEFINITION} are the most",
            text.len()
        );
        return Err(vec![Problem {
            code: "SCHEMA_VALIDATION_FAILED",
            message,
            location: None,
        }]);
    }
    asl::read(text)
}
