//! `doppel export`: a batch query, or a program, against a released clone, and its result in S3 or in a folder.

mod fetch;
mod task;

use std::path::PathBuf;

use domain::admission::{Who, may_export};
use domain::people::Groups;
use domain::policy::Engine;
use domain::{CloneRecord, CloneState};
use query_worker::{Manifest, Place, Request, What, only_statement};
use runtime::SecretsError;
use tokio::io::AsyncReadExt;

use super::mask::grouped;
use crate::account::Account;
use crate::args;
use crate::exit::{Exit, Stop};
use crate::output;
use crate::pick::pick;
use crate::table::table;

/// Where the result goes.
enum Goal {
    /// It stays in S3.
    S3(Place),
    /// It comes into this folder, by way of the exports' own bucket.
    Folder { folder: PathBuf, by: Place },
}

pub async fn run(account: &Account, args: args::Export, json: bool) -> Result<(), Stop> {
    let record = pick(account.records.list_alive().await?, &args.clone.id)?;
    let asked_by = owner(account, &record).await?;
    let what = what(&args, record.engine).await?;
    let goal = goal(account, &args, &record)?;
    let place = match &goal {
        Goal::S3(place) | Goal::Folder { by: place, .. } => place.clone(),
    };
    if let Goal::Folder { folder, .. } = &goal {
        fetch::prepare(folder, args.overwrite)?;
    }
    let request = Request {
        clone_id: record.id.clone(),
        asked_by,
        what,
        format: args.format,
        header: args.header,
        overwrite: args.overwrite,
    };
    let s3 = runtime::aws::s3(&account.aws);
    let exported = task::run(account, &s3, &args.task, &place, &request, json).await;
    let manifest = exported?;
    match goal {
        Goal::S3(place) if !json => told(&manifest, &place.to_string()),
        Goal::S3(_) => output::json(&manifest),
        Goal::Folder { folder, by } => {
            let here = fetch::fetch(&s3, &by, &manifest, &folder).await?;
            match json {
                true => output::json(&here),
                false => told(&here, &folder.display().to_string()),
            }
        }
    }
}

/// Who asks, if they may export from this clone. Beside the policy, whoever may read the clone's secret may: IAM decides
/// that by the owner's tag on it.
async fn owner(account: &Account, record: &CloneRecord) -> Result<domain::request::Principal, Stop> {
    let Some(access) = record
        .access
        .as_ref()
        .filter(|_| record.state == CloneState::Ready)
    else {
        let words = format!(
            "{} is {}: only a clone that is handed over can be exported from",
            record.id, record.state
        );
        return Err(Exit::Failed.with(words));
    };
    let principal = account.principal().await?;
    let who = Who {
        principal: &principal,
        channel: None,
        groups: &Groups::default(),
    };
    let policy = account.policy().await?;
    may_export(&policy, who, record).map_err(|refusal| Exit::Refused.because(&refusal))?;
    match account.secrets().login(&access.secret).await {
        Ok(_) => Ok(principal),
        Err(SecretsError::Aws(failed)) if failed.is("AccessDeniedException") => {
            let words = "only who may read its secret may export from it";
            Err(Exit::Refused.with(format!("{}: {words}", record.id)))
        }
        Err(error) => Err(error.into()),
    }
}

/// What is to be run. A query is looked at here already: no task is needed to find that it is two.
async fn what(args: &args::Export, engine: Engine) -> Result<What, Stop> {
    let query = match (&args.query_file, &args.query, &args.script) {
        (_, _, Some(script)) => return Ok(What::Script(script.clone())),
        (_, Some(query), _) => query.clone(),
        (Some(file), ..) if file.as_os_str() == "-" => {
            let mut text = String::new();
            tokio::io::stdin().read_to_string(&mut text).await?;
            text
        }
        (Some(file), ..) => tokio::fs::read_to_string(file).await.map_err(|error| {
            Exit::Usage.with(format!("the query {} cannot be read: {error}", file.display()))
        })?,
        (None, None, None) => return Err(Exit::Usage.with("say --query-file, --query or --script")),
    };
    only_statement(engine, &query).map_err(|refused| Exit::Usage.because(&refused))?;
    Ok(What::Query(query))
}

fn goal(account: &Account, args: &args::Export, record: &CloneRecord) -> Result<Goal, Stop> {
    if args.to.starts_with("s3://") {
        let place: Place = args.to.parse().map_err(|error| Exit::Usage.because(&error))?;
        return Ok(Goal::S3(place));
    }
    let Some(exports) = args.task.exports.as_deref().or(account.exports()) else {
        let words =
            "DOPPEL_EXPORTS is not set: without a bucket for it on the way, an export can only go to s3://…";
        return Err(Exit::Usage.with(words));
    };
    let by = format!(
        "{}/{}/{}/result",
        exports.trim_end_matches('/'),
        record.id,
        uuid::Uuid::new_v4()
    );
    Ok(Goal::Folder {
        folder: PathBuf::from(&args.to),
        by: by.parse().map_err(|error| Exit::Usage.because(&error))?,
    })
}

fn told(manifest: &Manifest, place: &str) -> Result<(), Stop> {
    let (rows, bytes) = (grouped(manifest.rows), grouped(manifest.bytes));
    output::line(&format!("exported {rows} rows, {bytes} bytes, to {place}"))?;
    let files: Vec<_> = manifest
        .entries
        .iter()
        .map(|file| {
            vec![
                format!("  {}", file.url),
                format!("{} rows", grouped(file.rows)),
                format!("{} bytes", grouped(file.bytes)),
            ]
        })
        .collect();
    output::text(&table(&files))
}
