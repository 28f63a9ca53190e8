//! Lambda: functions registered in Rust, invoked through the API or by the embedded AWS itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Request};
use serde_json::{Value, json};

use crate::Time;
use crate::answer::{self, Answer};
use crate::function::{self, Function, FunctionError};
use crate::place::Place;
use crate::work::Work;

const SERVICE: &str = "lambda";

/// The largest payload of a synchronous invocation.
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// Lambda. A clone is another handle on the same functions.
#[derive(Clone)]
pub(crate) struct Lambda {
    place: Place,
    time: Time,
    work: Work,
    functions: Arc<Mutex<BTreeMap<String, Function>>>,
}

impl Lambda {
    pub(crate) fn new(time: Time, place: Place, work: Work) -> Self {
        Self {
            place,
            time,
            work,
            functions: Arc::default(),
        }
    }

    /// Registers or replaces a function.
    pub(crate) fn register(&self, name: &str, function: Function) {
        self.functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), function);
    }

    /// Forgets all functions.
    pub(crate) fn clear(&self) {
        self.functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn arn(&self, name: &str) -> String {
        self.place.arn(SERVICE, &format!("function:{name}"))
    }

    /// The function that a name, a partial ARN or an ARN means, with or without a version or alias.
    pub(crate) fn find(&self, id: &str) -> Option<(String, Function)> {
        let name = name_of(id);
        let functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        functions
            .get(name)
            .map(|function| (name.to_owned(), Arc::clone(function)))
    }

    /// Runs a function to its end.
    pub(crate) async fn run(&self, function: &Function, payload: Value) -> Result<Value, FunctionError> {
        function::run(&self.work, function, payload).await
    }

    pub(crate) async fn call(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "Invoke" => self.invoke(request).await,
            "GetFunction" => self.get(request.uri().path()),
            "ListFunctions" => self.list(),
            _ => answer::error(
                SERVICE,
                404,
                "UnknownOperationException",
                "Operation not supported",
            ),
        }
    }

    async fn invoke(&self, request: &Request<Bytes>) -> Answer {
        let Some((name, function)) = self.find(&id_in(request.uri().path())) else {
            return self.not_found(request.uri().path());
        };
        if request.body().len() > LARGEST_PAYLOAD {
            return answer::error(
                SERVICE,
                413,
                "RequestTooLargeException",
                "Request must be smaller than 6291456 bytes",
            );
        }
        let payload = match request.body().is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(request.body()),
        };
        let Ok(payload) = payload else {
            return answer::error(
                SERVICE,
                400,
                "InvalidRequestContentException",
                "Could not parse request body into json",
            );
        };
        match request
            .headers()
            .get("x-amz-invocation-type")
            .and_then(|kind| kind.to_str().ok())
        {
            Some("DryRun") => answer::finish(204, "application/json", Bytes::new()),
            Some("Event") => {
                let (work, time) = (self.work.clone(), self.time.clone());
                drop(self.work.spawn(async move {
                    function::deliver(&work, &time, &name, &function, payload).await;
                }));
                answer::finish(202, "application/json", Bytes::new())
            }
            _ => invoked(self.run(&function, payload).await),
        }
    }

    fn get(&self, path: &str) -> Answer {
        match self.find(&id_in(path)) {
            Some((name, _)) => answer::json(SERVICE, &json!({ "Configuration": self.configuration(&name) })),
            None => self.not_found(path),
        }
    }

    fn list(&self) -> Answer {
        let functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let functions: Vec<_> = functions.keys().map(|name| self.configuration(name)).collect();
        answer::json(SERVICE, &json!({ "Functions": functions }))
    }

    fn configuration(&self, name: &str) -> Value {
        json!({
            "FunctionName": name,
            "FunctionArn": self.arn(name),
            "Runtime": "provided.al2023",
            "PackageType": "Zip",
            "State": "Active",
            "Version": "$LATEST",
        })
    }

    fn not_found(&self, path: &str) -> Answer {
        let id = id_in(path);
        let message = format!("Function not found: {}", self.arn(name_of(&id)));
        answer::error(SERVICE, 404, "ResourceNotFoundException", &message)
    }
}

/// The answer of a synchronous invocation: the payload as it is, and a header that says whether it is an error.
fn invoked(result: Result<Value, FunctionError>) -> Answer {
    let (payload, failed) = match result {
        Ok(payload) => (payload, false),
        Err(failure) => (failure.payload(), true),
    };
    let mut answer = answer::finish(200, "application/json", payload.to_string().into());
    answer
        .headers_mut()
        .insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    if failed {
        answer
            .headers_mut()
            .insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    answer
}

/// The function's id in `/2015-03-31/functions/<id>/invocations`; an ARN comes percent-encoded.
fn id_in(path: &str) -> String {
    let id = path.split("/functions/").nth(1).unwrap_or_default();
    let id = id.split('/').next().unwrap_or_default();
    winterbaume_core::percent_decode(id)
}

/// `name`, `name:alias`, `account:function:name` and a full ARN all mean `name`.
fn name_of(id: &str) -> &str {
    let rest = id.split_once("function:").map_or(id, |(_, rest)| rest);
    rest.split(':').next().unwrap_or(rest)
}
