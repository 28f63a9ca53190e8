//! The figures: kept while they come in, and said as a table and as one line of JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use local_aws::engine::EngineKind;
use serde_json::{Value, json};

use super::data::Size;
use super::lab::name;
use super::ours::{Rules, Run, Scope};
use crate::median;

/// What was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// The limit.
    Copy,
    /// The worker.
    Ours(Rules, Scope),
    /// pynonymizer, in place.
    Pynonymizer,
    /// ActiveRecord, extrapolated to all rows.
    ActiveRecord,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy => f.write_str("plain copy"),
            Self::Ours(rules, Scope::Mask) => write!(f, "{rules}"),
            Self::Ours(rules, Scope::Whole) => write!(f, "{rules}, prepared and scanned"),
            Self::Pynonymizer => f.write_str("pynonymizer, in place"),
            Self::ActiveRecord => f.write_str("row by row, extrapolated"),
        }
    }
}

/// A ratio's bound.
#[derive(Clone, Copy, Debug)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(bound) => ratio <= bound,
            Self::AtLeast(bound) => ratio >= bound,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
        }
    }
}

/// All that was measured.
#[derive(Debug)]
pub struct Figures {
    size: Size,
    runs: u32,
    /// The servers and their versions.
    pub servers: Vec<String>,
    /// What there is to say about the other tools.
    pub peers: Vec<String>,
    /// How long all of it took.
    pub seconds: f64,
    times: BTreeMap<(bool, Row), Vec<f64>>,
    cpu: BTreeMap<(bool, Row), Vec<f64>>,
    methods: BTreeMap<(bool, Rules), Vec<(String, String)>>,
    peak_mb: Option<f64>,
}

impl Figures {
    /// None yet.
    pub fn new(size: Size, runs: u32) -> Self {
        Self {
            size,
            runs,
            servers: Vec::new(),
            peers: Vec::new(),
            seconds: 0.0,
            times: BTreeMap::new(),
            cpu: BTreeMap::new(),
            methods: BTreeMap::new(),
            peak_mb: None,
        }
    }

    /// One more time, and the CPU time of the server and of who worked on it.
    pub fn add(&mut self, kind: EngineKind, row: Row, seconds: f64, cpu: Option<f64>) {
        let place = (is_maria(kind), row);
        self.times.entry(place).or_default().push(seconds);
        self.cpu.entry(place).or_default().extend(cpu);
    }

    /// What a run of ours told besides its time.
    pub fn note(&mut self, kind: EngineKind, rules: Rules, run: &Run) {
        self.methods
            .entry((is_maria(kind), rules))
            .or_insert_with(|| run.methods.clone());
        self.peak_mb = match (self.peak_mb, run.peak_mb) {
            (Some(before), Some(now)) => Some(before.max(now)),
            (before, now) => before.or(now),
        };
    }

    fn median(&self, kind: EngineKind, row: Row) -> Option<f64> {
        median(self.times.get(&(is_maria(kind), row))?)
    }

    fn median_cpu(&self, kind: EngineKind, row: Row) -> Option<f64> {
        median(self.cpu.get(&(is_maria(kind), row))?)
    }

    fn best(&self, kind: EngineKind, row: Row) -> Option<f64> {
        let times = self.times.get(&(is_maria(kind), row))?;
        times.iter().copied().min_by(f64::total_cmp)
    }

    fn of(&self, kind: EngineKind, row: Row, to: Row) -> Option<f64> {
        Some(self.median(kind, row)? / self.median(kind, to)?)
    }

    /// The ratio that a row of an engine is held against its goal by, and the goal.
    fn ratio(&self, kind: EngineKind, row: Row) -> (Option<f64>, Option<Goal>) {
        let ours = Row::Ours(Rules::Sql, Scope::Mask);
        let (to, goal) = match (kind, row) {
            (_, Row::Copy) => (Row::Copy, None),
            (_, Row::Ours(Rules::Sql, Scope::Mask)) => (Row::Copy, Some(Goal::AtMost(1.1))),
            (EngineKind::Postgres, Row::Ours(Rules::Keyed, Scope::Mask)) => {
                (Row::Copy, Some(Goal::AtMost(1.3)))
            }
            (EngineKind::Mysql, Row::Ours(Rules::Keyed, Scope::Mask)) => (Row::Copy, Some(Goal::AtMost(1.5))),
            (_, Row::Ours(rules, Scope::Whole)) => (Row::Ours(rules, Scope::Mask), Some(Goal::AtMost(1.25))),
            (_, Row::Pynonymizer) => (ours, Some(Goal::AtLeast(15.0))),
            (_, Row::ActiveRecord) => (ours, Some(Goal::AtLeast(100.0))),
        };
        (self.of(kind, row, to), goal)
    }

    /// The whole run to the masking alone: the worst of both engines and both rules.
    fn scan(&self) -> Option<f64> {
        let kinds = [EngineKind::Postgres, EngineKind::Mysql];
        let ratios = kinds.iter().flat_map(|kind| {
            [Rules::Sql, Rules::Keyed]
                .into_iter()
                .filter_map(|rules| self.ratio(*kind, Row::Ours(rules, Scope::Whole)).0)
        });
        ratios.max_by(f64::total_cmp)
    }

    /// The table, for people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let profile = if cfg!(debug_assertions) {
            "dev profile (the masking's crates are optimised in it)"
        } else {
            "release profile"
        };
        writeln!(
            text,
            "{}, {cores} cores, {profile}\n{}, {} run(s) of each kind in turns, {:.0} s in all; ratios are of medians; CPU time is the server's and the worker's",
            self.servers.join(" and "),
            self.size,
            self.runs,
            self.seconds
        )?;
        for kind in [EngineKind::Postgres, EngineKind::Mysql] {
            self.engine(text, kind)?;
        }
        if let Some(scan) = self.scan() {
            let goal = Goal::AtMost(1.25);
            line(
                text,
                "scan: the worst of the above",
                [None; 3],
                (Some(scan), Some(goal)),
            )?;
        }
        let peak = self
            .peak_mb
            .map_or_else(|| "unknown here".to_owned(), |peak| format!("{peak:.1}"));
        let met = self.peak_mb.map_or("", |peak| said(Goal::AtMost(64.0).met(peak)));
        writeln!(
            text,
            "{:<58} {:>26} {:>8} {:>6}  {met}",
            "peak memory of the worker, MB", "", peak, "≤ 64"
        )?;
        for note in &self.peers {
            writeln!(text, "  {note}")?;
        }
        Ok(())
    }

    fn engine(&self, text: &mut String, kind: EngineKind) -> fmt::Result {
        let mut rows = self
            .times
            .keys()
            .filter(|(maria, _)| *maria == is_maria(kind))
            .map(|(_, row)| *row)
            .peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        writeln!(
            text,
            "\n{:<58} {:>8} {:>8} {:>8} {:>8} {:>6}  met",
            name(kind),
            "best s",
            "median s",
            "CPU s",
            "ratio",
            "goal"
        )?;
        for row in rows {
            let label = match row {
                Row::Ours(rules, Scope::Mask) => format!("{row} ({})", self.said_methods(kind, rules)),
                _ => row.to_string(),
            };
            let times = [
                self.best(kind, row),
                self.median(kind, row),
                self.median_cpu(kind, row),
            ];
            line(text, &label, times, self.ratio(kind, row))?;
        }
        Ok(())
    }

    fn said_methods(&self, kind: EngineKind, rules: Rules) -> String {
        let mut methods: Vec<&str> = self
            .methods
            .get(&(is_maria(kind), rules))
            .into_iter()
            .flatten()
            .map(|(_, method)| method.as_str())
            .collect();
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
    }

    /// One line: every ratio that has a goal. What was not measured is null.
    pub fn json(&self) -> Value {
        let ratio = |kind, row| round(self.ratio(kind, row).0);
        let mask = |rules| Row::Ours(rules, Scope::Mask);
        let (pg, maria) = (EngineKind::Postgres, EngineKind::Mysql);
        json!({
            "pg_sql": ratio(pg, mask(Rules::Sql)),
            "pg_keyed": ratio(pg, mask(Rules::Keyed)),
            "maria_sql": ratio(maria, mask(Rules::Sql)),
            "maria_keyed": ratio(maria, mask(Rules::Keyed)),
            "pynonymizer": ratio(pg, Row::Pynonymizer),
            "row_by_row": ratio(pg, Row::ActiveRecord),
            "scan": round(self.scan()),
            "peak_mb": round(self.peak_mb),
        })
    }
}

fn line(
    text: &mut String,
    label: &str,
    times: [Option<f64>; 3],
    (ratio, goal): (Option<f64>, Option<Goal>),
) -> fmt::Result {
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| format!("{number:.2}"));
    let met = goal.zip(ratio).map_or("", |(goal, ratio)| said(goal.met(ratio)));
    let goal = goal.map_or_else(String::new, |goal| goal.to_string());
    writeln!(
        text,
        "  {label:<56} {:>8} {:>8} {:>8} {:>8} {goal:>6}  {met}",
        number(times[0]),
        number(times[1]),
        number(times[2]),
        number(ratio)
    )
}

fn said(met: bool) -> &'static str {
    if met { "yes" } else { "no" }
}

fn round(number: Option<f64>) -> Option<f64> {
    number.map(|number| (number * 1000.0).round() / 1000.0)
}

fn is_maria(kind: EngineKind) -> bool {
    kind == EngineKind::Mysql
}
