//! Rows on their way through the maskers, in either of COPY's forms.

use masking::{Masker, Shuffler};

use super::copy::{self, escape, unescaped};
use super::form::{Code, Form, NoValue};
use super::tuples::{Broken, Tuples};

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

/// Rows that wait for others to change values with, one after another.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    /// Where each field lies, NULL as none, row by row.
    fields: Vec<Option<(u32, u32)>>,
    width: usize,
}

impl Held {
    fn push(&mut self, row: &[Option<&[u8]>]) {
        self.width = row.len();
        for field in row {
            self.fields.push(field.map(|field| {
                let start = self.bytes.len() as u32;
                self.bytes.extend_from_slice(field);
                (start, self.bytes.len() as u32)
            }));
        }
    }

    fn rows(&self) -> usize {
        self.fields.len().checked_div(self.width).unwrap_or_default()
    }

    fn field(&self, row: usize, column: usize) -> Option<&[u8]> {
        let (start, end) = self.fields.get(row * self.width + column).copied().flatten()?;
        Some(&self.bytes[start as usize..end as usize])
    }

    fn row(&self, row: usize) -> Vec<Option<&[u8]>> {
        (0..self.width).map(|column| self.field(row, column)).collect()
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
        if rows >= 2 * Shuffler::WINDOW || (self.held.bytes.len() >= HELD && rows >= 4) {
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

#[cfg(test)]
mod tests {
    use masking::{Classified, Engine, Key, Rules, coverage};

    use super::*;

    fn column(name: &str, kind: masking::Kind) -> masking::Column {
        masking::Column {
            name: name.to_owned(),
            type_name: "text".to_owned(),
            kind,
            array: false,
            nullable: true,
            max_length: None,
            generated: false,
            labels: Vec::new(),
            case_insensitive: false,
            narrow_charset: false,
        }
    }

    fn masker(form: Form, rules: &str) -> RowMasker {
        let name = masking::TableName::new("public", "people");
        let columns = vec![
            column("id", masking::Kind::Integer),
            column("a", masking::Kind::Text),
            column("b", masking::Kind::Text),
        ];
        let table = masking::Table {
            name: name.clone(),
            kind: masking::TableKind::Base,
            parent: None,
            columns: columns.clone(),
            primary_key: vec!["id".to_owned()],
            uniques: Vec::new(),
            partition_key: Vec::new(),
            rows: 0,
            dependents: Vec::new(),
        };
        let schema = masking::Schema {
            engine: Engine::Postgres,
            tables: vec![table],
            foreign_keys: Vec::new(),
            large_objects: 0,
        };
        let rules = Rules::parse("people.toml", &format!("[tables.people]\n{rules}")).unwrap();
        let classified: Classified = coverage(&rules, &schema).unwrap();
        let key = Key::new([3; 32]);
        let treatment = classified.table(&name).unwrap();
        let fields = columns.iter().map(|column| {
            let masked = treatment.masked().find(|masked| masked.column == column.name);
            Field {
                masker: masked.map(|masked| {
                    (
                        Masker::new(masked, column, Engine::Postgres, &key, 0),
                        Shuffler::new(masked, &key, 0),
                    )
                }),
                by: None,
                code: Code::Text,
            }
        });
        RowMasker::new(form, fields.collect())
    }

    fn masked(rules: &str, rows: &[String]) -> Vec<Vec<String>> {
        let (mut masker, mut out) = (masker(Form::Text, rules), Vec::new());
        for row in rows {
            masker.push(format!("{row}\n").as_bytes(), &mut out).unwrap();
        }
        masker.finish(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let text: Vec<Vec<String>> = text
            .lines()
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect();
        assert_eq!(masked_in_binary(rules, rows), text, "both forms say the same");
        text
    }

    /// The same through the binary form, and back.
    fn masked_in_binary(rules: &str, rows: &[String]) -> Vec<Vec<String>> {
        let (mut masker, mut out) = (masker(Form::Binary, rules), Vec::new());
        let mut stream = Vec::new();
        Form::Binary.begin(&mut stream);
        for row in rows {
            let fields: Vec<_> = copy::fields(row.as_bytes())
                .map(|field| field.map(|field| unescaped(field, &mut Vec::new()).to_vec()))
                .collect();
            stream.extend((fields.len() as i16).to_be_bytes());
            for field in &fields {
                stream.extend(
                    field
                        .as_ref()
                        .map_or(-1, |field| field.len() as i32)
                        .to_be_bytes(),
                );
                stream.extend(field.iter().flatten());
            }
        }
        Form::Binary.end(&mut stream);
        masker.begin(&mut out);
        for chunk in stream.chunks(1000) {
            masker.push(chunk, &mut out).unwrap();
        }
        masker.finish(&mut out).unwrap();
        let (mut back, mut tuples) = (Vec::new(), Tuples::default());
        let read: Result<(), Unreadable> = tuples.push(&out, |fields| {
            let text = fields.iter().map(|field| {
                let mut text = Vec::new();
                match field {
                    Some(field) => escape(field, &mut text),
                    None => text.extend(b"\\N"),
                }
                String::from_utf8(text).unwrap()
            });
            back.push(text.collect());
            Ok(())
        });
        read.unwrap();
        back
    }

    #[test]
    fn values_change_places_and_null_and_empty_stay_where_they_are() {
        let rows: Vec<_> = (0..20_000)
            .map(|n| match n % 10 {
                0 => format!("{n}\t\\N\tkept {n}"),
                1 => format!("{n}\t\tkept {n}"),
                _ => format!("{n}\tvalue {n}\tkept {n}"),
            })
            .collect();
        let after = masked("a = \"shuffle\"\nb = \"keep\"", &rows);
        assert_eq!(after.len(), rows.len());
        let mut values: Vec<_> = after.iter().map(|row| row[1].clone()).collect();
        for (n, row) in after.iter().enumerate() {
            assert_eq!(
                (row[0].as_str(), row[2].as_str()),
                (n.to_string().as_str(), format!("kept {n}").as_str())
            );
            match n % 10 {
                0 => assert_eq!(row[1], "\\N"),
                1 => assert_eq!(row[1], ""),
                _ => assert_ne!(row[1], format!("value {n}")),
            }
        }
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 16_000 + 2, "each value once, NULL and empty");
    }

    #[test]
    fn a_single_value_among_many_rows_without_one_does_not_stay() {
        for blank in ["\\N", ""] {
            let rows: Vec<_> = (0..40_000)
                .map(|n| match n % 10_000 {
                    7 => format!("{n}\tvalue {n}\tkept"),
                    _ => format!("{n}\t{blank}\tkept"),
                })
                .collect();
            let after = masked("a = \"shuffle\"\nb = \"keep\"", &rows);
            let values: Vec<_> = after.iter().filter(|row| row[1] != blank).collect();
            assert_eq!(values.len(), 4, "none is lost");
            for row in values {
                assert_ne!(row[1], format!("value {}", row[0]));
            }
        }
    }

    #[test]
    fn a_field_is_masked_as_it_is_and_written_as_copy_wants_it() {
        let after = masked(
            "a = { text = \"redact\" }\nb = \"keep\"",
            &["1\ta\\tb anna@corp.jp\\n\tc\\\\d".to_owned()],
        );
        assert_eq!(after, [["1", "a\\tb [email]\\n", "c\\\\d"]]);
    }
}
