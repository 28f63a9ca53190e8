//! An embedded Slack workspace: the Web API, signed requests to an app's backend, and a page that looks like Slack.
//!
//! For trying and testing a Slack app on one machine. It knows nothing of the app: give [`Options`] the app's base
//! URL, signing secret and bot token, and [`LocalSlack::start`] serves a workspace on a listener. People act through
//! the page at `GET /`, or, in specs, through [`LocalSlack::says`], [`presses`](LocalSlack::presses) and
//! [`submits`](LocalSlack::submits).
//!
//! - **Web API** (`POST /api/{method}`, JSON or form): answers, error names and limits are Slack's, limits are
//!   enforced, and [`LocalSlack::fail_next`] makes any call fail.
//! - **Towards the app:** `{gateway}/slack/commands`, `/slack/interactions` and `/slack/events`, signed; an
//!   acknowledgement must come within three seconds; events are sent again as Slack does.
//! - **Amazon Q Developer in chat applications:** an `@aws …` message goes to [`Options::aws_command`].
//!
//! - **The app's manifest** ([`Options::manifest`]): a method without its scope, an event, a command, a step or a
//!   home tab that it does not declare is refused as Slack refuses it.
//! - **Nobody else's page:** a request whose `Host` is no name of this machine, or whose `Origin` is another page,
//!   is refused: no website that somebody visits can press a button here.
//!
//! State lives in memory and is gone with the process. More than one workspace or app, files, reactions and scheduled
//! messages are not here.

mod actions;
mod answer;
mod api;
mod blocks;
mod deeds;
mod drive;
mod events;
mod fault;
mod gateway;
mod guard;
mod manifest;
mod message;
mod modals;
mod mrkdwn;
mod options;
mod page;
mod payload;
mod response_url;
mod shared;
mod signed;
mod store;
mod transcript;
mod values;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use answer::Answer;
pub use fault::Fault;
pub use manifest::Manifest;
pub use message::{Message, Version};
pub use options::{
    App, AwsCommand, AwsHandler, Channel, Options, Patience, SlashCommand, Team, Time, User, UserGroup,
    WorkflowButton, aws_handler,
};
pub use signed::{SignedRequest, signature};
pub use store::ApiCall;
pub use view::View;

use shared::Shared;

/// Why the workspace did not start, or what was waited for in vain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listener has no address.
    #[error("cannot tell the address of Slack's listener")]
    Listener(#[source] std::io::Error),
    /// The client towards the gateway could not be built.
    #[error("cannot build the HTTP client towards the gateway")]
    Client(#[source] reqwest::Error),
    /// What [`LocalSlack::until`] waited for did not come; with what the channels show.
    #[error("waited {waited:?} in vain; the workspace shows:\n{transcript}")]
    NotSeen {
        /// How long it waited.
        waited: std::time::Duration,
        /// Every channel's transcript.
        transcript: String,
    },
}

/// A running workspace. Dropping it stops it too, without waiting.
pub struct LocalSlack {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl LocalSlack {
    /// Serves a workspace on `listener`, which should be on loopback: the page asks nobody for a password.
    ///
    /// # Errors
    /// When the listener has no address or the client towards the gateway cannot be built.
    pub fn start(listener: TcpListener, options: Options) -> Result<LocalSlack, Error> {
        let address = listener.local_addr().map_err(Error::Listener)?;
        let shared = Shared::new(options, format!("http://{address}")).map_err(Error::Client)?;
        let shared = Arc::new(shared);
        let routes = api::routes().merge(response_url::routes()).merge(page::routes());
        let app = routes
            .layer(from_fn_with_state(shared.clone(), until_stopped))
            .layer(from_fn_with_state(address.ip(), guard::own_page_only))
            .with_state(shared.clone());
        let stopped = shared.stop.clone().cancelled_owned();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the embedded Slack stopped serving");
            }
        });
        Ok(LocalSlack {
            shared,
            address,
            server,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL of the page.
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    /// Base URL of the Web API, for a client that appends the method's name: `…/api`.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.shared.base)
    }

    /// Stops serving and waits for the end of it.
    pub async fn stop(mut self) {
        self.shared.stop.cancel();
        let _ = (&mut self.server).await;
    }
}

impl Drop for LocalSlack {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// Lets go of a request that still waits (for a fault, or for the gateway) once the workspace stops.
async fn until_stopped(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        () = shared.stop.cancelled() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
