//! ECS's operations.

use bytes::Bytes;
use http::Request;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use winterbaume_ecs::model::{
    Container, ContainerDefinition, ContainerOverride, DescribeTasksRequest, DescribeTasksResponse, Failure,
    ListTasksRequest, ListTasksResponse, RunTaskRequest, RunTaskResponse, StopTaskRequest, StopTaskResponse,
    Task, TaskDefinition,
};
use winterbaume_ecs::wire;

use super::definition::{container_of, environment, find_definition, override_of};
use super::{Ecs, Refused, Running, SERVICE, State, TaskRun, seconds};
use crate::answer::{self, Answer};

/// A stopped task remains visible for so long, in seconds.
const VISIBLE_AFTER_STOP: f64 = 3600.0;

impl Ecs {
    pub(crate) fn call(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        self.forget_old_tasks();
        let body = request.body();
        match operation {
            "RunTask" => reply(wire::deserialize_run_task_request(body), |input| {
                self.run_task(&input)
            }),
            "StopTask" => reply(wire::deserialize_stop_task_request(body), |input| {
                self.stop_task(&input)
            }),
            "DescribeTasks" => reply(wire::deserialize_describe_tasks_request(body), |input| {
                Ok(self.describe_tasks(&input))
            }),
            "ListTasks" => reply(wire::deserialize_list_tasks_request(body), |input| {
                Ok(self.list_tasks(&input))
            }),
            "RegisterTaskDefinition" => reply(
                wire::deserialize_register_task_definition_request(body),
                |input| self.register_task_definition(input),
            ),
            "DescribeTaskDefinition" => reply(
                wire::deserialize_describe_task_definition_request(body),
                |input| self.describe_task_definition(&input.task_definition),
            ),
            _ => answer::error(
                SERVICE,
                400,
                "UnknownOperationException",
                "Operation not supported",
            ),
        }
    }

    /// Starts tasks.
    pub(crate) fn run_task(&self, input: &RunTaskRequest) -> Result<RunTaskResponse, Refused> {
        let count = input.count.unwrap_or(1);
        if !(1..=10).contains(&count) {
            return Err(Refused::parameter("Count must be between 1 and 10."));
        }
        let mut state = self.lock();
        if let Some(started) = input
            .client_token
            .as_ref()
            .and_then(|token| state.tokens.get(token))
        {
            let tasks = started
                .iter()
                .filter_map(|arn| Some(state.tasks.get(arn)?.task.clone()))
                .collect();
            return Ok(RunTaskResponse {
                tasks: Some(tasks),
                failures: Some(Vec::new()),
            });
        }
        let definition = find_definition(&state, &input.task_definition)
            .ok_or_else(|| Refused::parameter("TaskDefinition not found."))?;
        let container = container_of(&definition)?;
        let over = override_of(input, container.name.as_deref().unwrap_or_default())?;
        let tasks: Vec<Task> = (0..count)
            .map(|_| self.start(&mut state, input, &definition, &container, &over))
            .collect();
        if let Some(token) = &input.client_token {
            let arns = tasks.iter().filter_map(|task| task.task_arn.clone()).collect();
            state.tokens.insert(token.clone(), arns);
        }
        Ok(RunTaskResponse {
            tasks: Some(tasks),
            failures: Some(Vec::new()),
        })
    }

    fn start(
        &self,
        state: &mut State,
        input: &RunTaskRequest,
        definition: &TaskDefinition,
        container: &ContainerDefinition,
        over: &ContainerOverride,
    ) -> Task {
        let family = definition.family.clone().unwrap_or_default();
        let cluster = short(input.cluster.as_deref().unwrap_or("default")).to_owned();
        let id = uuid::Uuid::new_v4().simple().to_string();
        let arn = self.place.arn(SERVICE, &format!("task/{cluster}/{id}"));
        let name = container.name.clone().unwrap_or_default();
        let task = Task {
            task_arn: Some(arn.clone()),
            cluster_arn: Some(self.place.arn(SERVICE, &format!("cluster/{cluster}"))),
            task_definition_arn: definition.task_definition_arn.clone(),
            group: Some(input.group.clone().unwrap_or_else(|| format!("family:{family}"))),
            launch_type: input.launch_type.clone(),
            started_by: input.started_by.clone(),
            overrides: input.overrides.clone(),
            tags: input.tags.clone(),
            last_status: Some("PROVISIONING".to_owned()),
            desired_status: Some("RUNNING".to_owned()),
            created_at: Some(seconds(self.time.now())),
            containers: Some(vec![Container {
                container_arn: Some(
                    self.place
                        .arn(SERVICE, &format!("container/{cluster}/{id}/{name}")),
                ),
                name: Some(name.clone()),
                image: container.image.clone(),
                task_arn: Some(arn.clone()),
                last_status: Some("PENDING".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let [stop, kill, ended] = [(); 3].map(|()| CancellationToken::new());
        state.tasks.insert(
            arn.clone(),
            Running {
                task: task.clone(),
                stop: stop.clone(),
                kill: kill.clone(),
                ended: ended.clone(),
            },
        );
        let run = TaskRun {
            task_arn: arn,
            container: name,
            command: over
                .command
                .clone()
                .or_else(|| container.command.clone())
                .unwrap_or_default(),
            environment: environment(container, over),
            stop,
        };
        let program = state.programs.get(&family).cloned();
        drop(self.work.spawn(self.clone().live(run, program, kill, ended)));
        task
    }

    /// Tells a task to stop; one that has stopped already stays as it is.
    pub(crate) fn stop_task(&self, input: &StopTaskRequest) -> Result<StopTaskResponse, Refused> {
        let mut state = self.lock();
        let running = state
            .tasks
            .iter_mut()
            .find(|(arn, _)| is_id_of(&input.task, arn))
            .map(|(_, running)| running)
            .ok_or_else(|| Refused::parameter("The referenced task was not found."))?;
        if !running.ended.is_cancelled() && !running.stop.is_cancelled() {
            let reason = input
                .reason
                .clone()
                .unwrap_or_else(|| "Task stopped by user".to_owned());
            running.task.desired_status = Some("STOPPED".to_owned());
            running.task.stop_code = Some("UserInitiated".to_owned());
            running.task.stopped_reason = Some(reason);
            running.task.stopping_at = Some(seconds(self.time.now()));
            running.stop.cancel();
        }
        Ok(StopTaskResponse {
            task: Some(running.task.clone()),
        })
    }

    fn describe_tasks(&self, input: &DescribeTasksRequest) -> DescribeTasksResponse {
        let state = self.lock();
        let (mut tasks, mut failures) = (Vec::new(), Vec::new());
        for id in &input.tasks {
            match state.tasks.iter().find(|(arn, _)| is_id_of(id, arn)) {
                Some((_, running)) => tasks.push(running.task.clone()),
                None => failures.push(Failure {
                    arn: Some(id.clone()),
                    reason: Some("MISSING".to_owned()),
                    ..Default::default()
                }),
            }
        }
        DescribeTasksResponse {
            tasks: Some(tasks),
            failures: Some(failures),
        }
    }

    fn list_tasks(&self, input: &ListTasksRequest) -> ListTasksResponse {
        let status = input.desired_status.as_deref().unwrap_or("RUNNING");
        let cluster = short(input.cluster.as_deref().unwrap_or("default"));
        let group = input.family.as_ref().map(|family| format!("family:{family}"));
        let wanted = |task: &Task| {
            task.desired_status.as_deref() == Some(status)
                && task
                    .cluster_arn
                    .as_deref()
                    .is_some_and(|arn| short(arn) == cluster)
                && group
                    .as_ref()
                    .is_none_or(|group| task.group.as_ref() == Some(group))
                && input
                    .started_by
                    .as_ref()
                    .is_none_or(|by| task.started_by.as_ref() == Some(by))
        };
        let state = self.lock();
        let arns = state
            .tasks
            .iter()
            .filter(|(_, running)| wanted(&running.task))
            .map(|(arn, _)| arn.clone());
        ListTasksResponse {
            task_arns: Some(arns.collect()),
            next_token: None,
        }
    }

    fn forget_old_tasks(&self) {
        let oldest = seconds(self.time.now()) - VISIBLE_AFTER_STOP;
        self.lock()
            .tasks
            .retain(|_, running| running.task.stopped_at.is_none_or(|at| at > oldest));
    }
}

fn reply<I, O: Serialize>(
    input: Result<I, String>,
    operation: impl FnOnce(I) -> Result<O, Refused>,
) -> Answer {
    let result = input.map_err(Refused::client).and_then(operation);
    match result {
        Ok(output) => answer::json(SERVICE, &output),
        Err(refused) => answer::error(SERVICE, 400, refused.code, &refused.message),
    }
}

/// The last part of an ARN, or the whole of a name.
pub(super) fn short(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn is_id_of(id: &str, arn: &str) -> bool {
    id == arn || id == short(arn)
}
