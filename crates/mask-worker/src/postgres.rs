//! PostgreSQL: the connection, and the statements of each step.

mod alter;
mod catalogue;
mod copy;
mod crew;
mod dependents;
mod form;
mod hangs;
mod lines;
mod mask;
mod notes;
mod prepare;
mod read;
mod rehearse;
mod restage;
mod rests;
mod rows;
mod statistics;
mod stream;
mod swap;
mod tuples;
mod user;
mod written;

use secrecy::ExposeSecret;
use tokio_postgres::{Client, Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{DatabaseFailed, Error};
use crate::target::Target;

/// Schemas that doppel makes in a clone: nothing in them is production's.
pub(crate) const OURS: &[&str] = &["doppel", "doppel_mask", "doppel_rows", "doppel_verify"];

/// The server's version as a number: 15.4 is 150004.
const VERSION: &str = "SELECT current_setting('server_version_num')::int8";

/// A connection to one database of the clone, as the master.
pub(crate) struct Postgres {
    client: Client,
    target: Target,
}

impl Postgres {
    pub(crate) async fn connect(target: &Target) -> Result<Self, Error> {
        let mut config = Config::new();
        config
            .host(&target.host)
            .port(target.port)
            .dbname(&target.database)
            .user(&target.user)
            .password(target.password.expose_secret())
            .application_name("doppel")
            .connect_timeout(std::time::Duration::from_secs(20))
            .keepalives_idle(std::time::Duration::from_secs(30));
        let doing = || {
            format!(
                "logging in to database `{}` as `{}`",
                target.database, target.user
            )
        };
        let client = match crate::tls::client_config(target)? {
            Some(tls) => {
                let (client, connection) = config
                    .connect(MakeRustlsConnect::new(tls))
                    .await
                    .map_err(failed(doing))?;
                tokio::spawn(connection);
                client
            }
            None => {
                let (client, connection) = config.connect(NoTls).await.map_err(failed(doing))?;
                tokio::spawn(connection);
                client
            }
        };
        let session = Self {
            client,
            target: target.clone(),
        };
        // Values must read the same on both sides; a row that a policy hides must be an error, not a gap.
        session
            .run(
                "setting up the session",
                "SET row_security = off; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; \
                 SET extra_float_digits = 3; SET bytea_output = 'hex'; SET TimeZone = 'UTC'; SET statement_timeout = 0; \
                 SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = 0; SET search_path = pg_catalog; \
                 SET client_min_messages = warning; SET default_transaction_read_only = off",
            )
            .await?;
        Ok(session)
    }

    /// Asks the server to give up the statement that this connection waits for.
    pub(crate) async fn give_up(&self) {
        let token = self.client.cancel_token();
        let asked = match crate::tls::client_config(&self.target) {
            Ok(Some(tls)) => token.cancel_query(MakeRustlsConnect::new(tls)).await,
            _ => token.cancel_query(NoTls).await,
        };
        if let Err(error) = asked {
            tracing::warn!(%error, "a statement could not be cancelled");
        }
    }

    pub(crate) async fn run(&self, doing: &str, sql: &str) -> Result<(), DatabaseFailed> {
        self.client
            .batch_execute(sql)
            .await
            .map_err(failed(|| doing.to_owned()))
    }

    async fn rows(&self, doing: &str, sql: &str) -> Result<Vec<Row>, DatabaseFailed> {
        self.client
            .query(sql, &[])
            .await
            .map_err(failed(|| doing.to_owned()))
    }

    /// The first column of the first row.
    async fn number(&self, doing: &str, sql: &str) -> Result<i64, DatabaseFailed> {
        let rows = self.rows(doing, sql).await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    /// The first column of every row of a query that asks about some tables.
    async fn listed(&self, doing: &str, sql: &str, tables: &[String]) -> Result<Vec<String>, DatabaseFailed> {
        let rows = self
            .client
            .query(sql, &[&tables])
            .await
            .map_err(failed(|| doing.to_owned()))?;
        Ok(rows.iter().filter_map(|row| row.get(0)).collect())
    }

    async fn texts(&self, doing: &str, sql: &str) -> Result<Vec<String>, DatabaseFailed> {
        Ok(self
            .rows(doing, sql)
            .await?
            .iter()
            .map(|row| row.get(0))
            .collect())
    }
}

/// Turns the driver's error into ours. PostgreSQL's words stay only for errors about names, rights and the server:
/// messages about data quote the data.
fn failed(doing: impl FnOnce() -> String) -> impl FnOnce(tokio_postgres::Error) -> DatabaseFailed {
    |error| {
        let Some(db) = error.as_db_error() else {
            let code = if error.is_closed() {
                "nothing: the connection is closed"
            } else {
                "nothing that can be read"
            };
            return DatabaseFailed {
                doing: doing(),
                code: code.to_owned(),
                said: None,
            };
        };
        let code = db.code().code().to_owned();
        let about_names = ["08", "0A", "28", "2B", "3D", "3F", "42", "53", "55", "57", "58"];
        let said = if about_names.iter().any(|class| code.starts_with(class)) {
            Some(db.message().to_owned())
        } else {
            let place = [db.table(), db.column(), db.constraint()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ");
            (!place.is_empty()).then_some(place)
        };
        DatabaseFailed {
            doing: doing(),
            code,
            said,
        }
    }
}

/// An identifier in quotes.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's name in quotes.
pub(crate) fn table(name: &masking::TableName) -> String {
    format!("{}.{}", ident(&name.schema), ident(&name.table))
}

/// A text in quotes: names only, never values.
fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    if text.contains('\\') {
        format!(" E'{escaped}'")
    } else {
        format!("'{escaped}'")
    }
}
