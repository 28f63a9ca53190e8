//! Variables and their scopes, the context object, and the functions that Step Functions adds.

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Bench, invoke, machine, task};

#[tokio::test(start_paused = true)]
async fn a_variable_is_there_from_the_next_state_on() {
    let definition = machine(
        "First",
        json!({
            "First": {"Type": "Pass", "Assign": {"x": 1}, "Next": "Second"},
            "Second": {"Type": "Pass", "Assign": {"x": "{% $x + 1 %}", "before": "{% $x %}"}, "Output": "{% $x %}", "Next": "Third"},
            "Third": {"Type": "Pass", "Output": {"x": "{% $x %}", "before": "{% $before %}", "output": "{% $states.input %}"}, "End": true},
        }),
    );
    let ran = Bench::echo().run(&definition, &json!({})).await;
    assert_eq!(ran.output(), json!({"x": 2, "before": 1, "output": 1}));
    let assigned: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| event.state_exited_event_details()?.assigned_variables())
        .collect();
    assert_eq!(assigned[1]["x"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_variable_may_be_null() {
    let mut definition =
        task(json!({"Arguments": {"FunctionName": "worker", "Payload": {"id": "{% $id %}"}}}));
    definition["StartAt"] = json!("Begin");
    definition["States"]["Begin"] = json!({"Type": "Pass", "Assign": {"id": null}, "Next": "Work"});
    assert_eq!(
        Bench::echo().run(&definition, &json!({})).await.output(),
        json!({"id": null})
    );
}

#[tokio::test(start_paused = true)]
async fn an_inner_flow_reads_outer_variables_and_keeps_its_own() {
    let inner = json!({
        "Set": {"Type": "Pass", "Assign": {"mine": "{% $states.input * $factor %}"}, "Next": "Get"},
        "Get": {"Type": "Pass", "Output": "{% $mine %}", "End": true},
    });
    let definition = machine(
        "Start",
        json!({
            "Start": {"Type": "Pass", "Assign": {"factor": 10}, "Next": "All"},
            "All": {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": {"StartAt": "Set", "States": inner}, "Next": "After"},
            "After": {"Type": "Pass", "Output": {"list": "{% $states.input %}", "leaked": "{% $exists($mine) %}"}, "End": true},
        }),
    );
    let ran = Bench::echo().run(&definition, &json!({})).await;
    assert_eq!(ran.output(), json!({"list": [10, 20, 30], "leaked": false}));
}

#[tokio::test(start_paused = true)]
async fn a_task_assigns_from_its_result() {
    let mut definition =
        task(json!({"Assign": {"answer": "{% $states.result.Payload.n %}"}, "End": null, "Next": "Told"}));
    definition["States"]["Told"] = json!({"Type": "Pass", "Output": "{% $answer %}", "End": true});
    assert_eq!(
        Bench::echo().run(&definition, &json!({"n": 5})).await.output(),
        json!(5)
    );
}

#[tokio::test(start_paused = true)]
async fn the_context_object_tells_where_we_are() {
    let mut inner = invoke();
    inner["Arguments"]["Payload"] = json!("{% $states.context %}");
    let definition = machine(
        "Wait",
        json!({
            "Wait": {"Type": "Wait", "Seconds": 10, "Next": "All"},
            "All": {"Type": "Map", "Items": ["a"], "ItemProcessor": {"StartAt": "Work", "States": {"Work": inner}}, "End": true},
        }),
    );
    let bench = Bench::echo();
    let machine = bench.create(&definition).await;
    let start = bench
        .client
        .start_execution()
        .state_machine_arn(machine)
        .name("run-1")
        .input(r#"{"id":3}"#);
    let arn = start.send().await.unwrap().execution_arn;
    insta::assert_json_snapshot!(bench.ran(&arn).await.output());
}

#[rstest]
#[case::now("$now()", json!("2026-01-31T12:00:00.000Z"))]
#[case::now_in_a_picture("$now('[D]. [MNn] [Y0001]', '+0100')", json!("31. January 2026"))]
#[case::millis("$millis()", json!(1_769_860_800_000_u64))]
#[case::uuid("$length($uuid())", json!(36))]
#[case::uuids_differ("$uuid() != $uuid()", json!(true))]
#[case::parse("$parse('{\"a\": [1, {}]}').a[0]", json!(1))]
#[case::range("$range(1, 10, 3)", json!([1, 4, 7, 10]))]
#[case::range_down("$range(3, 1, -1)", json!([3, 2, 1]))]
#[case::partition("$partition([1, 2, 3, 4, 5], 2)", json!([[1, 2], [3, 4], [5]]))]
#[case::md5("$hash('doppel', 'MD5')", json!("ffc32ce2fc9c5458733bf1151df0f71e"))]
#[case::sha1("$length($hash('doppel', 'SHA-1'))", json!(40))]
#[case::sha256("$hash('', 'SHA-256')", json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))]
#[case::sha512("$length($hash('doppel', 'SHA-512'))", json!(128))]
#[case::random("$random() < 1", json!(true))]
#[case::seeded_random("$random(42) = $random(42)", json!(true))]
#[case::one_match_is_bare("$states.input.list[n = 2].n", json!(2))]
#[case::one_match_in_an_array("$states.input.list[n = 2][].n", json!([2]))]
#[case::mapped("$states.input.list.n", json!([1, 2, 3]))]
#[case::function("$map($states.input.list, function($it) { $it.n * 2 })", json!([2, 4, 6]))]
#[case::sorted("$states.input.list^(>n)[0].n", json!(3))]
#[case::grouped("$states.input.list{$string(n): $count($)}", json!({"1": 1, "2": 1, "3": 1}))]
#[case::null("null", json!(null))]
#[case::large_number("$states.input.large", json!(9_007_199_254_740_991_u64))]
#[case::fraction("1 / 4", json!(0.25))]
#[tokio::test(start_paused = true)]
async fn an_expression_gives(#[case] expression: &str, #[case] value: Value) {
    let output = format!("{{% {expression} %}}");
    let definition = machine("P", json!({"P": {"Type": "Pass", "Output": output, "End": true}}));
    let input = json!({"list": [{"n": 1}, {"n": 2}, {"n": 3}], "large": 9_007_199_254_740_991_u64});
    let ran = Bench::echo().run(&definition, &input).await;
    assert_eq!(ran.status(), "SUCCEEDED", "{}", ran.cause());
    assert_eq!(ran.output(), value);
}
