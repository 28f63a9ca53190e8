//! What people wrote into the schema: code, defaults, conditions, comments, settings.

use super::catalogue::not_production;
use super::{Postgres, failed};
use crate::error::DatabaseFailed;
use crate::verify::Written;

/// Every text with what it belongs to; `$1` are the schemas of the engine. What an extension brought is not production's.
const WRITTEN: &str = "
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname <> ALL ($1) AND nspname NOT LIKE 'pg\\_temp%' AND nspname NOT LIKE 'pg\\_toast%'),
foreign_to_us AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT concat('function ', oid::regprocedure), prosrc FROM pg_proc
    WHERE pronamespace IN (SELECT oid FROM ours) AND ('pg_proc'::regclass, oid) NOT IN (SELECT * FROM foreign_to_us)
UNION ALL SELECT concat('view ', oid::regclass), pg_get_viewdef(oid) FROM pg_class
    WHERE relkind IN ('v', 'm') AND relnamespace IN (SELECT oid FROM ours) AND ('pg_class'::regclass, oid) NOT IN (SELECT * FROM foreign_to_us)
UNION ALL SELECT concat('rule ', ev_class::regclass, '.', rulename), pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE rulename <> '_RETURN' AND relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('trigger ', tgrelid::regclass, '.', tgname), pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT tgisinternal AND relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('policy ', polrelid::regclass, '.', polname), concat(pg_get_expr(polqual, polrelid), ' / ', pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('default of ', adrelid::regclass, '.', attname), concat(attname, ' = ', pg_get_expr(adbin, adrelid)) FROM pg_attrdef
    JOIN pg_class c ON c.oid = adrelid JOIN pg_attribute a ON a.attrelid = adrelid AND a.attnum = adnum WHERE relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('constraint ', CASE WHEN conrelid <> 0 THEN conrelid::regclass::text ELSE contypid::regtype::text END, '.', conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'c' AND connamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('default of the type ', oid::regtype), typdefault FROM pg_type WHERE typtype = 'd' AND typdefault IS NOT NULL AND typnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('index ', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE (indexprs IS NOT NULL OR indpred IS NOT NULL) AND relnamespace IN (SELECT oid FROM ours)
UNION ALL SELECT concat('comment on ', pg_describe_object(classoid, objoid, objsubid)), description FROM pg_description d
    WHERE objoid >= 16384 AND (classoid, objoid) NOT IN (SELECT * FROM foreign_to_us)
UNION ALL SELECT concat('comment on ', pg_describe_object(classoid, objoid, 0)), description FROM pg_shdescription WHERE objoid >= 16384
UNION ALL SELECT concat('setting ', split_part(setting, '=', 1), ' of ', CASE WHEN setrole <> 0 THEN concat('role ', setrole::regrole) ELSE 'every role' END,
        CASE WHEN setdatabase <> 0 THEN concat(' in database ', (SELECT datname FROM pg_database WHERE oid = setdatabase)) END), setting
    FROM pg_db_role_setting, unnest(setconfig) setting";

impl Postgres {
    /// Every text of the schema.
    pub(crate) async fn written(&self) -> Result<Vec<Written>, DatabaseFailed> {
        let rows = self.client.query(WRITTEN, &[&not_production()]).await;
        let rows = rows.map_err(failed(|| "reading what is written in the schema".to_owned()))?;
        Ok(rows
            .iter()
            .map(|row| Written {
                what: row.get(0),
                text: Some(row.get::<_, Option<String>>(1).unwrap_or_default()),
            })
            .collect())
    }
}
