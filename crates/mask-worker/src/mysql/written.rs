//! What people wrote into the schema: code, defaults, conditions, comments.

use super::{Mysql, NOT_PRODUCTION};
use crate::error::DatabaseFailed;
use crate::verify::Written;

/// Every text with what it belongs to. `IN` gets the databases to leave out.
const WRITTEN: &[&str] = &[
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_schema, '.', routine_name), routine_definition FROM information_schema.routines WHERE routine_schema NOT IN",
    "SELECT CONCAT('comment on ', LOWER(routine_type), ' ', routine_schema, '.', routine_name), routine_comment FROM information_schema.routines
        WHERE routine_comment <> '' AND routine_schema NOT IN",
    "SELECT CONCAT('view ', table_schema, '.', table_name), view_definition FROM information_schema.views WHERE table_schema NOT IN",
    "SELECT CONCAT('trigger ', trigger_schema, '.', trigger_name), action_statement FROM information_schema.triggers WHERE trigger_schema NOT IN",
    "SELECT CONCAT('default of ', table_schema, '.', table_name, '.', column_name), CONCAT(column_name, ' = ', QUOTE(TRIM(BOTH '''' FROM column_default)))
        FROM information_schema.columns WHERE column_default IS NOT NULL AND table_schema NOT IN",
    "SELECT CONCAT('expression of ', table_schema, '.', table_name, '.', column_name), generation_expression
        FROM information_schema.columns WHERE generation_expression <> '' AND table_schema NOT IN",
    "SELECT CONCAT('comment on ', table_schema, '.', table_name, '.', column_name), column_comment
        FROM information_schema.columns WHERE column_comment <> '' AND table_schema NOT IN",
    "SELECT CONCAT('comment on ', table_schema, '.', table_name), table_comment
        FROM information_schema.tables WHERE table_comment NOT IN ('', 'VIEW') AND table_schema NOT IN",
    "SELECT CONCAT('comment on index ', table_schema, '.', table_name, '.', index_name), index_comment
        FROM information_schema.statistics WHERE index_comment <> '' AND seq_in_index = 1 AND table_schema NOT IN",
    "SELECT CONCAT('check ', constraint_schema, '.', constraint_name), check_clause FROM information_schema.check_constraints WHERE constraint_schema NOT IN",
];

impl Mysql {
    /// Every text of the schema.
    pub(crate) async fn written(&self) -> Result<Vec<Written>, DatabaseFailed> {
        let mut found = Vec::new();
        for query in WRITTEN {
            let sql = format!("{query} ({NOT_PRODUCTION})");
            let rows = self
                .rows::<(String, Option<String>)>("reading what is written in the schema", &sql)
                .await?;
            found.extend(rows.into_iter().map(|(what, text)| Written { what, text }));
        }
        Ok(found)
    }
}
