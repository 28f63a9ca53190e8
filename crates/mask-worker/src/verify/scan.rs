//! Reading all that is left, and judging it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use masking::{Classified, TableName};

use super::digest::Digester;
use super::layout::{Layout, Part};
use super::patterns::Personal;
use super::pool::spread;
use super::tally::{TableTally, ValueReader};
use super::witness::{TableWitness, Witness};
use super::{Finding, Reading, Scanned};
use crate::Error;
use crate::progress::Reporter;
use crate::server::Server;
use crate::target::Target;

/// What all readers share.
pub(super) struct Shared {
    pub(super) digester: Digester,
    pub(super) witness: Arc<Witness>,
    pub(super) reporter: Reporter,
    /// Of each table, the parts that are not read yet.
    left: Vec<AtomicUsize>,
}

impl Shared {
    /// A part of a table is read.
    fn done(&self, at: usize) {
        if self.left[at].fetch_sub(1, Ordering::Relaxed) == 1 {
            self.reporter.table_done();
        }
    }
}

/// One thing to do: read a part of a table, or only count what has no words.
enum Job {
    Read(usize, Arc<Layout>, Option<String>),
    Tally(usize, Arc<Layout>),
}

/// Reads every table and view that is left, and answers what must not be there, and how much was read.
pub(super) async fn scan_tables(
    server: &Server,
    target: &Target,
    classified: &Classified,
    witness: &Arc<Witness>,
    digester: &Digester,
    alone: bool,
    reporter: &Reporter,
) -> Result<Scanned, Error> {
    let layouts = layouts(server, classified, witness, digester, alone).await?;
    reporter.phase(
        "verify",
        layouts.len(),
        layouts.iter().map(|layout| layout.from.rows).sum(),
    );
    let (mut jobs, mut left) = (Vec::new(), Vec::new());
    for (at, layout) in layouts.iter().enumerate() {
        if layout.parts.is_empty() {
            jobs.push(Job::Tally(at, Arc::clone(layout)));
            left.push(AtomicUsize::new(1));
            continue;
        }
        let ranges = server.ranges(&layout.from).await?;
        left.push(AtomicUsize::new(ranges.len()));
        jobs.extend(
            ranges
                .into_iter()
                .map(|range| Job::Read(at, Arc::clone(layout), range)),
        );
    }
    let shared = Arc::new(Shared {
        digester: digester.clone(),
        witness: Arc::clone(witness),
        reporter: reporter.clone(),
        left,
    });
    let pieces = spread(target, jobs, move |server, job| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (at, tally) = match job {
                Job::Read(at, layout, range) => (at, read(&server, &layout, range, &shared).await?),
                Job::Tally(at, layout) => (at, count(&server, &layout, &shared).await?),
            };
            shared.done(at);
            Ok((at, tally))
        })
    })
    .await?;
    let mut tallies: Vec<TableTally> = layouts.iter().map(|layout| TableTally::of(layout)).collect();
    for (at, piece) in pieces {
        tallies[at].add(piece);
    }
    let mut scanned = Scanned::default();
    for (layout, tally) in layouts.iter().zip(&tallies) {
        judge(layout, tally, witness, &mut scanned);
    }
    scanned.scan.one_in = witness.originals.one_in();
    let sampled = layouts.iter().filter(|layout| !layout.after().1.is_empty());
    scanned.scan.rows_one_in = sampled.map(|layout| 1 << layout.look).max().unwrap_or(1);
    Ok(scanned)
}

async fn layouts(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
    alone: bool,
) -> Result<Vec<Arc<Layout>>, Error> {
    let readables = server.readables().await?;
    let layouts = readables.iter().map(|from| {
        let mut layout = Layout::new(from, classified.table(&from.name), digester);
        let known = witness.tables.get(&from.name.to_string());
        layout.level = known.map_or(0, |table| table.level);
        if alone {
            layout.look = look(from.rows).min(layout.level);
        }
        if known.is_none_or(|table| table.sum.is_none()) {
            layout.kept.clear();
        }
        Arc::new(layout)
    });
    Ok(layouts.collect())
}

/// Of so many rows, one in 2ⁿ is looked at for what the masking itself made anew in all of them: at least one in sixteen,
/// and at least [`LEAST_LOOKED_AT`].
fn look(rows: u64) -> u32 {
    (1..=4)
        .take_while(|level| rows >> level >= LEAST_LOOKED_AT)
        .last()
        .unwrap_or_default()
}

const LEAST_LOOKED_AT: u64 = 1 << 14;

/// Rows that were written since the witness was taken, where a table was to stay untouched and has no checksum.
fn since(layout: &Layout, witness: &Witness) -> Option<u64> {
    let untouched = !layout.changes() && !layout.from.copies && layout.kept.is_empty();
    (untouched && witness.moment > 0).then_some(witness.moment)
}

async fn count(server: &Server, layout: &Layout, shared: &Shared) -> Result<TableTally, Error> {
    let mut reading = layout.reading(&Vec::new());
    reading.since = since(layout, &shared.witness);
    counted(server, layout, &reading, shared).await
}

/// What the server counts by itself.
async fn counted(
    server: &Server,
    layout: &Layout,
    reading: &Reading<'_>,
    shared: &Shared,
) -> Result<TableTally, Error> {
    let counted = server.tally(reading).await?;
    shared.reporter.add_rows(counted.rows);
    let mut tally = TableTally::of(layout);
    tally.rows = counted.rows;
    tally.sum = counted.sum.unwrap_or_default();
    tally.written = counted.written;
    Ok(tally)
}

async fn read(
    server: &Server,
    layout: &Layout,
    range: Option<String>,
    shared: &Shared,
) -> Result<TableTally, Error> {
    let (every, some) = layout.after();
    let since = since(layout, &shared.witness);
    let reading = Reading {
        since,
        range: range.as_deref(),
        ..layout.reading(&every)
    };
    let mut tally = if every.is_empty() {
        counted(server, layout, &reading, shared).await?
    } else {
        let mut reader = ValueReader::new(layout, &every, since.is_some(), shared);
        // What has few values (a status, a plan) is looked at once a value: the server counts their rows.
        let masked = every.iter().any(|(_, part)| part.places().next().is_some());
        if !masked && server.repeats(&reading).await? {
            let groups = server.groups(&reading, |counted, fields| reader.group(layout, counted, fields));
            groups.await?;
        } else {
            server.read(&reading, |line| reader.line(line)).await?;
        }
        reader.into_tally()
    };
    if !some.is_empty() {
        let range = range.as_deref();
        let picked = Reading {
            range,
            ..layout.sample(&some, layout.look)
        };
        let mut reader = ValueReader::again(layout, &some, shared);
        server.read(&picked, |line| reader.line(line)).await?;
        // Where all that is kept repeats itself, a hash picks many rows or none: then all are read.
        if reader.rows() < (tally.rows >> layout.look) / 2 {
            reader = ValueReader::again(layout, &some, shared);
            let all = Reading {
                picked: None,
                ..picked
            };
            server.read(&all, |line| reader.line(line)).await?;
        }
        tally.add(reader.into_tally());
    }
    Ok(tally)
}

/// What the tally of a table says.
fn judge(layout: &Layout, tally: &TableTally, witness: &Witness, scanned: &mut Scanned) {
    let name = &layout.from.name;
    let scan = &mut scanned.scan;
    scan.tables += 1;
    scan.columns += u32::try_from(layout.parts.len()).unwrap_or(u32::MAX);
    scan.rows += tally.rows;
    scan.values += tally.values;
    let mut found = Vec::new();
    if layout.emptied && tally.rows > 0 {
        found.push(finding(
            name,
            None,
            "rows in a table that is to be empty",
            tally.rows,
        ));
    }
    if let Some(known) = witness
        .tables
        .get(&name.to_string())
        .filter(|_| !layout.emptied && !layout.from.copies)
    {
        found.extend(changes(layout, tally, known));
    }
    for (at, part) in layout.parts.iter().enumerate() {
        let column = Some(part.column.name.as_str());
        let seen = &tally.columns[at];
        let mut list = Vec::new();
        if seen.originals > 0 {
            list.push(finding(
                name,
                column,
                "original values of masked columns",
                seen.originals,
            ));
        }
        for sort in Personal::ALL {
            let count = seen.personal[sort as usize];
            if count > 0 {
                list.push(finding(name, column, sort.words(), count));
            }
        }
        if part.accepted {
            scanned.accepted.extend(list);
        } else {
            found.extend(list);
        }
        found.extend(places(layout, part, tally, witness));
    }
    scanned.findings.extend(found);
}

fn changes(layout: &Layout, tally: &TableTally, known: &TableWitness) -> Vec<Finding> {
    let name = &layout.from.name;
    let mut found = Vec::new();
    if tally.rows != known.rows {
        let what = format!("rows, which were {} before", known.rows);
        found.push(finding(name, None, &what, tally.rows));
    } else if known.sum.is_some_and(|sum| sum != tally.sum) {
        found.push(finding(
            name,
            None,
            "kept columns whose values are not what they were",
            1,
        ));
    }
    if tally.written > 0 {
        found.push(finding(
            name,
            None,
            "rows written in a table that is to stay as it was",
            tally.written,
        ));
    }
    found
}

fn places(layout: &Layout, part: &Part, tally: &TableTally, witness: &Witness) -> Vec<Finding> {
    let mut found = Vec::new();
    for place in part.places() {
        let sample = witness
            .samples
            .get(&format!("{}.{}", layout.from.name, place.name));
        for (what, count) in tally.places[place.at].verdict(&place.transform, sample) {
            found.push(finding(&layout.from.name, Some(&place.name), what, count));
        }
    }
    found
}

pub(super) fn finding(table: &TableName, column: Option<&str>, what: &str, count: u64) -> Finding {
    Finding {
        table: table.to_string(),
        column: column.map(str::to_owned),
        what: what.to_owned(),
        count,
    }
}
