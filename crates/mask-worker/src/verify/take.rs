//! Taking the witness: one reading of what is to be masked, before anything is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use masking::Classified;

use super::digest::Digester;
use super::layout::{Layout, Part, Place};
use super::originals::Originals;
use super::pool::spread;
use super::promise::{Judged, is_blank};
use super::witness::{RowSample, TableWitness, Witness};
use super::{Line, Reading, patterns, words};
use crate::Error;
use crate::progress::Reporter;
use crate::server::Server;
use crate::target::Target;

/// Rows that are compared one by one, of all tables and columns together.
const MOST_SAMPLED: usize = 1 << 17;
/// A row's hash that several rows share can prove nothing.
pub(super) const AMBIGUOUS: u64 = u64::MAX;
/// Digests are handed over in batches of this many.
const BATCH: usize = 4096;

/// What all readers share.
struct Shared {
    digester: Digester,
    originals: Mutex<Originals>,
    /// The bits that must be zero in a digest of the sample, as they last were.
    mask: AtomicU64,
    reporter: Reporter,
}

/// One thing to do.
enum Job {
    /// Read a part of a table that the run changes.
    Read(Arc<Layout>, Option<String>),
    /// Count the rows of one that it keeps, and add up its hashes.
    Tally(Arc<Layout>, bool),
}

/// What was seen of a table, or of a part of it.
struct Seen {
    layout: Arc<Layout>,
    rows: u64,
    sum: Option<u64>,
    samples: Vec<(usize, u64, u64)>,
}

/// Remembers the values that the rules mask, what sampled rows held, the rows and checksums of all tables, and the schema,
/// which `lines` says as it is with row-level security in force.
/// `alone` says that nobody but this worker will write until the verification.
pub(crate) async fn take_witness(
    server: &Server,
    target: &Target,
    classified: &Classified,
    digester: &Digester,
    lines: Vec<String>,
    alone: bool,
    reporter: &Reporter,
) -> Result<Witness, Error> {
    let moment = server.moment().await?;
    let (layouts, files) = layouts(server, classified, digester).await?;
    let expected = layouts
        .iter()
        .map(|layout| layout.from.rows * wide_places(layout))
        .sum();
    let shared = Arc::new(Shared {
        digester: digester.clone(),
        mask: AtomicU64::new(Originals::with_room_for(expected).mask()),
        originals: Mutex::new(Originals::with_room_for(expected)),
        reporter: reporter.clone(),
    });
    let sums = !alone || moment == 0;
    let mut jobs = Vec::new();
    for layout in layouts.iter().filter(|layout| !layout.emptied) {
        if layout.changes() {
            let ranges = server.ranges(&layout.from).await?;
            jobs.extend(
                ranges
                    .into_iter()
                    .map(|range| Job::Read(Arc::clone(layout), range)),
            );
        } else {
            jobs.push(Job::Tally(Arc::clone(layout), sums));
        }
    }
    let work = Arc::clone(&shared);
    let seen = spread(target, jobs, move |server, job| {
        let shared = Arc::clone(&work);
        Box::pin(async move {
            match job {
                Job::Read(layout, range) => read(&server, layout, range, &shared).await,
                Job::Tally(layout, sums) => tally(&server, layout, sums).await,
            }
        })
    })
    .await?;
    let originals = std::mem::replace(&mut *lock(&shared.originals), Originals::with_room_for(0));
    Ok(merge(
        seen,
        Witness {
            lines,
            originals,
            samples: BTreeMap::new(),
            tables: files,
            moment,
        },
    ))
}

fn lock(originals: &Mutex<Originals>) -> std::sync::MutexGuard<'_, Originals> {
    originals.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wide_places(layout: &Layout) -> u64 {
    layout
        .parts
        .iter()
        .flat_map(Part::places)
        .filter(|place| place.judged != Judged::Row)
        .count() as u64
}

/// The layouts of all tables that the rules speak of, and the files of everything that holds rows.
async fn layouts(
    server: &Server,
    classified: &Classified,
    digester: &Digester,
) -> Result<(Vec<Arc<Layout>>, BTreeMap<String, TableWitness>), Error> {
    let mut layouts = Vec::new();
    let mut files = BTreeMap::new();
    for from in server.readables().await? {
        let witness = TableWitness {
            file: from.file.clone(),
            ..TableWitness::default()
        };
        files.insert(from.name.to_string(), witness);
        if let Some(treatment) = classified.table(&from.name) {
            layouts.push(Layout::new(&from, Some(treatment), digester));
        }
    }
    let by_row = |layout: &Layout| {
        layout
            .parts
            .iter()
            .flat_map(Part::places)
            .filter(|p| p.judged == Judged::Row)
            .count()
    };
    let places: usize = layouts.iter().map(by_row).sum();
    let most = (MOST_SAMPLED / places.max(1)).clamp(256, 8192) as u64;
    for layout in &mut layouts {
        while layout.from.rows >> layout.level > most {
            layout.level += 1;
        }
    }
    Ok((layouts.into_iter().map(Arc::new).collect(), files))
}

async fn tally(server: &Server, layout: Arc<Layout>, sums: bool) -> Result<Seen, Error> {
    let mut reading = layout.reading(&Vec::new());
    if !sums {
        reading.kept.clear();
    }
    let counted = server.tally(&reading).await?;
    Ok(Seen {
        rows: counted.rows,
        sum: counted.sum,
        samples: Vec::new(),
        layout,
    })
}

/// Reads every row for what must be nowhere, and some rows for what is compared.
async fn read(
    server: &Server,
    layout: Arc<Layout>,
    range: Option<String>,
    shared: &Shared,
) -> Result<Seen, Error> {
    let (every, some) = layout.before();
    let mut reader = Reader {
        shared,
        batch: Vec::with_capacity(BATCH),
        mask: shared.mask.load(Ordering::Relaxed),
        seen: 0,
        rows: 0,
        sum: 0,
        samples: Vec::new(),
    };
    let (filter, range) = (layout.filter.as_deref(), range.as_deref());
    let reading = Reading {
        filter,
        range,
        ..layout.reading(&every)
    };
    if every.is_empty() {
        let counted = server.tally(&reading).await?;
        (reader.rows, reader.sum) = (counted.rows, counted.sum.unwrap_or_default());
    } else {
        server.read(&reading, |line| reader.line(&every, line)).await?;
    }
    if !some.is_empty() {
        let (rows, sum) = (reader.rows, reader.sum);
        let reading = Reading {
            filter,
            range,
            ..layout.sample(&some, layout.level)
        };
        server.read(&reading, |line| reader.line(&some, line)).await?;
        (reader.rows, reader.sum) = (rows, sum);
    }
    reader.hand_over();
    let Reader {
        rows, sum, samples, ..
    } = reader;
    drop((every, some, reading));
    let sum = (!layout.kept.is_empty()).then_some(sum);
    Ok(Seen {
        layout,
        rows,
        sum,
        samples,
    })
}

/// Reads one part of a table.
struct Reader<'a> {
    shared: &'a Shared,
    batch: Vec<u64>,
    mask: u64,
    seen: u64,
    rows: u64,
    sum: u64,
    samples: Vec<(usize, u64, u64)>,
}

impl Reader<'_> {
    fn line(&mut self, parts: &[(usize, &Part)], line: &Line<'_>) -> Result<(), Error> {
        self.seen += 1;
        if self.seen.is_multiple_of(4096) {
            self.shared.reporter.stop_if_told()?;
        }
        if line.flag {
            self.rows += 1;
            self.sum = self.sum.wrapping_add(line.hash.unwrap_or_default());
        }
        let row = line.hash.filter(|_| line.flag);
        for ((_, part), field) in parts.iter().zip(line.fields) {
            let Some(field) = field else { continue };
            let mut nth = 0;
            part.values(field, |place, value| {
                let Some(place) = place else { return };
                nth += 1;
                if place.judged == Judged::Row {
                    if let Some(row) = row.filter(|_| !is_blank(value)) {
                        self.samples
                            .push((place.at, row_of(row, nth), place.in_row(value)));
                    }
                } else {
                    self.remember(place, value);
                }
            });
        }
        if self.batch.len() >= BATCH {
            self.hand_over();
        }
        Ok(())
    }

    fn remember(&mut self, place: &Place, value: &[u8]) {
        if is_blank(value) {
            return;
        }
        self.add(place.digest(&self.shared.digester, value));
        if memchr::memchr(b'@', value).is_some() {
            for address in patterns::addresses(value) {
                if let Some(known) = words::telling(address.whole) {
                    self.add(self.shared.digester.anywhere(&known));
                }
            }
        }
    }

    fn add(&mut self, digest: u64) {
        if digest & self.mask == 0 {
            self.batch.push(digest);
        }
    }

    fn hand_over(&mut self) {
        let mut originals = lock(&self.shared.originals);
        self.batch.drain(..).for_each(|digest| originals.insert(digest));
        self.mask = originals.mask();
    }
}

/// The digest of the n-th value in a row: a document can hold several in one place.
pub(super) fn row_of(row: u64, nth: u64) -> u64 {
    row.wrapping_add((nth - 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn merge(seen: Vec<Seen>, mut witness: Witness) -> Witness {
    for Seen {
        layout,
        rows,
        sum,
        samples,
    } in seen
    {
        let table = witness.tables.entry(layout.from.name.to_string()).or_default();
        table.rows += rows;
        table.sum = sum.map(|sum| table.sum.unwrap_or_default().wrapping_add(sum));
        table.level = layout.level;
        for (at, row, digest) in samples {
            let place = format!("{}.{}", layout.from.name, layout.places[at]);
            remember(witness.samples.entry(place).or_default(), row, digest);
        }
    }
    witness
}

fn remember(sample: &mut RowSample, row: u64, digest: u64) {
    if sample.len() >= MOST_SAMPLED && !sample.contains_key(&row) {
        return;
    }
    sample
        .entry(row)
        .and_modify(|known| {
            if *known != digest {
                *known = AMBIGUOUS;
            }
        })
        .or_insert(digest);
}
