//! Looking at every value of a table, and what was counted.

use std::collections::HashSet;

use masking::Transform;

use super::layout::{Layout, Part, Place};
use super::patterns::{self, Personal, Sorts};
use super::promise::{Judged, is_as_promised, is_blank};
use super::scan::Shared;
use super::take::{AMBIGUOUS, row_of};
use super::witness::RowSample;
use super::words;
use super::{Counted, Holds, Line};
use crate::Error;

/// What was counted of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnTally {
    /// Values that were masked somewhere else, or stood in a masked place of another name.
    pub(super) originals: u64,
    /// By sort.
    pub(super) personal: [u64; 4],
}

/// What was counted of a masked place.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaceTally {
    broken: u64,
    left: u64,
    compared: u64,
    unchanged: u64,
    constant: Option<u64>,
}

impl PlaceTally {
    fn add(&mut self, other: &Self) {
        self.broken += other.broken;
        self.left += other.left;
        self.compared += other.compared;
        self.unchanged += other.unchanged;
        match (self.constant, other.constant) {
            (Some(one), Some(another)) => self.broken += u64::from(one != another),
            (None, other) => self.constant = other,
            _ => {}
        }
    }

    /// Chance lets a few values of a narrow column come out as they were; more than a few are no chance. What
    /// has few distinct values is judged more mildly.
    pub(super) fn verdict(
        &self,
        transform: &Transform,
        sample: Option<&RowSample>,
    ) -> Vec<(&'static str, u64)> {
        let mut found = Vec::new();
        if self.broken > 0 {
            found.push(("values that are not what the rule promises", self.broken));
        }
        if self.left > 0 {
            found.push(("original values", self.left));
        }
        let distinct = sample.map_or(0, |sample| sample.values().collect::<HashSet<_>>().len());
        let limit = match distinct {
            0..5 => self.compared.saturating_sub(1),
            5..20 => self.compared / 2,
            _ => self.compared / 20,
        };
        // These leave what tells nothing as it is: a text without personal data, a round number, a common value.
        let partial = matches!(
            transform,
            Transform::Shuffle | Transform::Bucket(_) | Transform::TextRedact
        );
        if !partial && self.unchanged > limit {
            found.push(("rows whose value is what it was", self.unchanged));
        }
        found
    }
}

/// What was counted of a table, or of a part of it.
#[derive(Clone, Debug, Default)]
pub(super) struct TableTally {
    pub(super) rows: u64,
    pub(super) values: u64,
    pub(super) sum: u64,
    pub(super) written: u64,
    pub(super) columns: Vec<ColumnTally>,
    pub(super) places: Vec<PlaceTally>,
}

impl TableTally {
    pub(super) fn of(layout: &Layout) -> Self {
        Self {
            columns: vec![ColumnTally::default(); layout.parts.len()],
            places: vec![PlaceTally::default(); layout.places.len()],
            ..Self::default()
        }
    }

    /// The same of so many rows more: each of a group of rows that hold the same.
    fn times(&mut self, count: u64) {
        self.values *= count;
        for column in &mut self.columns {
            column.originals *= count;
            column.personal.iter_mut().for_each(|seen| *seen *= count);
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.values += other.values;
        self.sum = self.sum.wrapping_add(other.sum);
        self.written += other.written;
        for (one, another) in self.columns.iter_mut().zip(other.columns) {
            one.originals += another.originals;
            for (one, another) in one.personal.iter_mut().zip(another.personal) {
                *one += another;
            }
        }
        self.places
            .iter_mut()
            .zip(&other.places)
            .for_each(|(one, another)| one.add(another));
    }
}

/// Looks at the rows of a table, or of a part of it.
pub(super) struct ValueReader<'a> {
    shared: &'a Shared,
    parts: &'a [(usize, &'a Part)],
    samples: Vec<Option<&'a RowSample>>,
    /// The flag of a line says that it was written since.
    since: bool,
    /// These are rows that were read before: they are no progress.
    again: bool,
    /// Rows that the progress does not know of yet.
    untold: u64,
    tally: TableTally,
}

impl<'a> ValueReader<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        parts: &'a [(usize, &'a Part)],
        since: bool,
        shared: &'a Shared,
    ) -> Self {
        let sample = |place: &String| {
            shared
                .witness
                .samples
                .get(&format!("{}.{place}", layout.from.name))
        };
        Self {
            shared,
            parts,
            samples: layout.places.iter().map(sample).collect(),
            since,
            again: false,
            untold: 0,
            tally: TableTally::of(layout),
        }
    }

    /// For rows that another reader counts.
    pub(super) fn again(layout: &'a Layout, parts: &'a [(usize, &'a Part)], shared: &'a Shared) -> Self {
        Self {
            again: true,
            ..Self::new(layout, parts, false, shared)
        }
    }

    /// How many rows were looked at.
    pub(super) fn rows(&self) -> u64 {
        self.tally.rows
    }

    /// What was counted.
    pub(super) fn into_tally(mut self) -> TableTally {
        if self.again {
            (self.tally.rows, self.tally.sum) = (0, 0);
        }
        self.shared.reporter.add_rows(self.untold);
        self.tally
    }

    /// Looks at the values of a group of rows, of columns that nothing masks.
    pub(super) fn group(
        &mut self,
        layout: &Layout,
        counted: &Counted,
        fields: &[Option<&[u8]>],
    ) -> Result<(), Error> {
        self.shared.reporter.stop_if_told()?;
        self.shared.reporter.add_rows(counted.rows);
        let before = std::mem::replace(&mut self.tally, TableTally::of(layout));
        self.fields(fields, None);
        let mut group = std::mem::replace(&mut self.tally, before);
        group.times(counted.rows);
        group.rows = counted.rows;
        group.sum = counted.sum.unwrap_or_default();
        group.written = counted.written;
        self.tally.add(group);
        Ok(())
    }

    pub(super) fn line(&mut self, line: &Line<'_>) -> Result<(), Error> {
        self.tally.rows += 1;
        self.untold += u64::from(!self.again);
        if self.tally.rows.is_multiple_of(4096) {
            self.shared.reporter.stop_if_told()?;
            self.shared.reporter.add_rows(std::mem::take(&mut self.untold));
        }
        self.tally.sum = self.tally.sum.wrapping_add(line.hash.unwrap_or_default());
        self.tally.written += u64::from(self.since && line.flag);
        self.fields(line.fields, line.hash);
        Ok(())
    }

    fn fields(&mut self, fields: &[Option<&[u8]>], row: Option<u64>) {
        let parts = self.parts;
        for ((at, part), field) in parts.iter().zip(fields) {
            let at = *at;
            let Some(field) = field else { continue };
            self.tally.values += 1;
            // Bytes are looked through if they are text: among random ones any pattern is met by chance.
            if part.searched && (part.column.holds != Holds::Bytes || std::str::from_utf8(field).is_ok()) {
                self.patterns(at, part, field);
            }
            let mut nth = 0;
            part.values(field, |place, value| match place {
                Some(place) => {
                    nth += 1;
                    self.masked(place, value, row.map(|row| row_of(row, nth)));
                    if part.searched && place.judged == Judged::Row {
                        self.tokens(at, value);
                    }
                }
                None if part.searched => {
                    self.elsewhere(at, value);
                    self.tokens(at, value);
                }
                None => {}
            });
        }
    }

    /// Personal data by pattern, in the whole field.
    fn patterns(&mut self, at: usize, part: &Part, field: &[u8]) {
        let found = patterns::find(field);
        if found != Sorts::default() {
            for sort in Personal::ALL {
                self.tally.columns[at].personal[sort as usize] +=
                    u64::from(found.has(sort) && !part.made.has(sort));
            }
        }
    }

    /// A value of a masked place.
    fn masked(&mut self, place: &Place, value: &[u8], row: Option<u64>) {
        let tally = &mut self.tally.places[place.at];
        if matches!(place.transform, Transform::Constant(_)) {
            // The engine may spell a constant its own way; it is the same in every row.
            let digest = place.in_row(value);
            tally.broken += u64::from(*tally.constant.get_or_insert(digest) != digest);
            return;
        }
        tally.broken += u64::from(!is_as_promised(&place.transform, value));
        if place.judged != Judged::Row {
            let digest = place.digest(&self.shared.digester, value);
            tally.left += u64::from(self.shared.witness.originals.contains(digest) && !is_blank(value));
            return;
        }
        let Some((row, sample)) = row.zip(self.samples[place.at]) else {
            return;
        };
        if let Some(before) = sample
            .get(&row)
            .filter(|before| **before != AMBIGUOUS && !is_blank(value))
        {
            tally.compared += 1;
            tally.unchanged += u64::from(*before == place.in_row(value));
        }
    }

    /// A value that no rule masks: it must not be an original of a place that is masked.
    fn elsewhere(&mut self, at: usize, value: &[u8]) {
        if let Some(known) = words::telling(value) {
            let digest = self.shared.digester.anywhere(&known);
            self.tally.columns[at].originals += u64::from(self.shared.witness.originals.contains(digest));
        }
    }

    /// The tokens of a longer text.
    fn tokens(&mut self, at: usize, value: &[u8]) {
        if value.len() < 12 {
            return;
        }
        let (originals, digester) = (&self.shared.witness.originals, &self.shared.digester);
        let column = &mut self.tally.columns[at];
        words::telling_tokens(value, |known| {
            column.originals += u64::from(originals.contains(digester.anywhere(known)));
        });
    }
}
