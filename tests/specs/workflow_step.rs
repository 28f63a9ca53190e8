//! "Clone a database" as a step of a Slack workflow: it waits for the clone, and is told what came of it.

use std::collections::BTreeMap;

use domain::CloneState;
use domain::request::Principal;
use local_slack::{Fault, SignedRequest};
use serde_json::{Value, json};
use slack::step::CLONE_DATABASE;
use specs::{ALICE, World, until};

fn inputs(fields: &[(&str, Value)]) -> BTreeMap<String, Value> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

async fn ended(world: &World, run: &str) -> Result<Value, String> {
    until("the step has ended", || async { world.slack().step_ended(run) }).await
}

/// What Slack answered each time that the step was told how it ended.
fn answers(world: &World) -> Vec<Value> {
    let calls = world.slack().calls();
    let ends = calls
        .into_iter()
        .filter(|call| call.method.starts_with("functions.complete"));
    ends.map(|call| call.answer).collect()
}

fn times_ended(world: &World) -> usize {
    answers(world)
        .iter()
        .filter(|answer| answer["ok"] == true)
        .count()
}

#[tokio::test]
async fn a_step_ends_with_the_clones_id_its_host_and_the_name_of_its_secret() {
    let world = World::start().await;
    // As the workflow's author may write them: a curly quote, a number for a text, a blank.
    let given = inputs(&[
        ("source", json!(" “production” ")),
        ("class", json!("db.r6g.large")),
        ("lifetime", json!(3)),
    ]);
    let (answer, run) = world.slack().runs_step(CLONE_DATABASE, given).await;
    assert!(answer.is_ok(), "{answer:?}");
    let outputs = ended(&world, &run).await.unwrap();
    let clone = world.handed_over().await;
    let access = clone.access.clone().unwrap();
    assert_eq!(
        outputs,
        json!({"clone_id": clone.id, "host": access.host, "secret": access.secret})
    );
    assert_eq!(
        (clone.lifetime.to_string().as_str(), &clone.principal),
        ("3d", &Principal::Workflow)
    );
    world.until_said("is ready").await;
    world.until_quiet().await;
    assert_eq!(times_ended(&world), 1);
    assert!(world.record(&clone.id).await.step.unwrap().told_at.is_some());
    // It belongs to nobody in particular: whoever may ask for clones may end it.
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    assert_eq!(
        times_ended(&world),
        1,
        "a clone that ends after its hand-over is no failure"
    );
    world.stop().await;
}

#[tokio::test]
async fn a_step_that_cannot_be_ends_with_the_reason_in_plain_words() {
    let world = World::builder().cluster_quota(1).start().await;
    for (given, said) in [
        (
            inputs(&[("source", json!("staging"))]),
            "there is no source `staging`",
        ),
        (inputs(&[("lifetime", json!("soon"))]), "`soon` is no lifetime"),
        (inputs(&[("class", json!("huge"))]), "`huge` is no class"),
        (inputs(&[("source", json!("production"))]), "quota"),
    ] {
        let (answer, run) = world.slack().runs_step(CLONE_DATABASE, given).await;
        assert!(answer.is_ok(), "{answer:?}");
        let why = ended(&world, &run).await.unwrap_err();
        assert!(why.contains(said), "{why}");
    }
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn a_step_whose_clone_is_deleted_before_its_hand_over_fails() {
    let world = World::start().await;
    let (_, run) = world.slack().runs_step(CLONE_DATABASE, inputs(&[])).await;
    let clone = world.until_state(CloneState::Cloning).await;
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    let end = ended(&world, &run).await;
    match world.record(&clone.id).await.ready_at {
        None => assert!(end.unwrap_err().contains("deleted before it was ready")),
        Some(_) => assert!(end.is_ok(), "the hand-over was first"),
    }
    world.stop().await;
}

#[tokio::test]
async fn where_only_some_people_may_ask_a_workflow_may_not_unless_the_policy_says_so() {
    let world = World::builder()
        .policy("people", "users", "[\"U0ALICE\"]")
        .start()
        .await;
    let (_, run) = world.slack().runs_step(CLONE_DATABASE, inputs(&[])).await;
    let why = ended(&world, &run).await.unwrap_err();
    assert!(why.contains("workflow_steps"), "{why}");
    assert_eq!(world.records().await, vec![]);
    world.stop().await;
}

#[tokio::test]
async fn the_same_event_twice_starts_one_clone() {
    let world = World::start().await;
    let event = json!({
        "type": "event_callback", "event_id": "Ev0SAME", "team_id": "T0LOCAL", "api_app_id": "A0DOPPEL",
        "event": {"type": "function_executed", "function": {"callback_id": CLONE_DATABASE}, "inputs": {},
            "function_execution_id": "Fx0SAME"},
    });
    let request = SignedRequest::json(&event);
    let now = chrono::Utc::now().timestamp();
    let slack = world.slack();
    let statuses = [
        slack.send("/slack/events", request.clone()).await.status,
        slack
            .send("/slack/events", request.clone().retry(1, "http_timeout"))
            .await
            .status,
        slack
            .send(
                "/slack/events",
                request.clone().at(now - 1).retry(2, "http_timeout"),
            )
            .await
            .status,
        slack.send("/slack/events", request).await.status,
    ];
    assert_eq!(
        statuses,
        [Some(200), Some(200), Some(200), Some(401)],
        "the last one is a replay"
    );
    world.handed_over().await;
    world.until_quiet().await;
    assert_eq!(world.records().await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_step_is_told_in_the_end_whatever_slack_does_at_first_and_once() {
    let world = World::start().await;
    let slack = world.slack();
    let method = "functions.completeSuccess";
    slack.fail_next(method, Fault::Error("internal_error".into()));
    slack.fail_next(method, Fault::Status(503));
    // Slack has heard it, and its answer is lost: told again, it says that the step is over.
    slack.fail_next_after_effect(method, Fault::Status(502));
    let (_, run) = slack.runs_step(CLONE_DATABASE, inputs(&[])).await;
    ended(&world, &run).await.unwrap();
    let clone = world.handed_over().await;
    world
        .until_record(&clone.id, |clone| {
            clone.step.as_ref().is_some_and(|step| step.told_at.is_some())
        })
        .await;
    world.until_quiet().await;
    let answers = answers(&world);
    assert!(answers.len() >= 4, "{answers:?}");
    assert!(
        answers.iter().all(|answer| answer["ok"] != true),
        "the one that it took was lost: {answers:?}"
    );
    assert_eq!(world.record(&clone.id).await.state, CloneState::Ready);
    world.stop().await;
}
