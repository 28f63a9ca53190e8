use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local_aws::FunctionError;
use serde_json::{Value, json};

use crate::{World, signed, text, world};

async fn invoke(world: &World, function: &str, kind: &str, payload: &str) -> http::Response<bytes::Bytes> {
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let request = signed("lambda", "POST", &path).header("x-amz-invocation-type", kind);
    world.call(request.body(payload.to_owned().into()).unwrap()).await
}

fn echo(world: &World) {
    world.lambda("echo", |event| async move { Ok(json!({ "said": event })) });
}

#[tokio::test(start_paused = true)]
async fn a_function_answers_with_its_payload_by_name_and_by_arn() {
    let world = world();
    echo(&world);
    let arn = world.lambda_arn("echo").replace(':', "%3A");
    for id in ["echo", &arn, "000000000000:function:echo", "echo:live"] {
        let answer = invoke(&world, id, "RequestResponse", r#"{"a":1}"#).await;
        assert_eq!(answer.status(), 200, "{id}");
        assert_eq!(text(answer.body()), r#"{"said":{"a":1}}"#);
        assert!(!answer.headers().contains_key("x-amz-function-error"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_function_is_a_good_answer_with_an_error_in_it() {
    let world = world();
    world.lambda("fails", |_| async {
        Err(FunctionError::new("CapExceeded", "too many clones"))
    });
    world.lambda("panics", |event: Value| async move { panic!("{event}") });
    let answer = invoke(&world, "fails", "RequestResponse", "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    let payload: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(
        payload,
        json!({ "errorType": "CapExceeded", "errorMessage": "too many clones", "trace": [] })
    );
    let answer = invoke(&world, "panics", "RequestResponse", "{}").await;
    assert!(text(answer.body()).contains("Runtime.ExitError"));
}

#[tokio::test(start_paused = true)]
async fn what_lambda_itself_refuses() {
    let world = world();
    echo(&world);
    let missing = invoke(&world, "nobody", "RequestResponse", "{}").await;
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.headers()["x-amzn-errortype"], "ResourceNotFoundException");
    let wrong = invoke(&world, "echo", "RequestResponse", "{no json").await;
    assert_eq!(wrong.status(), 400);
    assert_eq!(
        wrong.headers()["x-amzn-errortype"],
        "InvalidRequestContentException"
    );
}

#[tokio::test(start_paused = true)]
async fn an_asynchronous_run_is_tried_three_times_and_not_waited_for() {
    let world = world();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    world.lambda("notify", move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(FunctionError::new("SlackIsDown", "no answer")) }
    });
    let start = world.time.now();
    assert_eq!(invoke(&world, "notify", "Event", "{}").await.status(), 202);
    assert!(world.time.now() - start < chrono::TimeDelta::seconds(1));
    world.idle().await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert!(
        world.time.now() - start >= chrono::TimeDelta::seconds(180),
        "a minute, then two, between the attempts"
    );
}

#[tokio::test(start_paused = true)]
async fn a_function_goes_on_when_its_caller_is_gone() {
    let world = world();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    world.lambda("slow", move |_| {
        let counted = Arc::clone(&counted);
        async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(Value::Null)
        }
    });
    let call = invoke(&world, "slow", "RequestResponse", "{}");
    assert!(tokio::time::timeout(Duration::from_secs(5), call).await.is_err());
    world.idle().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
