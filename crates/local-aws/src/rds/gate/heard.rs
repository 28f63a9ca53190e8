//! How often clients have said something to a database: the measure by which a test finds a moment in their talk.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// Counts what clients say, to all databases together: one for each piece that arrives.
#[derive(Clone, Debug, Default)]
pub(in crate::rds) struct Heard(Arc<watch::Sender<u64>>);

impl Heard {
    /// The count, and each change of it.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    /// Counts what this client says from now on.
    pub(in crate::rds) fn listen_to<C>(&self, client: C) -> Listened<C> {
        Listened {
            client,
            heard: self.clone(),
        }
    }
}

/// A client that is listened to.
pub(in crate::rds) struct Listened<C> {
    client: C,
    heard: Heard,
}

impl<C: AsyncRead + Unpin> AsyncRead for Listened<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.client).poll_read(context, into);
        if into.filled().len() > before {
            self.heard.0.send_modify(|count| *count += 1);
        }
        read
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Listened<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.client).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_shutdown(context)
    }
}
