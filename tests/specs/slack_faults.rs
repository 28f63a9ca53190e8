//! Whatever Slack does, the clone is made; what it would not hear, it hears later.

use std::time::Duration;

use domain::{CloneRecord, CloneState};
use local_slack::{Channel, Fault, Message};
use rstest::rstest;
use specs::{ALICE, CHANNEL, World, until};

/// Waits until the one message about this clone says that it is ready.
async fn one_message_says_ready(world: &World, clone: &CloneRecord) {
    until("the message says that the clone is ready", || async {
        let all = world.messages_about(clone);
        all.iter()
            .any(|message| message.text.contains("is ready"))
            .then_some(())
    })
    .await;
    world.until_quiet().await;
    assert_eq!(world.messages_about(clone).len(), 1, "one message a clone");
}

#[rstest]
#[case::asked_to_wait(Fault::RateLimited { retry_after: Duration::from_secs(7) })]
#[case::asked_to_wait_long(Fault::RateLimited { retry_after: Duration::from_secs(40) })]
#[case::refused_for_a_while(Fault::Error("internal_error".into()))]
#[case::unavailable(Fault::Status(503))]
#[tokio::test]
async fn a_message_that_slack_does_not_take_at_first_is_said_once_it_does(#[case] fault: Fault) {
    let world = World::start().await;
    for method in ["chat.postMessage", "chat.update", "chat.update"] {
        world.slack().fail_next(method, fault.clone());
    }
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    one_message_says_ready(&world, &clone).await;
    world.stop().await;
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_is_found_again_and_not_said_twice() {
    let world = World::start().await;
    world
        .slack()
        .fail_next_after_effect("chat.postMessage", Fault::Status(502));
    world.slack().fail_next("chat.update", Fault::Hang);
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    one_message_says_ready(&world, &clone).await;
    world.stop().await;
}

#[tokio::test]
async fn with_a_revoked_token_the_clone_is_made_and_the_message_comes_once_there_is_a_new_one() {
    let world = World::start().await;
    world.slack().renews_token("xoxb-newer");
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    world.until_quiet().await;
    assert_eq!(world.messages_about(&clone), vec![]);
    world.sets_slack_token("xoxb-newer").await;
    // As at any full hour.
    world.sweeps().await;
    one_message_says_ready(&world, &clone).await;
    world.stop().await;
}

#[rstest]
#[case::a_private_channel_without_the_app(Channel { is_private: true, app_is_member: false, ..Channel::new("C0SECRET", "secret") })]
#[case::an_archived_channel(Channel { is_archived: true, ..Channel::new("C0OLD", "old") })]
#[tokio::test]
async fn where_the_channel_cannot_be_written_to_the_person_is_told_alone(#[case] channel: Channel) {
    let world = World::start().await;
    let id = channel.id.clone();
    world.slack().sets_channel(channel);
    let answer = world.slack().says(ALICE, &id, "/clone production").await;
    assert!(answer.is_ok(), "{answer:?}");
    world.handed_over().await;
    until_told_alone(&world, "is ready").await;
    world.until_quiet().await;
    let told: Vec<Message> = world.slack().direct_messages(ALICE);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(world.slack().messages(CHANNEL), vec![]);
    world.stop().await;
}

#[tokio::test]
async fn a_channel_that_closes_while_the_clone_lives_hands_the_message_over_to_the_person() {
    let world = World::start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    one_message_says_ready(&world, &clone).await;
    world.slack().sets_channel(Channel {
        is_archived: true,
        ..Channel::new(CHANNEL, "clones")
    });
    world
        .slack()
        .fail_always("chat.update", Some(Fault::Error("is_archived".into())));
    world.asks(ALICE, &format!("/clone extend {} 1d", clone.id)).await;
    until_told_alone(&world, "is ready").await;
    world.slack().fail_always("chat.update", None);
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    until_told_alone(&world, "is deleted").await;
    assert_eq!(world.record(&clone.id).await.state, CloneState::Deleted);
    world.stop().await;
}

async fn until_told_alone(world: &World, words: &str) {
    until(&format!("Alice is told alone `{words}`"), || async {
        let all = world.slack().direct_messages(ALICE);
        all.iter()
            .any(|message| message.text.contains(words))
            .then_some(())
    })
    .await;
}
