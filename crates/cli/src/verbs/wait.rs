//! Waiting, and the bar that shows how far a clone is.

use std::time::Duration;

use domain::{CloneRecord, CloneState, record};
use indicatif::{ProgressBar, ProgressStyle};

use crate::account::Account;
use crate::args::Patience;
use crate::table::span;

/// By the account's clock, between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// At least, by the wall's.
const LEAST: Duration = Duration::from_millis(300);

impl Patience {
    /// How long to wait at most.
    pub fn duration(&self) -> Duration {
        Duration::from_secs(self.timeout * 60)
    }
}

/// Waits before the next look.
pub async fn a_moment(account: &Account) {
    tokio::time::sleep(BETWEEN_LOOKS.div_f64(account.clock.speed()).max(LEAST)).await;
}

/// A progress bar on standard error.
pub struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar if somebody looks.
    pub fn start(shown: bool) -> Self {
        if !shown {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(PERCENT_AT_READY);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message("asked for");
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Shows how far a clone is.
    pub fn show(&self, record: &CloneRecord) {
        self.0.set_position(percent(record));
        let masked = record
            .progress
            .as_ref()
            .filter(|_| record.state == CloneState::Masking);
        let doing = match masked {
            Some(now) => format!("{}: {}", record.state, in_words(now)),
            None => record.state.to_string(),
        };
        self.0.set_message(match record.attempt {
            1 => doing,
            attempt => format!("{doing} (try {attempt}: the masking broke off)"),
        });
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// The phase of a masking, its rows, how fast they go, and how long the rest takes.
pub fn in_words(now: &record::Progress) -> String {
    let mut words = now.phase.clone();
    if now.rows > 0 {
        words.push_str(&format!(", {} of about {} rows", now.rows_done, now.rows));
    }
    if now.rows_per_second > 0 {
        words.push_str(&format!(", {} a second", now.rows_per_second));
    }
    if let Some(left) = now.seconds_left {
        // A year is more than any limit; a mad estimate is cut to it.
        let left = chrono::TimeDelta::seconds(left.min(31_536_000).cast_signed());
        words.push_str(&format!(", about {} left", span(left)));
    }
    words
}

const PERCENT_AT_READY: u64 = 100;

/// Roughly how far: the states one after another, and masking by its rows.
fn percent(record: &CloneRecord) -> u64 {
    match record.state {
        CloneState::Requested => 2,
        CloneState::Cloning | CloneState::Discarding => 10,
        CloneState::Masking => {
            let rows = record.progress.as_ref().filter(|progress| progress.rows > 0);
            let done = rows.map_or(0, |progress| {
                progress.rows_done.min(progress.rows) * 40 / progress.rows
            });
            40 + done
        }
        CloneState::Resizing => 85,
        CloneState::Releasing => 95,
        CloneState::Ready | CloneState::Failed | CloneState::Deleting | CloneState::Deleted => {
            PERCENT_AT_READY
        }
    }
}
