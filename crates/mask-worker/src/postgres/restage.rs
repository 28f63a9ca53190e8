//! Masking a table whose identity must not change: its rows stream into a staging table that is not logged, the table
//! is truncated, and the staged rows come back in one statement, without the plain indexes, which are built anew.

use std::sync::Arc;
use std::time::Instant;

use masking::TableName;

use super::crew::Crew;
use super::stream::{Flow, Run, ours, pour};
use super::{Postgres, failed, table};
use crate::error::{DatabaseFailed, Error};

/// Indexes that nothing stands for but themselves. Their definitions hold all that there is to them.
const PLAIN_INDEXES: &str = "
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = $1::text::regclass AND i.indisvalid AND NOT (i.indisunique OR i.indisexclusion OR i.indisclustered OR i.indisreplident)
  AND c.reltablespace = 0 AND obj_description(c.oid, 'pg_class') IS NULL
  AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
  AND NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = c.oid)
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
ORDER BY pg_relation_size(c.oid) DESC";

/// Masks one table so. Answers its rows.
pub(super) async fn restage(crew: Crew, run: Arc<Run>, name: TableName) -> Result<u64, Error> {
    let (since, rows, indexes) = {
        let (run, name) = (Arc::clone(&run), name.clone());
        crew.job(|crew, db| async move {
            let since = Instant::now();
            let Some(flow) = Flow::of(&run, &name) else {
                return Ok((since, 0, Vec::new()));
            };
            let rows = stage(&crew, &db, &flow, &name).await?;
            let indexes = db.plain_indexes(&name).await?;
            bring_back(&crew, &db, &flow, &name, &indexes).await?;
            Ok((since, rows, indexes))
        })
        .await?
    };
    let builds = indexes.into_iter().map(|(_, index)| {
        let (crew, doing) = (crew.clone(), format!("building an index of `{name}`"));
        async move { crew.statements(&doing, &[index]).await }
    });
    crew.all(builds).await?;
    crew.reporter.table_done_since(&name, since);
    Ok(rows)
}

async fn stage(crew: &Crew, db: &Postgres, flow: &Flow<'_>, name: &TableName) -> Result<u64, Error> {
    let (list, staging) = (flow.list(), ours("staged", &flow.run.schema, name));
    let reader = crew.connection().await?;
    let create = format!(
        "BEGIN; CREATE UNLOGGED TABLE {staging} AS SELECT {list} FROM ONLY {} WHERE false",
        table(name)
    );
    crew.run(db, &format!("staging `{name}`"), &create).await?;
    let into = flow.writing(&staging, true);
    let rows = pour(crew, &reader, db, (&flow.source(), &into), flow.masker(0), name).await?;
    crew.run(db, &format!("staging `{name}`"), "COMMIT").await?;
    crew.give_back(reader);
    Ok(rows)
}

async fn bring_back(
    crew: &Crew,
    db: &Postgres,
    flow: &Flow<'_>,
    name: &TableName,
    indexes: &[(String, String)],
) -> Result<(), Error> {
    let (list, staging, table) = (flow.list(), ours("staged", &flow.run.schema, name), table(name));
    let mut sql = format!("BEGIN; LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE; TRUNCATE ONLY {table}; ");
    for (index, _) in indexes {
        sql.push_str(&format!("DROP INDEX {index}; "));
    }
    sql.push_str(&format!(
        "INSERT INTO {table} ({list}) OVERRIDING SYSTEM VALUE SELECT * FROM {staging}; COMMIT; DROP TABLE {staging}"
    ));
    crew.run(db, &format!("writing masked rows into `{name}`"), &sql)
        .await
}

impl Postgres {
    /// Names and definitions.
    async fn plain_indexes(&self, name: &TableName) -> Result<Vec<(String, String)>, DatabaseFailed> {
        let rows = self
            .client
            .query(PLAIN_INDEXES, &[&table(name)])
            .await
            .map_err(failed(|| format!("listing the indexes of `{name}`")))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}
