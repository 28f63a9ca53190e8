//! As much of S3 as an upload in parts needs. What comes is counted and thrown away.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Serves on a free port until the guard is dropped: its address.
pub async fn serve() -> anyhow::Result<(String, DropGuard)> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let app = Router::new().fallback(answer);
    let serving = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::spawn(serving.into_future());
    Ok((endpoint, stop.drop_guard()))
}

async fn answer(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    match (head.method, query.contains("uploadId=")) {
        (Method::POST, false) => {
            xml("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        }
        (Method::POST, true) => {
            xml("<CompleteMultipartUploadResult><ETag>\"all\"</ETag></CompleteMultipartUploadResult>")
        }
        (Method::PUT, true) => match swallow(body).await {
            Ok(()) => ([("etag", "\"part\"")], "").into_response(),
            Err(_) => StatusCode::BAD_REQUEST.into_response(),
        },
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

async fn swallow(mut body: Body) -> Result<(), axum::Error> {
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

fn xml(text: &'static str) -> Response {
    ([("content-type", "application/xml")], text).into_response()
}
