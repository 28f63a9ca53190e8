//! `doppel rules`: a first version of masking rules, whether rules cover a database, and what changed since.

use std::path::Path;

use masking::{Difference, Problem, Rules as MaskingRules};
use serde_json::{Value, json};

use crate::account::Addresses;
use crate::args::{Place, Rules};
use crate::diagnosis;
use crate::exit::{Exit, Stop};
use crate::output;

pub async fn run(rules: Rules, place: &Place, json: bool) -> Result<(), Stop> {
    match rules {
        Rules::Suggest { dsn } => {
            let suggested = mask_worker::suggest_for(&database(dsn, place)?).await;
            let text = suggested.map_err(|error| diagnosis::stop(&error))?;
            if json {
                output::json(&json!({ "rules": text }))
            } else {
                output::text(&text)
            }
        }
        Rules::Diff { rules, dsn } => {
            let parsed = read_rules(&rules)?;
            let found = mask_worker::difference(&database(dsn, place)?, &parsed).await;
            let found = found.map_err(|error| diagnosis::stop(&error))?;
            if json {
                output::json(&as_json(&found))?;
            } else {
                output::text(&found.to_string())?;
            }
            if found.is_none() {
                Ok(())
            } else {
                Err(Exit::Different.with("the rules and the database differ"))
            }
        }
        Rules::Check { rules, dsn } => {
            let parsed = read_rules(&rules)?;
            let checked = mask_worker::check(&database(dsn, place)?, &parsed).await;
            let tables = checked.map_err(|error| diagnosis::stop(&error))?.tables.len();
            if json {
                output::json(&json!({ "covered": true, "tables": tables }))
            } else {
                output::line(&format!("the rules cover all {tables} tables"))
            }
        }
    }
}

fn as_json(difference: &Difference) -> Value {
    let problems = |problems: &[Problem]| -> Vec<Value> {
        let one = |problem: &Problem| json!({ "line": problem.line, "message": problem.message });
        problems.iter().map(one).collect()
    };
    let new = difference.new.iter().map(|new| {
        json!({ "table": new.table.to_string(), "column": new.column, "type": new.type_name, "add": new.line.trim_end() })
    });
    let doubtful = difference.doubtful.iter().map(|kept| {
        json!({
            "table": kept.table.to_string(),
            "column": kept.column,
            "pattern": kept.pattern,
            "line": kept.at_line,
            "reason": kept.reason,
        })
    });
    json!({
        "new": new.collect::<Vec<_>>(),
        "gone": problems(&difference.gone),
        "changed": problems(&difference.changed),
        "doubtful": doubtful.collect::<Vec<_>>(),
        "kept_by_patterns": difference.kept_by_patterns,
        "missing": difference.missing,
    })
}

/// Reads a rules file; what is wrong with it is shown in its own lines.
pub fn read_rules(path: &Path) -> Result<MaskingRules, Stop> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Exit::Usage.with(format!("{} cannot be read: {error}", path.display())))?;
    MaskingRules::parse(&path.display().to_string(), &text)
        .map_err(|wrong| Exit::Refused.with(diagnosis::told(&wrong)))
}

/// The DSN that was given, or that of the source of `doppel local`.
pub fn database(dsn: Option<String>, place: &Place) -> Result<String, Stop> {
    match dsn {
        Some(dsn) => Ok(dsn),
        None if place.local => Ok(Addresses::read(place.local_file.as_deref())?.source.dsn),
        None => {
            Err(Exit::Usage.with("say which database: a DSN, or --local for the source of `doppel local`"))
        }
    }
}
