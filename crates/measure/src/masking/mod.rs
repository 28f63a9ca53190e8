//! Masking against the limit of any rewrite, a plain copy of the same tables, and against how others do it.
//!
//! Everything runs on the same kind of server with the same settings, and begins with the same files: each run gets a
//! fresh server on a copy of a data directory that was filled once and shut down cleanly, and so lies in the page cache.
//! The kinds of runs take turns, so that a machine that grows slower does so for all of them.

mod copy;
mod data;
mod lab;
mod ours;
mod peers;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use local_aws::engine::EngineKind;

use data::Size;
use lab::Lab;
use ours::Run;
pub use ours::worker;
use table::{Figures, Row};

/// What is run, and how often.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Size of the tables: 1 is 2 million customers and 3 million orders, about 2 GB.
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// Runs of each kind.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    runs: u32,
    /// One engine only.
    #[arg(long)]
    only: Option<Only>,
    /// Without the other tools.
    #[arg(long)]
    skip_peers: bool,
    /// End with one line of JSON: the medians.
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

fn scale(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(scale) if (0.0001..=10.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 0.0001 to 10".to_owned()),
    }
}

/// Measures, and prints the table. A goal that is missed is no failure.
pub async fn run(args: Args, folder: PathBuf) -> anyhow::Result<()> {
    let size = Size::of(args.scale);
    let mut figures = Figures::new(size, args.runs);
    let begun = Instant::now();
    for (kind, only) in [(EngineKind::Postgres, Only::Pg), (EngineKind::Mysql, Only::Maria)] {
        if args.only.is_some_and(|wanted| wanted != only) {
            continue;
        }
        engine(kind, &args, size, &folder, &mut figures)
            .await
            .with_context(|| format!("measuring {}", lab::name(kind)))?;
    }
    figures.seconds = begun.elapsed().as_secs_f64();
    print!("{}", figures.table());
    if args.json {
        println!("{}", figures.json());
    }
    Ok(())
}

async fn engine(
    kind: EngineKind,
    args: &Args,
    size: Size,
    folder: &std::path::Path,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    say(format_args!("{}: filling {size}", lab::name(kind)));
    let lab = Lab::build(kind, folder, size).await?;
    figures.servers.push(lab.version());
    for run in 1..=args.runs {
        let turn = format!("{}, run {run} of {}", lab::name(kind), args.runs);
        let db = lab.fresh().await?;
        let before = db.cpu();
        let seconds = copy::plain(&db).await?;
        let cpu = since(before, db.cpu());
        say(format_args!("{turn}: plain copy {seconds:.2} s"));
        figures.add(kind, Row::Copy, seconds, cpu);
        drop(db);
        for (rules, scope) in Run::ALL {
            let db = lab.fresh().await?;
            let before = db.cpu();
            let run = ours::run(&db, rules, scope).await?;
            let cpu = since(before, db.cpu())
                .zip(run.cpu)
                .map(|(server, worker)| server + worker);
            say(format_args!(
                "{turn}: {} {:.2} s{}",
                Row::Ours(rules, scope),
                run.seconds,
                run.steps()
            ));
            figures.add(kind, Row::Ours(rules, scope), run.seconds, cpu);
            figures.note(kind, rules, &run);
        }
    }
    if kind == EngineKind::Postgres && !args.skip_peers {
        peers(&lab, size, figures).await?;
    }
    Ok(())
}

/// The other tools: once each, they are slow and steady.
async fn peers(lab: &Lab, size: Size, figures: &mut Figures) -> anyhow::Result<()> {
    let kind = EngineKind::Postgres;
    match peers::Pynonymizer::find().await {
        Some(tool) => {
            let seconds = tool.run(&lab.fresh().await?).await?;
            say(format_args!("{}: {seconds:.1} s", tool.name));
            figures.add(kind, Row::Pynonymizer, seconds, None);
            figures.peers.push(tool.name);
        }
        None => figures.peers.push("pynonymizer is not installed".to_owned()),
    }
    match peers::ActiveRecord::find().await {
        Some(tool) => {
            let (rows, seconds) = tool.run(&lab.fresh().await?, size).await?;
            #[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
            let whole = seconds * size.rows() as f64 / rows as f64;
            say(format_args!(
                "{}: {seconds:.1} s for {rows} rows, {whole:.0} s for all",
                tool.name
            ));
            figures.add(kind, Row::ActiveRecord, whole, None);
            figures.peers.push(format!(
                "{}: {rows} rows in {seconds:.1} s, extrapolated",
                tool.name
            ));
        }
        None => figures.peers.push("ActiveRecord is not installed".to_owned()),
    }
    Ok(())
}

fn since(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?)
}

/// Says on standard error how far it is.
fn say(what: std::fmt::Arguments<'_>) {
    eprintln!("{what}");
}
