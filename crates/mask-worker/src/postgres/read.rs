//! Reading for the verification. It asks the catalogue anew, and shares no type list with the masking.

use futures::{StreamExt, pin_mut};
use masking::TableName;
use tokio_postgres::Row;

use super::catalogue::not_production;
use super::tuples::{Broken, Tuples};
use super::{Postgres, failed, ident, table};
use crate::error::{DatabaseFailed, Error};
use crate::server::SOME_ROWS;
use crate::verify::{Counted, Holds, Line, Readable, ReadableColumn, Reading};

/// Everything that holds rows: tables, then the views that keep copies; each with its size and file, each column with what
/// it can hold: `n`othing that is a word, `b`ytes, a `d`ocument, a `l`ist (of `u`uids), or `w`ords, which is everything that is not known
/// to be something else; with the function that hashes its values, and whether it can be NULL or names a row.
const RELATIONS: &str = "
SELECT n.nspname::text, c.relname::text, c.relkind = 'm', greatest(c.reltuples, 0)::int8,
    pg_relation_size(c.oid) / current_setting('block_size')::int8, c.relfilenode::text, a.attname::text,
    CASE WHEN t.typtype = 'e' THEN 'n'
        WHEN t.typcategory = 'A' AND e.oid < 16384 AND e.typcategory IN ('N', 'B', 'D', 'T', 'V') THEN 'n'
        WHEN t.typcategory = 'A' AND e.oid < 16384 AND e.typname = 'uuid' THEN 'u'
        WHEN t.typcategory = 'A' THEN 'l'
        WHEN t.typname = 'bytea' THEN 'b'
        WHEN t.typname IN ('json', 'jsonb') THEN 'd'
        WHEN t.oid < 16384 AND (t.typcategory IN ('N', 'B', 'D', 'T', 'V') OR t.typname IN ('uuid', 'oid', 'xid', 'cid', 'tid')) THEN 'n'
        WHEN t.typname IN ('vector', 'halfvec', 'sparsevec') THEN 'n'
        ELSE 'w' END,
    a.attgenerated <> '',
    CASE WHEN t.typtype = 'e' THEN 'hashenumextended' WHEN t.oid >= 16384 THEN ''
        WHEN t.typname IN ('int2', 'int4', 'int8', 'oid', 'text', 'name', 'float4', 'float8', 'inet', 'macaddr') THEN 'hash' || t.typname || 'extended'
        WHEN t.typname = 'varchar' THEN 'hashtextextended' WHEN t.typname = 'bpchar' THEN 'hashbpcharextended'
        WHEN t.typname IN ('numeric', 'jsonb', 'uuid', 'timestamp', 'time', 'timetz', 'interval') THEN replace(t.typname, 'numeric', 'hash_numeric')
            || CASE WHEN t.typname = 'numeric' THEN '_extended' ELSE '_hash_extended' END
        WHEN t.typname IN ('bool', 'char', 'bytea', 'date', 'timestamptz', 'cidr') THEN 'hash_record_extended' ELSE '' END,
    NOT a.attnotnull,
    a.attnotnull AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
        AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type d ON d.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END LEFT JOIN pg_type e ON e.oid = t.typelem
WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND c.relpersistence <> 't' AND n.nspname <> ALL ($1) ORDER BY c.relkind DESC, 1, 2, a.attnum";

/// One connection reads about so many pages at a time.
const PIECE: u64 = 16 * 1024;

impl Postgres {
    /// Everything that holds rows, with its columns.
    pub(crate) async fn readables(&self) -> Result<Vec<Readable>, DatabaseFailed> {
        let doing = || "listing what can be read".to_owned();
        let mut found: Vec<Readable> = Vec::new();
        let rows = self.client.query(RELATIONS, &[&not_production()]).await;
        for row in rows.map_err(failed(doing))? {
            let name = TableName::new(row.get::<_, String>(0), row.get::<_, String>(1));
            let pages = row.get::<_, i64>(4).unsigned_abs();
            if found.last().is_none_or(|last| last.name != name) {
                found.push(Readable {
                    name,
                    columns: Vec::new(),
                    // Without statistics the size tells: rows of 100 bytes.
                    rows: match row.get::<_, i64>(3).unsigned_abs() {
                        0 => pages * 80,
                        rows => rows,
                    },
                    pages,
                    file: row.get(5),
                    copies: row.get(2),
                });
            }
            let column = ReadableColumn {
                name: row.get(6),
                holds: match row.get::<_, &str>(7) {
                    "n" => Holds::NoWords,
                    "b" => Holds::Bytes,
                    "d" => Holds::Document,
                    "l" => Holds::List,
                    "u" => Holds::ListOfNoWords,
                    _ => Holds::Words,
                },
                generated: row.get(8),
                hashed_by: row.get(9),
                nullable: row.get(10),
                unique: row.get(11),
            };
            found
                .last_mut()
                .into_iter()
                .for_each(|last| last.columns.push(column.clone()));
        }
        Ok(found)
    }

    /// The number of this moment: what is written later has a later one.
    pub(crate) async fn moment(&self) -> Result<u64, DatabaseFailed> {
        let sql = "SELECT (pg_current_xact_id()::text::numeric % 4294967296)::int8";
        Ok(self
            .number("asking for a transaction's number", sql)
            .await?
            .unsigned_abs())
    }

    /// Conditions that cut a table into parts of about equal size. Before version 14 the server would read all of the
    /// table for each.
    pub(crate) async fn ranges(&self, from: &Readable) -> Result<Vec<Option<String>>, DatabaseFailed> {
        let parts = from.pages / PIECE;
        if parts < 2 || self.version().await? < 140_000 {
            return Ok(vec![None]);
        }
        let bound = |part: u64| format!("'({},0)'::tid", part * PIECE);
        let range = |part: u64| match part {
            0 => format!("ctid < {}", bound(1)),
            last if last == parts => format!("ctid >= {}", bound(last)),
            _ => format!("ctid >= {} AND ctid < {}", bound(part), bound(part + 1)),
        };
        Ok((0..=parts).map(|part| Some(range(part))).collect())
    }

    async fn version(&self) -> Result<i64, DatabaseFailed> {
        self.number(
            "asking the version",
            "SELECT current_setting('server_version_num')::int8",
        )
        .await
    }

    /// Calls `each` with every row of a table.
    pub(crate) async fn read(
        &self,
        reading: &Reading<'_>,
        mut each: impl FnMut(&Line<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let doing = || format!("reading `{}`", reading.from.name);
        let sql = format!(
            "COPY ({}) TO STDOUT (FORMAT binary)",
            select(reading, self.version().await?)
        );
        let out = self.client.copy_out(&sql).await.map_err(failed(doing))?;
        pin_mut!(out);
        let mut tuples = Tuples::default();
        let hashed = usize::from(!reading.kept.is_empty());
        let flagged = usize::from(reading.filter.is_some() || reading.since.is_some());
        while let Some(chunk) = out.next().await {
            let pushed: Result<(), Stopped> = tuples.push(&chunk.map_err(failed(doing))?, |fields| {
                let (hash, fields) = fields.split_at_checked(hashed).ok_or(Broken)?;
                let (flag, fields) = fields.split_at_checked(flagged).ok_or(Broken)?;
                let hash = hash.first().copied().flatten();
                Ok(each(&Line {
                    hash: hash.and_then(|hash| hash.try_into().ok()).map(u64::from_be_bytes),
                    flag: flag.first().is_none_or(|flag| *flag == Some(&[1])),
                    fields,
                })?)
            });
            pushed.map_err(|stopped| match stopped {
                Stopped::Broken => Error::Database(DatabaseFailed {
                    doing: doing(),
                    code: "a stream that is no COPY".to_owned(),
                    said: None,
                }),
                Stopped::By(error) => error,
            })?;
        }
        Ok(())
    }

    /// Counts a table's rows and adds up their hashes, in the server.
    pub(crate) async fn tally(&self, reading: &Reading<'_>) -> Result<Counted, DatabaseFailed> {
        let doing = || format!("counting the rows of `{}`", reading.from.name);
        let version = self.version().await?;
        let sql = format!(
            "SELECT {} FROM ONLY {}{}",
            counts(reading, version),
            table(&reading.from.name),
            condition(reading, reading.filter, version)
        );
        let row = self.client.query_one(&sql, &[]).await.map_err(failed(doing))?;
        Ok(counted(reading, &row))
    }

    /// How many different values the columns hold in some rows, and how many these are.
    pub(crate) async fn different(&self, reading: &Reading<'_>) -> Result<(u64, u64), Error> {
        // Bytes have no text by which they could be compared; COPY reads them as they are.
        if reading.columns.iter().any(|column| column.holds == Holds::Bytes) {
            return Ok((0, 0));
        }
        let sql = format!(
            "SELECT count(*), count(DISTINCT ROW({})) FROM (SELECT * FROM ONLY {} LIMIT {SOME_ROWS}) AS sampled",
            compared(reading).join(", "),
            table(&reading.from.name)
        );
        let doing = || format!("looking at `{}`", reading.from.name);
        let row = self.client.query_one(&sql, &[]).await.map_err(failed(doing))?;
        Ok((
            row.get::<_, i64>(0).unsigned_abs(),
            row.get::<_, i64>(1).unsigned_abs(),
        ))
    }

    /// Calls `each` with every combination of values.
    pub(crate) async fn groups(
        &self,
        reading: &Reading<'_>,
        mut each: impl FnMut(&Counted, &[Option<&[u8]>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let doing = || format!("reading `{}`", reading.from.name);
        let version = self.version().await?;
        let columns = compared(reading);
        let places: Vec<_> = (4..4 + columns.len()).map(|place| place.to_string()).collect();
        let sql = format!(
            "SELECT {}, {} FROM ONLY {}{} GROUP BY {}",
            counts(reading, version),
            columns.join(", "),
            table(&reading.from.name),
            condition(reading, reading.filter, version),
            places.join(", ")
        );
        let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
        let rows = self.client.query_raw(&sql, none).await.map_err(failed(doing))?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed(doing))?;
            let values: Vec<Option<&str>> = (3..3 + columns.len()).map(|at| row.get(at)).collect();
            let fields: Vec<_> = values.iter().map(|value| value.map(str::as_bytes)).collect();
            each(&counted(reading, &row), &fields)?;
        }
        Ok(())
    }

    /// Lifts the row-level security that binds even owners, which would hide rows from the verification. Answers the
    /// statements that put it back.
    pub(crate) async fn lift_row_security(&self) -> Result<Vec<String>, DatabaseFailed> {
        let sql =
            "SELECT oid::regclass::text FROM pg_class WHERE relforcerowsecurity AND relkind IN ('r', 'p')";
        let mut back = Vec::new();
        for table in self
            .texts("listing tables with forced row-level security", sql)
            .await?
        {
            self.run(
                "lifting row-level security",
                &format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
            )
            .await?;
            back.push(format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"));
        }
        Ok(back)
    }

    /// Carries out what [`Self::lift_row_security`] answered.
    pub(crate) async fn put_back(&self, statements: &[String]) -> Result<(), DatabaseFailed> {
        for statement in statements {
            self.run("putting row-level security back", statement).await?;
        }
        Ok(())
    }

    /// Some values of a column, for suggesting rules.
    pub(crate) async fn sample(&self, name: &TableName, column: &str) -> Result<Vec<String>, DatabaseFailed> {
        let column = ident(column);
        let sql = format!(
            "SELECT left({column}::text, 1000) FROM {} WHERE {column} IS NOT NULL LIMIT 200",
            table(name)
        );
        self.texts(&format!("sampling `{name}`"), &sql).await
    }
}

/// Rows, the sum of their hashes, and how many were written since.
fn counts(reading: &Reading<'_>, version: i64) -> String {
    let hash = hash(&reading.kept, version).unwrap_or("NULL::int8".to_owned());
    let written = reading.since.map_or("0::int8".to_owned(), |since| {
        format!("count(*) FILTER (WHERE {})", written(since))
    });
    format!("count(*), sum({hash})::text, {written}")
}

fn counted(reading: &Reading<'_>, row: &Row) -> Counted {
    let sum: Option<String> = row.get(1);
    Counted {
        rows: row.get::<_, i64>(0).unsigned_abs(),
        // An empty table's sum is NULL.
        sum: (!reading.kept.is_empty())
            .then(|| sum.and_then(|sum| sum.parse::<i128>().ok()).unwrap_or_default() as u64),
        written: row.get::<_, i64>(2).unsigned_abs(),
    }
}

/// The columns as texts that are equal only if their bytes are.
fn compared(reading: &Reading<'_>) -> Vec<String> {
    let columns = reading.columns.iter();
    columns
        .map(|column| format!("{}::text COLLATE \"C\"", ident(&column.name)))
        .collect()
}

/// Why a row stopped the reading.
enum Stopped {
    Broken,
    By(Error),
}

impl From<Broken> for Stopped {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::By(error)
    }
}

/// What the server hashes of each row, if anything: each column under a seed of its own, so that values cannot change
/// columns unseen. Numbers that are equal hash alike, however many zeros end them.
fn hash(kept: &[&ReadableColumn], version: i64) -> Option<String> {
    if kept.is_empty() {
        return None;
    }
    if version < 140_000 {
        let names: Vec<_> = kept.iter().map(|column| ident(&column.name)).collect();
        return Some(format!("hashtextextended(ROW({})::text, 0)", names.join(", ")));
    }
    let mut terms = Vec::new();
    let mut others = Vec::new();
    for (column, seed) in kept.iter().zip(1..) {
        let name = ident(&column.name);
        match column.hashed_by.as_str() {
            BY_RECORD => others.push(name),
            "" => others.push(format!("{name}::text")),
            function if column.nullable => {
                terms.push(format!("coalesce({function}({name}, {seed}), {seed})"));
            }
            function => terms.push(format!("{function}({name}, {seed})")),
        }
    }
    if !others.is_empty() {
        terms.push(format!("{BY_RECORD}(ROW({}), 0)", others.join(", ")));
    }
    Some(format!("({})", terms.join(" # ")))
}

/// It takes any type that can be hashed, at a higher price than the type's own function.
const BY_RECORD: &str = "hash_record_extended";

fn written(since: u64) -> String {
    // Ages stay right when transaction numbers begin anew.
    format!("age(xmin) BETWEEN 0 AND age('{since}'::xid)")
}

/// The condition of the rows that are wanted, if not all are.
fn condition(reading: &Reading<'_>, also: Option<&str>, version: i64) -> String {
    let picked = reading.picked.and_then(|picked| {
        let hash = match picked.by {
            Some(column) => hash(&[column], version),
            None => hash(&reading.kept, version),
        };
        Some(format!("({} & {}) = 0", hash?, picked.mask()))
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

/// The hash if there is one, the flag if it is asked for, and the columns as text, bytes as they are.
fn select(reading: &Reading<'_>, version: i64) -> String {
    let flag = match (reading.filter, reading.since) {
        (Some(filter), _) => Some(format!("({filter}) IS TRUE")),
        (None, Some(since)) => Some(written(since)),
        (None, None) => None,
    };
    let columns = reading.columns.iter().map(|column| {
        let name = ident(&column.name);
        if column.holds == Holds::Bytes {
            name
        } else {
            format!("{name}::text")
        }
    });
    let fields: Vec<_> = hash(&reading.kept, version)
        .into_iter()
        .chain(flag)
        .chain(columns)
        .collect();
    format!(
        "SELECT {} FROM ONLY {}{}",
        fields.join(", "),
        table(&reading.from.name),
        condition(reading, None, version)
    )
}
