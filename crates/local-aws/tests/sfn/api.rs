//! The service's own operations: names, errors, pages, tags, and what an update or a deletion does to what runs.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, Tag};
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Bench, ROLE, machine, task, with};

const MACHINE: &str = "arn:aws:states:eu-central-1:123456789012:stateMachine:machine";

fn waiting(seconds: u64) -> Value {
    machine(
        "Wait",
        json!({"Wait": {"Type": "Wait", "Seconds": seconds, "End": true}}),
    )
}

/// The code of a refusal.
macro_rules! code {
    ($call:expr) => {{
        let error = $call.send().await.expect_err("refused");
        error.code().unwrap_or_default().to_owned()
    }};
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_created_once_and_described() {
    let bench = Bench::echo();
    let definition = waiting(1);
    assert_eq!(bench.create(&definition).await, MACHINE);
    assert_eq!(bench.create(&definition).await, MACHINE, "the same again");
    let other = bench.client.create_state_machine().name("machine").role_arn(ROLE);
    assert_eq!(
        code!(other.definition(waiting(2).to_string())),
        "StateMachineAlreadyExists"
    );
    let described = bench
        .client
        .describe_state_machine()
        .state_machine_arn(MACHINE)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (described.name(), described.definition()),
        ("machine", definition.to_string().as_str())
    );
    assert_eq!(
        (described.role_arn(), described.r#type().as_str()),
        (ROLE, "STANDARD")
    );
    assert_eq!(described.status().unwrap().as_str(), "ACTIVE");
    assert_eq!(described.creation_date().to_millis().unwrap(), 1_769_860_800_000);
}

#[rstest]
#[case::empty("")]
#[case::long(&"x".repeat(81))]
#[case::blank("a b")]
#[case::slash("a/b")]
#[tokio::test(start_paused = true)]
async fn a_bad_name_is_refused(#[case] name: &str) {
    let bench = Bench::echo();
    let create = bench
        .client
        .create_state_machine()
        .name(name)
        .role_arn(ROLE)
        .definition(waiting(1).to_string());
    assert_eq!(code!(create), "InvalidName");
    bench.create(&waiting(1)).await;
    assert_eq!(
        code!(
            bench
                .client
                .start_execution()
                .state_machine_arn(MACHINE)
                .name(name)
        ),
        "InvalidName"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_has_a_name() {
    let client = Bench::echo().client;
    let execution = "arn:aws:states:eu-central-1:123456789012:execution:machine:none";
    let unknown = "0123456789abcdef0123456789abcdef";
    let codes = [
        code!(client.describe_state_machine().state_machine_arn(MACHINE)),
        code!(client.start_execution().state_machine_arn(MACHINE)),
        code!(client.list_executions().state_machine_arn(MACHINE)),
        code!(
            client
                .update_state_machine()
                .state_machine_arn(MACHINE)
                .role_arn(ROLE)
        ),
        code!(client.describe_execution().execution_arn(execution)),
        code!(client.stop_execution().execution_arn(execution)),
        code!(client.get_execution_history().execution_arn(execution)),
        code!(client.list_tags_for_resource().resource_arn(MACHINE)),
        code!(client.send_task_success().task_token(unknown).output("1")),
        code!(client.send_task_failure().task_token("nonsense")),
        code!(client.describe_execution().execution_arn("nonsense")),
        code!(client.describe_state_machine().state_machine_arn(execution)),
        code!(client.update_state_machine().state_machine_arn(MACHINE)),
        code!(client.create_activity().name("no")),
    ];
    insta::assert_json_snapshot!(codes);
}

#[rstest]
#[case::not_json("{'a': 1}")]
#[case::curly_quotes("{“a”: 1}")]
#[case::empty("")]
#[case::large(&format!("\"{}\"", "x".repeat(256 * 1024)))]
#[tokio::test(start_paused = true)]
async fn bad_input_is_refused(#[case] input: &str) {
    let bench = Bench::echo();
    bench.create(&waiting(1)).await;
    let start = bench
        .client
        .start_execution()
        .state_machine_arn(MACHINE)
        .input(input);
    assert_eq!(code!(start), "InvalidExecutionInput");
    assert_eq!(bench.sfn.executions(), []);
}

#[tokio::test(start_paused = true)]
async fn a_name_means_one_execution() {
    let bench = Bench::echo();
    bench.create(&waiting(60)).await;
    let start = || {
        bench
            .client
            .start_execution()
            .state_machine_arn(MACHINE)
            .name("one")
    };
    let first = start().input(r#"{"a": 1}"#).send().await.unwrap();
    let same = start().input(r#"{"a":1}"#).send().await.unwrap();
    assert_eq!(
        (same.execution_arn(), same.start_date()),
        (first.execution_arn(), first.start_date())
    );
    assert_eq!(code!(start().input(r#"{"a": 2}"#)), "ExecutionAlreadyExists");
    bench.ran(first.execution_arn()).await;
    assert_eq!(code!(start().input(r#"{"a": 1}"#)), "ExecutionAlreadyExists");
    tokio::time::sleep(std::time::Duration::from_secs(91 * 86_400)).await;
    start().input(r#"{"a": 1}"#).send().await.unwrap();
    assert_eq!((bench.sfn.running(), bench.sfn.executions().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn without_a_name_or_an_input_an_execution_gets_them() {
    let bench = Bench::echo();
    let machine = bench
        .create(&machine("P", json!({"P": {"Type": "Succeed"}})))
        .await;
    let started = bench
        .client
        .start_execution()
        .state_machine_arn(machine)
        .send()
        .await
        .unwrap();
    let ran = bench.ran(started.execution_arn()).await;
    assert_eq!((ran.output(), ran.end.name().unwrap().len()), (json!({}), 36));
}

#[tokio::test(start_paused = true)]
async fn executions_are_listed_newest_first_by_status_and_in_pages() {
    let bench = Bench::echo();
    bench.create(&waiting(60)).await;
    for n in 0..5 {
        bench
            .sfn
            .start(MACHINE, Some(format!("run-{n}")), json!(n))
            .unwrap();
    }
    let stopped = "arn:aws:states:eu-central-1:123456789012:execution:machine:run-1";
    bench
        .client
        .stop_execution()
        .execution_arn(stopped)
        .send()
        .await
        .unwrap();
    let list = || bench.client.list_executions().state_machine_arn(MACHINE);
    let pages = list()
        .max_results(2)
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    let names: Vec<Vec<&str>> = pages
        .iter()
        .map(|page| page.executions().iter().map(|it| it.name()).collect())
        .collect();
    assert_eq!(
        names,
        [vec!["run-4", "run-3"], vec!["run-2", "run-1"], vec!["run-0"]]
    );
    let aborted = list()
        .status_filter(ExecutionStatus::Aborted)
        .send()
        .await
        .unwrap();
    assert_eq!(
        aborted
            .executions()
            .iter()
            .map(|it| it.execution_arn())
            .collect::<Vec<_>>(),
        [stopped]
    );
    assert_eq!(code!(list().next_token("nonsense")), "InvalidToken");
    assert_eq!(code!(list().max_results(1001)), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn the_history_comes_in_pages_and_backwards() {
    let bench = Bench::echo();
    let ran = bench.run(&task(json!({})), &json!({"a": 1})).await;
    let arn = ran.end.execution_arn();
    let history = || bench.client.get_execution_history().execution_arn(arn);
    let first = history().max_results(2).send().await.unwrap();
    assert_eq!(
        first.events().iter().map(|it| it.id()).collect::<Vec<_>>(),
        [1, 2]
    );
    let last = history().reverse_order(true).max_results(1).send().await.unwrap();
    assert_eq!(last.events()[0].r#type().as_str(), "ExecutionSucceeded");
    let bare = history().include_execution_data(false).send().await.unwrap();
    assert_eq!(
        bare.events()[0]
            .execution_started_event_details()
            .unwrap()
            .input(),
        None
    );
}

/// Without the SDK: it hides every input and output when it shows an event.
#[tokio::test(start_paused = true)]
async fn the_history_tells_all_there_was() {
    let bench = Bench::new(|call| {
        Box::pin(async move {
            if call.number == 0 {
                crate::bench::failure("Broken")
            } else {
                Ok(call.input)
            }
        })
    });
    let resource = "arn:aws:states:::ecs:runTask.sync";
    let definition = task(json!({
        "Resource": resource, "Arguments": {"TaskDefinition": "{% $states.input.name %}"}, "Output": "{% $states.result %}",
        "TimeoutSeconds": 60, "Retry": [{"ErrorEquals": ["Broken"]}], "Assign": {"name": "{% $states.input.name %}"},
    }));
    let ran = bench.run(&definition, &json!({"name": "worker"})).await;
    let body = json!({"executionArn": ran.end.execution_arn()}).to_string();
    let request = http::Request::post("/").header("x-amz-target", "AWSStepFunctions.GetExecutionHistory");
    let response = bench.sfn.call(request.body(body.into()).unwrap()).await;
    insta::assert_json_snapshot!(serde_json::from_slice::<Value>(response.body()).unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_starts_and_not_what_runs() {
    let bench = Bench::echo();
    let arn = bench.start(&waiting(60), &json!({})).await;
    let next = machine("P", json!({"P": {"Type": "Pass", "Output": "new", "End": true}}));
    let update = bench.client.update_state_machine().state_machine_arn(MACHINE);
    update.definition(next.to_string()).send().await.unwrap();
    let new = bench.sfn.start(MACHINE, None, json!({})).unwrap();
    assert_eq!(bench.ran(&new).await.output(), json!("new"));
    let old = bench
        .client
        .describe_state_machine_for_execution()
        .execution_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(old.definition(), waiting(60).to_string());
    assert_eq!(bench.ran(&arn).await.took().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_machine_goes_with_its_last_execution() {
    let bench = Bench::echo();
    let arn = bench.start(&waiting(60), &json!({})).await;
    let delete = || {
        bench
            .client
            .delete_state_machine()
            .state_machine_arn(MACHINE)
            .send()
    };
    delete().await.unwrap();
    let described = bench
        .client
        .describe_state_machine()
        .state_machine_arn(MACHINE)
        .send()
        .await
        .unwrap();
    assert_eq!(described.status().unwrap().as_str(), "DELETING");
    assert_eq!(
        code!(bench.client.start_execution().state_machine_arn(MACHINE)),
        "StateMachineDeleting"
    );
    assert_eq!(bench.ran(&arn).await.status(), "SUCCEEDED");
    assert_eq!(
        code!(bench.client.describe_state_machine().state_machine_arn(MACHINE)),
        "StateMachineDoesNotExist"
    );
    delete().await.unwrap();
    assert_eq!(
        bench
            .client
            .list_state_machines()
            .send()
            .await
            .unwrap()
            .state_machines()
            .len(),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn tags_are_kept() {
    let bench = Bench::echo();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let create = bench
        .client
        .create_state_machine()
        .name("machine")
        .role_arn(ROLE)
        .definition(waiting(1).to_string());
    create.tags(tag("team", "data")).send().await.unwrap();
    bench
        .client
        .tag_resource()
        .resource_arn(MACHINE)
        .tags(tag("stage", "prod"))
        .send()
        .await
        .unwrap();
    bench
        .client
        .untag_resource()
        .resource_arn(MACHINE)
        .tag_keys("team")
        .send()
        .await
        .unwrap();
    let tags = bench
        .client
        .list_tags_for_resource()
        .resource_arn(MACHINE)
        .send()
        .await
        .unwrap();
    assert_eq!(tags.tags(), [tag("stage", "prod")]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_execution_is_told() {
    let bench = Bench::echo();
    let machine = bench
        .create(&machine(
            "F",
            json!({"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}),
        ))
        .await;
    let arn = bench
        .sfn
        .start(&machine, Some("run".to_owned()), json!({"a": 1}))
        .unwrap();
    bench.ran(&arn).await;
    let mut events = bench.status_events();
    assert_eq!(events[0]["id"].take().as_str().map(str::len), Some(36));
    insta::assert_json_snapshot!(events);
}

#[tokio::test(start_paused = true)]
async fn a_definition_can_be_validated_without_being_created() {
    let bench = Bench::echo();
    let validate = |definition: Value| {
        bench
            .client
            .validate_state_machine_definition()
            .definition(definition.to_string())
            .send()
    };
    let good = validate(waiting(1)).await.unwrap();
    assert_eq!((good.result().as_str(), good.diagnostics().len()), ("OK", 0));
    let bad = validate(with(waiting(1), json!({"StartAt": "Nowhere"})))
        .await
        .unwrap();
    assert_eq!(bad.result().as_str(), "FAIL");
    assert_eq!(bad.diagnostics()[0].location(), Some("/StartAt"));
    assert_eq!(bad.diagnostics()[0].code(), "MISSING_TRANSITION_TARGET");
}

#[tokio::test(start_paused = true)]
async fn an_express_machine_is_refused() {
    let create = Bench::echo()
        .client
        .create_state_machine()
        .name("machine")
        .role_arn(ROLE);
    let create = create.definition(waiting(1).to_string()).r#type("EXPRESS".into());
    assert_eq!(code!(create), "StateMachineTypeNotSupported");
}
