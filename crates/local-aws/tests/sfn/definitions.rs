//! Definitions that are refused: each message names the state and what would be right.

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Bench, invoke, machine, task, with};

fn pass(more: Value) -> Value {
    machine(
        "P",
        json!({"P": with(json!({"Type": "Pass", "End": true}), more)}),
    )
}

fn states(start: &str, states: Value) -> Value {
    machine(start, states)
}

fn ecs(arguments: Value) -> Value {
    let resource = "arn:aws:states:::ecs:runTask.sync";
    machine(
        "T",
        json!({"T": {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": true}}),
    )
}

#[rstest]
#[case::jsonpath_by_default(with(pass(json!({})), json!({"QueryLanguage": null})))]
#[case::jsonpath(with(pass(json!({})), json!({"QueryLanguage": "JSONPath"})))]
#[case::jsonpath_state(pass(json!({"QueryLanguage": "JSONPath"})))]
#[case::jsonpath_fields(pass(json!({"InputPath": "$.a", "ResultPath": null, "Result": {}})))]
#[case::unknown_field(pass(json!({"Ouput": 1})))]
#[case::unknown_machine_field(with(pass(json!({})), json!({"Timeout": 3})))]
#[case::unknown_type(pass(json!({"Type": "Sleep"})))]
#[case::no_type(pass(json!({"Type": null})))]
#[case::no_states(machine("P", json!({})))]
#[case::states_is_a_list(machine("P", json!([])))]
#[case::no_start(with(pass(json!({})), json!({"StartAt": null})))]
#[case::start_nowhere(with(pass(json!({})), json!({"StartAt": "p"})))]
#[case::next_nowhere(pass(json!({"End": null, "Next": "Q"})))]
#[case::next_and_end(pass(json!({"Next": "P"})))]
#[case::neither_next_nor_end(pass(json!({"End": null})))]
#[case::end_is_false(pass(json!({"End": false})))]
#[case::unreachable(states("A", json!({"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}})))]
#[case::never_ends(states("A", json!({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}})))]
#[case::timeout_on_a_pass(pass(json!({"TimeoutSeconds": 3, "Catch": []})))]
#[case::resource(task(json!({"Resource": "arn:aws:states:::sns:publish"})))]
#[case::resource_sync(task(json!({"Resource": "arn:aws:states:::ecs:runTask"})))]
#[case::no_resource(task(json!({"Resource": null})))]
#[case::no_arguments(task(json!({"Arguments": null})))]
#[case::lambda_arguments(task(json!({"Arguments": {"Function": "f", "Payload": {}}})))]
#[case::asynchronous(task(json!({"Arguments": {"FunctionName": "f", "InvocationType": "Event"}})))]
#[case::ecs_arguments(ecs(json!({"taskDefinition": "worker"})))]
#[case::timeout(task(json!({"TimeoutSeconds": 0})))]
#[case::timeout_text(task(json!({"TimeoutSeconds": "5"})))]
#[case::heartbeat(task(json!({"HeartbeatSeconds": 30, "TimeoutSeconds": 10})))]
#[case::retry_without_errors(task(json!({"Retry": [{"MaxAttempts": 2}]})))]
#[case::retry_is_no_list(task(json!({"Retry": {"ErrorEquals": ["E"]}})))]
#[case::retry_fields(task(json!({"Retry": [{"ErrorEquals": ["E"], "Interval": 2, "BackoffRate": 0.5, "MaxAttempts": -1, "JitterStrategy": "HALF"}]})))]
#[case::retry_delay(task(json!({"Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 10, "MaxDelaySeconds": 5}]})))]
#[case::unknown_error(task(json!({"Retry": [{"ErrorEquals": ["States.TimeOut"]}]})))]
#[case::all_among_others(task(json!({"Retry": [{"ErrorEquals": ["States.ALL", "E"]}]})))]
#[case::all_not_last(task(json!({"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]})))]
#[case::catch_nowhere(task(json!({"Catch": [{"ErrorEquals": ["E"], "Next": "Abandon"}]})))]
#[case::catch_without_next(task(json!({"Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.e"}]})))]
#[case::choice_without_choices(states("C", json!({"C": {"Type": "Choice", "Choices": []}, "S": {"Type": "Succeed"}})))]
#[case::choice_of_jsonpath(states("C", json!({"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "b", "Next": "S"}]}, "S": {"Type": "Succeed"}})))]
#[case::choice_condition(states("C", json!({"C": {"Type": "Choice", "Choices": [{"Condition": "true", "Next": "S"}], "Default": "D"}, "S": {"Type": "Succeed"}})))]
#[case::wait_without_time(states("W", json!({"W": {"Type": "Wait", "End": true}})))]
#[case::wait_with_both(states("W", json!({"W": {"Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-31T12:00:00Z", "End": true}})))]
#[case::wait_timestamp(states("W", json!({"W": {"Type": "Wait", "Timestamp": "tomorrow", "End": true}})))]
#[case::wait_fraction(states("W", json!({"W": {"Type": "Wait", "Seconds": 1.5, "End": true}})))]
#[case::map_distributed(states("M", json!({"M": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "P", "States": {"P": {"Type": "Succeed"}}}, "ToleratedFailureCount": 3, "End": true}})))]
#[case::map_items(states("M", json!({"M": {"Type": "Map", "Items": "$.items", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}, "End": true}})))]
#[case::map_inner(states("M", json!({"M": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "Out"}}}, "Next": "Out"}, "Out": {"Type": "Succeed"}})))]
#[case::parallel_without_branches(states("M", json!({"M": {"Type": "Parallel", "End": true}})))]
#[case::the_same_name_twice(states("P", json!({"P": {"Type": "Parallel", "Branches": [{"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}], "End": true}})))]
#[case::outer_variable(states("A", json!({"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"}, "M": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}, "End": true}})))]
#[case::variable_names(pass(json!({"Assign": {"states": 1, "1st": 2, "a-b": 3, "good_1": 4}})))]
#[case::assign_a_list(pass(json!({"Assign": [1]})))]
#[case::syntax(pass(json!({"Output": {"a": ["{% 1 + %}"]}})))]
#[case::unclosed_string(pass(json!({"Output": "{% 'abc %}"})))]
#[case::half_an_expression(pass(json!({"Output": "{% 1 %} items"})))]
#[case::bare_name(pass(json!({"Output": {"a": "{% input.id %}", "b": "{% $count(items[x = 1]) %}"}})))]
#[case::root(pass(json!({"Output": "{% $$.id %}"})))]
#[case::error_output(pass(json!({"Output": "{% $states.errorOutput.Error %}"})))]
#[case::unknown_reserved(pass(json!({"Output": "{% $states.output %}"})))]
#[case::machine_timeout(with(pass(json!({})), json!({"TimeoutSeconds": "{% 3 %}"})))]
#[case::version(with(pass(json!({})), json!({"Version": "2.0"})))]
#[tokio::test(start_paused = true)]
async fn a_definition_is_refused(#[case] definition: Value) {
    let bench = Bench::echo();
    let create = bench
        .client
        .create_state_machine()
        .name("machine")
        .role_arn(crate::bench::ROLE);
    let error = create
        .definition(definition.to_string())
        .send()
        .await
        .expect_err("refused")
        .into_service_error();
    assert!(error.is_invalid_definition(), "{error:?}");
    let name = std::thread::current()
        .name()
        .unwrap()
        .rsplit("::")
        .next()
        .unwrap()
        .to_owned();
    let message = error
        .meta()
        .message()
        .unwrap()
        .replace(", SCHEMA_", ",\nSCHEMA_")
        .replace(", MISSING_", ",\nMISSING_");
    insta::assert_snapshot!(name, message);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_json_is_refused() {
    let create = Bench::echo()
        .client
        .create_state_machine()
        .name("machine")
        .role_arn(crate::bench::ROLE);
    let error = create
        .definition("{")
        .send()
        .await
        .expect_err("refused")
        .into_service_error();
    insta::assert_snapshot!(error.meta().message().unwrap());
}

#[rstest]
#[case::comments(with(pass(json!({"Comment": "one"})), json!({"Comment": "all", "Version": "1.0", "TimeoutSeconds": 9})))]
#[case::state_language(with(pass(json!({"QueryLanguage": "JSONata"})), json!({"QueryLanguage": null})))]
#[case::names_below_the_top(pass(json!({"Output": "{% $states.input.list[id = 1 and name != 'x']^(id){name: $count(id)} %}"})))]
#[case::a_loop_with_a_way_out(states("A", json!({"A": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "A"}], "Default": "B"}, "B": {"Type": "Succeed"}})))]
#[case::a_fail_is_an_end(states("A", json!({"A": {"Type": "Fail"}})))]
#[case::no_retriers(task(json!({"Retry": [], "Catch": []})))]
#[case::dynamic_arguments(task(json!({"Arguments": "{% $states.input %}"})))]
#[case::branches_with_the_same_variable(states("P", json!({"P": {"Type": "Parallel", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "End": true}}},
    {"StartAt": "B", "States": {"B": with(invoke(), json!({"Assign": {"x": 2}}))}},
], "End": true}})))]
#[tokio::test(start_paused = true)]
async fn a_definition_is_taken(#[case] definition: Value) {
    Bench::echo().create(&definition).await;
}
