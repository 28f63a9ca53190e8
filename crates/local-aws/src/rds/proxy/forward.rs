//! A proxy's endpoint: it proves its clients by its secret, and itself to the server.

use std::io;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::Deserialize;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::engine::EngineKind;
use crate::rds::gate::mysql::{self, Response};
use crate::rds::gate::{Client, Gate, Guard, postgres};

/// Reads a secret's text by its ARN.
pub(in crate::rds) type SecretReader = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What an endpoint knows.
pub(super) struct Line {
    pub kind: EngineKind,
    requires_tls: bool,
    secrets: Vec<String>,
    guard: Arc<Guard>,
    reader: Arc<OnceLock<SecretReader>>,
    leads_to: RwLock<Option<Arc<Gate>>>,
}

/// What a secret says.
#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

impl Line {
    pub fn new(
        kind: EngineKind,
        requires_tls: bool,
        secrets: Vec<String>,
        guard: Arc<Guard>,
        reader: Arc<OnceLock<SecretReader>>,
    ) -> Self {
        Self {
            kind,
            requires_tls,
            secrets,
            guard,
            reader,
            leads_to: RwLock::new(None),
        }
    }

    /// From now on it leads to this cluster, or nowhere.
    pub fn lead_to(&self, gate: Option<Arc<Gate>>) {
        *self.leads_to.write().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    fn gate(&self) -> Option<Arc<Gate>> {
        self.leads_to
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Listens on any free port, until the guard is dropped.
    pub fn listen(self: &Arc<Self>) -> io::Result<(u16, DropGuard)> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (listener, closed, line) = (
            TcpListener::from_std(listener)?,
            CancellationToken::new(),
            self.clone(),
        );
        let until = closed.clone();
        tokio::spawn(closed.clone().run_until_cancelled_owned(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let passing = line.clone().pass(client);
                tokio::spawn(
                    until
                        .clone()
                        .run_until_cancelled_owned(async { drop(passing.await) }),
                );
            }
        }));
        Ok((port, closed.drop_guard()))
    }

    async fn pass(self: Arc<Self>, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let client = Client::Plain(client);
        let Some(gate) = self.gate() else {
            return Ok(());
        };
        let _visit = gate.door().visit();
        match self.kind {
            EngineKind::Postgres => self.postgres(&gate, client).await,
            EngineKind::Mysql => self.mysql(&gate, client).await,
        }
    }

    /// The password of a user whom one of the secrets names.
    fn password(&self, user: &str) -> Option<String> {
        self.logins()
            .find(|login| login.username == user)
            .map(|login| login.password)
    }

    fn logins(&self) -> impl Iterator<Item = Login> {
        let reader = self.reader.get();
        let texts = self
            .secrets
            .iter()
            .filter_map(move |arn| reader.and_then(|read| read(arn)));
        texts.filter_map(|text| serde_json::from_str(&text).ok())
    }

    async fn postgres(&self, gate: &Gate, client: Client) -> io::Result<()> {
        let Some((mut client, startup)) = postgres::startup(client, Some(&self.guard.tls)).await? else {
            return Ok(());
        };
        if startup.is_cancel {
            return gate.server().await?.write_all(&startup.packet).await;
        }
        let user = &startup.user;
        if self.requires_tls && !client.is_encrypted() {
            return client
                .dismiss(&postgres::fatal(
                    "28000",
                    "This RDS Proxy requires TLS connections",
                ))
                .await;
        }
        let Some(password) = self.password(user) else {
            let words = format!(
                "This RDS proxy has no credentials for the role {user}. Check the credentials for this role and try again."
            );
            return client.dismiss(&postgres::fatal("28P01", &words)).await;
        };
        if postgres::ask_password(&mut client).await? != password {
            let words = format!("The password that was provided for the role {user} is wrong.");
            return client.dismiss(&postgres::fatal("28P01", &words)).await;
        }
        let mut server = gate.server().await?;
        if postgres::log_in(&mut server, &startup.packet, &password)
            .await
            .is_err()
        {
            let words = format!("This RDS proxy can't connect as the role {user}: check the secret.");
            return client.dismiss(&postgres::fatal("28P01", &words)).await;
        }
        client.write_all(&postgres::AUTHENTICATED).await?;
        copy_bidirectional(&mut client, &mut server).await.map(drop)
    }

    async fn mysql(&self, gate: &Gate, client: Client) -> io::Result<()> {
        let mut server = gate.server().await?;
        let mut greeting = mysql::packet(&mut server).await?;
        mysql::offer(&mut greeting, true);
        let (mut client, answer) = mysql::greet(client, &greeting, Some(&self.guard.tls)).await?;
        let Some(response) = Response::read(&answer) else {
            return Ok(());
        };
        let nonce = mysql::nonce(&greeting).ok_or(io::ErrorKind::InvalidData)?;
        let mut sequence = answer[3].wrapping_add(1);
        let mut proof = response.proof.clone();
        if response.plugin != mysql::NATIVE {
            proof = mysql::ask_native(&mut client, &mut sequence, &nonce).await?;
        }
        let is_open = client.is_encrypted() || !self.requires_tls;
        let password = self
            .password(&response.user)
            .filter(|password| is_open && proof == mysql::native(password, &nonce));
        let Some(password) = password else {
            return client.dismiss(&mysql::denied(sequence, &response.user)).await;
        };
        match mysql::log_in(&mut server, &greeting, &response, &password).await {
            Ok(mut welcome) => {
                welcome[3] = sequence;
                client.write_all(&welcome).await?;
                copy_bidirectional(&mut client, &mut server).await.map(drop)
            }
            Err(_) => client.dismiss(&mysql::denied(sequence, &response.user)).await,
        }
    }

    /// Whether the secrets open the server: else a reason and words, as AWS tells them of a target.
    pub async fn reaches(&self, database: &str) -> Result<(), (&'static str, &'static str)> {
        let unreachable = ("UNREACHABLE", "The target's server does not answer.");
        let gate = self.gate().ok_or(unreachable)?;
        let mut logins = self.logins().peekable();
        if logins.peek().is_none() {
            return Err(("AUTH_FAILURE", "Proxy does not have any registered credentials"));
        }
        for login in logins {
            let mut server = gate.server().await.map_err(|_| unreachable)?;
            let logged_in = match self.kind {
                EngineKind::Postgres => {
                    let startup = postgres::startup_of(&login.username, database);
                    postgres::log_in(&mut server, &startup, &login.password).await
                }
                EngineKind::Mysql => {
                    let greeting = mysql::packet(&mut server).await.map_err(|_| unreachable)?;
                    let response = Response::of(&login.username);
                    mysql::log_in(&mut server, &greeting, &response, &login.password)
                        .await
                        .map(drop)
                }
            };
            logged_in.map_err(|_| {
                let words =
                    "The proxy can't authenticate itself to the database with the credentials in its secret.";
                ("AUTH_FAILURE", words)
            })?;
        }
        Ok(())
    }
}
