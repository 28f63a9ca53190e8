//! What is under way: every call, task, invocation and delivery, so that a test can wait for quiet and a shutdown for the end.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A handle on all background work of one embedded AWS.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    count: Arc<watch::Sender<usize>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Work under way: counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Arc<watch::Sender<usize>>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Work {
    pub(crate) fn new() -> Self {
        Self {
            count: Arc::new(watch::Sender::new(0)),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Counts as under way until the answer is dropped.
    pub(crate) fn busy(&self) -> Busy {
        self.count.send_modify(|count| *count += 1);
        Busy(Arc::clone(&self.count))
    }

    /// Runs `future` in the background, counted, whoever waits for it or not. `None` is its answer when the
    /// shutdown came first.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<Option<T>> {
        let busy = self.busy();
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _busy = busy;
            stop.run_until_cancelled(future).await
        })
    }

    /// Runs `future` in the background until the shutdown, without counting it: a schedule that only waits.
    pub(crate) fn spawn_quietly<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<Option<T>> {
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { stop.run_until_cancelled(future).await })
    }

    /// Runs `future`, which knows itself when to stop; the shutdown waits for it.
    pub(crate) fn spawn_to_the_end(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.tasks.spawn(future));
    }

    /// Nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        *self.count.borrow() == 0
    }

    /// Tells of each change of what is under way.
    pub(crate) fn changes(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Cancelled by the shutdown.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Drops all that is under way and waits until it is gone.
    pub(crate) async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
