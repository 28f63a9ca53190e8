//! Measurements on real servers. `cargo xtask` builds this program together with the whole workspace and becomes it: so
//! the chores themselves stay small, and set up a machine on which nothing has been compiled yet.

mod cpu;
mod export;
mod gateway;
mod masking;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;

/// What is measured.
#[derive(Debug, Parser)]
#[command(name = "measure", version)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Masking against a plain copy of the same tables, and against other tools.
    Masking(masking::Args),
    /// The front door under load, against a bare axum server.
    Gateway(gateway::Args),
    /// Exports of a large result against `psql \copy` and `mariadb --batch`.
    Export(export::Args),
    /// One export, as `export` starts it: the job comes by standard input.
    #[command(hide = true)]
    Exporter,
    /// One run of the worker, as `masking` starts it: the job comes by standard input.
    #[command(hide = true)]
    Worker,
    /// One of the servers that `gateway` starts.
    #[command(hide = true, subcommand)]
    Serve(gateway::Role),
}

fn main() -> ExitCode {
    let done = match Args::parse().what {
        What::Masking(args) => interruptible(|folder| masking::run(args, folder)),
        What::Gateway(args) => interruptible(|folder| gateway::run(args, folder)),
        What::Export(args) => interruptible(|folder| export::run(args, folder)),
        What::Exporter => export::exporter(),
        What::Worker => masking::worker(),
        What::Serve(role) => gateway::serve(&role),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs `work` in a folder of its own until it ends or this process is told to stop. Either way, what it started and
/// wrote is gone afterwards: servers and other programs end with the future, files with the folder.
fn interruptible<F>(work: impl FnOnce(std::path::PathBuf) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let folder = tempfile::Builder::new().prefix("measure-").tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(async {
        let stop = CancellationToken::new();
        mask_worker::stop_on_signal(&stop);
        tokio::select! {
            done = work(folder.path().to_owned()) => done,
            () = stop.cancelled() => Err(anyhow::anyhow!("stopped")),
        }
    });
    // First what still copies files, then the files.
    drop(runtime);
    folder.close()?;
    done
}

/// The middle of some figures; none of none.
fn median(figures: &[f64]) -> Option<f64> {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => None,
        even if even % 2 == 0 => Some(f64::midpoint(figures[middle - 1], figures[middle])),
        _ => Some(figures[middle]),
    }
}

/// The high-water mark of this process's resident memory. Only Linux tells it without a call of C.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
