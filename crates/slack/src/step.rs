//! "Clone a database" as a step of Slack's Workflow Builder: the event that runs it, and what it is told in the end.
//!
//! slack-morphism has no model of `function_executed`. Source:
//! <https://docs.slack.dev/reference/events/function_executed/>.

use domain::workflow::Caught;
use domain::{CloneRecord, CloneState};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::ended::{advice, because, why};
use crate::text;

/// The step's callback id in the app's manifest.
pub const CLONE_DATABASE: &str = "clone_database";

/// What the step takes, by the names of the manifest. They are fields of a request as everybody writes it.
pub const INPUTS: [&str; 3] = ["source", "class", "lifetime"];

/// Slack shows the error in a message of its own.
const LONGEST_ERROR: usize = 2_000;

/// A workflow came to a step of ours.
#[derive(Clone, Debug, Deserialize)]
pub struct FunctionExecuted {
    /// Which step.
    pub function: Function,
    /// What it was given: whatever the workflow's author wrote or chose.
    #[serde(default)]
    pub inputs: Value,
    /// This run of it, which [`crate::Client::complete_step`] names. The same in every retry of the event.
    pub function_execution_id: String,
}

/// A step as the manifest declares it.
#[derive(Clone, Debug, Deserialize)]
pub struct Function {
    /// Its callback id.
    #[serde(default)]
    pub callback_id: String,
}

/// What a step hands to the steps that come after it, by the names of the manifest. Never a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outputs {
    /// The clone's id.
    pub clone_id: String,
    /// Host name.
    pub host: String,
    /// Name of the secret with user and password.
    pub secret: String,
}

/// How a step ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The clone was handed over.
    Released(Outputs),
    /// There will be no clone: why, in plain words.
    Failed(String),
}

/// How the step of this clone ended; none while it has not.
pub fn outcome(clone: &CloneRecord) -> Option<Outcome> {
    if let (Some(_), Some(access)) = (clone.ready_at, &clone.access) {
        return Some(Outcome::Released(Outputs {
            clone_id: clone.id.to_string(),
            host: access.host.clone(),
            secret: access.secret.clone(),
        }));
    }
    let (source, class) = (&clone.source, &clone.class);
    match (&clone.failure, clone.state) {
        (Some(failed), _) => Some(Outcome::failed(&format!(
            "The clone of {source} on {class} could not be made: {}. What to do: {}",
            why(failed.failure, &failed.cause),
            advice(failed.failure)
        ))),
        (None, CloneState::Failed | CloneState::Deleting | CloneState::Deleted) => {
            Some(Outcome::failed(&format!(
                "The clone of {source} on {class} was deleted before it was ready: {}.",
                because(clone)
            )))
        }
        (None, _) => None,
    }
}

impl Outcome {
    /// It cannot be: why, in plain words.
    pub fn failed(why: &str) -> Self {
        Self::Failed(text::plain(why, LONGEST_ERROR))
    }

    /// The execution ended before there was a record of a clone.
    pub fn of_refusal(caught: &Caught) -> Self {
        let failure = caught.failure();
        Self::failed(&format!(
            "The clone could not be made: {}. What to do: {}",
            why(failure, &caught.words()),
            advice(failure)
        ))
    }
}

#[cfg(test)]
mod tests {
    use domain::workflow::State;
    use serde_json::json;

    use super::*;
    use crate::message::samples;

    fn told(clone: &CloneRecord) -> String {
        match outcome(clone) {
            None => "nothing yet".into(),
            Some(Outcome::Failed(why)) => why,
            Some(Outcome::Released(outputs)) => serde_json::to_string(&outputs).unwrap(),
        }
    }

    #[test]
    fn an_event_is_read_as_slack_sends_it() {
        let event: FunctionExecuted = serde_json::from_value(json!({
            "type": "function_executed",
            "function": {"id": "Fn1", "callback_id": CLONE_DATABASE, "title": "Clone a database", "type": "app",
                "input_parameters": [], "output_parameters": [], "app_id": "A1", "date_created": 1},
            "inputs": {"source": "production", "lifetime": 3},
            "function_execution_id": "Fx1", "workflow_execution_id": "Wx1", "event_ts": "1.2", "bot_access_token": "x",
        }))
        .unwrap();
        assert_eq!(event.function.callback_id, CLONE_DATABASE);
        assert_eq!(
            (event.function_execution_id.as_str(), &event.inputs["lifetime"]),
            ("Fx1", &json!(3))
        );
    }

    #[test]
    fn every_input_is_a_field_of_a_request() {
        let values = ["production", "db.t4g.medium", "4h"];
        for (input, value) in INPUTS.iter().zip(values) {
            domain::request::Wish::default().set(input, value).unwrap();
        }
    }

    #[test]
    fn a_step_waits_until_the_clone_is_handed_over_or_cannot_be() {
        let mut cut_short = samples::masking();
        cut_short.claim_deletion(
            domain::record::DeleteReason::Asked(domain::request::Principal::Slack("U0CAROL".into())),
            samples::start(),
        );
        let all = [
            ("requested", samples::requested()),
            ("masking", samples::masking()),
            ("begun anew", samples::masking_again()),
            ("ready", samples::ready()),
            ("deleted after its life", samples::deleted()),
            ("failed", samples::failed()),
            ("deleted before it was ready", cut_short),
        ];
        let all: Vec<_> = all
            .iter()
            .map(|(name, clone)| format!("{name}: {}", told(clone)))
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_refusal_without_a_record_is_told_in_plain_words() {
        let caught = Caught {
            step: State::Clone,
            error: "Refused".into(),
            cause: r#"{"errorMessage": "`source`: there is no source <!channel>"}"#.into(),
        };
        let Outcome::Failed(said) = Outcome::of_refusal(&caught) else {
            panic!("released")
        };
        assert!(said.contains("no source &lt;!channel&gt;"), "{said}");
    }
}
