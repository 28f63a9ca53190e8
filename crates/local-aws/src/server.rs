//! The embedded AWS on the wire.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::LocalAws;
use crate::answer;

/// The largest body that is read, well above what any of the services takes.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

/// A server that answers AWS's API on a loopback address.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Served {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to set `AWS_ENDPOINT_URL` to.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more calls, answers those that are under way, and is gone.
    pub async fn stop(self) {
        self.stop.cancel();
        if self.running.await.is_err() {
            tracing::warn!("the server ended badly");
        }
    }
}

/// Serves `aws` on `listener` until `stop`.
pub(crate) fn serve(
    aws: LocalAws,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<Served> {
    let address = listener.local_addr()?;
    let stopped = stop.clone().cancelled_owned();
    let running = tokio::spawn(async move {
        let app = Router::new().fallback(answer).with_state(Arc::new(aws));
        let serving = axum::serve(listener, app).with_graceful_shutdown(stopped);
        if let Err(failed) = serving.await {
            tracing::error!(error = %failed, "serving AWS failed");
        }
    });
    Ok(Served {
        address,
        stop,
        running,
    })
}

async fn answer(State(aws): State<Arc<LocalAws>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LARGEST_BODY).await {
        Ok(body) => aws.call(http::Request::from_parts(parts, body)).await,
        Err(failed) => answer::error("", 400, "IncompleteBody", &failed.to_string()),
    };
    answer.map(Body::from)
}
