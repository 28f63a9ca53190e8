use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local_aws::{Failure, Fault, Kind, Target};
use serde_json::{Value, json};

use crate::{World, world};

fn counted(world: &World, name: &str) -> Arc<AtomicUsize> {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    world.lambda(name, move |event| {
        assert_eq!(event, json!({ "dry": true }));
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok(Value::Null) }
    });
    runs
}

fn target(function: &str) -> Target {
    Target::Lambda {
        function: function.to_owned(),
        input: json!({ "dry": true }),
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_starts_its_target_after_each_period_until_it_is_ended() {
    let world = world();
    let runs = counted(&world, "sweep");
    let hour = Duration::from_secs(3600);
    world.schedule("hourly", hour, target("sweep"));
    tokio::time::sleep(hour - Duration::from_secs(1)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.idle().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    tokio::time::sleep(hour * 2).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert!(world.unschedule("hourly"));
    assert!(!world.unschedule("hourly"));
    tokio::time::sleep(hour * 3).await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let call = world.calls().pop().unwrap();
    assert_eq!(
        (&*call.principal, &*call.service, &*call.operation),
        ("events", "lambda", "Invoke")
    );
}

#[tokio::test(start_paused = true)]
async fn a_schedule_tries_again_when_its_target_cannot_be_started() {
    let world = world();
    let runs = counted(&world, "sweep");
    let failure = Failure::new(500, "ServiceException", "on demand");
    world
        .faults()
        .inject(Fault::new(Kind::Fail(failure)).principal("events").times(2));
    world.schedule("hourly", Duration::from_secs(3600), target("sweep"));
    tokio::time::sleep(Duration::from_secs(3601)).await;
    world.idle().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn after_the_shutdown_nothing_runs_and_calls_are_refused() {
    let world = world();
    let runs = counted(&world, "sweep");
    world.schedule("hourly", Duration::from_secs(3600), target("sweep"));
    world.shutdown().await;
    tokio::time::sleep(Duration::from_secs(4000)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    let path = "/2015-03-31/functions/sweep/invocations";
    let answer = world
        .call(crate::signed("lambda", "POST", path).body("{}".into()).unwrap())
        .await;
    assert_eq!(answer.status(), 503);
}
