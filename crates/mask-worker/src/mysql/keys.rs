//! Foreign keys: the masking must not leave a row that refers to nothing where it referred to something.

use std::sync::Arc;

use masking::{Classified, ForeignKey, Schema, TableName};

use super::rewrite::Site;
use super::{Mysql, ident, table};
use crate::error::{DatabaseFailed, Error};

impl Mysql {
    /// Counts the rows that refer to nothing by each foreign key whose values or rows change. Only where there are some
    /// in the new tables are the old ones, which are still there, counted too.
    pub(super) async fn compare_keys(
        &self,
        schema: &Schema,
        classified: &Classified,
        sites: &[Arc<Site>],
    ) -> Result<(), Error> {
        let new = |name: &TableName| {
            let site = sites.iter().find(|site| site.plan.table == *name);
            table(site.map_or(name, |site| &site.new))
        };
        let changed: Vec<_> = schema
            .foreign_keys
            .iter()
            .filter(|key| is_touched(key, classified))
            .collect();
        for key in changed {
            let after = self.orphans(key, &new(&key.table), &new(&key.to)).await?;
            if after == 0 {
                continue;
            }
            let before = self.orphans(key, &table(&key.table), &table(&key.to)).await?;
            if after > before {
                return Err(Error::Rows {
                    table: format!("{}.{} (rows that refer to nothing)", key.table, key.name),
                    before,
                    after,
                });
            }
        }
        Ok(())
    }

    async fn orphans(&self, key: &ForeignKey, from: &str, to: &str) -> Result<u64, DatabaseFailed> {
        let pairs = || key.columns.iter().zip(&key.to_columns);
        let joined = pairs()
            .map(|(from, to)| format!("c.{} = p.{}", ident(from), ident(to)))
            .collect::<Vec<_>>()
            .join(" AND ");
        let refers = pairs()
            .map(|(from, _)| format!("c.{} IS NOT NULL", ident(from)))
            .collect::<Vec<_>>()
            .join(" AND ");
        let sql = format!(
            "SELECT COUNT(*) FROM {from} c WHERE {refers} AND NOT EXISTS (SELECT 1 FROM {to} p WHERE {joined})"
        );
        self.number(&format!("looking at the foreign key `{}`", key.name), &sql)
            .await
    }
}

/// Whether the values of the key change on either side, or rows go away.
fn is_touched(key: &ForeignKey, classified: &Classified) -> bool {
    let sides = [(&key.table, &key.columns), (&key.to, &key.to_columns)];
    let from_stays = classified.table(&key.table).is_none_or(|table| !table.emptied);
    from_stays
        && sides.into_iter().any(|(name, columns)| {
            classified.table(name).is_some_and(|table| {
                table.emptied
                    || table.filter.is_some()
                    || table.masked().any(|column| columns.contains(&column.column))
            })
        })
}
