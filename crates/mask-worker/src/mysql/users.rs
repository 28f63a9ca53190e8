//! Who can log in.

use super::{Mysql, literal};
use crate::error::DatabaseFailed;

/// A user and the hosts that it may come from.
pub(super) struct User {
    pub(super) name: String,
    pub(super) host: String,
}

impl User {
    pub(super) fn quoted(&self) -> String {
        format!("{}@{}", literal(&self.name), literal(&self.host))
    }
}

impl Mysql {
    /// Everybody who could log in, but for the service and the master itself. Roles cannot.
    pub(super) async fn login_users(&self) -> Result<Vec<User>, DatabaseFailed> {
        let people = if self.mariadb {
            "is_role = 'N'"
        } else {
            "account_locked = 'N'"
        };
        let sql = format!(
            "SELECT user, host FROM mysql.user WHERE {people} AND CONCAT(user, '@', host) <> CURRENT_USER() AND user NOT LIKE 'mysql.%' \
             AND user NOT IN ('rdsadmin', 'rdsproxyadmin', 'rdsrepladmin', 'rdstopmgr', 'mariadb.sys')"
        );
        let users = self.rows::<(String, String)>("listing users", &sql).await?;
        Ok(users
            .into_iter()
            .map(|(name, host)| User { name, host })
            .collect())
    }

    /// Users that can log in and should not: the proof that `prepare` did its work.
    pub(crate) async fn unlocked_users(&self, allowed: &str) -> Result<Vec<String>, DatabaseFailed> {
        let users = self.login_users().await?;
        let mut unlocked = Vec::new();
        for user in users
            .into_iter()
            .filter(|user| user.name != allowed && user.name != domain::id::BATCH_USER)
        {
            let shown: Vec<String> = self
                .rows(
                    "looking at a user",
                    &format!("SHOW CREATE USER {}", user.quoted()),
                )
                .await?;
            if !shown.iter().any(|create| create.contains("ACCOUNT LOCK")) {
                unlocked.push(format!("{}@{}", user.name, user.host));
            }
        }
        Ok(unlocked)
    }
}
