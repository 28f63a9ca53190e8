//! The figures: kept while they come in, and said as a table and as one line of JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::{Value, json};

use super::deed::Deed;
use super::load::{CONNECTIONS, Turn};
use crate::median;

/// The least rate, of the bare server's.
const LEAST_RATIO: f64 = 0.5;

/// The limit of the acknowledgement's p99, in milliseconds.
const LONGEST_MS: f64 = 20.0;

/// All that was measured.
#[derive(Debug)]
pub struct Figures {
    runs: u32,
    requests: u32,
    /// How long all of it took.
    pub seconds: f64,
    turns: BTreeMap<Deed, Vec<(Turn, Turn)>>,
}

/// The medians of one kind of request.
struct Medians {
    bare: f64,
    rate: f64,
    p50: f64,
    p99: f64,
    bare_p99: f64,
    bare_cpu: Option<f64>,
    cpu: Option<f64>,
}

impl Medians {
    fn ratio(&self) -> f64 {
        self.rate / self.bare
    }
}

impl Figures {
    /// None yet.
    pub fn new(runs: u32, requests: u32) -> Self {
        Self {
            runs,
            requests,
            seconds: 0.0,
            turns: BTreeMap::new(),
        }
    }

    /// One more run of the bare server and of the gateway.
    pub fn add(&mut self, deed: Deed, bare: Turn, gateway: Turn) {
        self.turns.entry(deed).or_default().push((bare, gateway));
    }

    fn medians(&self, deed: Deed) -> Option<Medians> {
        let turns = self.turns.get(&deed)?;
        let of = |figure: &dyn Fn(&(Turn, Turn)) -> Option<f64>| {
            median(&turns.iter().filter_map(figure).collect::<Vec<_>>())
        };
        Some(Medians {
            bare: of(&|(bare, _)| Some(bare.rate))?,
            rate: of(&|(_, gateway)| Some(gateway.rate))?,
            p50: of(&|(_, gateway)| Some(gateway.p50))?,
            p99: of(&|(_, gateway)| Some(gateway.p99))?,
            bare_p99: of(&|(bare, _)| Some(bare.p99))?,
            bare_cpu: of(&|(bare, _)| bare.cpu),
            cpu: of(&|(_, gateway)| gateway.cpu),
        })
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
            "dev profile (hyper, axum, the SDK and the signature's SHA-256 are not optimised in it)"
        } else {
            "release profile"
        };
        writeln!(
            text,
            "the gateway and a bare axum server, {cores} cores for them, the sender and the embedded AWS, {profile}\n\
             {CONNECTIONS} connections, {} requests a run ({} with a write), {} run(s) of each kind in turns, {:.0} s in all; \
             medians; CPU is the server's own, µs a request\n",
            self.requests,
            Deed::Refused.share_of(self.requests),
            self.runs,
            self.seconds
        )?;
        writeln!(
            text,
            "{:<36} {:>7} {:>5} {:>8} {:>7} {:>5} {:>6} {:>6} {:>4}  {:>6} {:>7} {:>4}  met",
            "",
            "bare/s",
            "CPU",
            "p99 ms",
            "ours/s",
            "CPU",
            "ratio",
            "goal",
            "met",
            "p50 ms",
            "p99 ms",
            "goal"
        )?;
        for deed in Deed::ALL {
            if let Some(medians) = self.medians(deed) {
                row(text, deed, &medians)?;
            }
        }
        let turns = self.turns.values().flatten();
        let put_off: usize = turns.map(|(bare, gateway)| bare.put_off + gateway.put_off).sum();
        if put_off > 0 {
            writeln!(
                text,
                "  {put_off} requests with a write were told to come again later, and are not counted"
            )?;
        }
        Ok(())
    }

    /// One line: the worst of the requests that are held against the goals. What was not measured is null.
    pub fn json(&self) -> Value {
        let all = || {
            let held = Deed::ALL.into_iter().filter(|deed| !deed.writes());
            held.filter_map(|deed| self.medians(deed))
        };
        let round = |number: f64| (number * 1000.0).round() / 1000.0;
        json!({
            "ratio": all().map(|medians| medians.ratio()).min_by(f64::total_cmp).map(round),
            "p99_ms": all().map(|medians| medians.p99).max_by(f64::total_cmp).map(round),
        })
    }
}

fn row(text: &mut String, deed: Deed, medians: &Medians) -> fmt::Result {
    let whole = |number: Option<f64>| number.map_or_else(String::new, |number| format!("{number:.0}"));
    let ratio = medians.ratio();
    // The goals are for signature and parsing; a write waits for the embedded AWS, which is not AWS.
    let held = |goal: String, met: bool| match (deed.writes(), met) {
        (true, _) => (String::new(), ""),
        (false, true) => (goal, "yes"),
        (false, false) => (goal, "no"),
    };
    let (ratio_goal, ratio_met) = held(format!("≥ {LEAST_RATIO}"), ratio >= LEAST_RATIO);
    let (p99_goal, p99_met) = held(format!("< {LONGEST_MS}"), medians.p99 < LONGEST_MS);
    writeln!(
        text,
        "  {:<34} {:>7.0} {:>5} {:>8.2} {:>7.0} {:>5} {ratio:>6.2} {ratio_goal:>6} {ratio_met:>4}  {:>6.2} {:>7.2} {p99_goal:>4}  {p99_met}",
        deed.to_string(),
        medians.bare,
        whole(medians.bare_cpu),
        medians.bare_p99,
        medians.rate,
        whole(medians.cpu),
        medians.p50,
        medians.p99,
    )
}
