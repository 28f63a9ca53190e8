//! What the server remembers of values beside the tables: statistics, statements, logs, old pages.

use masking::TableName;

use super::{Mysql, table};
use crate::error::{DatabaseFailed, Error};
use crate::verify::Remembered;

/// Where the performance schema keeps statements with their literals.
const STATEMENTS: &[&str] = &[
    "events_statements_current",
    "events_statements_history",
    "events_statements_history_long",
    "events_statements_summary_by_digest",
];

/// Log tables, and what AWS's rotation leaves of them.
const LOGS: &[&str] = &["slow_log", "slow_log_backup", "general_log", "general_log_backup"];

impl Mysql {
    /// What the server's own statistics remember of columns' values.
    pub(crate) async fn remembered(&self) -> Result<Vec<Remembered>, DatabaseFailed> {
        let sql = if self.mariadb {
            "SELECT db_name, table_name, column_name, CONVERT(CONCAT_WS(' ', min_value, max_value, histogram) USING utf8mb4) FROM mysql.column_stats"
        } else {
            "SELECT schema_name, table_name, column_name, CAST(histogram AS CHAR) FROM information_schema.column_statistics"
        };
        let rows = self
            .rows::<(String, String, String, Option<String>)>("reading statistics", sql)
            .await?;
        let remembered = rows.into_iter().filter_map(|(schema, name, column, value)| {
            Some(Remembered {
                table: TableName::new(schema, name),
                column: Some(column),
                value: value?,
                number: false,
            })
        });
        Ok(remembered.collect())
    }

    /// Drops a table's statistics of values.
    pub(crate) async fn forget_statistics(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        let doing = format!("dropping the statistics of `{name}`");
        let columns: Vec<_> = self
            .remembered()
            .await?
            .into_iter()
            .filter(|remembered| remembered.table == *name)
            .filter_map(|remembered| remembered.column)
            .map(|column| super::ident(&column))
            .collect();
        if self.mariadb {
            let sql = format!(
                "DELETE FROM mysql.column_stats WHERE db_name = {} AND table_name = {}",
                super::literal(&name.schema),
                super::literal(&name.table)
            );
            return self.run(&doing, &sql).await;
        }
        if columns.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "ANALYZE TABLE {} DROP HISTOGRAM ON {}",
            table(name),
            columns.join(", ")
        );
        self.run(&doing, &sql).await
    }

    /// Forgets statements and logs, which can quote values. Answers what cannot be forgotten.
    pub(crate) async fn forget_statements(&self) -> Result<Vec<String>, DatabaseFailed> {
        let mut left = Vec::new();
        let on = self
            .number("asking for the performance schema", "SELECT @@performance_schema")
            .await?;
        for name in STATEMENTS.iter().filter(|_| on > 0) {
            let forgotten = self
                .run(
                    "forgetting statements",
                    &format!("TRUNCATE TABLE performance_schema.{name}"),
                )
                .await;
            if forgotten.is_err() {
                left.push(format!("performance_schema.{name}"));
            }
        }
        for name in LOGS {
            let count = format!("SELECT COUNT(*) FROM mysql.{name}");
            // A log that is not there, or that nobody may read, is not read by the clone's user either.
            if self.number("looking at a log", &count).await.unwrap_or_default() == 0 {
                continue;
            }
            let log = name.trim_end_matches("_backup");
            if self
                .run("emptying a log", &format!("TRUNCATE TABLE mysql.{name}"))
                .await
                .is_err()
            {
                // The first rotation keeps the log as a backup, the second drops that.
                for _ in 0..2 {
                    let _ = self
                        .run("emptying a log", &format!("CALL mysql.rds_rotate_{log}"))
                        .await;
                }
            }
            if self.number("looking at a log", &count).await? > 0 {
                left.push(format!("mysql.{name}"));
            }
        }
        Ok(left)
    }

    /// Gives a table a new file, in which nothing of its past is.
    pub(crate) async fn rewrite(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        self.run(
            &format!("rewriting `{name}`"),
            &format!("ALTER TABLE {} FORCE", table(name)),
        )
        .await
    }

    /// Not known here: tables have no file by which it would be asked.
    pub(crate) async fn has_old_rows(&self, _name: &TableName) -> Result<bool, DatabaseFailed> {
        Ok(false)
    }

    /// There are no materialized views.
    pub(crate) async fn refresh(&self, _name: &TableName) -> Result<(), DatabaseFailed> {
        Ok(())
    }

    /// There are no large objects.
    pub(crate) async fn read_large_objects(
        &self,
        _each: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// The rows of a table.
    pub(crate) async fn count(&self, name: &TableName) -> Result<u64, DatabaseFailed> {
        self.number(
            &format!("counting the rows of `{name}`"),
            &format!("SELECT COUNT(*) FROM {}", table(name)),
        )
        .await
    }
}
