//! The traps of MariaDB and MySQL.

use std::process::Command;

use masking::TableName;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Value};
use runtime::Login;

use super::{Ground, suffer, suggest};
use crate::support::maria::{MASTER_PASSWORD, as_user, dsn, script, server, texts};
use crate::support::{Server, output};

/// The engine's own databases, and the worker's.
const NOT_PRODUCTION: &str =
    "'mysql', 'information_schema', 'performance_schema', 'sys', 'doppel', 'doppel_mask', 'doppel_verify'";

/// A query for each foreign key and each check that answers its name where it does not hold.
const DOES_NOT_HOLD: &str = "
SELECT CONCAT('SELECT \"', constraint_name, '\" FROM `', table_schema, '`.`', table_name, '` c LEFT JOIN `', referenced_table_schema, '`.`',
    referenced_table_name, '` p ON ', GROUP_CONCAT('c.`', column_name, '` = p.`', referenced_column_name, '`' SEPARATOR ' AND '), ' WHERE p.`',
    MIN(referenced_column_name), '` IS NULL AND ', GROUP_CONCAT('c.`', column_name, '` IS NOT NULL' SEPARATOR ' AND '), ' LIMIT 1')
FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL GROUP BY table_schema, table_name, constraint_name
UNION ALL SELECT CONCAT('SELECT \"', constraint_name, '\" FROM `', REPLACE(constraint_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '` WHERE NOT (', check_clause, ') LIMIT 1')
FROM information_schema.check_constraints WHERE constraint_schema NOT IN ('mysql', 'sys')";

pub struct Maria {
    server: Server,
    /// Above the master.
    admin: Conn,
}

impl Maria {
    pub async fn new() -> Self {
        let server = server().await;
        let admin = as_user(&server, "rdsadmin", "admin-password", "mysql").await;
        Self { server, admin }
    }

    pub fn port(&self) -> u16 {
        self.server.port
    }

    async fn databases(&mut self) -> Vec<String> {
        let sql = format!(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ({NOT_PRODUCTION})"
        );
        texts(&mut self.admin, &sql).await
    }
}

fn ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

impl Ground for Maria {
    async fn fresh(&mut self, sql: &str) {
        let ours = ["doppel", "doppel_mask", "doppel_verify"].map(str::to_owned);
        for database in self.databases().await.iter().chain(&ours) {
            let drop = format!("DROP DATABASE IF EXISTS {}", ident(database));
            self.admin.query_drop(drop).await.unwrap();
        }
        let people = "SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE is_role = 'N' AND user NOT IN ('rdsadmin', 'dba', 'mariadb.sys')";
        for drop in texts(&mut self.admin, people).await {
            self.admin.query_drop(drop).await.unwrap();
        }
        script(
            &mut self.admin,
            "TRUNCATE mysql.column_stats;\nCREATE DATABASE shop CHARACTER SET utf8mb4",
        )
        .await;
        let mut db = as_user(&self.server, "dba", MASTER_PASSWORD, "shop").await;
        db.query_drop("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'")
            .await
            .unwrap();
        script(&mut db, sql).await;
        self.admin.query_drop("USE shop").await.unwrap();
        self.admin
            .query_drop("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'")
            .await
            .unwrap();
    }

    fn dsn(&self) -> String {
        dsn(&self.server)
    }

    async fn texts(&mut self, sql: &str) -> Vec<String> {
        texts(&mut self.admin, sql).await
    }

    async fn rows(&mut self, table: &TableName, columns: &[&str]) -> Vec<Vec<Option<String>>> {
        let list = columns
            .iter()
            .map(|name| ident(name))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!(
            "SELECT {list} FROM {}.{}",
            ident(&table.schema),
            ident(&table.table)
        );
        let rows: Vec<mysql_async::Row> = self
            .admin
            .query(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let text = |value: Value| match value {
            Value::NULL => None,
            Value::Bytes(bytes) => {
                Some(String::from_utf8(bytes).unwrap_or_else(|wrong| format!("{:?}", wrong.as_bytes())))
            }
            other => Some(other.as_sql(true)),
        };
        rows.into_iter()
            .map(|row| row.unwrap().into_iter().map(text).collect())
            .collect()
    }

    async fn schema(&mut self, _user: &Login) -> Vec<String> {
        let databases = self.databases().await;
        let said = output(
            Command::new("mariadb-dump")
                .args([
                    "--no-defaults",
                    "--host=127.0.0.1",
                    "--user=rdsadmin",
                    "--password=admin-password",
                ])
                .args([
                    "--no-data",
                    "--routines",
                    "--triggers",
                    "--skip-comments",
                    "--skip-add-drop-table",
                ])
                .arg(format!("--port={}", self.server.port))
                .arg("--databases")
                .args(databases),
        );
        let mut pieces: Vec<_> = said.split(";\n").map(|piece| piece.trim().to_owned()).collect();
        // What the tool does not tell; of Aria it tells all that matters.
        let untold = format!(
            "SELECT 'file', table_schema, table_name, row_format, IF(engine = 'Aria', '', create_options) FROM information_schema.tables WHERE table_type LIKE '%TABLE%' AND table_schema NOT IN ({NOT_PRODUCTION})"
        );
        pieces.extend(self.texts(&untold).await);
        pieces.sort();
        pieces
    }

    async fn has_begun(&mut self) -> bool {
        let ours = "SELECT 1 FROM information_schema.schemata WHERE schema_name IN ('doppel', 'doppel_mask')";
        !self.texts(ours).await.is_empty()
    }

    async fn broken(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        let tables = format!(
            "SELECT CONCAT('CHECK TABLE `', REPLACE(table_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '` EXTENDED') FROM information_schema.tables WHERE table_type LIKE '%TABLE%' AND table_schema NOT IN ({NOT_PRODUCTION})"
        );
        for check in self.texts(&tables).await {
            let said = self.texts(&check).await;
            wrong.extend(
                said.into_iter()
                    .filter(|line| !line.ends_with("|status|OK") && !line.contains("doesn't support check")),
            );
        }
        for query in self.texts(DOES_NOT_HOLD).await {
            wrong.extend(
                self.texts(&query)
                    .await
                    .into_iter()
                    .map(|name| format!("`{name}` does not hold")),
            );
        }
        wrong
    }
}

#[tokio::test]
async fn what_is_unique_stays_unique_whatever_calls_it_equal() {
    suffer(&mut Maria::new().await, "maria/unique.sql").await;
}

#[tokio::test]
async fn every_type_is_masked_rightly_or_refused() {
    suffer(&mut Maria::new().await, "maria/types.sql").await;
}

#[tokio::test]
async fn what_hangs_on_a_table_is_as_it_was_keys_hold_and_joins_join() {
    suffer(&mut Maria::new().await, "maria/dependents.sql").await;
}

#[tokio::test]
async fn tables_of_every_shape_are_masked() {
    suffer(&mut Maria::new().await, "maria/shapes.sql").await;
}

#[tokio::test]
async fn what_is_suggested_for_a_schema_is_accepted_as_it_is() {
    let mut ground = Maria::new().await;
    for file in [
        "maria/unique.sql",
        "maria/types.sql",
        "maria/dependents.sql",
        "maria/shapes.sql",
    ] {
        suggest(&mut ground, file).await;
    }
}
