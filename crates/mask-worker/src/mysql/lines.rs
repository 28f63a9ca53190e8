//! The schema as lines of text: what must be the same after the masking as before.

use super::{Mysql, NOT_PRODUCTION};
use crate::error::DatabaseFailed;

/// The schema as lines of text: what must be the same after the masking as before. `IN` gets the databases to leave out.
/// Of an Aria table the server notes whether its format and its pages' checksums were asked for or came by default, which
/// `SHOW CREATE TABLE` does not tell and nothing depends on.
const SCHEMA: &[&str] = &[
    "SELECT CONCAT_WS(' ', 'table', CONCAT(table_schema, '.', table_name), table_type, engine, row_format, table_collation,
        IF(engine = 'Aria', REGEXP_REPLACE(create_options, '(page_checksum|row_format)=[^ ]* ?', ''), create_options), MD5(table_comment), auto_increment) FROM information_schema.tables WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'column', CONCAT(table_schema, '.', table_name, '.', column_name), ordinal_position, column_type, is_nullable,
        IFNULL(MD5(column_default), '-'), extra, IFNULL(collation_name, '-'), IFNULL(MD5(generation_expression), '-'), MD5(column_comment))
        FROM information_schema.columns WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'index', CONCAT(table_schema, '.', table_name, '.', index_name), seq_in_index, IFNULL(column_name, '-'), non_unique,
        IFNULL(sub_part, '-'), index_type, IFNULL(collation, '-'), MD5(index_comment)) FROM information_schema.statistics WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'key', CONCAT(k.table_schema, '.', k.table_name, '.', k.constraint_name), k.ordinal_position, k.column_name,
        IFNULL(k.referenced_table_schema, '-'), IFNULL(k.referenced_table_name, '-'), IFNULL(k.referenced_column_name, '-'), IFNULL(r.update_rule, '-'),
        IFNULL(r.delete_rule, '-')) FROM information_schema.key_column_usage k
        LEFT JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name
            AND r.table_name = k.table_name WHERE k.table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'check', CONCAT(constraint_schema, '.', constraint_name), MD5(check_clause)) FROM information_schema.check_constraints
        WHERE constraint_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'trigger', CONCAT(trigger_schema, '.', trigger_name), event_object_table, event_manipulation, action_timing, action_order, definer,
        sql_mode, character_set_client, MD5(action_statement)) FROM information_schema.triggers WHERE trigger_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'routine', CONCAT(routine_schema, '.', routine_name), routine_type, definer, security_type, sql_data_access, sql_mode,
        IFNULL(MD5(routine_definition), '-'), MD5(routine_comment)) FROM information_schema.routines WHERE routine_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'view', CONCAT(table_schema, '.', table_name), definer, security_type, check_option, is_updatable, MD5(view_definition))
        FROM information_schema.views WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'partition', CONCAT(table_schema, '.', table_name, '.', partition_name), IFNULL(subpartition_name, '-'), partition_ordinal_position,
        partition_method, IFNULL(MD5(partition_expression), '-'), IFNULL(MD5(partition_description), '-'))
        FROM information_schema.partitions WHERE partition_name IS NOT NULL AND table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'grant', CONCAT(table_schema, '.', table_name), grantee, privilege_type, is_grantable)
        FROM information_schema.table_privileges WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'grant', CONCAT(table_schema, '.', table_name, '.', column_name), grantee, privilege_type, is_grantable)
        FROM information_schema.column_privileges WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'grant', table_schema, grantee, privilege_type, is_grantable) FROM information_schema.schema_privileges WHERE table_schema NOT IN",
    "SELECT CONCAT_WS(' ', 'database', schema_name, default_character_set_name, default_collation_name) FROM information_schema.schemata
        WHERE schema_name NOT IN",
];

impl Mysql {
    /// The schema as sorted lines.
    pub(crate) async fn schema_lines(&self) -> Result<Vec<String>, DatabaseFailed> {
        let mut lines = Vec::new();
        for query in SCHEMA {
            let found = self
                .rows::<Option<String>>("reading the schema", &format!("{query} ({NOT_PRODUCTION})"))
                .await?;
            lines.extend(found.into_iter().flatten());
        }
        lines.sort();
        Ok(lines)
    }
}
