//! One transform at work on one column.

use std::borrow::Cow;

use super::place::Draw;
use super::*;
use crate::coverage::ColumnTreatment;
use crate::key::Key;
use crate::schema::Engine;

/// One transform, made ready for one column.
#[derive(Clone, Debug)]
pub struct Masker {
    transform: Transform,
    place: Place,
    array: bool,
    draw: Draw,
}

impl Masker {
    /// The masker of `column`, under the run's key, for one stream of rows, which `part` numbers. What it draws anew no
    /// other masker draws, whatever its part.
    #[must_use]
    pub fn new(treatment: &ColumnTreatment, column: &Column, engine: Engine, key: &Key, part: u64) -> Self {
        Self {
            transform: treatment.transform.clone(),
            place: Place::of(treatment, column, engine),
            array: column.array,
            draw: Draw::new(&treatment.group, key, part),
        }
    }

    /// The column of the same row whose value, as text, [`Self::mask_into`] wants beside the column's own: as it was
    /// before masking, even if it is masked itself.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        self.transform.by()
    }

    /// Whether the column's values change places among the rows: the caller moves them as [`Shuffler`] says, and does
    /// not call [`Self::mask_into`], which would write NULL.
    #[must_use]
    pub fn shuffles(&self) -> bool {
        self.transform == Transform::Shuffle
    }

    /// Appends the masked form of a value to `out`; `false` is NULL, and nothing is appended then. The value is in the
    /// engine's text form (bytes as they are in MySQL, `\x…` in PostgreSQL), `by` that of the column [`Self::by`]. NULL
    /// itself is never masked. What is no text in UTF-8 is read as one character a byte.
    #[must_use]
    pub fn mask_into(&mut self, value: &[u8], by: Option<&[u8]>, out: &mut Vec<u8>) -> bool {
        let mut cell = Cell {
            place: &self.place,
            draw: &mut self.draw,
            by,
        };
        match &self.transform {
            Transform::Keep { .. } => out.extend_from_slice(value),
            Transform::Null | Transform::Shuffle => return false,
            Transform::Constant(constant) => push(constant, out),
            _ if value.is_empty() => {}
            Transform::Bytes => bytes::mask(value, &mut cell, out),
            Transform::TextDrop if self.place.kind == Kind::Bytes => bytes::empty(self.place.engine, out),
            transform => {
                let text = match str::from_utf8(value) {
                    Ok(text) => Cow::Borrowed(text),
                    Err(_) => Cow::Owned(value.iter().copied().map(char::from).collect()),
                };
                if self.array {
                    array::mask(&text, out, &mut |element, out| {
                        apply(transform, element, &mut cell, out)
                    });
                } else {
                    apply(transform, &text, &mut cell, out);
                }
            }
        }
        true
    }
}

/// Appends the masked form of a text; empty stays empty.
pub(super) fn apply(transform: &Transform, value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    if value.is_empty() {
        return;
    }
    let start = out.len();
    match transform {
        Transform::Keep { .. } => push(value, out),
        // Neither NULL nor another row's value can be said here; nothing can.
        Transform::Null | Transform::Shuffle | Transform::Bytes | Transform::TextDrop => {}
        Transform::Constant(constant) => push(constant, out),
        Transform::Hash => hash::mask(value, cell, out),
        Transform::Email => email::mask(value, cell, out),
        Transform::EmailKeepDomain => email::mask_at_domain(value, cell, out),
        Transform::Name { part, locale } => name::mask(value, *part, *locale, cell, out),
        Transform::Phone => phone::mask(value, cell, out),
        Transform::Address(locale) => address::street(value, *locale, cell, out),
        Transform::City(locale) => address::city(value, *locale, cell, out),
        Transform::Postcode => postcode::mask(value, cell, out),
        Transform::PostcodeIn(locale) => postcode::made_up(value, *locale, cell, out),
        Transform::Company(locale) => company::mask(value, *locale, cell, out),
        Transform::Username => username::mask(value, cell, out),
        Transform::Date { shift_days } => date::mask(value, *shift_days, cell, out),
        Transform::DateBy { shift_days, .. } => date::mask_by(value, *shift_days, cell, out),
        Transform::Birthday => birthday::mask(value, cell, out),
        Transform::Ip => ip::mask(value, cell, out),
        Transform::Url => url::mask(value, cell, out),
        Transform::Uuid => uuid::mask(value, cell, out),
        Transform::Card => card::mask(value, cell, out),
        Transform::Iban => iban::mask(value, cell, out),
        Transform::Noise { percent } => noise::mask(value, *percent, cell, out),
        Transform::Bucket(width) => bucket::mask(value, *width, cell, out),
        Transform::Pattern => pattern::mask(value, cell, out),
        Transform::TextRedact => text::redact(value, out),
        Transform::Json(paths) => return json::mask(value, paths, cell, out),
        Transform::VectorZero => vector::zero(value, out),
        Transform::VectorRandom => vector::random(value, cell, out),
    }
    cut(out, start, cell.place);
}
