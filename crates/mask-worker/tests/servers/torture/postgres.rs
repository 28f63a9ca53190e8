//! The traps of PostgreSQL.

use std::process::Command;

use masking::TableName;
use runtime::Login;
use tokio_postgres::Client;

use super::{Ground, suffer, suggest};
use crate::support::postgres::{MASTER_PASSWORD, as_user, dsn, server, texts};
use crate::support::{Server, output};

pub struct Postgres {
    server: Server,
    /// A superuser in the database of the worker.
    admin: Option<Client>,
}

impl Postgres {
    pub async fn new() -> Self {
        Self {
            server: server().await,
            admin: None,
        }
    }

    pub fn admin(&self) -> &Client {
        self.admin.as_ref().unwrap()
    }
}

fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Ground for Postgres {
    async fn fresh(&mut self, sql: &str) {
        let above = as_user(&self.server, "rdsadmin", "admin-password", "postgres").await;
        above
            .batch_execute("DROP DATABASE shop WITH (FORCE)")
            .await
            .unwrap();
        above
            .batch_execute("CREATE DATABASE shop OWNER dba")
            .await
            .unwrap();
        let owned = "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' AND rolname NOT IN ('rdsadmin', 'dba')";
        for statement in texts(&above, owned).await {
            above.batch_execute(&statement).await.unwrap();
        }
        let db = as_user(&self.server, "dba", MASTER_PASSWORD, "shop").await;
        db.batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        db.batch_execute("ANALYZE").await.unwrap();
        self.admin = Some(as_user(&self.server, "rdsadmin", "admin-password", "shop").await);
    }

    fn dsn(&self) -> String {
        dsn(&self.server)
    }

    async fn texts(&mut self, sql: &str) -> Vec<String> {
        texts(self.admin(), sql).await
    }

    async fn rows(&mut self, table: &TableName, columns: &[&str]) -> Vec<Vec<Option<String>>> {
        let list = columns
            .iter()
            .map(|name| format!("{}::text", ident(name)))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!(
            "SELECT {list} FROM ONLY {}.{}",
            ident(&table.schema),
            ident(&table.table)
        );
        let found = self
            .admin()
            .simple_query(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let rows = found.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            .collect()
    }

    async fn schema(&mut self, user: &Login) -> Vec<String> {
        let said = output(
            Command::new("pg_dump")
                .args(["--schema-only", "--host=127.0.0.1", "--username=rdsadmin"])
                .args(["--exclude-schema=doppel*", "--dbname=shop"])
                .arg(format!("--port={}", self.server.port))
                .env("PGPASSWORD", "admin-password"),
        );
        let lines = said.lines().filter(|line| {
            !line.starts_with("--") && !line.starts_with('\\') && !line.contains(&user.username)
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let mut pieces: Vec<_> = text
            .split("\n\n")
            .map(|piece| piece.trim().to_owned())
            .filter(|piece| !piece.is_empty())
            .collect();
        // What the tool does not tell.
        let untold = "SELECT 'sequence', schemaname, sequencename, last_value FROM pg_sequences \
                      UNION ALL SELECT 'index', indexrelid::regclass::text, indisvalid::text, NULL FROM pg_index WHERE indexrelid >= 16384 AND indrelid::regclass::text NOT LIKE 'doppel%' AND indrelid::regclass::text NOT LIKE 'pg_toast.%'";
        pieces.extend(self.texts(untold).await);
        pieces.sort();
        pieces
    }

    async fn has_begun(&mut self) -> bool {
        self.texts("SELECT 1 FROM pg_namespace WHERE nspname IN ('doppel', 'doppel_mask')")
            .await
            != Vec::<String>::new()
    }

    async fn broken(&mut self) -> Vec<String> {
        let mut wrong = self.texts("SELECT 'not valid: ' || indexrelid::regclass FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive)").await;
        // Each constraint is made once more, not valid, and then validated against the rows.
        let again = "SELECT format('ALTER TABLE %1$s ADD CONSTRAINT doppel_once_more %2$s NOT VALID; ALTER TABLE %1$s VALIDATE CONSTRAINT doppel_once_more', \
                         conrelid::regclass, replace(pg_get_constraintdef(oid), ' NOT VALID', '')) \
                     FROM pg_constraint WHERE contype IN ('c', 'f') AND conparentid = 0 AND convalidated AND conrelid <> 0 AND coninhcount = 0 \
                       AND conrelid::regclass::text NOT LIKE 'doppel%' AND connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')";
        for statement in self.texts(again).await {
            // A key of a partitioned table cannot be made without being checked.
            let statement = statement.split_once("; ").unwrap();
            let made = match self.admin().batch_execute(statement.0).await {
                Err(error)
                    if error
                        .as_db_error()
                        .is_some_and(|error| error.message().contains("NOT VALID")) =>
                {
                    self.admin()
                        .batch_execute(&statement.0.replace(" NOT VALID", ""))
                        .await
                }
                made => made,
            };
            if let Err(error) = made {
                wrong.push(format!("{}: {error:?}", statement.0));
                continue;
            }
            if let Err(error) = self.admin().batch_execute(statement.1).await {
                wrong.push(format!("{}: {error:?}", statement.1));
            }
            let table = statement.1.split(" VALIDATE").next().unwrap();
            self.admin()
                .batch_execute(&format!("{table} DROP CONSTRAINT doppel_once_more"))
                .await
                .unwrap();
        }
        wrong
    }
}

#[tokio::test]
async fn what_is_unique_stays_unique_whatever_calls_it_equal() {
    suffer(&mut Postgres::new().await, "postgres/unique.sql").await;
}

#[tokio::test]
async fn every_type_is_masked_rightly_or_refused() {
    suffer(&mut Postgres::new().await, "postgres/types.sql").await;
}

#[tokio::test]
async fn what_hangs_on_a_column_is_as_it_was() {
    suffer(&mut Postgres::new().await, "postgres/dependents.sql").await;
}

#[tokio::test]
async fn keys_hold_and_joins_join() {
    suffer(&mut Postgres::new().await, "postgres/keys.sql").await;
}

#[tokio::test]
async fn tables_of_every_shape_are_masked() {
    suffer(&mut Postgres::new().await, "postgres/shapes.sql").await;
}

#[tokio::test]
async fn what_is_suggested_for_a_schema_is_accepted_as_it_is() {
    let mut ground = Postgres::new().await;
    for file in [
        "postgres/unique.sql",
        "postgres/types.sql",
        "postgres/dependents.sql",
        "postgres/shapes.sql",
        "postgres/keys.sql",
    ] {
        suggest(&mut ground, file).await;
    }
}
