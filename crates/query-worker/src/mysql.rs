//! MySQL: rows are read from the wire and written as text with nothing in between.

mod wire;

use crate::encode;
use crate::error::Error;
use crate::output::Output;
use crate::request::Format;
use crate::source::Source;
use wire::{Wire, length};

/// The server waits for as long as S3 takes a part.
const SESSION: &str = "SET SESSION net_write_timeout = 3600";

pub(crate) async fn query(
    source: &Source,
    statement: &str,
    format: Format,
    header: bool,
    output: &mut Output,
) -> Result<Vec<String>, Error> {
    let mut wire = Wire::connect(source).await?;
    wire.run("setting up the session", SESSION).await?;
    let columns = wire.query("running the query", statement).await?;
    if columns.is_empty() {
        return Err(Error::NoRows);
    }
    if header {
        encode::header(format, &columns, output.room());
    }
    while let Some(row) = wire.row("reading the result").await? {
        line(format, row, columns.len(), output.room()).ok_or(Error::Lost("reading the result"))?;
        output.end_row().await?;
    }
    Ok(columns)
}

/// A row as a line: each value has its length before it.
fn line(format: Format, mut row: &[u8], columns: usize, out: &mut Vec<u8>) -> Option<()> {
    for column in 0..columns {
        if column > 0 {
            out.push(encode::separator(format));
        }
        if let [0xFB, rest @ ..] = row {
            encode::value(format, None, out);
            row = rest;
        } else {
            let (long, rest) = length(row)?;
            let (value, rest) = rest.split_at_checked(long)?;
            encode::value(format, Some(value), out);
            row = rest;
        }
    }
    out.push(b'\n');
    Some(())
}
