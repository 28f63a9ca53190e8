//! Statements on PostgreSQL, typed as the Data API's own driver types them.

mod read;

use std::error::Error as StdError;
use std::path::Path;
use std::pin::pin;

use bytes::BytesMut;
use futures::TryStreamExt;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{CancelToken, Client, Column, NoTls, Statement as Prepared};
use winterbaume_rdsdata::model::ColumnMetadata;

use super::fault::{self, Fault};
use super::limits::Measure;
use super::session::Login;
use super::statement::Statement;
use super::value::{Given, Hint, Outcome};

/// A connection.
pub(super) struct Session {
    client: Client,
    /// The server's id of it.
    pub id: i64,
}

impl Session {
    pub async fn open(socket: &Path, login: &Login, database: &str) -> Result<Self, Fault> {
        let port = socket.extension().and_then(|port| port.to_str());
        let (client, connection) = tokio_postgres::Config::new()
            .host_path(socket.parent().unwrap_or(socket))
            .port(port.and_then(|port| port.parse().ok()).unwrap_or(5432))
            .user(&login.username)
            .password(&login.password)
            .dbname(database)
            .application_name("RDS Data API")
            .connect(NoTls)
            .await
            .map_err(|error| refused(&error))?;
        tokio::spawn(connection);
        let id = client.query_one("SELECT pg_backend_pid()", &[]).await;
        let id: i32 = id.map_err(|error| refused(&error))?.get(0);
        Ok(Self {
            client,
            id: id.into(),
        })
    }

    /// What stops the statement that runs.
    pub fn canceller(&self) -> CancelToken {
        self.client.cancel_token()
    }

    pub async fn command(&self, sql: &str) -> Result<(), Fault> {
        self.client
            .batch_execute(sql)
            .await
            .map_err(|error| refused(&error))
    }

    pub async fn run(
        &self,
        statement: &Statement,
        given: &(dyn Fn(&str) -> Result<Given, Fault> + Sync),
    ) -> Result<Outcome, Fault> {
        let (sql, names) = statement.numbered();
        let values = names.into_iter().map(given).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<Type> = values.iter().map(type_of).collect();
        let prepared = self.client.prepare_typed(&sql, &types).await;
        let prepared = prepared.map_err(|error| refused(&error))?;
        for column in prepared.columns() {
            read::check(column.type_())?;
        }
        let rows = self.client.query_raw(&prepared, values.iter().map(Text)).await;
        let mut rows = pin!(rows.map_err(|error| refused(&error))?);
        let (mut outcome, mut measure) = (Outcome::default(), Measure::default());
        while let Some(row) = rows.try_next().await.map_err(|error| refused(&error))? {
            let cells = read::row(&row)?;
            measure.add(&cells)?;
            outcome.rows.push(cells);
        }
        if prepared.columns().is_empty() {
            outcome.updated = rows.rows_affected().unwrap_or(0);
        }
        outcome.columns = metadata(&prepared);
        Ok(outcome)
    }
}

/// What the driver says a value is: the server casts from there, or refuses.
fn type_of(given: &Given) -> Type {
    match given {
        Given::Null => Type::UNKNOWN,
        Given::Bool(_) => Type::BOOL,
        Given::Long(_) => Type::INT8,
        Given::Double(_) => Type::FLOAT8,
        Given::Blob(_) => Type::BYTEA,
        Given::Text(_, hint) => match hint {
            Hint::None => Type::TEXT,
            Hint::Date => Type::DATE,
            Hint::Decimal => Type::NUMERIC,
            Hint::Json => Type::JSON,
            Hint::Time => Type::TIME,
            Hint::Timestamp => Type::TIMESTAMP,
            Hint::Uuid => Type::UUID,
        },
    }
}

/// A value as PostgreSQL's text of it: the server reads it, and says what is wrong with it.
#[derive(Debug)]
struct Text<'a>(&'a Given);

impl ToSql for Text<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let text = match self.0 {
            Given::Null => return Ok(IsNull::Yes),
            Given::Bool(yes) => yes.to_string(),
            Given::Long(number) => number.to_string(),
            Given::Double(number) => number.to_string(),
            Given::Text(text, _) => text.clone(),
            Given::Blob(bytes) => format!("\\x{}", hex::encode(bytes)),
        };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// The server's words, flattened as the Data API flattens them; a lost connection is the server's absence.
fn refused(error: &tokio_postgres::Error) -> Fault {
    let Some(error) = error.as_db_error() else {
        return fault::UNAVAILABLE.because("The database connection was lost.");
    };
    let mut said = format!("{}: {}", error.severity(), error.message());
    let position = match error.position() {
        Some(tokio_postgres::error::ErrorPosition::Original(at)) => Some(at.to_string()),
        _ => None,
    };
    let parts = [
        ("Detail", error.detail()),
        ("Hint", error.hint()),
        ("Position", position.as_deref()),
        ("SQLState", Some(error.code().code())),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            said.push_str(&format!("; {name}: {part}"));
        }
    }
    fault::DATABASE_ERROR.because(said)
}

fn metadata(prepared: &Prepared) -> Vec<ColumnMetadata> {
    prepared.columns().iter().map(column).collect()
}

/// A column as the driver's metadata tells it: type codes are JDBC's.
fn column(column: &Column) -> ColumnMetadata {
    let kind = column.type_();
    let (code, precision, scale) = jdbc(kind, column.type_modifier());
    let element = match kind.kind() {
        tokio_postgres::types::Kind::Array(element) => jdbc(element, -1).0,
        _ => 0,
    };
    let is_number = matches!(code, -5 | 2 | 4 | 5 | 7 | 8) && *kind != Type::OID;
    ColumnMetadata {
        array_base_column_type: Some(element),
        is_auto_increment: Some(false),
        is_case_sensitive: Some(!is_number && !matches!(code, -7 | 91..=93)),
        is_currency: Some(false),
        is_signed: Some(is_number),
        label: Some(column.name().to_owned()),
        name: Some(column.name().to_owned()),
        // Unknown: the server does not say with a result.
        nullable: Some(2),
        precision: Some(precision),
        scale: Some(scale),
        schema_name: Some(String::new()),
        table_name: Some(String::new()),
        r#type: Some(code),
        type_name: Some(kind.name().to_owned()),
    }
}

/// JDBC's code, the precision and the scale of a type.
fn jdbc(kind: &Type, modifier: i32) -> (i32, i32, i32) {
    const ANY: i32 = i32::MAX;
    match *kind {
        Type::BOOL => (-7, 1, 0),
        Type::INT2 => (5, 5, 0),
        Type::INT4 => (4, 10, 0),
        Type::INT8 => (-5, 19, 0),
        Type::OID => (-5, 10, 0),
        Type::FLOAT4 => (7, 8, 8),
        Type::FLOAT8 => (8, 17, 17),
        Type::NUMERIC if modifier >= 4 => (2, (modifier - 4) >> 16, (modifier - 4) & 0x7ff),
        Type::NUMERIC => (2, 0, 0),
        Type::BPCHAR => (1, if modifier >= 4 { modifier - 4 } else { ANY }, 0),
        Type::VARCHAR => (12, if modifier >= 4 { modifier - 4 } else { ANY }, 0),
        Type::TEXT | Type::NAME => (12, ANY, 0),
        Type::BYTEA => (-2, ANY, 0),
        Type::DATE => (91, 13, 0),
        Type::TIME => (92, 15, 6),
        Type::TIMESTAMP => (93, 29, 6),
        Type::TIMESTAMPTZ => (93, 35, 6),
        _ if matches!(kind.kind(), tokio_postgres::types::Kind::Array(_)) => (2003, ANY, 0),
        _ => (1111, ANY, 0),
    }
}
