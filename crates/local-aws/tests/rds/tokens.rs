//! IAM database authentication: who is to come with a token gets in with one, over TLS, and with nothing else.

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use local_aws::engine::EngineKind;
use local_aws::rds::SECRET_ACCESS_KEY;
use mysql_async::prelude::Queryable;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::support::{REGION, World, mysql, postgres};

const USER: &str = "batch_query";

async fn token(port: u16, secret: &str) -> String {
    let aws = SdkConfig::builder()
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys(
            "alice", secret, None,
        )))
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build();
    let config = Config::builder()
        .hostname("127.0.0.1")
        .port(port.into())
        .username(USER);
    let generator = AuthTokenGenerator::new(config.build().unwrap());
    generator.auth_token(&aws).await.unwrap().to_string()
}

async fn switch(world: &World, on: bool) {
    let modify = world
        .client
        .modify_db_cluster()
        .db_cluster_identifier("production");
    modify
        .enable_iam_database_authentication(on)
        .send()
        .await
        .unwrap();
    world.cluster_is("production", "available").await;
}

async fn postgres_by_tls(
    world: &World,
    port: u16,
    user: &str,
    password: &str,
) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    postgres_by_tls_to(world.rds.certificate_authority(), port, user, password).await
}

/// Logs in over TLS, to an endpoint with a certificate of this authority.
pub async fn postgres_by_tls_to(
    authority: &str,
    port: u16,
    user: &str,
    password: &str,
) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let mut roots = rustls::RootCertStore::empty();
    let authority = authority.as_bytes();
    roots
        .add(CertificateDer::from_pem_slice(authority).unwrap())
        .unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut config = tokio_postgres::Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(user)
        .password(password)
        .dbname("shop");
    config.ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[tokio::test]
async fn a_user_of_postgresql_in_rds_iam_comes_with_a_token() {
    let world = World::start().await;
    let source = world.source(EngineKind::Postgres).await;
    let port = source.port;
    let master = postgres(port, "postgres", &source.master_password, "shop")
        .await
        .unwrap();
    let make = format!("CREATE ROLE {USER} LOGIN PASSWORD 'a-password'; GRANT rds_iam TO {USER}");
    master.batch_execute(&make).await.unwrap();
    let good = token(port, SECRET_ACCESS_KEY).await;
    assert!(
        postgres_by_tls(&world, port, USER, &good).await.is_err(),
        "it is off"
    );

    switch(&world, true).await;
    let entry = postgres_by_tls(&world, port, USER, &good).await.unwrap();
    let row = entry.query_one("SELECT current_user::text", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), USER);
    let again = postgres_by_tls(&world, port, USER, &good).await;
    assert!(again.is_ok(), "a token is good for more than one login");

    let forged = token(port, "another-secret").await;
    for wrong in [forged.as_str(), "a-password", ""] {
        let error = postgres_by_tls(&world, port, USER, wrong).await.unwrap_err();
        let said = error.as_db_error().map(|said| said.message().to_owned());
        assert_eq!(
            said.as_deref(),
            Some("PAM authentication failed for user \"batch_query\""),
            "{wrong}"
        );
    }
    assert!(postgres(port, USER, &good, "shop").await.is_err(), "without TLS");
    assert!(
        postgres(port, USER, "a-password", "shop").await.is_err(),
        "no password any more"
    );
    assert!(
        postgres_by_tls(&world, port, "postgres", &source.master_password)
            .await
            .is_ok()
    );
    assert!(postgres_by_tls(&world, port, "postgres", &good).await.is_err());

    switch(&world, false).await;
    assert!(
        postgres_by_tls(&world, port, USER, &good).await.is_err(),
        "it is off again"
    );
    world.rds.shutdown().await;
}

async fn mysql_by_tls(
    world: &World,
    port: u16,
    user: &str,
    password: &str,
) -> Result<mysql_async::Conn, mysql_async::Error> {
    mysql_by_tls_to(world.rds.certificate_authority(), port, user, password).await
}

/// Logs in over TLS, to an endpoint with a certificate of this authority.
pub async fn mysql_by_tls_to(
    authority: &str,
    port: u16,
    user: &str,
    password: &str,
) -> Result<mysql_async::Conn, mysql_async::Error> {
    let authority = authority.as_bytes().to_vec();
    let tls = mysql_async::SslOpts::default()
        .with_root_certs(vec![authority.into()])
        .with_disable_built_in_roots(true);
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(port)
        .user(Some(user))
        .pass(Some(password))
        .db_name(Some("shop"))
        .prefer_socket(false)
        .enable_cleartext_plugin(true)
        .ssl_opts(tls);
    mysql_async::Conn::new(options).await
}

#[tokio::test]
async fn a_user_of_mysql_with_the_plugin_comes_with_a_token() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let world = World::start().await;
    let source = world.source(EngineKind::Mysql).await;
    let port = source.port;
    let mut master = mysql(port, "admin", &source.master_password).await.unwrap();
    for statement in [
        "CREATE USER 'batch_query'@'%' IDENTIFIED WITH AWSAuthenticationPlugin as 'RDS' REQUIRE SSL",
        "GRANT SELECT ON shop.* TO 'batch_query'@'%'",
    ] {
        master.query_drop(statement).await.unwrap();
    }
    let good = token(port, SECRET_ACCESS_KEY).await;
    assert!(mysql(port, USER, &good).await.is_err(), "it is off");

    switch(&world, true).await;
    let mut entry = mysql_by_tls(&world, port, USER, &good).await.unwrap();
    let user: Option<String> = entry.query_first("SELECT CURRENT_USER()").await.unwrap();
    assert_eq!(user.as_deref(), Some("batch_query@%"));
    let forged = token(port, "another-secret").await;
    for wrong in [forged.as_str(), "a-password", ""] {
        let error = mysql_by_tls(&world, port, USER, wrong)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("Access denied for user 'batch_query'"), "{error}");
    }
    assert!(mysql(port, USER, &good).await.is_err(), "without TLS");
    let mut encrypted = mysql_by_tls(&world, port, "admin", &source.master_password)
        .await
        .unwrap();
    let one: Option<u8> = encrypted.query_first("SELECT 1").await.unwrap();
    assert_eq!(one, Some(1), "a password is as good as it was, with TLS too");
    assert!(mysql_by_tls(&world, port, "admin", &good).await.is_err());
    world.rds.shutdown().await;
}
