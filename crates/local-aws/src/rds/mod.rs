//! RDS: clusters and instances that are real database servers.
//!
//! A cluster is a data directory, its instances are one running server behind a port of ours; a clone is a copy of
//! the live source. Statuses pass over time, on the embedded AWS's clock. Fault codes, what a restore resets, how
//! tags are inherited and how deletion is accepted are as AWS documents them.
//!
//! An endpoint offers TLS once its cluster has IAM authentication on, and then a user who is in `rds_iam` (or, on MySQL,
//! was made with `AWSAuthenticationPlugin`) gets in with a signed token and with nothing else. The endpoint checks the
//! token, also its signature, whose secret access key must be [`SECRET_ACCESS_KEY`]; whether IAM lets the caller
//! connect (`rds-db:connect`) is not asked, for IAM is not there. It then logs in with a password of its own, which
//! takes the place of one that a user of PostgreSQL had before; to the server a user of MySQL is one of
//! `mysql_native_password`.
//!
//! What differs from Aurora, knowingly: all instances of a cluster share one server; snapshots hold no data;
//! replication slots are not cloned; parameters take effect when a server starts; a security group that is not
//! in [`Options::security_groups`] exists and admits nobody.

mod catalog;
mod certificate;
mod clusters;
mod core;
mod delete;
mod dispatch;
mod fault;
mod gate;
mod groups;
mod instances;
mod list;
mod machine;
mod modify;
mod options;
mod proxy;
mod reach;
mod sleep;
mod snapshots;
mod source;
mod state;
mod tags;
mod token;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use self::core::Core;
use crate::Time;
use crate::engine::{self, EngineKind};
pub use certificate::{Certificate, CertificateError};
pub(crate) use gate::Visit;
pub use options::{Class, DEFAULT_SECURITY_GROUP, Ingress, Options, Quotas, Transitions};
pub(crate) use reach::{Reached, Unreachable};
pub use token::SECRET_ACCESS_KEY;

/// Why the embedded RDS could not start, or could not make or load a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder of all files cannot be used.
    #[error("using {folder} for database servers")]
    Home {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process uses the folder.
    #[error("{0} is in use by another run")]
    InUse(PathBuf),
    /// No certificate for the endpoints could be made.
    #[error("making the certificate that endpoints show")]
    Certificate(#[from] CertificateError),
    /// A database server made trouble.
    #[error("a database server")]
    Engine(#[from] engine::Error),
    /// The request that `create_source` made was refused.
    #[error("{action} was refused with {code}: {message}")]
    Refused {
        /// The RDS action.
        action: &'static str,
        /// RDS's fault code.
        code: String,
        /// RDS's message.
        message: String,
    },
    /// The source did not become available.
    #[error("cluster `{cluster}` did not become available: it is {status}")]
    NotMade {
        /// The cluster.
        cluster: String,
        /// The status that it ended in.
        status: String,
    },
    /// No such cluster, or it has no running instance.
    #[error("cluster `{0}` has no running server")]
    NotRunning(String),
    /// The dump, or the client that loads it, cannot be used.
    #[error("loading {dump}")]
    Dump {
        /// The dump.
        dump: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The server refused statements of the dump.
    #[error("loading {dump} as `{user}` failed in {count} places: {complaints}")]
    Load {
        /// The dump.
        dump: PathBuf,
        /// The master user.
        user: String,
        /// How many statements failed.
        count: usize,
        /// The first of them: file, line and reason, without values.
        complaints: String,
    },
}

/// The result of what the embedded RDS does outside the AWS API.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A production cluster to make.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Its identifier; the instance is called `<cluster_id>-1`.
    pub cluster_id: String,
    /// What it runs.
    pub engine: EngineKind,
    /// The application's database.
    pub database: String,
    /// The master user: `postgres` or `admin` by default.
    pub master_user: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// A cluster parameter group that exists, or the default one.
    pub parameter_group: Option<String>,
    /// The instance's class.
    pub class: String,
    /// Its security groups; empty means `sg-default`.
    pub security_groups: Vec<String>,
}

impl SourceSpec {
    /// A source with Aurora's defaults on `db.r6g.large`.
    pub fn new(cluster_id: impl Into<String>, engine: EngineKind, database: impl Into<String>) -> Self {
        Self {
            cluster_id: cluster_id.into(),
            engine,
            database: database.into(),
            master_user: None,
            tags: Vec::new(),
            parameter_group: None,
            class: "db.r6g.large".into(),
            security_groups: Vec::new(),
        }
    }
}

/// A production cluster that is available, with one running instance.
#[derive(Clone)]
pub struct SourceReady {
    /// Its ARN.
    pub cluster_arn: String,
    /// Its `DbClusterResourceId`.
    pub resource_id: String,
    /// Its endpoint's host.
    pub host: String,
    /// Its endpoint's port.
    pub port: u16,
    /// The application's database.
    pub database: String,
    /// The master user.
    pub master_user: String,
    /// The master user's password, made up at random.
    pub master_password: String,
    /// `postgres://…` or `mysql://…` for the master user: what loads data into it.
    pub dsn: String,
}

impl std::fmt::Debug for SourceReady {
    /// Everything but the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceReady")
            .field("cluster_arn", &self.cluster_arn)
            .field("resource_id", &self.resource_id)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("master_user", &self.master_user)
            .finish_non_exhaustive()
    }
}

/// The embedded RDS. Cheap to clone: all clones are the same one. When the last is dropped, servers are stopped
/// and files removed, as [`Rds::shutdown`] does in good order.
#[derive(Clone)]
pub struct Rds {
    core: Arc<Core>,
}

impl std::fmt::Debug for Rds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rds")
            .field("clusters", &self.clusters())
            .finish_non_exhaustive()
    }
}

impl Rds {
    /// Starts an empty RDS below `options.home`. Fails if another run uses that folder.
    pub fn new(time: Time, options: Options) -> Result<Self> {
        let core = Core::new(time, options)?;
        let subnets = core.default_subnets();
        core.update(|state| state.subnet_groups.insert("default".into(), subnets));
        Ok(Self { core: Arc::new(core) })
    }

    /// Answers one call of the RDS API (AWS query protocol). Must run on a tokio runtime: what the call starts
    /// goes on after the answer.
    pub async fn call(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        self.core.call(request).await
    }

    /// Makes a cluster with one instance and waits until both are available, without the usual delays.
    pub async fn create_source(&self, spec: SourceSpec) -> Result<SourceReady> {
        self.core.create_source(spec).await
    }

    /// Loads a dump (plain SQL, or pg_dump's custom format) into the cluster's database, as its master user.
    /// What only a superuser may do and what holds no data (the language plpgsql's owner, extensions' comments)
    /// is left out with a warning; any other failure is an error that names file and line, and no value.
    pub async fn load_sql(&self, cluster_id: &str, dump: &Path) -> Result<()> {
        self.core.load_sql(cluster_id, dump).await
    }

    /// The identifiers of all clusters that exist, in order.
    pub fn clusters(&self) -> Vec<String> {
        self.core.state().clusters.keys().cloned().collect()
    }

    /// The identifiers of all instances that exist, in order.
    pub fn instances(&self) -> Vec<String> {
        self.core.state().instances.keys().cloned().collect()
    }

    /// How proxies read the secrets that they are made with. Without it none of them can log in. The first word counts.
    pub(crate) fn read_secrets_by(&self, reader: impl Fn(&str) -> Option<String> + Send + Sync + 'static) {
        drop(self.core.secrets.set(Box::new(reader)));
    }

    /// The certificate authority that all endpoints' certificates come from, in PEM: what AWS's bundle for RDS is
    /// there. It is made anew with each start.
    pub fn certificate_authority(&self) -> &str {
        self.core.guard.authority()
    }

    /// For tests: how often clients have said something to a database, all of them together, and each change of
    /// that. Logging in does not count.
    pub fn heard(&self) -> watch::Receiver<u64> {
        self.core.guard.heard.subscribe()
    }

    /// For tests: shows, and obeys, `status` for a cluster or an instance until `None` brings back the truth.
    pub fn set_status(&self, id: &str, status: Option<&str>) {
        self.core.update(|state| match status {
            Some(status) => drop(state.hooks.statuses.insert(id.to_owned(), status.to_owned())),
            None => drop(state.hooks.statuses.remove(id)),
        });
    }

    /// For tests: a cluster is of another engine version from now on, as far as it is shown and checked.
    pub fn set_engine_version(&self, id: &str, version: &str) {
        self.core.update(|state| {
            if let Ok(cluster) = state.cluster_mut(id) {
                cluster.shown.engine_version = Some(version.to_owned());
            }
        });
    }

    /// Whether a cluster sleeps: paused for want of connections, as Serverless v2 from 0 ACU is.
    pub fn is_asleep(&self, id: &str) -> bool {
        let state = self.core.state();
        state
            .cluster(id)
            .is_ok_and(|cluster| cluster.machine.door().is_asleep())
    }

    /// For tests: the next restore is accepted and ends in `cloning-failed`.
    pub fn fail_next_restore(&self) {
        self.core.update(|state| state.hooks.failing_restores += 1);
    }

    /// For tests: AWS has no more of this instance class, or has it again.
    pub fn insufficient_capacity(&self, class: &str, is_out: bool) {
        self.core.update(|state| {
            state.hooks.no_capacity.remove(class);
            if is_out {
                state.hooks.no_capacity.insert(class.to_owned());
            }
        });
    }

    /// For tests: from now on every clone silently becomes a full copy, as if its lineage were full.
    pub fn outgrow_lineage(&self) {
        self.core.update(|state| state.hooks.outgrown = true);
    }

    /// Stops every server and removes every file. Calls are refused from then on.
    pub async fn shutdown(&self) {
        self.core.shut_down().await;
    }
}
