//! How far a masking is, as a bar where somebody looks at a terminal, as lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::record::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use super::mask::grouped;
use crate::table::span;

/// Between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Shows the progress of one masking on standard error.
pub struct Bar {
    /// None without a terminal.
    bar: Option<ProgressBar>,
    last: Option<(String, Instant)>,
}

impl Bar {
    /// Follows a masking until its reporter is gone.
    pub async fn follow(mut progress: watch::Receiver<Progress>, shown: bool) {
        if !shown {
            return;
        }
        let mut bar = Self::new();
        while progress.changed().await.is_ok() {
            bar.show(&progress.borrow_and_update().clone());
        }
        if let Some(bar) = bar.bar {
            bar.finish_and_clear();
        }
    }

    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, last: None }
    }

    fn show(&mut self, now: &Progress) {
        if let Some(bar) = &self.bar {
            bar.set_length(now.rows.max(1));
            bar.set_position(now.rows_done.min(now.rows));
            bar.set_message(words(now));
            return;
        }
        let due = self
            .last
            .as_ref()
            .is_none_or(|(phase, at)| *phase != now.phase || at.elapsed() >= BETWEEN_LINES);
        if due {
            eprintln!("{}", words(now));
            self.last = Some((now.phase.clone(), Instant::now()));
        }
    }
}

/// `mask: table 3 of 12, 1,200,000 of 5,000,000 rows, 310,000 rows/s, 12.0s left`.
pub fn words(now: &Progress) -> String {
    let mut parts = Vec::new();
    if now.tables > 0 {
        parts.push(format!("{} of {} tables", now.tables_done, now.tables));
    }
    if now.rows > 0 {
        // The catalogue's estimate may be too low.
        let rows = now.rows.max(now.rows_done);
        parts.push(format!("{} of {} rows", grouped(now.rows_done), grouped(rows)));
    }
    if now.rows_per_second > 0 {
        parts.push(format!("{} rows/s", grouped(now.rows_per_second)));
    }
    if let Some(seconds) = now.seconds_left {
        let left = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1000));
        parts.push(format!("{} left", span(left)));
    }
    if parts.is_empty() {
        now.phase.clone()
    } else {
        format!("{}: {}", now.phase, parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_tell_what_is_known() {
        let mut now = Progress {
            phase: "mask".to_owned(),
            ..Progress::default()
        };
        assert_eq!(words(&now), "mask");
        now = Progress {
            tables: 12,
            tables_done: 3,
            rows: 5_000_000,
            rows_done: 1_200_000,
            rows_per_second: 310_000,
            seconds_left: Some(72),
            ..now
        };
        assert_eq!(
            words(&now),
            "mask: 3 of 12 tables, 1,200,000 of 5,000,000 rows, 310,000 rows/s, 1m 12s left"
        );
    }
}
