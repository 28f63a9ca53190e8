//! Reading for the verification. It asks the catalogue anew, and shares no type list with the masking.

use futures::StreamExt;
use masking::TableName;
use mysql_async::prelude::Queryable;
use mysql_async::{Row as Answer, Value};

use super::{Mysql, NOT_PRODUCTION, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::server::SOME_ROWS;
use crate::verify::{Counted, Holds, Line, Readable, ReadableColumn, Reading};

/// Types that can hold no words.
const PLAIN: &str = "'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'numeric', 'float', 'double', 'real', 'bit', 'year', 'date', 'time', \
     'datetime', 'timestamp', 'enum', 'set', 'uuid', 'point', 'linestring', 'polygon', 'geometry', 'multipoint', 'multilinestring', 'multipolygon', \
     'geometrycollection', 'geomcollection'";

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
                CAST(c.generation_expression <> '' AND c.generation_expression IS NOT NULL AS UNSIGNED), CAST(c.data_type LIKE '%text' OR c.data_type LIKE '%blob' OR c.data_type IN ('json', 'geometry') AS UNSIGNED), \
                CAST(c.is_nullable = 'YES' AS UNSIGNED), \
                c.column_key, \
                COALESCE(t.table_rows, 0) \
             FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema NOT IN ({NOT_PRODUCTION}) AND t.table_type NOT LIKE '%VIEW%' AND t.table_type <> 'SEQUENCE' ORDER BY 1, 2, c.ordinal_position"
        );
        let mut found: Vec<Readable> = Vec::new();
        let mut primary = Vec::new();
        for (schema, name, column, holds, generated, long, nullable, key, rows) in self
            .rows::<(String, String, String, String, u8, u8, u8, String, u64)>(
                "listing what can be read",
                &sql,
            )
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
                hashed_by: if long > 0 { "" } else { "CRC32" }.to_owned(),
                nullable: nullable > 0,
                unique: nullable == 0 && matches!(key.as_str(), "PRI" | "UNI"),
            };
            found
                .last_mut()
                .into_iter()
                .for_each(|last| last.columns.push(column.clone()));
            if key == "PRI" {
                primary.push(found.len());
            }
        }
        // `PRI` says that a column is part of the key: of several, none is unique by itself.
        for (at, table) in (1..).zip(&mut found) {
            if primary.iter().filter(|key| **key == at).count() > 1 {
                table.columns.iter_mut().for_each(|column| column.unique = false);
            }
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
        let sql = select(reading);
        let hashed = usize::from(!reading.kept.is_empty());
        let flagged = usize::from(reading.filter.is_some());
        let mut conn = self.conn.lock().await;
        let mut rows = conn.query_stream::<Answer, _>(sql).await.map_err(failed(doing))?;
        while let Some(row) = rows.next().await {
            // The text protocol: every value comes as the server writes it.
            let values = row.map_err(failed(doing))?.unwrap();
            let fields: Vec<Option<&[u8]>> = values.iter().map(bytes).collect();
            let (hash, rest) = fields.split_at(hashed.min(fields.len()));
            let (flag, fields) = rest.split_at(flagged.min(rest.len()));
            let hash = hash.first().copied().flatten();
            each(&Line {
                hash: hash.and_then(|hash| std::str::from_utf8(hash).ok()?.parse().ok()),
                flag: flag.first().is_none_or(|flag| *flag == Some(b"1")),
                fields,
            })?;
        }
        Ok(())
    }

    /// Counts a table's rows and adds up their hashes, in the server.
    pub(crate) async fn tally(&self, reading: &Reading<'_>) -> Result<Counted, DatabaseFailed> {
        let sql = format!(
            "SELECT {} FROM {}{}",
            counts(reading),
            table(&reading.from.name),
            condition(reading, reading.filter)
        );
        let doing = format!("counting the rows of `{}`", reading.from.name);
        let (rows, sum) = self
            .rows::<(u64, String)>(&doing, &sql)
            .await?
            .into_iter()
            .next()
            .unwrap_or_default();
        Ok(counted(reading, rows, &sum))
    }

    /// How many different values the columns hold in some rows, and how many these are.
    pub(crate) async fn different(&self, reading: &Reading<'_>) -> Result<(u64, u64), Error> {
        // The server groups long values in a table on disk: to send them all is quicker.
        if reading.columns.iter().any(|column| column.hashed_by.is_empty()) {
            return Ok((0, 0));
        }
        let sql = format!(
            "SELECT COUNT(*), COUNT(DISTINCT {}) FROM (SELECT * FROM {} LIMIT {SOME_ROWS}) AS sampled",
            compared(reading, |name| format!("COALESCE({name}, '\0')")).join(", "),
            table(&reading.from.name)
        );
        let doing = format!("looking at `{}`", reading.from.name);
        let rows = self.rows::<(u64, u64)>(&doing, &sql).await?;
        Ok(rows.first().copied().unwrap_or_default())
    }

    /// Calls `each` with every combination of values.
    pub(crate) async fn groups(
        &self,
        reading: &Reading<'_>,
        mut each: impl FnMut(&Counted, &[Option<&[u8]>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let doing = || format!("reading `{}`", reading.from.name);
        let columns = compared(reading, |name| name);
        let places: Vec<_> = (3..3 + columns.len()).map(|place| place.to_string()).collect();
        let sql = format!(
            "SELECT {}, {} FROM {}{} GROUP BY {}",
            counts(reading),
            columns.join(", "),
            table(&reading.from.name),
            condition(reading, reading.filter),
            places.join(", ")
        );
        let mut conn = self.conn.lock().await;
        let mut rows = conn.query_stream::<Answer, _>(sql).await.map_err(failed(doing))?;
        while let Some(row) = rows.next().await {
            let values = row.map_err(failed(doing))?.unwrap();
            let fields: Vec<Option<&[u8]>> = values.iter().map(bytes).collect();
            let [Some(rows), Some(sum), fields @ ..] = fields.as_slice() else {
                continue;
            };
            let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
            let rows = text(rows).parse().unwrap_or_default();
            each(&counted(reading, rows, text(sum)), fields)?;
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

/// Rows, and the sum of their hashes.
fn counts(reading: &Reading<'_>) -> String {
    let hash = hash(&reading.kept).unwrap_or("NULL".to_owned());
    format!("COUNT(*), CAST(COALESCE(SUM({hash}), 0) AS CHAR)")
}

fn counted(reading: &Reading<'_>, rows: u64, sum: &str) -> Counted {
    Counted {
        rows,
        sum: (!reading.kept.is_empty()).then(|| sum.parse::<u128>().unwrap_or_default() as u64),
        written: 0,
    }
}

/// The columns as values that are equal only if their bytes are.
fn compared(reading: &Reading<'_>, of: impl Fn(String) -> String) -> Vec<String> {
    let columns = reading.columns.iter().map(|column| match column.holds {
        Holds::Bytes => of(ident(&column.name)),
        _ => of(format!(
            "CONVERT({} USING utf8mb4) COLLATE utf8mb4_bin",
            ident(&column.name)
        )),
    });
    columns.collect()
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// What the server hashes of each row, if anything: each column by itself, byte by byte, and each shifted by another
/// number of bits, so that values cannot change columns unseen. NULL is not empty.
fn hash(kept: &[&ReadableColumn]) -> Option<String> {
    let terms = kept.iter().enumerate().map(|(at, column)| {
        let hash = format!("CRC32({})", ident(&column.name));
        let hash = if column.nullable {
            format!("COALESCE({hash}, 1)")
        } else {
            hash
        };
        format!("({hash} << {})", at * 5 % 32)
    });
    let terms: Vec<_> = terms.collect();
    (!terms.is_empty()).then(|| format!("({})", terms.join(" ^ ")))
}

/// The condition of the rows that are wanted, if not all are.
fn condition(reading: &Reading<'_>, also: Option<&str>) -> String {
    let picked = reading.picked.and_then(|picked| {
        let hash = match picked.by {
            Some(column) => hash(&[column]),
            // Its last bits are the first column's alone: hashed once more, they are of all.
            None => hash(&reading.kept).map(|hash| format!("CRC32({hash})")),
        };
        Some(format!("{} & {} = 0", hash?, picked.mask()))
    });
    let all: Vec<_> = [reading.range, also, picked.as_deref()]
        .into_iter()
        .flatten()
        .map(|condition| format!("({condition})"))
        .collect();
    if all.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", all.join(" AND "))
    }
}

/// The hash if there is one, the flag if it is asked for, and the columns.
fn select(reading: &Reading<'_>) -> String {
    let flag = reading.filter.map(|filter| format!("({filter}) IS TRUE"));
    let columns = reading.columns.iter().map(|column| ident(&column.name));
    let fields: Vec<_> = hash(&reading.kept)
        .into_iter()
        .chain(flag)
        .chain(columns)
        .collect();
    format!(
        "SELECT {} FROM {}{}",
        fields.join(", "),
        table(&reading.from.name),
        condition(reading, None)
    )
}
