//! Masking in place: the server rewrites a table by itself, in one statement with all its columns.

use std::time::Instant;

use masking::TableName;

use super::crew::Crew;
use super::{Postgres, failed, ident, table};
use crate::error::{DatabaseFailed, Error};

/// A column as a change of type must name it: its type and collation, and what the change would set back to the
/// type's defaults.
struct Spelt {
    column: String,
    type_name: String,
    storage: Option<String>,
    compression: Option<String>,
}

const SPELT: &str = "
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation
        THEN format(' COLLATE %I.%I', (SELECT nspname FROM pg_namespace WHERE oid = co.collnamespace), co.collname) ELSE '' END,
    CASE WHEN a.attstorage <> t.typstorage THEN
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
    CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE a.attrelid = $1::text::regclass AND a.attname = ANY ($2::text[])";

/// Statistics targets of expression indexes, which a rebuilt index forgets.
pub(super) const INDEX_TARGETS: &str = "
SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', a.attrelid::regclass, a.attnum, a.attstattarget)
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid
WHERE a.attstattarget >= 0 AND i.indrelid = ANY ($1::text[]::regclass[]) ORDER BY 1";

/// Rewrites `name`, a table or the root of a tree of partitions, with each column's expression. `members` are the
/// tables that hold the rows. Answers the rows of each.
pub(super) async fn alter(
    crew: Crew,
    name: TableName,
    members: Vec<TableName>,
    expressions: Vec<(String, String)>,
) -> Result<Vec<u64>, Error> {
    let altered = members.clone();
    let (since, rows) = crew
        .job(|crew, db| async move {
            let since = Instant::now();
            let columns: Vec<String> = expressions.iter().map(|(column, _)| column.clone()).collect();
            let spelt = db.spelt(&name, &columns).await?;
            let mut repairs = db.index_targets(&members).await?;
            if members != [name.clone()] {
                for member in &members {
                    let kept = db.spelt(member, &columns).await?;
                    let own: Vec<String> = kept.iter().flat_map(Spelt::keeps).collect();
                    if !own.is_empty() {
                        repairs.push(format!("ALTER TABLE ONLY {} {}", table(member), own.join(", ")));
                    }
                }
            }
            let mut parts = Vec::new();
            for (column, expression) in &expressions {
                let Some(spelt) = spelt.iter().find(|spelt| spelt.column == *column) else {
                    continue;
                };
                let type_name = &spelt.type_name;
                parts.push(format!(
                    "ALTER COLUMN {} TYPE {type_name} USING {expression}",
                    ident(column)
                ));
                parts.extend(spelt.keeps());
            }
            let sql = format!("ALTER TABLE {} {}", table(&name), parts.join(", "));
            crew.run(&db, &format!("altering `{name}`"), &sql).await?;
            for repair in &repairs {
                crew.run(&db, &format!("restoring settings of `{name}`"), repair)
                    .await?;
            }
            let mut rows = Vec::new();
            for member in &members {
                rows.push(db.rows_after_rewrite(member).await?);
            }
            Ok((since, rows))
        })
        .await?;
    for (member, rows) in altered.iter().zip(&rows) {
        crew.reporter.add_rows(*rows);
        crew.reporter.table_done_since(member, since);
    }
    Ok(rows)
}

impl Spelt {
    /// What a change of type would set back.
    fn keeps(&self) -> Vec<String> {
        let column = ident(&self.column);
        let storage = self
            .storage
            .iter()
            .map(|how| format!("ALTER COLUMN {column} SET STORAGE {how}"));
        let compression = self
            .compression
            .iter()
            .map(|how| format!("ALTER COLUMN {column} SET COMPRESSION {how}"));
        storage.chain(compression).collect()
    }
}

impl Postgres {
    async fn spelt(&self, name: &TableName, columns: &[String]) -> Result<Vec<Spelt>, DatabaseFailed> {
        let rows = self
            .client
            .query(SPELT, &[&table(name), &columns])
            .await
            .map_err(failed(|| format!("reading the columns of `{name}`")))?;
        Ok(rows
            .iter()
            .map(|row| Spelt {
                column: row.get(0),
                type_name: row.get(1),
                storage: row.get(2),
                compression: row.get(3),
            })
            .collect())
    }

    pub(super) async fn index_targets(&self, tables: &[TableName]) -> Result<Vec<String>, DatabaseFailed> {
        let names: Vec<String> = tables.iter().map(table).collect();
        self.listed("reading statistics targets of indexes", INDEX_TARGETS, &names)
            .await
    }

    /// A rebuilt index leaves its table's exact number of rows in the catalogue; without one they are counted.
    async fn rows_after_rewrite(&self, name: &TableName) -> Result<u64, DatabaseFailed> {
        let counted = format!(
            "SELECT CASE WHEN c.relhasindex AND c.reltuples >= 0 THEN c.reltuples::int8 ELSE (SELECT count(*) FROM ONLY {0}) END \
             FROM pg_class c WHERE c.oid = {1}::regclass",
            table(name),
            super::literal(&table(name))
        );
        let rows = self
            .number(&format!("counting the rows of `{name}`"), &counted)
            .await?;
        Ok(rows.unsigned_abs())
    }
}
