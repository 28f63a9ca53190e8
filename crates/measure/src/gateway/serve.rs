//! The servers, each a process of its own: this program under another name.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::Context;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use clap::Parser;
use gateway::{Deps, Settings};
use local_aws::{LocalAws, Options, Time};
use runtime::{Clock, aws};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::deed::SIGNING_KEY;
use super::load::Answer;
use crate::cpu;

const TABLE: &str = "doppel-clones";
const REGION: &str = "eu-west-1";

/// Who serves.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Role {
    /// The embedded AWS.
    Aws {
        /// Where it keeps its files.
        home: PathBuf,
    },
    /// The gateway.
    Gateway {
        /// The config folder.
        config: PathBuf,
        /// The embedded AWS.
        endpoint: String,
    },
    /// A server that reads a body and says what it was told to.
    Bare {
        /// The answers, in JSON.
        answers: PathBuf,
    },
}

impl Role {
    fn words(&self) -> Vec<&std::ffi::OsStr> {
        match self {
            Self::Aws { home } => vec!["aws".as_ref(), home.as_ref()],
            Self::Gateway { config, endpoint } => {
                vec!["gateway".as_ref(), config.as_ref(), endpoint.as_ref()]
            }
            Self::Bare { answers } => vec!["bare".as_ref(), answers.as_ref()],
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Aws { .. } => "aws",
            Self::Gateway { .. } => "gateway",
            Self::Bare { .. } => "bare",
        }
    }
}

/// A server, until this value is dropped.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts it, and waits until it listens. Its log is a file in `folder`.
    pub async fn start(folder: &Path, role: &Role) -> anyhow::Result<Self> {
        let log = folder.join(format!("{}.log", role.name()));
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args(role.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut line).await?;
        let address = line.trim().parse().with_context(|| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            format!("the server `{}` did not start: {said}", role.name())
        })?;
        Ok(Self { address, child })
    }

    /// Seconds of CPU time that it has used.
    pub fn cpu(&self) -> Option<f64> {
        cpu::of_tree(self.child.id()?)
    }
}

/// Serves until the standard input ends, which it does with the program that started this one.
pub fn serve(role: &Role) -> anyhow::Result<()> {
    runtime::init();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        match role {
            Role::Aws { home } => {
                let aws = LocalAws::start(Options::new(Time::wall(), home.clone()))?;
                let served = aws.serve(listener).await?;
                make_table(&served.endpoint()).await?;
                println!("{address}");
                until_left_alone().await;
                served.stop().await;
            }
            Role::Gateway { config, endpoint } => {
                let router = gateway::router(Arc::new(deps(config, endpoint).await?));
                answer(listener, router).await?;
            }
            Role::Bare { answers } => {
                let answers: Vec<Answer> = serde_json::from_slice(&std::fs::read(answers)?)?;
                answer(listener, bare(answers)).await?;
            }
        }
        Ok(())
    })
}

async fn answer(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    println!("{}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        () = until_left_alone() => Ok(()),
    }
}

async fn until_left_alone() {
    // Whatever it ends with, it has ended.
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
}

fn bare(answers: Vec<Answer>) -> Router {
    answers.into_iter().fold(Router::new(), |router, answer| {
        let answer = Arc::new(answer);
        let path = answer.path.clone();
        let say = async move |_body: String| {
            let kind = answer.kind.clone().map(|kind| [(CONTENT_TYPE, kind)]);
            (
                axum::response::AppendHeaders(kind.into_iter().flatten().collect::<Vec<_>>()),
                answer.body.clone(),
            )
        };
        router.route(&path, post(say))
    })
}

async fn deps(config: &Path, endpoint: &str) -> anyhow::Result<Deps> {
    let settings = Settings::parse_from([
        "gateway",
        &format!("--config={}", config.display()),
        &format!("--table={TABLE}"),
        "--state-machine=arn:aws:states:eu-west-1:123456789012:stateMachine:clone",
        "--sweep-state-machine=arn:aws:states:eu-west-1:123456789012:stateMachine:sweep",
        "--slack-signing-secret=unused",
        "--slack-token-secret=unused",
        // Nothing that is measured asks Slack.
        "--slack-api=http://127.0.0.1:1",
    ]);
    let (clock, key) = (Clock::wall(), SIGNING_KEY.into());
    let aws = configuration(&clock, endpoint).await;
    Ok(Deps::with_secrets(
        &settings,
        &aws,
        clock,
        &"xoxb-none".into(),
        &key,
    )?)
}

async fn configuration(clock: &Clock, endpoint: &str) -> aws_config::SdkConfig {
    let place = aws::Place {
        endpoint,
        region: REGION,
        principal: "gateway",
    };
    let wire = None::<aws_smithy_runtime_api::client::http::SharedHttpClient>;
    aws::aws_at(clock, &place, wire).await
}

async fn make_table(endpoint: &str) -> anyhow::Result<()> {
    let key = "DBClusterIdentifier";
    let db = aws_sdk_dynamodb::Client::new(&configuration(&Clock::wall(), endpoint).await);
    let name = AttributeDefinition::builder().attribute_name(key);
    let hash = KeySchemaElement::builder().attribute_name(key);
    db.create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(name.attribute_type(ScalarAttributeType::S).build()?)
        .key_schema(hash.key_type(KeyType::Hash).build()?)
        .send()
        .await
        .context("the table of clones cannot be made")?;
    Ok(())
}
