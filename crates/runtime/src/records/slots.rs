//! A record and its slots come and go in one transaction, before the first and after the last thing that costs
//! money.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::{CloneId, CloneRecord};

use super::item::{self, KEY};
use super::{Records, RecordsError, Result, TRIES, is_closed, next_version};
use crate::aws::failed;

/// Why a transaction was not done.
enum Undone {
    /// The item of this number did not meet its condition.
    Condition(usize),
    /// Another transaction was at the same items: try again.
    Busy,
    Failed(RecordsError),
}

impl Records {
    /// Writes a new record, and with it takes a slot of the source's lineage and one of the person's: all or
    /// nothing. Called again for the same execution, answers what is there.
    ///
    /// # Errors
    /// [`RecordsError::NoSlot`], [`RecordsError::CapReached`], and [`RecordsError::Exists`] when the id belongs
    /// to another execution.
    pub async fn create(&self, record: &CloneRecord, cap: u32, slots: u32) -> Result<CloneRecord> {
        let record = CloneRecord {
            version: 1,
            holds_slot: true,
            ..record.clone()
        };
        for _ in 0..TRIES {
            let write = vec![
                self.put_new(&record)?,
                self.take(&lineage_key(&record), &record.id, slots)?,
                self.take(&person_key(&record), &record.id, cap)?,
            ];
            match self.transact(&record.id, write).await {
                Ok(()) => return Ok(record),
                Err(Undone::Condition(0)) => return self.own(&record).await,
                Err(Undone::Condition(1)) => return Err(RecordsError::NoSlot { slots }),
                Err(Undone::Condition(_)) => return Err(RecordsError::CapReached { cap }),
                Err(Undone::Busy) => {}
                Err(Undone::Failed(error)) => return Err(error),
            }
        }
        Err(RecordsError::Conflict(record.id))
    }

    /// Writes the record of a request that was refused: it tells why, and holds no slot. Called again for the
    /// same execution, answers what is there.
    ///
    /// # Errors
    /// [`RecordsError::Exists`] when the id belongs to another execution.
    pub async fn create_refused(&self, record: &CloneRecord) -> Result<CloneRecord> {
        let record = CloneRecord {
            version: 1,
            holds_slot: false,
            ..record.clone()
        };
        match self.transact(&record.id, vec![self.put_new(&record)?]).await {
            Ok(()) => Ok(record),
            Err(Undone::Condition(_)) => self.own(&record).await,
            Err(Undone::Busy) => Err(RecordsError::Conflict(record.id)),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    /// Closes a record whose clone is confirmed gone: state `deleted` and `ttl`, and in the same transaction its
    /// slots are given back. A closed record stays as it is.
    ///
    /// # Errors
    /// [`RecordsError::Conflict`] when somebody wrote the record in between: look again.
    pub async fn close(&self, record: &CloneRecord) -> Result<CloneRecord> {
        if is_closed(record) {
            return Ok(record.clone());
        }
        let mut closed = next_version(record);
        closed.close(self.clock.now());
        closed.holds_slot = false;
        let write_id = item::write_id();
        let put = self
            .put_if_unchanged(&closed, record.version, &write_id)?
            .into_put(&self.table);
        let put = put.map_err(|error| self.built("Put", &record.id)(error))?;
        let mut write = vec![TransactWriteItem::builder().put(put).build()];
        if record.holds_slot {
            for key in [lineage_key(record), person_key(record)] {
                write.push(self.give_back(&key, &record.id)?);
            }
        }
        match self.transact(&record.id, write).await {
            Ok(()) => Ok(closed),
            Err(Undone::Condition(_)) => {
                let done = self.written(&record.id, &write_id).await?;
                done.ok_or(RecordsError::Conflict(record.id.clone()))
            }
            Err(Undone::Busy) => Err(RecordsError::Conflict(record.id.clone())),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    /// The record that is there, if it is this execution's: our own write, whose answer was lost.
    async fn own(&self, record: &CloneRecord) -> Result<CloneRecord> {
        match self.get(&record.id).await? {
            Some(there) if there.execution_arn == record.execution_arn => Ok(there),
            _ => Err(RecordsError::Exists(record.id.clone())),
        }
    }

    fn put_new(&self, record: &CloneRecord) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item::write(record, &item::write_id())?))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", KEY)
            .build()
            .map_err(self.built("Put", &record.id))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn take(&self, key: &str, id: &CloneId, most: u32) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key(key)))
            .update_expression("ADD clones :clone")
            // A limit of none is met by no set at all, so it is compared outright.
            .condition_expression(
                "(attribute_not_exists(clones) AND :most > :none) OR size(clones) < :most OR contains(clones, :id)",
            )
            .expression_attribute_values(":clone", AttributeValue::Ss(vec![id.to_string()]))
            .expression_attribute_values(":id", AttributeValue::S(id.to_string()))
            .expression_attribute_values(":most", AttributeValue::N(most.to_string()))
            .expression_attribute_values(":none", AttributeValue::N("0".into()))
            .build()
            .map_err(self.built("Update", id))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn give_back(&self, key: &str, id: &CloneId) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key(key)))
            .update_expression("DELETE clones :clone")
            .expression_attribute_values(":clone", AttributeValue::Ss(vec![id.to_string()]))
            .build()
            .map_err(self.built("Update", id))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    async fn transact(&self, id: &CloneId, write: Vec<TransactWriteItem>) -> std::result::Result<(), Undone> {
        let call = self.db.transact_write_items().set_transact_items(Some(write));
        let Err(error) = call.send().await else {
            return Ok(());
        };
        let undone = match &error {
            SdkError::ServiceError(service) => match service.err() {
                TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                    let codes = cancelled
                        .cancellation_reasons()
                        .iter()
                        .map(|reason| reason.code());
                    Some(undone(codes))
                }
                TransactWriteItemsError::TransactionInProgressException(_) => Some(Undone::Busy),
                other if other.code() == Some("TransactionConflictException") => Some(Undone::Busy),
                _ => None,
            },
            _ => None,
        };
        Err(undone.unwrap_or_else(|| Undone::Failed(failed("TransactWriteItems", id)(error).into())))
    }

    fn built(
        &self,
        what: &'static str,
        id: &CloneId,
    ) -> impl FnOnce(aws_sdk_dynamodb::error::BuildError) -> RecordsError {
        let failed = failed::<TransactWriteItemsError>(what, id);
        move |error| failed(SdkError::construction_failure(error)).into()
    }
}

/// What the reasons of a cancelled transaction, one for each item, come to: a condition that was not met is
/// said first, since trying again would not meet it.
fn undone<'a>(codes: impl Iterator<Item = Option<&'a str>>) -> Undone {
    codes
        .enumerate()
        .find(|(_, code)| *code == Some("ConditionalCheckFailed"))
        .map_or(Undone::Busy, |(number, _)| Undone::Condition(number))
}

/// The item that holds the clones of one source's volume.
fn lineage_key(record: &CloneRecord) -> String {
    format!("lineage#{}", record.source_cluster)
}

/// The item that holds the clones of one person.
fn person_key(record: &CloneRecord) -> String {
    format!("person#{}", record.principal.cap_key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(&["None", "ConditionalCheckFailed", "None"], Some(1))]
    #[case(&["TransactionConflict", "None", "ConditionalCheckFailed"], Some(2))]
    #[case(&["None", "TransactionConflict", "None"], None)]
    #[case(&[], None)]
    fn a_condition_is_told_before_a_conflict(#[case] codes: &[&str], #[case] number: Option<usize>) {
        let found = match undone(codes.iter().map(|code| Some(*code))) {
            Undone::Condition(number) => Some(number),
            _ => None,
        };
        assert_eq!(found, number);
    }
}
