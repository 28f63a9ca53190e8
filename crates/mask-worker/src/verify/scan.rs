//! Reading all that is left, and judging it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use masking::{Classified, TableName, TableTreatment, Transform};
use serde_json::Value;

use super::expect::is_blank;
use super::patterns::{self, Personal};
use super::tally::{AMBIGUOUS, Tally};
use super::witness::{ColumnWitness, Digester, Witness};
use super::{Finding, Readable, ReadableColumn, Row};
use crate::Error;
use crate::progress::Reporter;
use crate::server::Server;

/// A masked column within a row that is read.
struct Place<'a> {
    at: usize,
    name: String,
    transform: &'a Transform,
}

/// How a table is read: the columns asked for, those that make its key, and those that are masked.
struct Layout<'a> {
    columns: Vec<&'a ReadableColumn>,
    key: Vec<usize>,
    places: Vec<Place<'a>>,
}

impl<'a> Layout<'a> {
    fn new(from: &'a Readable, treatment: Option<&'a TableTreatment>, everything: bool) -> Self {
        let masked: BTreeMap<&str, &Transform> = treatment
            .into_iter()
            .flat_map(|t| t.masked())
            .map(|c| (c.column.as_str(), &c.transform))
            .collect();
        let stays = |column: &&ReadableColumn| !masked.contains_key(column.name.as_str());
        let has_key = from.columns.iter().any(|column| column.key)
            && from.columns.iter().filter(|c| c.key).all(|c| stays(&c));
        let is_key = |column: &&ReadableColumn| if has_key { column.key } else { stays(column) };
        let wanted = |column: &&ReadableColumn| {
            !stays(column) || (everything && !column.plain) || (!masked.is_empty() && is_key(column))
        };
        let columns: Vec<_> = from.columns.iter().filter(wanted).collect();
        let at = |test: &dyn Fn(&&ReadableColumn) -> bool| {
            (0..columns.len())
                .filter(|at| test(&columns[*at]))
                .collect::<Vec<_>>()
        };
        let key = at(&is_key);
        let places = at(&|column| !stays(column))
            .into_iter()
            .map(|at| Place {
                at,
                name: format!("{}.{}", from.name, columns[at].name),
                transform: masked[columns[at].name.as_str()],
            })
            .collect();
        Self { columns, key, places }
    }

    /// The digest of what tells a row from the others; none where nothing does.
    fn key_digest(&self, digester: &Digester, row: &Row) -> Option<u64> {
        let parts = self.key.iter().map(|at| row[*at].as_deref().unwrap_or("\u{0}"));
        (!self.key.is_empty() && !self.places.is_empty()).then(|| digester.digest(parts))
    }
}

/// The values that a transform speaks of: the column's own, or the leaves of a document that its paths reach.
fn values<'a>(place: &'a Place<'_>, value: &'a str) -> Vec<(Cow<'a, str>, &'a Transform, Cow<'a, str>)> {
    let Transform::Json(paths) = place.transform else {
        return vec![(Cow::Borrowed(&place.name), place.transform, Cow::Borrowed(value))];
    };
    let Ok(document) = serde_json::from_str::<Value>(value) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    leaves(&document, &mut Vec::new(), &mut |steps, leaf| {
        let rule = paths.iter().find(|(path, _)| path.covers(steps));
        if let Some((path, transform)) = rule.filter(|(_, transform)| !transform.keeps()) {
            found.push((
                Cow::Owned(format!("{} {path}", place.name)),
                transform,
                Cow::Owned(leaf),
            ));
        }
    });
    found
}

fn leaves(value: &Value, steps: &mut Vec<String>, each: &mut impl FnMut(&[String], String)) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                steps.push(key.clone());
                leaves(below, steps, each);
                steps.pop();
            }
        }
        Value::Array(list) => {
            for (at, below) in list.iter().enumerate() {
                steps.push(at.to_string());
                leaves(below, steps, each);
                steps.pop();
            }
        }
        Value::String(text) => each(steps, text.clone()),
        Value::Number(number) => each(steps, number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Remembers, before anything is masked, the values that the rules mask, and the schema with its row counts.
pub(crate) async fn take_witness(
    server: &Server,
    classified: &Classified,
    digester: &Digester,
) -> Result<Witness, Error> {
    let mut witness = Witness {
        lines: server.schema_lines().await?,
        ..Witness::default()
    };
    let lifted = server.lift_row_security().await?;
    witness.lines.extend(row_counts(server, classified).await?);
    for from in server.readables().await? {
        let Some(treatment) = classified
            .table(&from.name)
            .filter(|t| t.masked().next().is_some())
        else {
            continue;
        };
        let layout = Layout::new(&from, Some(treatment), false);
        let columns = &mut witness.columns;
        server
            .read(&from, &layout.columns, |row| {
                let key = layout.key_digest(digester, row);
                for place in &layout.places {
                    let Some(value) = row[place.at].as_deref() else {
                        continue;
                    };
                    for (name, _, value) in values(place, value) {
                        if !columns.contains_key(&*name) {
                            columns.insert(name.clone().into_owned(), ColumnWitness::default());
                        }
                        let column = columns.get_mut(&*name);
                        column
                            .into_iter()
                            .for_each(|column| remember(column, digester, &name, &value, key));
                    }
                }
                Ok(())
            })
            .await?;
    }
    server.put_back(&lifted).await?;
    Ok(witness)
}

fn remember(column: &mut ColumnWitness, digester: &Digester, place: &str, value: &str, key: Option<u64>) {
    if is_blank(value) {
        return;
    }
    let digest = digester.digest([place, value]);
    column.values.add(digest, 0);
    if let Some(key) = key {
        let known = column.rows.get(key);
        column.rows.add(
            key,
            if known.is_some_and(|known| known != digest) {
                AMBIGUOUS
            } else {
                digest
            },
        );
    }
}

/// The rows of every table that is not emptied, as lines.
async fn row_counts(server: &Server, classified: &Classified) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for table in classified.tables.iter().filter(|table| !table.emptied) {
        lines.push(format!(
            "rows {} {}",
            table.name,
            server.count(&table.name).await?
        ));
    }
    Ok(lines)
}

/// Reads everything that is left and answers what must not be there.
pub(crate) async fn scan(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
    reporter: &Reporter,
) -> Result<Vec<Finding>, Error> {
    let mut now = server.schema_lines().await?;
    let lifted = server.lift_row_security().await?;
    now.extend(row_counts(server, classified).await?);
    let mut findings = changes(witness, &now);
    let mut scan = Scan {
        server,
        classified,
        witness,
        digester,
        made: HashSet::new(),
        rows: 0,
    };
    let readables = server.readables().await?;
    reporter.phase("verify", readables.len(), 0);
    // Tables come before the views that copy them, so that a number that a rule made is known again there.
    for from in &readables {
        findings.extend(scan.table(from, reporter).await?);
        reporter.table_done();
    }
    findings.extend(scan.statistics().await?);
    server.put_back(&lifted).await?;
    Ok(findings)
}

fn changes(witness: &Witness, now: &[String]) -> Vec<Finding> {
    // Each changed thing is in both lists, as it was and as it is: it is named once, without what it says.
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let changed: BTreeSet<String> = witness.changed_lines(now).into_iter().map(name).collect();
    let what = "not what it was before the masking";
    changed
        .into_iter()
        .map(|table| Finding {
            table,
            column: None,
            what: what.to_owned(),
            count: 1,
        })
        .collect()
}

/// One reading of everything.
struct Scan<'a> {
    server: &'a Server,
    classified: &'a Classified,
    witness: &'a Witness,
    digester: &'a Digester,
    /// Digests of the numbers that stand where a rule makes phone numbers.
    made: HashSet<u64>,
    rows: u64,
}

impl Scan<'_> {
    async fn table(&mut self, from: &Readable, reporter: &Reporter) -> Result<Vec<Finding>, Error> {
        let treatment = self.classified.table(&from.name);
        let mut findings = Vec::new();
        if treatment.is_some_and(|treatment| treatment.emptied) {
            let left = self.server.count(&from.name).await?;
            findings.extend(
                (left > 0).then(|| finding(&from.name, None, "rows in a table that is to be empty", left)),
            );
        }
        let layout = Layout::new(from, treatment, true);
        if layout.columns.is_empty() {
            return Ok(findings);
        }
        let mut tallies: BTreeMap<String, (Transform, Tally)> = BTreeMap::new();
        let mut personal: BTreeMap<(usize, Personal), u64> = BTreeMap::new();
        let accepted: Vec<_> = layout
            .columns
            .iter()
            .map(|column| accepted(treatment, &column.name))
            .collect();
        let (server, witness, digester) = (self.server, self.witness, self.digester);
        server
            .read(from, &layout.columns, |row| {
                self.rows += 1;
                if self.rows.is_multiple_of(4096) {
                    reporter.stop_if_told()?;
                    reporter.add_rows(4096);
                }
                let key = layout.key_digest(digester, row);
                for place in &layout.places {
                    let Some(value) = row[place.at].as_deref() else {
                        continue;
                    };
                    for (name, transform, value) in values(place, value) {
                        if matches!(transform, Transform::Phone | Transform::Postcode) {
                            self.made.insert(digits(digester, &value));
                        }
                        if !tallies.contains_key(&*name) {
                            tallies.insert(name.clone().into_owned(), (transform.clone(), Tally::default()));
                        }
                        let known = witness.columns.get(&*name);
                        let tally = tallies.get_mut(&*name);
                        tally.into_iter().for_each(|(_, tally)| {
                            tally.count(transform, &name, &value, known, key, digester)
                        });
                    }
                }
                for (at, text) in row
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| !layout.columns[*at].plain)
                {
                    for found in text
                        .as_deref()
                        .map(|text| self.personal(text, &accepted[at]))
                        .unwrap_or_default()
                    {
                        *personal.entry((at, found)).or_default() += 1;
                    }
                }
                Ok(())
            })
            .await?;
        for (name, (transform, tally)) in &tallies {
            let place = name.strip_prefix(&format!("{}.", from.name)).unwrap_or(name);
            let distinct = witness.columns.get(name).map_or(0, |column| column.values.len());
            let verdict = tally.verdict(transform, distinct).into_iter();
            findings.extend(verdict.map(|(what, count)| finding(&from.name, Some(place), what, count)));
        }
        findings.extend(personal.into_iter().map(|((at, found), count)| {
            finding(&from.name, Some(&layout.columns[at].name), found.words(), count)
        }));
        Ok(findings)
    }

    /// What is personal in a text, was not made by a rule, and is not accepted there.
    fn personal(&self, text: &str, accepted: &[Personal]) -> Vec<Personal> {
        patterns::find(text, accepted, |number| {
            self.made.contains(&digits(self.digester, number))
        })
    }

    /// The planner's statistics must remember no original either.
    async fn statistics(&self) -> Result<Vec<Finding>, Error> {
        let mut counts: BTreeMap<(TableName, String), u64> = BTreeMap::new();
        for (table, column, value) in self.server.remembered().await? {
            let treatment = self.classified.table(&table);
            let place = format!("{table}.{column}");
            let digest = self.digester.digest([place.as_str(), value.as_str()]);
            let masked = treatment.and_then(|t| t.masked().find(|c| c.column == column));
            let known = self
                .witness
                .columns
                .get(&place)
                .filter(|_| masked.is_some_and(|c| c.transform.is_wide()));
            let original = known.is_some_and(|known| known.values.get(digest).is_some());
            let emptied = treatment.is_some_and(|treatment| treatment.emptied);
            if original || emptied || !self.personal(&value, &accepted(treatment, &column)).is_empty() {
                *counts.entry((table, column)).or_default() += 1;
            }
        }
        let what = "values in the planner's statistics";
        Ok(counts
            .into_iter()
            .map(|((table, column), count)| finding(&table, Some(&column), what, count))
            .collect())
    }
}

/// The digest of a number however it is written.
fn digits(digester: &Digester, text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digester.digest(["a number that a rule made", &digits])
}

/// What may be found in a column: all, where the rules keep it and say why; phone-like digits where a rule makes them.
fn accepted(treatment: Option<&TableTreatment>, column: &str) -> Vec<Personal> {
    let transform = treatment
        .and_then(|t| t.columns.iter().find(|c| c.column == column))
        .map(|c| &c.transform);
    match transform {
        Some(Transform::Keep { reason: Some(_) }) => vec![Personal::Email, Personal::Phone, Personal::Card],
        Some(Transform::Phone | Transform::Postcode) => vec![Personal::Phone, Personal::Card],
        Some(Transform::Json(paths)) if paths.iter().any(|(_, t)| *t == Transform::Phone) => {
            vec![Personal::Phone]
        }
        _ => Vec::new(),
    }
}

fn finding(table: &TableName, column: Option<&str>, what: &str, count: u64) -> Finding {
    Finding {
        table: table.to_string(),
        column: column.map(str::to_owned),
        what: what.to_owned(),
        count,
    }
}
