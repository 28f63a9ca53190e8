//! What stands in the way of rewriting a table, put aside and put back as it was. Each comes as statements that the
//! server writes from its catalogue: one that puts it aside, one that brings it back, one for its comment.
//!
//! Views stay: in the meantime they show typed NULLs, so that nothing hangs on the tables behind them, and keep their
//! identity, rights and comments.

use masking::{Classified, Method, Schema, TableName, TablePlan};
use tokio_postgres::Row;

use super::crew::Crew;
use super::{Postgres, failed};
use crate::error::Error;

/// A statement that puts something aside, and those that bring it back.
struct Aside {
    away: Option<String>,
    back: String,
    comment: Option<String>,
    /// What only reads: it may run beside others, after everything is back.
    check: Option<String>,
}

/// Everything that was put aside.
pub(super) struct Dependents {
    asides: Vec<Aside>,
}

/// The tables that queries are asked about, by what happens to them.
struct Touched {
    /// `$1`: a new table takes their place.
    swapped: Vec<String>,
    /// `$2`: they are emptied, and perhaps filled again.
    refilled: Vec<String>,
    /// `$3` and `$4`, side by side: columns whose type is set anew.
    altered: Vec<String>,
    columns: Vec<String>,
}

/// Relations and columns as numbers; every query begins with it. What is altered is altered from the root of its
/// partitions, and a foreign key of a partition is a part of its parent's.
const TOUCHED: &str = "
WITH RECURSIVE swapped AS (SELECT t::regclass AS rel FROM unnest($1::text[]) t),
refilled AS (SELECT t::regclass AS rel FROM unnest($2::text[]) t),
named AS (SELECT x.t::regclass::oid AS rel, x.c FROM unnest($3::text[], $4::text[]) x(t, c)
    UNION SELECT i.inhparent, named.c FROM named JOIN pg_inherits i ON i.inhrelid = named.rel JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'p'),
altered AS (SELECT a.attrelid AS rel, a.attnum FROM named JOIN pg_attribute a ON a.attrelid = named.rel AND a.attname = named.c),
keys AS (SELECT oid AS top, oid, conrelid, confrelid, conkey, confkey FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
    UNION ALL SELECT keys.top, p.oid, p.conrelid, p.confrelid, p.conkey, p.confkey FROM keys JOIN pg_constraint p ON p.conparentid = keys.oid AND p.contype = 'f'),
bound AS (SELECT d.classid, d.objid FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.deptype <> 'i'
    AND (d.refobjid IN (SELECT rel FROM swapped) OR (d.refobjid, d.refobjsubid) IN (SELECT rel, attnum FROM altered)))";

/// Foreign keys that touch a table on either side. They come back unchecked and are then checked side by side; those
/// of partitioned tables cannot.
const FOREIGN_KEYS: &str = "
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid), CASE WHEN apart THEN ' NOT VALID' END),
       'COMMENT ON CONSTRAINT ' || quote_ident(c.conname) || ' ON ' || c.conrelid::regclass || ' IS '
           || quote_literal(obj_description(c.oid, 'pg_constraint')),
       CASE WHEN apart THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I', c.conrelid::regclass, c.conname) END
FROM (SELECT c.*, c.convalidated AND r.relkind = 'r' AS apart FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid) c
WHERE c.oid IN (
    SELECT k.top FROM keys k, (SELECT rel FROM swapped UNION SELECT rel FROM refilled) t WHERE t.rel IN (k.conrelid, k.confrelid)
    UNION SELECT k.top FROM keys k, altered t
    WHERE (t.rel = k.conrelid AND t.attnum = ANY (k.conkey)) OR (t.rel = k.confrelid AND t.attnum = ANY (k.confkey)))
ORDER BY c.conrelid, c.conname";

/// Publications that name a table; with a list of columns or a condition (PostgreSQL 15) they hang on its columns.
const PUBLICATIONS: &str = "
SELECT format('ALTER PUBLICATION %I DROP TABLE ONLY %s', p.pubname, r.prrelid::regclass),
       format('ALTER PUBLICATION %I ADD TABLE ONLY %s', p.pubname, r.prrelid::regclass)
           || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a
                        WHERE a.attrelid = r.prrelid AND a.attnum = ANY ({columns})), '')
           || coalesce(' WHERE (' || {condition} || ')', ''), NULL, NULL
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid IN (SELECT rel FROM swapped UNION SELECT rel FROM altered)";

/// Extended statistics: a change of type would give them another owner and forget their targets.
const STATISTICS: &str = "
SELECT format('DROP STATISTICS %I.%I', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid)
           || format('; ALTER STATISTICS %I.%I OWNER TO %I', n.nspname, s.stxname, pg_get_userbyid(s.stxowner))
           || CASE WHEN s.stxstattarget >= 0 THEN format('; ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget) ELSE '' END,
       format('COMMENT ON STATISTICS %I.%I IS ', n.nspname, s.stxname) || quote_literal(obj_description(s.oid, 'pg_statistic_ext')), NULL
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE s.stxrelid IN (SELECT rel FROM swapped UNION SELECT rel FROM altered) ORDER BY s.oid";

/// Triggers that go with their table, or that a masked column forbids. A partition's follow those of its root.
const TRIGGERS: &str = "
SELECT CASE WHEN t.tgparentid = 0 THEN format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) END,
       concat_ws('; ', CASE WHEN t.tgparentid = 0 THEN pg_get_triggerdef(t.oid) END,
           format('ALTER TABLE ONLY %s %s TRIGGER %I', t.tgrelid::regclass,
               CASE t.tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END, t.tgname)),
       format('COMMENT ON TRIGGER %I ON %s IS ', t.tgname, t.tgrelid::regclass) || quote_literal(obj_description(t.oid, 'pg_trigger')), NULL
FROM pg_trigger t WHERE NOT t.tgisinternal AND (t.tgrelid IN (SELECT rel FROM swapped)
    OR (t.tgrelid IN (SELECT rel FROM altered) AND (cardinality(t.tgattr::int2[]) > 0 OR t.tgqual IS NOT NULL)))
ORDER BY t.tgparentid <> 0 DESC, t.tgrelid, t.tgname";

/// Triggers of a table that is filled again: silent in the meantime.
const SILENT_TRIGGERS: &str = "
SELECT format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname),
       format('ALTER TABLE ONLY %s ENABLE %s TRIGGER %I', t.tgrelid::regclass,
           CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.tgname), NULL, NULL
FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgrelid IN (SELECT rel FROM refilled)
ORDER BY t.tgrelid, t.tgname";

/// Rewrite rules that speak of a table or of a masked column.
const RULES: &str = "
SELECT format('DROP RULE %I ON %s', r.rulename, r.ev_class::regclass),
       pg_get_ruledef(r.oid) || CASE WHEN r.ev_enabled <> 'O' THEN format(' ALTER TABLE %s %s RULE %I', r.ev_class::regclass,
           CASE r.ev_enabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'DISABLE' END, r.rulename) ELSE '' END,
       format('COMMENT ON RULE %I ON %s IS ', r.rulename, r.ev_class::regclass) || quote_literal(obj_description(r.oid, 'pg_rewrite')), NULL
FROM pg_rewrite r WHERE r.rulename <> '_RETURN' AND (r.ev_class IN (SELECT rel FROM swapped)
    OR r.oid IN (SELECT objid FROM bound WHERE classid = 'pg_rewrite'::regclass)) ORDER BY r.oid";

/// Rules of a table that is filled again: they would turn our statements into others.
const SILENT_RULES: &str = "
SELECT format('ALTER TABLE %s DISABLE RULE %I', r.ev_class::regclass, r.rulename),
       format('ALTER TABLE %s ENABLE %s RULE %I', r.ev_class::regclass,
           CASE r.ev_enabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, r.rulename), NULL, NULL
FROM pg_rewrite r WHERE r.ev_enabled <> 'D' AND r.rulename <> '_RETURN' AND r.ev_class IN (SELECT rel FROM refilled)
    AND r.oid NOT IN (SELECT objid FROM bound WHERE classid = 'pg_rewrite'::regclass)";

/// Checks that old rows need not pass: rows that come back would have to.
const UNCHECKED: &str = "
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
       format('COMMENT ON CONSTRAINT %I ON %s IS ', conname, conrelid::regclass) || quote_literal(obj_description(oid, 'pg_constraint')), NULL
FROM pg_constraint WHERE contype = 'c' AND NOT convalidated AND coninhcount = 0 AND conrelid IN (SELECT rel FROM refilled)";

/// Row-level security's policies that speak of a table or of a masked column, on whatever table.
const POLICIES: &str = "
SELECT format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass),
       format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, p.polrelid::regclass,
           CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
           CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
           (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY n) FROM unnest(p.polroles) WITH ORDINALITY r(role, n)))
           || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
           || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''),
       format('COMMENT ON POLICY %I ON %s IS ', p.polname, p.polrelid::regclass) || quote_literal(obj_description(p.oid, 'pg_policy')), NULL
FROM pg_policy p WHERE p.polrelid IN (SELECT rel FROM swapped)
    OR p.oid IN (SELECT objid FROM bound WHERE classid = 'pg_policy'::regclass) ORDER BY p.oid";

/// Views over a table or a masked column.
const VIEWS: &str = "
SELECT format('CREATE OR REPLACE VIEW %s AS SELECT %s', v.oid::regclass,
           (SELECT string_agg(format('NULL::%s%s AS %I', format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format(' COLLATE %I.%I', n.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace n ON n.oid = co.collnamespace WHERE co.oid = a.attcollation) ELSE '' END, a.attname), ', ' ORDER BY a.attnum)
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = v.oid AND a.attnum > 0)),
       format('CREATE OR REPLACE VIEW %s %s AS %s', v.oid::regclass,
           (SELECT 'WITH (' || string_agg(format('%I=%L', option_name, option_value), ', ') || ')' FROM pg_options_to_table(v.reloptions)),
           pg_get_viewdef(v.oid)), NULL, NULL
FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid AND r.rulename = '_RETURN'
WHERE v.relkind = 'v' AND r.oid IN (SELECT objid FROM bound WHERE classid = 'pg_rewrite'::regclass) ORDER BY v.oid";

/// In the order in which they go. They come back in the opposite one: a rule may speak of a view's columns.
const ALL: &[&str] = &[
    FOREIGN_KEYS,
    UNCHECKED,
    PUBLICATIONS,
    STATISTICS,
    TRIGGERS,
    SILENT_TRIGGERS,
    RULES,
    SILENT_RULES,
    POLICIES,
    VIEWS,
];

impl Touched {
    fn by(plans: &[TablePlan], schema: &Schema, classified: &Classified) -> Self {
        let mut touched = Self {
            swapped: Vec::new(),
            refilled: Vec::new(),
            altered: Vec::new(),
            columns: Vec::new(),
        };
        for plan in plans {
            let name = super::table(&plan.table);
            match plan.method {
                Method::Stream => touched.swapped.push(name),
                Method::Restage => touched.refilled.push(name),
                Method::Empty => {
                    // Its old statistics are dropped by a change of type.
                    touched.alters(
                        &plan.table,
                        schema
                            .table(&plan.table)
                            .into_iter()
                            .flat_map(|t| t.columns.iter().map(|c| c.name.as_str())),
                    );
                    touched.refilled.push(name);
                }
                Method::Alter => {
                    let masked: Vec<_> = classified
                        .table(&plan.table)
                        .into_iter()
                        .flat_map(|t| t.masked())
                        .map(|c| c.column.as_str())
                        .collect();
                    touched.alters(&plan.table, masked.into_iter());
                }
                Method::Keep | Method::Rewrite => {}
            }
        }
        touched
    }

    fn alters<'a>(&mut self, table: &TableName, columns: impl Iterator<Item = &'a str>) {
        for column in columns {
            self.altered.push(super::table(table));
            self.columns.push(column.to_owned());
        }
    }
}

impl Dependents {
    /// Puts aside what stands in the way of the plans' tables.
    pub(super) async fn put_aside(
        crew: &Crew,
        db: &Postgres,
        plans: &[TablePlan],
        schema: &Schema,
        classified: &Classified,
    ) -> Result<Self, Error> {
        let touched = Touched::by(plans, schema, classified);
        let version = db
            .number("asking for the server's version", super::VERSION)
            .await?;
        let (columns, condition) = if version >= 150_000 {
            ("r.prattrs::int2[]", "pg_get_expr(r.prqual, r.prrelid)")
        } else {
            ("'{}'::int2[]", "NULL::text")
        };
        let mut asides = Vec::new();
        for query in ALL {
            let query = query
                .replace("{columns}", columns)
                .replace("{condition}", condition);
            let rows = db
                .client
                .query(
                    &format!("{TOUCHED} {query}"),
                    &[
                        &touched.swapped,
                        &touched.refilled,
                        &touched.altered,
                        &touched.columns,
                    ],
                )
                .await
                .map_err(failed(|| "finding what hangs on the tables".to_owned()))?;
            asides.extend(rows.iter().map(Aside::read));
        }
        for away in asides.iter().filter_map(|aside| aside.away.as_ref()) {
            crew.run(db, "putting aside what hangs on the tables", away)
                .await?;
        }
        Ok(Self { asides })
    }

    /// Puts everything back and checks it. A foreign key that no longer holds makes it fail.
    pub(super) async fn put_back(self, crew: &Crew, db: &Postgres) -> Result<(), Error> {
        let doing = "putting back what hangs on the tables";
        let mut checks = Vec::new();
        for aside in self.asides.into_iter().rev() {
            crew.run(db, doing, &aside.back).await?;
            if let Some(comment) = &aside.comment {
                crew.run(db, doing, comment).await?;
            }
            checks.extend(aside.check);
        }
        let checks = checks.into_iter().map(|check| {
            let crew = crew.clone();
            // Two keys of one table wait for each other.
            let check = [
                "SET lock_timeout = 0".to_owned(),
                check,
                "SET lock_timeout = '60s'".to_owned(),
            ];
            async move { crew.statements("checking a foreign key", &check).await }
        });
        crew.all(checks).await?;
        Ok(())
    }
}

impl Aside {
    fn read(row: &Row) -> Self {
        Self {
            away: row.get(0),
            back: row.get(1),
            comment: row.get(2),
            check: row.get(3),
        }
    }
}
