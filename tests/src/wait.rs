//! Waiting for a condition, with a bound.

use std::time::{Duration, Instant};

/// How long a spec waits for anything, in real time: the machines are shared and slow at times.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// How long a spec waits before it looks again: each look costs the machine a call.
pub const PAUSE: Duration = Duration::from_millis(100);

/// Asks again and again until `look` gives something.
///
/// # Panics
/// When [`PATIENCE`] is over, with `what` was waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain until {what}"
        );
        tokio::time::sleep(PAUSE).await;
    }
}
