//! RDS: clusters and instances that are real database servers.

mod options;

use std::path::Path;

use bytes::Bytes;

use crate::Time;
use crate::engine::EngineKind;
pub use options::{Class, DEFAULT_SECURITY_GROUP, Ingress, Options, Quotas, Transitions};

/// Why the embedded RDS could not start, or could not make or load a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    /// No such cluster, or it has no running instance.
    #[error("cluster `{0}` has no running server")]
    NotRunning(String),
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
#[derive(Clone, Debug)]
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

/// The embedded RDS. Cheap to clone: all clones are the same one.
#[derive(Clone, Debug)]
pub struct Rds {
    options: std::sync::Arc<Options>,
    time: Time,
}

impl Rds {
    /// Starts an empty RDS below `options.home`.
    pub fn new(time: Time, options: Options) -> Result<Self> {
        Ok(Self { options: std::sync::Arc::new(options), time })
    }

    /// Answers one call of the RDS API (AWS query protocol).
    pub async fn call(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let _ = (&self.time, &self.options);
        http::Response::new(request.into_body())
    }

    /// Makes a cluster with one instance and waits until both are available.
    pub async fn create_source(&self, spec: SourceSpec) -> Result<SourceReady> {
        Err(Error::NotRunning(spec.cluster_id))
    }

    /// Loads a dump (plain SQL, or pg_dump's custom format) into the cluster's database, as its master user.
    pub async fn load_sql(&self, cluster_id: &str, dump: &Path) -> Result<()> {
        let _ = dump;
        Err(Error::NotRunning(cluster_id.to_owned()))
    }

    /// The identifiers of all clusters that exist, in order.
    pub fn clusters(&self) -> Vec<String> {
        Vec::new()
    }

    /// The identifiers of all instances that exist, in order.
    pub fn instances(&self) -> Vec<String> {
        Vec::new()
    }

    /// Stops every server and removes every file.
    pub async fn shutdown(&self) {}
}
