//! What stands in the way of rewriting a table, put aside and put back as it was: foreign keys, user triggers,
//! rules, forced row-level security. Each comes as a pair of statements.

use masking::{Method, TablePlan};

use super::Postgres;
use crate::error::DatabaseFailed;

/// A statement that puts something aside, and the one that brings it back.
struct Aside {
    away: String,
    back: String,
    comment: Option<String>,
}

/// Everything that was put aside.
pub(super) struct Dependents(Vec<Aside>);

/// Foreign keys that touch a table of the list, on either side.
const FOREIGN_KEYS: &str = "
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)),
       'COMMENT ON CONSTRAINT ' || quote_ident(c.conname) || ' ON ' || c.conrelid::regclass || ' IS '
           || quote_literal(obj_description(c.oid, 'pg_constraint'))
FROM pg_constraint c
WHERE c.contype = 'f' AND c.conparentid = 0
  AND (c.conrelid = ANY ($1::text[]::regclass[]) OR c.confrelid = ANY ($1::text[]::regclass[])
    OR EXISTS (SELECT 1 FROM pg_constraint part WHERE part.conparentid = c.oid
        AND (part.conrelid = ANY ($1::text[]::regclass[]) OR part.confrelid = ANY ($1::text[]::regclass[]))))
ORDER BY c.conrelid, c.conname";

/// User triggers, each back in the state in which it was.
const TRIGGERS: &str = "
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname),
       format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.tgrelid::regclass,
           CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.tgname),
       NULL::text
FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgrelid = ANY ($1::text[]::regclass[])
ORDER BY t.tgrelid, t.tgname";

/// Rewrite rules, which would turn our statements into others.
const RULES: &str = "
SELECT format('ALTER TABLE %s DISABLE RULE %I', r.ev_class::regclass, r.rulename),
       format('ALTER TABLE %s ENABLE %s RULE %I', r.ev_class::regclass,
           CASE r.ev_enabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, r.rulename),
       NULL::text
FROM pg_rewrite r WHERE r.ev_enabled <> 'D' AND r.rulename <> '_RETURN' AND r.ev_class = ANY ($1::text[]::regclass[])";

/// Row-level security that binds even the owner.
const FORCED: &str = "
SELECT format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', c.oid::regclass),
       format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass), NULL::text
FROM pg_class c WHERE c.relforcerowsecurity AND c.oid = ANY ($1::text[]::regclass[])";

impl Dependents {
    /// Puts aside what stands in the way of the plans' tables.
    pub(super) async fn put_aside(db: &Postgres, plans: &[TablePlan]) -> Result<Self, DatabaseFailed> {
        let tables: Vec<String> = plans
            .iter()
            .filter(|plan| plan.method != Method::Keep)
            .map(|plan| super::table(&plan.table))
            .collect();
        let mut asides = Vec::new();
        // Put back in the opposite order: a foreign key is checked by reading, which forced row security forbids.
        for query in [FORCED, FOREIGN_KEYS, TRIGGERS, RULES] {
            let doing = || "finding foreign keys, triggers and rules".to_owned();
            for row in db
                .client
                .query(query, &[&tables])
                .await
                .map_err(super::failed(doing))?
            {
                asides.push(Aside {
                    away: row.get(0),
                    back: row.get(1),
                    comment: row.get(2),
                });
            }
        }
        for aside in &asides {
            db.run("putting aside foreign keys, triggers and rules", &aside.away)
                .await?;
        }
        Ok(Self(asides))
    }

    /// Puts everything back. A foreign key that no longer holds makes this fail.
    pub(super) async fn put_back(self, db: &Postgres) -> Result<(), DatabaseFailed> {
        for aside in self.0.iter().rev() {
            db.run("putting foreign keys, triggers and rules back", &aside.back)
                .await?;
            if let Some(comment) = &aside.comment {
                db.run("putting a comment back", comment).await?;
            }
        }
        Ok(())
    }
}
