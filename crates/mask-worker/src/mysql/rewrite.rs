//! Building a table anew: rows first, by the server alone or through the worker, indexes after them.

use std::sync::Arc;
use std::time::Duration;

use masking::{Engine, Key, Kind, Method, Schema, TableName, TablePlan, TableTreatment};
use mysql_async::prelude::Queryable;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::columns::{Field, condition, list};
use super::definition::Definition;
use super::rehearse::said;
use super::stream::Feed;
use super::{Mysql, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;

/// Rows that one statement of the server's own copies: what it keeps to undo a statement must not grow with the table.
const STATEMENT_ROWS: u64 = 2_000_000;
/// How often a long statement is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);

/// What all tables of a run share.
pub(super) struct Yard {
    pub(super) db: Mysql,
    pub(super) schema: Arc<Schema>,
    pub(super) key: Key,
    pub(super) reporter: Reporter,
    /// How much goes on at once.
    pub(super) slots: Semaphore,
    pub(super) width: u64,
    /// Rows of all tables that are built.
    pub(super) rows: u64,
    /// The server lets the worker load data.
    pub(super) load: bool,
    /// Counted columns hold a lock on their table for as long as a statement adds rows to it.
    pub(super) counters_lock: bool,
}

/// A table that is built anew beside the old one.
pub(super) struct Site {
    pub(super) plan: TablePlan,
    pub(super) treatment: TableTreatment,
    pub(super) definition: Definition,
    pub(super) fields: Vec<Field>,
    /// The new table, until it takes the old one's place.
    pub(super) new: TableName,
}

impl Yard {
    /// Builds the table with all of its rows and indexes. Answers the rows.
    pub(super) async fn build(self: Arc<Self>, site: Arc<Site>) -> Result<u64, Error> {
        let name = &site.plan.table;
        let doing = format!("building `{name}` anew");
        let new = table(&site.new);
        self.db.run(&doing, &site.definition.create(&new)).await?;
        let lanes = self.lanes(&site);
        let lane = Arc::new(Semaphore::new(lanes));
        let mut pieces = JoinSet::new();
        for (part, piece) in self.pieces(&site, lanes).await?.into_iter().enumerate() {
            let (yard, site, lane) = (Arc::clone(&self), Arc::clone(&site), Arc::clone(&lane));
            pieces.spawn(async move {
                let _lane = lane.acquire().await.map_err(ended)?;
                let _slot = yard.slots.acquire().await.map_err(ended)?;
                yard.reporter.stop_if_told()?;
                yard.copy(&site, part as u64, piece.as_deref()).await
            });
        }
        let mut rows = 0;
        while let Some(copied) = pieces.join_next().await {
            rows += copied.map_err(ended)??;
        }
        let _slot = self.slots.acquire().await.map_err(ended)?;
        let doing = format!("adding the indexes of `{name}`");
        let session = self.db.again().await?;
        for statement in site.definition.add_indexes(&new) {
            self.watched(&session, &doing, &statement, false).await?;
        }
        Ok(rows)
    }

    /// How many pieces of the table are copied at once: as many as its share of all rows asks for.
    fn lanes(&self, site: &Site) -> usize {
        let streamed_by_insert = site.plan.method != Method::Rewrite && !self.load;
        if self.counters_lock && site.definition.has_counter() && !streamed_by_insert {
            return 1;
        }
        let share = (site.plan.rows * self.width).div_ceil(self.rows.max(1));
        usize::try_from(share.clamp(1, self.width)).unwrap_or(1)
    }

    /// The pieces of a table, as conditions over a single primary key of whole numbers; one for all without such a key.
    async fn pieces(&self, site: &Site, lanes: usize) -> Result<Vec<Option<String>>, DatabaseFailed> {
        let by_size = if site.plan.method == Method::Rewrite {
            site.plan.rows.div_ceil(STATEMENT_ROWS)
        } else {
            1
        };
        let at_once = if lanes > 1 { 2 * lanes as u64 } else { 1 };
        let wanted = by_size.max(at_once);
        let described = self.schema.table(&site.plan.table);
        let key = described
            .map(|table| table.primary_key.as_slice())
            .unwrap_or_default();
        let [key] = key else {
            return Ok(vec![None]);
        };
        let whole = described
            .and_then(|table| table.column(key))
            .is_some_and(|column| column.kind == Kind::Integer);
        if wanted < 2 || !whole {
            return Ok(vec![None]);
        }
        let key = ident(key);
        let sql = format!(
            "SELECT CAST(MIN({key}) AS CHAR), CAST(MAX({key}) AS CHAR) FROM {}",
            table(&site.plan.table)
        );
        let ends = self
            .db
            .rows::<(Option<String>, Option<String>)>("reading a table's bounds", &sql)
            .await?;
        let number = |text: &Option<String>| text.as_ref()?.parse::<i128>().ok();
        let Some((low, high)) = ends
            .first()
            .and_then(|(low, high)| Some((number(low)?, number(high)?)))
        else {
            return Ok(vec![None]);
        };
        let step = (high - low) / i128::from(wanted) + 1;
        let starts = (0..i128::from(wanted)).map(|at| low + at * step);
        Ok(starts
            .take_while(|start| *start <= high)
            .map(|start| {
                Some(format!(
                    "{key} BETWEEN {start} AND {}",
                    (start + step - 1).min(high)
                ))
            })
            .collect())
    }

    async fn copy(&self, site: &Site, part: u64, piece: Option<&str>) -> Result<u64, Error> {
        if site.plan.method == Method::Rewrite {
            return self.rewrite(site, piece).await;
        }
        let feed = Feed {
            target: self.db.target.clone(),
            schema: Arc::clone(&self.schema),
            key: self.key.clone(),
            treatment: site.treatment.clone(),
            fields: site.fields.clone(),
            into: table(&site.new),
            load: self.load,
            reporter: self.reporter.clone(),
        };
        feed.run(part, piece).await
    }

    /// The server copies the rows, and makes the masked values while it does.
    async fn rewrite(&self, site: &Site, piece: Option<&str>) -> Result<u64, Error> {
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}{}{}",
            table(&site.new),
            list(site.fields.iter().map(|field| field.name.as_str())),
            said(&site.plan, &site.fields),
            table(&site.plan.table),
            by_primary(&self.schema, &site.plan.table),
            condition(&site.treatment, piece)
        );
        let session = self.db.again().await?;
        let doing = format!("rewriting `{}`", site.plan.table);
        self.watched(&session, &doing, &sql, true).await
    }

    /// Runs a long statement in a session of its own, tells how many rows it has written, and ends it when the task is
    /// told to stop. Answers the rows.
    async fn watched(&self, session: &Mysql, doing: &str, sql: &str, rows: bool) -> Result<u64, Error> {
        let mut conn = session.conn.lock().await;
        let id = conn.id();
        let statement = async {
            conn.query_drop(sql).await.map_err(failed(|| doing.to_owned()))?;
            Ok::<_, DatabaseFailed>(conn.affected_rows())
        };
        tokio::pin!(statement);
        let mut told = 0;
        let written = loop {
            tokio::select! {
                written = &mut statement => break written?,
                () = tokio::time::sleep(LOOK) => {
                    if let Err(stopped) = self.reporter.stop_if_told() {
                        self.db.end_statement(id).await;
                        return Err(stopped);
                    }
                    if rows {
                        let now = self.rows_so_far(id).await?.max(told);
                        self.reporter.add_rows(now - told);
                        told = now;
                    }
                }
            }
        };
        if rows {
            self.reporter.add_rows(written.saturating_sub(told));
        }
        Ok(written)
    }

    async fn rows_so_far(&self, id: u32) -> Result<u64, DatabaseFailed> {
        let sql = format!(
            "SELECT trx_rows_modified FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = {id}"
        );
        self.db.number("asking how far a table is", &sql).await
    }
}

/// Rows are read in the order in which they are stored, and written in the same.
pub(super) fn by_primary(schema: &Schema, name: &TableName) -> &'static str {
    match schema.table(name) {
        Some(table) if !table.primary_key.is_empty() => " FORCE INDEX (PRIMARY)",
        _ => "",
    }
}

/// A task that was ended because another failed.
pub(super) fn ended(_: impl std::fmt::Debug) -> Error {
    Error::Stopped
}

impl Mysql {
    /// What building tables needs to know of the server.
    pub(super) async fn yard(
        &self,
        schema: &Schema,
        key: &Key,
        plans: &[TablePlan],
        reporter: &Reporter,
    ) -> Result<Yard, Error> {
        debug_assert_eq!(schema.engine, Engine::Mysql);
        let width = self.width().await?;
        let doing = "asking how the server is set up";
        let asked = "SELECT @@GLOBAL.local_infile, @@GLOBAL.innodb_autoinc_lock_mode";
        let (load, lock_mode) = self
            .rows::<(u64, u64)>(doing, asked)
            .await?
            .first()
            .copied()
            .unwrap_or_default();
        Ok(Yard {
            db: self.again().await?,
            schema: Arc::new(schema.clone()),
            key: key.clone(),
            reporter: reporter.clone(),
            slots: Semaphore::new(usize::try_from(width).unwrap_or(2)),
            width,
            rows: plans
                .iter()
                .filter(|plan| is_built(plan.method))
                .map(|plan| plan.rows)
                .sum(),
            load: load == 1,
            counters_lock: lock_mode < 2,
        })
    }

    /// How much the server can do at once. MariaDB knows its processors; MySQL does not say, but Aurora's instances
    /// give three quarters of 8 GiB a processor to the buffer pool.
    async fn width(&self) -> Result<u64, DatabaseFailed> {
        let doing = "asking how large the server is";
        let sql = if self.mariadb {
            "SELECT @@GLOBAL.thread_pool_size"
        } else {
            "SELECT CEIL(@@GLOBAL.innodb_buffer_pool_size / (6 * 1024 * 1024 * 1024))"
        };
        Ok(self.number(doing, sql).await?.clamp(2, 16))
    }

    /// Aurora's master may end a statement through a procedure only.
    pub(super) async fn end_statement(&self, id: u32) {
        let doing = "ending a statement";
        if let Err(error) = self.run(doing, &format!("KILL QUERY {id}")).await
            && self
                .run(doing, &format!("CALL mysql.rds_kill_query({id})"))
                .await
                .is_err()
        {
            tracing::warn!(%error, "a statement goes on after the worker was told to stop");
        }
    }

    /// Ends the statements that fill new tables, after one of them failed or the task was told to stop.
    pub(super) async fn end_statements(&self) {
        let ours = "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist \
                    WHERE info LIKE '%`doppel_mask`%' AND id <> CONNECTION_ID()";
        for id in self
            .rows::<u32>("looking for statements that go on", ours)
            .await
            .unwrap_or_default()
        {
            self.end_statement(id).await;
        }
    }

    pub(super) async fn definition(&self, name: &TableName) -> Result<Definition, DatabaseFailed> {
        let doing = format!("reading the definition of `{name}`");
        let shown = self
            .rows::<(String, String)>(&doing, &format!("SHOW CREATE TABLE {}", table(name)))
            .await?;
        let definition = shown.first().and_then(|(_, create)| Definition::parse(create));
        definition.ok_or_else(|| DatabaseFailed {
            doing,
            code: format!("what cannot be read ({})", literal(&name.table)),
            said: None,
        })
    }
}

/// Whether the method builds the table anew.
pub(super) fn is_built(method: Method) -> bool {
    matches!(method, Method::Rewrite | Method::Stream | Method::Restage)
}
