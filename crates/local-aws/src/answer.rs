//! Answers in the shape of each service's protocol.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

/// A finished answer.
pub(crate) type Answer = Response<Bytes>;

/// How a service writes its answers, and what it says when it is asked too often.
struct Dialect {
    protocol: Protocol,
    throttled: (u16, &'static str),
}

#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Json(&'static str),
    RestJson,
    Query,
    RestXml,
}

/// The services that are answered here; `None` is a service that the embedded AWS does not have.
fn dialect(service: &str) -> Option<Dialect> {
    use Protocol::{Json, Query, RestJson, RestXml};
    const JSON_10: Protocol = Json("application/x-amz-json-1.0");
    const JSON_11: Protocol = Json("application/x-amz-json-1.1");
    let (protocol, throttled) = match service {
        "dynamodb" | "states" => (JSON_10, (400, "ThrottlingException")),
        "ecs" | "pricing" | "secretsmanager" => (JSON_11, (400, "ThrottlingException")),
        "rds" => (Query, (400, "ThrottlingException")),
        "sts" => (Query, (400, "Throttling")),
        "sns" => (Query, (429, "Throttled")),
        "lambda" => (RestJson, (429, "TooManyRequestsException")),
        "rds-data" => (RestJson, (400, "ThrottlingException")),
        "s3" => (RestXml, (503, "SlowDown")),
        _ => return None,
    };
    Some(Dialect { protocol, throttled })
}

/// Whether the embedded AWS has `service`.
pub(crate) fn knows(service: &str) -> bool {
    dialect(service).is_some()
}

/// Status and code of `service` when it throttles.
pub(crate) fn throttled(service: &str) -> (u16, &'static str) {
    dialect(service).map_or((400, "ThrottlingException"), |dialect| dialect.throttled)
}

/// A good answer of a JSON service.
pub(crate) fn json(service: &str, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(body) => finish(200, content_type(service), body.into()),
        Err(failed) => error(service, 500, "InternalFailure", &failed.to_string()),
    }
}

/// An error of `service`, in its own shape. A service that is not known is answered in JSON.
pub(crate) fn error(service: &str, status: u16, code: &str, message: &str) -> Answer {
    let protocol = protocol(service);
    let body = match protocol {
        Protocol::Json(_) => json!({ "__type": code, "message": message }).to_string(),
        Protocol::RestJson => json!({ "Type": "User", "message": message }).to_string(),
        Protocol::Query => format!(
            "<ErrorResponse><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            if status < 500 { "Sender" } else { "Receiver" },
            escape(code),
            escape(message),
            uuid::Uuid::new_v4()
        ),
        Protocol::RestXml => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message><RequestId>{}</RequestId></Error>",
            escape(code),
            escape(message),
            uuid::Uuid::new_v4()
        ),
    };
    let mut answer = finish(status, content_type(service), body.into());
    if protocol == Protocol::RestJson
        && let Ok(code) = HeaderValue::from_str(code)
    {
        answer.headers_mut().insert("x-amzn-errortype", code);
    }
    answer
}

/// An answer with a body that is written already.
pub(crate) fn finish(status: u16, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        answer.headers_mut().insert("x-amzn-requestid", id);
    }
    answer
}

/// The error code that an answer carries, wherever its protocol puts it.
pub(crate) fn code(answer: &Answer) -> Option<String> {
    if let Some(code) = answer
        .headers()
        .get("x-amzn-errortype")
        .and_then(|code| code.to_str().ok())
    {
        return Some(short(code));
    }
    if let Ok(body) = serde_json::from_slice::<Value>(answer.body()) {
        return body["__type"].as_str().map(short);
    }
    let body = std::str::from_utf8(answer.body()).ok()?;
    let (_, rest) = body.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.to_owned())
}

fn short(code: &str) -> String {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code).to_owned()
}

fn protocol(service: &str) -> Protocol {
    dialect(service).map_or(Protocol::Json("application/x-amz-json-1.1"), |dialect| {
        dialect.protocol
    })
}

fn content_type(service: &str) -> &'static str {
    match protocol(service) {
        Protocol::Json(content_type) => content_type,
        Protocol::RestJson => "application/json",
        Protocol::Query => "text/xml",
        Protocol::RestXml => "application/xml",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
