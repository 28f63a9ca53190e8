//! Amazon Q Developer in chat applications, once AWS Chatbot: commands and workflow buttons that start the state
//! machine directly, and the notifications that follow.

use domain::CloneState;
use domain::request::Principal;
use local_aws::{Failure, Fault, Kind};
use serde_json::Value;
use specs::{ALICE, CHANNEL, World};

/// The notifications on the topic, in order.
fn told(world: &World) -> Vec<Value> {
    let all = world.aws().published();
    all.iter()
        .map(|told| serde_json::from_str(&told.message).unwrap())
        .collect()
}

fn events(world: &World) -> Vec<String> {
    let told = told(world);
    told.iter()
        .map(|told| told["metadata"]["eventType"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn people_and_chat_tools_write_the_input_as_they_do() {
    let world = World::builder()
        .policy("people", "direct_clones", "9")
        .start()
        .await;
    let arn = world.state_machine_arn();
    let inputs = [
        r#"--input {"db_instance_class": "db.r6g.large", "expire_days": "3"}"#,
        r#"--input '{"db_instance_class": "“db.r6g.large”", "expire_days": 3}'"#,
        r#"—input ‘{"Class":" db.r6g.large ","expire_days":"‘3’","source":""}’"#,
        r#"--input {"db_instance_class": "DB.R6G.large", "expire_days": 3.0, "proxy": null}"#,
    ];
    for input in inputs {
        let said = world
            .asks(
                ALICE,
                &format!("@aws stepfunctions start-execution --state-machine-arn {arn} {input}"),
            )
            .await;
        assert!(
            said.is_ok() && said.text().contains("Started"),
            "{input}: {said:?}"
        );
    }
    let clones = world
        .until_records("all are asked for", |all| all.len() == inputs.len())
        .await;
    for clone in clones {
        assert_eq!(
            (clone.class.to_string(), clone.lifetime.to_string()),
            ("db.r6g.large".into(), "3d".into())
        );
        assert_eq!(clone.principal, Principal::Direct, "whatever the input says");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_field_that_means_nothing_or_two_things_is_refused_by_name() {
    let world = World::builder().notifications().start().await;
    world
        .starts(r#"{"db_instance_class": "db.r6g.large", "class": "db.t4g.medium"}"#)
        .await;
    world
        .until_said("`class` and `db_instance_class` are one field and say different things")
        .await;
    world.starts(r#"{"person": "U0BOSS", "expire_days": "3"}"#).await;
    world.until_said("`person` is no field of a request").await;
    world.starts(r#"{"source": "nobody"}"#).await;
    world.until_said("there is no source `nobody`").await;
    world.until_quiet().await;
    assert!(
        world
            .records()
            .await
            .iter()
            .all(|record| record.failure.is_some())
    );
    let events = events(&world);
    let count = |event: &str| events.iter().filter(|told| *told == event).count();
    assert_eq!((count("refused"), count("ready")), (1, 0), "{events:?}");
    assert!(
        count("failed") + count("deleted") >= 2,
        "the topic hears of it too: {events:?}"
    );
    world.stop().await;
}

#[tokio::test]
async fn each_state_of_a_clone_is_told_once_in_one_thread_and_never_a_password() {
    let world = World::builder().notifications().start().await;
    let button = world.slack().runs_workflow(ALICE).await;
    assert!(button.is_ok(), "{button:?}");
    let clone = world.handed_over().await;
    world.until_quiet().await;
    let secret = world.secret(&clone.access.as_ref().unwrap().secret).await;
    world.asks(ALICE, &format!("/clone extend {} 4h", clone.id)).await;
    world.until_quiet().await;
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    world.until_quiet().await;
    let told = told(&world);
    let mut ids: Vec<&str> = told.iter().map(|told| told["id"].as_str().unwrap()).collect();
    for one in &told {
        assert_eq!(
            (&one["version"], &one["source"]),
            (&"1.0".into(), &"custom".into())
        );
        assert_eq!(one["content"]["textType"], "client-markdown");
        assert_eq!(one["metadata"]["threadId"], clone.id.as_str());
        assert!(!one.to_string().contains(&secret.password), "{one}");
    }
    // A state that passed before it could be told is not told later.
    let events = events(&world);
    let at = |event: &str| events.iter().position(|told| told == event);
    assert!(
        at("masking") < at("ready") && at("ready") < at("deleted"),
        "{events:?}"
    );
    assert_eq!(
        events.iter().filter(|told| *told == "ready").count(),
        2,
        "handed over, and extended: {events:?}"
    );
    assert_eq!(events.last().unwrap(), "deleted");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told.len(), "nothing is told twice: {events:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_topic_that_is_deaf_for_a_while_hears_it_later_and_harms_no_clone() {
    let world = World::builder().notifications().start().await;
    let deaf = Fault::new(Kind::Fail(Failure::new(500, "InternalFailure", "SNS is down")));
    world
        .aws()
        .faults()
        .inject(deaf.operation("sns", "Publish").always());
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    assert_eq!(events(&world), Vec::<String>::new());
    world.aws().faults().clear();
    world.asks(ALICE, &format!("/clone extend {} 4h", clone.id)).await;
    world
        .until_record(&clone.id, |clone| {
            clone.announced.as_ref().is_some_and(|it| it.is_told)
        })
        .await;
    world.until_quiet().await;
    assert_eq!(events(&world).last().map(String::as_str), Some("ready"));
    assert_eq!(world.record(&clone.id).await.state, CloneState::Ready);
    world.stop().await;
}

#[tokio::test]
async fn a_clone_is_told_of_to_its_person_alone_if_the_policy_says_so() {
    let world = World::builder()
        .policy("slack", "direct_messages", "true")
        .start()
        .await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    world.until_quiet().await;
    let mine = world.slack().direct_messages(ALICE);
    assert!(
        mine.iter().any(|message| message.text.contains("is ready")),
        "{mine:?}"
    );
    assert_eq!(
        world.messages_about(&clone),
        vec![],
        "nothing of it is in {CHANNEL}"
    );
    world.stop().await;
}

#[test]
fn the_commands_of_the_documentation_are_understood_as_they_stand_there() {
    let text = include_str!("../../docs/chatbot.md");
    let action = text
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let action: Value = serde_json::from_str(action).unwrap();
    let action = format!("@aws {}", action["Definition"]["CommandText"].as_str().unwrap());
    let lines = text
        .lines()
        .map(|line| line.trim().replace("alias create clone ", ""));
    let commands = lines
        .filter(|line| line.starts_with("@aws stepfunctions"))
        .chain([action]);
    let filled = |command: String| {
        let filled = command.replace(" ARN ", " arn:aws:states:eu-west-1:1:stateMachine:doppel-clone ");
        let class = filled
            .replace("{{Class}}", "db.r6g.large")
            .replace("$class", "db.r6g.large");
        class.replace("{{Days}}", "3").replace("$days", "3")
    };
    let read: Vec<_> = commands
        .map(|command| slack::chatbot::parse(&filled(command)).unwrap())
        .collect();
    assert_eq!(read.len(), 4);
    for command in read {
        let input = serde_json::from_str(&command.input).unwrap();
        let wish = domain::request::Wish::read(&input).unwrap();
        assert_eq!(wish.class.unwrap().to_string(), "db.r6g.large");
        assert_eq!(wish.lifetime.unwrap().to_string(), "3d");
    }
}
