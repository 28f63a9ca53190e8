//! Rows that are held for a while, so that values of theirs can change places.

use masking::Shuffler;

/// No more bytes are held than these, but for at least two rows.
const BYTES: usize = 4 * 1024 * 1024;

/// Where a value lies; none is NULL.
pub(super) type Cell = Option<(usize, usize)>;

/// The rows that are held.
pub(super) struct Held {
    /// The columns whose values move, by their place in the row.
    movers: Vec<(usize, Shuffler)>,
    bytes: Vec<u8>,
    /// Where each row begins in `bytes`, and how long it is.
    rows: Vec<(usize, usize)>,
    /// The values that move, row by row, as they lie in `bytes`.
    values: Vec<Cell>,
}

impl Held {
    pub(super) fn new(movers: Vec<(usize, Shuffler)>) -> Self {
        Self {
            movers,
            bytes: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Whether any value moves at all.
    pub(super) fn is_needed(&self) -> bool {
        !self.movers.is_empty()
    }

    /// Takes a row and where its values lie in it.
    pub(super) fn push(&mut self, row: &[u8], cells: &[Cell]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(row);
        self.rows.push((start, row.len()));
        for (at, _) in &self.movers {
            let cell = cells.get(*at).copied().flatten();
            self.values.push(cell.map(|(from, long)| (start + from, long)));
        }
    }

    /// Whether the rows should go. Enough are held back that no row is ever left alone at the end.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= 2 * Shuffler::WINDOW || (self.bytes.len() >= BYTES && self.rows.len() >= 4)
    }

    /// Gives `each` the rows: the first half of them, or all. Beside a row it gets the values of other rows that go
    /// where the row's own were, in the order of the columns that move.
    pub(super) fn release(&mut self, all: bool, mut each: impl FnMut(&[u8], &[(usize, Option<&[u8]>)])) {
        let going = if all { self.rows.len() } else { self.rows.len() / 2 };
        let width = self.movers.len();
        let orders: Vec<_> = self
            .movers
            .iter_mut()
            .map(|(at, shuffler)| (*at, shuffler.permutation(going)))
            .collect();
        let mut moved = Vec::with_capacity(width);
        for row in 0..going {
            moved.clear();
            for (nth, (at, order)) in orders.iter().enumerate() {
                let value = self.values[order[row] * width + nth];
                moved.push((*at, value.map(|(from, long)| &self.bytes[from..from + long])));
            }
            let (start, long) = self.rows[row];
            each(&self.bytes[start..start + long], &moved);
        }
        let gone = self.rows.get(going).map_or(self.bytes.len(), |(start, _)| *start);
        self.bytes.drain(..gone);
        self.rows.drain(..going);
        self.values.drain(..going * width);
        self.rows.iter_mut().for_each(|(start, _)| *start -= gone);
        let later = self.values.iter_mut().flatten();
        later.for_each(|(from, _)| *from -= gone);
    }
}

#[cfg(test)]
mod tests {
    use masking::{ColumnTreatment, Key, Transform};

    use super::*;

    fn held() -> Held {
        let treatment = ColumnTreatment {
            column: "c".to_owned(),
            transform: Transform::Shuffle,
            group: "g".to_owned(),
            linked: false,
            fold: false,
            unique: false,
            apart: false,
            room: None,
        };
        Held::new(vec![(1, Shuffler::new(&treatment, &Key::new([7; 32]), 0))])
    }

    #[test]
    fn each_value_goes_to_one_other_row_and_rows_go_in_their_order() {
        let mut held = held();
        for row in 0..5_u8 {
            let value = (row != 3).then_some((1, 1));
            held.push(&[row, row + 100], &[Some((0, 1)), value]);
        }
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for all in [false, true] {
            held.release(all, |row, moved| {
                let value = moved[0].1.map(|value| value[0]);
                assert_ne!(value, Some(row[1]), "no value stays where it was");
                rows.push(row[0]);
                values.push(value);
            });
        }
        assert_eq!(rows, [0, 1, 2, 3, 4]);
        values.sort();
        assert_eq!(values, [None, Some(100), Some(101), Some(102), Some(104)]);
    }
}
