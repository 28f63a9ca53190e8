//! One clone's database, whichever engine it runs.

use std::future::Future;

use masking::{Classified, Engine, Key, Schema, TableName, TablePlan};
use runtime::Login;

use crate::Error;
use crate::mysql::Mysql;
use crate::postgres::Postgres;
use crate::progress::Reporter;
use crate::target::Target;
use crate::verify::{Counted, Line, Readable, Reading, Remembered, Written};
use crate::work::Tuning;

/// A connection as the master.
pub(crate) enum Server {
    Postgres(Postgres),
    Mysql(Mysql),
}

/// What `prepare` did.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// Users that were locked.
    pub(crate) users_locked: u32,
    /// What was dropped, in words.
    pub(crate) dropped: Vec<String>,
}

/// The same call on either engine.
macro_rules! on {
    ($server:expr, $db:ident => $call:expr) => {
        match $server {
            Server::Postgres($db) => $call,
            Server::Mysql($db) => $call,
        }
    };
}

/// How many rows are looked at for a guess.
pub(crate) const SOME_ROWS: u64 = 2000;

impl Server {
    pub(crate) async fn connect(target: &Target) -> Result<Self, Error> {
        Ok(match target.engine {
            Engine::Postgres => Self::Postgres(Postgres::connect(target).await?),
            Engine::Mysql => Self::Mysql(Mysql::connect(target).await?),
        })
    }

    pub(crate) async fn schema(&self) -> Result<Schema, Error> {
        Ok(on!(self, db => db.schema().await)?)
    }

    pub(crate) async fn lock(&self) -> Result<(), Error> {
        on!(self, db => db.lock().await)
    }

    pub(crate) async fn prepare(
        &self,
        drop_databases: &[String],
        reporter: &Reporter,
    ) -> Result<Prepared, Error> {
        let prepared = async {
            match self {
                Self::Postgres(db) => db.prepare(drop_databases, reporter).await,
                Self::Mysql(db) => db.prepare().await,
            }
        };
        self.unless_stopped(reporter, prepared).await
    }

    /// Waits for what this connection does; once the task is told to stop, the server is asked to give it up.
    pub(crate) async fn unless_stopped<T>(
        &self,
        reporter: &Reporter,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            done = work => done,
            () = reporter.stopped() => {
                on!(self, db => db.give_up().await);
                Err(Error::Stopped)
            }
        }
    }

    /// Does the work of a verb while row-level security binds no owner of a table, which would hide rows from it, and
    /// puts it back however the work ends.
    pub(crate) async fn unbound<T>(
        &self,
        reporter: &Reporter,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let lifting = async { Ok(on!(self, db => db.lift_row_security().await)?) };
        let lifted = self.unless_stopped(reporter, lifting).await?;
        let done = work.await;
        let back = on!(self, db => db.put_back(&lifted).await);
        let done = done?;
        back?;
        Ok(done)
    }

    pub(crate) async fn refuse_second_run(&self) -> Result<(), Error> {
        on!(self, db => db.refuse_second_run().await)
    }

    /// Masks a sample of each table's rows into the void, so that what the database would refuse is refused before the
    /// first write.
    pub(crate) async fn rehearse(
        &self,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
        key: &Key,
        reporter: &Reporter,
    ) -> Result<(), Error> {
        on!(self, db => db.rehearse(schema, classified, plans, key, reporter).await)
    }

    pub(crate) async fn note_run(&self) -> Result<(), Error> {
        on!(self, db => db.note_run().await)
    }

    /// Notes which rows stay, before anything is looked at.
    pub(crate) async fn note_rows(&self, statements: &[String]) -> Result<(), Error> {
        if statements.is_empty() {
            return Ok(());
        }
        self.forget_rows().await?;
        // `SCHEMA` is MySQL's other word for a database.
        let all = std::iter::once("CREATE SCHEMA doppel_rows").chain(statements.iter().map(String::as_str));
        for sql in all {
            on!(self, db => db.run("noting which rows stay", sql).await)?;
        }
        Ok(())
    }

    /// Drops what [`Self::note_rows`] noted: it holds keys of before the masking.
    pub(crate) async fn forget_rows(&self) -> Result<(), Error> {
        let doing = "dropping the notes of the rows that stay";
        Ok(match self {
            Self::Postgres(db) => db.run(doing, "DROP SCHEMA IF EXISTS doppel_rows CASCADE").await,
            Self::Mysql(db) => db.run(doing, "DROP SCHEMA IF EXISTS doppel_rows").await,
        }?)
    }

    pub(crate) async fn mask(
        &self,
        schema: &Schema,
        classified: &Classified,
        plans: &[TablePlan],
        key: &Key,
        reporter: &Reporter,
        tuning: Tuning,
    ) -> Result<Vec<u64>, Error> {
        match self {
            Self::Postgres(db) => db.mask(schema, classified, plans, key, reporter, tuning).await,
            Self::Mysql(db) => db.mask(schema, classified, plans, key, reporter).await,
        }
    }

    pub(crate) async fn readables(&self) -> Result<Vec<Readable>, Error> {
        Ok(on!(self, db => db.readables().await)?)
    }

    pub(crate) async fn moment(&self) -> Result<u64, Error> {
        Ok(on!(self, db => db.moment().await)?)
    }

    pub(crate) async fn ranges(&self, from: &Readable) -> Result<Vec<Option<String>>, Error> {
        Ok(on!(self, db => db.ranges(from).await)?)
    }

    pub(crate) async fn read(
        &self,
        reading: &Reading<'_>,
        each: impl FnMut(&Line<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        on!(self, db => db.read(reading, each).await)
    }

    /// Whether the columns hold few different values, row for row: a guess from some rows.
    pub(crate) async fn repeats(&self, reading: &Reading<'_>) -> Result<bool, Error> {
        let (rows, different) = on!(self, db => db.different(reading).await)?;
        Ok(rows >= SOME_ROWS && different * 20 <= rows)
    }

    /// Calls `each` with every combination of values that the columns hold, and what the server counted of its rows.
    pub(crate) async fn groups(
        &self,
        reading: &Reading<'_>,
        each: impl FnMut(&Counted, &[Option<&[u8]>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        on!(self, db => db.groups(reading, each).await)
    }

    pub(crate) async fn tally(&self, reading: &Reading<'_>) -> Result<Counted, Error> {
        Ok(on!(self, db => db.tally(reading).await)?)
    }

    pub(crate) async fn count(&self, name: &TableName) -> Result<u64, Error> {
        Ok(on!(self, db => db.count(name).await)?)
    }

    pub(crate) async fn schema_lines(&self) -> Result<Vec<String>, Error> {
        Ok(on!(self, db => db.schema_lines().await)?)
    }

    pub(crate) async fn remembered(&self) -> Result<Vec<Remembered>, Error> {
        Ok(on!(self, db => db.remembered().await)?)
    }

    pub(crate) async fn forget_statistics(&self, name: &TableName) -> Result<(), Error> {
        Ok(on!(self, db => db.forget_statistics(name).await)?)
    }

    pub(crate) async fn forget_statements(&self) -> Result<Vec<String>, Error> {
        Ok(on!(self, db => db.forget_statements().await)?)
    }

    pub(crate) async fn rewrite(&self, name: &TableName) -> Result<(), Error> {
        Ok(on!(self, db => db.rewrite(name).await)?)
    }

    pub(crate) async fn has_old_rows(&self, name: &TableName) -> Result<bool, Error> {
        Ok(on!(self, db => db.has_old_rows(name).await)?)
    }

    pub(crate) async fn refresh(&self, name: &TableName) -> Result<(), Error> {
        Ok(on!(self, db => db.refresh(name).await)?)
    }

    pub(crate) async fn read_large_objects(
        &self,
        each: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        on!(self, db => db.read_large_objects(each).await)
    }

    pub(crate) async fn written(&self) -> Result<Vec<Written>, Error> {
        Ok(on!(self, db => db.written().await)?)
    }

    pub(crate) async fn save_notes(&self, notes: &[u8]) -> Result<(), Error> {
        Ok(on!(self, db => db.save_notes(notes).await)?)
    }

    pub(crate) async fn load_notes(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(on!(self, db => db.load_notes().await)?)
    }

    pub(crate) async fn drop_notes(&self) -> Result<(), Error> {
        Ok(on!(self, db => db.drop_notes().await)?)
    }

    pub(crate) async fn unlocked_users(&self, allowed: &str) -> Result<Vec<String>, Error> {
        Ok(on!(self, db => db.unlocked_users(allowed).await)?)
    }

    pub(crate) async fn create_user(&self, login: &Login) -> Result<(), Error> {
        on!(self, db => db.create_user(login).await)
    }

    /// Creates the user of batch queries, who may do what `owner` may and comes with a token instead of a password.
    /// False on a server that knows no tokens: one that is not Aurora's.
    pub(crate) async fn create_batch_user(&self, owner: &str) -> Result<bool, Error> {
        Ok(match self {
            Self::Postgres(db) => db.create_batch_user(owner).await,
            Self::Mysql(db) => db.create_batch_user().await,
        }?)
    }

    pub(crate) async fn sample(&self, name: &TableName, column: &str) -> Result<Vec<String>, Error> {
        Ok(on!(self, db => db.sample(name, column).await)?)
    }
}
