//! Several tables at once: jobs, and as many connections as the worker has cores.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::Error;
use crate::server::Server;
use crate::target::Target;

/// How many connections read side by side.
pub(super) fn width() -> usize {
    std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 8)
}

/// Does every job on a connection of its own, several at once; the first error ends them all.
pub(super) async fn spread<J, O>(
    target: &Target,
    jobs: Vec<J>,
    work: impl Fn(Arc<Server>, J) -> BoxFuture<'static, Result<O, Error>> + Clone + Send + 'static,
) -> Result<Vec<O>, Error>
where
    J: Send + 'static,
    O: Send + 'static,
{
    let width = width().min(jobs.len());
    let queue = Arc::new(Mutex::new(jobs.into_iter()));
    let mut workers = JoinSet::new();
    for _ in 0..width {
        let (queue, work, target) = (Arc::clone(&queue), work.clone(), target.clone());
        workers.spawn(async move {
            let server = Arc::new(Server::connect(&target).await?);
            let mut done = Vec::new();
            loop {
                let Some(job) = queue.lock().await.next() else {
                    return Ok::<_, Error>(done);
                };
                done.push(work(Arc::clone(&server), job).await?);
            }
        });
    }
    let mut done = Vec::new();
    while let Some(worker) = workers.join_next().await {
        match worker {
            Ok(outcome) => done.extend(outcome?),
            Err(panicked) if panicked.is_panic() => std::panic::resume_unwind(panicked.into_panic()),
            Err(_) => return Err(Error::Stopped),
        }
    }
    Ok(done)
}
