//! Everything that a new table needs in order to take an old one's place: its statements are written by the server,
//! from the catalogue, before the first row is read.
//!
//! The old table is dropped without CASCADE: what hangs on it and was neither put aside nor known here makes the drop
//! fail, and with it the run. Policies, triggers, rules, statistics objects, publications, views and foreign keys are
//! put aside before and put back after all tables are masked.

use masking::TableName;

use super::{Postgres, failed, ident, table};
use crate::error::DatabaseFailed;

/// The statements that replace a table, in the order in which they are carried out.
pub(super) struct Blueprint {
    /// The new table's name until it takes the old one's.
    pub(super) new_name: String,
    /// Create it, with all that COPY must see: defaults, generated columns, storage, checks.
    pub(super) create: Vec<String>,
    /// Drop the old table; name, owner, identity, sequences, rights and comments go to the new one.
    pub(super) swap: Vec<String>,
    /// One index each, the largest first.
    pub(super) indexes: Vec<String>,
    /// Constraints over the indexes, and what names an index.
    pub(super) finish: Vec<String>,
    /// The old table's pages.
    pub(super) pages: i64,
    /// The server's version, as `server_version_num`.
    pub(super) version: i64,
}

/// `$1` is the old table, `$2` the name of the new one.
const CREATE: &str = "
SELECT format('CREATE %s TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMMENTS %s) USING %I %s',
    CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE '' END, $2::text, c.oid::regclass,
    CASE WHEN current_setting('server_version_num')::int >= 140000 THEN 'INCLUDING COMPRESSION' ELSE '' END, am.amname,
    (SELECT 'WITH (' || string_agg(format('%s%I=%L', part, option_name, option_value), ', ' ORDER BY part, n) || ')'
     FROM (SELECT '' AS part, o.* FROM pg_options_to_table(c.reloptions) WITH ORDINALITY o(option_name, option_value, n)
           UNION ALL SELECT 'toast.', o.* FROM pg_class t, pg_options_to_table(t.reloptions) WITH ORDINALITY o(option_name, option_value, n)
           WHERE t.oid = c.reltoastrelid) options))
FROM pg_class c JOIN pg_am am ON am.oid = c.relam WHERE c.oid = $1::text::regclass
UNION ALL
(SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2::text, conname, pg_get_constraintdef(oid))
 FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'c' AND convalidated ORDER BY oid)
UNION ALL
(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', $2::text, attname, attstattarget)
 FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attstattarget >= 0 ORDER BY attnum)
UNION ALL
(SELECT format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', $2::text, attname,
     (SELECT string_agg(format('%I=%L', option_name, option_value), ', ') FROM pg_options_to_table(attoptions)))
 FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attoptions IS NOT NULL ORDER BY attnum)";

/// The old table goes, the new one takes its schema, name and owner. Sequences that a column owns are let go before.
/// `$3` is the bare name that the new table has before.
const SWAP: &str = "
WITH old AS (SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::text::regclass),
owned AS (SELECT s.objid AS seq, a.attname FROM old, pg_depend s JOIN pg_attribute a ON a.attrelid = s.refobjid AND a.attnum = s.refobjsubid
    WHERE s.classid = 'pg_class'::regclass AND s.refclassid = 'pg_class'::regclass AND s.refobjid = old.oid AND s.deptype = 'a'
      AND (SELECT relkind FROM pg_class WHERE oid = s.objid) = 'S')
SELECT statement FROM (
SELECT 1 AS step, 0 AS n, format('ALTER SEQUENCE %s OWNED BY NONE', seq::regclass) AS statement FROM owned
UNION ALL SELECT 2, 0, format('DROP TABLE %s', $1::text) FROM old
UNION ALL SELECT 3, 0, format('ALTER TABLE %s SET SCHEMA %I', $2::text, nspname) FROM old
UNION ALL SELECT 4, 0, format('ALTER TABLE %I.%I RENAME TO %I', nspname, $3::text, relname) FROM old
UNION ALL SELECT 5, 0, format('ALTER TABLE %s OWNER TO %I', $1::text, pg_get_userbyid(relowner)) FROM old
UNION ALL SELECT 6, 0, format('ALTER SEQUENCE %s OWNED BY %s.%I', seq::regclass, $1::text, attname) FROM owned
UNION ALL SELECT 7, 0, format('COMMENT ON TABLE %s IS %L', $1::text, obj_description(oid, 'pg_class')) FROM old
    WHERE obj_description(oid, 'pg_class') IS NOT NULL
UNION ALL SELECT 8, 0, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', $1::text) FROM old WHERE relrowsecurity
UNION ALL SELECT 9, 0, format('ALTER TABLE %s REPLICA IDENTITY %s', $1::text, CASE relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END)
    FROM old WHERE relreplident IN ('f', 'n')
UNION ALL SELECT 10, k.oid::int8, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $1::text, k.conname, pg_get_constraintdef(k.oid))
    FROM old JOIN pg_constraint k ON k.conrelid = old.oid WHERE k.contype = 'c' AND NOT k.convalidated
UNION ALL SELECT 11, k.oid::int8, format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, $1::text, obj_description(k.oid, 'pg_constraint'))
    FROM old JOIN pg_constraint k ON k.conrelid = old.oid WHERE k.contype = 'c' AND obj_description(k.oid, 'pg_constraint') IS NOT NULL
) steps ORDER BY step, n";

/// Rights on a relation and its columns, given in the order in which they were. `$1` are relations.
const RIGHTS: &str = "
WITH rel AS (SELECT c.oid, c.relacl, c.relowner, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
    FROM pg_class c WHERE c.oid = ANY ($1::text[]::regclass[])),
given AS (
    SELECT rel.oid, kind, 0 AS attnum, NULL::text AS attname, u.n, x.* FROM rel, unnest(relacl) WITH ORDINALITY u(item, n), aclexplode(ARRAY[u.item]) x
    UNION ALL
    SELECT rel.oid, kind, a.attnum, a.attname, u.n, x.* FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND NOT a.attisdropped,
        unnest(a.attacl) WITH ORDINALITY u(item, n), aclexplode(ARRAY[u.item]) x)
SELECT statement FROM (
SELECT oid, -1 AS attnum, 0 AS n, format('REVOKE ALL ON %s %s FROM %I', kind, oid::regclass, pg_get_userbyid(relowner)) AS statement
    FROM rel WHERE relacl IS NOT NULL
UNION ALL
SELECT oid, attnum, n, format('GRANT %s ON %s %s TO %s%s',
    string_agg(privilege_type || coalesce(' (' || quote_ident(attname) || ')', ''), ', '), kind, oid::regclass,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM given GROUP BY oid, kind, attnum, attname, n, grantee, is_grantable) steps ORDER BY oid, attnum, n";

/// Identity columns: their sequences are the old table's own and go with it.
const IDENTITIES: &str = "
SELECT s.seqrelid::regclass::text, format('ALTER TABLE %s ALTER COLUMN %I ADD GENERATED %s AS IDENTITY
    (SEQUENCE NAME %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s)', $1::text, a.attname,
    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.seqrelid::regclass, s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
    s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END),
    format('COMMENT ON SEQUENCE %s IS %L', s.seqrelid::regclass, obj_description(s.seqrelid, 'pg_class'))
FROM pg_attribute a JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
    AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
JOIN pg_sequence s ON s.seqrelid = d.objid
WHERE a.attrelid = $1::text::regclass AND a.attidentity <> '' ORDER BY a.attnum";

/// Every index but those of exclusion constraints, which are built with their constraint.
const INDEXES: &str = "
SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = $1::text::regclass AND NOT i.indisexclusion
ORDER BY pg_relation_size(i.indexrelid) DESC, i.indexrelid";

/// What needs the indexes.
const FINISH: &str = "
SELECT statement FROM (
SELECT 1 AS step, k.oid AS n, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $1::text, k.conname, CASE k.contype
        WHEN 'x' THEN pg_get_constraintdef(k.oid)
        ELSE format('%s USING INDEX %I%s%s', CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, c.relname,
            CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END, CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END) END) AS statement
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conindid WHERE k.conrelid = $1::text::regclass AND k.contype IN ('p', 'u', 'x')
UNION ALL SELECT 2, k.oid, format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, $1::text, obj_description(k.oid, 'pg_constraint'))
    FROM pg_constraint k WHERE k.conrelid = $1::text::regclass AND k.contype IN ('p', 'u', 'x') AND obj_description(k.oid, 'pg_constraint') IS NOT NULL
UNION ALL SELECT 3, i.indexrelid, format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class'))
    FROM pg_index i WHERE i.indrelid = $1::text::regclass AND obj_description(i.indexrelid, 'pg_class') IS NOT NULL
UNION ALL SELECT 4, i.indexrelid, format('ALTER TABLE %s CLUSTER ON %I', $1::text, c.relname)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::text::regclass AND i.indisclustered
UNION ALL SELECT 5, i.indexrelid, format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', $1::text, c.relname)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::text::regclass AND i.indisreplident
) steps ORDER BY step, n";

impl Blueprint {
    /// Reads how the table is made.
    pub(super) async fn read(db: &Postgres, name: &TableName) -> Result<Self, DatabaseFailed> {
        let old = table(name);
        let doing = || format!("reading how `{name}` is made");
        let size = "SELECT c.oid, pg_relation_size(c.oid) / 8192, current_setting('server_version_num')::int8 \
                    FROM pg_class c WHERE c.oid = $1::text::regclass";
        let row = db.client.query_one(size, &[&old]).await.map_err(failed(doing))?;
        let (oid, pages, version): (u32, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let bare = format!("doppel {oid}");
        let new_name = format!("doppel_mask.{}", ident(&bare));
        let create = db.statements(&doing(), CREATE, &[&old, &new_name]).await?;
        let mut swap = db.statements(&doing(), SWAP, &[&old, &new_name, &bare]).await?;
        let mut relations = vec![old.clone()];
        for row in db
            .client
            .query(IDENTITIES, &[&old])
            .await
            .map_err(failed(doing))?
        {
            let (sequence, add, comment): (String, String, Option<String>) =
                (row.get(0), row.get(1), row.get(2));
            let state = format!(
                "SELECT format('SELECT setval(%L, %s, %L)', '{}', last_value, is_called) FROM {sequence}",
                sequence.replace('\'', "''")
            );
            swap.push(add);
            swap.extend(db.texts(&doing(), &state).await?);
            swap.extend(comment.filter(|comment| !comment.ends_with(" IS NULL")));
            relations.push(sequence);
        }
        swap.extend(db.listed(&doing(), RIGHTS, &relations).await?);
        let mut finish = db.statements(&doing(), FINISH, &[&old]).await?;
        finish.extend(db.index_targets(std::slice::from_ref(name)).await?);
        Ok(Self {
            create,
            swap,
            indexes: db.statements(&doing(), INDEXES, &[&old]).await?,
            finish,
            new_name,
            pages,
            version,
        })
    }
}

impl Postgres {
    async fn statements(
        &self,
        doing: &str,
        sql: &str,
        about: &[&String],
    ) -> Result<Vec<String>, DatabaseFailed> {
        let about: Vec<_> = about
            .iter()
            .map(|text| *text as &(dyn tokio_postgres::types::ToSql + Sync))
            .collect();
        let rows = self
            .client
            .query(sql, &about)
            .await
            .map_err(failed(|| doing.to_owned()))?;
        Ok(rows.iter().filter_map(|row| row.get(0)).collect())
    }
}
