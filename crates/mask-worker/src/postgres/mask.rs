//! Masking the tables of a plan.

use bytes::Bytes;
use futures::{SinkExt, StreamExt, pin_mut};
use masking::{Classified, Key, Masker, Method, Schema, TablePlan, TableTreatment};

use super::dependents::Dependents;
use super::{Postgres, copy, failed, ident, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;

/// Rows are handed to the server in pieces of this size.
const PIECE: usize = 256 * 1024;

/// The number of doppel's lock: two workers in one database would exclude each other by it.
const LOCK: i64 = 0x646f_7070_656c;

impl Postgres {
    /// Takes the lock that keeps two workers apart; it lasts as long as the connection.
    pub(crate) async fn lock(&self) -> Result<(), Error> {
        let doing = "taking the worker's lock";
        let rows = self
            .rows(doing, &format!("SELECT pg_try_advisory_lock({LOCK})"))
            .await?;
        if rows.first().is_some_and(|row| row.get(0)) {
            Ok(())
        } else {
            Err(Error::Busy)
        }
    }

    /// Fails if a run has begun in this database before.
    pub(crate) async fn refuse_second_run(&self) -> Result<(), Error> {
        let doing = "looking for an earlier run";
        let begun = self
            .number(
                doing,
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'doppel'",
            )
            .await?;
        if begun > 0 {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Notes that a run begins. The note is never removed.
    pub(crate) async fn note_run(&self) -> Result<(), Error> {
        let sql = "CREATE SCHEMA doppel; CREATE TABLE doppel.masking (began timestamptz NOT NULL DEFAULT now(), ended timestamptz); \
                   INSERT INTO doppel.masking DEFAULT VALUES; CREATE SCHEMA doppel_mask";
        Ok(self.run("noting that the masking begins", sql).await?)
    }

    /// Masks every table as planned. Answers the rows of each table that was rewritten.
    pub(crate) async fn mask(
        &self,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
        key: &Key,
        reporter: &Reporter,
    ) -> Result<Vec<u64>, Error> {
        let reader = self.again().await?;
        let dependents = Dependents::put_aside(self, plans).await?;
        let mut rows = Vec::with_capacity(plans.len());
        self.empty(plans).await?;
        self.forget_emptied(plans).await?;
        for plan in plans {
            reporter.stop_if_told()?;
            let treatment = classified
                .table(&plan.table)
                .filter(|_| plan.method != Method::Keep && plan.method != Method::Empty);
            let masked = match treatment {
                Some(treatment) => self.restage(&reader, schema, treatment, key, reporter).await?,
                None => 0,
            };
            rows.push(masked);
            if plan.method != Method::Keep {
                reporter.table_done();
            }
        }
        if classified.drop_large_objects {
            self.run(
                "unlinking large objects",
                "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
            )
            .await?;
        }
        dependents.put_back(self).await?;
        self.run("dropping the staging schema", "DROP SCHEMA doppel_mask CASCADE")
            .await?;
        self.refresh_views().await?;
        self.clean_statistics(classified.drop_large_objects).await?;
        self.run(
            "noting that the masking ended",
            "UPDATE doppel.masking SET ended = now()",
        )
        .await?;
        Ok(rows)
    }

    /// Empties all tables that are to be emptied in one statement: they may refer to each other.
    async fn empty(&self, plans: &[TablePlan]) -> Result<(), DatabaseFailed> {
        let emptied: Vec<_> = plans
            .iter()
            .filter(|plan| plan.method == Method::Empty)
            .map(|plan| format!("ONLY {}", table(&plan.table)))
            .collect();
        if emptied.is_empty() {
            return Ok(());
        }
        self.run("emptying tables", &format!("TRUNCATE {}", emptied.join(", ")))
            .await
    }

    /// Streams a table through the worker into a staging table, truncates it, and brings the masked rows back.
    async fn restage(
        &self,
        reader: &Self,
        schema: &Schema,
        treatment: &TableTreatment,
        key: &Key,
        reporter: &Reporter,
    ) -> Result<u64, Error> {
        let name = &treatment.name;
        let Some(described) = schema.table(name) else {
            return Ok(0);
        };
        let columns: Vec<_> = described
            .columns
            .iter()
            .filter(|column| !column.generated)
            .collect();
        let list = columns
            .iter()
            .map(|column| ident(&column.name))
            .collect::<Vec<_>>()
            .join(", ");
        let mut maskers: Vec<Option<Masker>> = columns
            .iter()
            .map(|column| {
                let treatment = treatment
                    .masked()
                    .find(|treatment| treatment.column == column.name)?;
                Some(Masker::new(treatment, column, schema.engine, key, 0))
            })
            .collect();
        let create = format!(
            "CREATE UNLOGGED TABLE doppel_mask.staging AS SELECT {list} FROM {} WHERE false",
            table(name)
        );
        self.run(&format!("staging `{name}`"), &create).await?;
        let staged = self
            .stream(reader, &list, &table(name), &mut maskers, reporter)
            .await?;
        let back = format!(
            "BEGIN; LOCK TABLE ONLY {0} IN ACCESS EXCLUSIVE MODE; TRUNCATE ONLY {0}; \
             INSERT INTO {0} ({list}) OVERRIDING SYSTEM VALUE SELECT {list} FROM doppel_mask.staging; COMMIT",
            table(name)
        );
        self.run(&format!("writing masked rows into `{name}`"), &back)
            .await?;
        let after = self
            .number(
                "counting rows",
                &format!("SELECT count(*) FROM ONLY {}", table(name)),
            )
            .await?
            .unsigned_abs();
        self.run("dropping a staging table", "DROP TABLE doppel_mask.staging")
            .await?;
        if after != staged {
            return Err(Error::Rows {
                table: name.to_string(),
                before: staged,
                after,
            });
        }
        Ok(staged)
    }

    async fn stream(
        &self,
        reader: &Self,
        list: &str,
        table: &str,
        maskers: &mut [Option<Masker>],
        reporter: &Reporter,
    ) -> Result<u64, Error> {
        let doing = || format!("streaming {table}");
        let out = reader
            .client
            .copy_out(&format!("COPY (SELECT {list} FROM ONLY {table}) TO STDOUT"))
            .await;
        let out = out.map_err(failed(doing))?;
        let sink = self
            .client
            .copy_in::<_, Bytes>("COPY doppel_mask.staging FROM STDIN")
            .await
            .map_err(failed(doing))?;
        pin_mut!(out, sink);
        let mut rows = copy::Rows::default();
        let mut piece = Vec::with_capacity(PIECE + PIECE / 8);
        let (mut count, mut told) = (0, 0);
        while let Some(chunk) = out.next().await {
            let counted: Result<(), Error> = rows.push(&chunk.map_err(failed(doing))?, |row| {
                copy::mask_row(row, maskers, &mut piece);
                count += 1;
                Ok(())
            });
            counted?;
            if piece.len() >= PIECE {
                reporter.stop_if_told()?;
                reporter.add_rows(count - told);
                told = count;
                let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE + PIECE / 8));
                sink.send(Bytes::from(full)).await.map_err(failed(doing))?;
            }
        }
        sink.send(Bytes::from(piece)).await.map_err(failed(doing))?;
        sink.as_mut().finish().await.map_err(failed(doing))?;
        reporter.add_rows(count - told);
        Ok(count)
    }

    /// Materialized views hold copies of what was masked. Older ones first: a view can only read what was there.
    async fn refresh_views(&self) -> Result<(), DatabaseFailed> {
        let sql =
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'm' AND relispopulated ORDER BY oid";
        for view in self.texts("listing materialized views", sql).await? {
            self.run(
                &format!("refreshing `{view}`"),
                &format!("REFRESH MATERIALIZED VIEW {view}"),
            )
            .await?;
        }
        Ok(())
    }

    /// ANALYZE leaves the statistics of an empty table as they are; a change of type, even to the same type, drops them.
    async fn forget_emptied(&self, plans: &[TablePlan]) -> Result<(), DatabaseFailed> {
        let emptied: Vec<String> = plans
            .iter()
            .filter(|plan| plan.method == Method::Empty)
            .map(|plan| table(&plan.table))
            .collect();
        let stale = "SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I TYPE %s', s.starelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod)) \
            FROM (SELECT format('%I.%I', schemaname, tablename)::regclass AS starelid, attname FROM pg_stats \
                  WHERE format('%I.%I', schemaname, tablename)::regclass = ANY ($1::text[]::regclass[])) s \
            JOIN pg_attribute a ON a.attrelid = s.starelid AND a.attname = s.attname";
        for row in self
            .client
            .query(stale, &[&emptied])
            .await
            .map_err(failed(|| "finding old statistics".to_owned()))?
        {
            let statement: String = row.get(0);
            // A view on the column forbids the change; `verify` then looks at the statistics.
            if let Err(error) = self.run("dropping old statistics", &statement).await {
                tracing::warn!(%error, "old statistics of an emptied table stay");
            }
        }
        Ok(())
    }

    /// The planner's statistics hold samples of the original values: they are made anew, and the catalogue's own
    /// old rows removed where the master may.
    async fn clean_statistics(&self, large_objects: bool) -> Result<(), DatabaseFailed> {
        let targets = "SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS ', a.attrelid::regclass, a.attname) FROM pg_attribute a \
            JOIN pg_class c ON c.oid = a.attrelid WHERE a.attstattarget = 0 AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm') \
            AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
        let targets = self.texts("finding columns without statistics", targets).await?;
        for statement in &targets {
            self.run("gathering statistics", &format!("{statement} -1"))
                .await?;
        }
        let relations = "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'm') AND relpersistence <> 't' \
            AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)";
        for relation in self.texts("listing tables", relations).await? {
            self.run(
                &format!("gathering statistics of `{relation}`"),
                &format!("ANALYZE {relation}"),
            )
            .await?;
        }
        for statement in &targets {
            self.run("setting statistics back", &format!("{statement} 0"))
                .await?;
        }
        let mut catalogues = vec!["pg_statistic", "pg_statistic_ext_data"];
        catalogues.extend(large_objects.then_some("pg_largeobject"));
        for catalogue in catalogues {
            if let Err(error) = self
                .run(
                    &format!("rewriting `{catalogue}`"),
                    &format!("VACUUM FULL {catalogue}"),
                )
                .await
            {
                tracing::warn!(%error, "old rows of a catalogue stay in its file");
            }
        }
        Ok(())
    }
}
