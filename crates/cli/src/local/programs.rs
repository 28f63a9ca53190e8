//! The programs that AWS runs for doppel: Lambdas and ECS tasks, each under its own name and with its own settings.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_ecs::types::{ContainerDefinition, KeyValuePair};
use clap::Parser;
use domain::Policy;
use domain::record::Progress;
use local_aws::{FunctionError, LocalAws, TaskRun};
use runtime::{Clock, ConfigSource, StepSettings};
use tokio::sync::watch;

use super::account::{SLACK_TOKEN, TABLE};

pub(super) const WORKER: &str = "mask-worker";
const QUERY_WORKER: &str = "query-worker";

/// From which each program's own configuration is made.
pub(super) struct Programs<'a> {
    pub(super) aws: &'a LocalAws,
    pub(super) endpoint: String,
    pub(super) region: String,
    pub(super) clock: Clock,
    pub(super) config: ConfigSource,
    pub(super) slack_api: String,
    pub(super) notification_topic: Option<String>,
    pub(super) poll_seconds: u64,
    /// Hears how far the worker is.
    pub(super) worker: watch::Sender<Progress>,
}

macro_rules! lambda {
    ($self:ident, $name:literal, $handle:path, $deps:expr) => {{
        let deps = Arc::new($deps);
        $self.aws.lambda($name, move |payload| {
            let deps = Arc::clone(&deps);
            async move {
                runtime::invoke(|request| $handle(&deps, request), payload)
                    .await
                    .map_err(raised)
            }
        });
    }};
}

impl Programs<'_> {
    /// The configuration of whoever is called `principal`: the embedded AWS records calls by that name.
    pub(super) async fn configuration(&self, principal: &str) -> SdkConfig {
        let place = runtime::aws::Place {
            endpoint: &self.endpoint,
            region: &self.region,
            principal,
        };
        runtime::aws::aws_at(&self.clock, &place, Some(self.aws.http_client())).await
    }

    fn step(&self) -> StepSettings {
        StepSettings {
            table: TABLE.into(),
            config: self.config.clone(),
            poll_seconds: self.poll_seconds,
        }
    }

    /// Registers the Lambdas, and the table's stream to notify.
    pub(super) async fn register_lambdas(&self) -> anyhow::Result<()> {
        let clock = || self.clock.clone();
        let settings = lambda_clone::Settings {
            step: self.step(),
            master_secret_readers: Vec::new(),
            secrets_key: None,
        };
        let aws = self.configuration("lambda-clone").await;
        lambda!(
            self,
            "doppel-clone",
            lambda_clone::handle,
            lambda_clone::Deps::new(&settings, &aws, clock())
        );

        let settings = lambda_mask_command::Settings {
            step: self.step(),
            worker_task_definition: WORKER.into(),
            worker_container: WORKER.into(),
        };
        let aws = self.configuration("lambda-mask-command").await;
        let deps = lambda_mask_command::Deps::new(&settings, &aws, clock());
        lambda!(self, "doppel-mask-command", lambda_mask_command::handle, deps);

        let settings = lambda_resize::Settings { step: self.step() };
        let aws = self.configuration("lambda-resize").await;
        lambda!(
            self,
            "doppel-resize",
            lambda_resize::handle,
            lambda_resize::Deps::new(&settings, &aws, clock())
        );

        let settings = lambda_release::Settings { step: self.step() };
        let aws = self.configuration("lambda-release").await;
        lambda!(
            self,
            "doppel-release",
            lambda_release::handle,
            lambda_release::Deps::new(&settings, &aws, clock())
        );

        let settings = lambda_sweep::Settings { step: self.step() };
        let aws = self.configuration("lambda-sweep").await;
        lambda!(
            self,
            "doppel-sweep",
            lambda_sweep::handle,
            lambda_sweep::Deps::new(&settings, &aws, clock())
        );

        self.register_notify().await
    }

    /// Registers the worker's task, and the tasks of masking commands that the policy names: those run as processes
    /// of this machine, with an environment in which the AWS CLI and every SDK find the embedded AWS.
    pub(super) async fn register_tasks(&self, policy: &Policy) -> anyhow::Result<()> {
        let settings = mask_worker::Settings {
            step: self.step(),
            db_ca: None,
        };
        let aws = self.configuration(WORKER).await;
        let deps = mask_worker::Deps::new(&settings, &aws, self.clock.clone());
        let deps = Arc::new(deps.told_to(self.worker.clone()));
        self.aws.ecs_task(WORKER, move |run| {
            let deps = Arc::clone(&deps);
            async move { worker(&deps, run).await }
        });
        let ecs = aws_sdk_ecs::Client::new(&self.configuration("local").await);
        let environment = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_ACCESS_KEY_ID", "masking-command"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ];
        let environment: Vec<_> = environment
            .map(|(name, value)| KeyValuePair::builder().name(name).value(value).build())
            .into();
        for masking in policy.sources.values().map(|source| &source.masking) {
            let (Some(family), Some(container)) = (&masking.task_definition, &masking.container) else {
                continue;
            };
            let container = ContainerDefinition::builder()
                .name(container)
                .set_environment(Some(environment.clone()));
            let registered = ecs
                .register_task_definition()
                .family(family)
                .container_definitions(container.build())
                .send()
                .await;
            registered.with_context(|| format!("the task definition {family} cannot be made"))?;
            self.aws.ecs_task(family, process);
        }
        Ok(())
    }

    /// Registers the task of batch queries.
    pub(super) async fn register_query_worker(&self, db_ca: &Path) {
        let settings = query_worker::Settings {
            step: self.step(),
            db_ca: db_ca.to_owned(),
        };
        let aws = self.configuration(QUERY_WORKER).await;
        let deps = Arc::new(query_worker::Deps::new(&settings, &aws, self.clock.clone()));
        self.aws.ecs_task(QUERY_WORKER, move |run| {
            let deps = Arc::clone(&deps);
            async move { query_worker(&deps, run).await }
        });
    }

    async fn register_notify(&self) -> anyhow::Result<()> {
        let settings = lambda_notify::Settings {
            table: TABLE.into(),
            config: self.config.clone(),
            slack_token_secret: SLACK_TOKEN.into(),
            slack_api: self.slack_api.clone(),
            notification_topic: self.notification_topic.clone(),
        };
        let aws = self.configuration("lambda-notify").await;
        let deps = lambda_notify::Deps::new(settings, &aws, self.clock.clone())
            .await
            .context("notify cannot start")?;
        let deps = Arc::new(deps);
        let notify = move |payload| {
            let deps = Arc::clone(&deps);
            async move {
                runtime::invoke(|event| lambda_notify::handle(&deps, event), payload)
                    .await
                    .map_err(raised)
            }
        };
        self.aws.lambda("doppel-notify", notify.clone());
        self.aws.stream(TABLE, notify);
        Ok(())
    }
}

/// What a masking run ended with, as its container's exit code.
async fn worker(deps: &mask_worker::Deps, run: TaskRun) -> i32 {
    let args = match mask_worker::Args::try_parse_from(&run.command) {
        Ok(args) => args,
        Err(error) => {
            tracing::error!(%error, "the worker's command cannot be understood");
            return 2;
        }
    };
    // It logs its own failure and writes it to the record.
    i32::from(mask_worker::run(args, deps, run.stop).await.is_err())
}

/// What an export ended with, as its container's exit code.
async fn query_worker(deps: &query_worker::Deps, run: TaskRun) -> i32 {
    let args = match query_worker::Args::try_parse_from(&run.command) {
        Ok(args) => args,
        Err(error) => {
            tracing::error!(%error, "the command of a batch query cannot be understood");
            return 2;
        }
    };
    // It logs its own failure, and tells it to who asked.
    i32::from(query_worker::run(args, deps, run.stop).await.is_err())
}

fn raised(raised: runtime::Raised) -> FunctionError {
    FunctionError::new(raised.failure.name(), raised.message)
}

/// Runs a task's command as a process of this machine, with the container's environment and nothing else of ours
/// but the path; its output goes to the log. Stopping the task ends the process.
async fn process(run: TaskRun) -> i32 {
    let Some((program, arguments)) = run.command.split_first() else {
        tracing::error!(container = run.container, "the task has no command");
        return 127;
    };
    let started = tokio::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(&run.environment)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            tracing::error!(container = run.container, %error, "the task's command cannot be run");
            return 127;
        }
    };
    tokio::select! {
        ended = child.wait() => ended.ok().and_then(|status| status.code()).unwrap_or(1),
        () = run.stop.cancelled() => 143,
    }
}
