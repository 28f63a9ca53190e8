//! The front door under load, against a bare axum server that takes the same bodies and answers the same bytes.
//!
//! The embedded AWS, the gateway and the bare server are processes of their own; this one sends. Requests are signed
//! before the clock starts, so that sending costs the same for both servers, and each is new: a replay is refused. The
//! servers take turns, so that a machine that grows slower does so for both.

mod deed;
mod load;
mod serve;
mod table;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;

use deed::Deed;
use load::Turn;
use serve::Process;
pub use serve::{Role, serve};
use table::Figures;

/// The policy that the gateway reads.
const POLICY: &str = include_str!("../../../../examples/doppel.toml");

/// How much is sent, and how often.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Runs of each kind.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    runs: u32,
    /// Requests of each run; a fourth of it where each costs a write to the table.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    requests: u32,
    /// End with one line of JSON: the worst of the requests that have a goal.
    #[arg(long)]
    json: bool,
}

/// The servers. They end with this value.
struct Servers {
    _aws: Process,
    gateway: Process,
    bare: Process,
}

/// Measures, and prints the table. A goal that is missed is no failure.
pub async fn run(args: Args, folder: PathBuf) -> anyhow::Result<()> {
    let begun = Instant::now();
    let servers = Servers::start(&folder).await?;
    let mut figures = Figures::new(args.runs, args.requests);
    for run in 0..=args.runs {
        for deed in Deed::ALL {
            let count = deed.share_of(args.requests);
            // The first round warms up, and counts for nothing.
            let count = if run == 0 { count.div_ceil(4) } else { count };
            let bare = turn(&servers.bare, deed.name(), deed, count).await?;
            let gateway = turn(&servers.gateway, deed.path(), deed, count).await?;
            eprintln!(
                "run {run} of {}: {deed}: bare {:.0}/s, gateway {:.0}/s, p99 {:.1} ms",
                args.runs, bare.rate, gateway.rate, gateway.p99
            );
            if run > 0 {
                figures.add(deed, bare, gateway);
            }
        }
    }
    figures.seconds = begun.elapsed().as_secs_f64();
    print!("{}", figures.table());
    if args.json {
        println!("{}", figures.json());
    }
    Ok(())
}

impl Servers {
    /// Starts all three. What the gateway answers to each request is what the bare server is given to say.
    async fn start(folder: &Path) -> anyhow::Result<Self> {
        let config = folder.join("config");
        std::fs::create_dir(&config)?;
        std::fs::write(config.join("doppel.toml"), POLICY)?;
        let aws = Process::start(
            folder,
            &Role::Aws {
                home: folder.join("aws"),
            },
        )
        .await?;
        let endpoint = format!("http://{}", aws.address);
        let gateway = Process::start(folder, &Role::Gateway { config, endpoint }).await?;
        let mut answers = Vec::new();
        for deed in Deed::ALL {
            let answer = load::once(gateway.address, deed).await;
            answers.push(answer.with_context(|| format!("the gateway did not take {deed}"))?);
        }
        let file = folder.join("answers.json");
        std::fs::write(&file, serde_json::to_vec(&answers)?)?;
        let bare = Process::start(folder, &Role::Bare { answers: file }).await?;
        Ok(Self {
            _aws: aws,
            gateway,
            bare,
        })
    }
}

async fn turn(server: &Process, path: &str, deed: Deed, count: u32) -> anyhow::Result<Turn> {
    let before = server.cpu();
    let mut turn = load::send(server.address, path, deed, count).await?;
    let cpu = before.zip(server.cpu()).map(|(before, after)| after - before);
    turn.cpu = cpu.map(|seconds| seconds * 1e6 / f64::from(count));
    Ok(turn)
}
