//! Who has opened the app's home tab, and what it showed them last.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;

use super::item::{self, Item};
use super::{Records, Result};
use crate::aws::failed;

/// How long a home tab is kept up to date for somebody who does not open it any more.
const KEPT: TimeDelta = TimeDelta::days(60);

/// What every key of this kind begins with; a Slack user's id follows.
pub const HOME_KEY: &str = "home#";

/// One person's home tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomeNote {
    /// Whether an admin opened it, as Slack's user groups were then.
    pub is_admin: bool,
    /// How often it was opened.
    pub opened: u64,
    /// What `opened` was when it was last shown.
    pub shown: u64,
    /// Slack's hash of the view that it shows; none before the first.
    pub hash: Option<String>,
    /// Our digest of it.
    pub digest: String,
}

impl Records {
    /// Notes that somebody opened the home tab. The table's stream hands it on to whoever shows it.
    pub async fn open_home(&self, user: &str, is_admin: bool) -> Result<()> {
        let key = home_key(user);
        self.db
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(&key)))
            .update_expression("SET #ttl = :ttl, is_admin = :admin ADD opened :one")
            .expression_attribute_values(":admin", AttributeValue::Bool(is_admin))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", self.ttl(KEPT))
            .expression_attribute_values(":one", number(1))
            .send()
            .await
            .map_err(failed("UpdateItem", &key))?;
        Ok(())
    }

    /// Somebody's home tab; none if it was never opened.
    pub async fn home(&self, user: &str) -> Result<Option<HomeNote>> {
        let item = self.item(&home_key(user)).await?;
        Ok(item.map(|item| HomeNote {
            is_admin: item
                .get("is_admin")
                .is_some_and(|value| value.as_bool() == Ok(&true)),
            opened: count(&item, "opened"),
            shown: count(&item, "shown"),
            hash: item::text(&item, "view_hash").map(str::to_owned),
            digest: item::text(&item, "view_digest").unwrap_or_default().to_owned(),
        }))
    }

    /// Notes what somebody's home tab shows now.
    pub async fn note_home(&self, user: &str, shown: &HomeNote) -> Result<()> {
        let key = home_key(user);
        self.db
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(&key)))
            .update_expression("SET shown = :shown, view_hash = :hash, view_digest = :digest")
            .expression_attribute_values(":shown", number(shown.opened))
            .expression_attribute_values(":hash", AttributeValue::S(shown.hash.clone().unwrap_or_default()))
            .expression_attribute_values(":digest", AttributeValue::S(shown.digest.clone()))
            .send()
            .await
            .map_err(failed("UpdateItem", &key))?;
        Ok(())
    }
}

fn home_key(user: &str) -> String {
    format!("{HOME_KEY}{user}")
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn count(item: &Item, name: &str) -> u64 {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}
