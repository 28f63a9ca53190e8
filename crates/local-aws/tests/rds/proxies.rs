//! RDS Proxies: made, led to a cluster, and what they let through.

use aws_sdk_rds::types::{AuthScheme, DbProxyTarget, UserAuthConfig};
use local_aws::engine::EngineKind;
use local_aws::{LocalAws, Options, Time};
use mysql_async::prelude::Queryable;

use crate::support::{code, postgres, refusal, until};
use crate::tokens::{mysql_by_tls_to, postgres_by_tls_to};

/// A whole embedded AWS, because a proxy reads its secret from Secrets Manager.
struct World {
    aws: LocalAws,
    rds: aws_sdk_rds::Client,
    secrets: aws_sdk_secretsmanager::Client,
    _home: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut options = Options::new(Time::wall(), home.path());
        options.rds.transitions = local_aws::rds::Transitions::instant();
        let aws = LocalAws::start(options).unwrap();
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("ap-northeast-1"))
            .endpoint_url("http://aws.local")
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                aws_credential_types::Credentials::from_keys("test", "test", None),
            ))
            .http_client(aws.http_client())
            .build();
        Self {
            rds: aws_sdk_rds::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            aws,
            _home: home,
        }
    }

    /// Production, with the user `app` and a secret of theirs: its port, and the secret's ARN.
    async fn with_app(&self, engine: EngineKind) -> (u16, String) {
        let spec = local_aws::rds::SourceSpec::new("production", engine, "shop");
        let source = self.aws.rds().create_source(spec).await.unwrap();
        match engine {
            EngineKind::Postgres => {
                let master = postgres(source.port, "postgres", &source.master_password, "shop")
                    .await
                    .unwrap();
                master
                    .batch_execute("CREATE ROLE app LOGIN PASSWORD 'right'")
                    .await
                    .unwrap();
            }
            EngineKind::Mysql => {
                let mut master = crate::support::mysql(source.port, "admin", &source.master_password)
                    .await
                    .unwrap();
                for sql in [
                    "CREATE USER app@'%' IDENTIFIED BY 'right'",
                    "GRANT SELECT ON shop.* TO app@'%'",
                ] {
                    master.query_drop(sql).await.unwrap();
                }
            }
        }
        let made = self
            .secrets
            .create_secret()
            .name("app")
            .secret_string(secret("right"));
        (source.port, made.send().await.unwrap().arn.unwrap())
    }

    async fn create(&self, family: &str, secret: &str, group: &str) -> Result<(), String> {
        let auth = UserAuthConfig::builder()
            .auth_scheme(AuthScheme::Secrets)
            .secret_arn(secret);
        let call = self
            .rds
            .create_db_proxy()
            .db_proxy_name("front")
            .engine_family(family.into());
        let call = call
            .auth(auth.build())
            .role_arn("arn:aws:iam::000000000000:role/proxy");
        let call = call
            .vpc_subnet_ids("subnet-a")
            .vpc_subnet_ids("subnet-c")
            .vpc_security_group_ids(group);
        code(call.require_tls(true).send().await).map(drop)
    }

    /// Leads the proxy to production: its port, and what becomes of its target.
    async fn register(&self) -> (u16, DbProxyTarget) {
        let register = self.rds.register_db_proxy_targets().db_proxy_name("front");
        register
            .db_cluster_identifiers("production")
            .send()
            .await
            .unwrap();
        until("the target is looked at", async || {
            self.target().await.1 != "REGISTERING"
        })
        .await;
        let shown = self
            .rds
            .describe_db_proxies()
            .db_proxy_name("front")
            .send()
            .await
            .unwrap();
        let endpoint = shown.db_proxies()[0].endpoint().unwrap().to_owned();
        (
            endpoint.rsplit(':').next().unwrap().parse().unwrap(),
            self.target().await.0,
        )
    }

    async fn target(&self) -> (DbProxyTarget, String) {
        let targets = self
            .rds
            .describe_db_proxy_targets()
            .db_proxy_name("front")
            .send()
            .await
            .unwrap();
        let is_instance = |target: &&DbProxyTarget| target.rds_resource_id() == Some("production-1");
        let target = targets.targets().iter().find(is_instance).unwrap().clone();
        let state = target
            .target_health()
            .unwrap()
            .state()
            .unwrap()
            .as_str()
            .to_owned();
        (target, state)
    }

    /// Deletes the proxy, and waits until it is gone.
    async fn remove(&self) {
        self.rds
            .delete_db_proxy()
            .db_proxy_name("front")
            .send()
            .await
            .unwrap();
        until("it is gone", async || {
            self.rds
                .describe_db_proxies()
                .send()
                .await
                .unwrap()
                .db_proxies()
                .is_empty()
        })
        .await;
    }
}

fn secret(password: &str) -> String {
    format!("{{\"username\": \"app\", \"password\": \"{password}\"}}")
}

#[tokio::test]
async fn a_proxy_of_postgresql_lets_in_by_its_secret_over_tls_alone() {
    let world = World::start().await;
    let (_, arn) = world.with_app(EngineKind::Postgres).await;
    world.create("POSTGRESQL", &arn, "sg-proxy").await.unwrap();
    assert_eq!(
        world.create("POSTGRESQL", &arn, "sg-proxy").await.unwrap_err(),
        "DBProxyAlreadyExistsFault"
    );
    until("it is available", async || {
        let shown = world.rds.describe_db_proxies().send().await.unwrap();
        shown.db_proxies()[0]
            .status()
            .is_some_and(|status| status.as_str() == "available")
    })
    .await;
    let (port, target) = world.register().await;
    assert_eq!(
        target.target_health().unwrap().state().unwrap().as_str(),
        "AVAILABLE"
    );
    let authority = world.aws.rds().certificate_authority().to_owned();
    let enter = async |user: &str, password: &str| postgres_by_tls_to(&authority, port, user, password).await;
    let row = enter("app", "right")
        .await
        .unwrap()
        .query_one("SELECT current_user::text", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, String>(0), "app");
    for (user, password, says) in [
        (
            "app",
            "wrong",
            "The password that was provided for the role app is wrong.",
        ),
        (
            "postgres",
            "right",
            "This RDS proxy has no credentials for the role postgres.",
        ),
    ] {
        let error = enter(user, password).await.unwrap_err();
        let said = error
            .as_db_error()
            .map(|said| said.message().to_owned())
            .unwrap_or_default();
        assert!(said.starts_with(says), "{said}");
    }
    let open = postgres(port, "app", "right", "shop").await.unwrap_err();
    assert!(
        open.to_string().contains("db error") || open.as_db_error().is_some(),
        "{open}"
    );

    // The secret alone says which password is right, also when the server knows another.
    let put = world
        .secrets
        .put_secret_value()
        .secret_id("app")
        .secret_string(secret("new"));
    put.send().await.unwrap();
    assert!(enter("app", "right").await.is_err());
    assert!(
        enter("app", "new").await.is_err(),
        "the server does not know it yet"
    );

    world.remove().await;
    assert!(
        enter("app", "new").await.unwrap_err().as_db_error().is_none(),
        "nobody listens"
    );
    let gone = world
        .rds
        .describe_db_proxy_targets()
        .db_proxy_name("front")
        .send()
        .await;
    assert_eq!(refusal(gone), "DBProxyNotFoundFault");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_proxy_of_mysql_lets_in_by_its_secret_over_tls_alone() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let world = World::start().await;
    let (_, arn) = world.with_app(EngineKind::Mysql).await;
    world.create("MYSQL", &arn, "sg-proxy").await.unwrap();
    let (port, target) = world.register().await;
    assert_eq!(
        target.target_health().unwrap().state().unwrap().as_str(),
        "AVAILABLE"
    );
    let authority = world.aws.rds().certificate_authority().to_owned();
    let mut entry = mysql_by_tls_to(&authority, port, "app", "right").await.unwrap();
    let user: Option<String> = entry.query_first("SELECT CURRENT_USER()").await.unwrap();
    assert_eq!(user.as_deref(), Some("app@%"));
    for (user, password) in [("app", "wrong"), ("admin", "right")] {
        let error = mysql_by_tls_to(&authority, port, user, password)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("Access denied"), "{error}");
    }
    assert!(
        crate::support::mysql(port, "app", "right").await.is_err(),
        "without TLS"
    );
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_target_that_cannot_be_reached_tells_why() {
    let world = World::start().await;
    let (_, arn) = world.with_app(EngineKind::Postgres).await;
    let put = world
        .secrets
        .put_secret_value()
        .secret_id("app")
        .secret_string(secret("stale"));
    put.send().await.unwrap();
    let reason = |target: &DbProxyTarget| {
        target
            .target_health()
            .unwrap()
            .reason()
            .unwrap()
            .as_str()
            .to_owned()
    };
    world.create("POSTGRESQL", &arn, "sg-proxy").await.unwrap();
    assert_eq!(reason(&world.register().await.1), "AUTH_FAILURE");
    let put = world
        .secrets
        .put_secret_value()
        .secret_id("app")
        .secret_string(secret("right"));
    put.send().await.unwrap();
    until("it recovers by itself", async || {
        world.target().await.1 == "AVAILABLE"
    })
    .await;
    world
        .rds
        .delete_db_proxy()
        .db_proxy_name("front")
        .send()
        .await
        .unwrap();
    until("it is gone", async || {
        world
            .rds
            .describe_db_proxies()
            .send()
            .await
            .unwrap()
            .db_proxies()
            .is_empty()
    })
    .await;

    world.create("POSTGRESQL", &arn, "sg-default").await.unwrap();
    let shared = world.register().await.1;
    assert_eq!(
        reason(&shared),
        "UNREACHABLE",
        "the article: the database's own group breaks the connection"
    );
    world.aws.shutdown().await;
}
