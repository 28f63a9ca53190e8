//! The embedded AWS as an SDK's HTTP client, without a socket: what tests on paused time use.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::LocalAws;

/// A client that hands every request to `aws`.
pub(crate) fn http_client(aws: LocalAws) -> SharedHttpClient {
    http_client_fn(move |_, _| SharedHttpConnector::new(InProcess(aws.clone())))
}

#[derive(Debug)]
struct InProcess(LocalAws);

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = read(request).await?;
            let answer = aws.call(request).await.map(SdkBody::from);
            HttpResponse::try_from(answer).map_err(|wrong| ConnectorError::other(wrong.into(), None))
        })
    }
}

async fn read(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|wrong| ConnectorError::user(wrong.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    Ok(http::Request::from_parts(parts, body))
}
