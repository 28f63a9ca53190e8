//! The task that exports: started, followed, and stopped when its caller goes away.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, ContainerOverride, LaunchType, NetworkConfiguration, Task,
    TaskOverride,
};
use aws_sdk_s3::Client as S3;
use indicatif::ProgressBar;
use query_worker::{Manifest, Place, Request, Status, put};
use runtime::aws::failed;
use serde::de::DeserializeOwned;

use super::grouped;
use crate::account::Account;
use crate::args::ExportTask;
use crate::exit::{Exit, Stop};

/// The container in the task definition.
const CONTAINER: &str = "query-worker";

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Writes the request, runs the task to its end and reads what it left.
pub async fn run(
    account: &Account,
    s3: &S3,
    args: &ExportTask,
    place: &Place,
    request: &Request,
    quiet: bool,
) -> Result<Manifest, Stop> {
    if !request.overwrite && read::<Manifest>(s3, place, &place.manifest()).await?.is_some() {
        let words =
            format!("there is an export at {place} already: choose another place, or say --overwrite");
        return Err(Exit::Usage.with(words));
    }
    put(s3, place, &place.request(), request).await?;
    let ecs = aws_sdk_ecs::Client::new(&account.aws);
    let arn = start(&ecs, args, place, request).await?;
    let ended = tokio::select! {
        ended = follow(&ecs, s3, args, &arn, place, quiet) => ended?,
        _ = tokio::signal::ctrl_c() => {
            let call = ecs.stop_task().set_cluster(args.ecs_cluster.clone()).task(&arn);
            call.reason("its caller gave up").send().await.map_err(failed("StopTask", &arn))?;
            return Err(Exit::Failed.with("stopped: nothing of the export is left"));
        }
    };
    let exit_code = ended
        .containers()
        .first()
        .and_then(|container| container.exit_code());
    if exit_code == Some(0) {
        let manifest = read(s3, place, &place.manifest()).await?;
        return manifest.ok_or_else(|| Exit::Failed.with(format!("{place} has no manifest")));
    }
    let told = read::<Status>(s3, place, &place.status())
        .await?
        .and_then(|status| status.error);
    let told = told.or_else(|| ended.stopped_reason().map(str::to_owned));
    Err(Exit::Failed.with(told.unwrap_or_else(|| "the task ended without a word".to_owned())))
}

async fn start(
    ecs: &aws_sdk_ecs::Client,
    args: &ExportTask,
    place: &Place,
    request: &Request,
) -> Result<String, Stop> {
    let command = [
        "query-worker",
        "--clone-id",
        request.clone_id.as_str(),
        "--to",
        &place.to_string(),
    ];
    let container = ContainerOverride::builder()
        .name(CONTAINER)
        .set_command(Some(command.map(str::to_owned).into()));
    let mut call = ecs
        .run_task()
        .set_cluster(args.ecs_cluster.clone())
        .task_definition(&args.query_task_definition)
        .launch_type(LaunchType::Fargate)
        .overrides(
            TaskOverride::builder()
                .container_overrides(container.build())
                .build(),
        );
    if !args.query_subnets.is_empty() {
        let network = AwsVpcConfiguration::builder()
            .set_subnets(Some(args.query_subnets.clone()))
            .set_security_groups(Some(args.query_security_groups.clone()))
            .assign_public_ip(AssignPublicIp::Disabled)
            .build()?;
        call = call.network_configuration(
            NetworkConfiguration::builder()
                .awsvpc_configuration(network)
                .build(),
        );
    }
    let started = call
        .send()
        .await
        .map_err(failed("RunTask", &args.query_task_definition))?;
    match (
        started.tasks().first().and_then(Task::task_arn),
        started.failures().first(),
    ) {
        (Some(arn), _) => Ok(arn.to_owned()),
        (None, Some(failure)) => {
            let why = failure.reason().unwrap_or("for no reason that it tells");
            Err(Exit::Failed.with(format!("ECS does not start the task: {why}")))
        }
        (None, None) => Err(Exit::Failed.with("ECS does not start the task")),
    }
}

/// Waits for the task's end, and tells how far it is.
async fn follow(
    ecs: &aws_sdk_ecs::Client,
    s3: &S3,
    args: &ExportTask,
    arn: &str,
    place: &Place,
    quiet: bool,
) -> Result<Task, Stop> {
    let mut line = Line::new(quiet);
    loop {
        let call = ecs
            .describe_tasks()
            .set_cluster(args.ecs_cluster.clone())
            .tasks(arn);
        let seen = call.send().await.map_err(failed("DescribeTasks", arn))?;
        let Some(task) = seen.tasks.unwrap_or_default().into_iter().next() else {
            return Err(Exit::Failed.with(format!("ECS no longer knows the task {arn}")));
        };
        if task.last_status() == Some("STOPPED") {
            line.end();
            return Ok(task);
        }
        // Not being able to tell how far it is ends nothing.
        match read::<Status>(s3, place, &place.status()).await {
            Ok(Some(now)) => line.show(&words(&now, line.begun.elapsed())),
            _ => line.show(&task.last_status().unwrap_or("starting").to_lowercase()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn words(now: &Status, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs().max(1);
    let (rows, megabytes) = (grouped(now.rows), grouped(now.bytes / 1_000_000));
    format!(
        "{rows} rows, {megabytes} MB, {} rows/s",
        grouped(now.rows / seconds)
    )
}

/// How far it is, on standard error.
struct Line {
    bar: Option<ProgressBar>,
    is_quiet: bool,
    begun: Instant,
    last: Option<Instant>,
}

impl Line {
    fn new(is_quiet: bool) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self {
            bar,
            is_quiet,
            begun: Instant::now(),
            last: None,
        }
    }

    fn show(&mut self, words: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(words.to_owned());
        } else if !self.is_quiet && self.last.is_none_or(|last| last.elapsed() >= BETWEEN_LINES) {
            eprintln!("{words}");
            self.last = Some(Instant::now());
        }
    }

    fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// An object of S3 as JSON; none if there is none.
async fn read<T: DeserializeOwned>(s3: &S3, place: &Place, key: &str) -> Result<Option<T>, Stop> {
    let call = s3.get_object().bucket(&place.bucket).key(key).send().await;
    match call.map_err(failed("GetObject", key)) {
        Ok(object) => {
            let text = object.body.collect().await?.into_bytes();
            Ok(Some(serde_json::from_slice(&text)?))
        }
        Err(error) if error.is("NoSuchKey") => Ok(None),
        Err(error) => Err(error.into()),
    }
}
