//! What notify can be told.

use domain::CloneId;
use domain::workflow::NotifyRequest;
use runtime::HOME_KEY;
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

/// A batch of the table's stream. It only says where to look: the records are read afresh.
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
    #[serde(rename = "NewImage", default)]
    new: Value,
    #[serde(rename = "OldImage", default)]
    old: Value,
}

/// What of a record's fields a home tab shows.
const SHOWN_AT_HOME: [&str; 4] = ["state", "expires_at", "target_class", "holds_slot"];

impl Changed {
    fn key(&self) -> &str {
        self.keys["DBClusterIdentifier"]["S"].as_str().unwrap_or_default()
    }

    /// Whether it may show in a home tab. A stream without images tells nothing of that.
    fn shows_at_home(&self) -> bool {
        self.new.is_null()
            || SHOWN_AT_HOME
                .iter()
                .any(|field| self.new[field] != self.old[field])
    }
}

impl Batch {
    /// The clones that changed, each once, in the order in which they first did. The table's other items (slots,
    /// requests, what was seen) have keys of another shape and are passed over.
    pub fn clones(&self) -> Vec<CloneId> {
        self.ids(|_| true)
    }

    /// Those of the clones whose change may show in somebody's home tab: not every step of their masking.
    pub fn clones_at_home(&self) -> Vec<CloneId> {
        self.ids(Changed::shows_at_home)
    }

    /// Whose home tab was opened or shown, each once.
    pub fn homes(&self) -> Vec<String> {
        let mut users: Vec<String> = Vec::new();
        for change in &self.records {
            if let Some(user) = change.dynamodb.key().strip_prefix(HOME_KEY)
                && !users.iter().any(|known| known == user)
            {
                users.push(user.to_owned());
            }
        }
        users
    }

    fn ids(&self, is_wanted: impl Fn(&Changed) -> bool) -> Vec<CloneId> {
        let mut ids: Vec<CloneId> = Vec::new();
        for change in self.records.iter().filter(|change| is_wanted(&change.dynamodb)) {
            if let Ok(id) = change.dynamodb.key().parse()
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
    fn a_home_tab_is_shown_when_it_is_opened_and_when_something_in_it_changes() {
        let image = |state: &str, rows: u32| json!({"state": {"S": state}, "progress": {"M": {"rows_done": {"N": rows.to_string()}}}});
        let change = |key: &str, old: Value, new: Value| json!({"dynamodb": {"Keys": {"DBClusterIdentifier": {"S": key}}, "OldImage": old, "NewImage": new}});
        let batch = json!({"Records": [
            change("doppel-a-20260131-abcdef", image("masking", 1), image("masking", 2)),
            change("doppel-b-20260131-abcdef", image("masking", 1), image("resizing", 1)),
            change("doppel-c-20260131-abcdef", Value::Null, image("requested", 0)),
            change("home#U0ALICE", json!({}), json!({})),
            change("home#U0ALICE", json!({}), json!({})),
        ]});
        let batch: Batch = serde_json::from_value(batch).unwrap();
        let ids: Vec<String> = batch.clones_at_home().iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["doppel-b-20260131-abcdef", "doppel-c-20260131-abcdef"]);
        assert_eq!(batch.homes(), ["U0ALICE"]);
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
