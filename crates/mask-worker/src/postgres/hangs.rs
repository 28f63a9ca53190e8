//! What hangs on a table and forbids a method, read from PostgreSQL's own record of dependencies. What is not known
//! to be harmless, or to be put aside and back, forbids.

use std::collections::HashMap;

use masking::{Dependent, Forbids, Table};

use super::{Postgres, failed};
use crate::error::DatabaseFailed;

/// Rows of: table, column, what, what it forbids. `$1` are the tables. What hangs on a partitioned table hangs on all
/// its partitions.
const HANGS: &str = "
WITH RECURSIVE up AS (
    SELECT oid AS leaf, oid AS rel FROM unnest($1::oid[]) oid
    UNION ALL SELECT up.leaf, i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.rel JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p'),
bound AS (
    SELECT up.leaf, up.rel, d.classid, d.objid, d.objsubid, d.refobjsubid, d.deptype, a.attname::text AS attname
    FROM up JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = up.rel
    LEFT JOIN pg_attribute a ON a.attrelid = up.rel AND a.attnum = d.refobjsubid AND d.refobjsubid > 0),
old AS (SELECT c.*, t.typarray FROM pg_class c LEFT JOIN pg_type t ON t.oid = c.reltype WHERE c.oid = ANY ($1::oid[])),
computed AS (
    SELECT b.leaf, b.attname, format('generated column %I', g.attname) AS what FROM bound b
    LEFT JOIN pg_attrdef f ON b.classid = 'pg_attrdef'::regclass AND f.oid = b.objid
    JOIN pg_attribute g ON g.attrelid = b.rel AND g.attgenerated <> '' AND g.attnum <> b.refobjsubid
        AND g.attnum = CASE WHEN f.oid IS NOT NULL THEN f.adnum WHEN b.classid = 'pg_class'::regclass AND b.objid = b.rel THEN b.objsubid END
    WHERE b.refobjsubid > 0),
readers AS (
    SELECT b.leaf, b.attname, CASE WHEN b.classid = 'pg_proc'::regclass THEN 'function ' || b.objid::regprocedure
        ELSE 'materialized view ' || v.oid::regclass END AS what
    FROM bound b LEFT JOIN pg_rewrite r ON b.classid = 'pg_rewrite'::regclass AND r.oid = b.objid
    LEFT JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'm'
    WHERE (b.classid = 'pg_proc'::regclass OR v.oid IS NOT NULL)),
strangers AS (
    SELECT b.leaf, pg_describe_object(b.classid, b.objid, b.objsubid) AS what FROM bound b
    WHERE b.deptype <> 'e' AND b.classid NOT IN ('pg_class'::regclass, 'pg_attrdef'::regclass, 'pg_rewrite'::regclass, 'pg_proc'::regclass,
        'pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass,
        'pg_type'::regclass)),
typed AS (
    SELECT old.oid AS leaf, d.classid, pg_describe_object(d.classid, d.objid, d.objsubid) AS what FROM old
    JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (old.reltype, old.typarray) AND d.deptype <> 'i' AND d.refobjid <> 0),
sequences AS (
    SELECT old.oid AS leaf, pg_describe_object(d.classid, d.objid, d.objsubid) AS what FROM old
    JOIN pg_depend s ON s.refclassid = 'pg_class'::regclass AND s.refobjid = old.oid AND s.classid = 'pg_class'::regclass AND s.deptype = 'i' AND s.refobjsubid > 0
    JOIN pg_sequence q ON q.seqrelid = s.objid
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.objid AND d.deptype <> 'i')
SELECT leaf, attname, what, 'alter' FROM computed
UNION SELECT leaf, attname, what, 'alter' FROM readers WHERE attname IS NOT NULL
UNION SELECT leaf, NULL, what, 'swap' FROM readers
UNION SELECT leaf, NULL, what, 'both' FROM strangers
UNION SELECT leaf, NULL, 'its row type, used by ' || what, CASE classid WHEN 'pg_class'::regclass THEN 'both' ELSE 'swap' END FROM typed
UNION SELECT leaf, NULL, 'its sequence, used by ' || what, 'swap' FROM sequences
UNION SELECT leaf, attname, 'the partition key', 'alter' FROM bound WHERE classid = 'pg_class'::regclass AND objid = rel AND objsubid = 0 AND attname IS NOT NULL
UNION SELECT old.oid, NULL, 'it is a partition of ' || i.inhparent::regclass, 'swap' FROM old JOIN pg_inherits i ON i.inhrelid = old.oid
UNION SELECT old.oid, NULL, 'it inherits from ' || p.oid::regclass, 'both' FROM old JOIN pg_inherits i ON i.inhrelid = old.oid
    JOIN pg_class p ON p.oid = i.inhparent AND p.relkind <> 'p'
UNION SELECT old.oid, NULL, i.inhrelid::regclass || ' inherits from it', 'both' FROM old JOIN pg_inherits i ON i.inhparent = old.oid AND old.relkind <> 'p'
UNION SELECT oid, NULL, 'it is a table of type ' || reloftype::regtype, 'both' FROM old WHERE reloftype <> 0
UNION SELECT old.oid, NULL, 'it belongs to an extension', 'swap' FROM old JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = old.oid AND d.deptype = 'e'
UNION SELECT oid, NULL, 'it lies in a tablespace of its own', 'swap' FROM old WHERE reltablespace <> 0
    OR EXISTS (SELECT 1 FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = old.oid AND x.reltablespace <> 0)
UNION SELECT oid, NULL, 'its index ' || i.indexrelid::regclass || ' is not valid', 'swap' FROM old JOIN pg_index i ON i.indrelid = old.oid AND NOT i.indisvalid
UNION SELECT oid, NULL, 'rights on it come from another than its owner', 'swap' FROM old WHERE EXISTS (
    SELECT 1 FROM aclexplode(relacl) x WHERE x.grantor <> relowner
    UNION ALL SELECT 1 FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = old.oid AND x.grantor <> relowner)
UNION SELECT oid, NULL, 'its owner may create nothing in its schema', 'swap' FROM old WHERE NOT has_schema_privilege(relowner, relnamespace, 'CREATE')
UNION SELECT oid, NULL, 'new tables of this user get rights by default', 'swap' FROM old
    WHERE EXISTS (SELECT 1 FROM pg_default_acl WHERE defaclrole = current_user::regrole AND defaclobjtype IN ('r', 'S'))
UNION SELECT objoid, NULL, 'it has a security label', 'swap' FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = ANY ($1::oid[])
ORDER BY 1, 2, 3";

impl Postgres {
    /// Notes with each table what hangs on it.
    pub(super) async fn note_dependents(
        &self,
        tables: &mut HashMap<u32, Table>,
    ) -> Result<(), DatabaseFailed> {
        let oids: Vec<u32> = tables.keys().copied().collect();
        let rows = self
            .client
            .query(HANGS, &[&oids])
            .await
            .map_err(failed(|| "reading what hangs on the tables".to_owned()))?;
        for row in rows {
            let forbids = match row.get(3) {
                "alter" => Forbids::Alter,
                "swap" => Forbids::Swap,
                _ => Forbids::Both,
            };
            if let Some(table) = tables.get_mut(&row.get(0)) {
                table.dependents.push(Dependent {
                    what: row.get(2),
                    column: row.get(1),
                    forbids,
                });
            }
        }
        Ok(())
    }
}
