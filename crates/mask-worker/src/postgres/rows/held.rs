//! Rows that are held back, because their values change places.

/// Rows that wait for others to change values with, one after another.
#[derive(Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    /// Where each field lies, NULL as none, row by row.
    fields: Vec<Option<(u32, u32)>>,
    width: usize,
}

impl Held {
    pub(super) fn push(&mut self, row: &[Option<&[u8]>]) {
        self.width = row.len();
        for field in row {
            self.fields.push(field.map(|field| {
                let start = self.bytes.len() as u32;
                self.bytes.extend_from_slice(field);
                (start, self.bytes.len() as u32)
            }));
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.fields.len().checked_div(self.width).unwrap_or_default()
    }

    /// How much memory the values take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn field(&self, row: usize, column: usize) -> Option<&[u8]> {
        let (start, end) = self.fields.get(row * self.width + column).copied().flatten()?;
        Some(&self.bytes[start as usize..end as usize])
    }

    pub(super) fn row(&self, row: usize) -> Vec<Option<&[u8]>> {
        (0..self.width).map(|column| self.field(row, column)).collect()
    }
}
