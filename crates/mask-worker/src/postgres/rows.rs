//! Rows of COPY's text form on their way through the maskers.

use masking::{Masker, Shuffler};

use super::copy::{escape, unescaped};

/// Rows whose values are to change places are held back up to so many bytes.
const HELD: usize = 2 * 1024 * 1024;

const NULL: &[u8] = b"\\N";

/// What happens to the fields of a row, in order.
pub(super) struct RowMasker {
    fields: Vec<Field>,
    starts: Vec<usize>,
    plain: Vec<u8>,
    by: Vec<u8>,
    masked: Vec<u8>,
    /// Rows that wait for others to change values with, one after another, and where each ends.
    held: Vec<u8>,
    ends: Vec<usize>,
}

/// One field: how it is masked, if at all, and where in the row its companion is.
struct Field {
    masker: Option<Masker>,
    by: Option<usize>,
    shuffler: Option<Shuffler>,
}

impl RowMasker {
    /// The maskers of the named columns, in the order in which they are read.
    pub(super) fn new(columns: Vec<(&str, Option<(Masker, Shuffler)>)>) -> Self {
        let at = |name: &str| columns.iter().position(|(column, _)| *column == name);
        let companions: Vec<_> = columns
            .iter()
            .map(|(_, masker)| masker.as_ref().and_then(|(masker, _)| masker.by()).and_then(at))
            .collect();
        let fields = columns
            .into_iter()
            .zip(companions)
            .map(|((_, masker), by)| match masker {
                Some((masker, shuffler)) if masker.shuffles() => Field {
                    masker: None,
                    by: None,
                    shuffler: Some(shuffler),
                },
                masker => Field {
                    masker: masker.map(|(masker, _)| masker),
                    by,
                    shuffler: None,
                },
            });
        Self {
            fields: fields.collect(),
            starts: Vec::new(),
            plain: Vec::new(),
            by: Vec::new(),
            masked: Vec::new(),
            held: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Appends the row to `out`, each field through its masker, or keeps it back for others to change values with.
    pub(super) fn mask(&mut self, row: &[u8], out: &mut Vec<u8>) {
        if self.fields.iter().all(|field| field.shuffler.is_none()) {
            return self.write(row, &[], out);
        }
        self.held.extend_from_slice(row);
        self.ends.push(self.held.len());
        let rows = self.ends.len();
        if rows >= 2 * Shuffler::WINDOW || (self.held.len() >= HELD && rows >= 4) {
            self.shuffle(rows / 2, out);
        }
    }

    /// Appends what was kept back. Every stream of rows ends with it.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.shuffle(self.ends.len(), out);
    }

    /// Writes the first `rows` of those held, their values in other places. NULL and empty stay where they are.
    fn shuffle(&mut self, rows: usize, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        let ends = std::mem::take(&mut self.ends);
        let row = |at: usize| &held[if at == 0 { 0 } else { ends[at - 1] }..ends[at]];
        let mut replaced: Vec<Vec<(usize, &[u8])>> = vec![Vec::new(); rows];
        for (column, field) in self.fields.iter_mut().enumerate() {
            let Some(shuffler) = &mut field.shuffler else {
                continue;
            };
            let value = |at: usize| {
                row(at)
                    .split(|byte| *byte == b'\t')
                    .nth(column)
                    .unwrap_or_default()
            };
            let movable: Vec<usize> = (0..rows)
                .filter(|at| value(*at) != NULL && !value(*at).is_empty())
                .collect();
            for (to, from) in shuffler.permutation(movable.len()).into_iter().enumerate() {
                replaced[movable[to]].push((column, value(movable[from])));
            }
        }
        for (at, replaced) in replaced.iter().enumerate() {
            self.write(row(at), replaced, out);
        }
        let done = if rows == 0 { 0 } else { ends[rows - 1] };
        self.ends = ends[rows..].iter().map(|end| end - done).collect();
        self.held = held[done..].to_vec();
    }

    /// Appends the row, some of its fields replaced, the others through their maskers or as they stand.
    fn write(&mut self, row: &[u8], replaced: &[(usize, &[u8])], out: &mut Vec<u8>) {
        self.starts.clear();
        self.starts.push(0);
        let tabs = row.iter().enumerate().filter(|(_, byte)| **byte == b'\t');
        self.starts.extend(tabs.map(|(at, _)| at + 1));
        self.starts.push(row.len() + 1);
        for at in 0..self.starts.len() - 1 {
            if at > 0 {
                out.push(b'\t');
            }
            let field = replaced.iter().find(|(column, _)| *column == at);
            match field {
                Some((_, other)) => out.extend_from_slice(other),
                None => self.write_field(row, at, out),
            }
        }
        out.push(b'\n');
    }

    fn write_field(&mut self, row: &[u8], at: usize, out: &mut Vec<u8>) {
        let starts = &self.starts;
        let text = |at: usize| &row[starts[at]..starts[at + 1] - 1];
        let field = text(at);
        let Some(Field {
            masker: Some(masker),
            by,
            ..
        }) = self.fields.get_mut(at)
        else {
            return out.extend_from_slice(field);
        };
        if field == NULL {
            return out.extend_from_slice(field);
        }
        let by = by
            .map(text)
            .filter(|by| *by != NULL)
            .map(|by| unescaped(by, &mut self.by));
        self.masked.clear();
        if masker.mask_into(unescaped(field, &mut self.plain), by, &mut self.masked) {
            escape(&self.masked, out);
        } else {
            out.extend_from_slice(NULL);
        }
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

    fn masker(rules: &str) -> RowMasker {
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
        let maskers = columns.iter().map(|column| {
            let masked = treatment.masked().find(|masked| masked.column == column.name);
            let ready = masked.map(|masked| {
                (
                    Masker::new(masked, column, Engine::Postgres, &key, 0),
                    Shuffler::new(masked, &key, 0),
                )
            });
            (column.name.as_str(), ready)
        });
        RowMasker::new(maskers.collect())
    }

    fn masked(rules: &str, rows: &[String]) -> Vec<Vec<String>> {
        let (mut masker, mut out) = (masker(rules), Vec::new());
        for row in rows {
            masker.mask(row.as_bytes(), &mut out);
        }
        masker.finish(&mut out);
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect()
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
    fn a_field_is_masked_as_it_is_and_written_as_copy_wants_it() {
        let after = masked(
            "a = { text = \"redact\" }\nb = \"keep\"",
            &["1\ta\\tb anna@corp.jp\\n\tc\\\\d".to_owned()],
        );
        assert_eq!(after, [["1", "a\\tb [email]\\n", "c\\\\d"]]);
    }
}
