//! STS, SNS and S3: `winterbaume`'s, with what is hollow there made good.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{Request, Uri, header};
use winterbaume_core::{MockRequest, MockService};
use winterbaume_s3::S3Service;
use winterbaume_sns::SnsService;
use winterbaume_sts::{StsService, wire};

use crate::answer::{self, Answer};
use crate::place::Place;

/// The services that are taken as they are.
pub(crate) struct Borrowed {
    place: Place,
    sts: StsService,
    sns: SnsService,
    s3: S3Service,
    published: Mutex<Vec<Published>>,
}

/// A message that somebody published on an SNS topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The topic's ARN.
    pub topic: String,
    /// The message, as it was published.
    pub message: String,
}

impl Borrowed {
    pub(crate) fn new(place: Place) -> Self {
        winterbaume_core::set_default_account_id(place.account.clone());
        Self {
            place,
            sts: StsService::new(),
            sns: SnsService::new(),
            s3: S3Service::new(),
            published: Mutex::default(),
        }
    }

    /// Says who the caller is: its access key id is its name here. The rest is `winterbaume`'s.
    pub(crate) async fn sts(&self, principal: &str, operation: &str, request: Request<Bytes>) -> Answer {
        if operation != "GetCallerIdentity" {
            return self.pass("sts", &self.sts, request).await;
        }
        let identity = wire::GetCallerIdentityResponse {
            arn: Some(format!("arn:aws:iam::{}:user/{principal}", self.place.account)),
            user_id: Some(principal.to_owned()),
            account: Some(self.place.account.clone()),
        };
        convert(wire::serialize_get_caller_identity_response(&identity))
    }

    /// SNS; what is published is kept to be looked at.
    pub(crate) async fn sns(&self, operation: &str, request: Request<Bytes>) -> Answer {
        let published = (operation == "Publish").then(|| Published {
            topic: field(request.body(), "TopicArn"),
            message: field(request.body(), "Message"),
        });
        let answer = self.pass("sns", &self.sns, request).await;
        if let Some(published) = published.filter(|_| answer.status().is_success()) {
            lock(&self.published).push(published);
        }
        answer
    }

    /// All that was published so far, in order.
    pub(crate) fn published(&self) -> Vec<Published> {
        lock(&self.published).clone()
    }

    /// S3, with bucket names in the host or in the path, and bodies that are sent in signed chunks.
    pub(crate) async fn s3(&self, request: Request<Bytes>) -> Answer {
        let (mut parts, mut body) = request.into_parts();
        let chunked = parts
            .headers
            .get("x-amz-content-sha256")
            .is_some_and(|hash| hash.as_bytes().starts_with(b"STREAMING-"));
        if chunked {
            match unchunk(&body) {
                Some(whole) => body = whole,
                None => {
                    return answer::error("s3", 400, "IncompleteBody", "The body's chunks are not complete");
                }
            }
            parts.headers.remove(header::CONTENT_ENCODING);
        }
        self.pass("s3", &self.s3, Request::from_parts(parts, body)).await
    }

    async fn pass(&self, service: &str, to: &dyn MockService, request: Request<Bytes>) -> Answer {
        let (parts, body) = request.into_parts();
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .or(parts.uri.host());
        let request = MockRequest {
            method: parts.method.to_string(),
            uri: self.address(service, host.unwrap_or_default(), &parts.uri),
            headers: parts.headers,
            body,
        };
        convert(to.handle(request).await)
    }

    /// The request's address as it would be in AWS.
    fn address(&self, service: &str, host: &str, uri: &Uri) -> String {
        let bucket = match service {
            "s3" => host
                .split_once(".s3.")
                .or_else(|| host.split_once(".localhost"))
                .map(|(bucket, _)| bucket),
            _ => None,
        };
        let bucket = bucket.map(|bucket| format!("/{bucket}")).unwrap_or_default();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        format!(
            "https://{service}.{}.amazonaws.com{bucket}{path}",
            self.place.region
        )
    }
}

/// A field of a request in the query protocol.
fn field(body: &Bytes, name: &str) -> String {
    form_urlencoded::parse(body)
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn convert(from: winterbaume_core::MockResponse) -> Answer {
    let mut answer = answer::finish(from.status, "text/xml", from.body);
    answer.headers_mut().extend(from.headers);
    answer
}

/// The data of a body in `aws-chunked` encoding: `<hex size>[;signature]\r\n<data>\r\n`, ended by a chunk of
/// size 0 and trailers.
fn unchunk(mut body: &[u8]) -> Option<Bytes> {
    let mut whole = BytesMut::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(head.split(';').next()?, 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            return Some(whole.freeze());
        }
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}
