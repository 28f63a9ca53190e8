//! Who calls, which service, which operation: read from the signature and from where each protocol names it.

use bytes::Bytes;
use http::{Method, Request, Uri, header};

/// What a SigV4 credential scope says. The signature itself is not checked: every caller is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The access key id, which is the caller's name here.
    pub(crate) principal: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// The scope of a signed or presigned request.
pub(crate) fn scope(request: &Request<Bytes>) -> Option<Scope> {
    let header = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    match header.and_then(|value| value.split_once("Credential=")) {
        Some((_, rest)) => parse(rest.split([',', ' ']).next()?),
        None => query(request.uri(), "X-Amz-Credential").and_then(|credential| parse(&credential)),
    }
}

/// `<access key id>/<date>/<region>/<service>/aws4_request`; the key id may hold slashes.
fn parse(credential: &str) -> Option<Scope> {
    let mut parts = credential.rsplitn(5, '/');
    if parts.next()? != "aws4_request" {
        return None;
    }
    let (service, region, _date, principal) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Scope {
        principal: principal.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
    })
}

/// A request in our own name, signed as `principal`, for the JSON `operation` of a service.
pub(crate) fn ours(
    principal: &str,
    region: &str,
    service: &str,
    target: &str,
    body: String,
) -> Result<Request<Bytes>, http::Error> {
    Request::post("/")
        .header("x-amz-target", target)
        .header(
            header::AUTHORIZATION,
            format!("AWS4-HMAC-SHA256 Credential={principal}/20000101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"),
        )
        .body(Bytes::from(body))
}

/// The operation's name, as the service's documentation spells it.
pub(crate) fn operation(service: &str, request: &Request<Bytes>) -> String {
    if let Some(target) = request
        .headers()
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
    {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    match service {
        "lambda" => lambda(request),
        "rds-data" => data_api(request.uri().path()),
        "s3" => s3(request),
        _ => form(request.body(), "Action")
            .or_else(|| query(request.uri(), "Action"))
            .unwrap_or_else(|| "Unknown".to_owned()),
    }
}

/// A field of a form.
pub(crate) fn form(body: &[u8], field: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(name, _)| name == field)
        .map(|(_, value)| value.into_owned())
}

fn query(uri: &Uri, field: &str) -> Option<String> {
    form(uri.query()?.as_bytes(), field)
}

fn lambda(request: &Request<Bytes>) -> String {
    let path = request.uri().path().trim_end_matches('/');
    match (request.method(), path.rsplit('/').next().unwrap_or_default()) {
        (&Method::POST, "invocations") => "Invoke",
        (&Method::GET, "functions") => "ListFunctions",
        (&Method::GET, _) if path.contains("/functions/") => "GetFunction",
        _ => "Unknown",
    }
    .to_owned()
}

fn data_api(path: &str) -> String {
    match path.trim_matches('/') {
        "Execute" => "ExecuteStatement",
        "BatchExecute" => "BatchExecuteStatement",
        "" => "Unknown",
        other => other,
    }
    .to_owned()
}

/// The main operations by name, the others as method and sub-resource.
fn s3(request: &Request<Bytes>) -> String {
    let path = request.uri().path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let query = request.uri().query().unwrap_or_default();
    let says = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let sub = query.split(['&', '=']).next().unwrap_or_default();
    let method = request.method().as_str();
    let plain = sub.is_empty() || sub.starts_with("x-id") || sub.starts_with("X-Amz");
    match (method, bucket, key) {
        ("POST", ..) if says("uploads") => "CreateMultipartUpload",
        ("PUT", ..) if says("uploadId") => "UploadPart",
        ("POST", ..) if says("uploadId") => "CompleteMultipartUpload",
        ("DELETE", ..) if says("uploadId") => "AbortMultipartUpload",
        ("GET", "", _) => "ListBuckets",
        ("PUT", _, "") if plain => "CreateBucket",
        ("HEAD", _, "") => "HeadBucket",
        ("DELETE", _, "") if plain => "DeleteBucket",
        ("POST", _, "") if sub == "delete" => "DeleteObjects",
        ("GET", _, "") if plain || matches!(sub, "list-type" | "prefix") => "ListObjectsV2",
        ("GET", _, _) if plain => "GetObject",
        ("PUT", _, _) if plain => match request.headers().contains_key("x-amz-copy-source") {
            true => "CopyObject",
            false => "PutObject",
        },
        ("HEAD", ..) => "HeadObject",
        ("DELETE", ..) if plain => "DeleteObject",
        _ => return format!("{method} {sub}"),
    }
    .to_owned()
}
