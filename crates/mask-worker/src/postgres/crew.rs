//! Connections that work side by side, and how many.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Postgres;
use crate::error::Error;
use crate::progress::Reporter;
use crate::target::Target;

/// The bounded number of jobs that run at once, each on connections of its own. When one fails, or the task is told
/// to stop, the server is asked to give up the statements of all.
#[derive(Clone)]
pub(super) struct Crew {
    target: Target,
    idle: Arc<Mutex<Vec<Postgres>>>,
    places: Arc<Semaphore>,
    size: i64,
    pub(super) reporter: Reporter,
    halt: CancellationToken,
}

/// How many jobs the server can carry. It does not tell its cores: Aurora sets `max_worker_processes` to twice the
/// vCPUs, and at least 8. A job takes up to two connections.
const SIZE: &str = "SELECT greatest(1, least(current_setting('max_worker_processes')::int8 / 2, 32,
    (current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8
        - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') - 2) / 2))";

impl Crew {
    pub(super) async fn muster(db: &Postgres, reporter: &Reporter) -> Result<Self, Error> {
        let size = db.number("counting the server's cores", SIZE).await?;
        Ok(Self {
            target: db.target.clone(),
            idle: Arc::default(),
            places: Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1))),
            size,
            reporter: reporter.clone(),
            halt: CancellationToken::new(),
        })
    }

    /// How many jobs run at once.
    pub(super) fn size(&self) -> i64 {
        self.size
    }

    /// A connection that nobody uses.
    pub(super) async fn connection(&self) -> Result<Postgres, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(db) => Ok(db),
            None => Postgres::connect(&self.target).await,
        }
    }

    /// Gives a connection back that is as it was.
    pub(super) fn give_back(&self, db: Postgres) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
    }

    /// Runs one job when there is a place for it, on a connection.
    pub(super) async fn job<T, F>(&self, job: impl FnOnce(Self, Arc<Postgres>) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let _place = self.places.acquire().await.map_err(|_| Error::Stopped)?;
        self.go_on()?;
        let db = Arc::new(self.connection().await?);
        let done = job(self.clone(), Arc::clone(&db)).await?;
        if let Some(db) = Arc::into_inner(db) {
            self.give_back(db);
        }
        Ok(done)
    }

    /// Runs statements one after another as one job.
    pub(super) async fn statements(&self, doing: &str, statements: &[String]) -> Result<(), Error> {
        if statements.is_empty() {
            return Ok(());
        }
        self.job(|crew, db| async move {
            for statement in statements {
                crew.run(&db, doing, statement).await?;
            }
            Ok(())
        })
        .await
    }

    /// Runs a statement; gives it up when the crew stops.
    pub(super) async fn run(&self, db: &Postgres, doing: &str, sql: &str) -> Result<(), Error> {
        self.unless_stopped(db, async { Ok(db.run(doing, sql).await?) })
            .await
    }

    /// Waits for what `db` does; has the server give it up when the crew stops.
    pub(super) async fn unless_stopped<T>(
        &self,
        db: &Postgres,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            done = work => done,
            () = self.reporter.stopped() => { db.give_up().await; Err(Error::Stopped) }
            () = self.halt.cancelled() => { db.give_up().await; Err(Error::Stopped) }
        }
    }

    /// # Errors
    /// [`Error::Stopped`] once the task was told to stop, or another job failed.
    pub(super) fn go_on(&self) -> Result<(), Error> {
        self.reporter.stop_if_told()?;
        if self.halt.is_cancelled() {
            return Err(Error::Stopped);
        }
        Ok(())
    }

    /// Lets all work go on side by side; the first failure ends the others, and is the answer.
    pub(super) async fn all<T, F>(&self, jobs: impl IntoIterator<Item = F>) -> Result<Vec<T>, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let mut running = JoinSet::new();
        for (at, job) in jobs.into_iter().enumerate() {
            running.spawn(async move { (at, job.await) });
        }
        let mut results: Vec<Option<T>> = Vec::new();
        results.resize_with(running.len(), || None);
        let mut failure = None;
        while let Some(joined) = running.join_next().await {
            match joined {
                Ok((at, Ok(done))) => results[at] = Some(done),
                Ok((_, Err(error))) => {
                    self.halt.cancel();
                    failure.get_or_insert(error);
                }
                Err(lost) => match lost.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => return Err(Error::Stopped),
                },
            }
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(results.into_iter().flatten().collect()),
        }
    }
}
