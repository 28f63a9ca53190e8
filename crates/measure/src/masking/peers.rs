//! How others do it, on the same server and the same data: pynonymizer from PyPI, and row by row with Ruby on Rails'
//! ActiveRecord, as a rake task does.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use super::data::Size;
use super::lab::Db;

/// The programs' folder, as `cargo xtask` says it.
const PEERS: &str = "DOPPEL_PEERS";

/// What is masked row by row; all of it would take an hour.
const SLICE: u64 = 20_000;

/// pynonymizer, masking in place with a strategy for the same columns.
pub struct Pynonymizer {
    /// Name and version.
    pub name: String,
    program: PathBuf,
}

impl Pynonymizer {
    /// The program, if it is installed.
    pub async fn find() -> Option<Self> {
        let program = PathBuf::from(std::env::var_os(PEERS)?).join("bin/pynonymizer");
        let said = said(Command::new(&program).arg("--version")).await?;
        Some(Self {
            name: format!("pynonymizer {}", said.trim()),
            program,
        })
    }

    /// Seconds that it takes in place, without dump and restore.
    pub async fn run(&self, db: &Db) -> anyhow::Result<f64> {
        let strategy = tempfile::Builder::new().suffix(".yml").tempfile()?;
        std::fs::write(&strategy, include_str!("pynonymizer.yml"))?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(db.programs.clone()).chain(std::env::split_paths(&path));
        let begun = std::time::Instant::now();
        let output = Command::new(&self.program)
            .args([
                "--db-type",
                "postgres",
                "--db-host",
                "127.0.0.1",
                "--db-user",
                "dba",
            ])
            .args(["--db-name", "shop", "--only-step", "ANONYMIZE_DB", "--strategy"])
            .arg(strategy.path())
            .env("PYNONYMIZER_DB_PORT", db.port.to_string())
            .env("PYNONYMIZER_DB_PASSWORD", &db.password)
            .env("PATH", std::env::join_paths(folders)?)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("pynonymizer cannot be run")?;
        let seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(
            output.status.success(),
            "pynonymizer failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(seconds)
    }
}

/// A record at a time: read in batches, each saved in a transaction of its own.
pub struct ActiveRecord {
    /// Name and version.
    pub name: String,
}

impl ActiveRecord {
    /// Ruby with ActiveRecord, if it is installed.
    pub async fn find() -> Option<Self> {
        let version = "require 'logger'; require 'active_record'; require 'pg'; print ActiveRecord.version";
        let said = said(Command::new("ruby").args(["-e", version])).await?;
        Some(Self {
            name: format!("ActiveRecord {}", said.trim()),
        })
    }

    /// How many rows were masked, and the seconds that it took, without Ruby's start.
    pub async fn run(&self, db: &Db, size: Size) -> anyhow::Result<(u64, f64)> {
        let rows = size.rows().min(SLICE);
        let customers = rows * size.customers / size.rows();
        let output = Command::new("ruby")
            .args(["-e", include_str!("row_by_row.rb")])
            .env("DATABASE_URL", db.dsn())
            .env("CUSTOMERS", customers.to_string())
            .env("ORDERS", (rows - customers).to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("ruby cannot be run")?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let seconds = told.trim().parse().ok().filter(|_| output.status.success());
        let seconds =
            seconds.with_context(|| format!("ruby failed: {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok((rows, seconds))
    }
}

/// What a program says, if it can be run and is content.
async fn said(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
