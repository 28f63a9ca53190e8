//! The verification: its own connections, its own list of what can hold words, and no code of the masking.
//!
//! `prepare` takes a [`witness::Witness`] of the time before: keyed digests of the values that the rules mask, never a
//! value; the rows of every table; checksums of what is kept; the schema. Afterwards [`verify`](fn@verify) reads
//! every text-like value that is left, in masked and kept columns alike, and looks for
//!
//! - originals, by looking each value and its parts up in the set of all masked values ([`originals`]);
//! - values that are not what a rule promises, and rows that still hold what they held ([`promise`]);
//! - personal data by pattern ([`patterns`]);
//! - rows, kept values and a schema that are not what they were;
//! - what the server itself remembers: statistics, logs, old files ([`rests`]).

mod digest;
mod json;
mod layout;
mod originals;
mod patterns;
mod pool;
mod promise;
mod rests;
mod scan;
mod secrets;
mod take;
mod tally;
pub(crate) mod witness;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use masking::{Classified, TableName};

use crate::Error;
use crate::progress::Reporter;
use crate::server::Server;
use crate::target::Target;

pub use domain::record::Finding;
use domain::record::Scan;

pub(crate) use digest::Digester;
pub(crate) use rests::Remembered;
pub(crate) use secrets::{Written, is_secret_setting};
pub(crate) use take::take_witness;
use witness::Witness;

/// Something that holds rows: a table, a partition, a materialized view.
#[derive(Clone, Debug)]
pub(crate) struct Readable {
    /// Its name.
    pub(crate) name: TableName,
    /// Its columns, in order.
    pub(crate) columns: Vec<ReadableColumn>,
    /// Its rows, about.
    pub(crate) rows: u64,
    /// Its size in the engine's pages; zero where the engine does not say.
    pub(crate) pages: u64,
    /// What names the file that holds it; empty where the engine does not say.
    pub(crate) file: String,
    /// Its rows are copies of other tables' (a materialized view).
    pub(crate) copies: bool,
}

/// A column to read.
#[derive(Clone, Debug)]
pub(crate) struct ReadableColumn {
    /// Its name.
    pub(crate) name: String,
    /// What its values can hold.
    pub(crate) holds: Holds,
    /// The engine computes it from other columns.
    pub(crate) generated: bool,
    /// The engine's function that hashes its values at a low price; empty where there is none, or the values are long.
    pub(crate) hashed_by: String,
    /// It may be NULL.
    pub(crate) nullable: bool,
    /// No two rows hold the same value, and none is NULL.
    pub(crate) unique: bool,
}

/// What a column's values can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// No words: numbers, times, labels of an enum.
    NoWords,
    /// Text, or something that is written as text.
    Words,
    /// Bytes, which may be text.
    Bytes,
    /// A JSON document.
    Document,
    /// A list in the engine's text form.
    List,
    /// A list of what holds no words.
    ListOfNoWords,
}

/// How a table is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    /// The table.
    pub(crate) from: &'a Readable,
    /// The columns.
    pub(crate) columns: Vec<&'a ReadableColumn>,
    /// The columns that the server hashes, row by row.
    pub(crate) kept: Vec<&'a ReadableColumn>,
    /// Only these rows.
    pub(crate) picked: Option<Picked<'a>>,
    /// An SQL condition: [`Line::flag`] says whether it holds. Without it and `since` the flag is set.
    pub(crate) filter: Option<&'a str>,
    /// A [`Server::moment`]: the flag says whether the row was written since.
    pub(crate) since: Option<u64>,
    /// An SQL condition: only these rows.
    pub(crate) range: Option<&'a str>,
}

/// Rows that are picked by what stays as it is, so that the same ones are picked before and after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picked<'a> {
    /// The column whose hash decides; none for the hash of all kept columns.
    pub(crate) by: Option<&'a ReadableColumn>,
    /// The hash of a picked row ends in so many zero bits.
    pub(crate) level: u32,
}

impl Picked<'_> {
    /// The bits that must be zero.
    pub(crate) fn mask(self) -> u64 {
        (1 << self.level) - 1
    }
}

/// A row as it is read.
pub(crate) struct Line<'a> {
    /// The hash of its kept columns.
    pub(crate) hash: Option<u64>,
    /// See [`Reading::filter`] and [`Reading::since`].
    pub(crate) flag: bool,
    /// Its columns as text, NULL as none.
    pub(crate) fields: &'a [Option<&'a [u8]>],
}

/// What the server counted of a table by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Its rows.
    pub(crate) rows: u64,
    /// The sum of the hashes of its kept columns, modulo 2⁶⁴.
    pub(crate) sum: Option<u64>,
    /// Rows written since.
    pub(crate) written: u64,
}

/// What the verification read, and what it found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scanned {
    /// What must not be there.
    pub(crate) findings: Vec<Finding>,
    /// What would be a finding, but for a rule that keeps the column and says why.
    pub(crate) accepted: Vec<Finding>,
    /// How much was read.
    pub(crate) scan: Scan,
}

/// Reads everything that is left and answers what must not be there. `alone` says that nobody but this worker wrote
/// since the witness was taken: otherwise old pages and statistics are cleaned first.
pub(crate) async fn verify(
    server: &Server,
    target: &Target,
    classified: &Classified,
    witness: &Arc<Witness>,
    digester: &Digester,
    alone: bool,
    reporter: &Reporter,
) -> Result<Scanned, Error> {
    let mut findings = rests::clean(server, classified, witness, digester, alone).await?;
    let mut scanned =
        scan::scan_tables(server, target, classified, witness, digester, alone, reporter).await?;
    findings.append(&mut scanned.findings);
    // What a column itself holds is said already.
    let rests = rests::check(server, classified, witness, digester).await?;
    let said = |rest: &Finding| {
        findings
            .iter()
            .any(|found| (&found.table, &found.column) == (&rest.table, &rest.column))
    };
    let rests: Vec<_> = rests.into_iter().filter(|rest| !said(rest)).collect();
    findings.extend(rests);
    Ok(Scanned { findings, ..scanned })
}

/// What of the schema is not what it was.
pub(crate) fn changes(witness: &Witness, now: &[String]) -> Vec<Finding> {
    // Each changed thing is in both lists, as it was and as it is: it is named once, without what it says.
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let changed: BTreeSet<String> = witness.changed_lines(now).into_iter().map(name).collect();
    changed
        .into_iter()
        .map(|table| Finding {
            table,
            column: None,
            what: "not what it was before the masking".to_owned(),
            count: 1,
        })
        .collect()
}

/// What is written in the schema that must not leave production, and what the report only names. The rules can accept
/// an object by its name, with a reason: it is named then too.
pub(crate) async fn read_schema(
    server: &Server,
    accept: &BTreeMap<String, String>,
) -> Result<(Vec<Finding>, Vec<Finding>), Error> {
    let (mut findings, mut noted) = (Vec::new(), Vec::new());
    for Written { what, text } in server.written().await? {
        let found = match &text {
            Some(text) => secrets::find(text),
            None => vec![secrets::Holding::Secret("text that the master may not read")],
        };
        for holding in found {
            let (list, what_it_is) = match holding {
                secrets::Holding::Secret(name) if accept.contains_key(&what) => (&mut noted, name),
                secrets::Holding::Secret(name) => (&mut findings, name),
                secrets::Holding::Noted(name) => (&mut noted, name),
            };
            list.push(Finding {
                table: what.clone(),
                column: None,
                what: what_it_is.to_owned(),
                count: 1,
            });
        }
    }
    Ok((findings, noted))
}
