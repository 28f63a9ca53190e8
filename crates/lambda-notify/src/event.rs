//! What notify can be told.

use domain::CloneId;
use domain::workflow::NotifyRequest;
use serde::Deserialize;
use serde_json::Value;

/// The stream's batch, or the state machine's last word.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Records of the table changed.
    Stream(Batch),
    /// The sweep's last step: say what was not taken when it was said.
    CatchUp {
        /// Always true; it only names the event.
        #[serde(rename = "catch_up")]
        _all: bool,
    },
    /// The state machine's last step.
    LastStep(Box<NotifyRequest>),
}

/// A batch of the table's stream. Only the keys are looked at: the records are read afresh.
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Change>,
}

#[derive(Clone, Debug, Deserialize)]
struct Change {
    dynamodb: Changed,
}

#[derive(Clone, Debug, Deserialize)]
struct Changed {
    #[serde(rename = "Keys", default)]
    keys: Value,
}

impl Batch {
    /// The clones that changed, each once, in the order in which they first did. The table's other items (slots,
    /// requests, what was seen) have keys of another shape and are passed over.
    pub fn clones(&self) -> Vec<CloneId> {
        let mut ids: Vec<CloneId> = Vec::new();
        for change in &self.records {
            let key = change.dynamodb.keys["DBClusterIdentifier"]["S"]
                .as_str()
                .unwrap_or_default();
            if let Ok(id) = key.parse()
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_batch_names_each_clone_once_and_nothing_else() {
        let change = |key: &str| json!({"eventName": "MODIFY", "dynamodb": {"Keys": {"DBClusterIdentifier": {"S": key}}, "SequenceNumber": "1"}});
        let (one, two) = ("doppel-a-20260131-abcdef", "doppel-b-20260131-abcdef");
        let batch = json!({"Records": [change(one), change("seen#00"), change(two), change(one), change("lineage#production")]});
        let Event::Stream(batch) = serde_json::from_value(batch).unwrap() else {
            panic!("no batch")
        };
        let ids: Vec<String> = batch.clones().iter().map(ToString::to_string).collect();
        assert_eq!(ids, [one, two]);
    }

    #[test]
    fn the_state_machines_last_word_is_understood() {
        let said = json!({
            "execution": {"Id": "arn", "Name": "n", "StartTime": "2026-01-31T00:00:00Z", "Input": {}},
            "caught": {"step": "Clone", "error": "BadRequest", "cause": "c"},
        });
        let Event::LastStep(request) = serde_json::from_value(said).unwrap() else {
            panic!("no last step")
        };
        assert_eq!(request.caught.unwrap().error, "BadRequest");
    }
}
