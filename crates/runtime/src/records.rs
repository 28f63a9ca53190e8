//! The table of clones in DynamoDB, keyed by `DBClusterIdentifier`.
//!
//! Beside the records it holds `lineage#<source cluster>` and `person#<cap key>` (sets of the clones that hold a
//! slot), `request#<key>` (who asked, written by the gateway), `home#<user>` (who opened the app's home tab, and what it
//! shows) and `seen#<digest>` (what was done once). Every
//! write carries an id of its own, so that a write whose answer was lost is recognised as done when its retry
//! fails on its own condition.

mod home;
mod item;
mod once;
mod slots;

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use domain::{CloneId, CloneRecord, CloneState, Failure};

use crate::Clock;
use crate::aws::{Failed, failed};
use crate::lambda::AsFailure;
use item::{Item, KEY, WRITE_ID};

pub use home::{HOME_KEY, HomeNote};

/// How often a read, a change and a write are tried before a conflict is given back.
const TRIES: u32 = 5;

/// The table of clones.
#[derive(Clone, Debug)]
pub struct Records {
    db: Client,
    table: String,
    clock: Clock,
}

/// What a change of a record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Write the record as it is now.
    Write,
    /// Leave it as it was: there is nothing to change.
    Keep,
}

/// All records, and the keys of those that could not be understood.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The records.
    pub records: Vec<CloneRecord>,
    /// Keys of items that are no readable record: for a person to look at.
    pub unreadable: Vec<String>,
}

/// A read or write of the table that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// All slots of the source's lineage are taken.
    #[error("all {slots} clone slots of this source are taken")]
    NoSlot {
        /// How many there are.
        slots: u32,
    },
    /// The person, or all direct executions together, have as many clones as they may.
    #[error("the limit of {cap} clones at a time is reached")]
    CapReached {
        /// The limit.
        cap: u32,
    },
    /// There is a record of that id, of another request.
    #[error("there is a record of {0} already, and it is another request's")]
    Exists(CloneId),
    /// There is no record of that id.
    #[error("there is no record of {0}")]
    Missing(CloneId),
    /// Somebody else wrote the record in between: look again.
    #[error("the record of {0} was changed by somebody else in the meantime")]
    Conflict(CloneId),
    /// The request's item was used by another execution.
    #[error("the request `{0}` belongs to another execution")]
    RequestTaken(String),
    /// What the table holds is no record of this program.
    #[error("the item `{key}` of the table cannot be understood")]
    Unreadable {
        /// The item's key.
        key: String,
        /// What is wrong with it.
        source: Box<serde_dynamo::Error>,
    },
    /// The call failed.
    #[error(transparent)]
    Aws(#[from] Failed),
}

impl AsFailure for RecordsError {
    fn failure(&self) -> Failure {
        match self {
            Self::NoSlot { .. } => Failure::NoSlot,
            Self::CapReached { .. } => Failure::CapReached,
            Self::Exists(_) => Failure::NameTaken,
            Self::Missing(_) => Failure::Cancelled,
            Self::Conflict(_) => Failure::Transient,
            Self::RequestTaken(_) => Failure::BadRequest,
            Self::Unreadable { .. } => Failure::Internal,
            Self::Aws(failed) => failed.failure(),
        }
    }
}

type Result<T> = std::result::Result<T, RecordsError>;

impl Records {
    /// The table of that name.
    pub fn new(config: &SdkConfig, table: impl Into<String>, clock: Clock) -> Self {
        Self {
            db: Client::new(config),
            table: table.into(),
            clock,
        }
    }

    /// The record as it is now; none if there is none.
    pub async fn get(&self, id: &CloneId) -> Result<Option<CloneRecord>> {
        self.item(id.as_str())
            .await?
            .map(|item| item::read(&item))
            .transpose()
    }

    /// Writes a changed record, on condition that nobody wrote it since it was read. Answers it with its new
    /// version.
    ///
    /// # Errors
    /// [`RecordsError::Conflict`] when somebody did, or the record is gone.
    pub async fn save(&self, record: &CloneRecord) -> Result<CloneRecord> {
        let (next, write_id) = (next_version(record), item::write_id());
        let put = self.put_if_unchanged(&next, record.version, &write_id)?;
        let call = self
            .db
            .put_item()
            .table_name(&self.table)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values);
        match call.send().await.map_err(failed("PutItem", &record.id)) {
            Ok(_) => Ok(next),
            Err(error) if error.is("ConditionalCheckFailedException") => self
                .written(&record.id, &write_id)
                .await?
                .ok_or(RecordsError::Conflict(record.id.clone())),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a record, changes it, and writes it on condition that nobody wrote it in between; if somebody did,
    /// does it all again on what is there then. `change` may thus be called several times, and decides each time
    /// anew. Answers the record as it is afterwards.
    ///
    /// # Errors
    /// [`RecordsError::Missing`] without a record, [`RecordsError::Conflict`] when others write without end.
    pub async fn update(
        &self,
        id: &CloneId,
        mut change: impl FnMut(&mut CloneRecord) -> Decision,
    ) -> Result<CloneRecord> {
        for _ in 0..TRIES {
            let mut record = self
                .get(id)
                .await?
                .ok_or_else(|| RecordsError::Missing(id.clone()))?;
            if change(&mut record) == Decision::Keep {
                return Ok(record);
            }
            match self.save(&record).await {
                Err(RecordsError::Conflict(_)) => {}
                result => return result,
            }
        }
        Err(RecordsError::Conflict(id.clone()))
    }

    /// Every record of a clone that is not deleted yet, in no order.
    pub async fn list_alive(&self) -> Result<Vec<CloneRecord>> {
        let mut records = self.list_all().await?;
        records.retain(|record| record.state.is_alive());
        Ok(records)
    }

    /// Every record of a clone, the deleted ones of the last 30 days too, in no order.
    pub async fn list_all(&self) -> Result<Vec<CloneRecord>> {
        Ok(self.scan().await?.records)
    }

    /// Every record of a clone, and the keys of what cannot be understood.
    pub async fn scan(&self) -> Result<Listed> {
        let mut listed = Listed::default();
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .db
                .scan()
                .table_name(&self.table)
                .consistent_read(true)
                .filter_expression("begins_with(#key, :prefix)")
                .expression_attribute_names("#key", KEY)
                .expression_attribute_values(":prefix", AttributeValue::S(domain::id::PREFIX.into()))
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(failed("Scan", &self.table))?;
            for item in page.items() {
                match item::read(item) {
                    Ok(record) => listed.records.push(record),
                    Err(error) => {
                        tracing::error!("{}", crate::chain(&error));
                        listed.unreadable.push(item::key_of(item));
                    }
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(listed);
            }
        }
    }

    async fn item(&self, key: &str) -> Result<Option<Item>> {
        let answer = self
            .db
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(item::key(key)))
            .send()
            .await
            .map_err(failed("GetItem", key))?;
        Ok(answer.item)
    }

    /// The record, if what is there now was written by the write of this id: its answer was lost.
    async fn written(&self, id: &CloneId, write_id: &str) -> Result<Option<CloneRecord>> {
        let item = self.item(id.as_str()).await?;
        let ours = item.filter(|item| item::text(item, WRITE_ID) == Some(write_id));
        ours.map(|item| item::read(&item)).transpose()
    }

    fn put_if_unchanged(&self, next: &CloneRecord, version: u64, write_id: &str) -> Result<CheckedPut> {
        Ok(CheckedPut {
            item: item::write(next, write_id)?,
            condition_expression: Some("#version = :version".into()),
            expression_attribute_names: Some(HashMap::from([("#version".into(), "version".into())])),
            expression_attribute_values: Some(HashMap::from([(
                ":version".into(),
                AttributeValue::N(version.to_string()),
            )])),
        })
    }
}

/// A put and its condition, for a call of its own or for a transaction.
struct CheckedPut {
    item: Item,
    condition_expression: Option<String>,
    expression_attribute_names: Option<HashMap<String, String>>,
    expression_attribute_values: Option<Item>,
}

impl CheckedPut {
    fn into_put(self, table: &str) -> std::result::Result<Put, aws_sdk_dynamodb::error::BuildError> {
        Put::builder()
            .table_name(table)
            .set_item(Some(self.item))
            .set_condition_expression(self.condition_expression)
            .set_expression_attribute_names(self.expression_attribute_names)
            .set_expression_attribute_values(self.expression_attribute_values)
            .build()
    }
}

fn next_version(record: &CloneRecord) -> CloneRecord {
    CloneRecord {
        version: record.version + 1,
        ..record.clone()
    }
}

/// Whether a record is closed already, so that closing it again has nothing to do.
fn is_closed(record: &CloneRecord) -> bool {
    record.state == CloneState::Deleted && !record.holds_slot
}

#[cfg(test)]
mod tests;
