//! How far the worker is, for the record and so for Slack, and whether it has been told to stop.

use domain::record::Progress;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;

/// Tells how far the run is; whoever listens decides how often to pass it on.
#[derive(Debug)]
pub struct Reporter {
    sender: watch::Sender<Progress>,
    stop: CancellationToken,
    before: u64,
}

impl Reporter {
    /// A reporter and its listener.
    #[must_use]
    pub fn new(stop: CancellationToken) -> (Self, watch::Receiver<Progress>) {
        let (sender, receiver) = watch::channel(Progress::default());
        (
            Self {
                sender,
                stop,
                before: 0,
            },
            receiver,
        )
    }

    /// A phase begins, with so much to do.
    pub(crate) fn phase(&mut self, name: &str, tables: usize, rows: u64) {
        self.before = 0;
        let tables = u32::try_from(tables).unwrap_or(u32::MAX);
        self.sender.send_replace(Progress {
            phase: name.to_owned(),
            tables,
            rows,
            ..Progress::default()
        });
    }

    pub(crate) fn table_done(&mut self) {
        self.sender.send_modify(|progress| progress.tables_done += 1);
    }

    /// So many rows of the present table are done.
    pub(crate) fn rows_done(&mut self, rows: u64) {
        let before = self.before;
        self.sender
            .send_modify(|progress| progress.rows_done = before + rows);
    }

    /// The present table is done, with so many rows.
    pub(crate) fn add_rows(&mut self, rows: u64) {
        self.rows_done(rows);
        self.before += rows;
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
