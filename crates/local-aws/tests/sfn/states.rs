//! Pass, Choice, Wait, Succeed, Fail, Map and Parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Bench, invoke, machine, task, with};

#[tokio::test(start_paused = true)]
async fn a_pass_hands_its_input_on_or_its_output() {
    let definition = machine(
        "First",
        json!({
            "First": {"Type": "Pass", "Next": "Second"},
            "Second": {"Type": "Pass", "Output": {"was": "{% $states.input.a %}", "list": ["{% $states.input.a + 1 %}", 2]}, "Next": "Done"},
            "Done": {"Type": "Succeed", "Output": "{% $merge([$states.input, {'end': true}]) %}"},
        }),
    );
    let ran = Bench::echo().run(&definition, &json!({"a": 1})).await;
    assert_eq!(ran.output(), json!({"was": 1, "list": [2, 2], "end": true}));
    assert_eq!(
        ran.kinds(),
        [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "PassStateEntered",
            "PassStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded"
        ]
    );
}

fn choice(more: Value) -> Value {
    let choice = json!({
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $states.input.state = 'ready' %}", "Next": "Ready"},
            {"Condition": "{% $states.input.tries > 2 and $exists($states.input.state) %}", "Next": "Tired",
             "Output": {"tries": "{% $states.input.tries %}"}, "Assign": {"tired": true}},
        ],
    });
    machine(
        "Ask",
        json!({
            "Ask": with(choice, more),
            "Ready": {"Type": "Pass", "Output": "ready", "End": true},
            "Tired": {"Type": "Pass", "Output": {"tired": "{% $tired %}", "input": "{% $states.input %}"}, "End": true},
            "Other": {"Type": "Pass", "Output": {"other": "{% $states.input %}"}, "End": true},
        }),
    )
}

#[rstest]
#[case::first_rule(json!({"state": "ready", "tries": 9}), json!("ready"))]
#[case::second_rule(json!({"state": "not", "tries": 3}), json!({"tired": true, "input": {"tries": 3}}))]
#[case::default(json!({"state": "not", "tries": 1}), json!({"other": "no rule"}))]
#[tokio::test(start_paused = true)]
async fn a_choice_takes_the_first_true_rule(#[case] input: Value, #[case] output: Value) {
    let definition = choice(json!({"Default": "Other", "Output": "no rule"}));
    let ran = Bench::echo().run(&definition, &input).await;
    assert_eq!(ran.output(), output);
}

#[tokio::test(start_paused = true)]
async fn a_choice_without_a_true_rule_or_a_default_fails() {
    let definition = with(choice(json!({})), json!({}));
    let mut definition = definition;
    definition["States"].as_object_mut().unwrap().remove("Other");
    let ran = Bench::echo()
        .run(&definition, &json!({"state": "not", "tries": 1}))
        .await;
    assert_eq!((ran.status(), ran.error()), ("FAILED", "States.NoChoiceMatched"));
}

#[rstest]
#[case::literal(json!({"Seconds": 90}), 90)]
#[case::expression(json!({"Seconds": "{% $states.input.wait * 2 %}"}), 20)]
#[case::until(json!({"Timestamp": "2026-01-31T12:05:00Z"}), 300)]
#[case::until_expression(json!({"Timestamp": "{% $fromMillis($millis() + 7000) %}"}), 7)]
#[case::past(json!({"Timestamp": "2025-01-01T00:00:00Z"}), 0)]
#[tokio::test(start_paused = true)]
async fn a_wait_waits(#[case] until: Value, #[case] seconds: u64) {
    let wait = with(json!({"Type": "Wait", "End": true}), until);
    let ran = Bench::echo()
        .run(&machine("Wait", json!({"Wait": wait})), &json!({"wait": 10}))
        .await;
    assert_eq!(ran.status(), "SUCCEEDED", "{}", ran.cause());
    assert_eq!(ran.output(), json!({"wait": 10}));
    assert_eq!(ran.took().as_secs(), seconds);
}

#[tokio::test(start_paused = true)]
async fn a_faster_clock_shortens_waits_and_intervals_but_no_timeout() {
    let bench = Bench::faster(60, |call| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(if call.number == 0 { 4 } else { 6 })).await;
            crate::bench::failure("Slow")
        })
    });
    let retry = json!([{"ErrorEquals": ["Slow"], "IntervalSeconds": 120, "MaxAttempts": 1}]);
    let mut definition = task(json!({"TimeoutSeconds": 5, "Retry": retry}));
    definition["StartAt"] = json!("Wait");
    definition["States"]["Wait"] = json!({"Type": "Wait", "Seconds": 600, "Next": "Work"});
    let ran = bench.run(&definition, &json!({})).await;
    assert_eq!(ran.error(), "States.Timeout");
    // A wait of 10 s, a task of 4 s, an interval of 2 s, a timeout of 5 s.
    let seconds = ran.took().as_secs_f64() / 60.0;
    assert!((21.0..22.0).contains(&seconds), "{seconds}");
}

#[rstest]
#[case::literal(json!({"Error": "Broken", "Cause": "it fell"}), "Broken", "it fell")]
#[case::expression(json!({"Error": "{% $states.input.kind %}", "Cause": "{% 'fell at ' & $states.input.at %}"}), "Custom", "fell at noon")]
#[case::neither(json!({}), "", "")]
#[tokio::test(start_paused = true)]
async fn a_fail_fails(#[case] more: Value, #[case] error: &str, #[case] cause: &str) {
    let definition = machine("Fail", json!({"Fail": with(json!({"Type": "Fail"}), more)}));
    let ran = Bench::echo()
        .run(&definition, &json!({"kind": "Custom", "at": "noon"}))
        .await;
    assert_eq!((ran.status(), ran.error(), ran.cause()), ("FAILED", error, cause));
    assert_eq!(
        ran.kinds(),
        ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    );
}

fn map(more: Value) -> Value {
    let map = json!({
        "Type": "Map",
        "Items": "{% $states.input.items %}",
        "ItemProcessor": {"StartAt": "Work", "States": {"Work": invoke()}},
        "End": true,
    });
    machine("All", json!({"All": with(map, more)}))
}

#[tokio::test(start_paused = true)]
async fn a_map_keeps_the_order_of_its_items() {
    let bench = Bench::new(|call| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(10 - call.input["n"].as_u64().unwrap())).await;
            Ok(call.input)
        })
    });
    let selector = json!({
        "n": "{% $states.context.Map.Item.Value %}",
        "index": "{% $states.context.Map.Item.Index %}",
        "of": "{% $count($states.input.items) %}",
    });
    let ran = bench
        .run(
            &map(json!({"ItemSelector": selector})),
            &json!({"items": [3, 1, 2]}),
        )
        .await;
    let expected =
        json!([{"n": 3, "index": 0, "of": 3}, {"n": 1, "index": 1, "of": 3}, {"n": 2, "index": 2, "of": 3}]);
    assert_eq!(ran.output(), expected);
    assert_eq!(ran.took().as_secs(), 9, "the iterations run at the same time");
    insta::assert_json_snapshot!(ran.kinds());
}

#[rstest]
#[case::one(1, 1)]
#[case::two(2, 2)]
#[case::as_many_as_there_are(0, 5)]
#[tokio::test(start_paused = true)]
async fn a_map_runs_so_many_at_a_time(#[case] limit: u64, #[case] expected: usize) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let bench = Bench::new(move |call| {
        let (now, most) = (now.clone(), most.clone());
        Box::pin(async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(call.input)
        })
    });
    let definition = map(json!({"MaxConcurrency": "{% $states.input.limit %}"}));
    let ran = bench
        .run(&definition, &json!({"items": [1, 2, 3, 4, 5], "limit": limit}))
        .await;
    assert_eq!(ran.output(), json!([1, 2, 3, 4, 5]));
    assert_eq!(seen.load(Ordering::SeqCst), expected);
}

#[tokio::test(start_paused = true)]
async fn a_failing_iteration_fails_the_map_and_cancels_the_others() {
    let cancelled = Arc::new(AtomicUsize::new(0));
    let seen = cancelled.clone();
    let bench = Bench::new(move |call| {
        let cancelled = cancelled.clone();
        Box::pin(async move {
            if call.input == 2 {
                return crate::bench::failure("Two");
            }
            call.cancel.cancelled().await;
            cancelled.fetch_add(1, Ordering::SeqCst);
            Ok(json!(null))
        })
    });
    let catch = json!([{"ErrorEquals": ["Two"], "Next": "Caught"}]);
    let mut definition = map(json!({"Catch": catch}));
    definition["States"]["Caught"] = json!({"Type": "Succeed"});
    let ran = bench.run(&definition, &json!({"items": [1, 2, 3]})).await;
    assert_eq!(ran.output(), json!({"Error": "Two", "Cause": "because of Two"}));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(seen.load(Ordering::SeqCst), 2);
    assert!(ran.kinds().contains(&"MapIterationFailed") && ran.kinds().contains(&"MapStateFailed"));
}

#[rstest]
#[case::empty(json!([]), json!([]))]
#[case::one(json!([7]), json!([7]))]
#[tokio::test(start_paused = true)]
async fn a_map_of_few_items(#[case] items: Value, #[case] output: Value) {
    let ran = Bench::echo().run(&map(json!({"Items": null})), &items).await;
    assert_eq!(ran.output(), output);
}

#[tokio::test(start_paused = true)]
async fn a_map_over_no_array_fails() {
    let ran = Bench::echo()
        .run(&map(json!({})), &json!({"items": "text"}))
        .await;
    assert_eq!(ran.error(), "States.QueryEvaluationError");
    insta::assert_snapshot!(ran.cause());
}

#[tokio::test(start_paused = true)]
async fn a_parallel_runs_all_branches_with_its_arguments() {
    let definition = machine(
        "Both",
        json!({"Both": {
            "Type": "Parallel",
            "Arguments": {"from": "{% $states.input.a %}"},
            "Branches": [
                {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 5, "Next": "Told"}, "Told": {"Type": "Pass", "Output": "{% $states.input.from %}", "End": true}}},
                {"StartAt": "Work", "States": {"Work": invoke()}},
            ],
            "Output": {"both": "{% $states.result %}"},
            "End": true,
        }}),
    );
    let ran = Bench::echo().run(&definition, &json!({"a": 1})).await;
    assert_eq!(ran.output(), json!({"both": [1, {"from": 1}]}));
    assert_eq!(ran.took().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_failing_branch_fails_the_parallel_and_can_be_tried_again() {
    let bench = Bench::new(|call| {
        Box::pin(async move {
            if call.number == 0 {
                crate::bench::failure("Once")
            } else {
                Ok(json!("good"))
            }
        })
    });
    let definition = machine(
        "Both",
        json!({"Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Work", "States": {"Work": invoke()}},
                {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3, "End": true}}},
            ],
            "Retry": [{"ErrorEquals": ["Once"], "IntervalSeconds": 10}],
            "End": true,
        }}),
    );
    let ran = bench.run(&definition, &json!({})).await;
    assert_eq!(ran.output(), json!(["good", {}]));
    assert_eq!(ran.took().as_secs(), 13);
    assert!(ran.kinds().contains(&"ParallelStateFailed"));
}
