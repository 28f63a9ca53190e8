//! How a table is read: which columns, and what each value of them is held against.

use std::collections::BTreeMap;

use masking::{ColumnTreatment, Path, TableTreatment, Transform};

use super::digest::{Digester, PlaceDigester};
use super::patterns::{Personal, Sorts};
use super::promise::{Judged, judged, makes};
use super::{Holds, Picked, Readable, ReadableColumn, Reading, json, words};

/// A masked place: a column, or one path of a JSON column.
pub(super) struct Place {
    /// The column's name, with the path for JSON.
    pub(super) name: String,
    /// Its number within the table.
    pub(super) at: usize,
    pub(super) transform: Transform,
    pub(super) judged: Judged,
    digester: PlaceDigester,
}

impl Place {
    /// The digest by which a value of a place that is not judged by row is known, if it says anything.
    pub(super) fn digest(&self, digester: &Digester, value: &[u8]) -> u64 {
        match words::telling(value).filter(|_| self.judged == Judged::Anywhere) {
            Some(known) => digester.anywhere(&known),
            None => self.digester.digest(value),
        }
    }

    /// The digest of a value that is compared with the same row's.
    pub(super) fn in_row(&self, value: &[u8]) -> u64 {
        self.digester.digest(value)
    }
}

/// What a column's values are.
enum How {
    /// One value.
    Value(Option<Place>),
    /// A document, and which of its leaves are masked: the first path that leads to one decides.
    Document(Vec<(Path, Option<Place>)>),
    /// A list of values.
    List(Option<Place>),
}

/// A column to read.
pub(super) struct Part {
    pub(super) column: ReadableColumn,
    how: How,
    /// It is looked through for personal data and for originals of other places.
    pub(super) searched: bool,
    /// Sorts of personal data that a rule makes there.
    pub(super) made: Sorts,
    /// The rules keep it and say why: what is found is counted, and accepted.
    pub(super) accepted: bool,
}

impl Part {
    fn new(
        column: &ReadableColumn,
        treatment: Option<&ColumnTreatment>,
        layout: &Layout,
        digester: &Digester,
    ) -> Self {
        let transform = treatment.map(|t| &t.transform);
        let mut at = layout.places.len();
        let mut place = |name: String, transform: &Transform| {
            at += 1;
            Place {
                digester: digester.place(&layout.from.name, &name),
                judged: judged(transform),
                transform: transform.clone(),
                at: at - 1,
                name,
            }
        };
        let masked = transform.filter(|transform| !transform.keeps());
        let how = match (masked, column.holds) {
            (Some(Transform::Json(paths)), _) => How::Document(
                paths
                    .iter()
                    .map(|(path, inner)| {
                        let name = format!("{} {path}", column.name);
                        (path.clone(), (!inner.keeps()).then(|| place(name, inner)))
                    })
                    .collect(),
            ),
            (None, Holds::Document) => How::Document(Vec::new()),
            (masked, Holds::List | Holds::ListOfNoWords) => {
                How::List(masked.map(|masked| place(column.name.clone(), masked)))
            }
            (masked, _) => How::Value(masked.map(|masked| place(column.name.clone(), masked))),
        };
        Self {
            column: column.clone(),
            how,
            searched: !matches!(column.holds, Holds::NoWords | Holds::ListOfNoWords),
            made: masked.map(makes).unwrap_or_default(),
            accepted: matches!(transform, Some(Transform::Keep { reason: Some(_) })),
        }
    }

    /// What it holds can only be told by the row that it stands in.
    fn judged_by_row(&self) -> bool {
        self.places().all(|place| place.judged == Judged::Row)
    }

    /// A rule gives every row of it a new value, of which nothing is left as it was.
    fn made_anew(&self) -> bool {
        matches!(&self.how, How::Value(Some(place)) if place.transform != Transform::TextRedact)
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        let (one, many) = match &self.how {
            How::Value(place) | How::List(place) => (place.as_ref(), None),
            How::Document(paths) => (None, Some(paths)),
        };
        one.into_iter()
            .chain(many.into_iter().flatten().filter_map(|(_, place)| place.as_ref()))
    }

    /// Calls `each` with every value that the field holds, and the masked place that it stands in.
    pub(super) fn values(&self, field: &[u8], mut each: impl FnMut(Option<&Place>, &[u8])) {
        match &self.how {
            How::Value(place) => each(place.as_ref(), field),
            How::List(place) => words::elements(field, |element| each(place.as_ref(), element)),
            How::Document(paths) => {
                let whole = json::leaves(field, |steps, leaf| {
                    let rule = paths.iter().find(|(path, _)| path.covers(steps));
                    each(rule.and_then(|(_, place)| place.as_ref()), leaf);
                });
                if !whole {
                    each(None, field);
                }
            }
        }
    }
}

/// How a table is read.
pub(super) struct Layout {
    pub(super) from: Readable,
    pub(super) parts: Vec<Part>,
    /// Names of the masked places, in the order of their numbers.
    pub(super) places: Vec<String>,
    /// The columns that stay as they are.
    pub(super) kept: Vec<ReadableColumn>,
    /// The rows that stay.
    pub(super) filter: Option<String>,
    pub(super) emptied: bool,
    /// Of the masked columns that are judged by row, one row in 2ⁿ is compared.
    pub(super) level: u32,
    /// Of the columns that the masking made anew, one row in 2ⁿ is looked at.
    pub(super) look: u32,
}

/// Some columns, with their numbers.
pub(super) type Parts<'a> = Vec<(usize, &'a Part)>;

impl Layout {
    /// All columns that could hold words, and all that are masked.
    pub(super) fn new(from: &Readable, treatment: Option<&TableTreatment>, digester: &Digester) -> Self {
        let columns: BTreeMap<&str, &ColumnTreatment> = treatment
            .into_iter()
            .flat_map(|t| &t.columns)
            .map(|c| (c.column.as_str(), c))
            .collect();
        let mut layout = Self {
            from: from.clone(),
            parts: Vec::new(),
            places: Vec::new(),
            kept: Vec::new(),
            filter: treatment.and_then(|t| t.filter.clone()),
            emptied: treatment.is_some_and(|t| t.emptied),
            level: 0,
            look: 0,
        };
        for column in &from.columns {
            let part = Part::new(
                column,
                columns.get(column.name.as_str()).copied(),
                &layout,
                digester,
            );
            if part.places().next().is_none() && treatment.is_some() && !column.generated {
                layout.kept.push(column.clone());
            }
            if part.searched || part.places().next().is_some() {
                layout
                    .places
                    .extend(part.places().map(|place| place.name.clone()));
                layout.parts.push(part);
            }
        }
        // What is computed from masked columns, or copies them, shows what their rules make.
        let made = layout
            .parts
            .iter()
            .fold(Sorts::default(), |sorts, part| sorts.and(part.made));
        let all = Sorts::default()
            .with(Personal::Phone)
            .with(Personal::Card)
            .with(Personal::Iban);
        for part in layout
            .parts
            .iter_mut()
            .filter(|part| part.column.generated || from.copies)
        {
            part.made = if from.copies { all } else { made };
        }
        layout
    }

    /// Whether the run changes anything of it.
    pub(super) fn changes(&self) -> bool {
        self.emptied || self.filter.is_some() || !self.places.is_empty()
    }

    /// What the witness reads of every row, and what of the rows that are compared: the masked columns.
    pub(super) fn before(&self) -> (Parts<'_>, Parts<'_>) {
        let masked = |(_, part): &(usize, &Part)| part.places().next().is_some();
        let parts = self.parts.iter().enumerate().filter(masked);
        parts.partition(|(_, part)| self.level == 0 || self.kept.is_empty() || !part.judged_by_row())
    }

    /// What the verification reads of every row, and what of one row in some.
    pub(super) fn after(&self) -> (Parts<'_>, Parts<'_>) {
        let parts = self.parts.iter().enumerate();
        parts.partition(|(_, part)| self.look == 0 || self.kept.is_empty() || !part.made_anew())
    }

    /// The reading of some columns.
    pub(super) fn reading(&self, parts: &Parts<'_>) -> Reading<'_> {
        let columns = parts.iter().map(|(at, _)| &self.parts[*at].column);
        Reading {
            from: &self.from,
            columns: columns.collect(),
            kept: self.kept.iter().collect(),
            picked: None,
            filter: None,
            since: None,
            range: None,
        }
    }

    /// The reading of some columns of one row in 2ⁿ. A key decides which if one is kept: its hash is soon made.
    pub(super) fn sample(&self, parts: &Parts<'_>, level: u32) -> Reading<'_> {
        let by = self
            .kept
            .iter()
            .find(|column| column.unique && !column.hashed_by.is_empty());
        Reading {
            picked: Some(Picked { by, level }),
            ..self.reading(parts)
        }
    }
}
