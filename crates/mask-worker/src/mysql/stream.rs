//! Rows stream through the worker: as text from the server, masked, as text back into it. What the rules keep goes on
//! byte for byte; what they mask is rewritten in place. Nothing waits for a whole table, nor for a whole range.

use std::sync::Arc;

use masking::{
    Column, ColumnTreatment, Engine, Key, Masker, Schema, Shuffler, TableName, TableTreatment, Transform,
};

use super::columns::{Field, condition};
use super::rewrite::by_primary;
use super::shuffle::{Cell, Held};
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
    empty_is_unknown: bool,
}

impl Feed {
    /// Copies the rows of one piece, masked. Answers how many; `part` is the piece's number.
    pub(super) async fn run(&self, part: u64, piece: Option<&str>) -> Result<u64, Error> {
        let doing = format!("streaming `{}`", self.treatment.name);
        let mut source = self.open(&doing).await?;
        let sink = self.open(&doing).await?;
        let (select, row) = self.select(part, &condition(&self.treatment, piece));
        source.query(&select).await?;
        let mut sink = if self.load {
            self.loader(sink)
        } else {
            self.inserter(sink).await?
        };
        self.pour(&mut source, &mut sink, row).await
    }

    /// Masks the rows of a sample, and writes them where the server refuses what it would refuse of the table itself:
    /// into a temporary table, which `create` makes.
    pub(super) async fn rehearse(&self, create: &str, samples: &[String]) -> Result<(), Error> {
        let doing = format!("masking a sample of `{}`", self.treatment.name);
        let mut wire = self.open(&doing).await?;
        wire.run(create).await?;
        let mut sink = self.inserter(wire).await?;
        for sample in samples {
            let mut source = self.open(&doing).await?;
            let (select, row) = self.select(0, sample);
            source.query(&select).await?;
            self.pour(&mut source, &mut sink, row).await?;
        }
        Ok(())
    }

    /// Everything that the query answers goes through the maskers into the sink.
    async fn pour(&self, source: &mut Wire, sink: &mut Sink, mut row: RowMasker) -> Result<u64, Error> {
        let mut count = 0;
        loop {
            let mut last = false;
            while !last && !sink.is_full() {
                match source.row().transpose()? {
                    None => break,
                    Some(Row::Last) => last = true,
                    Some(Row::At(start, end)) => {
                        let taken = row.take(source.bytes((start, end)), sink);
                        taken.ok_or_else(|| unreadable(&self.treatment.name))?;
                    }
                }
            }
            if last {
                row.release(sink);
            }
            if last || sink.is_full() {
                self.reporter.stop_if_told()?;
                let rows = sink.flush(last, std::mem::take(&mut row.unknown)).await?;
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
        // Every text travels as the bytes that its column holds. Warnings are counted; notes are none.
        wire.run("SET character_set_results = NULL, sql_notes = 0")
            .await?;
        Ok(wire)
    }

    /// Whether the worker makes new values for the column.
    fn masked(&self, field: &Field) -> bool {
        self.treatment(&field.name)
            .is_some_and(|treatment| treatment.transform != Transform::Shuffle)
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.schema.table(&self.treatment.name)?.column(name)
    }

    /// The query for the rows of a condition, and what becomes of them.
    fn select(&self, part: u64, condition: &str) -> (String, RowMasker) {
        let mut selected: Vec<String> = Vec::with_capacity(self.fields.len());
        let mut places = Vec::with_capacity(self.fields.len());
        let mut movers = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let treatment = self.treatment(&field.name);
            let said = self.said(&field.name);
            let shuffled = treatment.filter(|treatment| treatment.transform == Transform::Shuffle);
            movers.extend(shuffled.map(|treatment| (at, Shuffler::new(treatment, &self.key, part))));
            let masker = treatment
                .zip(self.column(&field.name))
                .filter(|_| said.is_none() && shuffled.is_none())
                .map(|(treatment, column)| Masker::new(treatment, column, Engine::Mysql, &self.key, part));
            selected.push(said.unwrap_or_else(|| field.select(self.masked(field))));
            places.push(Place {
                plain: masker.is_none() && field.is_plain(),
                empty_is_unknown: masker.is_none() && field.empty_is_unknown(),
                masker,
                by: None,
            });
        }
        for place in &mut places {
            let Some(name) = place.masker.as_ref().and_then(Masker::by) else {
                continue;
            };
            let known = self.fields.iter().position(|field| field.name == name);
            let read = known.filter(|at| self.said(&self.fields[*at].name).is_none());
            place.by = Some(read.unwrap_or_else(|| {
                selected.push(ident(name));
                selected.len() - 1
            }));
        }
        let sql = format!(
            "SELECT {} FROM {}{}{condition}",
            selected.join(", "),
            table(&self.treatment.name),
            by_primary(&self.schema, &self.treatment.name),
        );
        (sql, RowMasker::new(places, Held::new(movers)))
    }

    fn treatment(&self, column: &str) -> Option<&ColumnTreatment> {
        self.treatment
            .masked()
            .find(|treatment| treatment.column == column)
    }

    /// What the server can say itself without reading what it replaces: that need not travel.
    fn said(&self, column: &str) -> Option<String> {
        let name = ident(column);
        match self.treatment(column)?.transform {
            Transform::Null => Some("NULL".to_owned()),
            Transform::TextDrop => Some(format!("IF({name} IS NULL, NULL, '')")),
            _ => None,
        }
    }

    fn loader(&self, wire: Wire) -> Sink {
        let masked: Vec<bool> = self.fields.iter().map(|field| self.masked(field)).collect();
        Sink::load(
            wire,
            self.treatment.name.to_string(),
            &self.into,
            &self.fields,
            &masked,
        )
    }

    async fn inserter(&self, wire: Wire) -> Result<Sink, DatabaseFailed> {
        let masked: Vec<bool> = self.fields.iter().map(|field| self.masked(field)).collect();
        let name = self.treatment.name.to_string();
        Sink::insert(wire, name, &self.into, &self.fields, &masked).await
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
    held: Held,
    /// Where each value lies in the row; none is NULL.
    cells: Vec<Cell>,
    /// The masked value.
    made: Vec<u8>,
    /// Values of enums that no label stands for, since they were last asked for: the server warns of each.
    unknown: u64,
}

/// The values of other rows that go into one, by their place in it.
type Moved<'a> = [(usize, Option<&'a [u8]>)];

impl RowMasker {
    fn new(places: Vec<Place>, held: Held) -> Self {
        Self {
            places,
            held,
            cells: Vec::new(),
            made: Vec::new(),
            unknown: 0,
        }
    }

    /// Takes a row, and hands it on masked, at once or when there are others to change values with.
    fn take(&mut self, packet: &[u8], sink: &mut Sink) -> Option<()> {
        self.cut(packet)?;
        if !self.held.is_needed() {
            sink.row(|each| self.values(packet, &[], each));
            return Some(());
        }
        self.held.push(packet, &self.cells);
        if self.held.is_full() {
            self.hand_on(false, sink);
        }
        Some(())
    }

    /// Hands on what is held.
    fn release(&mut self, sink: &mut Sink) {
        self.hand_on(true, sink);
    }

    fn hand_on(&mut self, all: bool, sink: &mut Sink) {
        let mut held = std::mem::replace(&mut self.held, Held::new(Vec::new()));
        held.release(all, |packet, moved| {
            // It could be cut when it was taken.
            if self.cut(packet).is_some() {
                sink.row(|each| self.values(packet, moved, each));
            }
        });
        self.held = held;
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
    fn values(&mut self, packet: &[u8], moved: &Moved<'_>, each: &mut dyn FnMut(Option<&[u8]>, bool)) {
        let value = |cell: Cell| cell.map(|(start, long)| &packet[start..start + long]);
        for (at, (place, cell)) in self.places.iter_mut().zip(&self.cells).enumerate() {
            let own = value(*cell);
            let kept = moved
                .iter()
                .find(|(to, _)| *to == at)
                .map_or(own, |(_, other)| *other);
            let Some(kept) = kept else {
                each(None, true);
                continue;
            };
            match &mut place.masker {
                None => {
                    self.unknown += u64::from(place.empty_is_unknown && kept.is_empty());
                    each(Some(kept), place.plain);
                }
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
