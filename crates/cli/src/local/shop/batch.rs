//! Rows on their way to a server: the text of a `COPY`, or the values of an `INSERT`.

use std::fmt::{self, Display, Write};

/// How a server takes many rows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// PostgreSQL's `COPY … FROM STDIN`, text format.
    Copy,
    /// `(…), (…)` of an `INSERT`, as MySQL and MariaDB read it.
    Values,
}

/// Rows written one after another.
#[derive(Debug)]
pub(super) struct Batch {
    dialect: Dialect,
    text: String,
    in_row: bool,
}

impl Batch {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: String::new(),
            in_row: false,
        }
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text so far; the batch is empty afterwards.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Adds a value to the row.
    pub(super) fn cell(&mut self, value: impl Display) -> &mut Self {
        self.separate();
        let quote = if self.dialect == Dialect::Values { "'" } else { "" };
        self.text.push_str(quote);
        // Writing to a String cannot fail, and the values' own Display does not.
        let _ = write!(Escaped(self.dialect, &mut self.text), "{value}");
        self.text.push_str(quote);
        self
    }

    /// Adds NULL to the row.
    pub(super) fn null(&mut self) -> &mut Self {
        self.separate();
        self.text.push_str(if self.dialect == Dialect::Copy {
            "\\N"
        } else {
            "NULL"
        });
        self
    }

    /// Adds a value or NULL to the row.
    pub(super) fn maybe(&mut self, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.cell(value),
            None => self.null(),
        }
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        self.text
            .push_str(if self.dialect == Dialect::Copy { "\n" } else { ")" });
        self.in_row = false;
    }

    fn separate(&mut self) {
        let separator = match (self.dialect, self.in_row, self.text.is_empty()) {
            (Dialect::Copy, true, _) => "\t",
            (Dialect::Copy, false, _) => "",
            (Dialect::Values, true, _) => ",",
            (Dialect::Values, false, true) => "(",
            (Dialect::Values, false, false) => ",(",
        };
        self.text.push_str(separator);
        self.in_row = true;
    }
}

/// Escapes on the way what would end a value.
struct Escaped<'a>(Dialect, &'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Byte by byte: a debug build spends most of its time here.
        let mut written = 0;
        for (at, byte) in text.as_bytes().iter().enumerate() {
            let escaped = match (byte, self.0) {
                (b'\\', _) => "\\\\",
                (b'\t', Dialect::Copy) => "\\t",
                (b'\n', Dialect::Copy) => "\\n",
                (b'\r', Dialect::Copy) => "\\r",
                (b'\'', Dialect::Values) => "''",
                _ => continue,
            };
            self.1.push_str(&text[written..at]);
            self.1.push_str(escaped);
            written = at + 1;
        }
        self.1.push_str(&text[written..]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dialect: Dialect) -> String {
        let mut batch = Batch::new(dialect);
        batch.cell(1).cell("O'Brien\\\tx\n").null().end();
        batch.cell(2).maybe(Some("b")).maybe(None::<u8>).end();
        batch.take()
    }

    #[test]
    fn rows_are_written_as_each_server_reads_them() {
        assert_eq!(written(Dialect::Copy), "1\tO'Brien\\\\\\tx\\n\t\\N\n2\tb\t\\N\n");
        assert_eq!(
            written(Dialect::Values),
            "('1','O''Brien\\\\\tx\n',NULL),('2','b',NULL)"
        );
    }
}
