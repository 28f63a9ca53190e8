//! What the server itself remembers of the time before: statistics, statements, old pages, copies, large objects. The
//! masking cleans it; it is cleaned again here where another's command masked; then it is looked at.

use std::collections::{BTreeMap, BTreeSet};

use masking::{Classified, TableName, TableTreatment};

use super::digest::Digester;
use super::patterns::{self, Personal, Sorts};
use super::promise::makes;
use super::scan::finding;
use super::witness::Witness;
use super::{Finding, Readable, words};
use crate::Error;
use crate::server::Server;

/// A value that the engine's statistics hold.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// The table that they are of.
    pub(crate) table: TableName,
    /// The column; none for statistics of several.
    pub(crate) column: Option<String>,
    /// The value as text.
    pub(crate) value: String,
    /// The column is known to hold numbers.
    pub(crate) number: bool,
}

/// Gives tables that were changed where they lay a new file, makes copies anew, and has suspicious statistics gathered
/// again. `alone` says that only this worker wrote since the witness was taken. Answers what cannot be cleaned.
pub(super) async fn clean(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
    alone: bool,
) -> Result<Vec<Finding>, Error> {
    for from in server.readables().await? {
        let known = witness.tables.get(&from.name.to_string());
        if known.is_none_or(|known| known.file != from.file) {
            continue;
        }
        if from.copies {
            server.refresh(&from.name).await?;
        } else if holds_old_rows(server, classified, &from, alone).await? {
            server.rewrite(&from.name).await?;
        }
    }
    let stale = suspicious(server, classified, witness, digester).await?;
    let mut stale: BTreeSet<TableName> = stale.into_keys().map(|(table, _)| table).collect();
    if !alone {
        // Names and cities tell nothing by themselves: no statistics of another's masking are believed.
        stale.extend(
            classified
                .tables
                .iter()
                .filter(|table| changes(table))
                .map(|table| table.name.clone()),
        );
    }
    for table in stale {
        server.forget_statistics(&table).await?;
    }
    let left = server.forget_statements().await?;
    Ok(left
        .into_iter()
        .map(|table| Finding {
            table,
            column: None,
            what: "remembered statements, which can quote values".to_owned(),
            count: 1,
        })
        .collect())
}

async fn holds_old_rows(
    server: &Server,
    classified: &Classified,
    from: &Readable,
    alone: bool,
) -> Result<bool, Error> {
    let changes = classified.table(&from.name).is_some_and(changes);
    // Where the engine names no file, the masking's own methods are known to give each table a new one.
    Ok(if from.file.is_empty() {
        !alone && changes
    } else {
        changes || (!alone && server.has_old_rows(&from.name).await?)
    })
}

fn changes(table: &TableTreatment) -> bool {
    table.emptied || table.filter.is_some() || table.masked().next().is_some()
}

/// What is left of what [`clean`] was to clean.
pub(super) async fn check(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
) -> Result<Vec<Finding>, Error> {
    let what = "values in the engine's statistics";
    let mut findings: Vec<_> = suspicious(server, classified, witness, digester)
        .await?
        .into_iter()
        .map(|((table, column), count)| finding(&table, column.as_deref(), what, count))
        .collect();
    let (mut objects, mut personal) = (0, 0);
    server
        .read_large_objects(|piece| {
            objects += 1;
            personal += u64::from(
                !classified.drop_large_objects && holds_personal(witness, digester, piece, Sorts::default()),
            );
            Ok(())
        })
        .await?;
    let mut add = |what: &str, count: u64| {
        findings.extend((count > 0).then(|| Finding {
            table: "large objects".to_owned(),
            column: None,
            what: what.to_owned(),
            count,
        }));
    };
    add(
        "pieces of what is to be dropped",
        if classified.drop_large_objects { objects } else { 0 },
    );
    add("pieces with personal data", personal);
    Ok(findings)
}

/// Statistics that remember an original, something personal, or a table that is to be empty: how many values of which.
async fn suspicious(
    server: &Server,
    classified: &Classified,
    witness: &Witness,
    digester: &Digester,
) -> Result<BTreeMap<(TableName, Option<String>), u64>, Error> {
    let mut counts = BTreeMap::new();
    for remembered in server.remembered().await? {
        let Remembered {
            table,
            column,
            value,
            number,
        } = remembered;
        let treatment = classified.table(&table);
        let transform = treatment
            .and_then(|t| t.columns.iter().find(|c| column.as_ref() == Some(&c.column)))
            .map(|c| &c.transform);
        let accepted = transform.is_some_and(|t| matches!(t, masking::Transform::Keep { reason: Some(_) }));
        let emptied = treatment.is_some_and(|treatment| treatment.emptied);
        // Statistics of several columns, or of a view, can show what any rule makes; a number of many digits can look like
        // a card's, and its column is not looked through either.
        let made = match transform {
            Some(transform) if !number => makes(transform),
            _ => Sorts::default()
                .with(Personal::Phone)
                .with(Personal::Card)
                .with(Personal::Iban),
        };
        if emptied || (!accepted && holds_personal(witness, digester, value.as_bytes(), made)) {
            *counts.entry((table, column)).or_default() += 1;
        }
    }
    Ok(counts)
}

fn holds_personal(witness: &Witness, digester: &Digester, value: &[u8], made: Sorts) -> bool {
    let is_original = |known: &[u8]| witness.originals.contains(digester.anywhere(known));
    let mut original = words::telling(value).is_some_and(|known| is_original(&known));
    words::telling_tokens(value, |known| original |= is_original(known));
    let found = patterns::find(value);
    original
        || Personal::ALL
            .into_iter()
            .any(|sort| found.has(sort) && !made.has(sort))
}
