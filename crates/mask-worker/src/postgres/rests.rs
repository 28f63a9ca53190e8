//! What the server remembers of values beside the tables: statistics, statements, old pages, large objects.

use masking::TableName;

use super::{Postgres, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::verify::Remembered;

impl Postgres {
    /// What the planner's statistics remember of columns' values, of groups of columns and of expressions too.
    pub(crate) async fn remembered(&self) -> Result<Vec<Remembered>, DatabaseFailed> {
        let names: Vec<_> = super::OURS.iter().map(|name| literal(name)).collect();
        let not = format!(
            "NOT IN ('pg_catalog', 'information_schema', {})",
            names.join(", ")
        );
        let mut found = Vec::new();
        let plain = format!(
            "SELECT schemaname::text, tablename::text, s.attname::text, unnest(coalesce(most_common_vals::text::text[], '{{}}') \
             || coalesce(histogram_bounds::text::text[], '{{}}') || coalesce(most_common_elems::text::text[], '{{}}')), \
             coalesce(t.oid < 16384 AND t.typcategory = 'N', false) \
             FROM pg_stats s LEFT JOIN pg_attribute a ON a.attrelid = format('%I.%I', schemaname, tablename)::regclass AND a.attname = s.attname \
             LEFT JOIN pg_type t ON t.oid = a.atttypid WHERE schemaname {not} \
             AND array_ndims(coalesce(most_common_vals, histogram_bounds, most_common_elems)::text::text[]) = 1"
        );
        let groups = format!(
            "SELECT schemaname::text, tablename::text, NULL::text, unnest(most_common_vals::text[]), false \
             FROM pg_stats_ext WHERE most_common_vals IS NOT NULL AND schemaname {not}"
        );
        let expressions = format!(
            "SELECT schemaname::text, tablename::text, NULL::text, unnest(coalesce(most_common_vals::text::text[], '{{}}') \
             || coalesce(histogram_bounds::text::text[], '{{}}')), false FROM pg_stats_ext_exprs WHERE schemaname {not}"
        );
        let doing = "reading the planner's statistics";
        for sql in [plain, groups, expressions] {
            let rows = match self.rows(doing, &sql).await {
                // The view of expressions came with version 14.
                Err(error) if error.code == "42P01" => continue,
                rows => rows?,
            };
            found.extend(rows.iter().filter_map(|row| {
                Some(Remembered {
                    table: TableName::new(row.get::<_, String>(0), row.get::<_, String>(1)),
                    column: row.get(2),
                    value: row.get::<_, Option<String>>(3)?,
                    number: row.get(4),
                })
            }));
        }
        Ok(found)
    }

    /// Makes a table's statistics anew. ANALYZE leaves those of an empty table as they are; a change of type, even to the
    /// same, drops them.
    pub(crate) async fn forget_statistics(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        let doing = || format!("making the statistics of `{name}` anew");
        self.run(&doing(), &format!("ANALYZE {}", table(name))).await?;
        let sql = format!("SELECT (NOT EXISTS (SELECT FROM {}))::int4::int8", table(name));
        if self.number(&doing(), &sql).await? == 0 {
            return Ok(());
        }
        let stale = "SELECT format('ALTER TABLE ONLY %I.%I ALTER COLUMN %I TYPE %s', s.schemaname, s.tablename, a.attname, \
                format_type(a.atttypid, a.atttypmod)) FROM pg_stats s \
            JOIN pg_attribute a ON a.attrelid = format('%I.%I', s.schemaname, s.tablename)::regclass AND a.attname = s.attname \
            WHERE s.schemaname = $1 AND s.tablename = $2";
        let rows = self
            .client
            .query(stale, &[&name.schema, &name.table])
            .await
            .map_err(failed(doing))?;
        for row in rows {
            let statement: String = row.get(0);
            // A view on the column forbids it: then the check after this one finds what is left.
            if let Err(error) = self.run(&doing(), &statement).await {
                tracing::warn!(%error, "old statistics of an emptied table stay");
            }
        }
        Ok(())
    }

    /// Forgets the statements that the server remembers, which can quote values. Answers what cannot be forgotten.
    pub(crate) async fn forget_statements(&self) -> Result<Vec<String>, DatabaseFailed> {
        let sql = "SELECT format('%I.pg_stat_statements', n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
                   WHERE e.extname = 'pg_stat_statements'";
        let mut left = Vec::new();
        for view in self.texts("looking for remembered statements", sql).await? {
            let reset = self
                .run("forgetting statements", &format!("SELECT {view}_reset()"))
                .await;
            // Of others' statements only those who may see them see the text. The extension may not be loaded at all.
            let seen = format!(
                "SELECT count(*) FROM {view} WHERE query LIKE '%''%' AND query NOT LIKE '%pg_stat_statements%'"
            );
            if reset.is_err()
                && self
                    .number("looking at remembered statements", &seen)
                    .await
                    .is_ok_and(|count| count > 0)
            {
                left.push("pg_stat_statements".to_owned());
            }
        }
        Ok(left)
    }

    /// Gives a table a new file, in which nothing of its past is.
    pub(crate) async fn rewrite(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        self.run(
            &format!("rewriting `{name}`"),
            &format!("VACUUM FULL {}", table(name)),
        )
        .await
    }

    /// Whether rows of a table were changed or deleted since the server counts: their old versions can be in its pages.
    pub(crate) async fn has_old_rows(&self, name: &TableName) -> Result<bool, DatabaseFailed> {
        let sql = format!(
            "SELECT coalesce(sum(n_tup_upd + n_tup_del + n_dead_tup), 0)::int8 FROM pg_stat_all_tables WHERE schemaname = {} AND relname = {}",
            literal(&name.schema),
            literal(&name.table)
        );
        Ok(self.number("looking for old rows", &sql).await? > 0)
    }

    /// Makes a materialized view anew.
    pub(crate) async fn refresh(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        let populated = format!(
            "SELECT relispopulated::int4::int8 FROM pg_class WHERE relname = {} AND relnamespace = {}::regnamespace",
            literal(&name.table),
            literal(&ident(&name.schema))
        );
        if self.number("looking at a view", &populated).await? == 0 {
            return Ok(());
        }
        self.run(
            &format!("refreshing `{name}`"),
            &format!("REFRESH MATERIALIZED VIEW {}", table(name)),
        )
        .await
    }

    /// Calls `each` with the contents of every large object, in pieces.
    pub(crate) async fn read_large_objects(
        &self,
        mut each: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        const PIECE: i32 = 1 << 20;
        let doing = || "reading large objects".to_owned();
        for row in self
            .rows(&doing(), "SELECT oid FROM pg_largeobject_metadata ORDER BY oid")
            .await?
        {
            let oid: u32 = row.get(0);
            for offset in (0_i64..).step_by(PIECE as usize) {
                let piece = self
                    .client
                    .query_one("SELECT lo_get($1, $2, $3)", &[&oid, &offset, &PIECE])
                    .await;
                let piece: Vec<u8> = piece.map_err(failed(doing))?.get(0);
                each(&piece)?;
                if piece.len() < PIECE as usize {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The rows of a table.
    pub(crate) async fn count(&self, name: &TableName) -> Result<u64, DatabaseFailed> {
        let sql = format!("SELECT count(*) FROM ONLY {}", table(name));
        Ok(self
            .number(&format!("counting the rows of `{name}`"), &sql)
            .await?
            .unsigned_abs())
    }
}
