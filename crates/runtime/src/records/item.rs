//! Items of the table, and records as items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::CloneRecord;

use super::RecordsError;

/// The table's only key.
pub(super) const KEY: &str = "DBClusterIdentifier";
/// The id of the write that made the item what it is.
pub(super) const WRITE_ID: &str = "write_id";

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn write_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(super) fn key(key: &str) -> Item {
    HashMap::from([(KEY.to_owned(), AttributeValue::S(key.to_owned()))])
}

pub(super) fn key_of(item: &Item) -> String {
    text(item, KEY).unwrap_or("?").to_owned()
}

pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
}

fn unreadable(key: &str) -> impl FnOnce(serde_dynamo::Error) -> RecordsError {
    move |source| RecordsError::Unreadable {
        key: key.to_owned(),
        source: Box::new(source),
    }
}

pub(super) fn read(item: &Item) -> Result<CloneRecord, RecordsError> {
    serde_dynamo::from_item(item.clone()).map_err(unreadable(&key_of(item)))
}

pub(super) fn write(record: &CloneRecord, write_id: &str) -> Result<Item, RecordsError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(unreadable(record.id.as_str()))?;
    item.insert(WRITE_ID.to_owned(), AttributeValue::S(write_id.to_owned()));
    Ok(item)
}

/// Any value as one attribute.
pub(super) fn write_value(key: &str, value: &impl serde::Serialize) -> Result<AttributeValue, RecordsError> {
    serde_dynamo::to_attribute_value(value).map_err(unreadable(key))
}

/// Any value from one attribute.
pub(super) fn read_value<T>(key: &str, value: AttributeValue) -> Result<T, RecordsError>
where
    T: serde::de::DeserializeOwned,
{
    serde_dynamo::from_attribute_value(value).map_err(unreadable(key))
}
