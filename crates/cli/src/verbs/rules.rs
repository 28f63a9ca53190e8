//! `doppel rules`: a first version of masking rules, and whether rules cover a database.

use masking::Rules as MaskingRules;
use serde_json::json;

use crate::account::Addresses;
use crate::args::{Place, Rules};
use crate::exit::{Exit, Stop};
use crate::output;

pub async fn run(rules: Rules, place: &Place, json: bool) -> Result<(), Stop> {
    match rules {
        Rules::Suggest { dsn } => {
            let text = mask_worker::suggest_for(&database(dsn, place)?).await?;
            if json {
                output::json(&json!({ "rules": text }))
            } else {
                output::text(&text)
            }
        }
        Rules::Check { rules, dsn } => {
            let text = std::fs::read_to_string(&rules)
                .map_err(|error| Exit::Usage.with(format!("{} cannot be read: {error}", rules.display())))?;
            let parsed = MaskingRules::parse(&rules.display().to_string(), &text)?;
            let checked = mask_worker::check(&database(dsn, place)?, &parsed).await?;
            let tables = checked.tables.len();
            if json {
                output::json(&json!({ "covered": true, "tables": tables }))
            } else {
                output::line(&format!("the rules cover all {tables} tables"))
            }
        }
    }
}

fn database(dsn: Option<String>, place: &Place) -> Result<String, Stop> {
    match dsn {
        Some(dsn) => Ok(dsn),
        None if place.local => Ok(Addresses::read(place.local_file.as_deref())?.source.dsn),
        None => {
            Err(Exit::Usage.with("say which database: a DSN, or --local for the source of `doppel local`"))
        }
    }
}
