//! What people do: the same functions serve the page and specs.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::blocks::{self, Surface};
use crate::gateway::Ack;
use crate::message::Message;
use crate::mrkdwn;
use crate::options::AwsCommand;
use crate::shared::{AMAZON_Q, Shared, WORKFLOW};
use crate::signed::SignedRequest;
use crate::store::Draft;

impl Shared {
    /// A person sends a text: a slash command, an `@aws` command or a message.
    pub(crate) async fn says(
        self: &Arc<Shared>,
        user: &str,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Answer {
        let Some(channel) = self.channel_id(channel) else {
            return Answer::failed("channel_not_found");
        };
        match text.trim() {
            "" => Answer::failed("no_text"),
            command if command.starts_with('/') => self.slash(user, &channel, command).await,
            _ => {
                let draft = Draft {
                    user: user.to_owned(),
                    text: self.with_mentions(&mrkdwn::escape(text)),
                    thread_ts: thread.map(str::to_owned),
                    ..Draft::default()
                };
                let message = self.post(&channel, draft);
                self.hear(user, &channel, text, message).await
            }
        }
    }

    /// The workflow's button: the workflow's bot sends its message in the person's stead.
    pub(crate) async fn runs_workflow(self: &Arc<Shared>, user: &str) -> Answer {
        let Some(button) = &self.options.workflow_button else {
            return Answer::failed("workflow_not_found");
        };
        let Some(channel) = self.options.channels.first().map(|channel| channel.id.clone()) else {
            return Answer::failed("channel_not_found");
        };
        self.note(
            &channel,
            user,
            format!("presses the workflow button [{}]", button.label),
        );
        let draft = Draft {
            user: WORKFLOW.into(),
            bot_id: Some("B0WORKFLOW".into()),
            text: mrkdwn::escape(&button.text),
            ..Draft::default()
        };
        let message = self.post(&channel, draft);
        self.hear(user, &channel, &button.text, message).await
    }

    /// Passes a posted message on to whom it speaks to.
    async fn hear(
        self: &Arc<Shared>,
        user: &str,
        channel: &str,
        text: &str,
        message: Option<Message>,
    ) -> Answer {
        if is_aws(text) {
            let command = AwsCommand {
                user: user.into(),
                channel: channel.into(),
                text: text.into(),
            };
            let answer = (self.options.aws_command)(command).await;
            let (failure, text) = match answer {
                Ok(text) => (None, text),
                Err(text) => (Some("aws_command_failed".to_owned()), format!(":x: {text}")),
            };
            let thread_ts = message.as_ref().and_then(|message| message.thread_ts.clone());
            let bot_id = Some("B0AMAZONQ".to_owned());
            let draft = Draft {
                user: AMAZON_Q.into(),
                bot_id,
                text,
                thread_ts,
                ..Draft::default()
            };
            return Answer {
                failure,
                message: self.post(channel, draft),
                ..Answer::default()
            };
        }
        if let Some(message) = &message {
            self.tell_of(message);
        }
        Answer::said(message)
    }

    async fn slash(&self, user: &str, channel: &str, line: &str) -> Answer {
        let (command, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if !self.options.commands.iter().any(|known| known.name == command) {
            let text = format!("`{command}` is not a valid command.");
            let message = self.notice(channel, user, text);
            return Answer {
                failure: Some("unknown_command".into()),
                message,
                ..Answer::default()
            };
        }
        let request = self.command(user, channel, command, text.trim());
        self.note(channel, user, line.to_owned());
        self.send_command(user, channel, command, request).await
    }

    pub(crate) async fn send_command(
        &self,
        user: &str,
        channel: &str,
        command: &str,
        request: SignedRequest,
    ) -> Answer {
        let ack = match self.deliver(&self.command_path(command), request).await {
            Ok(ack) => ack,
            Err(name) => return self.command_failed(user, channel, command, name, None),
        };
        if let Some(name) = ack.failure() {
            return self.command_failed(user, channel, command, name, Some(ack));
        }
        match self.command_answer(user, channel, &ack.body) {
            Ok(message) => Answer {
                status: Some(ack.status),
                body: ack.body,
                message,
                ..Answer::default()
            },
            Err(()) => self.command_failed(user, channel, command, "invalid_command_response", Some(ack)),
        }
    }

    /// Shows what a command was answered with: nothing, a text, or a message in JSON.
    fn command_answer(&self, user: &str, channel: &str, body: &str) -> Result<Option<Message>, ()> {
        if body.trim().is_empty() {
            return Ok(None);
        }
        let answer = match serde_json::from_str::<Value>(body) {
            Ok(answer) if answer.is_object() => answer,
            _ => json!({ "text": body }),
        };
        let blocks = blocks::listed(&answer["blocks"]);
        let is_empty = blocks.is_empty() && answer["text"].as_str().unwrap_or_default().is_empty();
        if !blocks::check(&answer["blocks"], Surface::Message).is_empty() {
            return Err(());
        }
        if is_empty {
            return Ok(None);
        }
        let is_public = answer["response_type"] == "in_channel";
        let draft = Draft {
            text: answer["text"].as_str().unwrap_or_default().to_owned(),
            blocks,
            ephemeral_to: (!is_public).then(|| user.to_owned()),
            ..self.app_draft()
        };
        Ok(self.post(channel, draft))
    }

    fn command_failed(
        &self,
        user: &str,
        channel: &str,
        command: &str,
        name: &str,
        ack: Option<Ack>,
    ) -> Answer {
        let message = self.notice(
            channel,
            user,
            format!("{command} failed with the error \"{name}\""),
        );
        Answer {
            failure: Some(name.to_owned()),
            message,
            ..Answer::acknowledged(ack)
        }
    }

    /// `@alice` as Slack stores it: `<@U0ALICE>`.
    fn with_mentions(&self, text: &str) -> String {
        let app = (&self.options.app.name, &self.options.app.bot_user_id);
        let people = self
            .options
            .users
            .iter()
            .map(|user| (&user.name, &user.id))
            .chain([app]);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        people.fold(text.to_owned(), |text, (name, id)| {
            let handle = format!("@{name}");
            let mut parts = text.split(handle.as_str());
            let mut whole = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let is_mention = !part.starts_with(is_name) && !whole.ends_with(is_name);
                whole += &if is_mention {
                    format!("<@{id}>")
                } else {
                    handle.clone()
                };
                whole += part;
            }
            whole
        })
    }
}

impl Answer {
    pub(crate) fn acknowledged(ack: Option<Ack>) -> Answer {
        let (status, body) = ack.map_or((None, String::new()), |ack| (Some(ack.status), ack.body));
        Answer {
            status,
            body,
            ..Answer::default()
        }
    }
}

fn is_aws(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words
        .next()
        .is_some_and(|word| word == "@aws" || word == "@Amazon")
}
