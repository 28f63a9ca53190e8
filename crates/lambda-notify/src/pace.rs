//! How fast a channel's messages are changed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use runtime::Clock;
use tokio::time::Instant;

/// Slack takes about one message a second in a channel.
const STEP: Duration = Duration::from_secs(1);

/// When each channel may be written to again, by what this process wrote: a stream's changes come to one process.
#[derive(Default)]
pub(crate) struct Pace(Mutex<HashMap<String, Instant>>);

impl Pace {
    /// Waits for this channel's turn. Answers whether it waited: then there may be newer things to say.
    pub(crate) async fn hold(&self, clock: &Clock, channel: &str) -> bool {
        let (now, step) = (Instant::now(), STEP.div_f64(clock.speed()));
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, free| *free > now);
            let turn = turns.get(channel).copied().unwrap_or(now);
            turns.insert(channel.to_owned(), turn + step);
            turn
        };
        tokio::time::sleep_until(turn).await;
        turn > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_channel_has_a_turn_a_second() {
        let (pace, clock, start) = (Pace::default(), Clock::faster(1.0), Instant::now());
        assert!(!pace.hold(&clock, "C1").await, "the first goes at once");
        assert!(
            !pace.hold(&clock, "C2").await,
            "other channels do not wait for it"
        );
        assert!(pace.hold(&clock, "C1").await);
        assert!(pace.hold(&clock, "C1").await);
        assert_eq!(start.elapsed(), Duration::from_secs(2));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(
            !pace.hold(&clock, "C1").await,
            "who was silent long enough does not wait"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn where_time_is_fast_so_are_the_turns() {
        let (pace, clock, start) = (Pace::default(), Clock::faster(10.0), Instant::now());
        pace.hold(&clock, "C1").await;
        pace.hold(&clock, "C1").await;
        assert_eq!(start.elapsed(), Duration::from_millis(100));
    }
}
