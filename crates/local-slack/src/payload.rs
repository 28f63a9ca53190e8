//! The bodies that Slack sends to the app.

use serde_json::{Map, Value, json};

use crate::message::Message;
use crate::shared::Shared;
use crate::signed::SignedRequest;
use crate::values;
use crate::view::View;

impl Shared {
    /// A slash command, with a fresh trigger and `response_url`.
    pub(crate) fn command(&self, user: &str, channel: &str, command: &str, text: &str) -> SignedRequest {
        let (trigger, response_url) = self.handles(user, Some(channel), None);
        let team = &self.options.team;
        let channel_name = self.channel_name(channel);
        let verification = self.verification_token();
        SignedRequest::form(&[
            ("token", &verification),
            ("team_id", &team.id),
            ("team_domain", &team.domain),
            ("channel_id", channel),
            ("channel_name", &channel_name),
            ("user_id", user),
            ("user_name", self.handle(user)),
            ("command", command),
            ("text", text),
            ("api_app_id", &self.options.app.id),
            ("is_enterprise_install", "false"),
            ("response_url", &response_url),
            ("trigger_id", &trigger),
        ])
    }

    /// A button pressed or an option chosen in a message.
    pub(crate) fn message_action(
        &self,
        user: &str,
        message: &Message,
        action: Value,
        chosen: &Map<String, Value>,
    ) -> SignedRequest {
        let (trigger, response_url) = self.handles(user, Some(&message.channel), Some(&message.ts));
        let options = &self.options;
        let is_ephemeral = message.ephemeral_to.is_some();
        let mut payload = self.interaction("block_actions", user, Some(&trigger));
        payload["container"] = json!({
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": is_ephemeral, "thread_ts": message.thread_ts,
        });
        payload["channel"] = json!({"id": message.channel, "name": self.channel_name(&message.channel)});
        payload["response_url"] = json!(response_url);
        payload["actions"] = json!([action]);
        payload["state"] = json!({"values": values::states(&message.blocks, chosen)});
        // Slack leaves the message out when only one person sees it.
        if !is_ephemeral {
            payload["message"] = message.to_api(&options.team.id, &options.app.id, true);
        }
        interaction(&payload)
    }

    /// A button pressed or an option chosen in a modal or on the home tab.
    pub(crate) fn view_action(&self, view: &View, action: Value) -> SignedRequest {
        let (trigger, _) = self.handles(&view.user, None, None);
        let mut payload = self.interaction("block_actions", &view.user, Some(&trigger));
        payload["container"] = json!({"type": "view", "view_id": view.id});
        payload["view"] = self.view_json(view);
        payload["actions"] = json!([action]);
        interaction(&payload)
    }

    /// A modal submitted, with what it holds in `chosen`.
    pub(crate) fn view_submission(&self, view: &View) -> SignedRequest {
        let (trigger, _) = self.handles(&view.user, None, None);
        let mut payload = self.interaction("view_submission", &view.user, Some(&trigger));
        payload["view"] = self.view_json(view);
        payload["response_urls"] = json!([]);
        interaction(&payload)
    }

    /// A modal closed.
    pub(crate) fn view_closed(&self, view: &View, is_cleared: bool) -> SignedRequest {
        let mut payload = self.interaction("view_closed", &view.user, None);
        payload["view"] = self.view_json(view);
        payload["is_cleared"] = json!(is_cleared);
        interaction(&payload)
    }

    /// A shortcut: a global one, or one on a message.
    pub(crate) fn shortcut(&self, user: &str, callback_id: &str, message: Option<&Message>) -> SignedRequest {
        let channel = message.map(|message| message.channel.as_str());
        let (trigger, response_url) = self.handles(user, channel, message.map(|message| message.ts.as_str()));
        let kind = if message.is_some() {
            "message_action"
        } else {
            "shortcut"
        };
        let mut payload = self.interaction(kind, user, Some(&trigger));
        payload["callback_id"] = json!(callback_id);
        if let Some(message) = message {
            payload["message"] = message.to_api(&self.options.team.id, &self.options.app.id, true);
            payload["message_ts"] = json!(message.ts);
            payload["channel"] = json!({"id": message.channel, "name": self.channel_name(&message.channel)});
            payload["response_url"] = json!(response_url);
        }
        interaction(&payload)
    }

    /// The envelope of an event; `event_id` is the same in every retry.
    pub(crate) fn event(&self, event: &Value, event_id: &str) -> SignedRequest {
        let (team, app) = (&self.options.team, &self.options.app);
        SignedRequest::json(&json!({
            "token": self.verification_token(), "team_id": team.id, "api_app_id": app.id, "event": event,
            "type": "event_callback", "event_id": event_id, "event_time": self.now().timestamp(),
            "authorizations": [{"enterprise_id": null, "team_id": team.id, "user_id": app.bot_user_id,
                "is_bot": true, "is_enterprise_install": false}],
            "is_ext_shared_channel": false,
        }))
    }

    /// A view as the app sees it.
    pub(crate) fn view_json(&self, view: &View) -> Value {
        let (team, app) = (&self.options.team.id, &self.options.app);
        view.to_api(
            team,
            &app.id,
            &app.bot_id,
            values::states(view.blocks(), &view.chosen),
        )
    }

    /// A fresh trigger, and a fresh `response_url` where there is a channel to answer in.
    fn handles(&self, user: &str, channel: Option<&str>, original: Option<&str>) -> (String, String) {
        let now = self.now();
        let mut store = self.store();
        store.forget(now);
        let trigger = store.trigger(user);
        let url = channel.map(|channel| {
            let id = store.response_url(channel, user, original, now + self.options.patience.response_url);
            format!("{}/response/{}/{id}", self.base, self.options.team.id)
        });
        (trigger, url.unwrap_or_default())
    }

    fn interaction(&self, kind: &str, user: &str, trigger: Option<&str>) -> Value {
        let team = &self.options.team;
        let handle = self.handle(user);
        let mut payload = json!({
            "type": kind, "api_app_id": self.options.app.id, "token": self.verification_token(),
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user, "username": handle, "name": handle, "team_id": team.id},
            "enterprise": null, "is_enterprise_install": false,
            "action_ts": self.store().next_ts(self.now()),
        });
        if let Some(trigger) = trigger {
            payload["trigger_id"] = json!(trigger);
        }
        payload
    }

    pub(crate) fn channel_name(&self, channel: &str) -> String {
        let store = self.store();
        match store.room(channel).map(|room| &room.channel) {
            Some(channel) if channel.direct.is_some() => "directmessage".into(),
            Some(channel) => channel.name.clone(),
            None => String::new(),
        }
    }

    /// Slack's retired way to say who calls: apps must go by the signature.
    fn verification_token(&self) -> String {
        format!("verification-{}", self.options.app.id)
    }
}

fn interaction(payload: &Value) -> SignedRequest {
    SignedRequest::form(&[("payload", &payload.to_string())])
}
