//! The schema as lines of text: what must be the same after the masking as before.

use super::catalogue::not_production;
use super::{Postgres, failed};
use crate::error::DatabaseFailed;

/// The schema as lines of text: what must be the same after the masking as before.
///
/// Each line begins with what it speaks of, in two words. What only some versions have is asked by way of `to_jsonb`.
const SCHEMA: &[&str] = &[
    "SELECT concat('schema ', nspname, ' ', pg_get_userbyid(nspowner), ' ', nspacl, ' ', md5(obj_description(oid, 'pg_namespace')))
     FROM pg_namespace WHERE oid = ANY ($1::oid[])",
    "SELECT concat('relation ', c.oid::regclass, ' ', c.relkind, ' ', pg_get_userbyid(c.relowner), ' ', c.relacl, ' ',
        c.relrowsecurity, c.relforcerowsecurity, ' ', c.reloptions, ' ', c.relpersistence, ' ', c.relreplident, ' ', am.amname, ' ', t.spcname, ' ',
        pg_get_expr(c.relpartbound, c.oid), ' ', (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
        ' ', md5(obj_description(c.oid, 'pg_class')))
     FROM pg_class c LEFT JOIN pg_am am ON am.oid = c.relam LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND c.relpersistence <> 't' AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('column ', c.oid::regclass, '.', a.attname, ' ', format_type(a.atttypid, a.atttypmod), ' ', a.attnotnull, ' ',
        a.attidentity, a.attgenerated, ' ', md5(pg_get_expr(d.adbin, d.adrelid)), ' ', a.attacl, ' ', a.attstattarget, ' ', a.attoptions, ' ',
        a.attcollation::regcollation, ' ', a.attstorage, ' ', to_jsonb(a) ->> 'attcompression', ' ', md5(col_description(c.oid, a.attnum)))
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('constraint ', CASE WHEN conrelid <> 0 THEN conrelid::regclass::text ELSE contypid::regtype::text END, '.', conname, ' ',
        pg_get_constraintdef(oid), ' ', md5(obj_description(oid, 'pg_constraint')))
     FROM pg_constraint WHERE connamespace = ANY ($1::oid[]) AND contype NOT IN ('n', 't') AND NOT (contype = 'f' AND conparentid <> 0)",
    "SELECT concat('index ', c.oid::regclass, ' ', pg_get_indexdef(i.indexrelid), ' ', i.indisvalid, i.indisclustered, i.indisreplident, ' ',
        t.spcname, ' ', (SELECT string_agg(a.attname || ' ' || a.attstattarget, ',' ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attstattarget >= 0), ' ', md5(obj_description(c.oid, 'pg_class')))
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
     WHERE c.relpersistence <> 't' AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('trigger ', c.oid::regclass, '.', t.tgname, ' ', pg_get_triggerdef(t.oid), ' ', t.tgenabled, ' ', md5(obj_description(t.oid, 'pg_trigger')))
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('rule ', r.ev_class::regclass, '.', r.rulename, ' ', r.ev_enabled, ' ', md5(pg_get_ruledef(r.oid)), ' ', md5(obj_description(r.oid, 'pg_rewrite')))
     FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('policy ', p.polrelid::regclass, '.', p.polname, ' ', p.polcmd, p.polpermissive, ' ', p.polroles::regrole[], ' ',
        md5(concat(pg_get_expr(p.polqual, p.polrelid), ' / ', pg_get_expr(p.polwithcheck, p.polrelid))), ' ', md5(obj_description(p.oid, 'pg_policy')))
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = ANY ($1::oid[])",
    "SELECT concat('function ', oid::regprocedure, ' ', pg_get_userbyid(proowner), ' ', proacl, ' ', prokind,
        md5(CASE WHEN prokind IN ('f', 'p', 'w') THEN pg_get_functiondef(oid) ELSE prosrc END), ' ', md5(obj_description(oid, 'pg_proc')))
     FROM pg_proc WHERE pronamespace = ANY ($1::oid[])",
    "SELECT concat('sequence ', quote_ident(s.schemaname), '.', quote_ident(s.sequencename), ' ', s.last_value, ' ', s.start_value, ' ', s.min_value, ' ',
        s.max_value, ' ', s.increment_by, ' ', s.cycle, ' ', s.cache_size, ' ', s.data_type, ' ',
        (SELECT string_agg(concat(d.refobjid::regclass, '.', a.attname, ' ', d.deptype), ',') FROM pg_depend d
            JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
              AND d.objid = format('%I.%I', s.schemaname, s.sequencename)::regclass))
     FROM pg_sequences s WHERE quote_ident(s.schemaname)::regnamespace = ANY ($1::oid[])",
    "SELECT concat('statistics ', stxnamespace::regnamespace, '.', stxname, ' ', pg_get_statisticsobjdef(oid), ' ', stxstattarget, ' ',
        pg_get_userbyid(stxowner)) FROM pg_statistic_ext WHERE stxnamespace = ANY ($1::oid[])",
    "SELECT concat('type ', t.oid::regtype, ' ', t.typtype, ' ', pg_get_userbyid(t.typowner), ' ', t.typacl, ' ', md5(t.typdefault), t.typnotnull, ' ',
        (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), ' ', md5(obj_description(t.oid, 'pg_type')))
     FROM pg_type t WHERE t.typtype IN ('e', 'd', 'r') AND t.typnamespace = ANY ($1::oid[])",
    "SELECT concat('publication ', p.pubname, ' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, ' ',
        (SELECT string_agg(concat(t.schemaname, '.', t.tablename, ' ', to_jsonb(t) ->> 'attnames', ' ', md5(to_jsonb(t) ->> 'rowfilter')), ',' ORDER BY t.schemaname, t.tablename)
            FROM pg_publication_tables t WHERE t.pubname = p.pubname)) FROM pg_publication p WHERE cardinality($1::oid[]) >= 0",
    "SELECT concat('default-privileges ', defaclrole::regrole, ' ', defaclnamespace::regnamespace, ' ', defaclobjtype, ' ', defaclacl)
     FROM pg_default_acl WHERE cardinality($1::oid[]) >= 0",
    "SELECT concat('extension ', extname, ' ', extversion, ' ', pg_get_userbyid(extowner)) FROM pg_extension WHERE cardinality($1::oid[]) >= 0",
];

impl Postgres {
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
}
