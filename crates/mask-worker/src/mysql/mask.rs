//! Masking the tables of a plan.

use std::sync::Arc;
use std::time::Instant;

use masking::{Classified, Key, Method, Schema, TableName, TablePlan};
use tokio::task::JoinSet;

use super::rewrite::{Site, ended, is_built};
use super::{Mysql, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;

impl Mysql {
    /// Takes the lock that keeps two workers apart; it lasts as long as the connection, and the server may need a
    /// moment to see that a former one has ended.
    pub(crate) async fn lock(&self) -> Result<(), Error> {
        let taken = self
            .rows::<Option<u64>>("taking the worker's lock", "SELECT GET_LOCK('doppel', 5)")
            .await?;
        if taken.first() == Some(&Some(1)) {
            Ok(())
        } else {
            Err(Error::Busy)
        }
    }

    /// Fails if a run has begun in this clone before.
    pub(crate) async fn refuse_second_run(&self) -> Result<(), Error> {
        let sql = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'doppel'";
        if self.number("looking for an earlier run", sql).await? > 0 {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Notes that a run begins. The note is never removed.
    pub(crate) async fn note_run(&self) -> Result<(), Error> {
        for statement in [
            "CREATE DATABASE doppel",
            "CREATE TABLE doppel.masking (began TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, ended TIMESTAMP NULL)",
            "INSERT INTO doppel.masking () VALUES ()",
            "CREATE DATABASE doppel_mask",
        ] {
            self.run("noting that the masking begins", statement).await?;
        }
        Ok(())
    }

    /// Masks every table as planned. Answers the rows of each table that was built anew, in the order of the plans.
    ///
    /// All tables are built beside the old ones before the first of these goes: which rows stay is asked of tables
    /// that nobody has touched.
    pub(crate) async fn mask(
        &self,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
        key: &Key,
        reporter: &Reporter,
    ) -> Result<Vec<u64>, Error> {
        let statistics = self.statistics_kept().await?;
        let sites = self.sites(classified, plans).await?;
        let built = self.build(schema, key, plans, &sites, reporter).await;
        if built.is_err() {
            self.end_statements().await;
        }
        let rows = built?;
        self.compare_keys(schema, classified, &sites).await?;
        let triggers = self.drop_triggers(plans).await?;
        for plan in plans.iter().filter(|plan| plan.method == Method::Empty) {
            let since = Instant::now();
            self.empty(&plan.table).await?;
            reporter.table_done_since(&plan.table, since);
        }
        self.swap(&sites).await?;
        self.make_triggers(&triggers).await?;
        self.gather_statistics(plans, &statistics).await?;
        self.run("dropping the staging database", "DROP DATABASE doppel_mask")
            .await?;
        self.run(
            "noting that the masking ended",
            "UPDATE doppel.masking SET ended = CURRENT_TIMESTAMP",
        )
        .await?;
        Ok(rows)
    }

    /// What is needed to build each table that must be built.
    async fn sites(&self, classified: &Classified, plans: &[TablePlan]) -> Result<Vec<Arc<Site>>, Error> {
        let mut sites = Vec::new();
        for (at, plan) in plans.iter().enumerate().filter(|(_, plan)| is_built(plan.method)) {
            let Some(treatment) = classified.table(&plan.table) else {
                continue;
            };
            sites.push(Arc::new(Site {
                plan: plan.clone(),
                treatment: treatment.clone(),
                definition: self.definition(&plan.table).await?,
                fields: self.fields(&plan.table).await?,
                new: TableName::new("doppel_mask", format!("t{at}")),
            }));
        }
        Ok(sites)
    }

    /// Builds the tables side by side, the largest first.
    async fn build(
        &self,
        schema: &Schema,
        key: &Key,
        plans: &[TablePlan],
        sites: &[Arc<Site>],
        reporter: &Reporter,
    ) -> Result<Vec<u64>, Error> {
        let yard = Arc::new(self.yard(schema, key, plans, reporter).await?);
        let mut running = JoinSet::new();
        for site in sites {
            let (yard, site) = (Arc::clone(&yard), Arc::clone(site));
            running.spawn(async move {
                let since = Instant::now();
                let rows = Arc::clone(&yard).build(Arc::clone(&site)).await?;
                yard.reporter.table_done_since(&site.plan.table, since);
                Ok::<_, Error>((site, rows))
            });
        }
        let mut rows = vec![0; plans.len()];
        while let Some(built) = running.join_next().await {
            let (site, count) = built.map_err(ended)??;
            let at = plans.iter().position(|plan| plan.table == site.plan.table);
            at.into_iter().for_each(|at| rows[at] = count);
        }
        Ok(rows)
    }

    /// The new tables take the old ones' names. The old ones go first: keys that refer to a table follow it when it is
    /// renamed, and wait for the name when it is dropped.
    async fn swap(&self, sites: &[Arc<Site>]) -> Result<(), DatabaseFailed> {
        for site in sites {
            let name = &site.plan.table;
            let doing = format!("putting the new `{name}` in its place");
            self.run(&doing, &format!("DROP TABLE {}", table(name))).await?;
            let rename = format!("RENAME TABLE {} TO {}", table(&site.new), table(name));
            self.run(&doing, &rename).await?;
        }
        for site in sites {
            let name = &site.plan.table;
            let Some(keys) = site.definition.add_foreign_keys(&table(name)) else {
                continue;
            };
            // A reference without a database means the table's own.
            let doing = format!("adding the foreign keys of `{name}`");
            self.run(&doing, &format!("USE {}", super::ident(&name.schema)))
                .await?;
            self.run(&doing, &keys).await?;
        }
        Ok(())
    }

    /// Takes every row out of a table; new ones are numbered on from where they were.
    async fn empty(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        let next_id = self.auto_increment(name).await?;
        let truncate = format!("TRUNCATE TABLE {}", table(name));
        self.run(&format!("emptying `{name}`"), &truncate).await?;
        self.count_on_from(next_id, name).await
    }

    /// TRUNCATE starts a table's numbers anew: this takes them up again.
    async fn count_on_from(&self, next_id: Option<u64>, name: &TableName) -> Result<(), DatabaseFailed> {
        let Some(next_id) = next_id else { return Ok(()) };
        let alter = format!("ALTER TABLE {} AUTO_INCREMENT = {next_id}", table(name));
        self.run(&format!("numbering the rows of `{name}` on"), &alter)
            .await
    }

    async fn auto_increment(&self, name: &TableName) -> Result<Option<u64>, DatabaseFailed> {
        let sql = format!(
            "SELECT auto_increment FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
            literal(&name.schema),
            literal(&name.table)
        );
        Ok(self
            .rows::<Option<u64>>("reading a counter", &sql)
            .await?
            .into_iter()
            .next()
            .flatten())
    }
}
