//! A client of an endpoint, with TLS or without.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A client's connection.
#[derive(Debug)]
pub(in crate::rds) enum Client {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Client {
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The same connection, encrypted from here on.
    pub async fn encrypt(self, tls: &TlsAcceptor) -> io::Result<Self> {
        match self {
            Self::Plain(plain) => Ok(Self::Tls(Box::new(tls.accept(plain).await?))),
            Self::Tls(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Says a last word and hangs up in good order, so that it is heard.
    pub async fn dismiss(mut self, word: &[u8]) -> io::Result<()> {
        self.write_all(word).await?;
        self.shutdown().await?;
        // Until the other side has read it: a socket that is closed with something unread is reset.
        let mut rest = [0; 512];
        let leaving = async { while self.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
        drop(tokio::time::timeout(std::time::Duration::from_secs(1), leaving).await);
        Ok(())
    }
}

impl AsyncRead for Client {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(client) => Pin::new(client).poll_read(context, into),
            Self::Tls(client) => Pin::new(client).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Client {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(client) => Pin::new(client).poll_write(context, from),
            Self::Tls(client) => Pin::new(client).poll_write(context, from),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(client) => Pin::new(client).poll_flush(context),
            Self::Tls(client) => Pin::new(client).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(client) => Pin::new(client).poll_shutdown(context),
            Self::Tls(client) => Pin::new(client).poll_shutdown(context),
        }
    }
}
