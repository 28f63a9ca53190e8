//! What `prepare` leaves for a `verify` that is a task of its own.

use mysql_async::prelude::Queryable;

use super::{Mysql, failed};
use crate::error::DatabaseFailed;

impl Mysql {
    /// Keeps what `verify` must know in a database of its own, for a task that has not been started yet.
    pub(crate) async fn save_notes(&self, notes: &[u8]) -> Result<(), DatabaseFailed> {
        let doing = "keeping notes for the verification";
        for statement in [
            "DROP DATABASE IF EXISTS doppel_verify",
            "CREATE DATABASE doppel_verify",
            "CREATE TABLE doppel_verify.notes (part INT PRIMARY KEY, body LONGBLOB NOT NULL)",
        ] {
            self.run(doing, statement).await?;
        }
        let mut conn = self.conn.lock().await;
        for (part, body) in notes.chunks(512 * 1024).enumerate() {
            let insert = "INSERT INTO doppel_verify.notes VALUES (?, ?)";
            conn.exec_drop(insert, (part as u64, body))
                .await
                .map_err(failed(|| doing.to_owned()))?;
        }
        Ok(())
    }

    pub(crate) async fn load_notes(&self) -> Result<Option<Vec<u8>>, DatabaseFailed> {
        let doing = "reading notes for the verification";
        if self
            .number(
                doing,
                "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'doppel_verify'",
            )
            .await?
            == 0
        {
            return Ok(None);
        }
        Ok(Some(
            self.rows::<Vec<u8>>(doing, "SELECT body FROM doppel_verify.notes ORDER BY part")
                .await?
                .concat(),
        ))
    }

    pub(crate) async fn drop_notes(&self) -> Result<(), DatabaseFailed> {
        self.run(
            "dropping the verification's notes",
            "DROP DATABASE IF EXISTS doppel_verify",
        )
        .await
    }
}
