use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{ContainerDefinition, ContainerOverride, KeyValuePair, Task, TaskOverride};
use local_aws::TaskRun;

use crate::{World, code, until, world};

async fn run(client: &Client, family: &str) -> String {
    let started = client.run_task().task_definition(family).send().await.unwrap();
    started.tasks()[0].task_arn().unwrap().to_owned()
}

async fn describe(client: &Client, arn: &str) -> Task {
    client
        .describe_tasks()
        .tasks(arn)
        .send()
        .await
        .unwrap()
        .tasks
        .unwrap()
        .remove(0)
}

async fn stopped(client: &Client, arn: &str) -> Task {
    until("the task stops", || async {
        describe(client, arn).await.last_status() == Some("STOPPED")
    })
    .await;
    describe(client, arn).await
}

fn client(world: &World) -> Client {
    Client::new(&world.config("tester"))
}

#[tokio::test(start_paused = true)]
async fn a_task_passes_through_its_statuses_and_ends_with_the_exit_code() {
    let world = world();
    let client = client(&world);
    world.ecs_task("worker", |_| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        3
    });
    let arn = run(&client, "worker").await;
    let seen = Mutex::new(Vec::<String>::new());
    until("the task stops", || async {
        let status = describe(&client, &arn).await.last_status().unwrap().to_owned();
        let mut seen = seen.lock().unwrap();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        seen.last().is_some_and(|last| last == "STOPPED")
    })
    .await;
    assert_eq!(
        *seen.lock().unwrap(),
        ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
    );
    let task = describe(&client, &arn).await;
    assert_eq!(task.containers()[0].exit_code(), Some(3));
    assert_eq!(task.stop_code().unwrap().as_str(), "EssentialContainerExited");
    assert_eq!(task.stopped_reason(), Some("Essential container in task exited"));
    assert!(task.stopped_at().unwrap().secs() - task.started_at().unwrap().secs() >= 60);
}

#[tokio::test(start_paused = true)]
async fn the_program_gets_the_command_and_environment_of_definition_and_override() {
    let world = world();
    let client = client(&world);
    let pair = |name: &str, value: &str| KeyValuePair::builder().name(name).value(value).build();
    let container = ContainerDefinition::builder()
        .name("main")
        .image("doppel/mask-worker")
        .command("help")
        .environment(pair("A", "1"))
        .environment(pair("B", "1"));
    let register = client
        .register_task_definition()
        .family("worker")
        .container_definitions(container.build());
    let arn = register
        .send()
        .await
        .unwrap()
        .task_definition
        .unwrap()
        .task_definition_arn
        .unwrap();
    assert!(arn.ends_with(":task-definition/worker:1"), "{arn}");
    let runs = Arc::new(Mutex::new(Vec::<TaskRun>::new()));
    let into = Arc::clone(&runs);
    world.ecs_task("worker", move |run| {
        into.lock().unwrap().push(run);
        async { 0 }
    });
    let over = ContainerOverride::builder()
        .name("main")
        .command("mask")
        .command("x'y")
        .environment(pair("B", "2"));
    let over = TaskOverride::builder().container_overrides(over.build()).build();
    client
        .run_task()
        .task_definition(&arn)
        .overrides(over)
        .send()
        .await
        .unwrap();
    run(&client, "worker:1").await;
    world.idle().await;
    let runs = runs.lock().unwrap();
    assert_eq!(runs[0].command, ["mask", "x'y"]);
    assert_eq!(runs[0].container, "main");
    assert_eq!(runs[0].environment["A"], "1");
    assert_eq!(runs[0].environment["B"], "2");
    assert_eq!(runs[1].command, ["help"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_stopped_may_end_by_itself_or_is_killed() {
    let world = world();
    let client = client(&world);
    world.ecs_task("polite", |run| async move {
        run.stop.cancelled().await;
        143
    });
    world.ecs_task("stubborn", |_| std::future::pending());
    for (family, exit_code) in [("polite", 143), ("stubborn", 137)] {
        let arn = run(&client, family).await;
        until("the task runs", || async {
            describe(&client, &arn).await.last_status() == Some("RUNNING")
        })
        .await;
        client
            .stop_task()
            .task(&arn)
            .reason("no longer wanted")
            .send()
            .await
            .unwrap();
        let task = stopped(&client, &arn).await;
        assert_eq!(task.containers()[0].exit_code(), Some(exit_code), "{family}");
        assert_eq!(task.stop_code().unwrap().as_str(), "UserInitiated");
        assert_eq!(task.stopped_reason(), Some("no longer wanted"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_stopped_before_it_runs_never_runs() {
    let world = world();
    let client = client(&world);
    world.ecs_task("worker", |_| async { panic!("it runs") });
    let arn = run(&client, "worker").await;
    client.stop_task().task(&arn).send().await.unwrap();
    let task = stopped(&client, &arn).await;
    assert_eq!(task.containers()[0].exit_code(), None);
    assert_eq!(task.started_at(), None);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_abort_and_a_family_without_a_program_does_not_start() {
    let world = world();
    let client = client(&world);
    world.ecs_task("panics", |_| async { panic!("as it should") });
    let arn = run(&client, "panics").await;
    assert_eq!(
        stopped(&client, &arn).await.containers()[0].exit_code(),
        Some(134)
    );
    let container = ContainerDefinition::builder()
        .name("main")
        .image("nowhere")
        .build();
    client
        .register_task_definition()
        .family("empty")
        .container_definitions(container)
        .send()
        .await
        .unwrap();
    let task = stopped(&client, &run(&client, "empty").await).await;
    assert_eq!(task.stop_code().unwrap().as_str(), "TaskFailedToStart");
    assert_eq!(task.containers()[0].exit_code(), None);
}

#[tokio::test(start_paused = true)]
async fn what_ecs_refuses_and_how_tasks_are_found() {
    let world = world();
    let client = client(&world);
    assert_eq!(
        code(client.run_task().task_definition("nobody").send().await),
        "InvalidParameterException"
    );
    assert_eq!(
        code(
            client
                .describe_task_definition()
                .task_definition("nobody")
                .send()
                .await
        ),
        "ClientException"
    );
    assert_eq!(
        code(client.stop_task().task("nothing").send().await),
        "InvalidParameterException"
    );
    world.ecs_task("worker", |run| async move {
        run.stop.cancelled().await;
        0
    });
    let wrong = ContainerOverride::builder().name("other").build();
    let wrong = TaskOverride::builder().container_overrides(wrong).build();
    let refused = client
        .run_task()
        .task_definition("worker")
        .overrides(wrong)
        .send()
        .await;
    assert_eq!(code(refused), "InvalidParameterException");
    let long = ContainerOverride::builder()
        .name("worker")
        .command("x".repeat(9000))
        .build();
    let long = TaskOverride::builder().container_overrides(long).build();
    let refused = client
        .run_task()
        .task_definition("worker")
        .overrides(long)
        .send()
        .await;
    assert_eq!(code(refused), "InvalidParameterException");

    let again = || {
        client
            .run_task()
            .task_definition("worker")
            .cluster("doppel")
            .client_token("t")
            .send()
    };
    let (first, second) = (again().await.unwrap(), again().await.unwrap());
    assert_eq!(
        first.tasks()[0].task_arn(),
        second.tasks()[0].task_arn(),
        "one token, one task"
    );
    let listed = client
        .list_tasks()
        .cluster("doppel")
        .family("worker")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.task_arns(), [first.tasks()[0].task_arn().unwrap()]);
    assert!(
        client.list_tasks().send().await.unwrap().task_arns().is_empty(),
        "another cluster"
    );
    let described = client.describe_tasks().tasks("0123").send().await.unwrap();
    assert_eq!(described.failures()[0].reason(), Some("MISSING"));
    world.shutdown().await;
}
