//! The functions' packages under an emulated Runtime API, side by side with the same functions in Python: how large they
//! are, how long from a process's start to its first request for an event, and the most memory up to the second.

mod emulator;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::infra::FUNCTIONS;
use crate::package::{extract, folder};
use crate::setup::python;
use emulator::{Expected, Start, start};

/// What is measured.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of packages: `target/packages` by default, as `cargo xtask package` fills it.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// How often each is started; the median counts.
    #[arg(long, default_value_t = 9)]
    runs: usize,
    /// End with a line of JSON: the worst function's ratios, theirs ÷ ours, and the largest package in MB.
    #[arg(long)]
    json: bool,
}

/// Pinned: what is measured against.
const PEER: &str = "awslambdaric==4.2.2 boto3==1.44.8";

const FUNCTIONS_PY: &str = include_str!("bench_lambda/functions.py");

/// What is wanted of the worst function: how many times faster, and how many times less memory.
const GOALS: (f64, f64) = (10.0, 4.0);

/// What came of one function.
struct Row {
    function: &'static str,
    zip_mb: f64,
    ours: Start,
    theirs: Start,
}

impl Row {
    fn cold_start(&self) -> f64 {
        self.theirs.cold.as_secs_f64() / self.ours.cold.as_secs_f64()
    }

    fn memory(&self) -> f64 {
        self.theirs.peak as f64 / self.ours.peak as f64
    }
}

/// Measures every function.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if args.runs == 0 {
        bail!("nothing is measured in no run");
    }
    let packages = args.packages.clone().map_or_else(folder, Ok)?;
    let python = python("lambda", PEER)?.join("bin/python");
    let folder = tempfile::tempdir().context("no folder for temporary files can be made")?;
    std::fs::write(folder.path().join("functions.py"), FUNCTIONS_PY)
        .context("functions.py cannot be written")?;
    println!("{:<14}{:>8}{:>24}{:>25}", "", "zip", "cold start", "peak memory");
    let mut rows = Vec::new();
    for function in FUNCTIONS {
        let row = measure(function, &packages, &python, folder.path(), args.runs)?;
        print(&row);
        rows.push(row);
    }
    conclude(&rows, args.json);
    Ok(())
}

fn measure(
    function: &'static str,
    packages: &Path,
    python: &Path,
    folder: &Path,
    runs: usize,
) -> anyhow::Result<Row> {
    let package = packages.join(format!("{function}.zip"));
    let program = folder.join(function);
    extract(&package, &program)?;
    let size = std::fs::metadata(&package)
        .with_context(|| format!("{} is not there", package.display()))?
        .len();
    let (event, expected) = event(function);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first of each brings its files into memory.
    for _ in 0..=runs {
        let mut program = command(&program, function, folder);
        ours.push(
            start(&mut program, &event, expected).with_context(|| format!("{function} is not measured"))?,
        );
        let mut peer = command(python, function, folder);
        peer.args(["-m", "awslambdaric", "functions.handler"]);
        theirs.push(
            start(&mut peer, &event, expected)
                .with_context(|| format!("Python's {function} is not measured"))?,
        );
    }
    Ok(Row {
        function,
        zip_mb: size as f64 / 1e6,
        ours: median(&ours[1..]),
        theirs: median(&theirs[1..]),
    })
}

/// A program in an environment such as Lambda's, and in nothing of this machine's.
fn command(program: &Path, function: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .current_dir(folder)
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "en_US.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LAMBDA_TASK_ROOT", folder)
        .env("AWS_LAMBDA_FUNCTION_NAME", function)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "measured")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "measured")
        .env("AWS_SECRET_ACCESS_KEY", "measured")
        .env("DOPPEL_TABLE", "doppel-clones")
        .env("DOPPEL_CONFIG", "s3://doppel-config")
        .env(
            "DOPPEL_SECRETS_KEY",
            "arn:aws:kms:eu-west-1:123456789012:key/measured",
        )
        .env(
            "DOPPEL_MASTER_SECRET_READERS",
            "arn:aws:iam::123456789012:role/doppel-clone",
        )
        .env("DOPPEL_WORKER_TASK_DEFINITION", "doppel-mask-worker")
        .env("DOPPEL_SLACK_TOKEN_SECRET", "doppel/slack/token")
        .env("DOPPEL_SLACK_SIGNING_SECRET", "doppel/slack/signing")
        .env(
            "DOPPEL_STATE_MACHINE_ARN",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:doppel-clone",
        )
        .env(
            "DOPPEL_SWEEP_ARN",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:doppel-sweep",
        );
    command
}

/// An event about a clone of which there is no record: one read of the table. For the gateway, a request that Slack
/// did not sign.
fn event(function: &str) -> (Value, Expected) {
    let execution = json!({
        "Id": "arn:aws:states:eu-west-1:123456789012:execution:doppel-clone:measured",
        "Name": "measured", "StartTime": "2026-01-01T00:00:00Z", "Input": {},
    });
    let clone = "doppel-production-20260131-k3x9qa";
    match function {
        "gateway" => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let request = json!({
                "version": "2.0", "routeKey": "$default", "rawPath": "/slack/commands", "rawQueryString": "",
                "headers": {
                    "content-type": "application/x-www-form-urlencoded",
                    "x-slack-request-timestamp": now.unwrap_or_default().as_secs().to_string(),
                    "x-slack-signature": format!("v0={}", "0".repeat(64)),
                },
                "requestContext": { "stage": "$default", "timeEpoch": 0, "http": {
                    "method": "POST", "path": "/slack/commands", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                } },
                "body": "command=%2Fclone&text=help", "isBase64Encoded": false,
            });
            (request, Expected::Answer("401"))
        }
        "notify" => (
            json!({ "Records": [{ "dynamodb": {
                "Keys": { "DBClusterIdentifier": { "S": clone } }, "NewImage": {}, "OldImage": {},
            } }] }),
            Expected::Answer("{"),
        ),
        "sweep" => {
            let caught = json!({ "step": "Clone", "error": "States.Timeout" });
            (
                json!({ "clone_id": clone, "execution": execution, "caught": caught }),
                Expected::Answer("done"),
            )
        }
        _ => (
            json!({ "clone_id": clone, "execution": execution }),
            Expected::Error("Cancelled"),
        ),
    }
}

/// The medians of time and of memory.
fn median(starts: &[Start]) -> Start {
    let mut colds: Vec<_> = starts.iter().map(|start| start.cold).collect();
    let mut peaks: Vec<_> = starts.iter().map(|start| start.peak).collect();
    colds.sort();
    peaks.sort();
    Start {
        cold: colds[colds.len() / 2],
        peak: peaks[peaks.len() / 2],
    }
}

fn print(row: &Row) {
    let ms = |start: &Start| start.cold.as_secs_f64() * 1e3;
    let mb = |start: &Start| start.peak as f64 / 1e6;
    println!(
        "{:<14}{:>5.2} MB{:>7.1} ms :{:>5.0} ms{:>5.0}×{:>8.1} MB :{:>4.0} MB{:>5.1}×",
        row.function,
        row.zip_mb,
        ms(&row.ours),
        ms(&row.theirs),
        row.cold_start(),
        mb(&row.ours),
        mb(&row.theirs),
        row.memory()
    );
}

fn conclude(rows: &[Row], as_json: bool) {
    let least = |ratio: fn(&Row) -> f64| rows.iter().map(ratio).fold(f64::INFINITY, f64::min);
    let (cold_start, memory) = (least(Row::cold_start), least(Row::memory));
    let largest = rows.iter().map(|row| row.zip_mb).fold(0.0, f64::max);
    println!(
        "The worst function starts {cold_start:.0} times as fast as in Python, with {memory:.1} times less memory."
    );
    if cold_start < GOALS.0 || memory < GOALS.1 {
        println!(
            "That misses the goal: {} times as fast, {} times less.",
            GOALS.0, GOALS.1
        );
    }
    if as_json {
        let round = |number: f64| (number * 100.0).round() / 100.0;
        println!(
            "{}",
            json!({ "cold_start": round(cold_start), "memory": round(memory), "largest_zip_mb": round(largest) })
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_median_of_time_and_memory_is_of_each_by_itself() {
        let starts = [(3, 10), (1, 30), (2, 20)];
        let starts = starts.map(|(ms, peak)| Start {
            cold: Duration::from_millis(ms),
            peak,
        });
        let middle = median(&starts);
        assert_eq!((middle.cold, middle.peak), (Duration::from_millis(2), 20));
    }

    #[test]
    fn a_ratio_says_how_much_better_ours_is() {
        let row = |theirs, peak| Row {
            function: "clone",
            zip_mb: 1.0,
            ours: Start {
                cold: Duration::from_millis(10),
                peak: 10,
            },
            theirs: Start {
                cold: Duration::from_millis(theirs),
                peak,
            },
        };
        let rows = [row(200, 90), row(150, 100)];
        assert_eq!((rows[0].cold_start(), rows[1].cold_start()), (20.0, 15.0));
        assert_eq!((rows[0].memory(), rows[1].memory()), (9.0, 10.0));
    }
}
