//! A running RDS behind a socket, and clients for it.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_rds::Client;
use aws_sdk_rds::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use axum::extract::{Request, State};
use local_aws::Time;
use local_aws::engine::EngineKind;
use local_aws::rds::{Ingress, Options, Rds, SourceReady, SourceSpec, Transitions};

pub const REGION: &str = "ap-northeast-1";

/// An RDS of its own for one test, on wall time, with statuses that pass in a fifth of a second.
pub struct World {
    pub rds: Rds,
    pub client: Client,
    pub endpoint: String,
    pub home: tempfile::TempDir,
}

impl World {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::on(Time::wall(), change).await
    }

    /// One whose statuses, and whose patience with idle clusters, pass so many times faster.
    pub async fn faster(times: u32) -> Self {
        let waits = SharedAsyncSleep::new(Faster(times));
        Self::on(
            Time::new(SharedTimeSource::new(SystemTimeSource::new()), waits),
            |_| {},
        )
        .await
    }

    async fn on(time: Time, change: impl FnOnce(&mut Options)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut options = Options::new(home.path());
        let quick = Duration::from_millis(200);
        options.transitions = Transitions {
            cluster_creating: quick,
            instance_creating: quick,
            modify_delay: quick,
            modifying: quick,
            deleting: quick,
            snapshot: quick,
            resuming: quick,
        };
        options
            .security_groups
            .insert("sg-quarantine".into(), Ingress::OnlyUser("postgres".into()));
        options
            .security_groups
            .insert("sg-worker".into(), Ingress::OnlyUser("admin".into()));
        options
            .security_groups
            .insert("sg-closed".into(), Ingress::Nobody);
        change(&mut options);
        let rds = Rds::new(time, options).unwrap();
        let endpoint = serve(rds.clone()).await;
        let config = aws_sdk_rds::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(&endpoint)
            .build();
        Self {
            rds,
            client: Client::from_conf(config),
            endpoint,
            home,
        }
    }

    /// A production cluster called `production` with the database `shop`.
    pub async fn source(&self, engine: EngineKind) -> SourceReady {
        self.rds
            .create_source(SourceSpec::new("production", engine, "shop"))
            .await
            .unwrap()
    }

    /// Clones `production` and creates the instance `<id>-1`; both are available.
    pub async fn clone(&self, id: &str, group: &str) {
        let client = &self.client;
        let restore = client
            .restore_db_cluster_to_point_in_time()
            .source_db_cluster_identifier("production");
        let restore = restore.db_cluster_identifier(id).restore_type("copy-on-write");
        restore
            .use_latest_restorable_time(true)
            .vpc_security_group_ids(group)
            .send()
            .await
            .unwrap();
        self.cluster_is(id, "available").await;
        self.instance(id, "db.t4g.medium").await.unwrap();
        self.instance_is(&format!("{id}-1"), "available").await;
    }

    pub async fn instance(&self, cluster: &str, class: &str) -> Result<(), String> {
        let shown = self.cluster(cluster).await;
        let create = self.client.create_db_instance().db_cluster_identifier(cluster);
        let create = create
            .db_instance_identifier(format!("{cluster}-1"))
            .db_instance_class(class);
        code(create.engine(shown.engine().unwrap_or_default()).send().await).map(drop)
    }

    pub async fn set_password(&self, cluster: &str, password: &str) {
        let modify = self.client.modify_db_cluster().db_cluster_identifier(cluster);
        modify.master_user_password(password).send().await.unwrap();
        self.cluster_is(cluster, "available").await;
    }

    pub async fn cluster(&self, id: &str) -> aws_sdk_rds::types::DbCluster {
        let found = self
            .client
            .describe_db_clusters()
            .db_cluster_identifier(id)
            .send()
            .await
            .unwrap();
        found.db_clusters()[0].clone()
    }

    pub async fn shown_instance(&self, id: &str) -> aws_sdk_rds::types::DbInstance {
        let found = self
            .client
            .describe_db_instances()
            .db_instance_identifier(id)
            .send()
            .await
            .unwrap();
        found.db_instances()[0].clone()
    }

    pub async fn cluster_is(&self, id: &str, status: &str) {
        let what = format!("cluster {id} is {status}");
        until(&what, async || self.cluster(id).await.status() == Some(status)).await;
    }

    pub async fn instance_is(&self, id: &str, status: &str) {
        let what = format!("instance {id} is {status}");
        until(&what, async || {
            self.shown_instance(id).await.db_instance_status() == Some(status)
        })
        .await;
    }

    pub async fn port(&self, cluster: &str) -> u16 {
        self.cluster(cluster).await.port().unwrap().try_into().unwrap()
    }

    /// Deletes a cluster and its instance, and waits until they are gone.
    pub async fn delete(&self, id: &str) {
        let client = &self.client;
        client
            .delete_db_instance()
            .db_instance_identifier(format!("{id}-1"))
            .send()
            .await
            .unwrap();
        client
            .delete_db_cluster()
            .db_cluster_identifier(id)
            .skip_final_snapshot(true)
            .send()
            .await
            .unwrap();
        until("the cluster is gone", async || {
            !self.rds.clusters().contains(&id.to_owned())
        })
        .await;
    }
}

/// Waits that take a part of their time.
#[derive(Debug)]
struct Faster(u32);

impl AsyncSleep for Faster {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration / self.0))
    }
}

/// Puts RDS on a socket.
async fn serve(rds: Rds) -> String {
    async fn answer(State(rds): State<Rds>, request: Request) -> axum::response::Response {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        rds.call(http::Request::from_parts(head, body))
            .await
            .map(axum::body::Body::from)
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(answer).with_state(rds);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

/// Asks again until it is so; a minute is far more than anything here takes.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "never came true: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The fault's code of a refused call.
pub fn code<T, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, SdkError<E, R>>,
) -> Result<T, String> {
    answer.map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))
}

/// The fault's code of a call that must be refused.
pub fn refusal<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, SdkError<E, R>>,
) -> String {
    code(answer).expect_err("this call should be refused")
}

/// Logs in to PostgreSQL through the network.
pub async fn postgres(
    port: u16,
    user: &str,
    password: &str,
    database: &str,
) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(user)
        .password(password)
        .dbname(database);
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Logs in to MariaDB through the network.
pub async fn mysql(port: u16, user: &str, password: &str) -> Result<mysql_async::Conn, mysql_async::Error> {
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(port);
    let options = options
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some("shop"))
        .prefer_socket(false);
    mysql_async::Conn::new(options).await
}

/// The command lines of all processes that name `path`.
pub fn processes_naming(path: &Path) -> Vec<String> {
    let path = path
        .canonicalize()
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string();
    let all = std::process::Command::new("ps")
        .args(["-eo", "args="])
        .output()
        .unwrap();
    let all = String::from_utf8_lossy(&all.stdout).into_owned();
    all.lines()
        .filter(|line| line.contains(&path))
        .map(str::to_owned)
        .collect()
}
