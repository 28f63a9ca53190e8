//! Where streamed rows go: into `LOAD DATA LOCAL`, or, where the server takes none, into prepared statements.

use super::columns::{Field, list};
use super::wire::{Row, Wire, put_length};
use super::{SESSION, ident};
use crate::error::{DatabaseFailed, Error};

/// Rows go to the server in pieces of this size.
const PIECE: usize = 256 * 1024;
/// What one statement loads: the server can undo a statement, and what it keeps for that must not grow with the table.
const STATEMENT: usize = 512 * 1024 * 1024;
/// A prepared statement bears so many parameters, and so many rows are a piece.
const PARAMETERS: usize = 32_000;
const ROWS: usize = 512;

/// One of the two ways.
pub(super) enum Sink {
    Load(Load),
    Insert(Insert),
}

/// One `LOAD DATA LOCAL` after the other.
pub(super) struct Load {
    wire: Wire,
    table: String,
    statement: String,
    /// What goes next; it begins with room for the packet's header.
    piece: Vec<u8>,
    rows: u64,
    in_statement: u64,
    unknown: u64,
    sent: usize,
    open: bool,
}

/// Prepared `INSERT`s of many rows; rows that fill no whole statement go one by one.
pub(super) struct Insert {
    wire: Wire,
    table: String,
    many: u32,
    one: u32,
    most: usize,
    width: usize,
    values: Vec<u8>,
    nulls: Vec<bool>,
    /// Where each row begins in `values`.
    starts: Vec<usize>,
}

impl Sink {
    pub(super) fn load(wire: Wire, table: String, into: &str, fields: &[Field], masked: &[bool]) -> Self {
        let mut places = Vec::new();
        let mut assigned = Vec::new();
        for (at, (field, masked)) in fields.iter().zip(masked).enumerate() {
            let variable = format!("@v{at}");
            match field.assign(*masked, &variable) {
                Some(value) => {
                    assigned.push(format!("{} = {value}", ident(&field.name)));
                    places.push(variable);
                }
                None => places.push(ident(&field.name)),
            }
        }
        let set = if assigned.is_empty() {
            String::new()
        } else {
            format!(" SET {}", assigned.join(", "))
        };
        let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
        piece.extend_from_slice(&[0; 4]);
        Self::Load(Load {
            wire,
            table,
            statement: format!(
                "LOAD DATA LOCAL INFILE 'rows' INTO TABLE {into} CHARACTER SET binary ({}){set}",
                places.join(", ")
            ),
            piece,
            rows: 0,
            in_statement: 0,
            unknown: 0,
            sent: 0,
            open: false,
        })
    }

    pub(super) async fn insert(
        mut wire: Wire,
        table: String,
        into: &str,
        fields: &[Field],
        masked: &[bool],
    ) -> Result<Self, DatabaseFailed> {
        let values: Vec<_> = fields
            .iter()
            .zip(masked)
            .map(|(field, masked)| field.assign(*masked, "?").unwrap_or_else(|| "?".to_owned()))
            .collect();
        let row = format!("({})", values.join(", "));
        let head = format!(
            "INSERT INTO {into} ({}) VALUES ",
            list(fields.iter().map(|field| field.name.as_str()))
        );
        let most = (PARAMETERS / fields.len().max(1)).clamp(1, ROWS);
        let one = wire.prepare(&format!("{head}{row}")).await?;
        let many = wire
            .prepare(&format!("{head}{}", vec![row.as_str(); most].join(", ")))
            .await?;
        // One transaction: a commit after each statement would wait for the disk.
        wire.run("SET autocommit = 0").await?;
        Ok(Self::Insert(Insert {
            wire,
            table,
            many,
            one,
            most,
            width: fields.len(),
            values: Vec::with_capacity(PIECE),
            nulls: Vec::new(),
            starts: Vec::new(),
        }))
    }

    /// Whether [`Self::flush`] is due.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Load(load) => load.piece.len() >= PIECE,
            Self::Insert(insert) => insert.starts.len() >= insert.most || insert.values.len() >= PIECE * 4,
        }
    }

    /// Takes a row: `values` hands its values over one by one, each with whether it needs no escape.
    pub(super) fn row(&mut self, values: impl FnOnce(&mut dyn FnMut(Option<&[u8]>, bool))) {
        match self {
            Self::Load(load) => {
                let out = &mut load.piece;
                values(&mut |value, plain| {
                    match value {
                        None => out.extend_from_slice(b"\\N"),
                        Some(value) if plain => out.extend_from_slice(value),
                        Some(value) => escape(value, out),
                    }
                    out.push(b'\t');
                });
                out.pop();
                out.push(b'\n');
                load.rows += 1;
            }
            Self::Insert(insert) => {
                insert.starts.push(insert.values.len());
                let (out, nulls) = (&mut insert.values, &mut insert.nulls);
                values(&mut |value, _| {
                    nulls.push(value.is_none());
                    if let Some(value) = value {
                        put_length(value.len(), out);
                        out.extend_from_slice(value);
                    }
                });
            }
        }
    }

    /// Sends what is held; with `last` everything is written. The server warns of `unknown` values among it, and must
    /// not of any other. Answers the rows that went.
    pub(super) async fn flush(&mut self, last: bool, unknown: u64) -> Result<u64, Error> {
        match self {
            Self::Load(load) => load.flush(last, unknown).await,
            Self::Insert(insert) => insert.flush(last, unknown).await,
        }
    }
}

impl Load {
    async fn flush(&mut self, last: bool, unknown: u64) -> Result<u64, Error> {
        let rows = std::mem::take(&mut self.rows);
        self.unknown += unknown;
        if rows > 0 {
            if !self.open {
                self.wire.load(&self.statement).await?;
                (self.open, self.sent, self.in_statement) = (true, 0, 0);
            }
            self.sent += self.piece.len();
            self.in_statement += rows;
            self.wire.data(&mut self.piece).await?;
        }
        if self.open && (last || self.sent >= STATEMENT) {
            self.open = false;
            let done = self.wire.end_of_data().await?;
            // Whatever is wrong with a row, the server goes on when it loads from a client: it only warns.
            if u64::from(done.warnings) != std::mem::take(&mut self.unknown) {
                return Err(self.warned().await?.into());
            }
            same_rows(&self.table, self.in_statement, done.rows)?;
        }
        Ok(rows)
    }

    /// What the server warned of first.
    async fn warned(&mut self) -> Result<DatabaseFailed, DatabaseFailed> {
        self.wire.query("SHOW WARNINGS").await?;
        let mut first = None;
        loop {
            match self.wire.row().transpose()? {
                None => self.wire.fill().await?,
                Some(Row::Last) => break,
                Some(Row::At(start, end)) => {
                    first = first.or_else(|| Some(texts(self.wire.bytes((start, end)))));
                }
            }
        }
        let mut first = first.unwrap_or_default().into_iter().skip(1);
        let code = first
            .next()
            .and_then(|code| code.parse().ok())
            .unwrap_or_default();
        Ok(super::refused(
            format!("loading `{}`", self.table),
            code,
            &first.next().unwrap_or_default(),
        ))
    }
}

impl Insert {
    async fn flush(&mut self, last: bool, unknown: u64) -> Result<u64, Error> {
        // A strict server refuses what no label stands for, though the old table holds it.
        if unknown > 0 {
            self.wire
                .run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
                .await?;
        }
        let (rows, warnings) = self.write().await?;
        if warnings != unknown {
            return Err(DatabaseFailed {
                doing: format!("writing rows of `{}`", self.table),
                code: format!("{warnings} warnings where {unknown} were due"),
                said: None,
            }
            .into());
        }
        if unknown > 0 {
            self.wire.run(SESSION[0]).await?;
        }
        if last {
            self.wire.run("COMMIT").await?;
        }
        Ok(rows)
    }

    /// Writes all rows that are held. Answers how many, and the warnings.
    async fn write(&mut self) -> Result<(u64, u64), Error> {
        let rows = self.starts.len();
        self.starts.push(self.values.len());
        let (mut written, mut warnings) = (0, 0);
        let mut at = 0;
        while at < rows {
            let (statement, many) = if rows - at >= self.most {
                (self.many, self.most)
            } else {
                (self.one, 1)
            };
            let nulls = bits(&self.nulls[at * self.width..(at + many) * self.width]);
            let values = &self.values[self.starts[at]..self.starts[at + many]];
            let parameters = self.width * many;
            let done = self.wire.execute(statement, parameters, &nulls, values).await?;
            written += done.rows;
            warnings += u64::from(done.warnings);
            at += many;
        }
        same_rows(&self.table, rows as u64, written)?;
        self.values.clear();
        self.nulls.clear();
        self.starts.clear();
        Ok((rows as u64, warnings))
    }
}

fn same_rows(table: &str, before: u64, after: u64) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    Err(Error::Rows {
        table: table.to_owned(),
        before,
        after,
    })
}

/// The values of a row of texts.
fn texts(mut packet: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((long, rest)) = super::wire::length(packet) {
        let (value, rest) = rest.split_at(long.min(rest.len()));
        found.push(String::from_utf8_lossy(value).into_owned());
        packet = rest;
    }
    found
}

/// A bit for each, the first the lowest.
fn bits(nulls: &[bool]) -> Vec<u8> {
    nulls
        .chunks(8)
        .map(|eight| {
            eight
                .iter()
                .enumerate()
                .fold(0, |byte, (at, null)| byte | (u8::from(*null) << at))
        })
        .collect()
}

/// Writes a value as `LOAD DATA` reads it.
fn escape(mut value: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr3(b'\\', b'\t', b'\n', value) {
        out.extend_from_slice(&value[..at]);
        out.extend_from_slice(&[b'\\', value[at]]);
        value = &value[at + 1..];
    }
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_value_or_a_row_is_escaped_and_nothing_else() {
        let mut out = Vec::new();
        escape(b"a\tb\\c\nd\r\0'\"\xff", &mut out);
        assert_eq!(out, b"a\\\tb\\\\c\\\nd\r\0'\"\xff");
    }

    #[test]
    fn nulls_are_bits_from_the_lowest() {
        assert_eq!(
            bits(&[true, false, false, false, false, false, false, false, true]),
            [1, 1]
        );
    }
}
