//! The one clock of the embedded AWS, handed in from outside: wall time, faster time, or a test's paused time.

use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use chrono::{DateTime, Utc};

/// What time it is, and how to wait: everything in the embedded AWS that waits goes through here.
#[derive(Clone, Debug)]
pub struct Time {
    source: SharedTimeSource,
    waits: SharedAsyncSleep,
}

impl Time {
    /// A clock that tells `source`'s time and whose waits (status changes, `Wait` states, schedules) take as
    /// long as `waits` says; a faster clock shortens them.
    pub fn new(source: SharedTimeSource, waits: SharedAsyncSleep) -> Self {
        Self { source, waits }
    }

    /// Wall time.
    pub fn wall() -> Self {
        Self::new(
            SharedTimeSource::new(SystemTimeSource::new()),
            SharedAsyncSleep::new(TokioSleep::new()),
        )
    }

    /// The time now, on this clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.system_now().into()
    }

    /// The time now, as the SDKs and the storage crates want it.
    pub fn system_now(&self) -> SystemTime {
        self.source.now()
    }

    /// Waits until `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        self.waits.sleep(duration).await;
    }
}
