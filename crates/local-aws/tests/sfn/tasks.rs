//! Task states: what they ask for, what comes back, how long they may take, how they are stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{Bench, Done, failure, machine, task, with};

#[rstest]
#[case::name("worker", "arn:aws:lambda:eu-central-1:123456789012:function:worker")]
#[case::qualified(
    "worker:live",
    "arn:aws:lambda:eu-central-1:123456789012:function:worker:live"
)]
#[case::arn(
    "arn:aws:lambda:us-east-1:1:function:far",
    "arn:aws:lambda:us-east-1:1:function:far"
)]
#[tokio::test(start_paused = true)]
async fn lambda_invoke_calls_the_function(#[case] name: &str, #[case] arn: &str) {
    let bench = Bench::echo();
    let arguments = json!({"FunctionName": name, "Payload": {"id": "{% $states.input.id %}"}});
    let ran = bench
        .run(
            &task(json!({"Arguments": arguments, "Output": null})),
            &json!({"id": "clone-1"}),
        )
        .await;
    assert_eq!(bench.calls(), [(arn.to_owned(), json!({"id": "clone-1"}))]);
    let output = ran.output();
    assert_eq!(
        (&output["Payload"], &output["StatusCode"]),
        (&json!({"id": "clone-1"}), &json!(200))
    );
    assert_eq!(output["ExecutedVersion"], "$LATEST");
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(ran.kinds(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_function_by_its_own_arn_gets_the_input_and_gives_its_answer() {
    let bench = Bench::echo();
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:direct";
    let definition = task(json!({"Resource": arn, "Arguments": null, "Output": null}));
    let ran = bench.run(&definition, &json!({"a": [1]})).await;
    assert_eq!(bench.calls(), [(arn.to_owned(), json!({"a": [1]}))]);
    assert_eq!(ran.output(), json!({"a": [1]}));
    assert_eq!(
        ran.kinds()[2..5],
        [
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded"
        ]
    );
}

fn ecs(more: Value) -> Value {
    let arguments = json!({
        "Cluster": "doppel", "TaskDefinition": "worker",
        "Overrides": {"ContainerOverrides": [{"Name": "worker", "Command": "{% $states.input.command %}"}]},
    });
    let state = json!({"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Arguments": arguments, "End": true});
    machine(
        "Mask",
        json!({"Mask": with(state, more), "Failed": {"Type": "Succeed"}}),
    )
}

#[tokio::test(start_paused = true)]
async fn run_task_sync_waits_for_the_task() {
    let bench = Bench::new(|_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(40)).await;
            Ok(json!({"LastStatus": "STOPPED", "Containers": [{"Name": "worker", "ExitCode": 0}]}))
        })
    });
    let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]);
    let definition = ecs(json!({"Catch": catch, "Output": "{% $states.result.Containers[0].ExitCode %}"}));
    let ran = bench
        .run(&definition, &json!({"command": ["mask", "verify"]}))
        .await;
    assert_eq!((ran.output(), ran.took().as_secs()), (json!(0), 40));
    let overrides = json!({"ContainerOverrides": [{"Name": "worker", "Command": ["mask", "verify"]}]});
    let asked = json!({"Cluster": "doppel", "TaskDefinition": "worker", "Overrides": overrides});
    assert_eq!(bench.calls(), [("ecs".to_owned(), asked)]);
    let scheduled = ran.events[2].task_scheduled_event_details().unwrap();
    assert_eq!(
        (scheduled.resource_type(), scheduled.resource()),
        ("ecs", "runTask.sync")
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_ecs_task_is_caught_with_the_task_as_its_cause() {
    let bench = Bench::new(|_| {
        Box::pin(async {
            let stopped = json!({"StoppedReason": "Essential container in task exited", "Containers": [{"ExitCode": 3}]});
            Err(local_aws::sfn::TaskFailure {
                error: "States.TaskFailed".into(),
                cause: stopped.to_string(),
            })
        })
    });
    let catch = json!([{
        "ErrorEquals": ["States.TaskFailed"], "Next": "Failed",
        "Output": {"code": "{% $parse($states.errorOutput.Cause).Containers[0].ExitCode %}", "error": "{% $states.errorOutput.Error %}"},
    }]);
    let ran = bench
        .run(&ecs(json!({"Catch": catch})), &json!({"command": ["mask"]}))
        .await;
    assert_eq!(ran.output(), json!({"code": 3, "error": "States.TaskFailed"}));
    let failed = ran
        .events
        .iter()
        .find_map(|event| event.task_failed_event_details())
        .unwrap();
    assert_eq!(
        (failed.resource_type(), failed.error()),
        ("ecs", Some("States.TaskFailed"))
    );
}

/// Work that takes ten minutes, and tells when it was cancelled.
fn slow(
    cancelled: Arc<AtomicBool>,
) -> impl Fn(crate::bench::Call) -> futures::future::BoxFuture<'static, Done> {
    move |call| {
        let cancelled = cancelled.clone();
        Box::pin(async move {
            tokio::select! {
                () = call.cancel.cancelled() => cancelled.store(true, Ordering::SeqCst),
                () = tokio::time::sleep(Duration::from_secs(600)) => {}
            }
            Ok(json!("done"))
        })
    }
}

#[rstest]
#[case::literal(json!(30))]
#[case::expression(json!("{% $states.input.limit %}"))]
#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_is_cancelled(#[case] limit: Value) {
    let cancelled = Arc::new(AtomicBool::new(false));
    let bench = Bench::new(slow(cancelled.clone()));
    let ran = bench
        .run(&task(json!({"TimeoutSeconds": limit})), &json!({"limit": 30}))
        .await;
    assert_eq!(
        (ran.status(), ran.error(), ran.took().as_secs()),
        ("FAILED", "States.Timeout", 30)
    );
    assert!(ran.kinds().contains(&"TaskTimedOut"));
    assert!(cancelled.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_takes_too_long_is_timed_out_and_reaches_no_catcher() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let bench = Bench::new(slow(cancelled.clone()));
    let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]);
    let mut definition = with(task(json!({"Catch": catch})), json!({"TimeoutSeconds": 60}));
    definition["States"]["Caught"] = json!({"Type": "Succeed"});
    let ran = bench.run(&definition, &json!({})).await;
    assert_eq!((ran.status(), ran.took().as_secs()), ("TIMED_OUT", 60));
    assert_eq!(ran.kinds().last(), Some(&"ExecutionTimedOut"));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(cancelled.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn stopping_an_execution_cancels_its_task() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let bench = Bench::new(slow(cancelled.clone()));
    let arn = bench.start(&task(json!({})), &json!({})).await;
    bench.until(&arn, "TaskStarted").await;
    let stop = bench
        .client
        .stop_execution()
        .execution_arn(&arn)
        .error("Operator")
        .cause("enough")
        .send()
        .await;
    stop.unwrap();
    let ran = bench.ran(&arn).await;
    assert_eq!(
        (ran.status(), ran.error(), ran.cause()),
        ("ABORTED", "Operator", "enough")
    );
    assert_eq!(ran.kinds().last(), Some(&"ExecutionAborted"));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(cancelled.load(Ordering::SeqCst));
    assert_eq!(bench.sfn.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn stopping_an_execution_that_waits_ends_it_at_once() {
    let bench = Bench::echo();
    let definition = machine(
        "Wait",
        json!({"Wait": {"Type": "Wait", "Seconds": 86400, "End": true}}),
    );
    let arn = bench.start(&definition, &json!({})).await;
    bench.until(&arn, "WaitStateEntered").await;
    bench
        .client
        .stop_execution()
        .execution_arn(&arn)
        .send()
        .await
        .unwrap();
    let ran = bench.ran(&arn).await;
    assert_eq!((ran.status(), ran.took().as_secs()), ("ABORTED", 0));
    let again = bench
        .client
        .stop_execution()
        .execution_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(Some(again.stop_date()), ran.end.stop_date());
    assert_eq!(bench.status_events().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_heeds_no_cancellation_is_dropped_after_its_grace() {
    let dropped = Arc::new(AtomicBool::new(false));
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let seen = dropped.clone();
    let bench = Bench::new(move |_| {
        let flag = Flag(seen.clone());
        Box::pin(async move {
            let _flag = flag;
            std::future::pending().await
        })
    });
    let ran = bench.run(&task(json!({"TimeoutSeconds": 5})), &json!({})).await;
    assert_eq!(ran.error(), "States.Timeout");
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert!(!dropped.load(Ordering::SeqCst));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(dropped.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_fails_its_execution_and_no_other() {
    let bench = Bench::new(|call| {
        Box::pin(async move {
            assert!(call.number > 0, "the first task panics");
            Ok(call.input)
        })
    });
    let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]);
    let mut definition = task(json!({"Catch": catch}));
    definition["States"]["Caught"] = json!({"Type": "Succeed"});
    let ran = bench.run(&definition, &json!({})).await;
    assert_eq!((ran.status(), ran.error()), ("FAILED", "States.Runtime"));
    assert_eq!(
        bench.run(&definition, &json!({"again": true})).await.output(),
        json!({"again": true})
    );
}

fn call_back(more: Value) -> Value {
    let arguments =
        json!({"FunctionName": "worker", "Payload": {"token": "{% $states.context.Task.Token %}"}});
    let resource = "arn:aws:states:::lambda:invoke.waitForTaskToken";
    let own = json!({"Resource": resource, "Arguments": arguments, "Output": null});
    task(with(own, more))
}

async fn token(bench: &Bench, arn: &str) -> String {
    bench.until(arn, "TaskSubmitted").await;
    bench.calls()[0].1["token"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_task_token_brings_the_result() {
    let bench = Bench::echo();
    let arn = bench.start(&call_back(json!({})), &json!({})).await;
    let token = token(&bench, &arn).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let success = bench
        .client
        .send_task_success()
        .task_token(&token)
        .output(r#"{"ok":true}"#);
    success.clone().send().await.unwrap();
    assert_eq!(bench.ran(&arn).await.output(), json!({"ok": true}));
    let again = success.send().await.unwrap_err().into_service_error();
    assert!(again.is_task_timed_out(), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_token_brings_a_failure() {
    let bench = Bench::echo();
    let arn = bench.start(&call_back(json!({})), &json!({})).await;
    let token = token(&bench, &arn).await;
    bench
        .client
        .send_task_failure()
        .task_token(token)
        .error("Refused")
        .cause("by hand")
        .send()
        .await
        .unwrap();
    let ran = bench.ran(&arn).await;
    assert_eq!((ran.error(), ran.cause()), ("Refused", "by hand"));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_task_alive() {
    let bench = Bench::echo();
    let arn = bench
        .start(
            &call_back(json!({"HeartbeatSeconds": 60, "TimeoutSeconds": 3600})),
            &json!({}),
        )
        .await;
    let token = token(&bench, &arn).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(50)).await;
        bench
            .client
            .send_task_heartbeat()
            .task_token(&token)
            .send()
            .await
            .unwrap();
    }
    let ran = bench.ran(&arn).await;
    assert_eq!(
        (ran.error(), ran.took().as_secs()),
        ("States.HeartbeatTimeout", 210)
    );
    let late = bench
        .client
        .send_task_heartbeat()
        .task_token(&token)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(late.is_task_timed_out(), "{late:?}");
}

/// Who is called back waits for somebody, not for work.
#[tokio::test(start_paused = true)]
async fn a_faster_clock_shortens_the_wait_for_a_token() {
    let bench = Bench::faster(60, |call| Box::pin(async move { Ok(call.input) }));
    let caught = json!([{"ErrorEquals": ["States.Timeout"], "Next": "Given up"}]);
    let mut machine =
        call_back(json!({"TimeoutSeconds": "{% $states.input.patience %}", "Catch": caught, "Retry": []}));
    machine["States"]["Given up"] = json!({"Type": "Succeed", "Output": "given up"});
    let arn = bench.start(&machine, &json!({"patience": 3600})).await;
    let token = token(&bench, &arn).await;
    let ran = bench.ran(&arn).await;
    assert_eq!((ran.output(), ran.took().as_secs()), (json!("given up"), 3600));
    let late = bench
        .client
        .send_task_success()
        .task_token(token)
        .output("1")
        .send();
    let late = late.await.unwrap_err().into_service_error();
    assert!(late.is_task_timed_out(), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_token_of_its_own_and_a_stopped_one_is_over() {
    let bench = Bench::new(|call| {
        Box::pin(async move {
            if call.number == 0 {
                return failure("Lambda.Unknown");
            }
            Ok(call.input)
        })
    });
    let retry = json!([{"ErrorEquals": ["Lambda.Unknown"], "IntervalSeconds": 1, "MaxAttempts": 3}]);
    let arn = bench.start(&call_back(json!({"Retry": retry})), &json!({})).await;
    bench.until(&arn, "TaskSubmitted").await;
    let tokens: Vec<String> = bench
        .calls()
        .iter()
        .map(|call| call.1["token"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens.len(), 2);
    let answer = |token: &str| {
        bench
            .client
            .send_task_success()
            .task_token(token)
            .output("1")
            .send()
    };
    let first = answer(&tokens[0]).await.unwrap_err().into_service_error();
    assert!(first.is_task_timed_out(), "the first attempt is over: {first:?}");
    bench
        .client
        .stop_execution()
        .execution_arn(&arn)
        .send()
        .await
        .unwrap();
    bench.ran(&arn).await;
    let second = answer(&tokens[1]).await.unwrap_err().into_service_error();
    assert!(second.is_task_timed_out(), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_function_that_fails_fails_its_token_too() {
    let bench = Bench::new(|_| Box::pin(async { failure("Lambda.TooManyRequestsException") }));
    let ran = bench.run(&call_back(json!({})), &json!({})).await;
    assert_eq!(ran.error(), "Lambda.TooManyRequestsException");
}

#[tokio::test(start_paused = true)]
async fn shutdown_stops_everything() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let bench = Bench::new(slow(cancelled.clone()));
    let arn = bench.start(&task(json!({})), &json!({})).await;
    bench.until(&arn, "TaskStarted").await;
    bench.sfn.shutdown().await;
    assert!(cancelled.load(Ordering::SeqCst));
    assert_eq!(
        (bench.sfn.running(), bench.sfn.executions()[0].status),
        (0, "ABORTED")
    );
}
