//! MySQL, MariaDB and Aurora MySQL: the connection, and the statements of each step.

mod catalogue;
mod columns;
mod definition;
mod keys;
mod lines;
mod mask;
mod notes;
mod partition;
mod prepare;
mod read;
mod rehearse;
mod rests;
mod rewrite;
mod shuffle;
mod sink;
mod statistics;
mod stream;
mod triggers;
mod user;
mod users;
mod wire;
mod written;

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, OptsBuilder, SslOpts};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::error::{DatabaseFailed, Error};
use crate::target::Target;

/// Databases that doppel makes in a clone, and the engine's own, as SQL's `IN` wants them.
pub(super) const NOT_PRODUCTION: &str = "'mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'doppel', 'doppel_mask', 'doppel_rows', 'doppel_verify'";

/// How every session is set up. Zero dates must pass, values that are too long must not; no key may be checked while
/// both of its sides change; and what is read while it is copied needs no locks, for nobody else is there.
pub(super) const SESSION: &[&str] = &[
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00', \
     foreign_key_checks = 0, net_write_timeout = 3600, net_read_timeout = 3600, group_concat_max_len = 1048576",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// A connection as the master. The driver wants it mutable; the lock is never contended.
pub(crate) struct Mysql {
    conn: Mutex<Conn>,
    /// The connection's number, by which another can end its statement.
    id: u32,
    target: Target,
    mariadb: bool,
}

impl Mysql {
    pub(crate) async fn connect(target: &Target) -> Result<Self, Error> {
        let mut conn = open(target).await?;
        let version: Option<String> = conn
            .query_first("SELECT VERSION()")
            .await
            .map_err(failed(|| "asking the version".to_owned()))?;
        let mariadb = version.is_some_and(|version| version.contains("MariaDB"));
        let session = Self {
            id: conn.id(),
            conn: Mutex::new(conn),
            target: target.clone(),
            mariadb,
        };
        for statement in SESSION {
            session.run("setting up the session", statement).await?;
        }
        let without_limit = if mariadb {
            "SET SESSION max_statement_time = 0"
        } else {
            "SET SESSION information_schema_stats_expiry = 0"
        };
        session.run("setting up the session", without_limit).await?;
        Ok(session)
    }

    /// Ends the statement that this connection waits for.
    pub(crate) async fn give_up(&self) {
        match self.again().await {
            Ok(other) => other.end_statement(self.id).await,
            Err(error) => tracing::warn!(%error, "a statement could not be ended"),
        }
    }

    async fn again(&self) -> Result<Self, Error> {
        Self::connect(&self.target).await
    }

    pub(crate) async fn run(&self, doing: &str, sql: &str) -> Result<(), DatabaseFailed> {
        self.conn
            .lock()
            .await
            .query_drop(sql)
            .await
            .map_err(failed(|| doing.to_owned()))
    }

    async fn rows<T: FromRow + Send + 'static>(
        &self,
        doing: &str,
        sql: &str,
    ) -> Result<Vec<T>, DatabaseFailed> {
        self.conn
            .lock()
            .await
            .query(sql)
            .await
            .map_err(failed(|| doing.to_owned()))
    }

    async fn number(&self, doing: &str, sql: &str) -> Result<u64, DatabaseFailed> {
        Ok(self
            .rows::<u64>(doing, sql)
            .await?
            .first()
            .copied()
            .unwrap_or_default())
    }
}

/// Opens a connection, encrypted where authorities are configured.
async fn open(target: &Target) -> Result<Conn, Error> {
    let ssl = target.authorities.clone().map(|path| {
        SslOpts::default()
            .with_root_certs(vec![path.into()])
            .with_disable_built_in_roots(true)
    });
    let options = OptsBuilder::default()
        .ip_or_hostname(target.host.clone())
        .tcp_port(target.port)
        .user(Some(target.user.clone()))
        .pass(Some(target.password.expose_secret().to_owned()))
        .prefer_socket(Some(false))
        .tcp_keepalive(Some(std::time::Duration::from_secs(30)))
        .stmt_cache_size(Some(64))
        .max_allowed_packet(Some(64 * 1024 * 1024))
        .ssl_opts(ssl);
    Ok(Conn::new(options)
        .await
        .map_err(failed(|| format!("logging in as `{}`", target.user)))?)
}

/// Turns the driver's error into ours.
fn failed(doing: impl FnOnce() -> String) -> impl FnOnce(mysql_async::Error) -> DatabaseFailed {
    |error| match error {
        mysql_async::Error::Server(server) => refused(doing(), server.code, &server.message),
        mysql_async::Error::Io(_) => DatabaseFailed {
            doing: doing(),
            code: "nothing: the connection is lost".to_owned(),
            said: None,
        },
        _ => DatabaseFailed {
            doing: doing(),
            code: "nothing that can be read".to_owned(),
            said: None,
        },
    }
}

/// The server's error. Its words stay only for errors about names and rights. Those about data quote the data: of them
/// only the column or key stays that they speak of.
fn refused(doing: String, code: u16, words: &str) -> DatabaseFailed {
    /// Rights, missing or existing names, syntax, locks, constraints by their definition.
    const ABOUT_NAMES: &[u16] = &[
        1044, 1045, 1046, 1049, 1050, 1051, 1054, 1061, 1064, 1091, 1142, 1146, 1148, 1205, 1213, 1217, 1227,
        1235, 1359, 1360, 1396, 1410, 1451, 1452, 1470, 1698, 1701, 1824, 3780, 4025, 4164,
    ];
    DatabaseFailed {
        doing,
        code: code.to_string(),
        said: if ABOUT_NAMES.contains(&code) {
            Some(words.to_owned())
        } else {
            named(words)
        },
    }
}

/// The column or key that an error about a value names at its end.
fn named(words: &str) -> Option<String> {
    [" for column ", " for key ", "Column "]
        .into_iter()
        .find_map(|before| {
            // Whatever is quoted before it could hold the same words: only the last place is the server's own.
            let (_, after) = words.rsplit_once(before)?;
            let name = after
                .split(" at row ")
                .next()?
                .trim_end_matches(" cannot be null");
            let plain = name.len() < 300 && (name.starts_with('\'') || name.starts_with('`'));
            plain.then(|| format!("{}{name}", before.trim_start()))
        })
}

/// An identifier in quotes.
pub(crate) fn ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's name in quotes.
pub(crate) fn table(name: &masking::TableName) -> String {
    format!("{}.{}", ident(&name.schema), ident(&name.table))
}

/// A text in quotes: names and hashes only, never values.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn an_error_about_a_value_keeps_the_column_and_nothing_of_the_value() {
        let long = "Data too long for column 'email' at row 1";
        assert_eq!(named(long).as_deref(), Some("for column 'email'"));
        let twice = "Duplicate entry 'a for key 'secret' for key 'customers.email'";
        assert_eq!(named(twice).as_deref(), Some("for key 'customers.email'"));
        let wrong = "Incorrect string value: '\\xE5' for column `shop`.`customers`.`name` at row 3";
        assert_eq!(
            named(wrong).as_deref(),
            Some("for column `shop`.`customers`.`name`")
        );
        assert_eq!(named("Column 'x' cannot be null").as_deref(), Some("Column 'x'"));
        assert_eq!(named("Incorrect value: 'secret'"), None);
    }
}
