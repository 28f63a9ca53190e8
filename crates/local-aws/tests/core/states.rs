//! Step Functions with the functions and tasks of the rest.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use local_aws::{Failure, Fault, FunctionError, Kind, Target, TaskRun};
use serde_json::{Value, json};

use crate::{World, until, world};

/// A machine of one task, which is retried as our machines are when Lambda itself fails.
fn machine(world: &World, name: &str, resource: &str, arguments: &Value) -> String {
    let definition = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Work",
        "States": { "Work": {
            "Type": "Task",
            "Resource": resource,
            "Arguments": arguments,
            "TimeoutSeconds": 600,
            "Retry": [{ "ErrorEquals": ["Lambda.ServiceException", "Lambda.TooManyRequestsException"], "MaxAttempts": 2 }],
            "End": true,
        } },
    });
    world.sfn().create(name, &definition.to_string()).unwrap()
}

fn calling(world: &World, function: &str) -> String {
    let arguments = json!({ "FunctionName": world.lambda_arn(function), "Payload": "{% $states.input %}" });
    machine(world, function, "arn:aws:states:::lambda:invoke", &arguments)
}

fn running(world: &World, family: &str) -> String {
    let arguments = json!({
        "TaskDefinition": family,
        "Cluster": "doppel",
        "LaunchType": "FARGATE",
        "Overrides": { "ContainerOverrides": [{
            "Name": family,
            "Command": ["mask", "{% $states.input.clone %}"],
            "Environment": [{ "Name": "SOURCE", "Value": "production" }],
        }] },
    });
    machine(world, family, "arn:aws:states:::ecs:runTask.sync", &arguments)
}

async fn start(client: &Client, machine: &str) -> String {
    let input = json!({ "clone": "doppel-a" }).to_string();
    client
        .start_execution()
        .state_machine_arn(machine)
        .input(input)
        .send()
        .await
        .unwrap()
        .execution_arn
}

async fn run(world: &World, machine: &str) -> DescribeExecutionOutput {
    let client = Client::new(&world.config("gateway"));
    let arn = start(&client, machine).await;
    world.idle().await;
    client
        .describe_execution()
        .execution_arn(arn)
        .send()
        .await
        .unwrap()
}

fn json_of(text: Option<&str>) -> Value {
    serde_json::from_str(text.unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_function_is_invoked_and_its_error_is_the_states_error() {
    let world = world();
    world.lambda(
        "works",
        |event| async move { Ok(json!({ "did": event["clone"] })) },
    );
    world.lambda("fails", |_| async {
        Err(FunctionError::new("CapExceeded", "too many clones"))
    });
    let done = run(&world, &calling(&world, "works")).await;
    assert_eq!(done.status.as_str(), "SUCCEEDED", "{done:?}");
    assert_eq!(json_of(done.output())["Payload"], json!({ "did": "doppel-a" }));
    let failed = run(&world, &calling(&world, "fails")).await;
    assert_eq!(failed.status.as_str(), "FAILED");
    assert_eq!(failed.error(), Some("CapExceeded"));
    assert_eq!(json_of(failed.cause())["errorMessage"], "too many clones");
}

#[tokio::test(start_paused = true)]
async fn lambdas_own_failures_are_retried() {
    let world = world();
    world.lambda("works", |_| async { Ok(json!("done")) });
    let failure = Failure::new(500, "ServiceException", "on demand");
    world.faults().inject(
        Fault::new(Kind::Fail(failure))
            .principal("states")
            .operation("lambda", "Invoke"),
    );
    world.faults().inject(
        Fault::new(Kind::Throttle)
            .principal("states")
            .operation("lambda", "Invoke"),
    );
    assert_eq!(
        run(&world, &calling(&world, "works")).await.status.as_str(),
        "SUCCEEDED"
    );
    let invocations = world
        .calls()
        .into_iter()
        .filter(|call| call.principal == "states")
        .count();
    assert_eq!(invocations, 3);
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_to_its_end_and_is_shown_as_step_functions_shows_it() {
    let world = world();
    let runs = Arc::new(Mutex::new(Vec::<TaskRun>::new()));
    let into = Arc::clone(&runs);
    world.ecs_task("worker", move |run| {
        into.lock().unwrap().push(run);
        async {
            tokio::time::sleep(Duration::from_secs(300)).await;
            0
        }
    });
    let done = run(&world, &running(&world, "worker")).await;
    assert_eq!(done.status.as_str(), "SUCCEEDED", "{done:?}");
    let task = json_of(done.output());
    assert_eq!(task["Containers"][0]["ExitCode"], 0);
    assert_eq!(task["LastStatus"], "STOPPED");
    assert!(
        task["StoppedAt"].as_i64().unwrap() - task["StartedAt"].as_i64().unwrap() >= 300_000,
        "milliseconds"
    );
    let runs = runs.lock().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].command, ["mask", "doppel-a"]);
    assert_eq!(runs[0].environment["SOURCE"], "production");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_fails_is_the_cause_and_one_that_cannot_start_a_refusal() {
    let world = world();
    world.ecs_task("worker", |_| async { 3 });
    let failed = run(&world, &running(&world, "worker")).await;
    assert_eq!(failed.error(), Some("States.TaskFailed"));
    assert_eq!(json_of(failed.cause())["Containers"][0]["ExitCode"], 3);

    let other = self::world();
    let refused = run(&other, &running(&other, "nobody")).await;
    assert_eq!(refused.error(), Some("ECS.AmazonECSException"));
    assert!(refused.cause().unwrap().contains("TaskDefinition not found."));
}

#[tokio::test(start_paused = true)]
async fn stopping_an_execution_stops_its_task() {
    let world = world();
    let stopped = Arc::new(Mutex::new(false));
    let into = Arc::clone(&stopped);
    world.ecs_task("worker", move |run| {
        let into = Arc::clone(&into);
        async move {
            run.stop.cancelled().await;
            *into.lock().unwrap() = true;
            143
        }
    });
    let client = Client::new(&world.config("gateway"));
    let ecs = aws_sdk_ecs::Client::new(&world.config("gateway"));
    let execution = start(&client, &running(&world, "worker")).await;
    let tasks = || async {
        ecs.list_tasks()
            .cluster("doppel")
            .send()
            .await
            .unwrap()
            .task_arns
            .unwrap()
    };
    until("the task runs", || async { !tasks().await.is_empty() }).await;
    let task = tasks().await.remove(0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    client
        .stop_execution()
        .execution_arn(&execution)
        .send()
        .await
        .unwrap();
    world.idle().await;
    assert!(*stopped.lock().unwrap());
    let task = ecs
        .describe_tasks()
        .tasks(task)
        .send()
        .await
        .unwrap()
        .tasks
        .unwrap()
        .remove(0);
    assert_eq!(
        (task.last_status(), task.containers()[0].exit_code()),
        (Some("STOPPED"), Some(143))
    );
    assert_eq!(
        client
            .describe_execution()
            .execution_arn(execution)
            .send()
            .await
            .unwrap()
            .status
            .as_str(),
        "ABORTED"
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_execution_is_an_event_and_a_schedule_starts_one() {
    let world = world();
    world.lambda("fails", |_| async { Err(FunctionError::new("Broken", "it is")) });
    let events = Arc::new(Mutex::new(Vec::<Value>::new()));
    let into = Arc::clone(&events);
    world.on_execution_status(move |event| {
        let mut seen = into.lock().unwrap();
        seen.push(event);
        let first = seen.len() == 1;
        async move {
            if first {
                Err(FunctionError::new("Busy", "try again"))
            } else {
                Ok(Value::Null)
            }
        }
    });
    let arn = calling(&world, "fails");
    let input = json!({ "clone": "doppel-b" });
    world.schedule(
        "hourly",
        Duration::from_secs(3600),
        Target::StateMachine {
            arn: arn.clone(),
            input: input.clone(),
        },
    );
    tokio::time::sleep(Duration::from_secs(3601)).await;
    world.unschedule("hourly");
    world.idle().await;
    let events = events.lock().unwrap();
    assert_eq!(events.len(), 2, "delivered again after the handler failed");
    assert_eq!(events[0], events[1]);
    let event = &events[0];
    assert_eq!(event["source"], "aws.states");
    assert_eq!(event["detail-type"], "Step Functions Execution Status Change");
    assert_eq!(event["detail"]["status"], "FAILED");
    assert_eq!(event["detail"]["stateMachineArn"], arn);
    assert_eq!(
        event["detail"]["input"].as_str().map(|text| json_of(Some(text))),
        Some(input)
    );
    let started = world
        .calls()
        .into_iter()
        .find(|call| call.operation == "StartExecution")
        .unwrap();
    assert_eq!((&*started.principal, &*started.service), ("events", "states"));
}
