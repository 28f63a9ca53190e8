//! Retry and Catch, and which errors they mean.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Bench, failure, machine, task};

/// A worker that fails with `error` the first `times`.
fn failing(error: &'static str, times: usize) -> Bench {
    Bench::new(move |call| {
        Box::pin(async move {
            if call.number < times {
                failure(error)
            } else {
                Ok(json!(call.number))
            }
        })
    })
}

#[rstest]
#[case::backoff(json!({"IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4}), &[0, 2, 8, 26, 80])]
#[case::capped(json!({"IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 10}), &[0, 2, 8, 18, 28])]
#[case::steady(json!({"IntervalSeconds": 5, "BackoffRate": 1.0, "MaxAttempts": 2}), &[0, 5, 10])]
#[case::defaults(json!({}), &[0, 1, 3, 7])]
#[case::never(json!({"MaxAttempts": 0}), &[0])]
#[tokio::test(start_paused = true)]
async fn a_retrier_waits_longer_each_time(#[case] retry: Value, #[case] times: &[u64]) {
    let bench = failing("Busy", usize::MAX);
    let retry = json!([crate::bench::with(json!({"ErrorEquals": ["Busy"]}), retry)]);
    let ran = bench.run(&task(json!({"Retry": retry})), &json!({})).await;
    assert_eq!(
        (ran.status(), ran.error(), ran.cause()),
        ("FAILED", "Busy", "because of Busy")
    );
    assert_eq!(bench.call_times(), times);
}

#[tokio::test(start_paused = true)]
async fn jitter_stays_below_the_interval() {
    let bench = failing("Busy", usize::MAX);
    let retry = json!([{"ErrorEquals": ["Busy"], "IntervalSeconds": 100, "BackoffRate": 1, "MaxAttempts": 20, "JitterStrategy": "FULL"}]);
    let ran = bench.run(&task(json!({"Retry": retry})), &json!({})).await;
    let times = bench.call_times();
    assert_eq!(times.len(), 21);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 101), "{times:?}");
    assert!(
        ran.took() > Duration::from_secs(100) && ran.took() < Duration::from_secs(1900),
        "{:?}",
        ran.took()
    );
}

#[tokio::test(start_paused = true)]
async fn a_retried_task_sees_how_often_it_was_tried() {
    let bench = failing("Busy", 2);
    let arguments = json!({"FunctionName": "worker", "Payload": "{% $states.context.State.RetryCount %}"});
    let retry = json!([{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Busy"]}]);
    let ran = bench
        .run(&task(json!({"Arguments": arguments, "Retry": retry})), &json!({}))
        .await;
    assert_eq!(ran.output(), json!(2));
    let counts: Vec<_> = bench.calls().into_iter().map(|(_, input)| input).collect();
    assert_eq!(counts, [json!(0), json!(1), json!(2)]);
}

#[tokio::test(start_paused = true)]
async fn each_retrier_counts_for_itself() {
    let bench = Bench::new(|call| {
        Box::pin(async move {
            failure(if call.number.is_multiple_of(2) {
                "Even"
            } else {
                "Odd"
            })
        })
    });
    let retry = json!([
        {"ErrorEquals": ["Even"], "MaxAttempts": 2, "BackoffRate": 1},
        {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "BackoffRate": 1},
    ]);
    let ran = bench.run(&task(json!({"Retry": retry})), &json!({})).await;
    assert_eq!((ran.error(), bench.calls().len()), ("Odd", 4));
}

fn catching(names: &[&str], more: Value) -> Value {
    let catcher = crate::bench::with(json!({"ErrorEquals": names, "Next": "Caught"}), more);
    let mut definition = task(json!({"TimeoutSeconds": 5, "Catch": [catcher]}));
    let caught =
        json!({"seen": "{% $states.input %}", "variable": "{% $exists($failed) ? $failed : 'unset' %}"});
    definition["States"]["Caught"] = json!({"Type": "Pass", "Output": caught, "End": true});
    definition
}

#[tokio::test(start_paused = true)]
async fn a_catcher_gets_the_error_and_sets_variables() {
    let definition = catching(
        &["Broken"],
        json!({
            "Output": {"id": "{% $states.input.id %}", "why": "{% $states.errorOutput.Cause %}"},
            "Assign": {"failed": "{% $states.errorOutput.Error & ' in ' & $states.context.State.Name %}"},
        }),
    );
    let ran = failing("Broken", 1).run(&definition, &json!({"id": 7})).await;
    let expected = json!({"seen": {"id": 7, "why": "because of Broken"}, "variable": "Broken in Work"});
    assert_eq!(ran.output(), expected);
}

#[rstest]
#[case::by_name("Broken", &["Other", "Broken"], true)]
#[case::another_name("Broken", &["Other"], false)]
#[case::case_matters("Broken", &["broken"], false)]
#[case::all("Broken", &["States.ALL"], true)]
#[case::task_failed("Broken", &["States.TaskFailed"], true)]
#[case::timeout_is_no_task_failed("States.Timeout", &["States.TaskFailed"], false)]
#[case::timeout("States.Timeout", &["States.Timeout"], true)]
#[case::timeout_is_among_all("States.Timeout", &["States.ALL"], true)]
#[case::heartbeat_is_a_timeout("States.HeartbeatTimeout", &["States.Timeout"], true)]
#[case::data_limit_is_not_among_all("States.DataLimitExceeded", &["States.ALL"], false)]
#[case::data_limit("States.DataLimitExceeded", &["States.DataLimitExceeded"], true)]
#[case::runtime_never("States.Runtime", &["States.Runtime"], false)]
#[tokio::test(start_paused = true)]
async fn a_catcher_means(#[case] error: &'static str, #[case] names: &[&str], #[case] caught: bool) {
    let ran = failing(error, 1)
        .run(&catching(names, json!({})), &json!({}))
        .await;
    assert_eq!(ran.status() == "SUCCEEDED", caught, "{:?}", ran.end);
    if caught {
        assert_eq!(ran.output()["seen"]["Error"], error);
    } else {
        assert_eq!(ran.error(), error);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retrier_goes_before_a_catcher() {
    let bench = failing("Broken", usize::MAX);
    let mut definition = catching(&["States.ALL"], json!({}));
    definition["States"]["Work"]["Retry"] = json!([{"ErrorEquals": ["Broken"], "MaxAttempts": 2}]);
    let ran = bench.run(&definition, &json!({})).await;
    assert_eq!(
        (ran.status(), bench.calls().len(), ran.took().as_secs()),
        ("SUCCEEDED", 3, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn more_than_256_kib_are_too_much() {
    let bench = Bench::new(|_| Box::pin(async { Ok(json!("x".repeat(300 * 1024))) }));
    let ran = bench.run(&task(json!({})), &json!({})).await;
    assert_eq!(ran.error(), "States.DataLimitExceeded");
    assert!(ran.cause().contains("'Work'"), "{}", ran.cause());
}

#[rstest]
#[case::undefined("Output", json!({"a": {"b": ["{% $states.input.missing %}"]}}))]
#[case::whole_output("Output", json!("{% $states.input.missing %}"))]
#[case::undefined_variable("Assign", json!({"x": "{% $nothing %}"}))]
#[case::wrong_type("Output", json!("{% 'a' + 1 %}"))]
#[case::no_function("Output", json!("{% $states.input.missing.$whatever() %}"))]
#[case::error_raised("Output", json!("{% $error('too bad') %}"))]
#[case::eval("Output", json!("{% $eval('1+1') %}"))]
#[case::not_json("Output", json!("{% $parse('{') %}"))]
#[case::a_function("Output", json!("{% function($x) { $x } %}"))]
#[case::endless("Output", json!("{% ($f := function($n) { $f($n + 1) }; $f(1)) %}"))]
#[case::huge("Output", json!("{% $count([1..900000]) %}"))]
#[tokio::test(start_paused = true)]
async fn an_expression_that_fails_names_itself_and_its_field(#[case] field: &str, #[case] value: Value) {
    let mut state = json!({"Type": "Pass", "End": true});
    state[field] = value;
    let ran = Bench::echo()
        .run(&machine("P", json!({"P": state})), &json!({}))
        .await;
    assert_eq!(
        (ran.status(), ran.error()),
        ("FAILED", "States.QueryEvaluationError")
    );
    let name = std::thread::current()
        .name()
        .unwrap()
        .rsplit("::")
        .next()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(name, ran.cause());
    let event = ran
        .events
        .iter()
        .find_map(|event| event.evaluation_failed_event_details())
        .unwrap();
    assert!(
        event.location().unwrap().starts_with(field) && event.state() == "P",
        "{event:?}"
    );
}

#[rstest]
#[case::wait(json!({"Type": "Wait", "Seconds": "{% 'ten' %}", "End": true}))]
#[case::negative_wait(json!({"Type": "Wait", "Seconds": "{% -1 %}", "End": true}))]
#[case::no_time(json!({"Type": "Wait", "Timestamp": "{% 'noon' %}", "End": true}))]
#[case::condition(json!({"Type": "Choice", "Choices": [{"Condition": "{% 'yes' %}", "Next": "Q"}], "Default": "Q"}))]
#[case::cause(json!({"Type": "Fail", "Cause": "{% 3 %}"}))]
#[tokio::test(start_paused = true)]
async fn a_value_of_the_wrong_type_is_told(#[case] state: Value) {
    let mut states = json!({"P": state});
    if states["P"]["Type"] == "Choice" {
        states["Q"] = json!({"Type": "Succeed"});
    }
    let ran = Bench::echo().run(&machine("P", states), &json!({})).await;
    assert_eq!(ran.error(), "States.QueryEvaluationError");
    let name = std::thread::current()
        .name()
        .unwrap()
        .rsplit("::")
        .next()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(name, ran.cause());
}

#[tokio::test(start_paused = true)]
async fn a_failing_expression_of_a_task_can_be_caught() {
    let mut definition = catching(&["States.QueryEvaluationError"], json!({"Output": "caught"}));
    definition["States"]["Work"]["Output"] = json!("{% $states.result.Payload.missing %}");
    let ran = Bench::echo().run(&definition, &json!({})).await;
    assert_eq!(ran.output()["seen"], "caught");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_never_ends_runs_out_of_history() {
    let definition = machine(
        "Ask",
        json!({
            "Ask": {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "End"}], "Default": "Again"},
            "Again": {"Type": "Wait", "Seconds": 1, "Next": "Ask"},
            "End": {"Type": "Succeed"},
        }),
    );
    let bench = Bench::echo();
    let ran = bench.run(&definition, &json!({})).await;
    assert_eq!((ran.status(), ran.error()), ("FAILED", "States.Runtime"));
    assert!(ran.cause().contains("25000"), "{}", ran.cause());
    assert!(ran.events.len() <= 25_000);
}
