//! Every row of a database before and after a run, and what a right masking may have changed of it.

use std::collections::BTreeMap;

use masking::{Classified, TableName, TableTreatment, Transform};

use super::Ground;

/// The text of a column in a row; `None` is NULL.
type Value = Option<String>;

/// The rows of each table; a table's columns are those of its treatment, in order.
pub struct Snapshot(BTreeMap<TableName, Vec<Vec<Value>>>);

impl Snapshot {
    pub async fn take(ground: &mut impl Ground, classified: &Classified) -> Self {
        let mut tables = BTreeMap::new();
        for table in &classified.tables {
            let columns: Vec<_> = table
                .columns
                .iter()
                .map(|column| column.column.as_str())
                .collect();
            tables.insert(table.name.clone(), ground.rows(&table.name, &columns).await);
        }
        Self(tables)
    }

    /// What is not as it must be after a run.
    pub fn compare(&self, after: &Self, classified: &Classified) -> Vec<String> {
        let mut wrong = Vec::new();
        for table in &classified.tables {
            let (before, after) = (&self.0[&table.name], &after.0[&table.name]);
            let found = match (table.emptied, table.filter.is_some()) {
                (true, _) if after.is_empty() => Vec::new(),
                (true, _) => vec![format!("{} rows are left", after.len())],
                (_, true) => Vec::new(),
                _ => rows(table, before, after),
            };
            let mut found: Vec<_> = found
                .into_iter()
                .map(|what| format!("{}: {what}", table.name))
                .collect();
            found.sort();
            found.dedup();
            found.truncate(8);
            wrong.extend(found);
        }
        wrong
    }
}

fn rows(table: &TableTreatment, before: &[Vec<Value>], after: &[Vec<Value>]) -> Vec<String> {
    if before.len() != after.len() {
        return vec![format!("{} rows before, {} after", before.len(), after.len())];
    }
    let kept: Vec<usize> = (0..table.columns.len()).filter(|at| stays(table, *at)).collect();
    let of_kept = |row: &Vec<Value>| kept.iter().map(|at| row[*at].clone()).collect::<Vec<_>>();
    let (mut a, mut b): (Vec<_>, Vec<_>) = (before.iter().collect(), after.iter().collect());
    a.sort_by_key(|row| of_kept(row));
    b.sort_by_key(|row| of_kept(row));
    let mut wrong = Vec::new();
    if let Some((a, b)) = a.iter().zip(&b).find(|(a, b)| of_kept(a) != of_kept(b)) {
        wrong.push(format!(
            "kept columns were {:?} and are {:?}",
            of_kept(a),
            of_kept(b)
        ));
        return wrong;
    }
    // Only where the kept columns tell every row from the others can one be held against what it was.
    let apart = a.windows(2).all(|pair| of_kept(pair[0]) != of_kept(pair[1]));
    for (at, column) in table
        .columns
        .iter()
        .enumerate()
        .filter(|(at, _)| !stays(table, *at))
    {
        let changes = a.iter().zip(&b).map(|(a, b)| (&a[at], &b[at]));
        let complaints = changes.filter_map(|(a, b)| {
            if apart {
                change(&column.transform, a, b).map(str::to_owned)
            } else {
                b.as_deref()
                    .filter(|text| is_planted(text))
                    .map(|_| "an original is left".to_owned())
            }
        });
        let complaints: Vec<_> = complaints.collect();
        let same = complaints.iter().filter(|what| *what == SAME).count();
        let complaints = complaints
            .into_iter()
            .filter(|what| what != SAME || same * 20 > a.len());
        wrong.extend(complaints.map(|what| format!("{}: {what}", column.column)));
        if column.unique && column.transform != Transform::Null {
            let distinct = |rows: &[&Vec<Value>]| {
                rows.iter()
                    .filter_map(|row| row[at].as_ref())
                    .collect::<std::collections::BTreeSet<_>>()
                    .len()
            };
            // Unique together with other columns, or in part of the rows, it may become more distinct, never less.
            if distinct(&b) < distinct(&a) {
                wrong.push(format!(
                    "{}: {} values became {}",
                    column.column,
                    distinct(&a),
                    distinct(&b)
                ));
            }
        }
    }
    wrong
}

/// Whether the masking leaves a column as it is. What the database computes follows from other columns.
fn stays(table: &TableTreatment, at: usize) -> bool {
    let column = &table.columns[at];
    column.transform.keeps() && !column.column.starts_with("made_")
}

/// Chance lets a few values of a short list come out as they were.
const SAME: &str = "values are what they were";

fn is_planted(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("planted") || text.contains("corp-mail")
}

/// What is wrong with what became of a value.
fn change(transform: &Transform, before: &Value, after: &Value) -> Option<&'static str> {
    let (before, after) = match (transform, before, after) {
        (Transform::Null, _, None) | (_, None, None) => return None,
        (Transform::Null, ..) => return Some("it should be NULL"),
        (_, None, Some(_)) => return Some("NULL has become a value"),
        (_, Some(_), None) => return Some("a value has become NULL"),
        (_, Some(before), Some(after)) => (before, after),
    };
    match transform {
        _ if is_planted(after) => Some("an original is left"),
        Transform::Keep { .. } | Transform::Constant(_) | Transform::Json(_) | Transform::TextRedact => None,
        Transform::TextDrop if is_blank(after) => None,
        Transform::TextDrop => Some("dropped text is left"),
        _ if is_blank(before) && after != before => Some("an empty value has become something"),
        _ if is_blank(before) => None,
        _ if after.trim().is_empty() => Some("a value has become empty"),
        _ if before == after => Some(SAME),
        _ => None,
    }
}

/// Nothing, or nothing that says anything: blanks, endless dates, an empty array, what is no number, zero.
fn is_blank(text: &str) -> bool {
    let says = |c: char| c.is_alphanumeric() && c != '0';
    !text
        .replace("\"NULL\"", "word")
        .replace("NULL", "")
        .chars()
        .any(says)
        || matches!(
            text,
            "infinity" | "-infinity" | "NaN" | "Infinity" | "-Infinity" | "\\x"
        )
}
