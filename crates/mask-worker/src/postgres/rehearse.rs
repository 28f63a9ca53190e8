//! The rehearsal: before the first write, a sample of every table's rows is masked into a temporary table with the
//! same types, checks and unique indexes. What the database refuses there stops the run while nothing is changed.
//!
//! Foreign keys are not rehearsed: the rules are held against the schema so that both sides of a key come out alike.

use masking::{Classified, Key, Method, Schema, TablePlan};

use super::crew::Crew;
use super::stream::{Flow, Run, pour};
use super::{Postgres, ident, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;

/// So many rows of a table, from its beginning and from anywhere in it.
const SAMPLE: u32 = 200;

const STAGE: &str = "pg_temp.doppel_rehearsal";

/// Checks that old rows need not pass, which a table made alike would check.
const UNCHECKED: &str = "SELECT format('ALTER TABLE pg_temp.doppel_rehearsal DROP CONSTRAINT %I', conname) \
    FROM pg_constraint WHERE contype = 'c' AND NOT convalidated AND conrelid = ANY ($1::text[]::regclass[])";

impl Postgres {
    /// Masks a sample of every table that changes.
    pub(crate) async fn rehearse(
        &self,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
        key: &Key,
        reporter: &Reporter,
    ) -> Result<(), Error> {
        let run = Run {
            schema: schema.clone(),
            classified: classified.clone(),
            key: key.clone(),
            pages: 0,
            range: 1,
        };
        let crew = Crew::muster(self, reporter).await?;
        self.rehearse_all(&crew, &run, plans).await
    }

    async fn rehearse_all(&self, crew: &Crew, run: &Run, plans: &[TablePlan]) -> Result<(), Error> {
        let reader = crew.connection().await?;
        for plan in plans {
            crew.go_on()?;
            let Some(flow) = Flow::of(run, &plan.table) else {
                continue;
            };
            let tried = match plan.method {
                Method::Alter => self.try_expressions(plan, &flow).await,
                Method::Stream | Method::Restage => self.try_maskers(crew, &reader, plan, &flow).await,
                Method::Keep | Method::Empty | Method::Rewrite => continue,
            };
            tried.map_err(|error| error.unfit(flow.treatment))?;
            self.run("clearing the rehearsal", &format!("DROP TABLE {STAGE}"))
                .await?;
        }
        Ok(())
    }

    async fn try_expressions(&self, plan: &TablePlan, flow: &Flow<'_>) -> Result<(), Error> {
        self.set_stage(plan).await?;
        let said: Vec<_> = flow
            .columns()
            .map(|column| {
                let said = plan.expressions.iter().find(|(name, _)| name == column);
                said.map_or_else(|| ident(column), |(_, expression)| expression.clone())
            })
            .collect();
        let fill = format!(
            "INSERT INTO {STAGE} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM (SELECT {} {}) AS sample",
            flow.list(),
            said.join(", "),
            flow.list(),
            sample(plan)
        );
        Ok(self
            .run(&format!("masking a sample of `{}`", plan.table), &fill)
            .await?)
    }

    async fn try_maskers(
        &self,
        crew: &Crew,
        reader: &Self,
        plan: &TablePlan,
        flow: &Flow<'_>,
    ) -> Result<(), Error> {
        self.set_stage(plan).await?;
        let from = flow.reading(&sample(plan));
        let into = flow.writing(STAGE, false);
        pour(crew, reader, self, (&from, &into), flow.masker(0), &plan.table).await?;
        Ok(())
    }

    async fn set_stage(&self, plan: &TablePlan) -> Result<(), DatabaseFailed> {
        let create = format!(
            "CREATE TEMPORARY TABLE doppel_rehearsal (LIKE {} INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING INDEXES)",
            table(&plan.table)
        );
        let doing = format!("rehearsing `{}`", plan.table);
        self.run(&doing, &create).await?;
        let table = [table(&plan.table)];
        for constraint in self.listed(&doing, UNCHECKED, &table).await? {
            self.run(&doing, &constraint).await?;
        }
        Ok(())
    }
}

/// Rows from the table's beginning, and from pages anywhere in it, each once.
fn sample(plan: &TablePlan) -> String {
    let name = table(&plan.table);
    let share = (f64::from(SAMPLE) * 400.0 / plan.rows.max(1) as f64).clamp(0.01, 100.0);
    format!(
        "FROM ONLY {name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ONLY {name} LIMIT {SAMPLE}) \
         || ARRAY(SELECT ctid FROM ONLY {name} TABLESAMPLE SYSTEM ({share}) LIMIT {SAMPLE}))"
    )
}
