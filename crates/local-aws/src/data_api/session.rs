//! One connection of the Data API to a cluster's server, as the user of a secret.

use serde::Deserialize;

use super::fault::{self, Fault};
use super::statement::Statement;
use super::value::{Given, Outcome};
use super::{mysql, postgres};
use crate::engine::{EngineKind, RDSADMIN};
use crate::rds::{Reached, Visit};

/// What a secret says.
#[derive(Deserialize)]
pub(super) struct Login {
    pub username: String,
    pub password: String,
}

/// A connection; the server stays awake for as long as it is there.
pub(super) struct Session {
    on: On,
    _visit: Visit,
}

enum On {
    Postgres(postgres::Session),
    Mysql(Box<mysql::Session>),
}

/// What stops the statement that runs.
pub(super) enum Canceller {
    Postgres(Box<tokio_postgres::CancelToken>),
    Mysql(Box<mysql::Canceller>),
}

impl Canceller {
    pub async fn cancel(self) {
        match self {
            Self::Postgres(token) => drop(token.cancel_query(tokio_postgres::NoTls).await),
            Self::Mysql(canceller) => canceller.cancel().await,
        }
    }
}

impl Session {
    /// Logs in. Without a database PostgreSQL takes the cluster's own, and MySQL none.
    pub async fn open(reached: Reached, login: &Login, database: Option<&str>) -> Result<Self, Fault> {
        if login.username == RDSADMIN {
            return Err(fault::DATABASE_ERROR.because("FATAL: rdsadmin is AWS's own; SQLState: 28000"));
        }
        let socket = reached.socket.as_path();
        let on = match reached.kind {
            EngineKind::Postgres => {
                let own = reached.database.as_deref().unwrap_or("postgres");
                On::Postgres(postgres::Session::open(socket, login, database.unwrap_or(own)).await?)
            }
            EngineKind::Mysql => On::Mysql(Box::new(mysql::Session::open(socket, login, database).await?)),
        };
        Ok(Self {
            on,
            _visit: reached.visit,
        })
    }

    /// The server's id of the connection.
    pub fn id(&self) -> i64 {
        match &self.on {
            On::Postgres(session) => session.id,
            On::Mysql(session) => session.id,
        }
    }

    /// Which rules of SQL it follows.
    pub fn kind(&self) -> EngineKind {
        match &self.on {
            On::Postgres(_) => EngineKind::Postgres,
            On::Mysql(_) => EngineKind::Mysql,
        }
    }

    pub fn canceller(&self) -> Canceller {
        match &self.on {
            On::Postgres(session) => Canceller::Postgres(Box::new(session.canceller())),
            On::Mysql(session) => Canceller::Mysql(Box::new(session.canceller())),
        }
    }

    /// Runs a statement with the values that `given` has for its parameters.
    pub async fn run(
        &mut self,
        statement: &Statement,
        given: &(dyn Fn(&str) -> Result<Given, Fault> + Sync),
    ) -> Result<Outcome, Fault> {
        match &mut self.on {
            On::Postgres(session) => session.run(statement, given).await,
            On::Mysql(session) => session.run(statement, given).await,
        }
    }

    /// Runs one of our own statements: `BEGIN`, `COMMIT`, `ROLLBACK`.
    pub async fn command(&mut self, sql: &str) -> Result<(), Fault> {
        match &mut self.on {
            On::Postgres(session) => session.command(sql).await,
            On::Mysql(session) => session.command(sql).await,
        }
    }

    /// Logs out.
    pub async fn close(self) {
        if let On::Mysql(session) = self.on {
            session.close().await;
        }
    }
}
