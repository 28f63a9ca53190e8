//! Rows that stream through the worker: read by COPY, masked, written by COPY. Whatever the size of a table, only a
//! few pieces of it are in memory: a side that is slow holds the others back.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::{SinkExt, StreamExt, pin_mut};
use masking::{
    Classified, ColumnTreatment, Key, Masker, Schema, Shuffler, TableName, TableTreatment, Transform,
};

use super::crew::Crew;
use super::form::{Code, Form};
use super::rows::{Field, RowMasker};
use super::swap::Blueprint;
use super::{Postgres, failed, ident, table};
use crate::error::{DatabaseFailed, Error};

/// Rows are handed to the server in pieces of this size.
const PIECE: usize = 256 * 1024;

/// What every job knows of the run.
pub(super) struct Run {
    pub(super) schema: Schema,
    pub(super) classified: Classified,
    pub(super) key: Key,
    /// The pages of all tables that change.
    pub(super) pages: i64,
    /// A table is read in ranges side by side if each gets at least so many pages.
    pub(super) range: i64,
}

/// A table whose rows are to stream.
pub(super) struct Flow<'a> {
    pub(super) run: &'a Run,
    pub(super) treatment: &'a TableTreatment,
    columns: Vec<&'a masking::Column>,
    form: Form,
}

impl<'a> Flow<'a> {
    /// The flow of a table's rows; none for a table that the schema does not know.
    pub(super) fn of(run: &'a Run, name: &TableName) -> Option<Self> {
        let treatment = run.classified.table(name)?;
        let described = run.schema.table(name)?;
        let columns: Vec<_> = described
            .columns
            .iter()
            .filter(|column| !column.generated)
            .collect();
        let form = Form::of(columns.iter().map(|column| {
            let masked = treatment.masked().find(|masked| masked.column == column.name);
            (*column, masked.map(|masked| &masked.transform))
        }));
        Some(Self {
            run,
            treatment,
            columns,
            form,
        })
    }

    /// The columns that are written, as SQL wants them.
    pub(super) fn list(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| ident(&column.name)).collect();
        names.join(", ")
    }

    /// The names of these columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// How a column is masked.
    fn masked(&self, column: &masking::Column) -> Option<&'a ColumnTreatment> {
        self.treatment
            .masked()
            .find(|treatment| treatment.column == column.name)
    }

    /// What is read: each column as it is, or as text where it is masked; then the companions of those.
    fn selection(&self) -> String {
        let text = |name: &str| format!("{}::text", ident(name));
        let columns = self.columns.iter().map(|column| {
            let as_text = self.form == Form::Binary
                && self
                    .masked(column)
                    .is_some_and(|masked| masked.transform != Transform::Shuffle)
                && Code::of(column).is_some_and(|code| !code.is_text());
            if as_text {
                text(&column.name)
            } else {
                ident(&column.name)
            }
        });
        let all: Vec<_> = columns
            .chain(self.companions().iter().map(|name| text(name)))
            .collect();
        all.join(", ")
    }

    /// Columns whose values the maskers of others want.
    fn companions(&self) -> Vec<&'a str> {
        let mut all: Vec<_> = self
            .treatment
            .masked()
            .filter_map(|masked| masked.transform.by())
            .collect();
        all.dedup();
        all
    }

    /// The masker of a stream of rows; each stream of a table has another `part`.
    pub(super) fn masker(&self, part: u64) -> RowMasker {
        let companions = self.companions();
        let fields = self.columns.iter().map(|column| {
            let treatment = self.masked(column);
            let by = treatment.and_then(|masked| masked.transform.by());
            Field {
                masker: treatment.map(|treatment| {
                    (
                        Masker::new(treatment, column, self.run.schema.engine, &self.run.key, part),
                        Shuffler::new(treatment, &self.run.key, part),
                    )
                }),
                by: by
                    .and_then(|by| companions.iter().position(|name| *name == by))
                    .map(|at| self.columns.len() + at),
                code: Code::of(column).unwrap_or(Code::Text),
            }
        });
        RowMasker::new(self.form, fields.collect())
    }

    /// What reads the rows that stay.
    pub(super) fn source(&self) -> String {
        let name = table(&self.treatment.name);
        match &self.treatment.filter {
            None => self.reading(&format!("FROM ONLY {name}")),
            Some(_) => self.reading(&format!(
                "FROM ONLY {name} JOIN {} AS doppel_kept ON doppel_kept.row_at = {name}.ctid",
                kept_rows(&self.run.schema, &self.treatment.name)
            )),
        }
    }

    /// What reads the rows of some pages.
    fn source_in(&self, range: &str) -> String {
        self.reading(&format!(
            "FROM ONLY {} WHERE {range}",
            table(&self.treatment.name)
        ))
    }

    /// What reads the rows `from` somewhere.
    pub(super) fn reading(&self, from: &str) -> String {
        format!(
            "COPY (SELECT {} {from}) TO STDOUT{}",
            self.selection(),
            self.form.options(false)
        )
    }

    /// What writes rows into another table with these columns.
    pub(super) fn writing(&self, into: &str, frozen: bool) -> String {
        format!(
            "COPY {into} ({}) FROM STDIN{}",
            self.list(),
            self.form.options(frozen)
        )
    }
}

/// The list of a table's rows that stay, where the rules leave some out.
pub(super) fn kept_rows(schema: &Schema, name: &TableName) -> String {
    ours("kept", schema, name)
}

/// A table of ours beside another, with a name that is short however long the other's is.
pub(super) fn ours(what: &str, schema: &Schema, name: &TableName) -> String {
    let number = schema.tables.iter().position(|table| table.name == *name);
    format!(
        "doppel_mask.{}",
        ident(&format!("{what} {}", number.unwrap_or_default()))
    )
}

/// Streams rows from one connection to the other. Answers how many.
pub(super) async fn pour(
    crew: &Crew,
    reader: &Postgres,
    writer: &Postgres,
    (from, into): (&str, &str),
    masker: RowMasker,
    name: &TableName,
) -> Result<u64, Error> {
    crew.unless_stopped(reader, pour_on(crew, reader, writer, (from, into), masker, name))
        .await
}

async fn pour_on(
    crew: &Crew,
    reader: &Postgres,
    writer: &Postgres,
    (from, into): (&str, &str),
    mut masker: RowMasker,
    name: &TableName,
) -> Result<u64, Error> {
    let reading = || format!("reading `{name}`");
    let writing = || format!("writing masked rows of `{name}`");
    let out = reader.client.copy_out(from).await.map_err(failed(reading))?;
    let sink = writer
        .client
        .copy_in::<_, Bytes>(into)
        .await
        .map_err(failed(writing))?;
    pin_mut!(out, sink);
    let unread = |_| {
        Error::Database(DatabaseFailed {
            doing: writing(),
            code: "a value that is none of its type".to_owned(),
            said: None,
        })
    };
    let mut piece = Vec::with_capacity(PIECE + PIECE / 8);
    masker.begin(&mut piece);
    let (mut count, mut told) = (0, 0);
    while let Some(chunk) = out.next().await {
        count += masker
            .push(&chunk.map_err(failed(reading))?, &mut piece)
            .map_err(unread)?;
        if piece.len() >= PIECE {
            crew.go_on()?;
            crew.reporter.add_rows(count - told);
            told = count;
            let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE + PIECE / 8));
            sink.send(Bytes::from(full)).await.map_err(failed(writing))?;
        }
    }
    masker.finish(&mut piece).map_err(unread)?;
    sink.send(Bytes::from(piece)).await.map_err(failed(writing))?;
    let written = sink.as_mut().finish().await.map_err(failed(writing))?;
    crew.reporter.add_rows(count - told);
    if written != count {
        return Err(Error::Rows {
            table: name.to_string(),
            before: count,
            after: written,
        });
    }
    Ok(count)
}

/// Streams a table into a new one, which then takes its place. Answers its rows.
pub(super) async fn stream(crew: Crew, run: Arc<Run>, name: TableName) -> Result<u64, Error> {
    let (since, blueprint) = {
        let name = name.clone();
        crew.job(|_, db| async move { Ok((Instant::now(), Blueprint::read(&db, &name).await?)) })
            .await?
    };
    let rows = load(&crew, &run, &name, &blueprint).await?;
    let doing = format!("putting the new `{name}` in its place");
    crew.statements(&doing, &blueprint.swap).await?;
    let builds = blueprint.indexes.into_iter().map(|index| {
        let (crew, doing) = (crew.clone(), format!("building an index of `{name}`"));
        async move { crew.statements(&doing, &[index]).await }
    });
    crew.all(builds).await?;
    crew.statements(&doing, &blueprint.finish).await?;
    crew.reporter.table_done_since(&name, since);
    Ok(rows)
}

/// Fills the new table: by one stream, whose rows are frozen as they come, or by ranges of pages side by side.
async fn load(crew: &Crew, run: &Arc<Run>, name: &TableName, blueprint: &Blueprint) -> Result<u64, Error> {
    let Some(flow) = Flow::of(run, name) else {
        return Ok(0);
    };
    let ranges = if flow.treatment.filter.is_some() {
        Vec::new()
    } else {
        ranges(crew, run, blueprint)
    };
    let creating = format!("creating the new `{name}`");
    if ranges.is_empty() {
        return crew
            .job(|crew, writer| async move {
                let reader = crew.connection().await?;
                crew.run(
                    &writer,
                    &creating,
                    &format!("BEGIN; {}", blueprint.create.join("; ")),
                )
                .await?;
                let into = flow.writing(&blueprint.new_name, true);
                let rows = pour(
                    &crew,
                    &reader,
                    &writer,
                    (&flow.source(), &into),
                    flow.masker(0),
                    name,
                )
                .await?;
                crew.run(&writer, &creating, "COMMIT").await?;
                crew.give_back(reader);
                Ok(rows)
            })
            .await;
    }
    crew.statements(&creating, &blueprint.create).await?;
    let into = flow.writing(&blueprint.new_name, false);
    let parts = (0..).zip(ranges).map(|(part, range)| {
        let (crew, run, name, into) = (crew.clone(), Arc::clone(run), name.clone(), into.clone());
        async move {
            crew.job(|crew, writer| async move {
                let Some(flow) = Flow::of(&run, &name) else {
                    return Ok(0);
                };
                let reader = crew.connection().await?;
                let from = flow.source_in(&range);
                let rows = pour(&crew, &reader, &writer, (&from, &into), flow.masker(part), &name).await?;
                crew.give_back(reader);
                Ok(rows)
            })
            .await
        }
    });
    Ok(crew.all(parts).await?.iter().sum())
}

/// The ranges of pages that a table is read by; none where one stream is enough. A table gets the part of the places
/// that it has of all pages. Reading pages by their numbers needs PostgreSQL 14.
fn ranges(crew: &Crew, run: &Run, blueprint: &Blueprint) -> Vec<String> {
    let pages = blueprint.pages;
    let share = pages.saturating_mul(crew.size()) / run.pages.max(pages).max(1);
    let parts = share.min(pages / run.range);
    if parts < 2 || blueprint.version < 140_000 {
        return Vec::new();
    }
    let step = pages / parts + 1;
    let range = |part: i64| {
        let from = format!("ctid >= '({},0)'", part * step);
        if part + 1 == parts {
            from
        } else {
            format!("{from} AND ctid < '({},0)'", (part + 1) * step)
        }
    };
    (0..parts).map(range).collect()
}
