//! `cargo xtask screenshots`: the README's picture, made by a real browser of a real run.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

/// What the picture costs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the picture goes.
    #[arg(long, default_value = "docs/slack.png")]
    out: std::path::PathBuf,
    /// The first port of the doppel that is shown.
    #[arg(long, default_value_t = 18_400)]
    port_base: u16,
}

/// How long a clone may take here.
const PATIENCE: Duration = Duration::from_secs(300);

/// A page without messages takes some 14 kB, one with two clones some 90 kB.
const LEAST_BYTES: u64 = 60_000;

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Starts `doppel local`, has one clone made and another one begun, and photographs the page.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut doppel = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "-p",
            "doppel",
            "--",
            "local",
            "--json",
            "--rows",
            "20000",
            "--port-base",
        ])
        .arg(args.port_base.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .context("doppel cannot be started")?;
    let taken = photograph(&mut doppel, &args.out);
    let stopped = Command::new("kill")
        .args(["-INT", &doppel.id().to_string()])
        .status();
    stopped.context("doppel cannot be stopped")?;
    doppel.wait()?;
    taken
}

fn photograph(doppel: &mut Child, out: &Path) -> anyhow::Result<()> {
    let stdout = doppel.stdout.take().context("doppel has no output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let addresses: Value = serde_json::from_str(&line).context("doppel did not say where it listens")?;
    let slack = addresses["slack"].as_str().context("doppel has no Slack page")?;
    say(slack, "U0ALICE", "/clone production 4h")?;
    until("the clone is ready", || Ok(state(slack)?.contains("is ready")))?;
    say(slack, "U0BOB", "/clone production db.r6g.large 3d")?;
    until("the next one is on its way", || {
        Ok(state(slack)?.contains("Masking"))
    })?;
    let browser = BROWSERS
        .iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    let browser = browser.context("no Chromium is installed")?;
    // The browser may take its picture before the page has fetched its messages: such a picture is small.
    until("the picture shows the messages", || {
        shoot(browser, slack, out)?;
        Ok(std::fs::metadata(out)?.len() > LEAST_BYTES)
    })?;
    println!("{}", out.display());
    Ok(())
}

fn shoot(browser: &str, slack: &str, out: &Path) -> anyhow::Result<()> {
    let profile = tempfile::tempdir()?;
    let shot = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--hide-scrollbars",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
        ])
        .args(["--window-size=1180,1150", "--timeout=4000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--screenshot={}", std::path::absolute(out)?.display()))
        .arg(slack)
        .stderr(Stdio::null())
        .status()?;
    ensure!(shot.success() && out.exists(), "{browser} took no picture");
    Ok(())
}

fn say(slack: &str, user: &str, text: &str) -> anyhow::Result<()> {
    let body = json!({ "user": user, "channel": "C0CLONES", "text": text });
    let post = Command::new("curl")
        .args([
            "--silent",
            "--fail",
            "-H",
            "content-type: application/json",
            "-d",
            &body.to_string(),
        ])
        .arg(format!("{slack}/page/say"))
        .stdout(Stdio::null())
        .status()
        .context("curl is not installed")?;
    ensure!(post.success(), "the Slack page did not take `{text}`");
    Ok(())
}

fn state(slack: &str) -> anyhow::Result<String> {
    let get = Command::new("curl")
        .args(["--silent", &format!("{slack}/page/state?user=U0ALICE")])
        .output()?;
    Ok(String::from_utf8_lossy(&get.stdout).into_owned())
}

fn until(what: &str, mut is: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let start = Instant::now();
    while !is()? {
        if start.elapsed() > PATIENCE {
            bail!("waited in vain until {what}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
