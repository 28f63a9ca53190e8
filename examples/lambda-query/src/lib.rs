//! A Lambda that queries a clone of Aurora MySQL through its RDS Proxy.
//!
//! Lambda keeps a function's process from one invocation to the next, and with it what is made outside of the handler: the
//! connection is opened by the first invocation and used by all that follow, and the proxy shares the server's connections
//! among all the processes. The password comes from the clone's secret, and is read anew with each new connection.

use std::path::PathBuf;

use aws_config::SdkConfig;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, SslOpts};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

/// All that the function is told from outside, read once at start.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// The proxy's host name.
    #[arg(long, env = "DB_ENDPOINT")]
    pub endpoint: String,
    /// Its port.
    #[arg(long, env = "DB_PORT", default_value_t = 3306)]
    pub port: u16,
    /// The database.
    #[arg(long, env = "DB_NAME")]
    pub database: String,
    /// The clone's secret: a name or an ARN.
    #[arg(long, env = "DB_SECRET")]
    pub secret: String,
    /// PEM file with the authorities that the proxy's certificate must come from; without it, the public ones, of which
    /// Amazon's own is one.
    #[arg(long, env = "DB_CA")]
    pub authorities: Option<PathBuf>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The secret cannot be read.
    #[error("the secret cannot be read")]
    Secret(#[source] Box<aws_sdk_secretsmanager::Error>),
    /// The secret is no login.
    #[error("the secret holds no login")]
    NoLogin,
    /// The proxy or the database refuses.
    #[error("the database")]
    Database(#[from] mysql_async::Error),
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// What lives as long as the process.
pub struct Function {
    settings: Settings,
    secrets: aws_sdk_secretsmanager::Client,
    connection: Mutex<Option<Conn>>,
}

impl Function {
    /// Nothing is connected yet: that is left to the first invocation.
    pub fn new(settings: Settings, aws: &SdkConfig) -> Self {
        // The first word counts; a provider of TLS that is there already will do.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Self {
            settings,
            secrets: aws_sdk_secretsmanager::Client::new(aws),
            connection: Mutex::default(),
        }
    }

    /// One invocation: the rows of `sample`, each as a list.
    ///
    /// # Errors
    /// Whatever the secret, the proxy or the database refuses. The next invocation connects anew.
    pub async fn handle(&self) -> Result<Vec<Vec<Value>>, Error> {
        let mut kept = self.connection.lock().await;
        let mut connection = match kept.take() {
            Some(connection) => self.still_good(connection).await?,
            None => self.connect().await?,
        };
        let rows: Vec<(i32, String)> = connection
            .query("SELECT id, value FROM sample ORDER BY id")
            .await?;
        *kept = Some(connection);
        tracing::info!(rows = rows.len(), "queried");
        Ok(rows
            .into_iter()
            .map(|(id, value)| vec![id.into(), value.into()])
            .collect())
    }

    /// A connection that was cut while the process slept is replaced.
    async fn still_good(&self, mut connection: Conn) -> Result<Conn, Error> {
        match connection.ping().await {
            Ok(()) => Ok(connection),
            Err(_) => self.connect().await,
        }
    }

    async fn connect(&self) -> Result<Conn, Error> {
        let read = self
            .secrets
            .get_secret_value()
            .secret_id(&self.settings.secret)
            .send()
            .await;
        let secret = read.map_err(|error| Error::Secret(Box::new(error.into())))?;
        let login: Login =
            serde_json::from_str(secret.secret_string().unwrap_or_default()).map_err(|_| Error::NoLogin)?;
        let mut tls = SslOpts::default();
        if let Some(authorities) = &self.settings.authorities {
            tls = tls
                .with_root_certs(vec![authorities.clone().into()])
                .with_disable_built_in_roots(true);
        }
        let options = OptsBuilder::default()
            .ip_or_hostname(&self.settings.endpoint)
            .tcp_port(self.settings.port)
            .db_name(Some(&self.settings.database))
            .user(Some(login.username))
            .pass(Some(login.password))
            .prefer_socket(false)
            .ssl_opts(tls);
        Ok(Conn::new(options).await?)
    }
}
