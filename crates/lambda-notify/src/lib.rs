//! Lambda `notify`: a clone's Slack message follows its record, and so do the home tabs that show it.
//!
//! It is told that a record changed by the table's stream, or by the state machine's last step, and reads each
//! record afresh: what it says is a pure function of the record ([`slack::message::of`]), so that it can always be
//! said again. With an SNS topic, each state is also told there ([`slack::notification`]). A clone has one message, posted once and edited in place; see [`follow`] for how.
//!
//! A clone never fails for Slack: what its state machine tells always succeeds. What the stream tells, and the
//! refusal of a request that left no clone, fails only for faults that go away, so that it is told again; what Slack
//! refuses for good is logged.

mod announce;
pub mod event;
pub mod follow;
mod home;
mod pace;
mod question;
mod refusal;
mod step;

use std::time::Duration;

use aws_config::SdkConfig;
use chrono::TimeDelta;
use domain::cost::Prices;
use domain::{CloneId, Failure};
use runtime::aws::Failed;
use runtime::{
    AsFailure, Clock, ConfigError, ConfigFolder, ConfigSource, Records, RecordsError, Secrets, SecretsError,
};
use serde::Serialize;

pub use event::Event;
use pace::Pace;

/// All that notify is told from outside, read once at start.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// The table of clones.
    #[arg(long, env = "DOPPEL_TABLE")]
    pub table: String,
    /// Where policy and prices are: a folder or `s3://bucket/prefix`.
    #[arg(long, env = "DOPPEL_CONFIG")]
    pub config: ConfigSource,
    /// The secret with Slack's bot token: a name or ARN in Secrets Manager.
    #[arg(long, env = "DOPPEL_SLACK_TOKEN_SECRET")]
    pub slack_token_secret: String,
    /// Slack's Web API.
    #[arg(long, env = "DOPPEL_SLACK_API", default_value = slack::client::SLACK_API)]
    pub slack_api: String,
    /// The SNS topic to which Amazon Q Developer in chat applications listens: its ARN. Without it nothing is published.
    #[arg(long, env = "DOPPEL_NOTIFICATION_TOPIC")]
    pub notification_topic: Option<String>,
}

/// What notify works with, built once.
pub struct Deps {
    clock: Clock,
    /// The table of clones.
    pub records: Records,
    /// Policy and prices.
    pub config: ConfigFolder,
    /// The workspace.
    pub slack: slack::Client,
    pace: Pace,
    sns: aws_sdk_sns::Client,
    topic: Option<String>,
}

impl Deps {
    /// Reads the token and builds the clients.
    ///
    /// # Errors
    /// When the secret cannot be read or the Slack client cannot be built.
    pub async fn new(settings: Settings, aws: &SdkConfig, clock: Clock) -> Result<Self, Error> {
        let secrets = Secrets::new(aws);
        let name = settings.slack_token_secret;
        let token = secrets.text(&name).await?;
        Ok(Self {
            records: Records::new(aws, settings.table, clock.clone()),
            clock,
            config: ConfigFolder::new(settings.config, aws),
            slack: slack::Client::new(&settings.slack_api, &token)?.with_renewal(secrets.renewal(name)),
            pace: Pace::default(),
            sns: aws_sdk_sns::Client::new(aws),
            // An empty variable is how Terraform says that there is none.
            topic: settings.notification_topic.filter(|topic| !topic.is_empty()),
        })
    }
}

impl Deps {
    /// The prices; none where they cannot be read.
    pub(crate) async fn prices(&self) -> Prices {
        self.config.prices().await.unwrap_or_else(|error| {
            tracing::warn!("costs are told as unknown: {}", runtime::chain(&error));
            Prices::default()
        })
    }
}

/// What could not be said.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table could not be read or written.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// Policy or prices could not be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Slack failed or refused.
    #[error(transparent)]
    Slack(#[from] slack::client::Error),
    /// A notification could not be published.
    #[error(transparent)]
    Aws(#[from] Failed),
    /// The token could not be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Another invocation is posting the message just now.
    #[error("another invocation is posting the message about `{0}` just now")]
    InProgress(CloneId),
}

impl AsFailure for Error {
    fn failure(&self) -> Failure {
        match self {
            Self::Records(error) => error.failure(),
            Self::Config(error) => error.failure(),
            Self::Secrets(error) => error.failure(),
            Self::Aws(error) if !error.is_transient() => Failure::AwsRefused,
            Self::Slack(error) if !error.is_transient() => Failure::Internal,
            Self::Aws(_) | Self::Slack(_) | Self::InProgress(_) => Failure::Transient,
        }
    }
}

impl Error {
    fn is_transient(&self) -> bool {
        self.failure() == Failure::Transient
    }
}

/// What notify answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Clones whose message says now what their record says.
    pub told: Vec<CloneId>,
    /// One line for each that could not be told.
    pub untold: Vec<String>,
}

/// Messages of clones that went longer ago than this are not caught up with.
const CATCH_UP: TimeDelta = TimeDelta::days(1);

/// Lets the messages of the clones that the event is about follow their records.
///
/// # Errors
/// From the stream and the sweep: the first fault that goes away, after every clone was tried. From the state
/// machine: such a fault only where no clone was made.
pub async fn handle(deps: &Deps, event: Event) -> Result<Answer, Error> {
    match event {
        Event::Stream(stream) => {
            let told = follow_all(deps, stream.clones()).await;
            home::follow(deps, &stream).await.and(told)
        }
        Event::CatchUp { .. } => {
            let since = deps.clock.now() - CATCH_UP;
            let mut records = deps.records.list_all().await?;
            records.retain(|record| record.deleted_at.is_none_or(|deleted| deleted >= since));
            follow_all(deps, records.into_iter().map(|record| record.id).collect()).await
        }
        Event::LastStep(request) => {
            let mut answer = Answer::default();
            let about = request.execution.name.clone();
            let no_record = request.clone_id.is_none();
            match told_last(deps, *request).await {
                Ok(told) => answer.told.extend(told),
                // There is no clone that could be harmed, and no stream that would tell it again.
                Err(error) if error.is_transient() && no_record => return Err(error),
                Err(error) => untold(&mut answer, &about, &error),
            }
            Ok(answer)
        }
    }
}

async fn follow_all(deps: &Deps, ids: Vec<CloneId>) -> Result<Answer, Error> {
    let mut answer = Answer::default();
    let mut again = None;
    for id in ids {
        match follow_patiently(deps, &id).await {
            Ok(()) => answer.told.push(id),
            Err(error) => {
                untold(&mut answer, &id, &error);
                again = again.or(Some(error).filter(Error::is_transient));
            }
        }
    }
    again.map_or(Ok(answer), Err)
}

/// The longest that Slack is waited for when it asks to be left alone: what is longer, the stream waits for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

async fn follow_patiently(deps: &Deps, id: &CloneId) -> Result<(), Error> {
    match follow::follow(deps, id).await {
        Err(Error::Slack(limited)) if limited.retry_after().is_some_and(|wait| wait <= LONGEST_WAIT) => {
            deps.clock.sleep(limited.retry_after().unwrap_or_default()).await;
            follow::follow(deps, id).await
        }
        followed => followed,
    }
}

async fn told_last(deps: &Deps, request: domain::workflow::NotifyRequest) -> Result<Option<CloneId>, Error> {
    match (request.clone_id, request.caught) {
        (Some(id), _) => follow_patiently(deps, &id).await.map(|()| Some(id)),
        (None, Some(caught)) => refusal::tell(deps, &request.execution, &caught)
            .await
            .map(|()| None),
        (None, None) => Ok(None),
    }
}

fn untold(answer: &mut Answer, about: &impl ToString, error: &Error) {
    let line = format!("{}: {}", about.to_string(), runtime::chain(error));
    tracing::error!("not told: {line}");
    answer.untold.push(line);
}
