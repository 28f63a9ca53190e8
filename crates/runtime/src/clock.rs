//! The only source of time.

use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// What time it is. Wall time in AWS; a time that runs `speed` times faster for `doppel local --speed`; a time
/// that follows tokio's paused clock in tests. Clones of one clock tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The system's time, asked each time: a frozen Lambda must not wake up in the past.
    Wall,
    /// `epoch`, and since `start` so much more as tokio's clock has moved, times `speed`.
    Running {
        epoch: DateTime<Utc>,
        start: Instant,
        speed: f64,
    },
}

/// Sleeps that take `speed` times less than they say.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    speed: f64,
}

impl Clock {
    /// The system's time.
    pub fn wall() -> Self {
        Self(Kind::Wall)
    }

    /// A time that starts now and runs `speed` times faster. It follows tokio's clock, so it stands still while
    /// that is paused, and `Clock::faster(1.0)` is the clock of a test on paused time.
    pub fn faster(speed: f64) -> Self {
        Self::starting_at(Utc::now(), speed)
    }

    /// A time that starts at `epoch` and runs `speed` times faster than tokio's clock.
    pub fn starting_at(epoch: DateTime<Utc>, speed: f64) -> Self {
        Self(Kind::Running {
            epoch,
            start: Instant::now(),
            speed,
        })
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::Wall => Utc::now(),
            Kind::Running { epoch, start, speed } => {
                let passed = start.elapsed().mul_f64(*speed);
                *epoch + TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX)
            }
        }
    }

    /// How many times faster than real time it runs.
    pub fn speed(&self) -> f64 {
        match self.0 {
            Kind::Wall => 1.0,
            Kind::Running { speed, .. } => speed,
        }
    }

    /// Sleeps by this clock: `speed` times shorter. For waits only; a timeout is never shortened, so the SDK
    /// keeps its own.
    pub fn waits(&self) -> Waits {
        Waits { speed: self.speed() }
    }

    /// Waits until `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        self.waits().sleep(duration).await;
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        Clock::now(self).into()
    }
}

impl AsyncSleep for Waits {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration.div_f64(self.speed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_faster_clock_lets_an_hour_pass_in_a_tenth_of_a_second() {
        let clock = Clock::faster(36_000.0);
        let (before, real) = (clock.now(), Instant::now());
        clock.sleep(Duration::from_secs(3600)).await;
        assert!(clock.now() - before >= TimeDelta::hours(1));
        assert!(real.elapsed() < Duration::from_secs(60), "{:?}", real.elapsed());
    }

    #[tokio::test]
    async fn a_clock_starts_at_its_epoch_and_its_clones_tell_the_same_time() {
        let epoch = "2026-01-31T23:59:59Z".parse().unwrap();
        let clock = Clock::starting_at(epoch, 1.0);
        let later = clock.clone();
        let now = clock.now();
        assert!(now >= epoch && now < epoch + TimeDelta::minutes(1));
        assert!(later.now() >= now && later.now() < now + TimeDelta::minutes(1));
    }
}
