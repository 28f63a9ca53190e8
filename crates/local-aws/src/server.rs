//! The embedded AWS on the wire.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::LocalAws;
use crate::answer;
use crate::work::Work;

/// The largest body that is read, well above what any of the services takes.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

/// How long a server that shall stop waits for calls that are under way.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that answers AWS's API on a loopback address.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    gone: CancellationToken,
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

    /// Takes no more calls, waits a few seconds for those that are under way, and is gone.
    pub async fn stop(self) {
        self.stop.cancel();
        self.gone.cancelled().await;
    }
}

/// Serves `aws` on `listener` until it is stopped, or `work` is.
pub(crate) fn serve(aws: LocalAws, listener: TcpListener, work: &Work) -> std::io::Result<Served> {
    let address = listener.local_addr()?;
    let (stop, gone) = (work.stop().child_token(), CancellationToken::new());
    let (stopped, is_gone) = (stop.clone(), gone.clone().drop_guard());
    work.spawn_to_the_end(async move {
        let _is_gone = is_gone;
        let app = Router::new().fallback(answer).with_state(Arc::new(aws));
        let serving = axum::serve(listener, app).with_graceful_shutdown(stopped.clone().cancelled_owned());
        tokio::select! {
            served = serving => {
                if let Err(failed) = served {
                    tracing::error!(error = %failed, "serving AWS failed");
                }
            }
            () = async { stopped.cancelled().await; tokio::time::sleep(PATIENCE).await } => {
                tracing::warn!("some calls were still under way when the server stopped");
            }
        }
    });
    Ok(Served { address, stop, gone })
}

async fn answer(State(aws): State<Arc<LocalAws>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LARGEST_BODY).await {
        Ok(body) => aws.call(http::Request::from_parts(parts, body)).await,
        Err(failed) => answer::error("", 400, "IncompleteBody", &failed.to_string()),
    };
    answer.map(Body::from)
}
