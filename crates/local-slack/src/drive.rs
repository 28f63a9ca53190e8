//! What specs do with a workspace: act as a person, look, inject faults.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::fault::Moment;
use crate::{Answer, ApiCall, Channel, Error, Fault, LocalSlack, Message, SignedRequest, View};

/// How often [`LocalSlack::until`] asks when nothing changes.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl LocalSlack {
    /// A person sends a text to a channel (by id or name): a slash command, an `@aws` command, or a message.
    pub async fn says(&self, user: &str, channel: &str, text: &str) -> Answer {
        self.shared.says(user, channel, text, None).await
    }

    /// A person answers in a message's thread.
    pub async fn replies(&self, user: &str, channel: &str, thread_ts: &str, text: &str) -> Answer {
        self.shared.says(user, channel, text, Some(thread_ts)).await
    }

    /// A slash command as [`says`](Self::says) would send it, to bend, repeat and send by [`send`](Self::send).
    /// Its trigger and `response_url` are real. None if there is no such channel.
    pub fn command_request(&self, user: &str, channel: &str, line: &str) -> Option<SignedRequest> {
        let channel = self.shared.channel_id(channel)?;
        let (command, text) = line.split_once(' ').unwrap_or((line, ""));
        let request = self.shared.command(user, &channel, command, text);
        Some(request.or_secret(&self.shared.options.signing_secret))
    }

    /// [`says`](Self::says) with a slash command whose request was bent on its way: forged, stale, a retry.
    pub async fn says_signed_with(
        &self,
        user: &str,
        channel: &str,
        line: &str,
        bend: impl FnOnce(SignedRequest) -> SignedRequest,
    ) -> Answer {
        let Some(request) = self.command_request(user, channel, line) else {
            return Answer::failed("channel_not_found");
        };
        let Some(channel) = self.shared.channel_id(channel) else {
            return Answer::failed("channel_not_found");
        };
        let command = line.split(' ').next().unwrap_or_default();
        self.shared.note(&channel, user, line.to_owned());
        self.shared
            .send_command(user, &channel, command, bend(request))
            .await
    }

    /// Sends a request to a path of the gateway, e.g. `/slack/commands`, and shows nothing of the answer.
    pub async fn send(&self, path: &str, request: SignedRequest) -> Answer {
        match self.shared.deliver(path, request).await {
            Ok(ack) => {
                let failure = ack.failure().map(str::to_owned);
                Answer {
                    failure,
                    ..Answer::acknowledged(Some(ack))
                }
            }
            Err(name) => Answer::failed(name),
        }
    }

    /// A person presses the workflow button.
    pub async fn runs_workflow(&self, user: &str) -> Answer {
        self.shared.runs_workflow(user).await
    }

    /// A person presses a button of a message, and confirms if it asks.
    pub async fn presses(&self, user: &str, message_ts: &str, action_id: &str) -> Answer {
        self.shared.presses(user, message_ts, action_id, None).await
    }

    /// A person chooses an option (by value or label), a date or the like in a message.
    pub async fn chooses(&self, user: &str, message_ts: &str, action_id: &str, value: &str) -> Answer {
        self.shared
            .presses(user, message_ts, action_id, Some(value))
            .await
    }

    /// A person presses a button, or chooses `value`, in a modal or on the home tab.
    pub async fn acts_in_view(
        &self,
        user: &str,
        view_id: &str,
        action_id: &str,
        value: Option<&str>,
    ) -> Answer {
        self.shared.acts_in_view(user, view_id, action_id, value).await
    }

    /// A person fills in a modal and submits it: block id (or action id) and what is typed or chosen there, several
    /// choices parted by commas. The rest stays as it is. What Slack itself refuses never reaches the app.
    pub async fn submits(&self, user: &str, view_id: &str, values: &[(&str, &str)]) -> Answer {
        self.shared.submits(user, view_id, values).await
    }

    /// A person closes a modal.
    pub async fn closes(&self, user: &str, view_id: &str) -> Answer {
        self.shared.closes(user, view_id, false).await
    }

    /// A person uses a shortcut; on a message if a timestamp is given.
    pub async fn uses_shortcut(&self, user: &str, callback_id: &str, message_ts: Option<&str>) -> Answer {
        let message = message_ts.and_then(|ts| self.shared.store().message(ts).cloned());
        if message_ts.is_some() && message.is_none() {
            return Answer::failed("message_not_found");
        }
        let request = self.shared.shortcut(user, callback_id, message.as_ref());
        self.shared.interact(request).await
    }

    /// Sends an event (the inner `event` object) and, until it is acknowledged, sends it again as Slack does.
    pub async fn sends_event(&self, event: Value) -> Answer {
        self.shared.clone().send_event(event).await
    }

    /// A person opens the app's home tab.
    pub async fn opens_home(&self, user: &str) -> Answer {
        self.shared.clone().open_home(user).await
    }

    /// A Workflow Builder step of the app runs: `function_executed` with these inputs.
    /// The second value is the `function_execution_id` that `functions.complete…` must name.
    pub async fn runs_step(&self, callback_id: &str, inputs: BTreeMap<String, Value>) -> (Answer, String) {
        self.shared.clone().run_step(callback_id, &inputs).await
    }

    /// How the run of a workflow's step ended: with its outputs, or with an error; none while it has not.
    pub fn step_ended(&self, function_execution_id: &str) -> Option<Result<Value, String>> {
        self.shared
            .store()
            .steps
            .get(function_execution_id)?
            .ended
            .clone()
    }

    /// The modal on top of a person's screen.
    pub fn open_view(&self, user: &str) -> Option<View> {
        self.shared.top_modal(user)
    }

    /// What the app published as a person's home tab.
    pub fn home(&self, user: &str) -> Option<View> {
        self.shared.store().homes.get(user).cloned()
    }

    /// Every message of a channel (by id or name), ephemeral ones too, in order.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let Some(channel) = self.shared.channel_id(channel) else {
            return Vec::new();
        };
        self.shared
            .store()
            .room(&channel)
            .map(|room| room.messages.clone())
            .unwrap_or_default()
    }

    /// The messages between the app and a person.
    pub fn direct_messages(&self, user: &str) -> Vec<Message> {
        let store = self.shared.store();
        let room = store
            .rooms
            .iter()
            .find(|room| room.channel.direct.as_deref() == Some(user));
        room.map(|room| room.messages.clone()).unwrap_or_default()
    }

    /// A channel as plain text: who says, presses and sees what, in order, in the order of time. Ids and times are
    /// the caller's to redact.
    pub fn transcript(&self, channel: &str) -> String {
        self.written(channel, false)
    }

    /// The same with what each message said before it was edited.
    pub fn transcript_with_history(&self, channel: &str) -> String {
        self.written(channel, true)
    }

    fn written(&self, channel: &str, versions: bool) -> String {
        let channel = self.shared.channel_id(channel).unwrap_or_default();
        self.shared.transcript(&channel, versions)
    }

    /// Waits until something is so, asking again whenever the workspace changes, and every 50 ms.
    ///
    /// # Errors
    /// [`Error::NotSeen`] with every channel's transcript after `timeout` on tokio's clock.
    pub async fn until(&self, is_so: impl Fn(&LocalSlack) -> bool, timeout: Duration) -> Result<(), Error> {
        let mut changes = self.shared.changes.subscribe();
        let seen = async {
            while !is_so(self) {
                // What it asks for may also lie outside of the workspace, which tells nobody when it changes.
                tokio::select! {
                    _ = changes.recv() => {}
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
            }
        };
        if tokio::time::timeout(timeout, seen).await.is_ok() {
            return Ok(());
        }
        let rooms: Vec<String> = self
            .shared
            .store()
            .rooms
            .iter()
            .map(|room| room.channel.id.clone())
            .collect();
        let all: Vec<String> = rooms
            .iter()
            .map(|id| format!("{id}\n{}", self.shared.transcript(id, true)))
            .collect();
        Err(Error::NotSeen {
            waited: timeout,
            transcript: all.join("\n"),
        })
    }

    /// Every call of the Web API and of response URLs (as `response_url`) so far, in order.
    pub fn calls(&self) -> Vec<ApiCall> {
        self.shared.store().calls.clone()
    }

    /// The next call of `method` (or `response_url`) fails and does nothing. Several faults strike in turn.
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.shared.store().faults.plan(method, fault, Moment::Before);
    }

    /// The next call of `method` does its work and fails all the same.
    pub fn fail_next_after_effect(&self, method: &str, fault: Fault) {
        self.shared.store().faults.plan(method, fault, Moment::After);
    }

    /// Every call of `method` fails and does nothing from now on, until it is healed by none.
    pub fn fail_always(&self, method: &str, fault: Option<Fault>) {
        self.shared.store().faults.last(method, fault);
    }

    /// The app gets another bot token: the one before is revoked.
    pub fn renews_token(&self, token: &str) {
        self.shared.store().renewed_token = Some(token.to_owned());
    }

    /// Adds a channel, or puts it in place of the one of its id: archives it, removes the app from it.
    pub fn sets_channel(&self, channel: Channel) {
        self.shared.store().set_channel(channel);
    }
}
