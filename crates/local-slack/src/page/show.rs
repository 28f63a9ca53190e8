//! The workspace as the page's script wants it.

use serde_json::{Value, json};

use crate::message::Message;
use crate::shared::{AMAZON_Q, SLACKBOT, Shared, WORKFLOW};
use crate::values;
use crate::view::View;

impl Shared {
    /// All that a person's page shows.
    pub(super) fn whole_page(&self, user: &str) -> Value {
        let me = if self.is_person(user) {
            user
        } else {
            self.first_person()
        };
        let channels: Vec<Value> = {
            let store = self.store();
            let rooms = store.rooms_of(me).map(|room| {
                let seen = room.messages.iter().filter(|message| message.is_seen_by(me));
                let channel = &room.channel;
                json!({
                    "id": channel.id, "name": channel.name, "topic": channel.topic, "is_direct": channel.direct.is_some(),
                    "messages": seen.map(|message| self.page_message(message)).collect::<Vec<_>>(),
                })
            });
            rooms.collect()
        };
        let options = &self.options;
        let commands: Vec<Value> = options
            .commands
            .iter()
            .map(|known| json!({"name": known.name, "hint": known.hint}))
            .collect();
        json!({
            "me": me, "team": {"id": options.team.id, "name": options.team.name},
            "app": {"name": options.app.name, "user": options.app.bot_user_id},
            "users": self.page_users(), "channels": channels, "commands": commands,
            "workflow_button": options.workflow_button.as_ref().map(|button| &button.label),
            "modals": self.page_modals(me), "home": self.page_home(me),
        })
    }

    fn first_person(&self) -> &str {
        self.options.users.first().map_or("", |user| &user.id)
    }

    fn page_users(&self) -> Vec<Value> {
        let people =
            self.options.users.iter().map(
                |user| json!({"id": user.id, "handle": user.name, "name": user.real_name, "badge": null}),
            );
        let app = &self.options.app;
        let bot = |id: &str, badge: &str| json!({"id": id, "handle": self.handle(id), "name": self.handle(id), "badge": badge});
        let bots = [
            bot(&app.bot_user_id, "App"),
            bot(AMAZON_Q, "App"),
            bot(WORKFLOW, "Workflow"),
            bot(SLACKBOT, ""),
        ];
        people.chain(bots).collect()
    }

    pub(super) fn page_message(&self, message: &Message) -> Value {
        json!({
            "ts": message.ts, "channel": message.channel, "user": message.user, "text": message.text,
            "blocks": message.blocks, "attachments": message.attachments, "thread_ts": message.thread_ts,
            "edited": message.edited.is_some(), "ephemeral": message.ephemeral_to.is_some(),
            "version": message.history.len(),
        })
    }

    pub(super) fn page_modals(&self, user: &str) -> Vec<Value> {
        let store = self.store();
        store
            .modals
            .get(user)
            .into_iter()
            .flatten()
            .map(page_view)
            .collect()
    }

    pub(super) fn page_home(&self, user: &str) -> Option<Value> {
        self.store().homes.get(user).map(page_view)
    }
}

fn page_view(view: &View) -> Value {
    json!({
        "id": view.id, "hash": view.hash, "body": view.body, "errors": view.errors,
        "state": values::states(view.blocks(), &view.chosen),
    })
}
