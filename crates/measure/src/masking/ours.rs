//! Ours: the worker's own job, in a process of its own, so that its memory can be told.

use std::fmt;
use std::io::Read;
use std::process::Stdio;
use std::time::Instant;

use anyhow::Context;
use mask_worker::{Job, Reporter, Target, Tuning, Verb};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use super::lab::Db;
use crate::cpu;

/// Which rules are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rules {
    /// Every personal column, each by itself.
    Sql,
    /// The same columns, all consistent.
    Keyed,
}

impl Rules {
    fn text(self) -> &'static str {
        match self {
            Self::Sql => include_str!("sql.toml"),
            Self::Keyed => include_str!("keyed.toml"),
        }
    }
}

/// How much of the worker's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// The masking alone.
    Mask,
    /// Prepare, mask and verify, as for a clone.
    Whole,
}

impl Scope {
    fn verbs(self) -> &'static [Verb] {
        match self {
            Self::Mask => &[Verb::Mask],
            Self::Whole => &[Verb::Prepare, Verb::Mask, Verb::Verify],
        }
    }
}

/// What the child is told.
#[derive(Serialize, Deserialize)]
struct Order {
    dsn: String,
    rules: Rules,
    scope: Scope,
}

/// What the child tells.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    /// Seconds from the first connection to the end.
    pub seconds: f64,
    /// The most memory that the process ever held, in MB; none where the system does not tell.
    pub peak_mb: Option<f64>,
    /// Seconds of CPU time of the worker; none where the system does not tell.
    pub cpu: Option<f64>,
    /// Each table and its method.
    pub methods: Vec<(String, String)>,
    /// Seconds of each step.
    steps: Vec<(String, f64)>,
}

impl Run {
    /// Every kind of run.
    pub const ALL: [(Rules, Scope); 4] = [
        (Rules::Sql, Scope::Mask),
        (Rules::Keyed, Scope::Mask),
        (Rules::Sql, Scope::Whole),
        (Rules::Keyed, Scope::Whole),
    ];

    /// The steps and their seconds, if there was more than one.
    pub fn steps(&self) -> String {
        if self.steps.len() < 2 {
            return String::new();
        }
        let steps = self
            .steps
            .iter()
            .map(|(name, seconds)| format!("{name} {seconds:.2}"));
        format!(" ({})", steps.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sql => "rules sayable in SQL",
            Self::Keyed => "all keyed and consistent",
        })
    }
}

/// Runs the worker on a database.
pub async fn run(db: &Db, rules: Rules, scope: Scope) -> anyhow::Result<Run> {
    let order = serde_json::to_vec(&Order {
        dsn: db.dsn(),
        rules,
        scope,
    })?;
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("starting the worker")?;
    let mut input = child.stdin.take().context("the worker takes its order")?;
    input.write_all(&order).await?;
    drop(input);
    let output = child.wait_with_output().await?;
    anyhow::ensure!(
        output.status.success(),
        "the worker failed with {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).context("reading what the worker told")
}

/// The child: does what standard input orders, and tells on standard output how it went.
pub fn worker() -> anyhow::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let order: Order = serde_json::from_slice(&input)?;
    let target: Target = order.dsn.parse()?;
    let rules = masking::Rules::parse("rules.toml", order.rules.text())?;
    let user = runtime::Login::new("clone_user");
    let job = Job {
        target: &target,
        rules: &rules,
        user: &user,
        tuning: Tuning::default(),
    };
    let (reporter, _progress) = Reporter::new(tokio_util::sync::CancellationToken::new());
    let begun = Instant::now();
    let report = tokio::runtime::Runtime::new()?.block_on(job.run(order.scope.verbs(), &reporter))?;
    let run = Run {
        seconds: begun.elapsed().as_secs_f64(),
        peak_mb: crate::peak_mb(),
        cpu: cpu::own(),
        methods: report
            .tables
            .iter()
            .map(|table| (table.name.clone(), table.method.clone()))
            .collect(),
        steps: report.seconds.into_iter().collect(),
    };
    serde_json::to_writer(std::io::stdout(), &run)?;
    Ok(())
}
