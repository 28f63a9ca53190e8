//! Sends requests over connections that are kept alive, each with one request under way at a time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::deed::Deed;

/// Connections.
pub const CONNECTIONS: usize = 64;

type Wanted = Request<Full<Bytes>>;

/// What one run showed.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Answers a second.
    pub rate: f64,
    /// Milliseconds from the request to the answer's last byte: half of the requests took no longer.
    pub p50: f64,
    /// As `p50`, of 99 in 100.
    pub p99: f64,
    /// How many requests were told to come again later. Only those that wait for the embedded AWS may be.
    pub put_off: usize,
    /// Microseconds of the server's CPU time for each request, if this machine tells.
    pub cpu: Option<f64>,
}

/// Sends one request. Answers what was answered to it.
///
/// # Errors
/// When the answer is not the one of somebody who understood.
pub async fn once(server: SocketAddr, deed: Deed) -> anyhow::Result<Answer> {
    let mut connection = connect(server).await?;
    let response = connection.send_request(deed.request(deed.path())).await?;
    let status = response.status();
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    let kind = kind
        .map(|kind| kind.to_str().map(ToOwned::to_owned))
        .transpose()?;
    let body = response.into_body().collect().await?.to_bytes();
    let body = String::from_utf8(body.into())?;
    ensure!(
        status == StatusCode::OK && body.contains(deed.heard()),
        "it answered {status}: {body}"
    );
    Ok(Answer {
        path: deed.name().to_owned(),
        kind,
        body,
    })
}

/// What a server says.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// The path at which the bare server says it.
    pub path: String,
    /// Its content type.
    pub kind: Option<String>,
    /// Its body.
    pub body: String,
}

/// Sends so many requests as fast as they are answered.
///
/// # Errors
/// When one of them is not taken.
#[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
pub async fn send(server: SocketAddr, path: &str, deed: Deed, count: u32) -> anyhow::Result<Turn> {
    let requests: Vec<_> = (0..count).map(|_| deed.request(path)).collect();
    let requests = Arc::new(Mutex::new(requests));
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        connections.push(connect(server).await?);
    }
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for connection in connections {
        senders.spawn(until_none_is_left(connection, deed, requests.clone()));
    }
    let mut times = Vec::with_capacity(count as usize);
    let mut put_off = 0;
    while let Some(sent) = senders.join_next().await {
        let (taken, later) = sent??;
        times.extend(taken);
        put_off += later;
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let rank = |share: usize| {
        let at = (times.len() * share).div_ceil(100).saturating_sub(1);
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    Ok(Turn {
        rate: (f64::from(count) - put_off as f64) / seconds,
        p50: rank(50),
        p99: rank(99),
        put_off,
        cpu: None,
    })
}

/// Answers how long each request took that was taken, and how many were not.
async fn until_none_is_left(
    mut connection: SendRequest<Full<Bytes>>,
    deed: Deed,
    requests: Arc<Mutex<Vec<Wanted>>>,
) -> anyhow::Result<(Vec<Duration>, usize)> {
    let (mut times, mut put_off) = (Vec::new(), 0);
    let next = || requests.lock().unwrap_or_else(PoisonError::into_inner).pop();
    while let Some(request) = next() {
        let begun = Instant::now();
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        match status {
            StatusCode::OK => times.push(begun.elapsed()),
            // A slow machine's table: what Slack would send once more.
            StatusCode::SERVICE_UNAVAILABLE if deed.writes() => put_off += 1,
            status => anyhow::bail!("a request was answered {status}"),
        }
    }
    Ok((times, put_off))
}

async fn connect(server: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(server).await;
    let stream = stream.with_context(|| format!("nobody listens at {server}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with its sender; what goes wrong in it, the sender is told.
    tokio::spawn(connection);
    Ok(sender)
}
