//! A task's life: PROVISIONING, PENDING, RUNNING, DEPROVISIONING, STOPPED.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use winterbaume_ecs::model::Task;

use super::{Ecs, Program, TaskRun, seconds};

/// The statuses before a task runs, and how long each lasts.
const STARTING: [(&str, Duration); 2] = [
    ("PROVISIONING", Duration::from_secs(1)),
    ("PENDING", Duration::from_secs(1)),
];

/// How long DEPROVISIONING lasts.
const LEAVING: Duration = Duration::from_millis(500);

/// ECS's default `stopTimeout`: from SIGTERM to SIGKILL. A timeout, so it passes on the runtime's clock.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Exit codes as a shell gives them: 128 and the signal's number.
const KILLED: i32 = 137;
const ABORTED: i32 = 134;

/// How a program ended.
struct Exit {
    code: i32,
    reason: Option<&'static str>,
}

impl Ecs {
    /// Lives through a task, from its start to its end.
    pub(super) async fn live(
        self,
        run: TaskRun,
        program: Option<Program>,
        kill: CancellationToken,
        ended: CancellationToken,
    ) {
        let arn = run.task_arn.clone();
        if self.wait_to_start(&run).await {
            match program {
                Some(program) => {
                    let now = seconds(self.time.now());
                    self.update(&arn, |task| {
                        enter(task, "RUNNING");
                        task.started_at = Some(now);
                    });
                    let exit = self.execute(program, run, &kill).await;
                    self.update(&arn, |task| leave(task, &exit));
                }
                None => self.update(&arn, |task| {
                    task.stop_code = Some("TaskFailedToStart".to_owned());
                    task.stopped_reason =
                        Some("CannotPullContainerError: no program has this family".to_owned());
                }),
            }
        }
        self.update(&arn, |task| enter(task, "DEPROVISIONING"));
        self.time.sleep(LEAVING).await;
        let now = seconds(self.time.now());
        self.update(&arn, |task| {
            enter(task, "STOPPED");
            task.desired_status = Some("STOPPED".to_owned());
            task.stopped_at = Some(now);
            task.execution_stopped_at = Some(now);
        });
        ended.cancel();
    }

    /// Passes through the statuses before RUNNING; `false` when the task was stopped meanwhile.
    async fn wait_to_start(&self, run: &TaskRun) -> bool {
        for (status, wait) in STARTING {
            self.update(&run.task_arn, |task| enter(task, status));
            if run
                .stop
                .run_until_cancelled(self.time.sleep(wait))
                .await
                .is_none()
            {
                return false;
            }
        }
        !run.stop.is_cancelled()
    }

    /// Runs the program to its end, or to the end of its patience after it was told to stop.
    async fn execute(&self, program: Program, run: TaskRun, kill: &CancellationToken) -> Exit {
        let stop = run.stop.clone();
        let mut running = self.work.spawn(async move { program(run).await });
        let ended = tokio::select! {
            () = kill.cancelled() => {
                running.abort();
                // Gone only when all that it held is dropped.
                drop(running.await);
                return Exit {
                    code: KILLED,
                    reason: Some("ContainerError: the machine died"),
                };
            }
            ended = &mut running => Some(ended),
            () = stop.cancelled() => tokio::time::timeout(STOP_TIMEOUT, &mut running).await.ok(),
        };
        match ended {
            Some(Ok(Some(code))) => Exit { code, reason: None },
            Some(Err(failed)) if failed.is_panic() => Exit {
                code: ABORTED,
                reason: Some("ContainerError: the program panicked"),
            },
            Some(_) => Exit {
                code: KILLED,
                reason: Some("ContainerError: the embedded AWS is shutting down"),
            },
            None => {
                running.abort();
                Exit {
                    code: KILLED,
                    reason: Some("ContainerError: killed 30 s after it was told to stop"),
                }
            }
        }
    }
}

/// The container follows its task's status, but is not DEPROVISIONING or PROVISIONING.
fn enter(task: &mut Task, status: &str) {
    task.last_status = Some(status.to_owned());
    let container = match status {
        "PROVISIONING" => "PENDING",
        "DEPROVISIONING" => "STOPPED",
        other => other,
    };
    for each in task.containers.iter_mut().flatten() {
        each.last_status = Some(container.to_owned());
    }
}

fn leave(task: &mut Task, exit: &Exit) {
    for container in task.containers.iter_mut().flatten() {
        container.exit_code = Some(exit.code);
        container.reason = exit.reason.map(str::to_owned);
    }
    // StopTask has set these already when it was the reason.
    task.stop_code
        .get_or_insert_with(|| "EssentialContainerExited".to_owned());
    task.stopped_reason
        .get_or_insert_with(|| "Essential container in task exited".to_owned());
}
