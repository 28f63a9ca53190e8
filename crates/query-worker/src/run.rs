//! The task as ECS starts it: the record, the token and the two ends of the export around the work.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use aws_sdk_s3::Client;
use domain::admission::{Who, may_export};
use domain::id::BATCH_USER;
use domain::people::Groups;
use domain::{CloneId, CloneRecord, CloneState};
use runtime::audit::{Decided, Line};
use runtime::aws::failed;
use runtime::{Bench, Clock, StepSettings};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::manifest::Manifest;
use crate::output::{Counted, Output};
use crate::place::Place;
use crate::request::{Request, State, Status, What};
use crate::script;
use crate::source::Source;
use crate::statement::only_statement;

/// How often it is told how far it is.
const BEAT: Duration = Duration::from_secs(2);

/// A part of 8 MiB may take as long as this once, and with all its tries.
const ATTEMPT: Duration = Duration::from_secs(60);
const OPERATION: Duration = Duration::from_secs(300);

/// The task's command line: `query-worker --clone-id ID --to s3://bucket/prefix`.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "query-worker", about = "Runs a batch query against a released clone")]
pub struct Args {
    /// The clone.
    #[arg(long)]
    pub clone_id: CloneId,
    /// Where the request lies and the result is to go.
    #[arg(long)]
    pub to: Place,
}

/// All that the task is told from outside, read once at start.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// What every step is told.
    #[command(flatten)]
    pub step: StepSettings,
    /// PEM file with the authorities that the database's certificate must come from: AWS's bundle for RDS.
    #[arg(long, env = "DOPPEL_DB_CA")]
    pub db_ca: PathBuf,
}

/// Arguments and settings of one command line, for `main`.
#[derive(Debug, clap::Parser)]
#[command(name = "query-worker", about = "Runs a batch query against a released clone")]
pub struct CommandLine {
    /// What to do.
    #[command(flatten)]
    pub args: Args,
    /// Where.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the task works with.
#[derive(Clone, Debug)]
pub struct Deps {
    bench: Bench,
    aws: SdkConfig,
    s3: Client,
    db_ca: PathBuf,
}

impl Deps {
    /// The clients of one configuration, by one clock.
    pub fn new(settings: &Settings, aws: &SdkConfig, clock: Clock) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let s3 = runtime::aws::s3(aws)
            .config()
            .to_builder()
            .timeout_config(timeouts);
        Self {
            bench: Bench::new(&settings.step, aws, clock),
            aws: aws.clone(),
            s3: Client::from_conf(s3.build()),
            db_ca: settings.db_ca.clone(),
        }
    }
}

/// Carries out the request that lies at the given place, and leaves the result there, its manifest last.
///
/// # Errors
/// Whatever stopped it. It is told to who asked, in the status beside the result, and nothing of the result is left.
pub async fn run(args: Args, deps: &Deps, stop: CancellationToken) -> Result<Manifest, Error> {
    let output = Output::new(deps.s3.clone(), args.to.clone());
    let counted = output.counted();
    match attempt(&args, deps, output, stop).await {
        Ok(manifest) => {
            tracing::info!(clone.id = %args.clone_id, rows = manifest.rows, bytes = manifest.bytes, "exported");
            Ok(manifest)
        }
        Err(error) => {
            tracing::error!(clone.id = %args.clone_id, error = error.for_log(), "the export gives up");
            let status = status(State::Failed, &counted, Some(runtime::chain(&error)));
            if let Err(error) = put(&deps.s3, &args.to, &args.to.status(), &status).await {
                tracing::error!(error = error.for_log(), "nobody could be told why");
            }
            Err(error)
        }
    }
}

async fn attempt(
    args: &Args,
    deps: &Deps,
    mut output: Output,
    stop: CancellationToken,
) -> Result<Manifest, Error> {
    let started_at = deps.bench.clock.now();
    let record = released(args, deps).await?;
    let request = read_request(args, deps).await?;
    let policy = deps.bench.config.policy().await?;
    let who = Who {
        principal: &request.asked_by,
        channel: None,
        groups: &Groups::default(),
    };
    let line = Line::about(&record, Some(&request.asked_by), "query-worker");
    if let Err(refusal) = may_export(&policy, who, &record) {
        line.say(Decided::Refused, &refusal);
        return Err(refusal.into());
    }
    line.say(
        Decided::Granted,
        format_args!("a batch query whose result goes to {}", args.to),
    );
    if !request.overwrite && is_there(deps, &args.to).await? {
        return Err(Error::Exists(args.to.to_string()));
    }
    let source = source(deps, &record).await?;
    let counted = output.counted();
    let done = {
        let work = work(deps, &request, &source, &mut output);
        tokio::select! {
            done = work => done,
            () = tell(deps, &args.to, counted) => Err(Error::Stopped),
            () = stop.cancelled() => Err(Error::Stopped),
        }
    };
    match done {
        Ok(columns) => finish(args, deps, &record, request, output, (columns, started_at)).await,
        Err(error) => {
            output.abort().await;
            Err(error)
        }
    }
}

/// The record, if its clone is handed over.
async fn released(args: &Args, deps: &Deps) -> Result<CloneRecord, Error> {
    let not_ready = |state: String| Error::NotReady {
        id: args.clone_id.to_string(),
        state,
    };
    let record = deps.bench.records.get(&args.clone_id).await?;
    let record = record.ok_or_else(|| not_ready("unknown".into()))?;
    match record.state {
        CloneState::Ready if record.is_verified() => Ok(record),
        state => Err(not_ready(state.to_string())),
    }
}

async fn read_request(args: &Args, deps: &Deps) -> Result<Request, Error> {
    let key = args.to.request();
    let call = deps.s3.get_object().bucket(&args.to.bucket).key(&key);
    let object = call.send().await.map_err(failed("GetObject", &key))?;
    let text = object
        .body
        .collect()
        .await
        .map_err(|_| Error::Lost("reading the request"))?;
    let unreadable = |error| Error::Request(args.to.url(&key), error);
    let request: Request = serde_json::from_slice(&text.into_bytes()).map_err(unreadable)?;
    match request.clone_id == args.clone_id {
        true => Ok(request),
        false => Err(Error::OtherClone(args.to.url(&key))),
    }
}

async fn is_there(deps: &Deps, place: &Place) -> Result<bool, Error> {
    let key = place.manifest();
    let call = deps.s3.list_objects_v2().bucket(&place.bucket).prefix(&key);
    let listed = call.send().await.map_err(failed("ListObjectsV2", &key))?;
    Ok(listed
        .contents()
        .iter()
        .any(|object| object.key() == Some(key.as_str())))
}

/// The clone's own cluster, and a token that lets in for 15 minutes. The connection may last longer.
async fn source(deps: &Deps, record: &CloneRecord) -> Result<Source, Error> {
    let observed = runtime::observe(&deps.bench.rds, record.id.as_str(), None).await?;
    let cluster = observed.cluster.filter(|cluster| cluster.is_ours(record));
    let address = cluster.and_then(|cluster| cluster.endpoint.zip(cluster.port));
    let (host, port) = address.ok_or_else(|| Error::NoCluster(record.id.to_string()))?;
    let token = Config::builder()
        .hostname(&host)
        .port(port.into())
        .username(BATCH_USER)
        .build()
        .map_err(|error| Error::Token(error.to_string()))?;
    let token = AuthTokenGenerator::new(token).auth_token(&deps.aws).await;
    let token = token.map_err(|error| Error::Token(error.to_string()))?;
    Ok(Source {
        engine: record.engine,
        host,
        port,
        database: record.database.clone(),
        user: BATCH_USER.to_owned(),
        password: token.as_str().to_owned().into(),
        authorities: deps.db_ca.clone(),
    })
}

async fn work(
    deps: &Deps,
    request: &Request,
    source: &Source,
    output: &mut Output,
) -> Result<Vec<String>, Error> {
    let columns = match &request.what {
        What::Query(text) => {
            let statement = only_statement(source.engine, text)?;
            source
                .query(statement, request.format, request.header, output)
                .await?
        }
        What::Script(place) => {
            script::run(&deps.s3, place, &request.clone_id, source, output).await?;
            Vec::new()
        }
    };
    output.settle().await?;
    Ok(columns)
}

/// Tells how far it is, again and again. That is a courtesy: what fails is told with the next beat.
async fn tell(deps: &Deps, place: &Place, counted: Arc<Counted>) {
    loop {
        let now = status(State::Running, &counted, None);
        if let Err(error) = put(&deps.s3, place, &place.status(), &now).await {
            tracing::warn!(error = error.for_log(), "the progress could not be told");
        }
        tokio::time::sleep(BEAT).await;
    }
}

fn status(state: State, counted: &Counted, error: Option<String>) -> Status {
    Status {
        state,
        rows: counted.rows(),
        bytes: counted.bytes(),
        error,
    }
}

/// Makes the files visible, and then says that they are all there are. Of an export that is replaced the manifest goes
/// first, so that at no moment it speaks of files of another.
async fn finish(
    args: &Args,
    deps: &Deps,
    record: &CloneRecord,
    request: Request,
    mut output: Output,
    (columns, started_at): (Vec<String>, chrono::DateTime<chrono::Utc>),
) -> Result<Manifest, Error> {
    let place = &args.to;
    let counted = output.counted();
    let completed = async {
        remove(deps, place, &place.manifest()).await?;
        output.complete().await
    };
    let entries = match completed.await {
        Ok(entries) => entries,
        Err(error) => {
            output.abort().await;
            return Err(error);
        }
    };
    let manifest = Manifest {
        clone: record.id.to_string(),
        cluster_resource_id: record.cluster_resource_id.clone().unwrap_or_default(),
        what: request.what,
        format: request.format,
        header: request.header,
        columns,
        rows: counted.rows(),
        bytes: counted.bytes(),
        started_at,
        finished_at: deps.bench.clock.now(),
        entries,
    };
    if request.overwrite {
        remove_later_parts(deps, place, manifest.entries.len()).await?;
    }
    put(&deps.s3, place, &place.manifest(), &manifest).await?;
    for key in [place.request(), place.status()] {
        if let Err(error) = remove(deps, place, &key).await {
            tracing::warn!(
                error = error.for_log(),
                "what was only needed meanwhile is still there"
            );
        }
    }
    Ok(manifest)
}

/// Files of a longer export that was here before.
async fn remove_later_parts(deps: &Deps, place: &Place, own: usize) -> Result<(), Error> {
    let parts = format!("{}.part_", place.prefix);
    let listing = deps.s3.list_objects_v2().bucket(&place.bucket).prefix(&parts);
    let mut pages = listing.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("ListObjectsV2", &parts))?;
        for key in page.contents().iter().filter_map(|object| object.key()) {
            let number = key
                .strip_prefix(&parts)
                .and_then(|number| number.parse::<usize>().ok());
            if number.is_some_and(|number| number >= own) {
                remove(deps, place, key).await?;
            }
        }
    }
    Ok(())
}

async fn remove(deps: &Deps, place: &Place, key: &str) -> Result<(), Error> {
    let call = deps.s3.delete_object().bucket(&place.bucket).key(key);
    call.send().await.map_err(failed("DeleteObject", key))?;
    Ok(())
}

/// Writes something as JSON beside a result.
///
/// # Errors
/// When S3 refuses it.
pub async fn put(s3: &Client, place: &Place, key: &str, what: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec(what).map_err(|error| Error::Request(place.url(key), error))?;
    let call = s3
        .put_object()
        .bucket(&place.bucket)
        .key(key)
        .content_type("application/json")
        .body(text.into());
    call.send().await.map_err(failed("PutObject", key))?;
    Ok(())
}
