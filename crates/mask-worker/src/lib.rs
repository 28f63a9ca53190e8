//! The ECS task that masks a clone: prepare, mask, verify.
//!
//! - `prepare` locks production's users, ends their sessions, drops what holds credentials or calls out, and
//!   remembers keyed digests of what is to be masked.
//! - `mask` holds the rules against the schema, refuses before the first write, then masks. It is never resumed.
//! - `verify` reads everything that is left, by code of its own, whoever did the masking; then it creates the
//!   clone's user and proves its login. The caller writes the verdict.
//!
//! [`run`](fn@run) is the task with record, secrets and rules around it; [`Job`] is the work on one database, without AWS.

mod error;
mod mysql;
mod postgres;
mod progress;
mod run;
mod server;
mod target;
mod tls;
mod verify;
mod work;

pub use error::{DatabaseFailed, Error};
pub use progress::Reporter;
pub use run::{Args, CommandLine, Deps, Outcome, Settings, run};
pub use target::Target;
pub use verify::Finding;
pub use work::{Explained, Job, Tuning, Verb, check, difference, explain, suggest_for};

/// Cancels the token when the task is told to stop (SIGTERM, as ECS sends it) or interrupted.
pub fn stop_on_signal(stop: &tokio_util::sync::CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = stop.clone();
    tokio::spawn(async move {
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => signal.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminated => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
    });
}
