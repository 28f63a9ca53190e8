//! Reading for the verification. It asks the catalogue anew, and shares no type list with the masking.

use futures::{StreamExt, pin_mut};
use masking::TableName;

use super::catalogue::not_production;
use super::{Postgres, copy, failed, ident, literal, table};
use crate::error::{DatabaseFailed, Error};
use crate::verify::{Readable, ReadableColumn, Row};

/// Everything that holds rows: tables, then the views that keep copies. `plain` marks types that can hold no words.
const RELATIONS: &str = "
SELECT n.nspname::text, c.relname::text, a.attname::text,
    (t.typname = 'bytea') AS bytes,
    (t.oid < 16384 AND (t.typcategory IN ('N', 'B', 'D', 'T', 'V') OR t.typname IN ('uuid', 'oid', 'xid', 'cid', 'tid')))
        OR t.typtype = 'e' AS plain,
    a.attnum = ANY (coalesce((SELECT i.indkey::int2[] FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), '{}')) AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname <> ALL ($1) ORDER BY c.relkind DESC, 1, 2, a.attnum";

/// The schema as lines of text: what must be the same after the masking as before.
const SCHEMA: &[&str] = &[
    "SELECT concat('relation ', c.oid::regclass, ' ', c.relkind, ' ', pg_get_userbyid(c.relowner), ' ', c.relacl, ' ',
        c.relrowsecurity, c.relforcerowsecurity, ' ', c.reloptions, ' ', c.relpersistence, ' ', md5(obj_description(c.oid, 'pg_class')))
     FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't' AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('column ', c.oid::regclass, '.', a.attname, ' ', format_type(a.atttypid, a.atttypmod), ' ', a.attnotnull, ' ',
        a.attidentity, a.attgenerated, ' ', md5(pg_get_expr(d.adbin, d.adrelid)), ' ', a.attacl, ' ', a.attstattarget, ' ',
        md5(col_description(c.oid, a.attnum)))
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('constraint ', conrelid::regclass, '.', conname, ' ', pg_get_constraintdef(oid), ' ', md5(obj_description(oid, 'pg_constraint')))
     FROM pg_constraint WHERE connamespace = ANY ($1::oid[]) AND conrelid <> 0 AND contype NOT IN ('n', 't')
       AND NOT (contype = 'f' AND conparentid <> 0)",
    "SELECT concat('index ', c.oid::regclass, ' ', pg_get_indexdef(i.indexrelid), ' ', i.indisvalid) FROM pg_index i
     JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relpersistence <> 't' AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('trigger ', t.tgname, ' ', pg_get_triggerdef(t.oid), ' ', t.tgenabled) FROM pg_trigger t
     JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('rule ', r.rulename, ' ', r.ev_class::regclass, ' ', r.ev_enabled, ' ', md5(pg_get_ruledef(r.oid))) FROM pg_rewrite r
     JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('function ', oid::regprocedure, ' ', md5(prosrc)) FROM pg_proc WHERE pronamespace = ANY ($1::oid[])",
    "SELECT concat('sequence ', schemaname, '.', sequencename, ' ', last_value) FROM pg_sequences
     WHERE schemaname::regnamespace = ANY ($1::oid[])",
];

impl Postgres {
    /// Everything that holds rows, with its columns.
    pub(crate) async fn readables(&self) -> Result<Vec<Readable>, DatabaseFailed> {
        let doing = || "listing what can be read".to_owned();
        let mut found: Vec<Readable> = Vec::new();
        for row in self
            .client
            .query(RELATIONS, &[&not_production()])
            .await
            .map_err(failed(doing))?
        {
            let name = TableName::new(row.get::<_, String>(0), row.get::<_, String>(1));
            if found.last().is_none_or(|last| last.name != name) {
                found.push(Readable {
                    name,
                    columns: Vec::new(),
                });
            }
            let column = ReadableColumn {
                name: row.get(2),
                bytes: row.get(3),
                plain: row.get(4),
                key: row.get(5),
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
        let list = columns.iter().map(|column| {
            let name = ident(&column.name);
            if column.bytes {
                format!("encode({name}, 'escape')")
            } else {
                format!("{name}::text")
            }
        });
        let list = list.collect::<Vec<_>>().join(", ");
        let sql = format!("COPY (SELECT {list} FROM ONLY {}) TO STDOUT", table(&from.name));
        let out = self.client.copy_out(&sql).await.map_err(failed(doing))?;
        pin_mut!(out);
        let mut rows = copy::Rows::default();
        while let Some(chunk) = out.next().await {
            rows.push(&chunk.map_err(failed(doing))?, |row| {
                let values: Row = copy::fields(row)
                    .map(|field| field.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
                    .collect();
                each(&values)
            })?;
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

    pub(crate) async fn count(&self, name: &TableName) -> Result<u64, DatabaseFailed> {
        let sql = format!("SELECT count(*) FROM ONLY {}", table(name));
        Ok(self
            .number(&format!("counting the rows of `{name}`"), &sql)
            .await?
            .unsigned_abs())
    }

    /// The schema as sorted lines.
    pub(crate) async fn schema_lines(&self) -> Result<Vec<String>, DatabaseFailed> {
        let doing = || "reading the schema".to_owned();
        let names = not_production();
        let ours = self.client.query("SELECT oid FROM pg_namespace WHERE nspname <> ALL ($1) AND nspname NOT LIKE 'pg\\_temp%' AND nspname NOT LIKE 'pg\\_toast%'", &[&names]).await;
        let namespaces: Vec<u32> = ours
            .map_err(failed(doing))?
            .iter()
            .map(|row| row.get(0))
            .collect();
        let mut lines = Vec::new();
        for query in SCHEMA {
            let rows = self
                .client
                .query(*query, &[&namespaces])
                .await
                .map_err(failed(doing))?;
            lines.extend(rows.iter().filter_map(|row| row.get::<_, Option<String>>(0)));
        }
        lines.sort();
        Ok(lines)
    }

    /// What the planner's statistics remember of a column's values.
    pub(crate) async fn remembered(&self) -> Result<Vec<(TableName, String, String)>, DatabaseFailed> {
        let names = our_schemas();
        let sql = format!(
            "SELECT schemaname::text, tablename::text, attname::text, unnest(coalesce(most_common_vals::text::text[], '{{}}') \
             || coalesce(histogram_bounds::text::text[], '{{}}')) FROM pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema', {names}) \
             AND array_ndims(coalesce(most_common_vals, histogram_bounds)::text::text[]) = 1"
        );
        let rows = self.rows("reading the planner's statistics", &sql).await?;
        Ok(rows
            .iter()
            .map(|row| {
                (
                    TableName::new(row.get::<_, String>(0), row.get::<_, String>(1)),
                    row.get(2),
                    row.get(3),
                )
            })
            .collect())
    }

    /// Keeps what `verify` must know in a schema of its own, for a task that has not been started yet.
    pub(crate) async fn save_notes(&self, notes: &[u8]) -> Result<(), DatabaseFailed> {
        let doing = || "keeping notes for the verification".to_owned();
        self.run(
            &doing(),
            "DROP SCHEMA IF EXISTS doppel_verify CASCADE; CREATE SCHEMA doppel_verify; \
            CREATE TABLE doppel_verify.notes (part int4 PRIMARY KEY, body bytea NOT NULL)",
        )
        .await?;
        for (part, body) in (0_i32..).zip(notes.chunks(512 * 1024)) {
            let insert = "INSERT INTO doppel_verify.notes VALUES ($1, $2)";
            self.client
                .execute(insert, &[&part, &body])
                .await
                .map_err(failed(doing))?;
        }
        Ok(())
    }

    pub(crate) async fn load_notes(&self) -> Result<Option<Vec<u8>>, DatabaseFailed> {
        let doing = "reading notes for the verification";
        if self
            .number(
                doing,
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'doppel_verify'",
            )
            .await?
            == 0
        {
            return Ok(None);
        }
        let parts = self
            .rows(doing, "SELECT body FROM doppel_verify.notes ORDER BY part")
            .await?;
        Ok(Some(
            parts.iter().flat_map(|row| row.get::<_, Vec<u8>>(0)).collect(),
        ))
    }

    pub(crate) async fn drop_notes(&self) -> Result<(), DatabaseFailed> {
        self.run(
            "dropping the verification's notes",
            "DROP SCHEMA IF EXISTS doppel_verify CASCADE",
        )
        .await
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

/// Our schemas, as SQL's `IN` wants them.
fn our_schemas() -> String {
    super::OURS
        .iter()
        .map(|name| literal(name))
        .collect::<Vec<_>>()
        .join(", ")
}
