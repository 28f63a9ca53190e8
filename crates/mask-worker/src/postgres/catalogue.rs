//! The schema, read from PostgreSQL's catalogue.

use std::collections::HashMap;

use masking::{Column, Engine, ForeignKey, Kind, Schema, Table, TableKind, TableName, Unique};
use tokio_postgres::Row;

use super::{OURS, Postgres};
use crate::error::DatabaseFailed;

/// Every relation that can hold rows, but the engine's own and ours. A partition's root is its topmost parent. On every
/// level above it a column may choose the partition, by itself or inside an expression: such a column depends on its table.
const TABLES: &str = "
WITH RECURSIVE up AS (
    SELECT inhrelid AS child, inhparent AS parent, 1 AS height FROM pg_inherits
    UNION ALL SELECT up.child, i.inhparent, up.height + 1 FROM up JOIN pg_inherits i ON i.inhrelid = up.parent),
roots AS (SELECT DISTINCT ON (child) child, parent FROM up ORDER BY child, height DESC)
SELECT c.oid, n.nspname, c.relname, c.relkind::text, greatest(c.reltuples, 0)::int8, pn.nspname, pc.relname,
    ARRAY(SELECT DISTINCT a.attname FROM pg_partitioned_table p
          JOIN pg_depend d ON d.objid = p.partrelid AND d.refobjid = p.partrelid AND d.deptype = 'i' AND d.objsubid > 0 AND d.refobjsubid = 0
              AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
          JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = d.objsubid
          WHERE p.partrelid = c.oid OR p.partrelid IN (SELECT up.parent FROM up WHERE up.child = c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN roots ON roots.child = c.oid LEFT JOIN pg_class pc ON pc.oid = roots.parent
LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND n.nspname <> ALL ($1)
ORDER BY n.nspname, c.relname";

/// Every column, its domain followed to the base type, its array to the element's type.
const COLUMNS: &str = "
WITH RECURSIVE based AS (
    SELECT oid AS start, oid, typtype, typbasetype, typtypmod FROM pg_type
    UNION ALL SELECT b.start, t.oid, t.typtype, t.typbasetype, CASE WHEN b.typtypmod >= 0 THEN b.typtypmod ELSE t.typtypmod END
    FROM based b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'),
base AS (SELECT start, oid, typtypmod FROM based WHERE typtype <> 'd')
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), e.typname, e.typtype::text,
    t.typcategory = 'A' AND t.typelem <> 0, NOT (a.attnotnull OR EXISTS (SELECT 1 FROM pg_type d WHERE d.oid = a.atttypid AND d.typnotnull)),
    CASE WHEN a.atttypmod >= 0 THEN a.atttypmod ELSE base.typtypmod END,
    a.attgenerated <> '', coalesce(NOT co.collisdeterministic, false),
    ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = e.oid ORDER BY enumsortorder)
FROM pg_attribute a JOIN base ON base.start = a.atttypid JOIN pg_type t ON t.oid = base.oid
JOIN base eb ON eb.start = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
JOIN pg_type e ON e.oid = eb.oid LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY ($1) ORDER BY a.attrelid, a.attnum";

/// Unique and exclusion indexes with every column that they speak of, inside expressions too, but not those that are only
/// carried along.
const UNIQUES: &str = "
SELECT i.indrelid, ic.relname, i.indisprimary, array_agg(DISTINCT a.attname::text)
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum > 0 AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
    OR (a.attnum <> ALL (i.indkey::int2[]) AND EXISTS (
        SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum)))
WHERE (i.indisunique OR i.indisexclusion) AND i.indrelid = ANY ($1) GROUP BY 1, 2, 3";

const FOREIGN_KEYS: &str = "
SELECT c.conname, n.nspname, r.relname, fn.nspname, fr.relname,
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY o),
    ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, o) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY o)
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
JOIN pg_class fr ON fr.oid = c.confrelid JOIN pg_namespace fn ON fn.oid = fr.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0 ORDER BY 2, 3, 1";

impl Postgres {
    pub(crate) async fn schema(&self) -> Result<Schema, DatabaseFailed> {
        let doing = || "reading the catalogue".to_owned();
        let rows = self
            .client
            .query(TABLES, &[&not_production()])
            .await
            .map_err(super::failed(doing))?;
        let oids: Vec<u32> = rows.iter().map(|row| row.get(0)).collect();
        let mut tables: HashMap<u32, Table> = rows.iter().map(|row| (row.get(0), read_table(row))).collect();
        for row in self
            .client
            .query(COLUMNS, &[&oids])
            .await
            .map_err(super::failed(doing))?
        {
            if let Some(table) = tables.get_mut(&row.get(0)) {
                table.columns.push(read_column(&row));
            }
        }
        for row in self
            .client
            .query(UNIQUES, &[&oids])
            .await
            .map_err(super::failed(doing))?
        {
            if let Some(table) = tables.get_mut(&row.get(0)) {
                let unique = Unique {
                    name: row.get(1),
                    columns: row.get(3),
                };
                if row.get(2) {
                    table.primary_key.clone_from(&unique.columns);
                }
                table.uniques.push(unique);
            }
        }
        self.note_dependents(&mut tables).await?;
        let foreign_keys = self
            .rows(&doing(), FOREIGN_KEYS)
            .await?
            .iter()
            .map(read_foreign_key)
            .collect();
        let large_objects = self
            .number(&doing(), "SELECT count(*) FROM pg_largeobject_metadata")
            .await?;
        Ok(Schema {
            engine: Engine::Postgres,
            tables: oids.iter().filter_map(|oid| tables.remove(oid)).collect(),
            foreign_keys,
            large_objects: large_objects.unsigned_abs(),
        })
    }
}

/// Schemas that hold nothing of production.
pub(super) fn not_production() -> Vec<String> {
    ["pg_catalog", "information_schema", "pg_toast"]
        .iter()
        .chain(OURS)
        .map(|name| (*name).to_owned())
        .collect()
}

fn read_table(row: &Row) -> Table {
    let kind: String = row.get(3);
    let parent: Option<String> = row.get(6);
    Table {
        name: TableName::new(row.get::<_, String>(1), row.get::<_, String>(2)),
        kind: match kind.as_str() {
            "p" => TableKind::Partitioned,
            "f" => TableKind::Foreign,
            _ => TableKind::Base,
        },
        parent: parent.map(|table| TableName::new(row.get::<_, String>(5), table)),
        columns: Vec::new(),
        primary_key: Vec::new(),
        uniques: Vec::new(),
        partition_key: row.get(7),
        rows: row.get::<_, i64>(4).unsigned_abs(),
        dependents: Vec::new(),
    }
}

fn read_column(row: &Row) -> Column {
    let (type_name, class, modifier): (String, String, i32) = (row.get(3), row.get(4), row.get(7));
    let kind = kind(&type_name, &class);
    let limited = matches!(type_name.as_str(), "varchar" | "bpchar") && modifier >= 4;
    Column {
        name: row.get(1),
        type_name: row.get(2),
        kind,
        array: row.get(5),
        nullable: row.get(6),
        max_length: match type_name.as_str() {
            _ if limited => usize::try_from(modifier - 4).ok(),
            "name" => Some(63),
            "char" => Some(1),
            _ => None,
        },
        generated: row.get(8),
        labels: row.get(10),
        case_insensitive: type_name == "citext" || row.get(9),
        narrow_charset: false,
    }
}

fn kind(type_name: &str, class: &str) -> Kind {
    match type_name {
        _ if class == "e" => Kind::Enum,
        "text" | "varchar" | "bpchar" | "citext" | "name" | "char" => Kind::Text,
        "int2" | "int4" | "int8" | "oid" => Kind::Integer,
        "numeric" | "float4" | "float8" | "money" => Kind::Number,
        "bool" | "bit" | "varbit" => Kind::Bool,
        "date" => Kind::Date,
        "timestamp" | "timestamptz" => Kind::Timestamp,
        "time" | "timetz" => Kind::Time,
        "json" | "jsonb" => Kind::Json,
        "uuid" => Kind::Uuid,
        "inet" | "cidr" => Kind::Inet,
        "bytea" => Kind::Bytes,
        "tsvector" => Kind::TsVector,
        "vector" | "halfvec" => Kind::Vector,
        "hstore" => Kind::Hstore,
        "xml" => Kind::Xml,
        _ if class == "r" || class == "m" => Kind::Range,
        _ => Kind::Other,
    }
}

fn read_foreign_key(row: &Row) -> ForeignKey {
    ForeignKey {
        name: row.get(0),
        table: TableName::new(row.get::<_, String>(1), row.get::<_, String>(2)),
        to: TableName::new(row.get::<_, String>(3), row.get::<_, String>(4)),
        columns: row.get(5),
        to_columns: row.get(6),
    }
}
