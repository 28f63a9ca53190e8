//! The end of a clone: it expires, or is extended, or deleted early, at any moment of its life.

use domain::record::DeleteReason;
use domain::{CloneState, Lifetime};
use local_aws::{Failure, Fault, Kind};
use specs::{ALICE, World};

/// Six simulated minutes a real second: an hour of life passes in ten seconds.
const FAST: u32 = 360;

#[tokio::test]
async fn a_clone_is_warned_of_and_deleted_when_its_time_is_over() {
    let world = World::builder().speed(FAST).start().await;
    world.asks(ALICE, "/clone production 2h").await;
    let clone = world.handed_over().await;
    world.until_said("expires").await;
    world.until_closed(&clone.id).await;
    let closed = world.record(&clone.id).await;
    assert!(closed.warned_at.is_some(), "warned before it went");
    assert_eq!(closed.deleted_because, Some(DeleteReason::Expired));
    assert!(closed.deleted_at.unwrap() >= clone.expires_at);
    assert!(closed.ttl.unwrap() > closed.deleted_at.unwrap().timestamp() + 29 * 86_400);
    assert_eq!(world.clusters(), ["production"]);
    assert_eq!(world.secrets_left().await, Vec::<String>::new());
    assert_eq!(world.slots_taken().await, 0);
    assert_eq!(world.warnings_about(&clone), 1, "once");
    let warning = world.warning(&clone).await;
    for action in [slack::message::action::EXTEND, slack::message::action::DELETE] {
        let before = world.slack().messages(specs::CHANNEL).len();
        world.slack().presses(ALICE, &warning, action).await;
        let said = world.slack().messages(specs::CHANNEL).split_off(before);
        assert!(
            said[0].text.contains("is gone: it was deleted"),
            "{action}: {said:?}"
        );
    }
    assert_eq!(world.slack().open_view(ALICE), None);
    world.stop().await;
}

#[tokio::test]
async fn the_warnings_extend_button_gives_more_time_and_a_new_warning_later() {
    let world = World::builder().speed(FAST).start().await;
    world.asks(ALICE, "/clone production 2h").await;
    let clone = world.handed_over().await;
    let warning = world.warning(&clone).await;
    let answer = world
        .slack()
        .presses(ALICE, &warning, slack::message::action::EXTEND)
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    let form = world.slack().open_view(ALICE).expect("it asks how long");
    let answer = world.slack().submits(ALICE, &form.id, &[("more", "4h")]).await;
    assert!(answer.is_ok(), "{answer:?}");
    let said = world.slack().open_view(ALICE).expect("it says that it is done");
    assert_eq!(said.title(), "Extended");
    let extended = world
        .until_record(&clone.id, |record| record.expires_at > clone.expires_at)
        .await;
    let four: Lifetime = "4h".parse().unwrap();
    assert_eq!(extended.expires_at, clone.expires_at + four.span());
    assert_eq!(extended.warned_at, None, "it will be warned of again");
    assert_eq!(extended.state, CloneState::Ready);
    world.stop().await;
}

#[tokio::test]
async fn a_life_is_extended_by_a_command_up_to_the_policys_limit() {
    let world = World::start().await;
    world.asks(ALICE, "/clone production 4h").await;
    let clone = world.handed_over().await;
    let day: Lifetime = "1d".parse().unwrap();
    world.asks(ALICE, &format!("/clone extend {} 1d", clone.id)).await;
    world
        .until_record(&clone.id, |record| {
            record.expires_at == clone.expires_at + day.span()
        })
        .await;
    let refused = world
        .asks(ALICE, &format!("/clone extend {} 60d", clone.id))
        .await;
    assert!(refused.text().contains("60d"), "{refused:?}");
    world.stop().await;
}

#[tokio::test]
async fn the_extend_form_offers_what_the_policy_leaves_and_nothing_past_it() {
    let total = ("sources.production", "max_total_life", "\"7d\"");
    let world = World::builder().policy(total.0, total.1, total.2).start().await;
    world.asks(ALICE, "/clone production 6d").await;
    let clone = world.handed_over().await;
    world.until_said("is ready").await;
    let message = world.messages_about(&clone).remove(0);
    let press = || {
        world
            .slack()
            .presses(ALICE, &message.ts, slack::message::action::EXTEND)
    };
    press().await;
    let form = world.slack().open_view(ALICE).expect("it asks how long");
    let offered = serde_json::to_string(form.blocks()).unwrap();
    assert!(
        offered.contains("\"12h\"") && !offered.contains("\"2d\""),
        "{offered}"
    );
    // Somebody was faster: what the form still offers is no longer allowed.
    world
        .asks(ALICE, &format!("/clone extend {} 20h", clone.id))
        .await;
    let answer = world.slack().submits(ALICE, &form.id, &[("more", "12h")]).await;
    assert!(answer.field_errors["more"].contains("in all"), "{answer:?}");
    world.asks(ALICE, &format!("/clone extend {} 4h", clone.id)).await;
    world.slack().closes(ALICE, &form.id).await;
    press().await;
    assert_eq!(world.slack().open_view(ALICE), None, "there is nothing to ask");
    world.until_said("cannot be extended").await;
    world.stop().await;
}

#[tokio::test]
async fn a_clone_is_deleted_early_by_its_button() {
    let world = World::builder().speed(FAST).start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    world.until_said("is ready").await;
    let message = world.messages_about(&clone).remove(0);
    let answer = world
        .slack()
        .presses(ALICE, &message.ts, slack::message::action::DELETE)
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    world.until_closed(&clone.id).await;
    assert!(matches!(
        world.record(&clone.id).await.deleted_because,
        Some(DeleteReason::Asked(_))
    ));
    assert_eq!(world.clusters(), ["production"]);
    world.until_said("is deleted").await;
    let blocks = serde_json::to_string(&world.messages_about(&clone)[0].blocks).unwrap();
    assert!(
        !blocks.contains(slack::message::action::DELETE),
        "its buttons are gone: {blocks}"
    );
    world.stop().await;
}

#[tokio::test]
async fn deleted_while_cloning_nothing_comes_back_to_life() {
    deleted_while(CloneState::Cloning).await;
}

#[tokio::test]
async fn deleted_while_masking_nothing_comes_back_to_life() {
    deleted_while(CloneState::Masking).await;
}

async fn deleted_while(state: CloneState) {
    let world = World::builder().customers(1_500).start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.until_state(state).await;
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    world.until_quiet().await;
    let closed = world.record(&clone.id).await;
    assert_eq!((closed.state, closed.ready_at), (CloneState::Deleted, None));
    assert_eq!(world.clusters(), ["production"]);
    assert_eq!(world.slots_taken().await, 0);
    world.stop().await;
}

#[tokio::test]
async fn an_execution_that_was_stopped_by_hand_leaves_nothing_behind() {
    let world = World::builder().customers(1_500).start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.until_state(CloneState::Masking).await;
    world.stop_execution(&clone.execution_arn).await;
    world.until_closed(&clone.id).await;
    assert_eq!(world.record(&clone.id).await.ready_at, None);
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn what_slack_never_heard_is_said_by_the_next_sweep() {
    let world = World::builder().speed(FAST).start().await;
    let refused = Failure::new(400, "AccessDeniedException", "notify may not read the table");
    let blind = Fault::new(Kind::Fail(refused))
        .principal("lambda-notify")
        .operation("dynamodb", "GetItem");
    world.aws().faults().inject(blind.always());
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    world.until_quiet().await;
    assert!(world.messages_about(&clone).is_empty(), "nothing was said");
    world.aws().faults().clear();
    world.until_said("is ready").await;
    assert_eq!(world.messages_about(&clone).len(), 1);
    world.stop().await;
}
