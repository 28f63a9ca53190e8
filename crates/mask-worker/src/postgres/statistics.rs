//! The planner's statistics hold samples of the original values: those of what was masked are made anew.

use std::collections::BTreeSet;

use masking::{Method, Schema, TableName, TablePlan};

use super::crew::Crew;
use super::{Postgres, failed, table};
use crate::error::{DatabaseFailed, Error};

/// Columns whose statistics nobody wants: without a target ANALYZE leaves the old ones as they are.
const WITHOUT_TARGET: &str = "
SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS ', a.attrelid::regclass, a.attname)
FROM pg_attribute a WHERE a.attstattarget = 0 AND a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (
    SELECT t::regclass FROM unnest($1::text[]) t UNION SELECT p.relid FROM unnest($1::text[]) t, pg_partition_tree(t::regclass) p)
AND EXISTS (SELECT 1 FROM pg_stats s WHERE format('%I.%I', s.schemaname, s.tablename)::regclass = a.attrelid AND s.attname = a.attname)";

/// Tables that inherit, so that a parent's statistics over all its children are made anew too.
const ANCESTORS: &str = "
WITH RECURSIVE up AS (SELECT t::regclass::oid AS rel FROM unnest($1::text[]) t
    UNION SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.rel)
SELECT format('%I.%I', n.nspname, c.relname) FROM up JOIN pg_class c ON c.oid = up.rel JOIN pg_namespace n ON n.oid = c.relnamespace";

/// Materialized views, each after those that it reads.
const MATERIALIZED: &str = "
WITH RECURSIVE reads AS (
    SELECT r.ev_class AS view, d.refobjid AS read FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class),
deep AS (SELECT c.oid AS view, 0 AS depth FROM pg_class c WHERE c.relkind IN ('m', 'v')
    UNION SELECT reads.view, deep.depth + 1 FROM deep JOIN reads ON reads.read = deep.view WHERE deep.depth < 100)
SELECT format('%I.%I', n.nspname, c.relname), max(depth)::int8 FROM deep JOIN pg_class c ON c.oid = deep.view JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND c.relispopulated GROUP BY 1 ORDER BY 2, 1";

impl Postgres {
    /// ANALYZE leaves the statistics of an empty table as they are; a change of type, even to the same type, drops them.
    pub(super) async fn forget_emptied(&self, plans: &[TablePlan]) -> Result<(), DatabaseFailed> {
        let emptied: Vec<String> = plans
            .iter()
            .filter(|plan| plan.method == Method::Empty)
            .map(|plan| table(&plan.table))
            .collect();
        let stale = "SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I TYPE %s', s.starelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod)) \
            || coalesce((SELECT format(' COLLATE %I.%I', n.nspname, co.collname) FROM pg_collation co JOIN pg_namespace n ON n.oid = co.collnamespace \
                WHERE co.oid = a.attcollation AND co.collname <> 'default'), '') \
            FROM (SELECT format('%I.%I', schemaname, tablename)::regclass AS starelid, attname FROM pg_stats \
                  WHERE format('%I.%I', schemaname, tablename)::regclass = ANY ($1::text[]::regclass[])) s \
            JOIN pg_attribute a ON a.attrelid = s.starelid AND a.attname = s.attname";
        for statement in self.listed("finding old statistics", stale, &emptied).await? {
            // A generated column or a partition forbids the change; `verify` then looks at the statistics.
            if let Err(error) = self.run("dropping old statistics", &statement).await {
                tracing::warn!(%error, "old statistics of an emptied table stay");
            }
        }
        Ok(())
    }

    /// Materialized views hold copies of what was masked. Answers them.
    pub(super) async fn refresh_views(&self, crew: &Crew) -> Result<Vec<String>, Error> {
        let mut views: Vec<(String, i64)> = Vec::new();
        for row in self
            .client
            .query(MATERIALIZED, &[])
            .await
            .map_err(failed(|| "listing materialized views".to_owned()))?
        {
            views.push((row.get(0), row.get(1)));
        }
        for level in views.chunk_by(|a, b| a.1 == b.1) {
            let jobs = level.iter().map(|(view, _)| {
                let (crew, view) = (crew.clone(), view.clone());
                async move {
                    // What a policy hides from the view's owner was not in the view either.
                    let refresh = [
                        "SET row_security = on".to_owned(),
                        format!("REFRESH MATERIALIZED VIEW {view}"),
                        "SET row_security = off".to_owned(),
                    ];
                    crew.statements(&format!("refreshing `{view}`"), &refresh).await
                }
            });
            crew.all(jobs).await?;
        }
        Ok(views.into_iter().map(|(view, _)| view).collect())
    }

    /// What is to be analyzed after the plans were carried out: a tree of partitions by its root, which does them all.
    pub(super) async fn to_analyze(
        &self,
        plans: &[TablePlan],
        schema: &Schema,
    ) -> Result<Vec<String>, DatabaseFailed> {
        let partitioned = |name: &TableName| {
            schema
                .table(name)
                .is_some_and(|t| t.kind == masking::TableKind::Partitioned)
        };
        let changed: BTreeSet<String> = plans
            .iter()
            .filter(|plan| plan.method != Method::Keep)
            .map(|plan| {
                let root = schema.table(&plan.table).and_then(|table| table.parent.as_ref());
                table(root.filter(|root| partitioned(root)).unwrap_or(&plan.table))
            })
            .collect();
        let changed: Vec<String> = changed.into_iter().collect();
        self.listed("listing what inherits", ANCESTORS, &changed).await
    }

    /// The catalogue's own old rows are removed where the master may.
    pub(super) async fn clean_catalogues(&self, large_objects: bool) {
        let mut catalogues = vec!["pg_statistic", "pg_statistic_ext_data"];
        catalogues.extend(large_objects.then_some("pg_largeobject"));
        for catalogue in catalogues {
            let tried = self
                .run(
                    &format!("rewriting `{catalogue}`"),
                    &format!("VACUUM FULL {catalogue}"),
                )
                .await;
            if let Err(error) = tried {
                tracing::warn!(%error, "old rows of a catalogue stay in its file");
            }
        }
    }
}

/// Gathers the statistics of one relation.
pub(super) async fn analyze(crew: Crew, relation: String) -> Result<(), Error> {
    crew.job(|crew, db| async move {
        let doing = format!("gathering statistics of `{relation}`");
        let without = db
            .listed(&doing, WITHOUT_TARGET, std::slice::from_ref(&relation))
            .await?;
        for column in &without {
            crew.run(&db, &doing, &format!("{column} -1")).await?;
        }
        crew.run(&db, &doing, &format!("ANALYZE {relation}")).await?;
        for column in &without {
            crew.run(&db, &doing, &format!("{column} 0")).await?;
        }
        Ok(())
    })
    .await
}
