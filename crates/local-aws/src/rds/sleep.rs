//! Serverless v2's sleep: a cluster whose range begins at 0 ACU is paused when nobody was there for so long, and woken by
//! the next connection or Data API call. Nothing is lost but the time that it takes; statuses stay `available`.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Core, internal};
use super::gate::Door;
use super::machine::Machine;
use super::state::State;
use crate::engine::Administrator;

impl Core {
    /// Lets a cluster sleep and wake for as long as it is there.
    pub fn watch_over(self: &Arc<Self>, id: &str) {
        let (core, id) = (self.clone(), id.to_owned());
        let Some((machine, resource)) = self.handle_of(&id) else {
            return;
        };
        self.later(async move {
            let gone = core.until(|state| !state.is_same_cluster(&id, &resource));
            tokio::select! {
                _ = gone => {}
                () = core.sleep_and_wake(&id, machine) => {}
            }
        });
    }

    async fn sleep_and_wake(self: &Arc<Self>, id: &str, machine: Arc<Machine>) {
        loop {
            let server = machine.clone();
            if !machine.door().is_asleep() {
                self.until_idle(id, machine.door()).await;
                tracing::debug!(cluster = id, "falls asleep");
                self.blocking(move || server.fall_asleep()).await;
                continue;
            }
            machine.door().knocked().await;
            self.pass(self.options.transitions.resuming).await;
            let parameters = self.parameters_of(id);
            if let Err(error) = self.blocking(move || server.wake(&parameters)).await {
                let error = internal(&error).message;
                tracing::error!(cluster = id, error, "a paused cluster could not be woken");
            }
        }
    }

    /// Waits until nobody was there for as long as the cluster waits before it sleeps.
    async fn until_idle(&self, id: &str, door: &Door<Administrator>) {
        let (mut changes, mut visits) = (self.changes(), door.visits());
        loop {
            changes.mark_unchanged();
            let is_empty = *visits.borrow_and_update() == 0;
            let Some(after) = sleeps_after(&self.state(), id).filter(|_| is_empty) else {
                tokio::select! {
                    _ = changes.changed() => {}
                    _ = visits.changed() => {}
                }
                continue;
            };
            let mut idle = pin!(self.time.sleep(after));
            loop {
                tokio::select! {
                    () = &mut idle => return,
                    _ = visits.changed() => break,
                    _ = changes.changed() => {
                        if sleeps_after(&self.state(), id) != Some(after) {
                            break;
                        }
                    }
                }
            }
        }
    }
}

/// How long the cluster waits before it sleeps, if it may sleep now.
fn sleeps_after(state: &State, id: &str) -> Option<Duration> {
    let cluster = state.clusters.get(id)?;
    let range = cluster.shown.serverless_v2_scaling_configuration.as_ref()?;
    let mut members = state.members(id).peekable();
    members.peek()?;
    let may = range.min_capacity == Some(0.0)
        && state.cluster_status(id).is_ok_and(|status| status == "available")
        && members.all(|(_, instance)| {
            instance.shown.d_b_instance_class.as_deref() == Some("db.serverless")
                && instance.shown.d_b_instance_status.as_deref() == Some("available")
        });
    let seconds = u64::try_from(range.seconds_until_auto_pause?).ok()?;
    may.then_some(Duration::from_secs(seconds))
}
