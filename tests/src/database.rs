//! A connection to either engine, for looking.

use domain::policy::Engine;
use mysql_async::prelude::Queryable;
use serde::Deserialize;

/// What a clone's secret says.
#[derive(Clone, Debug, Deserialize)]
pub struct Secret {
    /// User.
    pub username: String,
    /// Password.
    pub password: String,
}

/// A connection to PostgreSQL or MariaDB.
pub enum Database {
    /// PostgreSQL.
    Postgres(tokio_postgres::Client),
    /// MariaDB or MySQL.
    Mysql(Box<mysql_async::Conn>),
}

impl Database {
    /// Connects by a DSN, as a person's client would.
    ///
    /// # Errors
    /// The server's own words.
    pub async fn connect(engine: Engine, dsn: &str) -> Result<Self, String> {
        match engine {
            Engine::Postgres => {
                let (client, connection) = tokio_postgres::connect(dsn, tokio_postgres::NoTls)
                    .await
                    .map_err(|error| full(&error))?;
                tokio::spawn(connection);
                Ok(Self::Postgres(client))
            }
            Engine::Mysql => {
                let conn = mysql_async::Conn::from_url(dsn)
                    .await
                    .map_err(|error| full(&error))?;
                Ok(Self::Mysql(Box::new(conn)))
            }
        }
    }

    /// Connects with these credentials.
    ///
    /// # Errors
    /// The server's own words.
    pub async fn login(
        engine: Engine,
        host: &str,
        port: u16,
        database: &str,
        secret: &Secret,
    ) -> Result<Self, String> {
        let Secret { username, password } = secret;
        Self::connect(
            engine,
            &format!(
                "{}://{username}:{password}@{host}:{port}/{database}",
                engine.scheme()
            ),
        )
        .await
    }

    /// The rows of a query, each as its columns' texts, joined by `|`.
    ///
    /// # Panics
    /// When the query fails: a spec's query is its own.
    pub async fn rows(&mut self, sql: &str) -> Vec<String> {
        self.try_rows(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// As [`rows`](Self::rows), for a query that may be refused.
    ///
    /// # Errors
    /// The server's own words.
    pub async fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, String> {
        match self {
            Self::Postgres(client) => {
                let messages = client.simple_query(sql).await.map_err(|error| full(&error))?;
                Ok(messages.iter().filter_map(postgres_row).collect())
            }
            Self::Mysql(conn) => {
                let rows: Vec<mysql_async::Row> = conn.query(sql).await.map_err(|error| full(&error))?;
                Ok(rows.into_iter().map(mysql_row).collect())
            }
        }
    }

    /// The single number that a query gives.
    ///
    /// # Panics
    /// When it gives none.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let rows = self.rows(sql).await;
        rows.first()
            .and_then(|row| row.parse().ok())
            .unwrap_or_else(|| panic!("{sql} gave {rows:?}, not a number"))
    }
}

fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn postgres_row(message: &tokio_postgres::SimpleQueryMessage) -> Option<String> {
    let tokio_postgres::SimpleQueryMessage::Row(row) = message else {
        return None;
    };
    let columns: Vec<_> = (0..row.len())
        .map(|column| row.get(column).unwrap_or("NULL"))
        .collect();
    Some(columns.join("|"))
}

fn mysql_row(row: mysql_async::Row) -> String {
    let columns: Vec<_> = row
        .unwrap()
        .iter()
        .map(|value| match value {
            mysql_async::Value::NULL => "NULL".to_owned(),
            mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => other.as_sql(true).trim_matches('\'').to_owned(),
        })
        .collect();
    columns.join("|")
}
