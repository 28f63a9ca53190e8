//! DynamoDB: `dynoxide`'s engine behind the service's protocol, on our clock, with its stream delivered.

mod stream;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use dynoxide::storage_backend::ManualClock;
use dynoxide::{Database, DynoxideError};
use http::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Time;
use crate::answer::{self, Answer};
use crate::function::Function;
use crate::place::Place;
use crate::work::Work;
use stream::Streams;

const SERVICE: &str = "dynamodb";

/// How often expired items are swept. AWS promises days and often takes minutes.
const TTL_SWEEP: TimeDelta = TimeDelta::minutes(30);

/// The engine's own idea of where it is.
const ENGINE_ARN: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// DynamoDB. A clone is another handle on the same tables.
#[derive(Clone)]
pub(crate) struct DynamoDb {
    database: Database,
    clock: ManualClock,
    time: Time,
    place: Place,
    swept: Arc<Mutex<DateTime<Utc>>>,
    streams: Streams,
}

impl DynamoDb {
    pub(crate) fn new(time: Time, place: Place, work: Work) -> Result<Self, DynoxideError> {
        let clock = ManualClock::new(seconds(time.now()));
        let database = Database::memory_with_clock(Arc::new(clock.clone()))?;
        let swept = Arc::new(Mutex::new(time.now()));
        let streams = Streams::new(database.clone(), time.clone(), place.clone(), work);
        Ok(Self {
            database,
            clock,
            time,
            place,
            swept,
            streams,
        })
    }

    /// Delivers the changes of `table` to `handler`, from now on. The table may come into being later.
    pub(crate) fn stream(&self, table: &str, handler: Function) {
        self.streams.deliver(table, handler);
    }

    /// Forgets all stream handlers.
    pub(crate) fn clear(&self) {
        self.streams.clear();
    }

    /// The name of a table's partition key.
    pub(crate) fn hash_key(&self, table: &str) -> Option<String> {
        let asked = serde_json::json!({ "TableName": table }).to_string();
        let table = carry_out(&self.database, "DescribeTable", &asked)?.ok()?;
        let table: serde_json::Value = serde_json::from_str(&table).ok()?;
        let keys = table["Table"]["KeySchema"].as_array()?;
        let hash = keys.iter().find(|key| key["KeyType"] == "HASH")?;
        Some(hash["AttributeName"].as_str()?.to_owned())
    }

    pub(crate) fn call(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        self.tick();
        let body = String::from_utf8_lossy(request.body()).replace(&self.place.arn(SERVICE, ""), ENGINE_ARN);
        let answer = match carry_out(&self.database, operation, &body) {
            Some(Ok(body)) => answer::finish(200, "application/x-amz-json-1.0", self.with_our_arns(&body)),
            Some(Err(failed)) => answer::finish(
                failed.status_code(),
                "application/x-amz-json-1.0",
                self.with_our_arns(&failed.to_json()),
            ),
            None => answer::error(
                SERVICE,
                400,
                "UnknownOperationException",
                "Operation not supported",
            ),
        };
        self.streams.pump();
        answer
    }

    /// Sets the engine's clock to ours, and sweeps expired items when the time for it has come.
    fn tick(&self) {
        let now = self.time.now();
        self.clock.set(seconds(now));
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if now - *swept >= TTL_SWEEP {
            *swept = now;
            if let Err(failed) = self.database.sweep_ttl() {
                tracing::error!(error = %failed, "sweeping expired items failed");
            }
        }
    }

    fn with_our_arns(&self, body: &str) -> Bytes {
        body.replace(ENGINE_ARN, &self.place.arn(SERVICE, "")).into()
    }
}

fn seconds(at: DateTime<Utc>) -> u64 {
    at.timestamp().try_into().unwrap_or(0)
}

/// Maps operations to the engine's methods of the same name; `None` is an operation that it does not have.
macro_rules! operations {
    ($database:expr, $operation:expr, $body:expr; $($name:literal => $method:ident,)*) => {
        match $operation {
            $($name => Some(parse($body).and_then(|request| $database.$method(request)).and_then(|answer| write(&answer))),)*
            _ => None,
        }
    };
}

fn carry_out(database: &Database, operation: &str, body: &str) -> Option<Result<String, DynoxideError>> {
    operations!(database, operation, body;
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DeleteTable" => delete_table,
        "DescribeStream" => describe_stream,
        "DescribeTable" => describe_table,
        "DescribeTimeToLive" => describe_time_to_live,
        "GetItem" => get_item,
        "GetRecords" => get_records,
        "GetShardIterator" => get_shard_iterator,
        "ListStreams" => list_streams,
        "ListTables" => list_tables,
        "ListTagsOfResource" => list_tags_of_resource,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TagResource" => tag_resource,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UntagResource" => untag_resource,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    )
}

/// Reads a request. The engine marks in its messages which of DynamoDB's errors a wrong one is.
fn parse<T: DeserializeOwned>(body: &str) -> Result<T, DynoxideError> {
    serde_json::from_str(body).map_err(|failed| {
        let text = failed.to_string();
        let message = |rest: &str| rest.split(" at line ").next().unwrap_or(rest).to_owned();
        let marked = |marks: &[&str]| marks.iter().find_map(|mark| text.strip_prefix(mark)).map(message);
        if let Some(rest) = marked(&["SERIALIZATION_AS_READ:", "SERIALIZATION:"]) {
            DynoxideError::SerializationException(rest)
        } else if let Some(rest) = marked(&["VALIDATION_AS_READ:", "VALIDATION_REQUEST:", "VALIDATION:"]) {
            DynoxideError::ValidationException(rest)
        } else if failed.is_syntax() || failed.is_eof() {
            DynoxideError::SerializationException(message(&text))
        } else {
            DynoxideError::ValidationException(message(&text))
        }
    })
}

fn write(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|failed| DynoxideError::InternalServerError(failed.to_string()))
}
