//! Masking the tables of a plan.

use futures::StreamExt;
use masking::{Classified, Column, Key, Masker, Method, Schema, TableName, TablePlan, TableTreatment};
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value};

use super::{Mysql, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;

/// Rows go to the server in pieces of at most so many, or so many bytes, whichever is reached first.
const PIECE_ROWS: usize = 256;
const PIECE_BYTES: usize = 1024 * 1024;
/// A prepared statement bears no more placeholders.
const PLACEHOLDERS: usize = 60_000;

const STAGING: &str = "`doppel_mask`.`staging`";

impl Mysql {
    /// Takes the lock that keeps two workers apart; it lasts as long as the connection.
    pub(crate) async fn lock(&self) -> Result<(), Error> {
        let taken = self
            .rows::<Option<u64>>("taking the worker's lock", "SELECT GET_LOCK('doppel', 0)")
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
        let orphans = self.orphans(schema).await?;
        let triggers = self.drop_triggers(plans).await?;
        let mut rows = Vec::with_capacity(plans.len());
        for plan in plans {
            reporter.stop_if_told()?;
            let masked = match (plan.method, classified.table(&plan.table)) {
                (Method::Restage | Method::Rewrite | Method::Stream, Some(treatment)) => {
                    self.restage(&reader, schema, treatment, key, reporter).await?
                }
                (Method::Empty, _) => {
                    self.empty(&plan.table).await?;
                    0
                }
                _ => 0,
            };
            rows.push(masked);
            if plan.method != Method::Keep {
                self.gather_statistics(&plan.table).await?;
                reporter.table_done();
            }
        }
        if self.mariadb {
            // Rows that were replaced stay readable in the file until it is rewritten.
            if let Err(error) = self
                .run(
                    "rewriting the table of statistics",
                    "ALTER TABLE mysql.column_stats FORCE",
                )
                .await
            {
                tracing::warn!(%error, "old rows of the statistics stay in their file");
            }
        }
        self.make_triggers(&triggers).await?;
        self.run("dropping the staging database", "DROP DATABASE doppel_mask")
            .await?;
        let after = self.orphans(schema).await?;
        if let Some(((name, before), (_, after))) = orphans
            .iter()
            .zip(&after)
            .find(|(before, after)| after.1 > before.1)
        {
            return Err(Error::Rows {
                table: format!("{name} (rows that refer to nothing)"),
                before: *before,
                after: *after,
            });
        }
        self.run(
            "noting that the masking ended",
            "UPDATE doppel.masking SET ended = CURRENT_TIMESTAMP",
        )
        .await?;
        Ok(rows)
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
        let columns: Vec<&Column> = described
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
        let next_id = self.auto_increment(name).await?;
        let doing = format!("staging `{name}`");
        self.run(
            &doing,
            &format!(
                "CREATE TABLE {STAGING} ENGINE=InnoDB AS SELECT {list} FROM {} WHERE FALSE",
                table(name)
            ),
        )
        .await?;
        let staged = self.stream(reader, &list, name, &mut maskers, reporter).await?;
        let doing = format!("writing masked rows into `{name}`");
        self.run(&doing, &format!("TRUNCATE TABLE {}", table(name)))
            .await?;
        self.run(
            &doing,
            &format!(
                "INSERT INTO {} ({list}) SELECT {list} FROM {STAGING}",
                table(name)
            ),
        )
        .await?;
        self.count_on_from(next_id, name).await?;
        self.run("dropping a staging table", &format!("DROP TABLE {STAGING}"))
            .await?;
        let after = self
            .number("counting rows", &format!("SELECT COUNT(*) FROM {}", table(name)))
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

    async fn stream(
        &self,
        reader: &Self,
        list: &str,
        name: &TableName,
        maskers: &mut [Option<Masker>],
        reporter: &Reporter,
    ) -> Result<u64, Error> {
        let doing = || format!("streaming `{name}`");
        let mut source = reader.conn.lock().await;
        let select = format!("SELECT {list} FROM {}", table(name));
        // The binary protocol: numbers and times travel as they are, not as text.
        let mut rows = source
            .exec_stream::<Row, _, _>(select, ())
            .await
            .map_err(failed(doing))?;
        let most = (PLACEHOLDERS / maskers.len().max(1)).clamp(1, PIECE_ROWS);
        let (mut piece, mut bytes, mut count, mut held, mut told) = (Vec::new(), 0, 0, 0, 0);
        self.run("staging", "START TRANSACTION").await?;
        while let Some(row) = rows.next().await {
            let values = row.map_err(failed(doing))?.unwrap();
            for (value, masker) in values.into_iter().zip(maskers.iter_mut()) {
                let value = masker
                    .as_mut()
                    .map_or_else(|| value.clone(), |masker| mask_value(masker, &value));
                bytes += if let Value::Bytes(bytes) = &value {
                    bytes.len()
                } else {
                    8
                };
                piece.push(value);
            }
            count += 1;
            held += 1;
            if held >= most || bytes >= PIECE_BYTES {
                reporter.stop_if_told()?;
                self.insert(maskers.len(), held, std::mem::take(&mut piece))
                    .await?;
                (bytes, held) = (0, 0);
                reporter.add_rows(count - told);
                told = count;
            }
        }
        if held > 0 {
            self.insert(maskers.len(), held, piece).await?;
        }
        self.run("staging", "COMMIT").await?;
        reporter.add_rows(count - told);
        Ok(count)
    }

    /// Values travel as parameters: none is ever part of a statement's text.
    async fn insert(&self, width: usize, rows: usize, values: Vec<Value>) -> Result<(), DatabaseFailed> {
        let row = format!("({})", vec!["?"; width].join(", "));
        let sql = format!(
            "INSERT INTO {STAGING} VALUES {}",
            vec![row.as_str(); rows].join(", ")
        );
        let mut conn = self.conn.lock().await;
        conn.exec_drop(sql, Params::Positional(values))
            .await
            .map_err(failed(|| "writing masked rows into the staging table".to_owned()))
    }

    /// Statistics that the server keeps in tables hold samples of the originals: they are made anew.
    async fn gather_statistics(&self, name: &TableName) -> Result<(), DatabaseFailed> {
        let doing = format!("gathering statistics of `{name}`");
        let kept = if self.mariadb {
            let sql = format!(
                "SELECT COUNT(*) FROM mysql.column_stats WHERE db_name = {} AND table_name = {}",
                literal(&name.schema),
                literal(&name.table)
            );
            self.number(&doing, &sql).await? > 0
        } else {
            false
        };
        if self.mariadb {
            let persistent = if kept { " PERSISTENT FOR ALL" } else { "" };
            return self
                .run(
                    &doing,
                    &format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}{persistent}", table(name)),
                )
                .await;
        }
        let histograms = format!(
            "SELECT column_name FROM information_schema.column_statistics WHERE schema_name = {} AND table_name = {}",
            literal(&name.schema),
            literal(&name.table)
        );
        for column in self.rows::<String>(&doing, &histograms).await? {
            self.run(
                &doing,
                &format!(
                    "ANALYZE NO_WRITE_TO_BINLOG TABLE {} UPDATE HISTOGRAM ON {}",
                    table(name),
                    ident(&column)
                ),
            )
            .await?;
        }
        self.run(
            &doing,
            &format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", table(name)),
        )
        .await
    }

    /// Rows that refer to nothing, by foreign key: the masking must not make any.
    async fn orphans(&self, schema: &Schema) -> Result<Vec<(String, u64)>, DatabaseFailed> {
        let mut found = Vec::new();
        for key in &schema.foreign_keys {
            let pairs = || key.columns.iter().zip(&key.to_columns);
            let joined = pairs()
                .map(|(from, to)| format!("c.{} = p.{}", ident(from), ident(to)))
                .collect::<Vec<_>>()
                .join(" AND ");
            let refers = pairs()
                .map(|(from, _)| format!("c.{} IS NOT NULL", ident(from)))
                .collect::<Vec<_>>()
                .join(" AND ");
            let sql = format!(
                "SELECT COUNT(*) FROM {} c WHERE {refers} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {joined})",
                table(&key.table),
                table(&key.to)
            );
            found.push((
                format!("{}.{}", key.table, key.name),
                self.number("looking at foreign keys", &sql).await?,
            ));
        }
        Ok(found)
    }
}

/// The masked value; what came as a number or a time goes back as text, which the server reads.
fn mask_value(masker: &mut Masker, value: &Value) -> Value {
    let text = match value {
        Value::NULL => return Value::NULL,
        Value::Bytes(bytes) => bytes.clone(),
        other => super::read::text_of(other).into_bytes(),
    };
    let mut masked = Vec::with_capacity(text.len());
    if masker.mask_into(&text, None, &mut masked) {
        Value::Bytes(masked)
    } else {
        Value::NULL
    }
}
