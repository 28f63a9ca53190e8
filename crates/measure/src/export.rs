//! Exports of a large result, rows a second, beside `psql \copy` and `mariadb --batch` of the same query.
//!
//! Ours and theirs take turns on one server, over TLS, in processes of their own. Theirs write to a file; ours go to S3: to
//! a server of this process that takes every part and throws it away, without TLS.

mod lab;
mod sink;

use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use anyhow::Context;
use domain::policy::Engine;
use local_aws::engine::EngineKind;
use query_worker::{Format, Output, Source};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::median;
use lab::{Lab, QUERY};

/// How much is exported, and how often.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Rows of about 100 bytes.
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    rows: u64,
    /// Runs of each kind.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    runs: u32,
    /// One engine only.
    #[arg(long)]
    only: Option<Only>,
    /// End with one line of JSON: ours by theirs, and the most memory.
    #[arg(long)]
    json: bool,
}

/// An engine to be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    /// PostgreSQL.
    Pg,
    /// MariaDB.
    Maria,
}

/// What the child is told.
#[derive(Serialize, Deserialize)]
struct Order {
    engine: Engine,
    port: u16,
    password: String,
    authorities: PathBuf,
    s3: String,
}

/// What the child tells.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    seconds: f64,
    rows: u64,
    bytes: u64,
    peak_mb: Option<f64>,
}

/// What came of one engine.
struct Result {
    /// Ours by theirs, in rows a second.
    ratio: f64,
    peak_mb: f64,
}

/// Measures, and prints what came of it. A goal that is missed is no failure.
pub async fn run(args: Args, folder: PathBuf) -> anyhow::Result<()> {
    let (s3, _sink) = sink::serve().await?;
    let mut results = Vec::new();
    for (kind, only) in [(EngineKind::Postgres, Only::Pg), (EngineKind::Mysql, Only::Maria)] {
        let is_wanted = args.only.is_none_or(|wanted| wanted == only);
        results.push(match is_wanted {
            true => Some(engine(kind, &args, &folder, &s3).await?),
            false => None,
        });
    }
    if args.json {
        let ratio = |result: &Option<Result>| {
            result
                .as_ref()
                .map(|result| (result.ratio * 100.0).round() / 100.0)
        };
        let peaks = results.iter().flatten().map(|result| result.peak_mb);
        let peak_mb = peaks.fold(0.0, f64::max).round();
        println!(
            "{}",
            json!({ "pg": ratio(&results[0]), "maria": ratio(&results[1]), "peak_mb": peak_mb })
        );
    }
    Ok(())
}

async fn engine(kind: EngineKind, args: &Args, folder: &std::path::Path, s3: &str) -> anyhow::Result<Result> {
    let lab = Lab::build(kind, folder, args.rows).await?;
    let name = lab.peer();
    let (mut ours, mut theirs, mut peak_mb) = (Vec::new(), Vec::new(), 0.0_f64);
    for run in 1..=args.runs {
        let (seconds, bytes) = lab.peer_exports().await?;
        theirs.push(seconds);
        let exported = export(&lab, s3).await?;
        anyhow::ensure!(
            (exported.rows, exported.bytes) == (args.rows, bytes),
            "{} rows, {} bytes; {name} wrote {bytes} bytes",
            exported.rows,
            exported.bytes
        );
        ours.push(exported.seconds);
        peak_mb = peak_mb.max(exported.peak_mb.unwrap_or_default());
        eprintln!(
            "{}, run {run} of {}: {name} {seconds:.2} s, export {:.2} s, {:.0} MB of memory at most",
            lab.version(),
            args.runs,
            exported.seconds,
            exported.peak_mb.unwrap_or_default()
        );
    }
    let (theirs, ours) = (
        median(&theirs).unwrap_or_default(),
        median(&ours).unwrap_or_default(),
    );
    #[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
    let rate = |seconds: f64| args.rows as f64 / seconds / 1e6;
    println!(
        "{}: {name} {:.2} million rows a second, export {:.2}: {:.2} of it",
        lab.version(),
        rate(theirs),
        rate(ours),
        theirs / ours
    );
    Ok(Result {
        ratio: theirs / ours,
        peak_mb,
    })
}

/// One export in a process of its own, so that its memory can be told.
async fn export(lab: &Lab, s3: &str) -> anyhow::Result<Run> {
    let order = serde_json::to_vec(&Order {
        engine: lab.engine(),
        port: lab.port,
        password: lab.password.clone(),
        authorities: lab.authorities.clone(),
        s3: s3.to_owned(),
    })?;
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .arg("exporter")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("starting the exporter")?;
    let mut input = child.stdin.take().context("the exporter takes its order")?;
    input.write_all(&order).await?;
    drop(input);
    let output = child.wait_with_output().await?;
    anyhow::ensure!(
        output.status.success(),
        "the exporter failed with {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).context("reading what the exporter told")
}

/// The child: exports as standard input orders, and tells on standard output how it went.
pub fn exporter() -> anyhow::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let order: Order = serde_json::from_slice(&input)?;
    let source = Source {
        engine: order.engine,
        host: "127.0.0.1".into(),
        port: order.port,
        database: lab::DATABASE.into(),
        user: lab::USER.into(),
        password: order.password.into(),
        authorities: order.authorities,
    };
    let exported = tokio::runtime::Runtime::new()?.block_on(async {
        let place = runtime::aws::Place {
            endpoint: &order.s3,
            region: "eu-west-1",
            principal: "exporter",
        };
        let http = None::<aws_smithy_runtime_api::client::http::SharedHttpClient>;
        let aws = runtime::aws::aws_at(&runtime::Clock::wall(), &place, http).await;
        let begun = Instant::now();
        let mut output = Output::new(runtime::aws::s3(&aws), "s3://exports/result".parse()?);
        let counted = output.counted();
        source.query(QUERY, Format::Tsv, false, &mut output).await?;
        output.settle().await?;
        output.complete().await?;
        anyhow::Ok(Run {
            seconds: begun.elapsed().as_secs_f64(),
            rows: counted.rows(),
            bytes: counted.bytes(),
            peak_mb: crate::peak_mb(),
        })
    })?;
    serde_json::to_writer(std::io::stdout(), &exported)?;
    Ok(())
}
