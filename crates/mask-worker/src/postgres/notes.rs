//! What `prepare` leaves for a `verify` that is a task of its own.

use super::{Postgres, failed};
use crate::error::DatabaseFailed;

impl Postgres {
    /// Keeps what `verify` must know in a schema of its own, for a task that has not been started yet.
    pub(crate) async fn save_notes(&self, notes: &[u8]) -> Result<(), DatabaseFailed> {
        let doing = || "keeping notes for the verification".to_owned();
        self.run(
            &doing(),
            "DROP SCHEMA IF EXISTS doppel_verify CASCADE; CREATE SCHEMA doppel_verify; \
            CREATE TABLE doppel_verify.notes (part int4 PRIMARY KEY, body bytea NOT NULL)",
        )
        .await?;
        for (part, body) in (0_i32..).zip(notes.chunks(512 * 1024)) {
            let insert = "INSERT INTO doppel_verify.notes VALUES ($1, $2)";
            self.client
                .execute(insert, &[&part, &body])
                .await
                .map_err(failed(doing))?;
        }
        Ok(())
    }

    pub(crate) async fn load_notes(&self) -> Result<Option<Vec<u8>>, DatabaseFailed> {
        let doing = "reading notes for the verification";
        if self
            .number(
                doing,
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'doppel_verify'",
            )
            .await?
            == 0
        {
            return Ok(None);
        }
        let parts = self
            .rows(doing, "SELECT body FROM doppel_verify.notes ORDER BY part")
            .await?;
        Ok(Some(
            parts.iter().flat_map(|row| row.get::<_, Vec<u8>>(0)).collect(),
        ))
    }

    pub(crate) async fn drop_notes(&self) -> Result<(), DatabaseFailed> {
        self.run(
            "dropping the verification's notes",
            "DROP SCHEMA IF EXISTS doppel_verify CASCADE",
        )
        .await
    }
}
