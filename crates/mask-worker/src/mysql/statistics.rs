//! The planner's statistics: what the server keeps of values in tables of its own is made anew.

use std::collections::BTreeMap;

use masking::{Method, TableName, TablePlan};

use super::{Mysql, ident, table};
use crate::error::DatabaseFailed;

/// The statements, without the tables' names, that make statistics of a kind that the table had.
pub(super) type Kept = BTreeMap<TableName, Vec<String>>;

impl Mysql {
    /// Which tables have statistics of their columns. These go with the old tables.
    pub(super) async fn statistics_kept(&self) -> Result<Kept, DatabaseFailed> {
        let doing = "reading what statistics there are";
        let mut kept = Kept::new();
        if self.mariadb {
            let sql = "SELECT DISTINCT db_name, table_name FROM mysql.column_stats";
            for (schema, name) in self.rows::<(String, String)>(doing, sql).await? {
                kept.insert(
                    TableName::new(schema, name),
                    vec!["PERSISTENT FOR ALL".to_owned()],
                );
            }
            return Ok(kept);
        }
        let sql = "SELECT schema_name, table_name, column_name, \
                   CAST(COALESCE(JSON_EXTRACT(histogram, '$.\"number-of-buckets-specified\"'), 100) AS UNSIGNED) \
                   FROM information_schema.column_statistics";
        for (schema, name, column, buckets) in self.rows::<(String, String, String, u64)>(doing, sql).await? {
            let again = format!("UPDATE HISTOGRAM ON {} WITH {buckets} BUCKETS", ident(&column));
            kept.entry(TableName::new(schema, name)).or_default().push(again);
        }
        Ok(kept)
    }

    /// Makes the statistics of every changed table anew.
    pub(super) async fn gather_statistics(
        &self,
        plans: &[TablePlan],
        kept: &Kept,
    ) -> Result<(), DatabaseFailed> {
        for plan in plans.iter().filter(|plan| plan.method != Method::Keep) {
            let doing = format!("gathering statistics of `{}`", plan.table);
            let analyze = format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", table(&plan.table));
            self.run(&doing, &analyze).await?;
            for more in kept.get(&plan.table).into_iter().flatten() {
                self.run(&doing, &format!("{analyze} {more}")).await?;
            }
        }
        if self.mariadb && !kept.is_empty() {
            // Rows that were replaced stay readable in the file until it is rewritten.
            let rewrite = "ALTER TABLE mysql.column_stats FORCE";
            if let Err(error) = self.run("rewriting the table of statistics", rewrite).await {
                tracing::warn!(%error, "old rows of the statistics stay in their file");
            }
        }
        Ok(())
    }
}
