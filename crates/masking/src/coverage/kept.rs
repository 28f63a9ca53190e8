//! The table in which the keys of the rows that stay are noted, and the SQL that writes and reads it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::schema::{Engine, ForeignKey, Table, TableKind, TableName};
use crate::sql::ident;

/// Where the keys are noted: a schema that the run makes before anything is read, and drops before it verifies.
const SCHEMA: &str = "doppel_rows";

/// Keys of the rows of one table that stay. Its columns have names that no other table has, so that a name inside a
/// condition can only mean the table that the condition is about.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    name: String,
    /// The noted columns of the table, the primary key first; the first is `doppel_k1` here, and so on.
    columns: Vec<String>,
    primary_key: usize,
}

/// What to say of a table without a primary key.
pub(super) fn missing_key(table: &TableName) -> String {
    format!(
        "only some rows of `{table}` stay and other rows refer to it, but without a primary key the rows that stay cannot be told from the others"
    )
}

impl Kept {
    /// A name of its own, and every column that tells a row of `table` or that others refer to it by.
    pub(super) fn new(number: usize, table: &Table, referred: &[&ForeignKey], own: &[&ForeignKey]) -> Self {
        let mut columns = table.primary_key.clone();
        let asked = referred.iter().chain(own).flat_map(|key| &key.to_columns);
        for column in asked.chain(own.iter().flat_map(|key| &key.columns)) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        Self {
            name: format!("kept_{number}"),
            columns,
            primary_key: table.primary_key.len(),
        }
    }

    /// The statements that note the keys of the rows for which `condition` is true, and, where the table refers to
    /// itself, whose rows up the chain stay too.
    pub(super) fn statements(
        &self,
        engine: Engine,
        table: &Table,
        condition: &str,
        referred: &[&ForeignKey],
        own: &[&ForeignKey],
    ) -> Vec<String> {
        let list: Vec<_> = (0..self.columns.len())
            .map(|at| format!("{} AS {}", ident(engine, &self.columns[at]), noted(at)))
            .collect();
        let only = match (engine, table.kind) {
            (Engine::Postgres, TableKind::Base) => "ONLY ",
            _ => "",
        };
        let from = format!(
            "{only}{}.{}",
            ident(engine, &table.name.schema),
            ident(engine, &table.name.table)
        );
        let mut statements = vec![
            create(engine, &self.name) + &format!("SELECT {} FROM {from} WHERE {condition}", list.join(", ")),
        ];
        statements.extend(self.indexes(engine, referred, own));
        statements.extend(self.prune(engine, own));
        statements
    }

    /// Indexes over the primary key and over everything that foreign keys look for.
    fn indexes(&self, engine: Engine, referred: &[&ForeignKey], own: &[&ForeignKey]) -> Vec<String> {
        let mut sets = BTreeSet::from([(0..self.primary_key).collect::<Vec<_>>()]);
        sets.extend(referred.iter().chain(own).map(|key| self.places(&key.to_columns)));
        sets.extend(own.iter().map(|key| self.places(&key.columns)));
        sets.iter()
            .map(|set| {
                let columns: Vec<_> = set.iter().map(|at| noted(*at)).collect();
                match engine {
                    Engine::Postgres => {
                        format!("CREATE INDEX ON {SCHEMA}.{} ({})", self.name, columns.join(", "))
                    }
                    Engine::Mysql => {
                        format!(
                            "ALTER TABLE {SCHEMA}.{} ADD INDEX ({})",
                            self.name,
                            columns.join(", ")
                        )
                    }
                }
            })
            .collect()
    }

    /// Takes out the rows that refer to a row of the same table that goes, and those that refer to these, and so on.
    /// Rows that refer to each other, or to themselves, hold each other.
    fn prune(&self, engine: Engine, own: &[&ForeignKey]) -> Vec<String> {
        if own.is_empty() {
            return Vec::new();
        }
        let joined = |key: &ForeignKey, child: &str, parent: &str| {
            let pairs = self
                .places(&key.columns)
                .into_iter()
                .zip(self.places(&key.to_columns));
            let equal = pairs.map(|(from, to)| format!("{child}.{} = {parent}.{}", noted(from), noted(to)));
            equal.collect::<Vec<_>>().join(" AND ")
        };
        let refers = |key: &ForeignKey| {
            let columns = self.places(&key.columns).into_iter();
            let named = columns.map(|at| format!("c.{} IS NOT NULL", noted(at)));
            named.collect::<Vec<_>>().join(" AND ")
        };
        let name = format!("{SCHEMA}.{}", self.name);
        let dangling: Vec<_> = own
            .iter()
            .map(|key| {
                format!(
                    "({} AND NOT EXISTS (SELECT 1 FROM {name} p WHERE {}))",
                    refers(key),
                    joined(key, "c", "p")
                )
            })
            .collect();
        let below: Vec<_> = own
            .iter()
            .map(|key| format!("({})", joined(key, "c", "gone")))
            .collect();
        let all: Vec<_> = (0..self.columns.len()).map(noted).collect();
        let all = all.join(", ");
        let of_c = all.replace("doppel_", "c.doppel_");
        let gone = format!("{}_gone", self.name);
        let mut find = create(engine, &gone);
        let _ = write!(
            find,
            "WITH RECURSIVE gone ({all}) AS (SELECT {of_c} FROM {name} c WHERE {} \
             UNION SELECT {of_c} FROM {name} c JOIN gone ON {}) SELECT {all} FROM gone",
            dangling.join(" OR "),
            below.join(" OR ")
        );
        let same: Vec<_> = (0..self.primary_key)
            .map(|at| format!("{SCHEMA}.{gone}.{0} = {name}.{0}", noted(at)))
            .collect();
        let remove = match engine {
            Engine::Postgres => format!(
                "DELETE FROM {name} USING {SCHEMA}.{gone} WHERE {}",
                same.join(" AND ")
            ),
            Engine::Mysql => format!(
                "DELETE {name} FROM {name} JOIN {SCHEMA}.{gone} ON {}",
                same.join(" AND ")
            ),
        };
        let mut statements = Vec::new();
        if engine == Engine::Mysql {
            // Each server reads its own half: chains may be longer than its default allows.
            statements.push(
                "SET SESSION /*M! max_recursive_iterations = 4000000000 */ /*!80000 cte_max_recursion_depth = 4000000000 */"
                    .to_owned(),
            );
        }
        statements.extend([find, remove, format!("DROP TABLE {SCHEMA}.{gone}")]);
        statements
    }

    fn places(&self, columns: &[String]) -> Vec<usize> {
        columns
            .iter()
            .filter_map(|column| self.columns.iter().position(|own| own == column))
            .collect()
    }

    /// The condition, over the table itself, that a row stays.
    pub(super) fn is_kept(&self, engine: Engine) -> String {
        let own: Vec<_> = self.columns[..self.primary_key].iter().collect();
        self.exists(engine, &own, &own)
    }

    /// The condition, over a table that refers to this one by `key`, that the row referred to stays.
    pub(super) fn is_referred_to(&self, engine: Engine, key: &ForeignKey) -> String {
        let (from, to): (Vec<_>, Vec<_>) = (key.columns.iter().collect(), key.to_columns.iter().collect());
        self.exists(engine, &from, &to)
    }

    fn exists(&self, engine: Engine, outer: &[&String], inner: &[&String]) -> String {
        let equal: Vec<_> = outer
            .iter()
            .zip(inner)
            .filter_map(|(outer, inner)| {
                let at = self.columns.iter().position(|own| own == *inner)?;
                Some(format!("{} = {}", noted(at), ident(engine, outer)))
            })
            .collect();
        format!(
            "EXISTS (SELECT 1 FROM {SCHEMA}.{} WHERE {})",
            self.name,
            equal.join(" AND ")
        )
    }
}

fn noted(at: usize) -> String {
    format!("doppel_k{}", at + 1)
}

fn create(engine: Engine, name: &str) -> String {
    match engine {
        // No statistics: they would hold keys, and outlive the table in the dead rows of the catalogue.
        Engine::Postgres => {
            format!("CREATE UNLOGGED TABLE {SCHEMA}.{name} WITH (autovacuum_enabled = false) AS ")
        }
        Engine::Mysql => format!("CREATE TABLE {SCHEMA}.{name} ENGINE=InnoDB AS "),
    }
}
