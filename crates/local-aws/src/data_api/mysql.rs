//! Statements on MariaDB and MySQL.

use std::path::Path;

use futures::StreamExt;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable;
use mysql_async::{Column, Conn, OptsBuilder, Params, Value};
use winterbaume_rdsdata::model::ColumnMetadata;

use super::fault::{self, Fault};
use super::limits::Measure;
use super::session::Login;
use super::statement::Statement;
use super::value::{Cell, Given, Outcome};

/// The server's code for what only a plain query can say.
const NOT_PREPARABLE: u16 = 1295;
/// The character set of what is no text.
const BINARY: u16 = 63;

/// A connection.
pub(super) struct Session {
    conn: Conn,
    options: OptsBuilder,
    /// The server's id of it.
    pub id: i64,
}

/// What stops the statement that runs: its own user may.
pub(super) struct Canceller {
    options: OptsBuilder,
    id: i64,
}

impl Canceller {
    pub async fn cancel(self) {
        if let Ok(mut conn) = Conn::new(self.options).await {
            drop(conn.query_drop(format!("KILL QUERY {}", self.id)).await);
            drop(conn.disconnect().await);
        }
    }
}

impl Session {
    pub async fn open(socket: &Path, login: &Login, database: Option<&str>) -> Result<Self, Fault> {
        let options = OptsBuilder::default()
            .socket(Some(socket.display().to_string()))
            .user(Some(&login.username))
            .pass(Some(&login.password))
            .db_name(database)
            .stmt_cache_size(0);
        let conn = Conn::new(options.clone())
            .await
            .map_err(|error| refused(&error))?;
        Ok(Self {
            id: conn.id().into(),
            conn,
            options,
        })
    }

    pub fn canceller(&self) -> Canceller {
        Canceller {
            options: self.options.clone(),
            id: self.id,
        }
    }

    pub async fn command(&mut self, sql: &str) -> Result<(), Fault> {
        self.conn.query_drop(sql).await.map_err(|error| refused(&error))
    }

    pub async fn close(self) {
        drop(self.conn.disconnect().await);
    }

    pub async fn run(
        &mut self,
        statement: &Statement,
        given: &(dyn Fn(&str) -> Result<Given, Fault> + Sync),
    ) -> Result<Outcome, Fault> {
        let (sql, names) = statement.marked();
        let values: Vec<Value> = names
            .into_iter()
            .map(|name| given(name).map(value))
            .collect::<Result<_, _>>()?;
        let is_plain = values.is_empty();
        match self.conn.exec_iter(sql.as_str(), positional(values)).await {
            Err(mysql_async::Error::Server(error)) if error.code == NOT_PREPARABLE && is_plain => {}
            result => return collect(result.map_err(|error| refused(&error))?).await,
        }
        let result = self.conn.query_iter(sql).await;
        collect(result.map_err(|error| refused(&error))?).await
    }
}

fn positional(values: Vec<Value>) -> Params {
    match values.is_empty() {
        true => Params::Empty,
        false => Params::Positional(values),
    }
}

async fn collect<P>(mut result: mysql_async::QueryResult<'_, 'static, P>) -> Result<Outcome, Fault>
where
    P: mysql_async::prelude::Protocol + Unpin,
{
    let columns = result
        .columns()
        .map(|columns| columns.to_vec())
        .unwrap_or_default();
    let (mut outcome, mut measure) = (Outcome::default(), Measure::default());
    {
        let stream = result
            .stream::<mysql_async::Row>()
            .await
            .map_err(|error| refused(&error))?;
        if let Some(mut stream) = stream {
            while let Some(row) = stream.next().await {
                let row = row.map_err(|error| refused(&error))?;
                let values = columns.iter().zip(row.unwrap());
                let cells = values
                    .map(|(column, value)| cell(column, value))
                    .collect::<Result<Vec<_>, _>>()?;
                measure.add(&cells)?;
                outcome.rows.push(cells);
            }
        }
    }
    if columns.is_empty() {
        outcome.updated = result.affected_rows();
        outcome.generated = result.last_insert_id().filter(|id| *id > 0);
    }
    outcome.columns = columns.iter().map(metadata).collect();
    drop(result.drop_result().await);
    Ok(outcome)
}

/// Any hint leaves a text what it is: the server casts.
fn value(given: Given) -> Value {
    match given {
        Given::Null => Value::NULL,
        Given::Bool(yes) => Value::Int(yes.into()),
        Given::Long(number) => Value::Int(number),
        Given::Double(number) => Value::Double(number),
        Given::Text(text, _) => Value::Bytes(text.into_bytes()),
        Given::Blob(bytes) => Value::Bytes(bytes),
    }
}

/// A value by its column's type. A plain query's result comes as texts, a prepared statement's typed.
fn cell(column: &Column, value: Value) -> Result<Cell, Fault> {
    let is_flag = matches!(column.column_type(), ColumnType::MYSQL_TYPE_TINY) && column.column_length() == 1;
    Ok(match value {
        Value::NULL => Cell::Null,
        Value::Int(number) if is_flag => Cell::Bool(number != 0),
        Value::Int(number) => Cell::Long(number),
        Value::UInt(number) => match i64::try_from(number) {
            Ok(number) => Cell::Long(number),
            Err(_) => Cell::Decimal(number.to_string(), true),
        },
        Value::Float(number) => Cell::Double(number.to_string().parse().unwrap_or(f64::from(number))),
        Value::Double(number) => Cell::Double(number),
        Value::Bytes(bytes) => bytes_cell(column, bytes, is_flag)?,
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let date = format!("{year:04}-{month:02}-{day:02}");
            Cell::Text(match column.column_type() {
                ColumnType::MYSQL_TYPE_DATE => date,
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}{}", fraction(micros)),
            })
        }
        Value::Time(is_negative, days, hours, minutes, seconds, micros) => {
            let sign = if is_negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            Cell::Text(format!(
                "{sign}{hours:02}:{minutes:02}:{seconds:02}{}",
                fraction(micros)
            ))
        }
    })
}

/// None where there is none, else milliseconds, or microseconds where those do not say it.
fn fraction(micros: u32) -> String {
    match micros {
        0 => String::new(),
        micros if micros % 1000 == 0 => format!(".{:03}", micros / 1000),
        micros => format!(".{micros:06}"),
    }
}

fn bytes_cell(column: &Column, bytes: Vec<u8>, is_flag: bool) -> Result<Cell, Fault> {
    use ColumnType as T;
    let kind = column.column_type();
    if kind == T::MYSQL_TYPE_GEOMETRY {
        return Err(Fault::unsupported("geometry"));
    }
    if kind == T::MYSQL_TYPE_BIT {
        return Ok(match column.column_length() {
            1 => Cell::Bool(bytes.iter().any(|byte| *byte != 0)),
            _ => Cell::Blob(bytes),
        });
    }
    let is_number = kind.is_numeric_type();
    let is_blob = column.character_set() == BINARY
        && !is_number
        && matches!(
            kind,
            T::MYSQL_TYPE_TINY_BLOB
                | T::MYSQL_TYPE_MEDIUM_BLOB
                | T::MYSQL_TYPE_LONG_BLOB
                | T::MYSQL_TYPE_BLOB
                | T::MYSQL_TYPE_VAR_STRING
                | T::MYSQL_TYPE_VARCHAR
                | T::MYSQL_TYPE_STRING
        );
    if is_blob {
        return Ok(Cell::Blob(bytes));
    }
    let text = String::from_utf8(bytes).map_err(|_| fault::INTERNAL.because("A text could not be read."))?;
    Ok(match kind {
        T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => {
            let is_whole = !text.contains('.');
            Cell::Decimal(text, is_whole)
        }
        T::MYSQL_TYPE_FLOAT | T::MYSQL_TYPE_DOUBLE => text.parse().map_or(Cell::Text(text), Cell::Double),
        _ if is_number => match text.parse::<i64>() {
            Ok(number) if is_flag => Cell::Bool(number != 0),
            Ok(number) => Cell::Long(number),
            Err(_) => Cell::Decimal(text, true),
        },
        _ => Cell::Text(text),
    })
}

/// The server's words with its code and state.
fn refused(error: &mysql_async::Error) -> Fault {
    match error {
        mysql_async::Error::Server(error) => fault::DATABASE_ERROR.because(format!(
            "{}; Error code: {}; SQLState: {}",
            error.message, error.code, error.state
        )),
        _ => fault::UNAVAILABLE.because("The database connection was lost."),
    }
}

/// A column as the driver's metadata tells it: type codes are JDBC's.
fn metadata(column: &Column) -> ColumnMetadata {
    let flags = column.flags();
    let is_binary = column.character_set() == BINARY;
    let (code, name) = jdbc(column, is_binary);
    let is_number = column.column_type().is_numeric_type();
    let is_unsigned = flags.contains(ColumnFlags::UNSIGNED_FLAG);
    ColumnMetadata {
        array_base_column_type: Some(0),
        is_auto_increment: Some(flags.contains(ColumnFlags::AUTO_INCREMENT_FLAG)),
        is_case_sensitive: Some(is_binary && !is_number),
        is_currency: Some(false),
        is_signed: Some(is_number && !is_unsigned),
        label: Some(column.name_str().into_owned()),
        name: Some(column.org_name_str().into_owned()),
        nullable: Some(i32::from(!flags.contains(ColumnFlags::NOT_NULL_FLAG))),
        precision: Some(i32::try_from(column.column_length()).unwrap_or(i32::MAX)),
        scale: Some(if is_number { column.decimals().into() } else { 0 }),
        schema_name: Some(String::new()),
        table_name: Some(column.table_str().into_owned()),
        r#type: Some(code),
        type_name: Some(if is_unsigned && is_number {
            format!("{name} UNSIGNED")
        } else {
            name.to_owned()
        }),
    }
}

fn jdbc(column: &Column, is_binary: bool) -> (i32, &'static str) {
    use ColumnType as T;
    match column.column_type() {
        T::MYSQL_TYPE_TINY if column.column_length() == 1 => (-7, "BIT"),
        T::MYSQL_TYPE_TINY => (-6, "TINYINT"),
        T::MYSQL_TYPE_SHORT => (5, "SMALLINT"),
        T::MYSQL_TYPE_INT24 => (4, "MEDIUMINT"),
        T::MYSQL_TYPE_LONG => (4, "INT"),
        T::MYSQL_TYPE_LONGLONG => (-5, "BIGINT"),
        T::MYSQL_TYPE_FLOAT => (7, "FLOAT"),
        T::MYSQL_TYPE_DOUBLE => (8, "DOUBLE"),
        T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => (3, "DECIMAL"),
        T::MYSQL_TYPE_BIT => (-7, "BIT"),
        T::MYSQL_TYPE_YEAR => (91, "YEAR"),
        T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => (91, "DATE"),
        T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => (92, "TIME"),
        T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_DATETIME2 => (93, "DATETIME"),
        T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_TIMESTAMP2 => (93, "TIMESTAMP"),
        T::MYSQL_TYPE_JSON => (-1, "JSON"),
        T::MYSQL_TYPE_STRING if is_binary => (-2, "BINARY"),
        T::MYSQL_TYPE_STRING => (1, "CHAR"),
        T::MYSQL_TYPE_VARCHAR | T::MYSQL_TYPE_VAR_STRING if is_binary => (-3, "VARBINARY"),
        T::MYSQL_TYPE_VARCHAR | T::MYSQL_TYPE_VAR_STRING => (12, "VARCHAR"),
        _ if is_binary => (-4, "BLOB"),
        _ => (-1, "TEXT"),
    }
}
