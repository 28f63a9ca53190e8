//! Rows stream through the worker: as text from the server, masked, as text back into it. What the rules keep goes on
//! byte for byte; what they mask is rewritten in place. Nothing waits for a whole table, nor for a whole range.

use std::sync::Arc;

use masking::{Column, Engine, Key, Masker, Schema, TableName, TableTreatment, Transform};

use super::columns::{Field, condition};
use super::sink::Sink;
use super::wire::{Row, Wire, length};
use super::{SESSION, ident, table};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;
use crate::target::Target;

/// How the rows of one table travel.
pub(super) struct Feed {
    pub(super) target: Target,
    pub(super) schema: Arc<Schema>,
    pub(super) key: Key,
    pub(super) treatment: TableTreatment,
    pub(super) fields: Vec<Field>,
    /// The new table, in quotes.
    pub(super) into: String,
    /// The server lets the worker load data; else rows go in as parameters of INSERT.
    pub(super) load: bool,
    pub(super) reporter: Reporter,
}

/// A column of the new table.
struct Place {
    masker: Option<Masker>,
    /// Where the value that its masker looks at beside its own stands in the row.
    by: Option<usize>,
    plain: bool,
    empty_is_zero: bool,
}

impl Feed {
    /// Copies the rows of one piece, masked. Answers how many; `part` is the piece's number.
    pub(super) async fn run(&self, part: u64, piece: Option<&str>) -> Result<u64, Error> {
        let doing = format!("streaming `{}`", self.treatment.name);
        let mut source = self.open(&doing).await?;
        let sink = self.open(&doing).await?;
        let (select, places) = self.select(part, piece);
        source.query(&select).await?;
        let mut sink = self.sink(sink).await?;
        let mut row = RowMasker::new(places);
        let mut count = 0;
        loop {
            let mut last = false;
            while !last && !sink.is_full() {
                match source.row().transpose()? {
                    None => break,
                    Some(Row::Last) => last = true,
                    Some(Row::At(start, end)) => {
                        let taken = row.cut(source.bytes((start, end)));
                        taken.ok_or_else(|| unreadable(&self.treatment.name))?;
                        sink.row(&mut row, source.bytes((start, end)));
                    }
                }
            }
            if last || sink.is_full() {
                self.reporter.stop_if_told()?;
                let rows = sink.flush(last).await?;
                self.reporter.add_rows(rows);
                count += rows;
            } else {
                source.fill().await?;
            }
            if last {
                return Ok(count);
            }
        }
    }

    async fn open(&self, doing: &str) -> Result<Wire, Error> {
        let mut wire = Wire::connect(&self.target, doing).await?;
        for statement in SESSION {
            wire.run(statement).await?;
        }
        // Every text travels as the bytes that its column holds.
        wire.run("SET character_set_results = NULL").await?;
        Ok(wire)
    }

    fn masked(&self, field: &Field) -> bool {
        self.treatment.masked().any(|column| column.column == field.name)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.schema.table(&self.treatment.name)?.column(name)
    }

    /// The query, and what becomes of each column of its rows.
    fn select(&self, part: u64, piece: Option<&str>) -> (String, Vec<Place>) {
        let mut selected: Vec<String> = Vec::with_capacity(self.fields.len());
        let mut places = Vec::with_capacity(self.fields.len());
        let mut companions = Vec::new();
        for field in &self.fields {
            let treatment = self.treatment.masked().find(|column| column.column == field.name);
            let said =
                treatment.and_then(|treatment| said_by_server(&treatment.transform, &ident(&field.name)));
            let masker = treatment
                .zip(self.column(&field.name))
                .filter(|_| said.is_none())
                .map(|(treatment, column)| Masker::new(treatment, column, Engine::Mysql, &self.key, part));
            companions.push(masker.as_ref().and_then(|masker| masker.by().map(str::to_owned)));
            selected.push(said.unwrap_or_else(|| field.select(treatment.is_some())));
            places.push(Place {
                plain: masker.is_none() && field.is_plain(),
                empty_is_zero: masker.is_none() && field.empty_is_zero(),
                masker,
                by: None,
            });
        }
        for (place, companion) in places.iter_mut().zip(companions) {
            place.by = companion.map(|name| {
                let known = self.fields.iter().position(|field| field.name == name);
                known.unwrap_or_else(|| {
                    selected.push(ident(&name));
                    selected.len() - 1
                })
            });
        }
        let primary = self
            .schema
            .table(&self.treatment.name)
            .is_some_and(|table| !table.primary_key.is_empty());
        let sql = format!(
            "SELECT {} FROM {}{}{}",
            selected.join(", "),
            table(&self.treatment.name),
            if primary { " FORCE INDEX (PRIMARY)" } else { "" },
            condition(&self.treatment, piece)
        );
        (sql, places)
    }

    async fn sink(&self, wire: Wire) -> Result<Sink, DatabaseFailed> {
        let table = self.treatment.name.to_string();
        let masked: Vec<bool> = self.fields.iter().map(|field| self.masked(field)).collect();
        if self.load {
            Ok(Sink::load(wire, table, &self.into, &self.fields, &masked))
        } else {
            Sink::insert(wire, table, &self.into, &self.fields, &masked).await
        }
    }
}

/// What the server can say itself without reading what it replaces: that need not travel.
fn said_by_server(transform: &Transform, column: &str) -> Option<String> {
    match transform {
        Transform::Null => Some("NULL".to_owned()),
        Transform::TextDrop => Some(format!("IF({column} IS NULL, NULL, '')")),
        _ => None,
    }
}

fn unreadable(name: &TableName) -> DatabaseFailed {
    DatabaseFailed {
        doing: format!("streaming `{name}`"),
        code: "a row that cannot be read".to_owned(),
        said: None,
    }
}

/// Takes rows apart and masks them. Its room is used again for every row.
pub(super) struct RowMasker {
    places: Vec<Place>,
    /// Where each value lies in the row; none is NULL.
    cells: Vec<Option<(usize, usize)>>,
    /// The masked value.
    made: Vec<u8>,
}

impl RowMasker {
    fn new(places: Vec<Place>) -> Self {
        Self {
            places,
            cells: Vec::new(),
            made: Vec::new(),
        }
    }

    /// Finds the values of a row.
    fn cut(&mut self, packet: &[u8]) -> Option<()> {
        self.cells.clear();
        let mut rest = packet;
        while let Some(first) = rest.first() {
            if *first == 0xFB {
                self.cells.push(None);
                rest = &rest[1..];
                continue;
            }
            let (long, after) = length(rest)?;
            let start = packet.len() - after.len();
            rest = after.get(long..)?;
            self.cells.push(Some((start, long)));
        }
        (self.cells.len() >= self.places.len()).then_some(())
    }

    /// Calls `each` with every value of the row that was cut last, masked: the value, and whether it needs no escape.
    pub(super) fn values(&mut self, packet: &[u8], mut each: impl FnMut(Option<&[u8]>, bool)) {
        let value = |cell: Option<(usize, usize)>| cell.map(|(start, long)| &packet[start..start + long]);
        for (place, cell) in self.places.iter_mut().zip(&self.cells) {
            let Some(kept) = value(*cell) else {
                each(None, true);
                continue;
            };
            match &mut place.masker {
                None if place.empty_is_zero && kept.is_empty() => each(Some(b"0"), true),
                None => each(Some(kept), place.plain),
                Some(masker) => {
                    let by = place
                        .by
                        .and_then(|at| value(self.cells.get(at).copied().flatten()));
                    self.made.clear();
                    let made = masker.mask_into(kept, by, &mut self.made);
                    each(made.then_some(self.made.as_slice()), false);
                }
            }
        }
    }
}
