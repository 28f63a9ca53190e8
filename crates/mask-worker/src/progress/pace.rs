//! How fast rows are done, and how long the rest of them takes.

use std::time::{Duration, Instant};

use domain::record::Progress;

/// The rate forgets what is older than this by two thirds: long enough that one batch makes no jump, short enough
/// that a slow table shows.
const MEMORY: Duration = Duration::from_secs(10);

/// Between two looks at the rows: what comes closer together is one look, because its span is mostly chance.
const LEAST: Duration = Duration::from_millis(200);

/// The smoothed rate of one phase.
#[derive(Debug)]
pub(super) struct Pace {
    looked_at: Instant,
    rows: u64,
    rate: Option<f64>,
}

impl Pace {
    /// A phase that begins now, with no row done.
    pub(super) fn from(now: Instant) -> Self {
        Self {
            looked_at: now,
            rows: 0,
            rate: None,
        }
    }

    /// Writes rate and time left into `progress`, as they are now.
    pub(super) fn tell(&mut self, progress: &mut Progress, now: Instant) {
        let span = now.saturating_duration_since(self.looked_at);
        if span < LEAST {
            return;
        }
        let seconds = span.as_secs_f64();
        let fresh = progress.rows_done.saturating_sub(self.rows) as f64 / seconds;
        let kept = (-seconds / MEMORY.as_secs_f64()).exp();
        let rate = self
            .rate
            .map_or(fresh, |before| before * kept + fresh * (1.0 - kept));
        *self = Self {
            looked_at: now,
            rows: progress.rows_done,
            rate: Some(rate),
        };
        // A cast of what is too large saturates.
        progress.rows_per_second = rate.round() as u64;
        // The rows to do are the database's estimate: once it is passed, nothing can be said.
        let left = progress.rows.checked_sub(progress.rows_done);
        progress.seconds_left = left
            .filter(|_| rate >= 1.0)
            .map(|rows| (rows as f64 / rate).ceil() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: &[(u64, u64)], rows: u64) -> Progress {
        let start = Instant::now();
        let mut pace = Pace::from(start);
        let mut progress = Progress {
            rows,
            ..Progress::default()
        };
        for (milliseconds, done) in seconds {
            progress.rows_done = *done;
            pace.tell(&mut progress, start + Duration::from_millis(*milliseconds));
        }
        progress
    }

    #[test]
    fn a_steady_pace_is_told_as_it_is_with_the_time_that_is_left() {
        let progress = after(&[(1_000, 500), (2_000, 1_000), (3_000, 1_500)], 10_000);
        assert_eq!((progress.rows_per_second, progress.seconds_left), (500, Some(17)));
    }

    #[test]
    fn one_fast_batch_makes_no_jump_and_a_lasting_change_shows() {
        let steady = [(10_000, 1_000), (20_000, 2_000)];
        let jump = after(&[steady[0], steady[1], (20_300, 2_300)], 1_000_000);
        assert!((100..150).contains(&jump.rows_per_second), "{jump:?}");
        let lasting = after(&[steady[0], steady[1], (60_000, 42_000)], 1_000_000);
        assert!((900..1_000).contains(&lasting.rows_per_second), "{lasting:?}");
    }

    #[test]
    fn nothing_is_told_from_a_moment_nor_beyond_the_estimate() {
        let moment = after(&[(50, 10_000)], 20_000);
        assert_eq!((moment.rows_per_second, moment.seconds_left), (0, None));
        let beyond = after(&[(1_000, 30_000)], 20_000);
        assert_eq!((beyond.rows_per_second, beyond.seconds_left), (30_000, None));
        let idle = after(&[(1_000, 0)], 20_000);
        assert_eq!((idle.rows_per_second, idle.seconds_left), (0, None));
    }
}
