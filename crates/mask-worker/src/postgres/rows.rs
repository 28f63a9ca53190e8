//! Rows on their way through the maskers, in either of COPY's forms.

mod held;
#[cfg(test)]
mod tests;

use masking::{Masker, Shuffler};

use super::copy::{self, escape, unescaped};
use super::form::{Code, Form, NoValue};
use super::tuples::{Broken, Tuples};
use held::Held;

/// Rows whose values are to change places are held back up to so many bytes.
const HELD: usize = 2 * 1024 * 1024;

/// What happens to the rows of a stream.
pub(super) struct RowMasker {
    form: Form,
    reading: Reading,
    writing: Writing,
}

/// A stream of rows that is cut anywhere, put together again.
enum Reading {
    Text(copy::Rows),
    Binary(Tuples),
}

/// A row cannot be read, or its masked value not be written.
#[derive(Debug)]
pub(super) struct Unreadable;

impl From<Broken> for Unreadable {
    fn from(_: Broken) -> Self {
        Self
    }
}

impl From<NoValue> for Unreadable {
    fn from(_: NoValue) -> Self {
        Self
    }
}

/// One field: how it is masked, if at all, and where in the row its companion is.
pub(super) struct Field {
    pub(super) masker: Option<(Masker, Shuffler)>,
    /// Where in the row the companion's text is that the masker wants.
    pub(super) by: Option<usize>,
    /// How the masked value is written in the binary form.
    pub(super) code: Code,
}

impl RowMasker {
    /// The maskers of the fields, in the order in which they are read and written; fields that are read beyond these are
    /// companions.
    pub(super) fn new(form: Form, fields: Vec<Field>) -> Self {
        Self {
            form,
            reading: match form {
                Form::Text => Reading::Text(copy::Rows::default()),
                Form::Binary => Reading::Binary(Tuples::default()),
            },
            writing: Writing {
                form,
                shuffles: fields.iter().any(Field::shuffles),
                fields,
                plain: Vec::new(),
                by: Vec::new(),
                masked: Vec::new(),
                held: Held::default(),
            },
        }
    }

    /// What stands before the first row.
    pub(super) fn begin(&self, out: &mut Vec<u8>) {
        self.form.begin(out);
    }

    /// Appends to `out` the rows that a piece of the stream completes, each field through its masker; or keeps them back
    /// for others to change values with. Answers how many it read.
    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<u64, Unreadable> {
        let mut count = 0;
        let writing = &mut self.writing;
        match &mut self.reading {
            Reading::Text(rows) => rows.push(chunk, |row| {
                count += 1;
                let fields: Vec<_> = copy::fields(row).collect();
                writing.mask(&fields, out)
            })?,
            Reading::Binary(tuples) => tuples.push(chunk, |fields| {
                count += 1;
                writing.mask(fields, out)
            })?,
        }
        Ok(count)
    }

    /// Appends what was kept back, and what stands after the last row. Every stream of rows ends with it.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let rows = self.writing.held.rows();
        self.writing.shuffle(rows, out)?;
        self.form.end(out);
        Ok(())
    }
}

impl Field {
    fn shuffles(&self) -> bool {
        self.masker.as_ref().is_some_and(|(masker, _)| masker.shuffles())
    }
}

/// A column, and the value of another row that it gets.
type Replaced<'a> = (usize, Option<&'a [u8]>);

/// What happens to the fields of a row, in order.
struct Writing {
    form: Form,
    shuffles: bool,
    fields: Vec<Field>,
    plain: Vec<u8>,
    by: Vec<u8>,
    masked: Vec<u8>,
    held: Held,
}

impl Writing {
    fn mask(&mut self, row: &[Option<&[u8]>], out: &mut Vec<u8>) -> Result<(), Unreadable> {
        if !self.shuffles {
            return self.write(row, &[], out);
        }
        self.held.push(row);
        let rows = self.held.rows();
        if rows >= 2 * Shuffler::WINDOW || (self.held.bytes() >= HELD && rows >= 4) {
            self.shuffle(rows / 2, out)?;
        }
        Ok(())
    }

    /// Writes the first `rows` of those held, their values in other places. NULL and empty stay where they are, but where
    /// a single value stands among them: it must not stay either.
    fn shuffle(&mut self, rows: usize, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let held = std::mem::take(&mut self.held);
        let mut replaced: Vec<Vec<Replaced<'_>>> = vec![Vec::new(); rows];
        for (column, field) in self.fields.iter_mut().enumerate() {
            let Some((_, shuffler)) = field.masker.as_mut().filter(|(masker, _)| masker.shuffles()) else {
                continue;
            };
            let value = |at: usize| held.field(at, column);
            let says = |at: &usize| value(*at).is_some_and(|value| !value.is_empty());
            let mut movable: Vec<usize> = (0..rows).filter(says).collect();
            if movable.len() == 1 {
                movable = (0..rows).collect();
            }
            for (to, from) in shuffler.permutation(movable.len()).into_iter().enumerate() {
                replaced[movable[to]].push((column, value(movable[from])));
            }
        }
        for (at, replaced) in replaced.iter().enumerate() {
            self.write(&held.row(at), replaced, out)?;
        }
        for at in rows..held.rows() {
            self.held.push(&held.row(at));
        }
        Ok(())
    }

    /// Appends the row, some of its fields replaced, the others through their maskers or as they stand.
    fn write(
        &mut self,
        row: &[Option<&[u8]>],
        replaced: &[Replaced<'_>],
        out: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        if self.form == Form::Binary {
            out.extend_from_slice(&(self.fields.len() as i16).to_be_bytes());
        }
        for at in 0..self.fields.len() {
            if self.form == Form::Text && at > 0 {
                out.push(b'\t');
            }
            let other = replaced.iter().find(|(column, _)| *column == at);
            match (other, row.get(at).copied().flatten(), &mut self.fields[at].masker) {
                (Some((_, Some(other))), _, _) => self.keep(other, out),
                (Some((_, None)), _, _) | (None, None, _) => self.null(out),
                (None, Some(field), Some((masker, _))) if !masker.shuffles() => {
                    self.write_masked(field, at, row, out)?;
                }
                (None, Some(field), _) => self.keep(field, out),
            }
        }
        if self.form == Form::Text {
            out.push(b'\n');
        }
        Ok(())
    }

    fn keep(&self, field: &[u8], out: &mut Vec<u8>) {
        if self.form == Form::Binary {
            out.extend_from_slice(&(field.len() as i32).to_be_bytes());
        }
        out.extend_from_slice(field);
    }

    fn null(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Text => out.extend_from_slice(b"\\N"),
            Form::Binary => out.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }

    fn write_masked(
        &mut self,
        field: &[u8],
        at: usize,
        row: &[Option<&[u8]>],
        out: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let Field {
            masker: Some((masker, _)),
            by,
            code,
        } = &mut self.fields[at]
        else {
            return Ok(());
        };
        let by = by.and_then(|by| row.get(by).copied().flatten());
        self.masked.clear();
        let is_value = match self.form {
            Form::Text => masker.mask_into(
                unescaped(field, &mut self.plain),
                by.map(|by| unescaped(by, &mut self.by)),
                &mut self.masked,
            ),
            Form::Binary if code.is_text() => {
                // The value's own length is known when it is there.
                let start = out.len();
                out.extend_from_slice(&[0; 4]);
                if masker.mask_into(field, by, out) {
                    let length = (out.len() - start - 4) as i32;
                    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
                } else {
                    out.truncate(start);
                    self.null(out);
                }
                return Ok(());
            }
            Form::Binary => masker.mask_into(field, by, &mut self.masked),
        };
        if !is_value {
            self.null(out);
        } else if self.form == Form::Text {
            escape(&self.masked, out);
        } else {
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            code.write(&self.masked, out)?;
            let length = (out.len() - start - 4) as i32;
            out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }
}
