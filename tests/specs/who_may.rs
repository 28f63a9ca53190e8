//! Who may ask: channels, users and user groups of the policy. What cannot be learned grants nothing.

use local_slack::Fault;
use specs::{ALICE, BOB, CAROL, World};

/// How often Slack was asked who is in a group.
fn lookups(world: &World) -> usize {
    let calls = world.slack().calls();
    calls
        .iter()
        .filter(|call| call.method == "usergroups.users.list")
        .count()
}

#[tokio::test]
async fn the_members_of_a_group_may_ask_and_slack_is_asked_once_a_while() {
    let world = World::builder()
        .policy("people", "users", r#"["U0ALICE", "S0PLATFORM"]"#)
        .start()
        .await;
    let refused = world.asks(BOB, "/clone production 4h").await;
    assert!(refused.text().contains("not among the people"), "{refused:?}");
    let taken = world.asks(CAROL, "/clone production 4h").await;
    assert!(taken.text().contains("on its way"), "{taken:?}");
    let clone = world.handed_over().await;
    assert_eq!(clone.principal, specs::slack_user(CAROL));
    assert_eq!(lookups(&world), 1, "remembered for a short time");
    world.stop().await;
}

#[tokio::test]
async fn a_group_that_slack_does_not_tell_of_refuses_in_words_and_keeps_nobody_out_who_is_named() {
    let world = World::builder()
        .policy("people", "users", r#"["U0ALICE", "S0PLATFORM"]"#)
        .start()
        .await;
    for fault in [
        Fault::Error("missing_scope".into()),
        Fault::Status(500),
        Fault::Hang,
    ] {
        world.slack().fail_next("usergroups.users.list", fault);
        let refused = world.asks(CAROL, "/clone production 4h").await;
        assert!(
            refused.text().contains("who is in the user groups"),
            "in words, within Slack's three seconds: {refused:?}"
        );
    }
    assert_eq!(world.records().await, vec![]);
    world
        .slack()
        .fail_next("usergroups.users.list", Fault::Error("missing_scope".into()));
    let taken = world.asks(ALICE, "/clone production 4h").await;
    assert!(taken.text().contains("on its way"), "{taken:?}");
    world.handed_over().await;
    world.stop().await;
}

#[tokio::test]
async fn a_source_may_be_for_some_people_only() {
    let world = World::builder()
        .policy("sources.production", "users", r#"["S0PLATFORM"]"#)
        .start()
        .await;
    let refused = world.asks(BOB, "/clone production 4h").await;
    assert!(refused.text().contains("clones of production"), "{refused:?}");
    assert_eq!(world.records().await, vec![]);
    world.asks(CAROL, "/clone production 4h").await;
    world.handed_over().await;
    world.stop().await;
}
