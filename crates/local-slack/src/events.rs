//! The Events API: what happens in the workspace, told to the app until it acknowledges.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::gateway::Ack;
use crate::message::Message;
use crate::shared::Shared;
use crate::store::Step;

impl Shared {
    /// Sends an event once; if it was not acknowledged, sends it again in the background.
    pub(crate) async fn send_event(self: Arc<Shared>, event: Value) -> Answer {
        let id = format!("Ev{}", Uuid::new_v4().simple());
        let kind = event["type"].as_str().unwrap_or_default();
        if self
            .options
            .manifest
            .as_ref()
            .is_some_and(|manifest| !manifest.hears(kind))
        {
            return Answer::failed("not_subscribed");
        }
        match self.deliver(&self.events_path(), self.event(&event, &id)).await {
            Ok(ack) if ack.is_success() => Answer::acknowledged(Some(ack)),
            failed => {
                let answer = match &failed {
                    Ok(ack) => Answer {
                        failure: ack.failure().map(str::to_owned),
                        ..Answer::acknowledged(Some(ack.clone()))
                    },
                    Err(name) => Answer::failed(name),
                };
                tokio::spawn(self.retry(event, id, reason(&failed)));
                answer
            }
        }
    }

    async fn retry(self: Arc<Shared>, event: Value, id: String, mut reason: &'static str) {
        for (number, wait) in (1..).zip(&self.options.patience.event_retries) {
            if self.is_stopped_within(*wait).await {
                return;
            }
            let request = self.event(&event, &id).retry(number, reason);
            let answer = self.deliver(&self.events_path(), request).await;
            if answer.as_ref().is_ok_and(Ack::is_success) {
                return;
            }
            reason = self::reason(&answer);
        }
        tracing::warn!(event = id, "the app never acknowledged the event");
    }

    async fn is_stopped_within(&self, wait: Duration) -> bool {
        tokio::time::timeout(wait, self.stop.cancelled()).await.is_ok()
    }

    pub(crate) async fn open_home(self: Arc<Shared>, user: &str) -> Answer {
        let event = json!({
            "type": "app_home_opened", "user": user, "channel": self.store().direct(user), "tab": "home",
            "event_ts": self.event_ts(),
        });
        self.send_event(event).await
    }

    pub(crate) async fn run_step(
        self: Arc<Shared>,
        callback_id: &str,
        inputs: &BTreeMap<String, Value>,
    ) -> (Answer, String) {
        let execution = format!("Fx{}", Uuid::new_v4().simple());
        let parameters = |which: &str| match &self.options.manifest {
            Some(manifest) => manifest.parameters(callback_id, which),
            None => Some(json!([])),
        };
        let declared = (parameters("input_parameters"), parameters("output_parameters"));
        let (Some(takes), Some(gives)) = declared else {
            return (Answer::failed("function_not_found"), execution);
        };
        let problem = self
            .options
            .manifest
            .as_ref()
            .and_then(|manifest| manifest.problem(callback_id, "input_parameters", &json!(inputs)));
        if let Some(problem) = problem {
            tracing::warn!(callback_id, problem, "the step was not run");
            return (Answer::failed("parameter_validation_failed"), execution);
        }
        let step = Step {
            callback_id: callback_id.to_owned(),
            ended: None,
        };
        self.store().steps.insert(execution.clone(), step);
        let event = json!({
            "type": "function_executed",
            "function": {"id": "Fn0STEP", "callback_id": callback_id, "title": callback_id, "type": "app",
                "app_id": self.options.app.id, "input_parameters": takes, "output_parameters": gives},
            "inputs": inputs, "function_execution_id": execution,
            "workflow_execution_id": format!("Wx{}", Uuid::new_v4().simple()),
            "bot_access_token": self.options.bot_token, "event_ts": self.event_ts(),
        });
        (self.send_event(event).await, execution)
    }

    /// Tells the app of a message that speaks to it: by its name, or in their direct channel.
    pub(crate) fn tell_of(self: &Arc<Shared>, message: &Message) {
        let is_direct = self
            .store()
            .room(&message.channel)
            .is_some_and(|room| room.channel.direct.is_some());
        let is_mention = message
            .text
            .contains(&format!("<@{}>", self.options.app.bot_user_id));
        if !is_direct && !is_mention {
            return;
        }
        let mut event = json!({
            "type": if is_direct { "message" } else { "app_mention" }, "user": message.user, "text": message.text,
            "ts": message.ts, "channel": message.channel, "event_ts": message.ts,
        });
        if is_direct {
            event["channel_type"] = json!("im");
        }
        if let Some(thread) = &message.thread_ts {
            event["thread_ts"] = json!(thread);
        }
        let shared = self.clone();
        tokio::spawn(async move { shared.send_event(event).await });
    }

    fn event_ts(&self) -> String {
        self.store().next_ts(self.now())
    }
}

/// Slack's `X-Slack-Retry-Reason`.
fn reason(answer: &Result<Ack, &'static str>) -> &'static str {
    match answer {
        Err("operation_timeout") => "http_timeout",
        Err(_) => "connection_failed",
        Ok(_) => "http_error",
    }
}
