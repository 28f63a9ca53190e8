//! Masking the tables of a plan.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use masking::{Classified, Key, Method, Schema, TableKind, TableName, TablePlan};

use super::alter::alter;
use super::crew::Crew;
use super::dependents::Dependents;
use super::restage::restage;
use super::statistics::analyze;
use super::stream::{Run, kept_rows, stream};
use super::{Postgres, failed, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;
use crate::work::Tuning;

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
        tuning: Tuning,
    ) -> Result<Vec<u64>, Error> {
        let crew = Crew::muster(self, reporter).await?;
        let run = Arc::new(Run {
            schema: schema.clone(),
            classified: classified.clone(),
            key: key.clone(),
            pages: self.pages(plans).await?,
            range: i64::from(tuning.range_pages.get()),
        });
        let dependents = Dependents::put_aside(&crew, self, plans, schema, classified).await?;
        let emptying = Instant::now();
        self.empty(&crew, plans).await?;
        self.forget_emptied(plans).await?;
        for plan in plans.iter().filter(|plan| plan.method == Method::Empty) {
            reporter.table_done_since(&plan.table, emptying);
        }
        self.choose_rows(&crew, schema, classified, plans).await?;
        let rows = carry_out(&crew, &run, plans).await?;
        if classified.drop_large_objects {
            let unlink = "SELECT lo_unlink(oid) FROM pg_largeobject_metadata";
            crew.run(self, "unlinking large objects", unlink).await?;
        }
        dependents.put_back(&crew, self).await?;
        self.run("dropping the staging schema", "DROP SCHEMA doppel_mask CASCADE")
            .await?;
        self.finish(&crew, plans, schema).await?;
        self.clean_catalogues(classified.drop_large_objects).await;
        self.run(
            "noting that the masking ended",
            "UPDATE doppel.masking SET ended = now()",
        )
        .await?;
        Ok(rows)
    }

    /// Fills the materialized views, and gathers statistics.
    async fn finish(&self, crew: &Crew, plans: &[TablePlan], schema: &Schema) -> Result<(), Error> {
        let mut relations = self.to_analyze(plans, schema).await?;
        relations.extend(self.refresh_views(crew).await?);
        let analyzed = relations
            .into_iter()
            .map(|relation| analyze(crew.clone(), relation));
        crew.all(analyzed).await?;
        Ok(())
    }

    /// Empties all tables that are to be emptied in one statement: they may refer to each other.
    async fn empty(&self, crew: &Crew, plans: &[TablePlan]) -> Result<(), Error> {
        let emptied: Vec<_> = plans
            .iter()
            .filter(|plan| plan.method == Method::Empty)
            .map(|plan| format!("ONLY {}", table(&plan.table)))
            .collect();
        if emptied.is_empty() {
            return Ok(());
        }
        let sql = format!("TRUNCATE {}", emptied.join(", "));
        crew.run(self, "emptying tables", &sql).await
    }

    /// Lists the rows that stay of every table that loses some, while all tables are as they were: a condition may look
    /// into another table, and must not see it masked.
    async fn choose_rows(
        &self,
        crew: &Crew,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
    ) -> Result<(), Error> {
        let lists = plans
            .iter()
            .filter(|plan| matches!(plan.method, Method::Stream | Method::Restage))
            .filter_map(|plan| Some((&plan.table, classified.table(&plan.table)?.filter.as_ref()?)))
            .map(|(name, filter)| {
                let (crew, doing) = (crew.clone(), format!("choosing the rows of `{name}` that stay"));
                let (kept, name) = (kept_rows(schema, name), table(name));
                let sql = format!(
                    "CREATE UNLOGGED TABLE {kept} AS SELECT ctid AS row_at FROM ONLY {name} WHERE {filter}"
                );
                async move { crew.statements(&doing, &[sql, format!("ANALYZE {kept}")]).await }
            });
        crew.all(lists.collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// The pages of all tables that change.
    async fn pages(&self, plans: &[TablePlan]) -> Result<i64, DatabaseFailed> {
        let changed: Vec<String> = plans
            .iter()
            .filter(|plan| !matches!(plan.method, Method::Keep | Method::Empty))
            .map(|plan| table(&plan.table))
            .collect();
        let sql =
            "SELECT coalesce(sum(pg_relation_size(t::regclass)) / 8192, 0)::int8 FROM unnest($1::text[]) t";
        let row = self.client.query_one(sql, &[&changed]).await;
        Ok(row.map_err(failed(|| "measuring the tables".to_owned()))?.get(0))
    }
}

/// One piece of work, and the plans that it carries out.
enum Work {
    Alter(TableName, Vec<usize>),
    Stream(usize),
    Restage(usize),
}

/// Masks all tables side by side, the largest first. Answers the rows of each plan.
async fn carry_out(crew: &Crew, run: &Arc<Run>, plans: &[TablePlan]) -> Result<Vec<u64>, Error> {
    let jobs = works(&run.schema, plans).into_iter().map(|work| {
        let (crew, run) = (crew.clone(), Arc::clone(run));
        let name = |at: usize| plans[at].table.clone();
        let (at, job): (
            Vec<usize>,
            futures::future::BoxFuture<'static, Result<Vec<u64>, Error>>,
        ) = match work {
            Work::Alter(root, at) => {
                let members = at.iter().map(|at| name(*at)).collect();
                let expressions = plans[at[0]].expressions.clone();
                (at, Box::pin(alter(crew, root, members, expressions)))
            }
            Work::Stream(at) => {
                let name = name(at);
                (
                    vec![at],
                    Box::pin(async move { Ok(vec![stream(crew, run, name).await?]) }),
                )
            }
            Work::Restage(at) => {
                let name = name(at);
                (
                    vec![at],
                    Box::pin(async move { Ok(vec![restage(crew, run, name).await?]) }),
                )
            }
        };
        async move { Ok((at, job.await?)) }
    });
    let mut rows = vec![0; plans.len()];
    for (at, counted) in crew.all(jobs.collect::<Vec<_>>()).await? {
        at.into_iter()
            .zip(counted)
            .for_each(|(at, counted)| rows[at] = counted);
    }
    Ok(rows)
}

/// The work that the plans ask for; partitions are altered by their root.
fn works(schema: &Schema, plans: &[TablePlan]) -> Vec<Work> {
    let mut roots: BTreeMap<TableName, Vec<usize>> = BTreeMap::new();
    let mut works = Vec::new();
    for (at, plan) in plans.iter().enumerate() {
        match plan.method {
            Method::Alter => {
                let root = schema
                    .table(&plan.table)
                    .and_then(|table| table.parent.as_ref())
                    .filter(|root| {
                        schema
                            .table(root)
                            .is_some_and(|root| root.kind == TableKind::Partitioned)
                    });
                match root {
                    Some(root) => roots.entry(root.clone()).or_default().push(at),
                    None => works.push(Work::Alter(plan.table.clone(), vec![at])),
                }
            }
            Method::Stream => works.push(Work::Stream(at)),
            Method::Restage => works.push(Work::Restage(at)),
            Method::Keep | Method::Empty | Method::Rewrite => {}
        }
    }
    works.splice(0..0, roots.into_iter().map(|(root, at)| Work::Alter(root, at)));
    works
}
