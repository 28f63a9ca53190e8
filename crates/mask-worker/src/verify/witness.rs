//! What is remembered of the originals: keyed digests of a sample, so that a value that is left is recognised and
//! none can be read.

use std::collections::{BTreeMap, HashMap, HashSet};

use secrecy::{ExposeSecret, SecretString};

/// The most digests of a column; beyond, every second digest is forgotten, by its own bits.
const MOST: usize = 16_384;

/// Digests values under the witness's key, which comes from the master's password and lives nowhere else.
#[derive(Clone)]
pub(crate) struct Digester([u8; 32]);

impl Digester {
    pub(crate) fn new(password: &SecretString) -> Self {
        Self(blake3::derive_key(
            "doppel 2026 verification witness",
            password.expose_secret().as_bytes(),
        ))
    }

    /// The digest of some texts in a row.
    pub(crate) fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// A sample of digests that holds either all of them or those whose lowest `level` bits are zero. What belongs to
/// the sample depends on the digest alone, so both sides of the masking see the same sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    level: u32,
    kept: HashMap<u64, u64>,
}

impl Sample {
    fn wants(&self, digest: u64) -> bool {
        digest.trailing_zeros() >= self.level
    }

    pub(crate) fn add(&mut self, digest: u64, with: u64) {
        if self.wants(digest) {
            self.kept.insert(digest, with);
        }
        while self.kept.len() > MOST {
            self.level += 1;
            let level = self.level;
            self.kept.retain(|digest, _| digest.trailing_zeros() >= level);
        }
    }

    pub(crate) fn get(&self, digest: u64) -> Option<u64> {
        self.kept.get(&digest).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.level.to_le_bytes());
        out.extend_from_slice(&(self.kept.len() as u32).to_le_bytes());
        for (digest, with) in &self.kept {
            out.extend_from_slice(&digest.to_le_bytes());
            out.extend_from_slice(&with.to_le_bytes());
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let level = u32::from_le_bytes(take(from)?);
        let count = u32::from_le_bytes(take(from)?);
        let mut kept = HashMap::new();
        for _ in 0..count {
            kept.insert(u64::from_le_bytes(take(from)?), u64::from_le_bytes(take(from)?));
        }
        Some(Self { level, kept })
    }
}

/// What is remembered of one column, or of one path of a JSON column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ColumnWitness {
    /// Digests of its values.
    pub(crate) values: Sample,
    /// Digest of a row's key → digest of its value; empty where the table has no key that stays.
    pub(crate) rows: Sample,
}

/// Everything that `verify` must know of the time before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Witness {
    /// By `schema.table.column`, with the path for JSON.
    pub(crate) columns: BTreeMap<String, ColumnWitness>,
    /// The schema, and the rows of each table, as lines.
    pub(crate) lines: Vec<String>,
}

impl Witness {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let text = |text: &str, out: &mut Vec<u8>| {
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        text(&self.lines.join("\u{1}"), &mut out);
        for (place, column) in &self.columns {
            text(place, &mut out);
            column.values.write(&mut out);
            column.rows.write(&mut out);
        }
        out
    }

    pub(crate) fn from_bytes(mut from: &[u8]) -> Option<Self> {
        let lines = text(&mut from)?.split('\u{1}').map(str::to_owned).collect();
        let mut columns = BTreeMap::new();
        while !from.is_empty() {
            let place = text(&mut from)?;
            columns.insert(
                place,
                ColumnWitness {
                    values: Sample::read(&mut from)?,
                    rows: Sample::read(&mut from)?,
                },
            );
        }
        Some(Self { columns, lines })
    }

    /// Lines that are only in one of the two, without the word that begins them saying which values they hold.
    pub(crate) fn changed_lines<'a>(&'a self, now: &'a [String]) -> Vec<&'a str> {
        let (before, after): (HashSet<&String>, HashSet<&String>) =
            (self.lines.iter().collect(), now.iter().collect());
        before
            .symmetric_difference(&after)
            .map(|line| line.as_str())
            .collect()
    }
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*head)
}

fn text(from: &mut &[u8]) -> Option<String> {
    let length = u32::from_le_bytes(take(from)?) as usize;
    let (head, rest) = from.split_at_checked(length)?;
    *from = rest;
    String::from_utf8(head.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_forgets_by_the_digest_alone_and_reads_back() {
        let digester = Digester::new(&"secret".to_owned().into());
        let mut column = ColumnWitness::default();
        for number in 0..40_000_u64 {
            column
                .values
                .add(digester.digest([number.to_string().as_str()]), number);
        }
        assert!(column.values.len() <= MOST && column.values.len() > MOST / 4);
        let seen = (0..40_000_u64)
            .filter(|n| column.values.get(digester.digest([n.to_string().as_str()])) == Some(*n))
            .count();
        assert_eq!(seen, column.values.len());
        let witness = Witness {
            columns: [("a.b.c".to_owned(), column)].into(),
            lines: vec!["x".to_owned(), "y z".to_owned()],
        };
        assert_eq!(Witness::from_bytes(&witness.to_bytes()), Some(witness));
    }
}
