//! PostgreSQL: the server writes the rows itself, as `COPY` does.

use futures::TryStreamExt;
use secrecy::ExposeSecret;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::encode;
use crate::error::Error;
use crate::output::Output;
use crate::request::Format;
use crate::source::Source;

pub(crate) async fn query(
    source: &Source,
    statement: &str,
    format: Format,
    header: bool,
    output: &mut Output,
) -> Result<Vec<String>, Error> {
    let client = connect(source).await?;
    let described = client
        .prepare(statement)
        .await
        .map_err(failed("preparing the query"))?;
    let columns: Vec<_> = described
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    if columns.is_empty() {
        return Err(Error::NoRows);
    }
    if header {
        encode::header(format, &columns, output.room());
    }
    let format = match format {
        Format::Tsv => "text",
        Format::Csv => "csv",
    };
    // A comment may end the statement.
    let copy = format!("COPY (\n{statement}\n) TO STDOUT WITH (FORMAT {format})");
    let rows = client
        .copy_out(&copy)
        .await
        .map_err(failed("running the query"))?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(failed("reading the result"))? {
        output.room().extend_from_slice(&row);
        output.end_row().await?;
    }
    Ok(columns)
}

async fn connect(source: &Source) -> Result<Client, Error> {
    let mut config = Config::new();
    config
        .host(&source.host)
        .port(source.port)
        .dbname(&source.database)
        .user(&source.user)
        .password(source.password.expose_secret())
        .application_name("doppel export")
        .ssl_mode(SslMode::Require)
        .connect_timeout(std::time::Duration::from_secs(20))
        .keepalives_idle(std::time::Duration::from_secs(30));
    let tls = MakeRustlsConnect::new(crate::tls::client_config(&source.authorities)?);
    let (client, connection) = config.connect(tls).await.map_err(failed("logging in"))?;
    tokio::spawn(connection);
    let session = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
    client
        .batch_execute(session)
        .await
        .map_err(failed("setting up the session"))?;
    Ok(client)
}

fn failed(doing: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Error {
    move |error| match error.as_db_error() {
        Some(said) => Error::Database {
            doing,
            code: said.code().code().to_owned(),
            said: Some(said.message().to_owned()),
        },
        None => Error::Lost(doing),
    }
}
