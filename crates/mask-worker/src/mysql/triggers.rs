//! Triggers, put aside while their tables are rewritten, and made again as they were.

use masking::{Method, TablePlan};
use mysql_async::Row;

use super::catalogue::text;
use super::{Mysql, ident, literal};
use crate::error::DatabaseFailed;

/// A trigger as `SHOW CREATE TRIGGER` tells it.
pub(super) struct Trigger {
    database: String,
    create: String,
    sql_mode: String,
    charset: String,
    collation: String,
}

impl Mysql {
    /// Drops the triggers of the plans' tables, and answers how to make them again. A trigger whose definer cannot be
    /// set again fails before anything is dropped, for lack of the right to do so.
    pub(super) async fn drop_triggers(&self, plans: &[TablePlan]) -> Result<Vec<Trigger>, DatabaseFailed> {
        let doing = "reading triggers";
        let mut triggers = Vec::new();
        let mut drops = Vec::new();
        for plan in plans.iter().filter(|plan| plan.method != Method::Keep) {
            // In the order in which they run.
            let sql = format!(
                "SELECT trigger_name FROM information_schema.triggers WHERE event_object_schema = {} AND event_object_table = {} \
                 ORDER BY event_manipulation, action_timing, action_order",
                literal(&plan.table.schema),
                literal(&plan.table.table)
            );
            for name in self.rows::<String>(doing, &sql).await? {
                let name = format!("{}.{}", ident(&plan.table.schema), ident(&name));
                for row in self
                    .rows::<Row>(doing, &format!("SHOW CREATE TRIGGER {name}"))
                    .await?
                {
                    triggers.push(Trigger {
                        database: plan.table.schema.clone(),
                        sql_mode: text(&row, 1),
                        create: text(&row, 2),
                        charset: text(&row, 3),
                        collation: text(&row, 4),
                    });
                }
                drops.push(format!("DROP TRIGGER {name}"));
            }
        }
        for drop in drops {
            self.run("putting a trigger aside", &drop).await?;
        }
        Ok(triggers)
    }

    pub(super) async fn make_triggers(&self, triggers: &[Trigger]) -> Result<(), DatabaseFailed> {
        if triggers.is_empty() {
            return Ok(());
        }
        let doing = "making a trigger again";
        for trigger in triggers {
            let session = format!(
                "SET SESSION sql_mode = {}, character_set_client = {}, collation_connection = {}",
                literal(&trigger.sql_mode),
                literal(&trigger.charset),
                literal(&trigger.collation)
            );
            self.run(doing, &session).await?;
            self.run(doing, &format!("USE {}", ident(&trigger.database)))
                .await?;
            self.run(doing, &trigger.create).await?;
        }
        let back = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'";
        self.run(doing, back).await?;
        self.run(doing, "SET NAMES utf8mb4").await
    }
}
