//! The front door for Slack: slash commands, buttons and forms over signed HTTP.
//!
//! | route | what comes |
//! |---|---|
//! | `POST /slack/commands` | `/clone …` |
//! | `POST /slack/interactions` | buttons and forms |
//! | `POST /slack/events` | events, and Slack's check of the URL |
//! | `GET /healthz` | whoever wants to know whether it lives |
//!
//! Everything under `/slack` must carry Slack's signature, not older than five minutes, seen for the first time
//! (401), in a body of at most 256 KiB (413), of the right content type (415); other methods are refused (405).
//! Signatures are remembered in the table, by one write before anything is changed or told to one person alone; help,
//! forms and events that change nothing are remembered by the process alone, and cost no write.
//! Slack's own retries are let through, and do nothing twice: what a request starts has a name that is made of its
//! trigger.
//!
//! Slack waits 3 seconds, and on Lambda nothing runs on behind an answer. So the work is handed on first, to the
//! state machine or the table, and then answered.

mod approvals;
mod command;
mod deeds;
#[cfg(test)]
mod door_tests;
mod event;
mod groups;
mod interaction;
mod seen;
mod signed;
mod step;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::seen::Seen;
use aws_config::SdkConfig;
use axum::Router;
use axum::routing::{get, post};
use domain::Failure;
use runtime::aws::Failed;
use runtime::{
    AsFailure, Clock, ConfigError, ConfigFolder, ConfigSource, Records, RecordsError, Secrets, SecretsError,
};
use secrecy::{ExposeSecret, SecretString};
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;

/// Slack gives up after 3 seconds, and an answer needs its way back: this and [`REMEMBERING`] are what is left.
const DEADLINE: Duration = Duration::from_millis(2_000);

/// How long the table may take to say whether a request is a replay.
const REMEMBERING: Duration = Duration::from_millis(600);

/// How long a button's deed may take: the rest of the deadline is for its answer, which is a call of its own.
const DEED: Duration = Duration::from_millis(1_300);

/// How long Slack's own API is waited for within that.
const SLACK_PATIENCE: Duration = Duration::from_millis(1_200);

/// All that the gateway is told from outside, read once at start.
#[derive(Clone, Debug, clap::Parser)]
pub struct Settings {
    /// Where policy and prices are: a folder or `s3://bucket/prefix`.
    #[arg(long, env = "DOPPEL_CONFIG")]
    pub config: ConfigSource,
    /// The table of clones.
    #[arg(long, env = "DOPPEL_TABLE")]
    pub table: String,
    /// The ARN of the state machine that makes clones.
    #[arg(long, env = "DOPPEL_STATE_MACHINE_ARN")]
    pub state_machine: String,
    /// The ARN of the state machine that deletes clones.
    #[arg(long, env = "DOPPEL_SWEEP_ARN")]
    pub sweep_state_machine: String,
    /// The secret with Slack's request-signing key: a name or ARN in Secrets Manager.
    #[arg(long, env = "DOPPEL_SLACK_SIGNING_SECRET")]
    pub slack_signing_secret: String,
    /// The secret with Slack's bot token: a name or ARN in Secrets Manager.
    #[arg(long, env = "DOPPEL_SLACK_TOKEN_SECRET")]
    pub slack_token_secret: String,
    /// Slack's Web API.
    #[arg(long, env = "DOPPEL_SLACK_API", default_value = slack::client::SLACK_API)]
    pub slack_api: String,
    /// Where to listen when not on Lambda.
    #[arg(long, env = "DOPPEL_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
}

/// What the gateway works with, built once.
pub struct Deps {
    /// The table of clones.
    pub records: Records,
    /// Policy and prices.
    pub config: ConfigFolder,
    /// Starts the state machines.
    pub executions: aws_sdk_sfn::Client,
    /// The workspace.
    pub slack: slack::Client,
    /// The time of clones. Signatures go by the wall clock.
    pub clock: Clock,
    groups: groups::UserGroups,
    help: command::Help,
    verifier: SlackEventSignatureVerifier,
    seen: Seen,
    state_machine: String,
    sweep_state_machine: String,
}

impl Deps {
    /// Reads the secrets and builds the clients.
    ///
    /// # Errors
    /// When a secret cannot be read or the Slack client cannot be built.
    pub async fn new(settings: Settings, aws: &SdkConfig, clock: Clock) -> Result<Self, Error> {
        let secrets = Secrets::new(aws);
        let token = secrets.text(&settings.slack_token_secret).await?;
        let signing = secrets.text(&settings.slack_signing_secret).await?;
        let mut deps = Self::with_secrets(&settings, aws, clock, &token, &signing)?;
        deps.slack = deps
            .slack
            .with_renewal(secrets.renewal(settings.slack_token_secret));
        Ok(deps)
    }

    /// Builds the clients with secrets that were read already: the bot token and the signing key.
    ///
    /// # Errors
    /// When the Slack client cannot be built.
    pub fn with_secrets(
        settings: &Settings,
        aws: &SdkConfig,
        clock: Clock,
        token: &SecretString,
        signing: &SecretString,
    ) -> Result<Self, Error> {
        Ok(Self {
            records: Records::new(aws, &settings.table, clock.clone()),
            config: ConfigFolder::new(settings.config.clone(), aws),
            executions: aws_sdk_sfn::Client::new(aws),
            slack: slack::Client::new(&settings.slack_api, token)?.with_patience(SLACK_PATIENCE),
            clock,
            groups: groups::UserGroups::default(),
            help: command::Help::default(),
            verifier: SlackEventSignatureVerifier::new(&signing.expose_secret().into()),
            seen: Seen::default(),
            state_machine: settings.state_machine.clone(),
            sweep_state_machine: settings.sweep_state_machine.clone(),
        })
    }
}

/// What could not be done for somebody, though it was allowed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The table could not be read or written.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// An execution could not be started.
    #[error(transparent)]
    Aws(#[from] Failed),
    /// A secret could not be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Slack failed or refused.
    #[error(transparent)]
    Slack(#[from] slack::client::Error),
    /// It took longer than Slack waits.
    #[error("the answer was not ready within {DEADLINE:?}")]
    TooLate,
}

impl Error {
    /// Whether the same may succeed soon.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Config(error) => error.failure() == Failure::Transient,
            Self::Records(error) => error.failure() == Failure::Transient,
            Self::Aws(error) => error.is_transient(),
            Self::Secrets(error) => error.failure() == Failure::Transient,
            Self::Slack(error) => error.is_transient(),
            Self::TooLate => true,
        }
    }
}

/// All routes.
pub fn router(deps: Arc<Deps>) -> Router {
    Router::new()
        .route("/slack/commands", post(command::handle))
        .route("/slack/interactions", post(interaction::handle))
        .route("/slack/events", post(event::handle))
        .route("/healthz", get(async || "ok"))
        .with_state(deps)
}

/// Serves the routes on a socket until the process is told to stop.
///
/// # Errors
/// When the socket cannot be listened on.
pub async fn serve(listener: tokio::net::TcpListener, router: Router) -> std::io::Result<()> {
    let stopped = async {
        // Without a handler for Ctrl-C there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, router)
        .with_graceful_shutdown(stopped)
        .await
}

/// Does the work within the time that Slack waits.
async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    within(DEADLINE, work).await
}

/// Does the work within a limit. What is done without waiting for anything costs no timer.
async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::select! {
        biased;
        done = work => done,
        () = passed(limit) => Err(Error::TooLate),
    }
}

/// Waits by the wall clock in a thread of its own, from its first poll on: the clock of clones may run faster, and on
/// paused time tokio's would leap ahead while an answer is on the wire.
async fn passed(limit: Duration) {
    let (_done, hung_up) = std::sync::mpsc::channel::<()>();
    let timer = tokio::task::spawn_blocking(move || hung_up.recv_timeout(limit));
    // It cannot fail; it ends early only with the process.
    let _ = timer.await;
}

/// What a person is told of an error; the log is told the rest.
fn told(error: &Error) -> slack::Message {
    tracing::error!("not done: {}", runtime::chain(error));
    match error {
        Error::Config(wrong) if wrong.failure() == Failure::Config => slack::message::broken_config(),
        _ => slack::message::went_wrong(),
    }
}
