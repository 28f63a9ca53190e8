//! A cluster's endpoint: a port of ours before the server's socket, which keeps out whom the security groups do
//! not admit.

mod heard;
mod mysql;
mod postgres;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::options::Ingress;
use crate::engine::{EngineKind, RDSADMIN};
pub(super) use heard::Heard;

/// Who may pass, and where to.
#[derive(Debug)]
pub(super) struct Gate {
    kind: EngineKind,
    socket: RwLock<Option<PathBuf>>,
    ingress: RwLock<Vec<Ingress>>,
    heard: Heard,
}

/// A listening endpoint; dropping it closes the port and every connection.
#[derive(Debug)]
pub(super) struct Listening {
    pub port: u16,
    _alive: DropGuard,
}

impl Gate {
    /// A gate that leads nowhere yet and admits nobody.
    pub fn new(kind: EngineKind, heard: Heard) -> Self {
        Self {
            kind,
            heard,
            socket: RwLock::new(None),
            ingress: RwLock::new(Vec::new()),
        }
    }

    /// A server listens on `socket` from now on.
    pub fn open(&self, socket: PathBuf) {
        *self.socket.write().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    }

    /// No server runs.
    pub fn close(&self) {
        *self.socket.write().unwrap_or_else(PoisonError::into_inner) = None;
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

    async fn server(&self) -> io::Result<UnixStream> {
        let socket = self.socket.read().unwrap_or_else(PoisonError::into_inner).clone();
        UnixStream::connect(socket.ok_or(io::ErrorKind::ConnectionRefused)?).await
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

    async fn pass(self: Arc<Self>, mut client: TcpStream) {
        drop(client.set_nodelay(true));
        let passed = match self.kind {
            EngineKind::Postgres => postgres::pass(&self, &mut client).await,
            EngineKind::Mysql => mysql::pass(&self, &mut client).await,
        };
        if let Ok(Some(mut server)) = passed {
            // Either side may hang up in the middle of a word: that is no error of ours.
            let mut client = self.heard.listen_to(client);
            drop(copy_bidirectional(&mut client, &mut server).await);
        }
    }
}
