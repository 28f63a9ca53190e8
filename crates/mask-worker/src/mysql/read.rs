//! Reading for the verification. It asks the catalogue anew, and shares no type list with the masking.

use futures::StreamExt;
use masking::TableName;
use mysql_async::prelude::Queryable;
use mysql_async::{Row as Answer, Value};

use super::{Mysql, NOT_PRODUCTION, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::verify::{Readable, ReadableColumn, Row};

/// The schema as lines of text: what must be the same after the masking as before. `IN` gets the databases to leave out.
const SCHEMA: &[&str] = &[
    "SELECT CONCAT_WS(' ', 'table', CONCAT(table_schema, '.', table_name), table_type, engine, row_format, table_collation, create_options, MD5(table_comment),
        auto_increment) FROM information_schema.tables WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'column', CONCAT(table_schema, '.', table_name, '.', column_name), ordinal_position, column_type, is_nullable,
        MD5(column_default), extra, collation_name, MD5(generation_expression), MD5(column_comment)) FROM information_schema.columns WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'index', CONCAT(table_schema, '.', table_name, '.', index_name), seq_in_index, column_name, non_unique, sub_part, index_type, collation)
        FROM information_schema.statistics WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'key', CONCAT(k.table_schema, '.', k.table_name, '.', k.constraint_name), k.ordinal_position, k.column_name, k.referenced_table_name,
        k.referenced_column_name, r.update_rule, r.delete_rule) FROM information_schema.key_column_usage k
        LEFT JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
            AND r.table_name = k.table_name WHERE k.table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'check', CONCAT(constraint_schema, '.', constraint_name), MD5(check_clause)) FROM information_schema.check_constraints
        WHERE constraint_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'trigger', CONCAT(trigger_schema, '.', trigger_name), event_object_table, event_manipulation, action_timing, action_order, definer,
        sql_mode, MD5(action_statement)) FROM information_schema.triggers WHERE trigger_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'routine', CONCAT(routine_schema, '.', routine_name), routine_type, definer, MD5(routine_definition)) FROM information_schema.routines
        WHERE routine_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'view', CONCAT(table_schema, '.', table_name), definer, MD5(view_definition)) FROM information_schema.views WHERE table_schema NOT IN",
];

/// Types that can hold no words.
const PLAIN: &str = "'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'numeric', 'float', 'double', 'real', 'bit', 'year', 'date', 'time', \
     'datetime', 'timestamp', 'enum', 'set', 'uuid', 'point', 'linestring', 'polygon', 'geometry', 'multipoint', 'multilinestring', 'multipolygon', \
     'geometrycollection', 'geomcollection'";

impl Mysql {
    /// Everything that holds rows, with its columns.
    pub(crate) async fn readables(&self) -> Result<Vec<Readable>, DatabaseFailed> {
        let sql = format!(
            "SELECT c.table_schema, c.table_name, c.column_name, CAST(c.data_type IN ({PLAIN}) AS UNSIGNED), CAST(c.column_key = 'PRI' AS UNSIGNED) \
             FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema NOT IN ({NOT_PRODUCTION}) AND t.table_type NOT LIKE '%VIEW%' ORDER BY 1, 2, c.ordinal_position"
        );
        let mut found: Vec<Readable> = Vec::new();
        for (schema, name, column, plain, key) in self
            .rows::<(String, String, String, u8, u8)>("listing what can be read", &sql)
            .await?
        {
            let name = TableName::new(schema, name);
            if found.last().is_none_or(|last| last.name != name) {
                found.push(Readable {
                    name,
                    columns: Vec::new(),
                });
            }
            let column = ReadableColumn {
                name: column,
                bytes: false,
                plain: plain > 0,
                key: key > 0,
            };
            found
                .last_mut()
                .into_iter()
                .for_each(|last| last.columns.push(column.clone()));
        }
        Ok(found)
    }

    /// Calls `each` with every row of a table: the columns as text, in the order asked for.
    pub(crate) async fn read(
        &self,
        from: &Readable,
        columns: &[&ReadableColumn],
        mut each: impl FnMut(&Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let doing = || format!("reading `{}`", from.name);
        let list = columns
            .iter()
            .map(|column| ident(&column.name))
            .collect::<Vec<_>>()
            .join(", ");
        let mut conn = self.conn.lock().await;
        let select = format!("SELECT {list} FROM {}", table(&from.name));
        let mut rows = conn
            .exec_stream::<Answer, _, _>(select, ())
            .await
            .map_err(failed(doing))?;
        while let Some(row) = rows.next().await {
            let values = row.map_err(failed(doing))?.unwrap();
            let values: Row = values
                .iter()
                .map(|value| (*value != Value::NULL).then(|| text_of(value)))
                .collect();
            each(&values)?;
        }
        Ok(())
    }

    /// MySQL has no row-level security.
    pub(crate) async fn lift_row_security(&self) -> Result<Vec<String>, DatabaseFailed> {
        Ok(Vec::new())
    }

    pub(crate) async fn put_back(&self, _statements: &[String]) -> Result<(), DatabaseFailed> {
        Ok(())
    }

    pub(crate) async fn count(&self, name: &TableName) -> Result<u64, DatabaseFailed> {
        self.number(
            &format!("counting the rows of `{name}`"),
            &format!("SELECT COUNT(*) FROM {}", table(name)),
        )
        .await
    }

    /// The schema as sorted lines.
    pub(crate) async fn schema_lines(&self) -> Result<Vec<String>, DatabaseFailed> {
        let mut lines = Vec::new();
        for query in SCHEMA {
            let found = self
                .rows::<Option<String>>("reading the schema", &format!("{query} ({NOT_PRODUCTION})"))
                .await?;
            lines.extend(found.into_iter().flatten());
        }
        lines.sort();
        Ok(lines)
    }

    /// What the server's own statistics remember of values.
    pub(crate) async fn remembered(&self) -> Result<Vec<(TableName, String, String)>, DatabaseFailed> {
        let sql = if self.mariadb {
            "SELECT db_name, table_name, column_name, CONVERT(CONCAT_WS(' ', min_value, max_value, histogram) USING utf8mb4) FROM mysql.column_stats"
        } else {
            "SELECT schema_name, table_name, column_name, CAST(histogram AS CHAR) FROM information_schema.column_statistics"
        };
        let rows = self
            .rows::<(String, String, String, Option<String>)>("reading statistics", sql)
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(schema, name, column, value)| Some((TableName::new(schema, name), column, value?)))
            .collect())
    }

    /// Keeps what `verify` must know in a database of its own, for a task that has not been started yet.
    pub(crate) async fn save_notes(&self, notes: &[u8]) -> Result<(), DatabaseFailed> {
        let doing = "keeping notes for the verification";
        for statement in [
            "DROP DATABASE IF EXISTS doppel_verify",
            "CREATE DATABASE doppel_verify",
            "CREATE TABLE doppel_verify.notes (part INT PRIMARY KEY, body LONGBLOB NOT NULL)",
        ] {
            self.run(doing, statement).await?;
        }
        let mut conn = self.conn.lock().await;
        for (part, body) in notes.chunks(512 * 1024).enumerate() {
            let insert = "INSERT INTO doppel_verify.notes VALUES (?, ?)";
            conn.exec_drop(insert, (part as u64, body))
                .await
                .map_err(failed(|| doing.to_owned()))?;
        }
        Ok(())
    }

    pub(crate) async fn load_notes(&self) -> Result<Option<Vec<u8>>, DatabaseFailed> {
        let doing = "reading notes for the verification";
        if self
            .number(
                doing,
                "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'doppel_verify'",
            )
            .await?
            == 0
        {
            return Ok(None);
        }
        Ok(Some(
            self.rows::<Vec<u8>>(doing, "SELECT body FROM doppel_verify.notes ORDER BY part")
                .await?
                .concat(),
        ))
    }

    pub(crate) async fn drop_notes(&self) -> Result<(), DatabaseFailed> {
        self.run(
            "dropping the verification's notes",
            "DROP DATABASE IF EXISTS doppel_verify",
        )
        .await
    }

    /// Some values of a column, for suggesting rules.
    pub(crate) async fn sample(&self, name: &TableName, column: &str) -> Result<Vec<String>, DatabaseFailed> {
        let column = ident(column);
        let sql = format!(
            "SELECT LEFT({column}, 1000) FROM {} WHERE {column} IS NOT NULL LIMIT 200",
            table(name)
        );
        self.rows(&format!("sampling `{name}`"), &sql).await
    }

    /// Users that can log in and should not: the proof that `prepare` did its work.
    pub(crate) async fn unlocked_users(&self, allowed: &str) -> Result<Vec<String>, DatabaseFailed> {
        let users = self.login_users().await?;
        let mut unlocked = Vec::new();
        for user in users.into_iter().filter(|user| user.name != allowed) {
            let shown: Vec<String> = self
                .rows(
                    "looking at a user",
                    &format!("SHOW CREATE USER {}", user.quoted()),
                )
                .await?;
            if !shown.iter().any(|create| create.contains("ACCOUNT LOCK")) {
                unlocked.push(format!("{}@{}", user.name, user.host));
            }
        }
        Ok(unlocked)
    }
}

/// A value as MySQL writes it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Date(year, month, day, 0, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        Value::Date(year, month, day, hour, minute, second, micro) => {
            let fraction = if *micro > 0 {
                format!(".{micro:06}")
            } else {
                String::new()
            };
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}")
        }
        Value::Time(negative, days, hours, minutes, seconds, micro) => {
            let sign = if *negative { "-" } else { "" };
            let fraction = if *micro > 0 {
                format!(".{micro:06}")
            } else {
                String::new()
            };
            format!(
                "{sign}{:02}:{minutes:02}:{seconds:02}{fraction}",
                days * 24 + u32::from(*hours)
            )
        }
    }
}

/// A user and the hosts that it may come from.
pub(super) struct User {
    pub(super) name: String,
    pub(super) host: String,
}

impl User {
    pub(super) fn quoted(&self) -> String {
        format!("{}@{}", literal(&self.name), literal(&self.host))
    }
}

impl Mysql {
    /// Everybody who could log in, but for the service and the master itself. Roles cannot.
    pub(super) async fn login_users(&self) -> Result<Vec<User>, DatabaseFailed> {
        let people = if self.mariadb {
            "is_role = 'N'"
        } else {
            "account_locked = 'N'"
        };
        let sql = format!(
            "SELECT user, host FROM mysql.user WHERE {people} AND CONCAT(user, '@', host) <> CURRENT_USER() AND user NOT LIKE 'mysql.%' \
             AND user NOT IN ('rdsadmin', 'rdsproxyadmin', 'rdsrepladmin', 'rdstopmgr', 'mariadb.sys')"
        );
        let users = self.rows::<(String, String)>("listing users", &sql).await?;
        Ok(users
            .into_iter()
            .map(|(name, host)| User { name, host })
            .collect())
    }
}
