//! All of the module into an emulated account, and out of it again.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::Terraform;
use crate::setup::{done, python};

/// Pinned: what it emulates changes from version to version.
const EMULATOR: &str = "ministack==1.5.33";

/// The module twice, once with each sort of gateway.
const FOLDER: &str = "infra/tests/apply";

/// What the emulator does not give back as it was given: it forgets most of an alarm.
const FORGOTTEN: &str = "aws_cloudwatch_metric_alarm";

/// The longest that it takes to come up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Applies everything, finds nothing to change, and destroys everything. On a busy machine the emulator loses an answer
/// now and then, and the call that is made again finds its own role there already: a second account decides.
pub(super) fn run(terraform: &Terraform) -> anyhow::Result<()> {
    attempt(terraform).or_else(|error| {
        eprintln!("once more, in a fresh account: {error:#}");
        attempt(terraform)
    })
}

fn attempt(terraform: &Terraform) -> anyhow::Result<()> {
    let home = tempfile::tempdir().context("no folder for temporary files can be made")?;
    let account = Account::start(home.path())?;
    let state = format!("-state={}", home.path().join("terraform.tfstate").display());
    let plan = home.path().join("plan").display().to_string();
    let out = format!("-out={plan}");
    let command = |arguments: &[&str]| {
        let mut command = terraform.command(FOLDER, arguments);
        command
            .env("AWS_ENDPOINT_URL", &account.endpoint)
            .env("TF_DATA_DIR", home.path().join("terraform"));
        command
    };
    let change = [
        "-auto-approve",
        "-input=false",
        "-no-color",
        "-parallelism=4",
        &state,
    ];
    done(&mut command(&["init", "-input=false"]))?;
    // Each says thousands of lines; what goes wrong is said on standard error.
    text(&mut command(&[&["apply"], &change[..]].concat()))?;
    text(&mut command(&["plan", "-input=false", "-no-color", &state, &out]))?;
    unchanged(&text(&mut command(&["show", "-json", &plan]))?)?;
    text(&mut command(&[&["destroy"], &change[..]].concat()))?;
    let left = text(&mut command(&["state", "list", &state]))?;
    if !left.trim().is_empty() {
        bail!("this is left after `terraform destroy`:\n{left}");
    }
    Ok(())
}

/// A plan that was made just after an apply changes nothing.
fn unchanged(plan: &str) -> anyhow::Result<()> {
    let plan: Value = serde_json::from_str(plan).context("Terraform's plan cannot be read")?;
    let changes = plan["resource_changes"]
        .as_array()
        .context("Terraform's plan says nothing")?;
    let is_change = |change: &&Value| {
        change["change"]["actions"] != serde_json::json!(["no-op"]) && change["type"] != FORGOTTEN
    };
    let changed: Vec<String> = changes
        .iter()
        .filter(is_change)
        .map(|change| format!("{} {}", change["address"], change["change"]["actions"]))
        .collect();
    if changed.is_empty() {
        eprintln!(
            "{} resources, and the plan afterwards is empty but for alarms, which the emulator forgets",
            changes.len()
        );
        return Ok(());
    }
    bail!("the plan after the apply is not empty:\n{}", changed.join("\n"))
}

fn text(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{command:?} cannot be run"))?;
    if !output.status.success() {
        bail!("{command:?} failed with {}", output.status);
    }
    String::from_utf8(output.stdout).context("Terraform says no text")
}

/// An emulated account; it ends when it is dropped.
struct Account {
    process: Child,
    endpoint: String,
}

impl Account {
    fn start(home: &Path) -> anyhow::Result<Self> {
        let program = python("ministack", EMULATOR)?.join("bin/ministack");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let address = free.local_addr()?;
        drop(free);
        let process = Command::new(&program)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be run", program.display()))?;
        let account = Self {
            process,
            endpoint: format!("http://{address}"),
        };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > PATIENCE {
                bail!("the emulated account did not come up within {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(account)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // It has nothing to lose, and may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
