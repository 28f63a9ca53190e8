//! Reading for the verification. It asks the catalogue anew, and shares no type list with the masking.

use futures::{StreamExt, pin_mut};
use masking::TableName;

use super::catalogue::not_production;
use super::tuples::{Broken, Tuples};
use super::{Postgres, failed, ident, table};
use crate::error::{DatabaseFailed, Error};
use crate::verify::{Counted, Holds, Line, Readable, ReadableColumn, Reading};

/// Everything that holds rows: tables, then the views that keep copies; each with its size and file, each column with what
/// it can hold: `n`othing that is a word, `b`ytes, a `d`ocument, a `l`ist, or `w`ords, which is everything that is not known
/// to be something else.
const RELATIONS: &str = "
SELECT n.nspname::text, c.relname::text, c.relkind = 'm', greatest(c.reltuples, 0)::int8,
    pg_relation_size(c.oid) / current_setting('block_size')::int8, c.relfilenode::text, a.attname::text,
    CASE WHEN t.typtype = 'e' THEN 'n'
        WHEN t.typcategory = 'A' AND e.oid < 16384 AND (e.typcategory IN ('N', 'B', 'D', 'T', 'V') OR e.typname = 'uuid') THEN 'n'
        WHEN t.typcategory = 'A' THEN 'l'
        WHEN t.typname = 'bytea' THEN 'b'
        WHEN t.typname IN ('json', 'jsonb') THEN 'd'
        WHEN t.oid < 16384 AND (t.typcategory IN ('N', 'B', 'D', 'T', 'V') OR t.typname IN ('uuid', 'oid', 'xid', 'cid', 'tid')) THEN 'n'
        WHEN t.typname IN ('vector', 'halfvec', 'sparsevec') THEN 'n'
        ELSE 'w' END,
    a.attgenerated <> '',
    t.typtype = 'e' OR (t.oid < 16384 AND t.typname IN ('bool', 'char', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'text', 'varchar',
        'bpchar', 'name', 'bytea', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval', 'uuid', 'inet', 'cidr', 'macaddr', 'oid', 'jsonb'))
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
                    _ => Holds::Words,
                },
                generated: row.get(8),
                hashable: row.get(9),
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
        while let Some(chunk) = out.next().await {
            let pushed: Result<(), Stopped> = tuples.push(&chunk.map_err(failed(doing))?, |fields| {
                let [hash, flag, fields @ ..] = fields else {
                    return Err(Broken.into());
                };
                let hash = hash.and_then(|hash| hash.try_into().ok()).map(u64::from_be_bytes);
                let flag = *flag == Some(&[1]);
                Ok(each(&Line { hash, flag, fields })?)
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
        let hash = hash(reading, self.version().await?);
        let written = reading.since.map_or("0::int8".to_owned(), |since| {
            format!("count(*) FILTER (WHERE {})", written(since))
        });
        let sql = format!(
            "SELECT count(*), sum({hash})::text, {written} FROM ONLY {}",
            table(&reading.from.name)
        );
        let row = self.client.query_one(&sql, &[]).await.map_err(failed(doing))?;
        let sum: Option<String> = row.get(1);
        Ok(Counted {
            rows: row.get::<_, i64>(0).unsigned_abs(),
            // An empty table's sum is NULL.
            sum: (!reading.kept.is_empty())
                .then(|| sum.and_then(|sum| sum.parse::<i128>().ok()).unwrap_or_default() as u64),
            written: row.get::<_, i64>(2).unsigned_abs(),
        })
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

/// What the server hashes of each row. Numbers that are equal hash alike, however many zeros end them.
fn hash(reading: &Reading<'_>, version: i64) -> String {
    let kept: Vec<_> = reading
        .kept
        .iter()
        .map(|column| {
            format!(
                "{}{}",
                ident(&column.name),
                if column.hashable { "" } else { "::text" }
            )
        })
        .collect();
    let row = format!("ROW({})", kept.join(", "));
    match kept.len() {
        0 => "NULL::int8".to_owned(),
        _ if version >= 140_000 => format!("hash_record_extended({row}, 0)"),
        _ => format!("hashtextextended({row}::text, 0)"),
    }
}

fn written(since: u64) -> String {
    // Ages stay right when transaction numbers begin anew.
    format!("age(xmin) BETWEEN 0 AND age('{since}'::xid)")
}

fn select(reading: &Reading<'_>, version: i64) -> String {
    let flag = match (reading.filter, reading.since) {
        (Some(filter), _) => format!("({filter}) IS TRUE"),
        (None, Some(since)) => written(since),
        (None, None) => "true".to_owned(),
    };
    let hash = hash(reading, version);
    let text = |column: &ReadableColumn, name: String| {
        if column.holds == Holds::Bytes {
            name
        } else {
            format!("{name}::text")
        }
    };
    let from = format!("FROM ONLY {}", table(&reading.from.name));
    let range = reading
        .range
        .map_or(String::new(), |range| format!(" WHERE {range}"));
    if !reading.columns.iter().any(|(_, sampled)| *sampled) || reading.level == 0 {
        let columns = reading
            .columns
            .iter()
            .map(|(column, _)| format!(", {}", text(column, ident(&column.name))));
        return format!(
            "SELECT {hash}, {flag}{} {from}{range}",
            columns.collect::<String>()
        );
    }
    // The hash is computed once a row: OFFSET keeps the planner from writing it into each of its uses.
    let mask = (1_u64 << reading.level) - 1;
    let (mut inner, mut outer) = (String::new(), String::new());
    for (at, (column, sampled)) in reading.columns.iter().enumerate() {
        inner.push_str(&format!(", {} AS c{at}", ident(&column.name)));
        let value = text(column, format!("c{at}"));
        outer.push_str(&if *sampled {
            format!(", CASE WHEN h & {mask} = 0 THEN {value} END")
        } else {
            format!(", {value}")
        });
    }
    format!("SELECT h, f{outer} FROM (SELECT {hash} AS h, {flag} AS f{inner} {from}{range} OFFSET 0) s")
}
