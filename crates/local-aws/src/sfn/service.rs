//! What the service keeps: machines, executions, tags and tokens.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::machine::{Machine, Settings};
use super::record::{Outcome, Record, locked};
use super::run::{GRACE, LARGEST, Run};
use super::tokens::Tokens;
use super::{Error, StatusSink, Tasks};
use crate::Time;

/// After so many days an execution's name is free again.
const NAME_KEPT_DAYS: i64 = 90;

pub(super) struct Service {
    pub(super) time: Time,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) tasks: Arc<dyn Tasks>,
    pub(super) sink: Arc<dyn StatusSink>,
    pub(super) tokens: Arc<Tokens>,
    /// Executions and tasks under way.
    pub(super) tracker: TaskTracker,
    pub(super) kept: Mutex<Kept>,
}

#[derive(Default)]
pub(super) struct Kept {
    /// By ARN.
    pub(super) machines: BTreeMap<String, Entry>,
    /// Oldest first.
    pub(super) executions: Vec<Arc<Record>>,
}

/// A machine and what goes with it.
pub(super) struct Entry {
    pub(super) machine: Arc<Machine>,
    pub(super) tags: BTreeMap<String, String>,
    /// Gone as soon as its last execution is.
    pub(super) deleting: bool,
}

impl Service {
    pub(super) fn machine_arn(&self, name: &str) -> String {
        format!(
            "arn:aws:states:{}:{}:stateMachine:{name}",
            self.region, self.account
        )
    }

    /// Creates a machine; the same name and definition again give the one that is there.
    pub(super) fn create(
        &self,
        name: &str,
        role: String,
        text: &str,
        settings: Settings,
        tags: BTreeMap<String, String>,
    ) -> Result<Arc<Machine>, Error> {
        check_name(name)?;
        let machine = Machine::new(self.machine_arn(name), role, text, settings, self.time.now())?;
        let mut kept = locked(&self.kept);
        if let Some(entry) = kept.machines.get(&machine.arn) {
            return match entry {
                entry if entry.deleting => Err(Error::StateMachineDeleting(machine.arn)),
                entry if entry.machine.text == text => Ok(entry.machine.clone()),
                _ => Err(Error::StateMachineAlreadyExists(machine.arn)),
            };
        }
        let machine = Arc::new(machine);
        kept.machines.insert(
            machine.arn.clone(),
            Entry {
                machine: machine.clone(),
                tags,
                deleting: false,
            },
        );
        Ok(machine)
    }

    pub(super) fn machine(&self, arn: &str) -> Result<Arc<Machine>, Error> {
        self.check_arn(arn, "stateMachine")?;
        let kept = locked(&self.kept);
        let entry = kept
            .machines
            .get(arn)
            .ok_or_else(|| Error::StateMachineDoesNotExist(arn.to_owned()))?;
        Ok(entry.machine.clone())
    }

    pub(super) fn execution(&self, arn: &str) -> Result<Arc<Record>, Error> {
        self.check_arn(arn, "execution")?;
        let kept = locked(&self.kept);
        let found = kept.executions.iter().rev().find(|record| record.arn == arn);
        found
            .cloned()
            .ok_or_else(|| Error::ExecutionDoesNotExist(arn.to_owned()))
    }

    /// An ARN of this kind of this service; of another account or Region nothing is known, which is no mistake.
    pub(super) fn check_arn(&self, arn: &str, kind: &str) -> Result<(), Error> {
        let mut parts = arn.split(':');
        let head = (parts.next(), parts.nth(1), parts.nth(2));
        if head == (Some("arn"), Some("states"), Some(kind))
            && parts.next().is_some_and(|name| !name.is_empty())
        {
            return Ok(());
        }
        Err(Error::InvalidArn(format!(
            "Resource type not valid in this context: {arn}"
        )))
    }

    /// Starts an execution; the same name and input again, while it runs, give the one that runs.
    pub(super) fn start(
        self: &Arc<Self>,
        machine_arn: &str,
        name: Option<String>,
        input: Value,
    ) -> Result<Arc<Record>, Error> {
        let name = name.unwrap_or_else(|| Uuid::new_v4().to_string());
        check_name(&name)?;
        let size = input.to_string().len();
        if size > LARGEST {
            return Err(Error::InvalidExecutionInput(format!(
                "{size} bytes, and {LARGEST} are the most"
            )));
        }
        self.check_arn(machine_arn, "stateMachine")?;
        let now = self.time.now();
        let record = {
            let mut kept = locked(&self.kept);
            let entry = kept.machines.get(machine_arn);
            let entry = entry.ok_or_else(|| Error::StateMachineDoesNotExist(machine_arn.to_owned()))?;
            if entry.deleting {
                return Err(Error::StateMachineDeleting(machine_arn.to_owned()));
            }
            let machine = entry.machine.clone();
            let arn = format!(
                "{}:{name}",
                machine.arn.replacen(":stateMachine:", ":execution:", 1)
            );
            if let Some(there) = kept.executions.iter().rev().find(|record| record.arn == arn) {
                match there.ended() {
                    None if there.input == input => return Ok(there.clone()),
                    Some((_, ended)) if now - ended > TimeDelta::days(NAME_KEPT_DAYS) => {}
                    _ => return Err(Error::ExecutionAlreadyExists(arn)),
                }
            }
            let record = Arc::new(Record::new(arn, name, machine, input, now));
            kept.executions.push(record.clone());
            record
        };
        tracing::debug!(execution = %record.arn, "started");
        self.tracker.spawn(Run::new(self.clone(), record.clone()).run());
        Ok(record)
    }

    /// Stops `record`, unless it ended before.
    pub(super) fn stop(&self, record: &Record, error: Option<String>, cause: Option<String>) {
        let previous = i64::try_from(record.event_count()).unwrap_or(i64::MAX);
        self.finish(record, &Outcome::Aborted { error, cause }, previous);
        record.stopped.cancel();
    }

    /// Ends `record` once, and tells the sink.
    pub(super) fn finish(&self, record: &Record, outcome: &Outcome, previous: i64) {
        if !record.end(outcome, previous, self.time.now()) {
            return;
        }
        tracing::debug!(execution = %record.arn, status = outcome.status(), error = outcome.error(), "ended");
        self.forget_deleted(&record.machine.arn);
        let Some(event) = record.status_change(&self.region, &self.account) else {
            return;
        };
        // A sink that panics must not take the executor with it.
        if std::panic::catch_unwind(AssertUnwindSafe(|| self.sink.ended(event))).is_err() {
            tracing::error!(execution = %record.arn, "the sink of status events panicked");
        }
    }

    /// Removes a machine that was deleted while it had running executions, once it has none.
    pub(super) fn forget_deleted(&self, arn: &str) {
        let mut kept = locked(&self.kept);
        let busy = kept
            .executions
            .iter()
            .any(|record| record.machine.arn == arn && record.is_running());
        if !busy && kept.machines.get(arn).is_some_and(|entry| entry.deleting) {
            kept.machines.remove(arn);
        }
    }

    pub(super) async fn shutdown(&self) {
        let records = locked(&self.kept).executions.clone();
        for record in records.iter().filter(|record| record.is_running()) {
            self.stop(record, None, Some("The service shut down".to_owned()));
        }
        self.tracker.close();
        if tokio::time::timeout(GRACE + Duration::from_secs(1), self.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!("tasks were still running when Step Functions shut down");
        }
    }
}

/// A machine's or an execution's name: 1 to 80 characters, none of those that AWS forbids.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let forbidden =
        |it: char| it.is_whitespace() || it.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(it);
    if name.is_empty() || name.chars().count() > 80 || name.contains(forbidden) {
        return Err(Error::InvalidName(name.to_owned()));
    }
    Ok(())
}
