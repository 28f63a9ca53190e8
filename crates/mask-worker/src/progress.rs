//! How far the worker is, for the record and so for Slack, and whether it has been told to stop.

mod pace;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use domain::record::Progress;
use masking::TableName;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;
use pace::Pace;

/// Tells how far the run is; whoever listens decides how often to pass it on. Tables that are masked side by side
/// share one: clones tell the same listener.
#[derive(Clone, Debug)]
pub struct Reporter {
    sender: watch::Sender<Progress>,
    pace: Arc<Mutex<Pace>>,
    seconds: Arc<Mutex<HashMap<TableName, f64>>>,
    stop: CancellationToken,
    listener: Option<watch::Sender<Progress>>,
}

impl Reporter {
    /// A reporter and its listener.
    #[must_use]
    pub fn new(stop: CancellationToken) -> (Self, watch::Receiver<Progress>) {
        let (sender, receiver) = watch::channel(Progress::default());
        let pace = Arc::new(Mutex::new(Pace::from(Instant::now())));
        let reporter = Self {
            sender,
            pace,
            seconds: Arc::default(),
            stop,
            listener: None,
        };
        (reporter, receiver)
    }

    /// A reporter that tells nobody, and stops when this one does.
    pub(crate) fn quiet(&self) -> Self {
        Self::new(self.stop.clone()).0
    }

    /// Tells somebody else too.
    pub(crate) fn told_to(mut self, listener: Option<watch::Sender<Progress>>) -> Self {
        self.listener = listener;
        self.tell(|_| {});
        self
    }

    /// Changes what is told.
    fn tell(&self, change: impl FnOnce(&mut Progress)) {
        self.sender.send_modify(change);
        if let Some(listener) = &self.listener {
            listener.send_replace(self.sender.borrow().clone());
        }
    }

    /// A phase begins, with so much to do.
    pub(crate) fn phase(&self, name: &str, tables: usize, rows: u64) {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = Pace::from(Instant::now());
        let tables = u32::try_from(tables).unwrap_or(u32::MAX);
        self.tell(|progress| {
            *progress = Progress {
                phase: name.to_owned(),
                tables,
                rows,
                ..Progress::default()
            };
        });
    }

    /// One more table is done.
    pub(crate) fn table_done(&self) {
        self.tell(|progress| progress.tables_done += 1);
    }

    /// One more table is done, begun at `since`.
    pub(crate) fn table_done_since(&self, table: &TableName, since: Instant) {
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds.insert(table.clone(), since.elapsed().as_secs_f64());
        drop(seconds);
        self.table_done();
    }

    /// How long a table took; 0 if nobody said.
    pub(crate) fn seconds_of(&self, table: &TableName) -> f64 {
        let seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds.get(table).copied().unwrap_or_default()
    }

    /// So many more rows are done.
    pub(crate) fn add_rows(&self, rows: u64) {
        self.tell(|progress| {
            progress.rows_done += rows;
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            pace.tell(progress, Instant::now());
        });
    }

    /// Waits until the task is told to stop.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// # Errors
    /// [`Error::Stopped`] once the task was told to stop.
    pub(crate) fn stop_if_told(&self) -> Result<(), Error> {
        if self.stop.is_cancelled() {
            Err(Error::Stopped)
        } else {
            Ok(())
        }
    }
}
