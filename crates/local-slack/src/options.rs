use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use crate::manifest::Manifest;

/// All that a workspace is made of. [`Options::new`] fills it with a small team; change what matters.
pub struct Options {
    /// Base URL of the app, e.g. `http://127.0.0.1:3000`; `/slack/commands` and its like are added to it.
    pub gateway: String,
    /// The app's signing secret: every request to the gateway carries a signature made with it.
    pub signing_secret: String,
    /// The app's bot token: the one token the Web API takes.
    pub bot_token: String,
    /// The app that the gateway is.
    pub app: App,
    /// The workspace.
    pub team: Team,
    /// The people. The page's user switcher offers them in this order.
    pub users: Vec<User>,
    /// User groups, for `usergroups.users.list`.
    pub groups: Vec<UserGroup>,
    /// The channels. The page opens the first.
    pub channels: Vec<Channel>,
    /// The app's manifest. With it Slack holds the app to what it declares, and its commands and request URLs' paths
    /// are those; without it the app may do everything.
    pub manifest: Option<Manifest>,
    /// The slash commands that the app has registered, each with its slash. A manifest's own stand in their place.
    pub commands: Vec<SlashCommand>,
    /// A Workflow Builder button in the first channel, if the workspace has one.
    pub workflow_button: Option<WorkflowButton>,
    /// What Amazon Q Developer in chat applications does with an `@aws …` message.
    pub aws_command: AwsHandler,
    /// The clock that message timestamps and the life of a `response_url` follow. Signatures, triggers and the
    /// three seconds of an acknowledgement go by the wall clock whatever this says.
    pub time: Time,
    /// How patient Slack is. Specs shorten it.
    pub patience: Patience,
}

/// A clock: called for the time it is now.
pub type Time = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Answers an `@aws …` command: `Ok` and `Err` are both shown in the channel, as Amazon Q does.
pub type AwsHandler = Arc<dyn Fn(AwsCommand) -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// Wraps an async function as an [`AwsHandler`].
pub fn aws_handler<F, R>(handler: F) -> AwsHandler
where
    F: Fn(AwsCommand) -> R + Send + Sync + 'static,
    R: Future<Output = Result<String, String>> + Send + 'static,
{
    Arc::new(move |command| Box::pin(handler(command)))
}

/// An `@aws …` message, as a person or the workflow button sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCommand {
    /// Who sent it, or who pressed the workflow's button.
    pub user: String,
    /// The channel's id.
    pub channel: String,
    /// The whole message with its `@aws`, as typed: keyboards turn straight quotes into curly ones.
    pub text: String,
}

/// The Slack app whose backend the gateway is.
#[derive(Clone, Debug)]
pub struct App {
    /// `A…`.
    pub id: String,
    /// Shown as the author of its messages.
    pub name: String,
    /// `B…`.
    pub bot_id: String,
    /// `U…`: the user that the bot acts as.
    pub bot_user_id: String,
}

/// The workspace itself.
#[derive(Clone, Debug)]
pub struct Team {
    /// `T…`.
    pub id: String,
    /// Shown in the sidebar.
    pub name: String,
    /// The first label of the workspace's host name.
    pub domain: String,
}

/// A person of the workspace.
#[derive(Clone, Debug)]
pub struct User {
    /// `U…`.
    pub id: String,
    /// The handle, without `@`.
    pub name: String,
    /// The name that messages show.
    pub real_name: String,
    /// IANA time zone, e.g. `Asia/Tokyo`.
    pub tz: String,
    /// Whether `users.info` says `is_admin`.
    pub is_admin: bool,
}

/// A group of people, as `@dba`.
#[derive(Clone, Debug)]
pub struct UserGroup {
    /// `S…`.
    pub id: String,
    /// The handle, without `@`.
    pub handle: String,
    /// Ids of its members.
    pub members: Vec<String>,
}

/// A channel. Everybody of the workspace is a member.
#[derive(Clone, Debug)]
pub struct Channel {
    /// `C…`, or `D…` of a direct message with the app.
    pub id: String,
    /// Without `#`.
    pub name: String,
    /// Shown above the messages.
    pub topic: String,
    /// Whether the app was invited. If not, reading fails with `not_in_channel`, and posting does too, but where the
    /// channel is public and the manifest has `chat:write.public`.
    pub app_is_member: bool,
    /// Whether only its members see it. To an app that was not invited it does not exist.
    pub is_private: bool,
    /// Whether posting fails with `is_archived`.
    pub is_archived: bool,
    /// The person on the other side, when this is a direct message with the app.
    pub direct: Option<String>,
}

impl Channel {
    /// A public channel that the app is a member of.
    pub fn new(id: &str, name: &str) -> Channel {
        Channel {
            id: id.into(),
            name: name.into(),
            topic: String::new(),
            app_is_member: true,
            is_private: false,
            is_archived: false,
            direct: None,
        }
    }
}

/// A registered slash command and what the page's composer says of it.
#[derive(Clone, Debug)]
pub struct SlashCommand {
    /// With its slash: `/clone`.
    pub name: String,
    /// The usage hint.
    pub hint: String,
}

/// A Workflow Builder button that posts one fixed message, as the workflow's bot.
#[derive(Clone, Debug)]
pub struct WorkflowButton {
    /// On the button, and the name of the workflow.
    pub label: String,
    /// The message: an `@aws …` command.
    pub text: String,
}

/// Slack's limits of time.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Wall time in which the gateway must acknowledge: 3 seconds.
    pub acknowledgement: Duration,
    /// Wall time for which a `trigger_id` opens a modal: 3 seconds.
    pub trigger: Duration,
    /// Time on [`Options::time`] for which a `response_url` may be used, 5 times at most: 30 minutes.
    pub response_url: Duration,
    /// Waits before an event that was not acknowledged is sent again: none, a minute, five minutes.
    pub event_retries: Vec<Duration>,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            acknowledgement: Duration::from_secs(3),
            trigger: Duration::from_secs(3),
            response_url: Duration::from_secs(30 * 60),
            event_retries: [0, 60, 300].map(Duration::from_secs).to_vec(),
        }
    }
}

impl Options {
    /// A small workspace: Alice, Bob and Carol (an admin, and the group `@platform`) in `#clones` with the app `doppel`, on the wall clock.
    pub fn new(gateway: &str, signing_secret: &str, bot_token: &str) -> Options {
        Options {
            gateway: gateway.trim_end_matches('/').to_owned(),
            signing_secret: signing_secret.to_owned(),
            bot_token: bot_token.to_owned(),
            app: App {
                id: "A0DOPPEL".into(),
                name: "doppel".into(),
                bot_id: "B0DOPPEL".into(),
                bot_user_id: "U0DOPPEL".into(),
            },
            team: Team {
                id: "T0LOCAL".into(),
                name: "Local".into(),
                domain: "local".into(),
            },
            users: vec![
                user("U0ALICE", "alice", "Alice Ito", "Asia/Tokyo", false),
                user("U0BOB", "bob", "Bob Larsen", "Europe/Berlin", false),
                user("U0CAROL", "carol", "Carol Diaz", "America/New_York", true),
            ],
            groups: vec![UserGroup {
                id: "S0PLATFORM".into(),
                handle: "platform".into(),
                members: vec!["U0CAROL".into()],
            }],
            channels: vec![Channel {
                topic: "Private, masked copies of production that delete themselves".into(),
                ..Channel::new("C0CLONES", "clones")
            }],
            manifest: None,
            commands: vec![SlashCommand {
                name: "/clone".into(),
                hint: "help".into(),
            }],
            workflow_button: None,
            aws_command: aws_handler(|_| async {
                Err("no AWS account is connected to this workspace".to_owned())
            }),
            time: Arc::new(Utc::now),
            patience: Patience::default(),
        }
    }
}

fn user(id: &str, name: &str, real_name: &str, tz: &str, is_admin: bool) -> User {
    User {
        id: id.into(),
        name: name.into(),
        real_name: real_name.into(),
        tz: tz.into(),
        is_admin,
    }
}
