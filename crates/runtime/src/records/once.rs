//! What was asked, by whom; and what was done already.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::request::RequestItem;
use sha2::{Digest, Sha256};

use super::item::{self, KEY, WRITE_ID};
use super::{Records, RecordsError, Result};
use crate::aws::failed;

/// How long a request's item stays: far longer than an execution may wait to start.
const REQUEST_LIFE: TimeDelta = TimeDelta::weeks(1);

impl Records {
    /// Notes who asked for what, before the execution is started with `key` in its input's field `request`.
    /// Called again with the same key, it writes the same again.
    pub async fn put_request(&self, request: &RequestItem, key: &str) -> Result<()> {
        let key = request_key(key);
        self.db
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::key(&key)))
            .item("request", item::write_value(&key, request)?)
            .item("ttl", self.ttl(REQUEST_LIFE))
            .send()
            .await
            .map_err(failed("PutItem", &key))?;
        Ok(())
    }

    /// What was noted under `key`; none if nothing was.
    pub async fn get_request(&self, key: &str) -> Result<Option<RequestItem>> {
        let key = request_key(key);
        let Some(mut item) = self.item(&key).await? else {
            return Ok(None);
        };
        item.remove("request")
            .map(|value| item::read_value(&key, value))
            .transpose()
    }

    /// What was noted under `key`, for the one execution that may use it: the first that asks. Otherwise anybody
    /// who may start executions could borrow somebody else's name by repeating a key.
    ///
    /// # Errors
    /// [`RecordsError::RequestTaken`] when another execution was first.
    pub async fn claim_request(&self, key: &str, execution_arn: &str) -> Result<Option<RequestItem>> {
        let item_key = request_key(key);
        let claimed = self
            .db
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(&item_key)))
            .update_expression("SET execution_arn = :execution")
            .condition_expression(
                "attribute_exists(#key) AND (attribute_not_exists(execution_arn) OR execution_arn = :execution)",
            )
            .expression_attribute_names("#key", KEY)
            .expression_attribute_values(":execution", AttributeValue::S(execution_arn.to_owned()))
            .send()
            .await
            .map_err(failed("UpdateItem", &item_key));
        match claimed {
            Ok(_) => self.get_request(key).await,
            Err(error) if error.is("ConditionalCheckFailedException") => match self.get_request(key).await? {
                Some(_) => Err(RecordsError::RequestTaken(key.to_owned())),
                None => Ok(None),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this is the first time that `key` is seen within `ttl`: for what must be done once though it is
    /// told several times. The table keeps a digest of the key only.
    pub async fn once(&self, key: &str, ttl: TimeDelta) -> Result<bool> {
        let key = format!("seen#{}", hex::encode(Sha256::digest(key)));
        let write_id = item::write_id();
        let put = self
            .db
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::key(&key)))
            .item(WRITE_ID, AttributeValue::S(write_id.clone()))
            .item("ttl", self.ttl(ttl))
            // An expired item may still be there for days.
            .condition_expression("attribute_not_exists(#key) OR #ttl < :now")
            .expression_attribute_names("#key", KEY)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(
                ":now",
                AttributeValue::N(self.clock.now().timestamp().to_string()),
            )
            .send()
            .await
            .map_err(failed("PutItem", &key));
        match put {
            Ok(_) => Ok(true),
            Err(error) if error.is("ConditionalCheckFailedException") => {
                let there = self.item(&key).await?;
                Ok(there.is_some_and(|item| item::text(&item, WRITE_ID) == Some(write_id.as_str())))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn ttl(&self, life: TimeDelta) -> AttributeValue {
        AttributeValue::N((self.clock.now() + life).timestamp().to_string())
    }
}

fn request_key(key: &str) -> String {
    format!("request#{key}")
}
