//! Reading all that is left, and judging it.

use std::collections::{BTreeMap, BTreeSet};

use masking::{Classified, TableName, TableTreatment, Transform};
use serde_json::Value;

use super::expect::{is_as_promised, is_blank};
use super::patterns::{self, Personal};
use super::witness::{ColumnWitness, Digester, Witness};
use super::{Finding, Readable, ReadableColumn, Row};
use crate::Error;
use crate::progress::Reporter;
use crate::server::Server;

/// A row key that stands for several values can prove nothing.
const AMBIGUOUS: u64 = u64::MAX;

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

    fn key_digest(&self, digester: &Digester, place: &str, row: &Row) -> Option<u64> {
        let parts = self.key.iter().map(|at| row[*at].as_deref().unwrap_or("\u{0}"));
        (!self.key.is_empty()).then(|| digester.digest(std::iter::once(place).chain(parts)))
    }
}

/// The values that a transform speaks of: the column's own, or the leaves of a document that its paths reach.
fn values<'a>(place: &str, transform: &'a Transform, value: &str) -> Vec<(String, &'a Transform, String)> {
    let Transform::Json(paths) = transform else {
        return vec![(place.to_owned(), transform, value.to_owned())];
    };
    let Ok(document) = serde_json::from_str::<Value>(value) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    leaves(&document, &mut Vec::new(), &mut |steps, leaf| {
        if let Some((path, transform)) = paths.iter().find(|(path, _)| path.covers(steps)) {
            if !transform.keeps() {
                found.push((format!("{place} {path}"), transform, leaf));
            }
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
        lines: lines(server, classified).await?,
        ..Witness::default()
    };
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
                for place in &layout.places {
                    let Some(value) = row[place.at].as_deref() else {
                        continue;
                    };
                    for (name, _, value) in values(&place.name, place.transform, value) {
                        remember(
                            columns.entry(name.clone()).or_default(),
                            digester,
                            &name,
                            &value,
                            layout.key_digest(digester, &name, row),
                        );
                    }
                }
                Ok(())
            })
            .await?;
    }
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

/// The schema and the rows of every table that is not emptied, as lines.
async fn lines(server: &Server, classified: &Classified) -> Result<Vec<String>, Error> {
    let mut lines = server.schema_lines().await?;
    for table in classified.tables.iter().filter(|table| !table.emptied) {
        lines.push(format!(
            "rows {} {}",
            table.name,
            server.count(&table.name).await?
        ));
    }
    Ok(lines)
}

/// What was counted of one place.
#[derive(Default)]
struct Tally {
    broken: u64,
    left: u64,
    compared: u64,
    unchanged: u64,
    constant: Option<u64>,
}

/// Reads everything that is left and answers what must not be there.
pub(crate) async fn scan(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
    reporter: &mut Reporter,
) -> Result<Vec<Finding>, Error> {
    let mut findings = changes(server, classified, witness).await?;
    let readables = server.readables().await?;
    reporter.phase("verify", readables.len(), 0);
    let mut rows = 0;
    for from in &readables {
        let treatment = classified.table(&from.name);
        if treatment.is_some_and(|treatment| treatment.emptied) {
            let left = server.count(&from.name).await?;
            findings.extend(
                (left > 0).then(|| finding(&from.name, None, "rows in a table that is to be empty", left)),
            );
        }
        let layout = Layout::new(from, treatment, true);
        if !layout.columns.is_empty() {
            findings.extend(
                judge_table(
                    server, from, treatment, &layout, witness, digester, reporter, &mut rows,
                )
                .await?,
            );
        }
        reporter.table_done();
    }
    findings.extend(remembered(server, classified, witness, digester).await?);
    Ok(findings)
}

async fn changes(server: &Server, classified: &Classified, witness: &Witness) -> Result<Vec<Finding>, Error> {
    let now = lines(server, classified).await?;
    // Each changed thing is in both lists, as it was and as it is: it is named once, without what it says.
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let changed: BTreeSet<String> = witness.changed_lines(&now).into_iter().map(name).collect();
    Ok(changed
        .into_iter()
        .map(|name| Finding {
            table: name,
            column: None,
            what: "not what it was before the masking".to_owned(),
            count: 1,
        })
        .collect())
}

#[allow(clippy::too_many_arguments, reason = "the parts of one scan, all borrowed")]
async fn judge_table(
    server: &Server,
    from: &Readable,
    treatment: Option<&TableTreatment>,
    layout: &Layout<'_>,
    witness: &Witness,
    digester: &Digester,
    reporter: &mut Reporter,
    rows: &mut u64,
) -> Result<Vec<Finding>, Error> {
    let mut tallies: BTreeMap<String, (&Transform, Tally)> = BTreeMap::new();
    let mut personal: BTreeMap<(usize, Personal), u64> = BTreeMap::new();
    let looked_at: Vec<bool> = layout.columns.iter().map(|column| !column.plain).collect();
    let accepted: Vec<Vec<Personal>> = layout
        .columns
        .iter()
        .map(|column| accepted(treatment, &column.name))
        .collect();
    server
        .read(from, &layout.columns, |row| {
            *rows += 1;
            if rows.is_multiple_of(4096) {
                reporter.stop_if_told()?;
                reporter.rows_done(*rows);
            }
            for (at, text) in row.iter().enumerate().filter(|(at, _)| looked_at[*at]) {
                for found in text.as_deref().map(patterns::find).unwrap_or_default() {
                    if !accepted[at].contains(&found) {
                        *personal.entry((at, found)).or_default() += 1;
                    }
                }
            }
            for place in &layout.places {
                let Some(value) = row[place.at].as_deref() else {
                    continue;
                };
                for (name, transform, value) in values(&place.name, place.transform, value) {
                    let key = layout.key_digest(digester, &name, row);
                    let known = witness.columns.get(&name);
                    let (_, tally) = tallies
                        .entry(name.clone())
                        .or_insert((transform, Tally::default()));
                    tally.count(transform, &name, &value, known, key, digester);
                }
            }
            Ok(())
        })
        .await?;
    let mut findings: Vec<Finding> = tallies
        .iter()
        .flat_map(|(name, (transform, tally))| {
            let place = name.strip_prefix(&format!("{}.", from.name)).unwrap_or(name);
            let distinct = witness.columns.get(name).map_or(0, |column| column.values.len());
            tally
                .verdict(transform, distinct)
                .into_iter()
                .map(move |(what, count)| finding(&from.name, Some(place), what, count))
        })
        .collect();
    findings.extend(personal.into_iter().map(|((at, found), count)| {
        finding(&from.name, Some(&layout.columns[at].name), found.words(), count)
    }));
    Ok(findings)
}

impl Tally {
    fn count(
        &mut self,
        transform: &Transform,
        place: &str,
        value: &str,
        known: Option<&ColumnWitness>,
        key: Option<u64>,
        digester: &Digester,
    ) {
        let digest = digester.digest([place, value]);
        if matches!(transform, Transform::Constant(_)) {
            // The engine may spell a constant its own way; it is the same in every row.
            self.broken += u64::from(*self.constant.get_or_insert(digest) != digest);
            return;
        }
        self.broken += u64::from(!value.is_empty() && !is_as_promised(transform, value));
        let Some(known) = known.filter(|_| !is_blank(value)) else {
            return;
        };
        if transform.is_wide() {
            self.left += u64::from(known.values.get(digest).is_some());
        } else if let Some(before) = key
            .and_then(|key| known.rows.get(key))
            .filter(|before| *before != AMBIGUOUS)
        {
            self.compared += 1;
            self.unchanged += u64::from(before == digest);
        }
    }

    /// Chance lets a few values of a narrow column come out as they were; more than a few are no chance. What
    /// has few distinct values is judged more mildly.
    fn verdict(&self, transform: &Transform, distinct: usize) -> Vec<(&'static str, u64)> {
        let mut found = Vec::new();
        if self.broken > 0 {
            found.push(("values that are not what the rule promises", self.broken));
        }
        if self.left > 0 {
            found.push(("original values", self.left));
        }
        let partial = matches!(transform, Transform::TextRedact | Transform::Constant(_));
        let limit = match distinct {
            0..5 => self.compared.saturating_sub(1),
            5..20 => self.compared / 2,
            _ => self.compared / 20,
        };
        if !partial && self.unchanged > limit {
            found.push(("rows whose value is what it was", self.unchanged));
        }
        found
    }
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

/// The planner's statistics must remember no original either.
async fn remembered(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
) -> Result<Vec<Finding>, Error> {
    let mut counts: BTreeMap<(TableName, String), u64> = BTreeMap::new();
    for (table, column, value) in server.remembered().await? {
        let treatment = classified.table(&table);
        let place = format!("{table}.{column}");
        let digest = digester.digest([place.as_str(), value.as_str()]);
        let wide = treatment
            .and_then(|t| t.masked().find(|c| c.column == column))
            .is_some_and(|c| c.transform.is_wide());
        let original = wide
            && witness
                .columns
                .get(&place)
                .is_some_and(|known| known.values.get(digest).is_some());
        let emptied = treatment.is_some_and(|treatment| treatment.emptied);
        let excused = accepted(treatment, &column);
        if original
            || emptied
            || patterns::find(&value)
                .iter()
                .any(|found| !excused.contains(found))
        {
            *counts.entry((table, column)).or_default() += 1;
        }
    }
    Ok(counts
        .into_iter()
        .map(|((table, column), count)| {
            finding(&table, Some(&column), "values in the planner's statistics", count)
        })
        .collect())
}

fn finding(table: &TableName, column: Option<&str>, what: &str, count: u64) -> Finding {
    Finding {
        table: table.to_string(),
        column: column.map(str::to_owned),
        what: what.to_owned(),
        count,
    }
}
