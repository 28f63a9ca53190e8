//! A table's stream: each change, in order, delivered as Lambda gets it, at least once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::Time;
use crate::function::{self, Function};
use crate::place::Place;
use crate::work::{Busy, Work};

/// The most records in one event, as of an event source mapping with a small batch size.
const BATCH: usize = 10;

/// The waits between the attempts of one batch; after the last attempt it is split, and a single record given up.
const RETRIES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// The streams of all tables that somebody listens to.
#[derive(Clone)]
pub(super) struct Streams {
    database: Database,
    time: Time,
    place: Place,
    work: Work,
    tables: Arc<Mutex<HashMap<String, Table>>>,
}

/// One table that is listened to.
struct Table {
    /// None before the table exists.
    shard: Option<Shard>,
    consumers: Vec<mpsc::UnboundedSender<Batch>>,
}

/// An open stream.
struct Shard {
    /// The stream's ARN, with our Region and account.
    arn: String,
    /// Where the next record is.
    iterator: String,
}

/// Records on their way to a consumer, counted as under way until they are delivered.
struct Batch {
    records: Vec<Value>,
    _busy: Busy,
}

impl Streams {
    pub(super) fn new(database: Database, time: Time, place: Place, work: Work) -> Self {
        Self {
            database,
            time,
            place,
            work,
            tables: Arc::default(),
        }
    }

    pub(super) fn deliver(&self, table: &str, handler: Function) {
        let (sender, receiver) = mpsc::unbounded_channel();
        {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            let listened = tables.entry(table.to_owned()).or_insert_with(|| Table {
                shard: None,
                consumers: Vec::new(),
            });
            if listened.shard.is_none() {
                listened.shard = self.open(table, "LATEST");
            }
            listened.consumers.push(sender);
        }
        let consumer = Consumer {
            table: table.to_owned(),
            handler,
            time: self.time.clone(),
            work: self.work.clone(),
        };
        drop(self.work.spawn_quietly(consumer.run(receiver)));
    }

    pub(super) fn clear(&self) {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Hands on whatever the tables have recorded since the last time. Called after every operation, so that
    /// records leave in the order of the writes.
    pub(super) fn pump(&self) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, table) in tables.iter_mut() {
            if table.shard.is_none() {
                table.shard = self.open(name, "TRIM_HORIZON");
            }
            let Some(shard) = &mut table.shard else { continue };
            let request = GetRecordsRequest {
                shard_iterator: shard.iterator.clone(),
                limit: None,
            };
            let Ok(read) = self.database.get_records(request) else {
                table.shard = None;
                continue;
            };
            if let Some(next) = read.next_shard_iterator {
                shard.iterator = next;
            }
            for records in read.records.chunks(BATCH) {
                let records: Vec<_> = records
                    .iter()
                    .map(|record| self.event(&shard.arn, record))
                    .collect();
                for consumer in &table.consumers {
                    // A consumer is gone only after the shutdown.
                    let _ = consumer.send(Batch {
                        records: records.clone(),
                        _busy: self.work.busy(),
                    });
                }
            }
        }
    }

    /// Where to read `table` from, having switched its stream on; `None` as long as there is no such table.
    fn open(&self, table: &str, from: &str) -> Option<Shard> {
        let known = || self.database.get_table_metadata(table).ok().flatten();
        if !known()?.stream_enabled {
            let wanted = json!({
                "TableName": table,
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
            });
            self.database
                .update_table(serde_json::from_value(wanted).ok()?)
                .ok()?;
        }
        let label = known()?.stream_label?;
        let request = GetShardIteratorRequest {
            stream_arn: dynoxide::streams::stream_arn(table, &label),
            shard_id: dynoxide::streams::shard_id(table),
            shard_iterator_type: from.to_owned(),
            sequence_number: None,
        };
        let iterator = self.database.get_shard_iterator(request).ok()?.shard_iterator?;
        Some(Shard {
            arn: self
                .place
                .arn("dynamodb", &format!("table/{table}/stream/{label}")),
            iterator,
        })
    }

    fn event(&self, arn: &str, record: &Record) -> Value {
        let mut event = serde_json::to_value(record).unwrap_or_default();
        event["awsRegion"] = json!(self.place.region);
        event["eventSourceARN"] = json!(arn);
        event
    }
}

/// One handler of one table's changes.
struct Consumer {
    table: String,
    handler: Function,
    time: Time,
    work: Work,
}

impl Consumer {
    async fn run(self, mut batches: mpsc::UnboundedReceiver<Batch>) {
        while let Some(batch) = batches.recv().await {
            if self.deliver(&batch.records).await || batch.records.len() == 1 {
                continue;
            }
            for record in &batch.records {
                self.deliver(std::slice::from_ref(record)).await;
            }
        }
    }

    /// Tries until the handler succeeds or the attempts are used up.
    async fn deliver(&self, records: &[Value]) -> bool {
        for wait in RETRIES.iter().copied().map(Some).chain([None]) {
            let event = json!({ "Records": records });
            let Err(failure) = function::run(&self.work, &self.handler, event).await else {
                return true;
            };
            tracing::warn!(table = self.table, error = %failure.error_type, last = wait.is_none(), "a stream's delivery failed");
            if let Some(wait) = wait {
                self.time.sleep(wait).await;
            }
        }
        false
    }
}
