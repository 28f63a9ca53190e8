//! The rehearsal: before the first write a sample of every table's rows is masked into a temporary table with the same
//! columns, checks and unique keys. What the server refuses there stops the run while nothing is changed.

use std::sync::Arc;

use masking::{Classified, Key, Method, Schema, TablePlan};

use super::columns::list;
use super::rewrite::{by_primary, is_built};
use super::stream::Feed;
use super::{Mysql, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;

/// So many rows from either end of a table.
const SAMPLE: u32 = 200;

impl Mysql {
    /// Masks a sample of every table that is built anew, and asks whether its triggers can be made again.
    pub(crate) async fn rehearse(
        &self,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
        key: &Key,
        reporter: &Reporter,
    ) -> Result<(), Error> {
        self.can_make_triggers(plans).await?;
        // What is tried here is no progress.
        let quiet = reporter.quiet();
        let shared = Arc::new(schema.clone());
        for plan in plans.iter().filter(|plan| is_built(plan.method)) {
            reporter.stop_if_told()?;
            let Some(treatment) = classified.table(&plan.table) else {
                continue;
            };
            let stage = format!("{}.doppel_rehearsal", ident(&plan.table.schema));
            let feed = Feed {
                target: self.target.clone(),
                schema: Arc::clone(&shared),
                key: key.clone(),
                treatment: treatment.clone(),
                fields: self.fields(&plan.table).await?,
                into: stage.clone(),
                load: false,
                reporter: quiet.clone(),
            };
            let create = self.definition(&plan.table).await?.create_temporary(&stage);
            let samples = samples(schema, plan);
            let tried = if plan.method == Method::Rewrite {
                self.try_expressions(plan, &feed, &create, &samples).await
            } else {
                feed.rehearse(&create, &samples).await
            };
            tried.map_err(|error| error.unfit(treatment))?;
        }
        Ok(())
    }

    async fn try_expressions(
        &self,
        plan: &TablePlan,
        feed: &Feed,
        create: &str,
        samples: &[String],
    ) -> Result<(), Error> {
        let doing = format!("masking a sample of `{}`", plan.table);
        self.run(&doing, create).await?;
        for sample in samples {
            let insert = format!(
                "INSERT INTO {} ({}) SELECT {} FROM {}{}{sample}",
                feed.into,
                list(feed.fields.iter().map(|field| field.name.as_str())),
                said(plan, &feed.fields),
                table(&plan.table),
                by_primary(&feed.schema, &plan.table)
            );
            self.run(&doing, &insert).await?;
        }
        let drop = format!("DROP TEMPORARY TABLE {}", feed.into);
        Ok(self.run("clearing the rehearsal", &drop).await?)
    }

    /// A trigger that acts as somebody else can be made again only with a right of its own.
    async fn can_make_triggers(&self, plans: &[TablePlan]) -> Result<(), DatabaseFailed> {
        const RIGHTS: &[&str] = &[
            "ALL PRIVILEGES ON *.*",
            "SUPER",
            "SET USER",
            "SET_USER_ID",
            "SET_ANY_DEFINER",
            "rds_superuser_role",
        ];
        let doing = "asking what the worker may do";
        let grants = self.rows::<String>(doing, "SHOW GRANTS").await?;
        if grants
            .iter()
            .any(|grant| RIGHTS.iter().any(|right| grant.contains(right)))
        {
            return Ok(());
        }
        for plan in plans.iter().filter(|plan| plan.method != Method::Keep) {
            let sql = format!(
                "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = {} AND event_object_table = {} \
                 AND definer <> CURRENT_USER()",
                literal(&plan.table.schema),
                literal(&plan.table.table)
            );
            if let Some(trigger) = self.rows::<String>(doing, &sql).await?.first() {
                return Err(DatabaseFailed {
                    doing: format!("the trigger `{trigger}` of `{}` must be made again", plan.table),
                    code: "1227".to_owned(),
                    said: Some(
                        "its definer is another user: grant the worker SET USER or SET_USER_ID".to_owned(),
                    ),
                });
            }
        }
        Ok(())
    }
}

/// The new values of the columns in order, as SQL.
pub(super) fn said(plan: &TablePlan, fields: &[super::columns::Field]) -> String {
    let values: Vec<_> = fields
        .iter()
        .map(|field| {
            let said = plan.expressions.iter().find(|(column, _)| *column == field.name);
            said.map_or_else(|| ident(&field.name), |(_, sql)| sql.clone())
        })
        .collect();
    values.join(", ")
}

/// Which rows are tried: the first ones, and, where one column tells rows apart, the last ones that are not among them.
fn samples(schema: &Schema, plan: &TablePlan) -> Vec<String> {
    let mut samples = vec![format!(" LIMIT {SAMPLE}")];
    if let Some([key]) = schema
        .table(&plan.table)
        .map(|table| table.primary_key.as_slice())
    {
        let (key, name) = (ident(key), table(&plan.table));
        samples[0] = format!(" ORDER BY {key} LIMIT {SAMPLE}");
        samples.push(format!(
            " WHERE {key} > (SELECT MAX(head.{key}) FROM (SELECT {key} FROM {name} ORDER BY {key} LIMIT {SAMPLE}) head) \
             ORDER BY {key} DESC LIMIT {SAMPLE}"
        ));
    }
    samples
}
