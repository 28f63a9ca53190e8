//! Locking production out of the clone, and dropping what holds credentials or calls out.

use mysql_async::Row;
use rand::RngCore;

use super::{Mysql, ident, literal};
use crate::error::{DatabaseFailed, Error};
use crate::server::Prepared;

/// Words in the names of loadable functions, or of their libraries, that run programs or reach other servers.
const CALLING_OUT: &[&str] = &[
    "sys_exec",
    "sys_eval",
    "mysqludf_sys",
    "http",
    "curl",
    "amqp",
    "lambda",
    "zmq",
    "memc",
];

/// The server's number for a right that is missing.
const ACCESS_DENIED: &str = "1227";

impl Mysql {
    /// Locks production's users, ends their sessions, and drops what acts on its own.
    pub(crate) async fn prepare(&self) -> Result<Prepared, Error> {
        let users_locked = self.lock_users().await?;
        self.end_sessions().await?;
        Ok(Prepared {
            users_locked,
            dropped: self.drop_callers().await?,
        })
    }

    async fn lock_users(&self) -> Result<u32, Error> {
        let users = self.login_users().await?;
        for user in &users {
            // A hash that no password is known to give: not even the worker knows one.
            let mut random = [0; 20];
            rand::rng().fill_bytes(&mut random);
            let hash: String = random.iter().map(|byte| format!("{byte:02X}")).collect();
            let lock = format!(
                "ALTER USER {} IDENTIFIED WITH mysql_native_password AS '*{hash}' ACCOUNT LOCK",
                user.quoted()
            );
            self.run(&format!("locking the user `{}`", user.name), &lock)
                .await
                .map_err(|error| {
                    tracing::error!(%error, "a user cannot be locked");
                    Error::Unlocked(user.name.clone())
                })?;
        }
        Ok(u32::try_from(users.len()).unwrap_or(u32::MAX))
    }

    /// Ends every session of others, and waits for their end. Aurora's master may not KILL, but call a procedure.
    async fn end_sessions(&self) -> Result<(), Error> {
        let others = "FROM information_schema.processlist WHERE user <> SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND user NOT IN \
                      ('rdsadmin', 'system user', 'event_scheduler', 'unauthenticated user', '') AND command NOT IN ('Daemon', 'Binlog Dump')";
        for _ in 0..100 {
            let sessions = self
                .rows::<u64>("listing sessions", &format!("SELECT id {others}"))
                .await?;
            if sessions.is_empty() {
                return Ok(());
            }
            for id in sessions {
                if self
                    .run("ending a session", &format!("CALL mysql.rds_kill({id})"))
                    .await
                    .is_err()
                {
                    // Gone in the meantime, or no Aurora: the count decides.
                    let _ = self
                        .run("ending a session", &format!("KILL CONNECTION {id}"))
                        .await;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err(Error::Sessions(
            i64::try_from(
                self.number("counting sessions", &format!("SELECT COUNT(*) {others}"))
                    .await?,
            )
            .unwrap_or(i64::MAX),
        ))
    }

    async fn drop_callers(&self) -> Result<Vec<String>, Error> {
        let mut dropped = Vec::new();
        let events = "SELECT event_schema, event_name FROM information_schema.events";
        for (schema, name) in self.rows::<(String, String)>("listing events", events).await? {
            let what = format!("event {schema}.{name}");
            let sql = format!("DROP EVENT {}.{}", ident(&schema), ident(&name));
            self.run("dropping an event", &sql)
                .await
                .map_err(|error| Error::NotDropped(what.clone(), error))?;
            dropped.push(what);
        }
        // Remote servers, and tables whose rows lie elsewhere, hold passwords.
        for name in self
            .rows::<String>("listing servers", "SELECT server_name FROM mysql.servers")
            .await
            .unwrap_or_default()
        {
            let what = format!("server {name}");
            self.run("dropping a server", &format!("DROP SERVER {}", literal(&name)))
                .await
                .map_err(|error| Error::NotDropped(what.clone(), error))?;
            dropped.push(what);
        }
        let elsewhere = "SELECT table_schema, table_name FROM information_schema.tables WHERE engine IN ('FEDERATED', 'CONNECT', 'SPIDER', 'S3')";
        for (schema, name) in self
            .rows::<(String, String)>("listing remote tables", elsewhere)
            .await?
        {
            let what = format!("remote table {schema}.{name}");
            let sql = format!("DROP TABLE {}.{}", ident(&schema), ident(&name));
            self.run("dropping a remote table", &sql)
                .await
                .map_err(|error| Error::NotDropped(what.clone(), error))?;
            dropped.push(what);
        }
        dropped.extend(self.drop_functions().await?);
        dropped.extend(self.end_replication().await?);
        Ok(dropped)
    }

    /// Loadable functions out of libraries that run programs or reach other servers.
    async fn drop_functions(&self) -> Result<Vec<String>, Error> {
        let mut dropped = Vec::new();
        // Without the right to see them there is none to make them either.
        let loaded = self
            .rows::<(String, String)>("listing loadable functions", "SELECT name, dl FROM mysql.func")
            .await;
        for (name, library) in loaded.unwrap_or_default() {
            if !CALLING_OUT
                .iter()
                .any(|word| name.contains(word) || library.contains(word))
            {
                continue;
            }
            let what = format!("loadable function {name}");
            self.run(
                "dropping a loadable function",
                &format!("DROP FUNCTION {}", ident(&name)),
            )
            .await
            .map_err(|error| Error::NotDropped(what.clone(), error))?;
            dropped.push(what);
        }
        Ok(dropped)
    }

    /// Channels by which the clone would go on as a replica, with the password that they hold.
    async fn end_replication(&self) -> Result<Vec<String>, Error> {
        if self.mariadb {
            return self.end_channels().await;
        }
        let sql =
            "SELECT COUNT(*) FROM performance_schema.replication_connection_configuration WHERE host <> ''";
        let channels = self
            .number("looking for replication channels", sql)
            .await
            .unwrap_or_default();
        if channels == 0 {
            return Ok(Vec::new());
        }
        // AWS's procedures where they are; elsewhere the master may do it by itself.
        for (procedure, statement) in [
            ("CALL mysql.rds_stop_replication", "STOP REPLICA"),
            ("CALL mysql.rds_reset_external_source", "RESET REPLICA ALL"),
        ] {
            if self.run("ending replication", procedure).await.is_err() {
                let ended = self.run("ending replication", statement).await;
                ended.map_err(|error| Error::NotDropped("replication channel".to_owned(), error))?;
            }
        }
        Ok(vec![format!("{channels} replication channel(s)")])
    }

    /// MariaDB's channels, each by its name: their passwords lie in files of the data directory, which go with them.
    async fn end_channels(&self) -> Result<Vec<String>, Error> {
        let doing = "looking for replication channels";
        let shown = match self.rows::<Row>(doing, "SHOW ALL SLAVES STATUS").await {
            Ok(shown) => shown,
            Err(error) if error.code == ACCESS_DENIED => return self.no_channel_runs(error).await,
            Err(error) => return Err(error.into()),
        };
        let mut dropped = Vec::new();
        for row in shown {
            let name: Option<String> = row.get("Connection_name");
            let name = name.unwrap_or_default();
            let what = match name.as_str() {
                "" => "the replication channel".to_owned(),
                name => format!("replication channel {name}"),
            };
            let name = literal(&name);
            for statement in [format!("STOP SLAVE {name}"), format!("RESET SLAVE {name} ALL")] {
                let ended = self.run("ending replication", &statement).await;
                ended.map_err(|error| Error::NotDropped(what.clone(), error))?;
            }
            dropped.push(what);
        }
        Ok(dropped)
    }

    /// Without the right to see channels the worker sees only whether one runs, and cannot stop it.
    async fn no_channel_runs(&self, denied: DatabaseFailed) -> Result<Vec<String>, Error> {
        let sql = "SELECT CAST(variable_value AS UNSIGNED) FROM information_schema.global_status WHERE variable_name = 'SLAVES_RUNNING'";
        if self.number("looking for replication channels", sql).await? > 0 {
            return Err(Error::NotDropped("a replication channel".to_owned(), denied));
        }
        tracing::warn!("the worker may not see replication channels (REPLICA MONITOR); none runs");
        Ok(Vec::new())
    }
}
