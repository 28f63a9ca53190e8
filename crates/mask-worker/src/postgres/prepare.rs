//! Locking production out of the clone, and dropping what holds credentials or calls out.

use secrecy::ExposeSecret;

use super::{Postgres, ident, literal};
use crate::error::{DatabaseFailed, Error};
use crate::progress::Reporter;
use crate::server::Prepared;
use crate::verify::is_secret_setting;

/// Roles of the engine and of the service: nobody logs in as them.
const SERVICE_ROLES: &str = "'rdsadmin', 'rdstopmgr', 'rdsrepladmin', 'rdswriteforwarduser', 'rdsproxyadmin'";

/// Extensions that reach other servers, and what they are called in the report.
const CALLING_OUT: &[&str] = &[
    "pg_cron",
    "dblink",
    "aws_lambda",
    "aws_s3",
    "pg_net",
    "http",
    "aws_ml",
    "pgagent",
    "pg_background",
    "plperlu",
    "plpython3u",
];

impl Postgres {
    /// Locks production's users in the whole cluster, ends their sessions, and drops what calls out of every database.
    pub(crate) async fn prepare(
        &self,
        drop_databases: &[String],
        reporter: &Reporter,
    ) -> Result<Prepared, Error> {
        let users_locked = self.lock_users().await?;
        self.end_sessions().await?;
        self.own_everything().await?;
        let mut dropped = self.drop_callers().await?;
        dropped.extend(self.other_databases(drop_databases, reporter).await?);
        dropped.extend(self.drop_slots().await?);
        dropped.extend(self.reset_settings().await?);
        Ok(Prepared {
            users_locked,
            dropped,
        })
    }

    async fn lock_users(&self) -> Result<u32, Error> {
        let sql = format!(
            "SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND rolname <> current_user AND rolname NOT IN ({SERVICE_ROLES})"
        );
        let users = self.texts("listing users", &sql).await?;
        for user in &users {
            // The server is given a verifier: neither it nor a log ever sees the password, which nobody keeps.
            let verifier = postgres_protocol::password::scram_sha_256(
                runtime::random_password().expose_secret().as_bytes(),
            );
            let lock = format!(
                "ALTER ROLE {} NOLOGIN PASSWORD {} VALID UNTIL '-infinity'",
                ident(user),
                literal(&verifier)
            );
            self.run(&format!("locking the user `{user}`"), &lock)
                .await
                .map_err(|error| {
                    tracing::error!(%error, "a user cannot be locked");
                    Error::Unlocked(user.clone())
                })?;
        }
        Ok(u32::try_from(users.len()).unwrap_or(u32::MAX))
    }

    /// Ends every session that is not the master's, in every database, and waits for their end.
    async fn end_sessions(&self) -> Result<(), Error> {
        let others = "FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid \
                      WHERE a.pid <> pg_backend_pid() AND NOT r.rolsuper AND a.backend_type = 'client backend' AND a.usename <> current_user";
        for _ in 0..100 {
            self.rows(
                "ending sessions",
                &format!("SELECT pg_terminate_backend(a.pid) {others}"),
            )
            .await?;
            if self
                .number("counting sessions", &format!("SELECT count(*) {others}"))
                .await?
                == 0
            {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err(Error::Sessions(
            self.number("counting sessions", &format!("SELECT count(*) {others}"))
                .await?,
        ))
    }

    /// The master becomes a member of every role that owns something here: only owners may alter tables.
    pub(super) async fn own_everything(&self) -> Result<(), Error> {
        let sql = "SELECT DISTINCT r.rolname::text FROM (SELECT relowner AS owner FROM pg_class UNION SELECT nspowner FROM pg_namespace \
            UNION SELECT srvowner FROM pg_foreign_server UNION SELECT extowner FROM pg_extension UNION SELECT subowner FROM pg_subscription UNION SELECT pubowner FROM pg_publication \
            UNION SELECT datdba FROM pg_database WHERE datname = current_database()) o \
            JOIN pg_roles r ON r.oid = o.owner WHERE NOT r.rolsuper AND r.rolname NOT LIKE 'pg\\_%' AND NOT pg_has_role(r.oid, 'USAGE')";
        for owner in self.texts("listing owners", sql).await? {
            self.run(
                &format!("becoming a member of `{owner}`"),
                &format!("GRANT {} TO CURRENT_USER", ident(&owner)),
            )
            .await?;
        }
        Ok(())
    }

    /// Drops, in this database, what holds production's credentials or acts on its own.
    async fn drop_callers(&self) -> Result<Vec<String>, Error> {
        let mut dropped = Vec::new();
        let here = "FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database()";
        for name in self
            .texts("listing subscriptions", &format!("SELECT subname::text {here}"))
            .await?
        {
            let name = ident(&name);
            // Without its slot's name a subscription is dropped without a word to production.
            let sql = format!(
                "ALTER SUBSCRIPTION {name} DISABLE; ALTER SUBSCRIPTION {name} SET (slot_name = NONE); DROP SUBSCRIPTION {name}"
            );
            self.drop(format!("subscription {name}"), &sql, &mut dropped)
                .await?;
        }
        let extensions = CALLING_OUT
            .iter()
            .map(|name| literal(name))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!("SELECT extname::text FROM pg_extension WHERE extname IN ({extensions})");
        for name in self.texts("listing extensions", &sql).await? {
            let sql = format!("DROP EXTENSION {} CASCADE", ident(&name));
            self.drop(format!("extension {name}"), &sql, &mut dropped).await?;
        }
        for name in self
            .texts(
                "listing foreign servers",
                "SELECT srvname::text FROM pg_foreign_server",
            )
            .await?
        {
            let sql = format!("DROP SERVER {} CASCADE", ident(&name));
            self.drop(
                format!("foreign server {name} with its user mappings and tables"),
                &sql,
                &mut dropped,
            )
            .await?;
        }
        for name in self
            .texts(
                "listing event triggers",
                "SELECT evtname::text FROM pg_event_trigger WHERE pg_has_role(evtowner, 'USAGE')",
            )
            .await?
        {
            let sql = format!("DROP EVENT TRIGGER {}", ident(&name));
            self.drop(format!("event trigger {name}"), &sql, &mut dropped)
                .await?;
        }
        Ok(dropped)
    }

    async fn drop(&self, what: String, sql: &str, dropped: &mut Vec<String>) -> Result<(), Error> {
        // Several statements in one message are one transaction, which subscriptions do not bear.
        for statement in sql.split("; ") {
            let tried = self.run("dropping it", statement).await;
            tried.map_err(|error| Error::NotDropped(what.clone(), error))?;
        }
        dropped.push(what);
        Ok(())
    }

    /// Other databases of the cluster: those that the rules name are dropped, those without tables are cleaned, and any
    /// other stops the run; also one that nobody may connect to, for what it holds cannot be looked at.
    async fn other_databases(
        &self,
        drop_databases: &[String],
        reporter: &Reporter,
    ) -> Result<Vec<String>, Error> {
        // Nobody may connect to `template0`, and it is the engine's own.
        let sql = "SELECT datname::text, datallowconn FROM pg_database \
                   WHERE datname <> current_database() AND datname NOT IN ('rdsadmin', 'template0') ORDER BY datname";
        let mut dropped = Vec::new();
        let mut unspoken = Vec::new();
        for row in self.rows("listing databases", sql).await? {
            let (name, open): (String, bool) = (row.get(0), row.get(1));
            if drop_databases.contains(&name) {
                let sql = format!("DROP DATABASE {} WITH (FORCE)", ident(&name));
                self.own_database(&name).await?;
                self.drop(format!("database {name}"), &sql, &mut dropped).await?;
            } else if !open {
                unspoken.push(format!("{name} (closed to connections)"));
            } else {
                let (found, holds_data) = self.look_into(&name, reporter).await?;
                dropped.extend(found);
                unspoken.extend(holds_data.then_some(name));
            }
        }
        if unspoken.is_empty() {
            Ok(dropped)
        } else {
            Err(Error::OtherDatabases(unspoken))
        }
    }

    /// Drops what calls out of another database. Answers that, and whether it holds data.
    async fn look_into(&self, name: &str, reporter: &Reporter) -> Result<(Vec<String>, bool), Error> {
        let mut target = self.target.clone();
        name.clone_into(&mut target.database);
        let other = Box::pin(Self::connect(&target)).await?;
        let work = async {
            other.own_everything().await?;
            let dropped = other.drop_callers().await?;
            let tables = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') \
                          AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')";
            let objects = "SELECT count(*) FROM pg_largeobject_metadata";
            let held = other.number("counting tables", tables).await?
                + other.number("counting large objects", objects).await?;
            let dropped = dropped
                .into_iter()
                .map(|what| format!("{what} in database {name}"));
            Ok((dropped.collect(), held > 0))
        };
        tokio::select! {
            done = work => done,
            () = reporter.stopped() => { other.give_up().await; Err(Error::Stopped) }
        }
    }

    async fn own_database(&self, name: &str) -> Result<(), DatabaseFailed> {
        let sql = format!(
            "SELECT r.rolname::text FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba \
             WHERE d.datname = {} AND NOT r.rolsuper AND NOT pg_has_role(r.oid, 'USAGE')",
            literal(name)
        );
        for owner in self.texts("finding a database's owner", &sql).await? {
            self.run(
                &format!("becoming a member of `{owner}`"),
                &format!("GRANT {} TO CURRENT_USER", ident(&owner)),
            )
            .await?;
        }
        Ok(())
    }

    /// Replication slots keep the clone awake and its log growing.
    async fn drop_slots(&self) -> Result<Vec<String>, Error> {
        let mut dropped = Vec::new();
        for name in self
            .texts(
                "listing replication slots",
                "SELECT slot_name::text FROM pg_replication_slots",
            )
            .await?
        {
            let sql = format!("SELECT pg_drop_replication_slot({})", literal(&name));
            self.drop(format!("replication slot {name}"), &sql, &mut dropped)
                .await?;
        }
        Ok(dropped)
    }

    /// Settings of roles and databases that hold a secret.
    async fn reset_settings(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT setrole::regrole::text, (SELECT datname::text FROM pg_database WHERE oid = setdatabase), \
                   split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1), setrole = 0 FROM pg_db_role_setting, unnest(setconfig) setting";
        let mut dropped = Vec::new();
        for row in self.rows("listing settings", sql).await? {
            let (role, database, name): (String, Option<String>, String) =
                (row.get(0), row.get(1), row.get(2));
            if !is_secret_setting(&name, row.get(3)) {
                continue;
            }
            let everybody: bool = row.get(4);
            let parameter = name.split('.').map(ident).collect::<Vec<_>>().join(".");
            let (whose, sql) = match (everybody, &database) {
                (true, Some(database)) => (
                    format!("database {database}"),
                    format!("ALTER DATABASE {} RESET {parameter}", ident(database)),
                ),
                // The catalogue's own text of a role's name is quoted where it must be.
                (false, Some(database)) => (
                    format!("role {role} in database {database}"),
                    format!(
                        "ALTER ROLE {role} IN DATABASE {} RESET {parameter}",
                        ident(database)
                    ),
                ),
                (_, None) => (
                    format!("role {role}"),
                    format!("ALTER ROLE {role} RESET {parameter}"),
                ),
            };
            self.drop(format!("setting {name} of {whose}"), &sql, &mut dropped)
                .await?;
        }
        Ok(dropped)
    }

    /// Users that can log in and should not: the proof that `prepare` did its work.
    pub(crate) async fn unlocked_users(&self, allowed: &str) -> Result<Vec<String>, DatabaseFailed> {
        let sql = format!(
            "SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND rolname NOT IN (current_user, {}, {}, {SERVICE_ROLES})",
            literal(allowed),
            literal(domain::id::BATCH_USER)
        );
        self.texts("listing users", &sql).await
    }
}
