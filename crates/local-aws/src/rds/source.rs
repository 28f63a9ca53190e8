//! Production clusters for the local world: made in one call, and loaded from a dump.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use winterbaume_rds::model;

use super::core::Core;
use super::fault::Fault;
use super::options::Transitions;
use super::{Error, Result, SourceReady, SourceSpec};
use crate::engine::{EngineKind, Installation};

impl Core {
    pub async fn create_source(self: &Arc<Self>, spec: SourceSpec) -> Result<SourceReady> {
        self.engine(spec.engine).await?;
        let refused = |action| {
            move |fault: Fault| Error::Refused {
                action,
                code: fault.code.0.into(),
                message: fault.message,
            }
        };
        let pace = Transitions::instant();
        let password = crate::engine::secret();
        let user = spec
            .master_user
            .unwrap_or_else(|| spec.engine.default_master().to_owned());
        let groups = Some(spec.security_groups).filter(|groups| !groups.is_empty());
        let tags = spec.tags.into_iter().map(|(key, value)| model::Tag {
            key: Some(key),
            value: Some(value),
        });
        let cluster = model::CreateDBClusterMessage {
            d_b_cluster_identifier: spec.cluster_id.clone(),
            engine: spec.engine.aws_name().into(),
            database_name: Some(spec.database.clone()),
            master_username: Some(user.clone()),
            master_user_password: Some(password.clone()),
            d_b_cluster_parameter_group_name: spec.parameter_group,
            storage_encrypted: Some(true),
            tags: Some(model::TagList {
                items: tags.collect(),
            }),
            vpc_security_group_ids: groups.map(|items| model::VpcSecurityGroupIdList { items }),
            ..Default::default()
        };
        let made = self
            .create_cluster(cluster, &pace)
            .await
            .map_err(refused("CreateDBCluster"))?;
        let id = spec.cluster_id.to_lowercase();
        self.settled(&id, |state| Some(state.cluster_status(&id).ok()?.to_owned()))
            .await?;
        let instance_id = format!("{id}-1");
        let instance = model::CreateDBInstanceMessage {
            d_b_cluster_identifier: Some(id.clone()),
            d_b_instance_class: spec.class,
            d_b_instance_identifier: instance_id.clone(),
            engine: spec.engine.aws_name().into(),
            publicly_accessible: Some(false),
            ..Default::default()
        };
        self.create_instance(instance, &pace)
            .map_err(refused("CreateDBInstance"))?;
        self.settled(&id, |state| {
            Some(state.instance_status(&instance_id).ok()?.to_owned())
        })
        .await?;
        let shown = made.d_b_cluster.unwrap_or_default();
        let port = shown
            .port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or_default();
        let scheme = match spec.engine {
            EngineKind::Postgres => "postgres",
            EngineKind::Mysql => "mysql",
        };
        Ok(SourceReady {
            cluster_arn: shown.d_b_cluster_arn.unwrap_or_default(),
            resource_id: shown.db_cluster_resource_id.unwrap_or_default(),
            host: "127.0.0.1".into(),
            port,
            dsn: format!(
                "{scheme}://{}:{password}@127.0.0.1:{port}/{}",
                percent(&user),
                percent(&spec.database)
            ),
            database: spec.database,
            master_user: user,
            master_password: password,
        })
    }

    /// Waits until a status is no longer `creating`, and wants `available`.
    async fn settled(&self, id: &str, status: impl Fn(&super::state::State) -> Option<String>) -> Result<()> {
        self.until(|state| status(state).as_deref() != Some("creating"))
            .await;
        match status(&self.state()).as_deref() {
            Some("available") => Ok(()),
            other => Err(Error::NotMade {
                cluster: id.to_owned(),
                status: other.unwrap_or("gone").to_owned(),
            }),
        }
    }

    pub async fn load_sql(self: &Arc<Self>, cluster_id: &str, dump: &Path) -> Result<()> {
        let id = cluster_id.to_lowercase();
        let found = {
            let state = self.state();
            state.clusters.get(&id).map(|c| {
                (
                    c.kind,
                    c.machine.clone(),
                    c.shown.clone(),
                    c.master_password.clone(),
                )
            })
        };
        let not_running = || Error::NotRunning(cluster_id.to_owned());
        let (kind, machine, shown, password) = found.ok_or_else(not_running)?;
        let dump = dump.to_owned();
        self.blocking(move || {
            let loading = Loading {
                socket: machine.socket().ok_or(Error::NotRunning(id))?,
                user: shown.master_username.unwrap_or_default(),
                password: password.unwrap_or_default(),
                database: shown.database_name.unwrap_or_else(|| "postgres".into()),
                dump,
            };
            match kind {
                EngineKind::Postgres => loading.postgres(machine.engine().installation()),
                EngineKind::Mysql => loading.mysql(machine.engine().installation()),
            }
        })
        .await
    }
}

fn percent(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// One dump on its way into one database, as its master user, straight through the server's socket.
struct Loading {
    socket: PathBuf,
    user: String,
    password: String,
    database: String,
    dump: PathBuf,
}

/// How pg_dump's custom format begins.
const CUSTOM_FORMAT: &[u8] = b"PGDMP";

impl Loading {
    fn postgres(&self, install: &Installation) -> Result<()> {
        use std::io::Read;
        let mut begins = Vec::new();
        let file = std::fs::File::open(&self.dump).map_err(|source| self.unreadable(source))?;
        file.take(5)
            .read_to_end(&mut begins)
            .map_err(|source| self.unreadable(source))?;
        let mut command;
        if begins == CUSTOM_FORMAT {
            command = Command::new(install.program(&["pg_restore"])?);
            command
                .args(["--no-owner", "--no-privileges", "--no-password"])
                .arg(format!("--dbname={}", self.database));
            command.arg(&self.dump);
        } else {
            command = Command::new(install.program(&["psql"])?);
            command.args([
                "--no-psqlrc",
                "--quiet",
                "--no-password",
                "--set=VERBOSITY=verbose",
            ]);
            command
                .arg(format!("--dbname={}", self.database))
                .arg("--file")
                .arg(&self.dump);
        }
        command
            .env("PGHOST", self.socket.parent().unwrap_or(&self.socket))
            .env("PGPORT", "5432")
            .env("PGUSER", &self.user)
            .env("PGPASSWORD", &self.password)
            .stdin(Stdio::null());
        let triggers_off = begins != CUSTOM_FORMAT && self.disables_triggers()?;
        if triggers_off {
            command.env("PGOPTIONS", "-c session_replication_role=replica");
        }
        let done = command
            .stdout(Stdio::null())
            .output()
            .map_err(|source| self.unreadable(source))?;
        let said = String::from_utf8_lossy(&done.stderr);
        let is_harmless =
            |line: &String| is_harmless(line) || (triggers_off && line.ends_with("is a system trigger"));
        let (harmless, wrong): (Vec<_>, Vec<_>) = complaints(&said).partition(is_harmless);
        for line in &harmless {
            tracing::warn!(dump = %self.dump.display(), line, "left out of the dump: a master user may not do this");
        }
        let failed = !done.status.success() && wrong.is_empty() && harmless.is_empty();
        match wrong.is_empty() && !failed {
            true => Ok(()),
            false => Err(self.failed(if failed {
                vec!["the client ended badly".into()]
            } else {
                wrong
            })),
        }
    }

    /// `pg_dump --disable-triggers` wants a superuser; a session without triggers is the same to the data, and
    /// Aurora's master may have one.
    fn disables_triggers(&self) -> Result<bool> {
        use std::io::BufRead;
        let file = std::fs::File::open(&self.dump).map_err(|source| self.unreadable(source))?;
        let mut line = Vec::new();
        let mut lines = std::io::BufReader::new(file);
        while lines
            .read_until(b'\n', &mut line)
            .map_err(|source| self.unreadable(source))?
            > 0
        {
            if line.starts_with(b"ALTER TABLE") && line.trim_ascii_end().ends_with(b"DISABLE TRIGGER ALL;") {
                return Ok(true);
            }
            line.clear();
        }
        Ok(false)
    }

    fn mysql(&self, install: &Installation) -> Result<()> {
        let dump = std::fs::File::open(&self.dump).map_err(|source| self.unreadable(source))?;
        let done = Command::new(install.program(&["mariadb", "mysql"])?)
            .arg("--no-defaults")
            .arg(format!("--socket={}", self.socket.display()))
            .arg(format!("--user={}", self.user))
            .arg(format!("--database={}", self.database))
            .arg("--default-character-set=utf8mb4")
            .env("MYSQL_PWD", &self.password)
            .stdin(dump)
            .stdout(Stdio::null())
            .output()
            .map_err(|source| self.unreadable(source))?;
        let said = String::from_utf8_lossy(&done.stderr);
        match done.status.success() {
            true => Ok(()),
            false => Err(self.failed(
                said.lines()
                    .filter(|line| line.starts_with("ERROR"))
                    .map(mysql_complaint)
                    .collect(),
            )),
        }
    }

    fn unreadable(&self, source: std::io::Error) -> Error {
        Error::Dump {
            dump: self.dump.clone(),
            source,
        }
    }

    fn failed(&self, mut complaints: Vec<String>) -> Error {
        let count = complaints.len();
        complaints.truncate(5);
        Error::Load {
            dump: self.dump.clone(),
            user: self.user.clone(),
            count,
            complaints: complaints.join("; "),
        }
    }
}

/// What psql and pg_restore say went wrong, one line each. Messages about data (classes 22 and 23) quote the
/// data: of them only the place and the code are kept, and of pg_restore's, which have no code, nothing that
/// stands behind a colon.
fn complaints(said: &str) -> impl Iterator<Item = String> {
    said.lines().filter_map(|line| {
        let (place, rest) = line.split_once("ERROR:").or_else(|| line.split_once("FATAL:"))?;
        let place = place
            .rsplit('/')
            .next()
            .unwrap_or(place)
            .trim()
            .trim_end_matches(':');
        let rest = rest.trim();
        Some(match rest.split_once(':') {
            Some((code, _)) if code.starts_with("22") || code.starts_with("23") => format!("{place}: {code}"),
            Some((message, _)) if place.starts_with("pg_restore") => format!("{place}: {message}"),
            _ => format!("{place}: {rest}"),
        })
    })
}

/// A dump of another version, or of a cluster with a superuser, sets what is not known and owns what a master
/// user of Aurora may not own; its data is loaded all the same.
fn is_harmless(complaint: &str) -> bool {
    let about_right = complaint.contains("must be owner of") || complaint.contains("permission denied");
    let about_server = ["language", "extension", "schema public", "event trigger"]
        .iter()
        .any(|w| complaint.contains(w));
    complaint.contains("unrecognized configuration parameter") || (about_right && about_server)
}

/// `ERROR 1062 (23000) at line 7: …`: the message may quote a row.
fn mysql_complaint(line: &str) -> String {
    match (
        line.contains("(22") || line.contains("(23"),
        line.split_once(": "),
    ) {
        (true, Some((place, _))) => place.to_owned(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_master_user_may_not_do_is_told_from_lost_data() {
        let said = "psql:/tmp/dump.sql:22: ERROR:  42501: must be owner of language plpgsql\nLOCATION:  x\n\
                    psql:/tmp/dump.sql:31: ERROR:  42704: unrecognized configuration parameter \"default_with_oids\"\n\
                    psql:/tmp/dump.sql:40: ERROR:  42501: permission denied for table customer\n\
                    psql:/tmp/dump.sql:41: ERROR:  23505: duplicate key, Key (email)=(ann@example.org)\n";
        let found: Vec<_> = complaints(said).collect();
        let harmless: Vec<_> = found.iter().map(|line| is_harmless(line)).collect();
        assert_eq!(harmless, [true, true, false, false]);
        assert_eq!(found[3], "dump.sql:41: 23505", "values stay out of messages");
        assert_eq!(
            mysql_complaint("ERROR 1062 (23000) at line 7: Duplicate entry 'ann' for key 'x'"),
            "ERROR 1062 (23000) at line 7"
        );
    }
}
