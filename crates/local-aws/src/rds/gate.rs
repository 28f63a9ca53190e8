//! A cluster's endpoint: a port of ours before the server's socket, which keeps out whom the security groups do
//! not admit, and whoever comes with a token that is not good.

mod client;
mod door;
mod guard;
mod heard;
pub(super) mod mysql;
pub(super) mod postgres;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::options::Ingress;
use crate::engine::{Administrator, EngineKind, RDSADMIN};
pub(super) use client::Client;
pub(super) use door::Door;
pub(crate) use door::Visit;
pub(super) use guard::Guard;
pub(super) use heard::Heard;

/// Who may pass, and where to.
#[derive(Debug)]
pub(super) struct Gate {
    kind: EngineKind,
    /// The way into the server, while one runs.
    door: Door<Administrator>,
    ingress: RwLock<Vec<Ingress>>,
    /// Whether IAM authentication is on, and TLS with it.
    takes_tokens: AtomicBool,
    port: AtomicU16,
    /// Two logins of one user must not set its password at the same time.
    logging_in: tokio::sync::Mutex<()>,
    guard: Arc<Guard>,
}

/// A listening endpoint; dropping it closes the port and every connection.
#[derive(Debug)]
pub(super) struct Listening {
    pub port: u16,
    _alive: DropGuard,
}

impl Gate {
    /// A gate that leads nowhere yet and admits nobody.
    pub fn new(kind: EngineKind, guard: Arc<Guard>) -> Self {
        Self {
            kind,
            guard,
            door: Door::default(),
            ingress: RwLock::new(Vec::new()),
            takes_tokens: AtomicBool::new(false),
            port: AtomicU16::new(0),
            logging_in: tokio::sync::Mutex::default(),
        }
    }

    /// The way into the server, and who is in.
    pub fn door(&self) -> &Door<Administrator> {
        &self.door
    }

    /// Whether IAM authentication is on.
    pub fn admit_tokens(&self, on: bool) {
        self.takes_tokens.store(on, Ordering::Relaxed);
    }

    fn takes_tokens(&self) -> bool {
        self.takes_tokens.load(Ordering::Relaxed)
    }

    /// Whether this token opens this endpoint to that user.
    fn opens_with(&self, user: &str, token: &str) -> bool {
        self.guard.lets_in(user, self.port.load(Ordering::Relaxed), token)
    }

    /// The password of all who were made to come with a token, while a server runs.
    fn token_password(&self) -> Option<String> {
        self.door.server_now().as_ref().map(Administrator::token_password)
    }

    /// The password by which a user is logged in whom only a token may let in; none for everybody else.
    async fn password_behind_token(&self, user: &str) -> io::Result<Option<String>> {
        let _one = self.logging_in.lock().await;
        let server = self.door.server().await;
        let (server, user) = (server.ok_or(io::ErrorKind::ConnectionRefused)?, user.to_owned());
        let asked = tokio::task::spawn_blocking(move || {
            let admitted = server.admits_by_token(&user)?;
            Ok::<_, crate::engine::Error>(admitted.then(|| server.token_password()))
        });
        asked.await?.map_err(io::Error::other)
    }

    /// What the attached security groups allow; connections that are open stay open.
    pub fn admit(&self, ingress: Vec<Ingress>) {
        *self.ingress.write().unwrap_or_else(PoisonError::into_inner) = ingress;
    }

    /// Whether any group lets `user` in. The administrator never comes through the network.
    fn admits(&self, user: &str) -> bool {
        let ingress = self.ingress.read().unwrap_or_else(PoisonError::into_inner);
        user != RDSADMIN
            && ingress.iter().any(|rule| match rule {
                Ingress::Anyone => true,
                Ingress::OnlyUser(only) => only == user,
                Ingress::OnlyUsers(only) => only.iter().any(|only| only == user),
                Ingress::Nobody => false,
            })
    }

    fn admits_somebody(&self) -> bool {
        let ingress = self.ingress.read().unwrap_or_else(PoisonError::into_inner);
        ingress.iter().any(|rule| *rule != Ingress::Nobody)
    }

    /// A connection to the server itself, past the security groups. One that sleeps is woken first.
    pub async fn server(&self) -> io::Result<UnixStream> {
        let server = self.door.server().await;
        UnixStream::connect(server.ok_or(io::ErrorKind::ConnectionRefused)?.socket()).await
    }

    /// Listens on `base` or the next free port after it, or on any free port.
    pub fn listen(self: &Arc<Self>, base: Option<u16>) -> io::Result<Listening> {
        let listener = match base {
            None => std::net::TcpListener::bind(("127.0.0.1", 0))?,
            Some(base) => (base..base.saturating_add(500))
                .find_map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).ok())
                .ok_or(io::ErrorKind::AddrInUse)?,
        };
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        self.port.store(port, Ordering::Relaxed);
        let listener = TcpListener::from_std(listener)?;
        let closed = CancellationToken::new();
        tokio::spawn(
            closed
                .clone()
                .run_until_cancelled_owned(self.clone().accept(listener, closed.clone())),
        );
        Ok(Listening {
            port,
            _alive: closed.drop_guard(),
        })
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, closed: CancellationToken) {
        loop {
            let Ok((client, _)) = listener.accept().await else {
                tokio::task::yield_now().await;
                continue;
            };
            tokio::spawn(
                closed
                    .clone()
                    .run_until_cancelled_owned(self.clone().pass(client)),
            );
        }
    }

    async fn pass(self: Arc<Self>, client: TcpStream) {
        drop(client.set_nodelay(true));
        let _visit = self.door.visit();
        let client = Client::Plain(client);
        // Either side may hang up in the middle of a word: that is no error of ours.
        match self.kind {
            EngineKind::Postgres => {
                if let Ok(Some((client, mut server))) = postgres::pass(&self, client).await {
                    let mut client = self.guard.heard.listen_to(client);
                    drop(copy_bidirectional(&mut client, &mut server).await);
                }
            }
            EngineKind::Mysql => {
                if let Ok(Some((client, server))) = mysql::pass(&self, client).await {
                    let client = self.guard.heard.listen_to(client);
                    drop(mysql::talk(&self, client, server).await);
                }
            }
        }
    }
}
