//! `doppel local`: the whole of doppel on this machine, for trying it and for the specs.
//!
//! [`Local::start`] puts together what Terraform puts together in AWS: an account with production in it, the table,
//! the Lambdas, the worker's task, both state machines, the schedule and the rule that watch over them, a Slack
//! workspace, and the gateway between the two. Every program calls the embedded AWS under its own name.

mod account;
mod chatbot;
mod folder;
mod gateway;
mod guard;
mod machines;
mod options;
mod ports;
mod production;
mod programs;
pub mod shop;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use domain::Policy;
use domain::record::Progress;
use local_aws::rds::{Ingress, SourceReady};
use local_aws::{FunctionError, LocalAws, Served, Target, Time};
use local_slack::{LocalSlack, Manifest, WorkflowButton};
use runtime::{Clock, ConfigSource, Records, Secrets};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use crate::account::{Addresses, ClockFace, SourceAddress, address_file};
pub use account::{EXPORTS, SLACK_TOKEN, TOPIC};
pub use folder::{SHOP_RULES, policy};
pub use options::{Class, Data, LocalOptions, PORT_BASE, Quotas, Transitions};

use gateway::Gateway;
use ports::Ports;
use programs::Programs;

/// Production's name in the policy, and its cluster's.
pub const SOURCE: &str = "production";

/// The Region of everything.
pub const REGION: &str = "ap-northeast-1";

/// The clone's own user. It exists only once the worker has verified the clone, and the worker logs in as it.
const CLONE_USER: &str = "doppel";

/// What the app declares to Slack, here as there.
const MANIFEST: &str = include_str!("../../../../slack/manifest.json");

const BOT_TOKEN: &str = "xoxb-local";

/// All of it, running.
pub struct Local {
    aws: LocalAws,
    served: Served,
    slack: LocalSlack,
    gateway: Gateway,
    caller: SdkConfig,
    clock: Clock,
    source: SourceReady,
    addresses: Addresses,
    folder: PathBuf,
    stopping: CancellationToken,
    worker: watch::Sender<Progress>,
    // Last, so that it goes when all that writes to it is gone.
    home: TempDir,
}

impl Local {
    /// Starts everything; takes seconds, most of them for production's data.
    ///
    /// # Errors
    /// What could not be started, with its cause. Nothing is left running then.
    pub async fn start(options: LocalOptions) -> anyhow::Result<Self> {
        let ports = Ports::take(options.port_base).await?;
        let home = home()?;
        let aws = embedded_aws(&options, home.path(), ports.databases)?;
        match Self::assemble(&options, ports, &home, &aws).await {
            Ok(parts) => Ok(parts.into_local(aws, home, options.clock)),
            Err(error) => {
                aws.shutdown().await;
                Err(error)
            }
        }
    }

    async fn assemble(
        options: &LocalOptions,
        ports: Ports,
        home: &TempDir,
        aws: &LocalAws,
    ) -> anyhow::Result<Parts> {
        let production = production::make(aws, options).await?;
        let folder = home.path().join("config");
        let policy_text = match &options.policy {
            Some(policy) => policy.clone(),
            None => policy(options.engine, &production.source.database),
        };
        folder::write(&folder, &policy_text, &production.rules)?;
        let policy = Policy::parse("doppel.toml", &policy_text)?;

        let slack_url = format!("http://{}", ports.slack.local_addr()?);
        let gateway_url = format!("http://{}", ports.gateway.local_addr()?);
        let served = aws
            .serve(ports.aws)
            .await
            .context("the embedded AWS cannot be served")?;
        let worker = watch::Sender::new(Progress::default());
        let db_ca = home.path().join("db-ca.pem");
        std::fs::write(&db_ca, aws.rds().certificate_authority())
            .with_context(|| format!("{} cannot be written", db_ca.display()))?;
        let mut programs = programs(aws, options, &served, &worker, &folder, &slack_url);
        let caller = programs.configuration("local").await;
        let signing_secret = hex_of_random();
        programs.notification_topic = account::make(&caller, options, BOT_TOKEN, &signing_secret).await?;

        let chat = chatbot::handler(&programs.configuration("chatbot").await);
        let machines = {
            programs.register_lambdas().await?;
            programs.register_tasks(&policy).await?;
            programs.register_query_worker(&db_ca).await;
            machines::create(aws)?
        };
        let stopping = CancellationToken::new();
        watch(
            aws,
            &machines,
            programs.configuration("events").await,
            stopping.clone(),
        );
        let slack = slack(
            ports.slack,
            &gateway_url,
            &signing_secret,
            chat,
            &machines,
            &options.clock,
        )?;
        let gateway = Gateway::start(&programs, ports.gateway, &machines).await?;
        let addresses = Addresses {
            aws_endpoint: served.endpoint(),
            gateway: gateway_url,
            slack: slack_url,
            slack_signing_secret: signing_secret,
            region: REGION.into(),
            table: account::TABLE.into(),
            state_machine_arn: machines.clone.clone(),
            sweep_arn: machines.sweep.clone(),
            config: folder.clone(),
            exports: format!("s3://{}/exports", account::EXPORTS),
            db_ca,
            source: SourceAddress {
                name: SOURCE.into(),
                dsn: production.source.dsn.clone(),
            },
            clock: ClockFace::of(&options.clock),
        };
        Ok(Parts {
            served,
            slack,
            gateway,
            caller,
            source: production.source,
            addresses,
            folder,
            stopping,
            worker,
        })
    }

    /// The embedded AWS: its calls, its faults, its clusters.
    pub fn aws(&self) -> &LocalAws {
        &self.aws
    }

    /// The embedded Slack: what people say, press and see there.
    pub fn slack(&self) -> &LocalSlack {
        &self.slack
    }

    /// The configuration of a caller called `local`, for clients of one's own.
    pub fn config(&self) -> &SdkConfig {
        &self.caller
    }

    /// The table of clones.
    pub fn records(&self) -> Records {
        Records::new(&self.caller, account::TABLE, self.clock.clone())
    }

    /// Step Functions.
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.caller)
    }

    /// RDS.
    pub fn rds(&self) -> aws_sdk_rds::Client {
        aws_sdk_rds::Client::new(&self.caller)
    }

    /// The account's secrets.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.caller)
    }

    /// The time of all of it.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Production.
    pub fn source(&self) -> &SourceReady {
        &self.source
    }

    /// Where everything listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// How far the worker is, as it tells it itself: at once, and whichever clone it is at.
    pub fn worker(&self) -> watch::Receiver<Progress> {
        self.worker.subscribe()
    }

    /// The config folder: what is written there holds from the next call on.
    pub fn config_folder(&self) -> &Path {
        &self.folder
    }

    /// Stops every server and removes every file.
    pub async fn stop(self) {
        // What is stopped now has not failed: no sweep follows it.
        self.stopping.cancel();
        self.gateway.stop().await;
        self.aws.shutdown().await;
        self.slack.stop().await;
        self.served.stop().await;
        drop(self.home);
    }
}

/// All but what exists before production does.
struct Parts {
    served: Served,
    slack: LocalSlack,
    gateway: Gateway,
    caller: SdkConfig,
    source: SourceReady,
    addresses: Addresses,
    folder: PathBuf,
    stopping: CancellationToken,
    worker: watch::Sender<Progress>,
}

/// What the programs of a clone's life know of the machine that they run on.
fn programs<'a>(
    aws: &'a LocalAws,
    options: &LocalOptions,
    served: &Served,
    worker: &watch::Sender<Progress>,
    folder: &Path,
    slack_url: &str,
) -> Programs<'a> {
    Programs {
        worker: worker.clone(),
        aws,
        endpoint: served.endpoint(),
        region: REGION.into(),
        clock: options.clock.clone(),
        config: ConfigSource::Folder(folder.to_owned()),
        slack_api: format!("{slack_url}/api"),
        notification_topic: None,
        poll_seconds: options.poll_seconds,
    }
}

impl Parts {
    fn into_local(self, aws: LocalAws, home: TempDir, clock: Clock) -> Local {
        let Self {
            served,
            slack,
            gateway,
            caller,
            source,
            addresses,
            folder,
            stopping,
            worker,
        } = self;
        Local {
            aws,
            served,
            slack,
            gateway,
            caller,
            clock,
            source,
            addresses,
            folder,
            stopping,
            worker,
            home,
        }
    }
}

/// A folder that the database servers' users can reach, also when we are root and they are not.
fn home() -> anyhow::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o711);
    let home = tempfile::Builder::new()
        .prefix("doppel-")
        .permissions(open)
        .tempdir();
    home.context("no folder for temporary files can be made")
}

fn embedded_aws(options: &LocalOptions, home: &Path, base_port: Option<u16>) -> anyhow::Result<LocalAws> {
    let sleep = SharedAsyncSleep::new(options.clock.waits());
    let time = Time::new(SharedTimeSource::new(options.clock.clone()), sleep);
    let mut aws = local_aws::Options::new(time, home.join("aws"));
    aws.region = REGION.into();
    let master = match options.engine {
        domain::policy::Engine::Postgres => "postgres",
        domain::policy::Engine::Mysql => "admin",
    };
    aws.rds.transitions = options.transitions.clone();
    aws.rds.quotas = options.quotas;
    aws.rds.clones_per_lineage = options.clones_per_lineage;
    aws.rds.base_port = base_port;
    aws.rds.security_groups.extend(HashMap::from([
        (
            folder::QUARANTINE.into(),
            Ingress::OnlyUsers(vec![master.into(), CLONE_USER.into()]),
        ),
        (folder::USERS.into(), Ingress::Anyone),
    ]));
    aws.data_api.guard = guard::of_clones(&options.operator);
    LocalAws::start(aws).context("the embedded AWS cannot be started")
}

/// The hourly sweep, and the sweep of a clone whose execution ended badly.
fn watch(aws: &LocalAws, machines: &machines::Machines, events: SdkConfig, stopping: CancellationToken) {
    let target = Target::StateMachine {
        arn: machines.sweep.clone(),
        input: json!({}),
    };
    aws.schedule("doppel-sweep", Duration::from_secs(3600), target);
    let sfn = aws_sdk_sfn::Client::new(&events);
    let (clone, sweep) = (machines.clone.clone(), machines.sweep.clone());
    aws.on_execution_status(move |event: Value| {
        let (sfn, clone, sweep, stopping) = (sfn.clone(), clone.clone(), sweep.clone(), stopping.clone());
        async move {
            let detail = &event["detail"];
            let ended_badly = matches!(
                detail["status"].as_str(),
                Some("FAILED" | "TIMED_OUT" | "ABORTED")
            );
            if !ended_badly || detail["stateMachineArn"] != clone || stopping.is_cancelled() {
                return Ok(Value::Null);
            }
            let input = json!({ "ended_execution": detail["executionArn"] }).to_string();
            let started = sfn
                .start_execution()
                .state_machine_arn(sweep)
                .input(input)
                .send()
                .await;
            let started = started.map_err(runtime::aws::failed("StartExecution", "the sweep"));
            started.map_err(|error| FunctionError::new("StartExecution", runtime::chain(&error)))?;
            Ok(Value::Null)
        }
    });
}

fn slack(
    listener: tokio::net::TcpListener,
    gateway: &str,
    signing_secret: &str,
    chat: local_slack::AwsHandler,
    machines: &machines::Machines,
    clock: &Clock,
) -> anyhow::Result<LocalSlack> {
    let mut options = local_slack::Options::new(gateway, signing_secret, BOT_TOKEN);
    let clock = clock.clone();
    options.time = std::sync::Arc::new(move || clock.now());
    options.aws_command = chat;
    let manifest = Manifest::parse(MANIFEST).context("the app's manifest cannot be read")?;
    options.manifest = Some(manifest);
    options.workflow_button = Some(WorkflowButton {
        label: "Clone production".into(),
        text: format!(
            "@aws stepfunctions start-execution --state-machine-arn {} --input {{\"db_instance_class\": \"db.t4g.medium\", \"expire_days\": \"3\"}}",
            machines.clone
        ),
    });
    LocalSlack::start(listener, options).context("the embedded Slack cannot be started")
}

/// 32 random hexadecimal digits, as Slack's signing secrets are.
fn hex_of_random() -> String {
    use rand::Rng;
    format!("{:032x}", rand::rng().random::<u128>())
}
