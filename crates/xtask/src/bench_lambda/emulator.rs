//! Lambda's Runtime API for one function and one event, and the little of AWS that the event asks for.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

/// One start of a function.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// From the process's start until it asks for its first event.
    pub cold: Duration,
    /// The most memory that it held until it asked for the second, in bytes.
    pub peak: u64,
}

/// What the function must make of its event.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// An answer with this in it.
    Answer(&'static str),
    /// An error of this type.
    Error(&'static str),
}

/// The longest that a function may take to ask for something.
const PATIENCE: Duration = Duration::from_secs(30);

/// What ends when it is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `program`, hands it `event`, and looks at it when it asks for the next one.
pub fn start(program: &mut Command, event: &Value, expected: Expected) -> anyhow::Result<Start> {
    let server =
        Server::http("127.0.0.1:0").map_err(|error| anyhow!("no port can be listened to: {error}"))?;
    let address = server.server_addr();
    program
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let process = Ended(
        program
            .spawn()
            .with_context(|| format!("{program:?} cannot be started"))?,
    );
    let (mut cold, mut handled) = (None, false);
    loop {
        let asked = server
            .recv_timeout(PATIENCE)
            .context("the port cannot be listened to")?;
        let mut request =
            asked.with_context(|| format!("{program:?} did not ask for anything for {PATIENCE:?}"))?;
        let path = request.url().to_owned();
        match path.rsplit('/').next().unwrap_or_default() {
            // The request stays unanswered until then, or the process would end.
            "next" if handled => {
                return Ok(Start {
                    cold: cold.context("no event was asked for")?,
                    peak: peak(process.0.id())?,
                });
            }
            "next" => {
                cold.get_or_insert_with(|| begun.elapsed());
                respond(request, 200, event, &invocation())?;
            }
            last @ ("response" | "error") if path.contains("/invocation/") => {
                hold(
                    expected,
                    last,
                    &body(&mut request)?,
                    &header(&request, "Lambda-Runtime-Function-Error-Type"),
                )?;
                handled = true;
                respond(request, 202, &json!({}), &[])?;
            }
            "error" => bail!("{program:?} failed at start: {}", body(&mut request)?),
            _ => aws(request)?,
        }
    }
}

/// What Lambda says of an event.
fn invocation() -> [(&'static str, String); 3] {
    let deadline = std::time::SystemTime::now() + PATIENCE;
    let deadline = deadline.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    [
        (
            "Lambda-Runtime-Aws-Request-Id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        ("Lambda-Runtime-Deadline-Ms", deadline.as_millis().to_string()),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:measured".to_owned(),
        ),
    ]
}

/// There is no record of any clone, and every secret is the same.
fn aws(request: Request) -> anyhow::Result<()> {
    let call = header(&request, "X-Amz-Target");
    match call.rsplit('.').next() {
        Some("GetItem") if *request.method() == Method::Post => respond(request, 200, &json!({}), &[]),
        Some("GetSecretValue") => {
            let secret = json!({
                "ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack", "Name": "slack",
                "VersionId": "00000000-0000-0000-0000-000000000001", "SecretString": "not-a-secret",
            });
            respond(request, 200, &secret, &[])
        }
        _ => bail!("{} {} ({call}) was not expected", request.method(), request.url()),
    }
}

fn hold(expected: Expected, outcome: &str, said: &str, error_type: &str) -> anyhow::Result<()> {
    let as_expected = match expected {
        Expected::Answer(words) => outcome == "response" && said.contains(words),
        Expected::Error(name) => outcome == "error" && (said.contains(name) || error_type.contains(name)),
    };
    if !as_expected {
        bail!("the event ended in another way than {expected:?}: {outcome} {said}");
    }
    Ok(())
}

fn respond(request: Request, status: u16, body: &Value, headers: &[(&str, String)]) -> anyhow::Result<()> {
    let mut response = Response::from_string(body.to_string()).with_status_code(status);
    let json = [("Content-Type", "application/json".to_owned())];
    for (name, value) in json.iter().chain(headers) {
        let header = Header::from_bytes(*name, value.as_bytes());
        response.add_header(header.map_err(|()| anyhow!("{name} is no header"))?);
    }
    request.respond(response).context("the function did not listen")
}

fn body(request: &mut Request) -> anyhow::Result<String> {
    let mut text = String::new();
    request
        .as_reader()
        .read_to_string(&mut text)
        .context("the function broke off")?;
    Ok(text)
}

fn header(request: &Request, name: &'static str) -> String {
    let found = request.headers().iter().find(|header| header.field.equiv(name));
    found.map(|header| header.value.to_string()).unwrap_or_default()
}

/// The most memory that a process held, in bytes.
fn peak(process: u32) -> anyhow::Result<u64> {
    let file = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&file).with_context(|| format!("{file} cannot be read"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.with_context(|| format!("{file} tells no peak"))? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that reads a secret, and a record if its event names one.
    const FUNCTION: &str = r#"
import json, os, urllib.request

def call(url, body=None, **headers):
    request = urllib.request.Request(url, body, {name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request) as answer:
        return dict(answer.headers), json.load(answer)

aws = os.environ["AWS_ENDPOINT_URL"]
_, secret = call(aws, b"{}", X_Amz_Target="secretsmanager.GetSecretValue")
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    headers, event = call(f"{api}/next")
    if "clone_id" in event:
        call(aws, b"{}", X_Amz_Target="DynamoDB_20120810." + event["call"])
    answer = json.dumps({"said": secret["SecretString"]}).encode()
    call(f"{api}/{headers['Lambda-Runtime-Aws-Request-Id']}/response", answer)
"#;

    fn started(event: &Value, expected: Expected) -> anyhow::Result<Start> {
        start(Command::new("python3").args(["-c", FUNCTION]), event, expected)
    }

    #[test]
    fn a_function_is_looked_at_when_it_asks_for_its_second_event() {
        let event = json!({ "clone_id": "doppel-production-20260131-k3x9qa", "call": "GetItem" });
        let started = started(&event, Expected::Answer("not-a-secret")).unwrap();
        assert!(started.cold > Duration::ZERO && started.cold < PATIENCE);
        assert!(started.peak > 1_000_000, "no Python needs {} bytes", started.peak);
    }

    #[test]
    fn what_ends_in_another_way_or_calls_something_else_is_no_measurement() {
        let otherwise = started(&json!({}), Expected::Error("Cancelled")).unwrap_err();
        assert!(otherwise.to_string().contains("not-a-secret"), "{otherwise}");
        let event = json!({ "clone_id": "doppel-production-20260131-k3x9qa", "call": "PutItem" });
        let unknown = started(&event, Expected::Answer("")).unwrap_err();
        assert!(unknown.to_string().contains("PutItem"), "{unknown}");
    }
}
