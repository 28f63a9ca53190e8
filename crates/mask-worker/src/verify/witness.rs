//! What is remembered of the time before the masking: digests, counts and the schema, never a value.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::originals::Originals;

/// A row's hash → the digest of its value, of sampled rows.
pub(crate) type RowSample = HashMap<u64, u64>;

/// What is remembered of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableWitness {
    /// Its rows, without those that the rules leave out.
    pub(crate) rows: u64,
    /// The sum of the hashes of these rows' kept columns; none where it was not needed.
    pub(crate) sum: Option<u64>,
    /// How rows were sampled.
    pub(crate) level: u32,
    /// The file that holds it: one that is the same afterwards still has its old pages.
    pub(crate) file: String,
}

/// Everything that `verify` must know of the time before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Witness {
    /// The schema as lines.
    pub(crate) lines: Vec<String>,
    /// The values that must be nowhere.
    pub(crate) originals: Originals,
    /// By `schema.table.place`: what sampled rows held where values can only be judged by row.
    pub(crate) samples: BTreeMap<String, RowSample>,
    /// By `schema.table`.
    pub(crate) tables: BTreeMap<String, TableWitness>,
    /// The engine's number of the moment, by which later writes are known; zero where there is none.
    pub(crate) moment: u64,
}

impl Witness {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.moment.to_le_bytes().to_vec();
        text(&self.lines.join("\u{1}"), &mut out);
        self.originals.write(&mut out);
        out.extend_from_slice(&(self.tables.len() as u32).to_le_bytes());
        for (name, table) in &self.tables {
            text(name, &mut out);
            out.extend_from_slice(&table.rows.to_le_bytes());
            out.push(u8::from(table.sum.is_some()));
            out.extend_from_slice(&table.sum.unwrap_or_default().to_le_bytes());
            out.extend_from_slice(&table.level.to_le_bytes());
            text(&table.file, &mut out);
        }
        for (place, sample) in &self.samples {
            text(place, &mut out);
            out.extend_from_slice(&(sample.len() as u32).to_le_bytes());
            for (row, digest) in sample {
                out.extend_from_slice(&row.to_le_bytes());
                out.extend_from_slice(&digest.to_le_bytes());
            }
        }
        out
    }

    pub(crate) fn from_bytes(mut from: &[u8]) -> Option<Self> {
        let from = &mut from;
        let mut witness = Self {
            moment: u64::from_le_bytes(take(from)?),
            lines: read_text(from)?.split('\u{1}').map(str::to_owned).collect(),
            originals: Originals::read(from)?,
            samples: BTreeMap::new(),
            tables: BTreeMap::new(),
        };
        for _ in 0..u32::from_le_bytes(take(from)?) {
            let name = read_text(from)?;
            let rows = u64::from_le_bytes(take(from)?);
            let has_sum = take::<1>(from)? == [1];
            let sum = u64::from_le_bytes(take(from)?);
            let table = TableWitness {
                rows,
                sum: has_sum.then_some(sum),
                level: u32::from_le_bytes(take(from)?),
                file: read_text(from)?,
            };
            witness.tables.insert(name, table);
        }
        while !from.is_empty() {
            let place = read_text(from)?;
            let mut sample = RowSample::new();
            for _ in 0..u32::from_le_bytes(take(from)?) {
                sample.insert(u64::from_le_bytes(take(from)?), u64::from_le_bytes(take(from)?));
            }
            witness.samples.insert(place, sample);
        }
        Some(witness)
    }

    /// Lines that are only in one of the two: what was there before, and what is there now.
    pub(crate) fn changed_lines<'a>(&'a self, now: &'a [String]) -> Vec<&'a str> {
        let (before, after): (HashSet<&String>, HashSet<&String>) =
            (self.lines.iter().collect(), now.iter().collect());
        before
            .symmetric_difference(&after)
            .map(|line| line.as_str())
            .collect()
    }
}

pub(super) fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*head)
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn read_text(from: &mut &[u8]) -> Option<String> {
    let length = u32::from_le_bytes(take(from)?) as usize;
    let (head, rest) = from.split_at_checked(length)?;
    *from = rest;
    String::from_utf8(head.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_reads_back() {
        let mut originals = Originals::with_room_for(100);
        originals.insert(77 << 40);
        let table = TableWitness {
            rows: 3,
            sum: Some(u64::MAX),
            level: 2,
            file: "16384".to_owned(),
        };
        let witness = Witness {
            lines: vec!["x".to_owned(), "y z".to_owned()],
            originals,
            samples: [("a.b.c $.d".to_owned(), [(1, 2), (3, 4)].into())].into(),
            tables: [
                ("a.b".to_owned(), table),
                ("a.c".to_owned(), TableWitness::default()),
            ]
            .into(),
            moment: 12,
        };
        assert_eq!(Witness::from_bytes(&witness.to_bytes()), Some(witness.clone()));
        assert_eq!(Witness::from_bytes(&witness.to_bytes()[..40]), None);
    }
}
