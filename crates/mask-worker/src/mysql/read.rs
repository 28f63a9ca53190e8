//! Reading for the verification. It asks the catalogue anew, and shares no type list with the masking.

use futures::StreamExt;
use masking::TableName;
use mysql_async::prelude::Queryable;
use mysql_async::{Row as Answer, Value};

use super::{Mysql, NOT_PRODUCTION, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::verify::{Counted, Holds, Line, Readable, ReadableColumn, Reading};

/// Types that can hold no words.
const PLAIN: &str = "'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'numeric', 'float', 'double', 'real', 'bit', 'year', 'date', 'time', \
     'datetime', 'timestamp', 'enum', 'set', 'uuid', 'point', 'linestring', 'polygon', 'geometry', 'multipoint', 'multilinestring', 'multipolygon', \
     'geometrycollection', 'geomcollection'";

/// Types whose values are as one writes them, in whatever character set.
const NUMBERS: &str = "'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'numeric', 'float', 'double', 'real', 'year', 'date', 'time', \
     'datetime', 'timestamp'";

/// One connection reads about so many rows at a time.
const PIECE: u64 = 200_000;

impl Mysql {
    /// Everything that holds rows, with its columns.
    pub(crate) async fn readables(&self) -> Result<Vec<Readable>, DatabaseFailed> {
        // MariaDB's json is a longtext that a check keeps valid.
        let checked = if self.mariadb {
            "EXISTS (SELECT 1 FROM information_schema.check_constraints k WHERE k.constraint_schema = c.table_schema AND k.table_name = c.table_name \
                AND k.check_clause = CONCAT('json_valid(`', c.column_name, '`)'))"
        } else {
            "FALSE"
        };
        let sql = format!(
            "SELECT c.table_schema, c.table_name, c.column_name, CASE WHEN c.data_type IN ({PLAIN}) THEN 'n' WHEN c.data_type = 'json' OR {checked} THEN 'd' \
                WHEN c.data_type LIKE '%blob' OR c.data_type LIKE '%binary' THEN 'b' ELSE 'w' END, \
                CAST(c.generation_expression <> '' AND c.generation_expression IS NOT NULL AS UNSIGNED), CAST(c.data_type IN ({NUMBERS}) AS UNSIGNED), \
                COALESCE(t.table_rows, 0) \
             FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema NOT IN ({NOT_PRODUCTION}) AND t.table_type NOT LIKE '%VIEW%' AND t.table_type <> 'SEQUENCE' ORDER BY 1, 2, c.ordinal_position"
        );
        let mut found: Vec<Readable> = Vec::new();
        for (schema, name, column, holds, generated, number, rows) in self
            .rows::<(String, String, String, String, u8, u8, u64)>("listing what can be read", &sql)
            .await?
        {
            let name = TableName::new(schema, name);
            if found.last().is_none_or(|last| last.name != name) {
                found.push(Readable {
                    name,
                    columns: Vec::new(),
                    rows,
                    pages: 0,
                    file: String::new(),
                    copies: false,
                });
            }
            let column = ReadableColumn {
                name: column,
                holds: match holds.as_str() {
                    "n" => Holds::NoWords,
                    "d" => Holds::Document,
                    "b" => Holds::Bytes,
                    _ => Holds::Words,
                },
                generated: generated > 0,
                hashable: number > 0,
            };
            found
                .last_mut()
                .into_iter()
                .for_each(|last| last.columns.push(column.clone()));
        }
        Ok(found)
    }

    /// MySQL has no number by which a row tells when it was written.
    pub(crate) async fn moment(&self) -> Result<u64, DatabaseFailed> {
        Ok(0)
    }

    /// Conditions that cut a table into parts of about equal size, where its primary key is one whole number.
    pub(crate) async fn ranges(&self, from: &Readable) -> Result<Vec<Option<String>>, DatabaseFailed> {
        let parts = i128::from(from.rows / PIECE);
        let doing = "cutting a table into parts";
        let sql = format!(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = {} AND table_name = {} AND column_key = 'PRI'",
            literal(&from.name.schema),
            literal(&from.name.table)
        );
        let key = match self.rows::<(String, String)>(doing, &sql).await?.as_slice() {
            [(key, kind)] if parts > 1 && kind.ends_with("int") => ident(key),
            _ => return Ok(vec![None]),
        };
        let ends = format!(
            "SELECT CAST(MIN({key}) AS CHAR), CAST(MAX({key}) AS CHAR) FROM {}",
            table(&from.name)
        );
        let ends = self
            .rows::<(Option<String>, Option<String>)>(doing, &ends)
            .await?;
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<i128>().ok());
        let Some((first, last)) = ends
            .first()
            .and_then(|(first, last)| Some((number(first)?, number(last)?)))
        else {
            return Ok(vec![None]);
        };
        let bound = |part: i128| first + (last - first) * part / parts;
        let range = |part: i128| match part {
            0 => format!("{key} < {}", bound(1)),
            end if end == parts - 1 => format!("{key} >= {}", bound(end)),
            _ => format!("{key} >= {} AND {key} < {}", bound(part), bound(part + 1)),
        };
        Ok((0..parts).map(|part| Some(range(part))).collect())
    }

    /// Calls `each` with every row of a table.
    pub(crate) async fn read(
        &self,
        reading: &Reading<'_>,
        mut each: impl FnMut(&Line<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let doing = || format!("reading `{}`", reading.from.name);
        let columns: String = reading
            .columns
            .iter()
            .map(|(column, _)| format!(", {}", ident(&column.name)))
            .collect();
        let flag = reading
            .filter
            .map_or("1".to_owned(), |filter| format!("({filter}) IS TRUE"));
        let range = reading
            .range
            .map_or(String::new(), |range| format!(" WHERE {range}"));
        let sql = format!(
            "SELECT {}, {flag}{columns} FROM {}{range}",
            hash(reading),
            table(&reading.from.name)
        );
        let mut conn = self.conn.lock().await;
        let mut rows = conn.query_stream::<Answer, _>(sql).await.map_err(failed(doing))?;
        while let Some(row) = rows.next().await {
            // The text protocol: every value comes as the server writes it.
            let values = row.map_err(failed(doing))?.unwrap();
            let fields: Vec<Option<&[u8]>> = values.iter().map(bytes).collect();
            let [hash, flag, fields @ ..] = fields.as_slice() else {
                continue;
            };
            let hash = hash.and_then(|hash| std::str::from_utf8(hash).ok()?.parse().ok());
            each(&Line {
                hash,
                flag: *flag == Some(b"1"),
                fields,
            })?;
        }
        Ok(())
    }

    /// Counts a table's rows and adds up their hashes, in the server.
    pub(crate) async fn tally(&self, reading: &Reading<'_>) -> Result<Counted, DatabaseFailed> {
        let sql = format!(
            "SELECT COUNT(*), CAST(COALESCE(SUM({}), 0) AS CHAR) FROM {}",
            hash(reading),
            table(&reading.from.name)
        );
        let doing = format!("counting the rows of `{}`", reading.from.name);
        let (rows, sum) = self
            .rows::<(u64, String)>(&doing, &sql)
            .await?
            .into_iter()
            .next()
            .unwrap_or_default();
        Ok(Counted {
            rows,
            sum: (!reading.kept.is_empty()).then(|| sum.parse::<u128>().unwrap_or_default() as u64),
            written: 0,
        })
    }

    /// MySQL has no row-level security.
    pub(crate) async fn lift_row_security(&self) -> Result<Vec<String>, DatabaseFailed> {
        Ok(Vec::new())
    }

    pub(crate) async fn put_back(&self, _statements: &[String]) -> Result<(), DatabaseFailed> {
        Ok(())
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
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// What the server hashes of each row. Texts count byte by byte, whatever their character sets; NULL is not empty.
fn hash(reading: &Reading<'_>) -> String {
    let kept: Vec<_> = reading
        .kept
        .iter()
        .map(|column| match (ident(&column.name), column.hashable) {
            (name, true) => format!("COALESCE({name}, '\0')"),
            (name, false) => format!("COALESCE(CAST({name} AS BINARY), '\0')"),
        })
        .collect();
    if kept.is_empty() {
        return "NULL".to_owned();
    }
    format!("CRC32(CONCAT_WS('\x1f', {}))", kept.join(", "))
}
