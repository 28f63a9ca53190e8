//! `shuffle`: the values of a column change places among the rows. Each value stays true, none stays where it was.

use crate::coverage::ColumnTreatment;
use crate::key::{Key, Prf};

/// Says which row gets whose value, batch by batch of rows that the caller holds.
///
/// A value moves within its batch only: the more rows a batch has, the less does a value's new place say of its old one.
/// A batch of one row cannot be shuffled; a caller joins the last rows to the batch before. Where most rows of a batch
/// hold the same value, many rows come out as they were.
#[derive(Clone, Debug)]
pub struct Shuffler {
    batches: Prf,
    part: u64,
    batch: u64,
}

impl Shuffler {
    /// How many rows a batch should have where the table has as many.
    pub const WINDOW: usize = 8192;

    /// The shuffler of a column for one stream of rows, as [`super::Masker::new`] is given it.
    #[must_use]
    pub fn new(treatment: &ColumnTreatment, key: &Key, part: u64) -> Self {
        Self {
            batches: key.fresh(&key.group(&treatment.group)),
            part,
            batch: 0,
        }
    }

    /// For each of `rows` rows of the next batch the row whose value it gets: each row's value is given once, and none
    /// to its own row, unless there is but one.
    #[must_use]
    pub fn permutation(&mut self, rows: usize) -> Vec<usize> {
        let mut stream = self.batches.numbered(self.part, self.batch);
        self.batch += 1;
        let mut order: Vec<usize> = (0..rows).collect();
        // Sattolo: to swap with rows before alone makes one cycle of all.
        for row in (1..rows).rev() {
            order.swap(row, stream.below(row));
        }
        order
    }
}
