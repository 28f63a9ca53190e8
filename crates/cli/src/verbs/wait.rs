//! Waiting, and the bar that shows how far a clone is.

use std::time::Duration;

use domain::{CloneRecord, CloneState};
use indicatif::{ProgressBar, ProgressStyle};

use super::bar::words;
use crate::account::Account;
use crate::args::Patience;

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
            Some(now) => format!("{}: {}", record.state, words(now)),
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

const PERCENT_AT_READY: u64 = 100;

/// Roughly how far: the states one after another, and masking by its rows.
fn percent(record: &CloneRecord) -> u64 {
    match record.state {
        CloneState::Requested | CloneState::Awaiting => 2,
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
