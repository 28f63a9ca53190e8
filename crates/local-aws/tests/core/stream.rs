use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use local_aws::FunctionError;
use serde_json::{Value, json};

use crate::dynamodb::{TABLE, create_table, put, s};
use crate::world;

type Seen = Arc<Mutex<Vec<Value>>>;

/// What happened, to whom, and which version it has now, of every record in order.
fn story(seen: &Seen) -> Vec<(String, String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let events = seen.lock().unwrap();
    let records = events
        .iter()
        .flat_map(|event| event["Records"].as_array().unwrap());
    records
        .map(|record| {
            let change = &record["dynamodb"];
            let version = text(&change["NewImage"]["version"]["N"]);
            (
                text(&record["eventName"]).unwrap(),
                text(&change["Keys"]["id"]["S"]).unwrap(),
                version,
            )
        })
        .collect()
}

fn entry(event: &str, id: &str, version: Option<&str>) -> (String, String, Option<String>) {
    (event.to_owned(), id.to_owned(), version.map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn changes_arrive_in_order_with_both_images() {
    let world = world();
    let seen = Seen::default();
    let into = Arc::clone(&seen);
    // Before the table is there, as a program's wiring may do it.
    world.stream(TABLE, move |event| {
        into.lock().unwrap().push(event);
        async { Ok(Value::Null) }
    });
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    put(&client, "a", 1).await;
    put(&client, "a", 2).await;
    put(&client, "b", 1).await;
    client
        .delete_item()
        .table_name(TABLE)
        .key("a", s("a"))
        .send()
        .await
        .unwrap_err();
    client
        .delete_item()
        .table_name(TABLE)
        .key("id", s("a"))
        .send()
        .await
        .unwrap();
    world.idle().await;
    assert_eq!(
        story(&seen),
        [
            entry("INSERT", "a", Some("1")),
            entry("MODIFY", "a", Some("2")),
            entry("INSERT", "b", Some("1")),
            entry("REMOVE", "a", None)
        ]
    );
    let events = seen.lock().unwrap();
    let record = &events[1]["Records"][0];
    assert_eq!(record["dynamodb"]["OldImage"]["version"], json!({ "N": "1" }));
    assert!(record["dynamodb"]["SequenceNumber"].is_string());
    assert!(
        record["eventSourceARN"]
            .as_str()
            .unwrap()
            .contains(":table/clones/stream/")
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_gets_the_same_change_again_before_the_next() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    put(&client, "before", 1).await;
    let (seen, calls) = (Seen::default(), Arc::new(AtomicUsize::new(0)));
    let into = Arc::clone(&seen);
    world.stream(TABLE, move |event| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let into = Arc::clone(&into);
        async move {
            if call == 0 {
                return Err(FunctionError::new("SlackIsDown", "try again"));
            }
            assert!(call != 1, "a panic is a failure too");
            into.lock().unwrap().push(event);
            Ok(Value::Null)
        }
    });
    for version in 1..=3 {
        put(&client, "a", version).await;
    }
    world.idle().await;
    assert_eq!(
        story(&seen),
        [
            entry("INSERT", "a", Some("1")),
            entry("MODIFY", "a", Some("2")),
            entry("MODIFY", "a", Some("3"))
        ],
        "all of them, once, in order, and nothing from before the stream"
    );
}

#[tokio::test(start_paused = true)]
async fn one_poisonous_change_does_not_hold_up_the_others_for_ever() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    let seen = Seen::default();
    let into = Arc::clone(&seen);
    world.stream(TABLE, move |event| {
        let poisoned = event.to_string().contains("poison");
        if !poisoned {
            into.lock().unwrap().push(event);
        }
        async move {
            if poisoned {
                Err(FunctionError::new("Unreadable", "poison"))
            } else {
                Ok(Value::Null)
            }
        }
    });
    put(&client, "poison", 1).await;
    put(&client, "good", 1).await;
    world.idle().await;
    assert_eq!(story(&seen), [entry("INSERT", "good", Some("1"))]);
}
