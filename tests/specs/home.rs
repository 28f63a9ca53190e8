//! The app's home tab.

use domain::{CloneRecord, CloneState};
use local_slack::{Fault, View};
use slack::message::action;
use specs::{ALICE, BOB, World, until};

const CAROL: &str = "U0CAROL";

/// Somebody's home tab as text, as soon as it says this.
async fn home_says(world: &World, user: &str, words: &str) -> View {
    until(&format!("the home tab of {user} says `{words}`"), || async {
        let home = world.slack().home(user)?;
        home.body.to_string().contains(words).then_some(home)
    })
    .await
}

fn published_for(world: &World, user: &str) -> usize {
    let calls = world.slack().calls();
    let of_user = calls
        .iter()
        .filter(|call| call.method == "views.publish" && call.arguments["user_id"] == user);
    of_user.count()
}

async fn modal_says(world: &World, words: &str) -> View {
    until(&format!("a form says `{words}`"), || async {
        let modal = world.slack().open_view(ALICE)?;
        modal.body.to_string().contains(words).then_some(modal)
    })
    .await
}

/// Presses a button of the only clone in Alice's home tab.
async fn presses(world: &World, clone: &CloneRecord, action: &str) {
    let home = home_says(world, ALICE, action).await;
    assert!(home.body.to_string().contains(clone.id.as_str()));
    let answer = world.slack().acts_in_view(ALICE, &home.id, action, None).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn the_home_tab_shows_my_clones_follows_them_and_its_buttons_work() {
    let world = World::start().await;
    assert!(world.slack().opens_home(ALICE).await.is_ok());
    home_says(&world, ALICE, "You have none").await;
    world.asks(ALICE, "/clone production 4h").await;
    let clone = world.handed_over().await;
    home_says(&world, ALICE, "left, ends").await;

    presses(&world, &clone, action::CONNECT).await;
    let form = modal_says(&world, "psql -h").await;
    world.slack().closes(ALICE, &form.id).await;

    presses(&world, &clone, action::EXTEND).await;
    let form = modal_says(&world, "Extend").await;
    let input = form
        .blocks()
        .iter()
        .find(|block| block["type"] == "input")
        .unwrap();
    let field = input["block_id"].as_str().unwrap().to_owned();
    let answer = world.slack().submits(ALICE, &form.id, &[(&field, "7d")]).await;
    assert!(answer.is_ok(), "{answer:?}");
    home_says(&world, ALICE, "7 d ").await;

    presses(&world, &clone, action::DELETE).await;
    world.until_closed(&clone.id).await;
    home_says(&world, ALICE, "You have none").await;
    assert_eq!(published_for(&world, BOB), 0, "who never opened it has none");
    world.stop().await;
}

#[tokio::test]
async fn an_admin_sees_everybodys_clones_the_slots_and_the_cost_and_others_do_not() {
    let world = World::start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    for user in [CAROL, BOB] {
        assert!(world.slack().opens_home(user).await.is_ok());
    }
    let carols = home_says(&world, CAROL, clone.id.as_str()).await.body.to_string();
    assert!(
        carols.contains("1 of 12 taken") && carols.contains("Cost this month"),
        "{carols}"
    );
    let bobs = home_says(&world, BOB, "You have none").await.body.to_string();
    assert!(
        !bobs.contains(clone.id.as_str()) && !bobs.contains("Cost"),
        "{bobs}"
    );
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    home_says(&world, CAROL, "0 of 12 taken").await;
    world.stop().await;
}

#[tokio::test]
async fn a_home_tab_that_slack_did_not_take_is_shown_later_and_the_steps_of_a_masking_do_not_renew_it() {
    let world = World::start().await;
    world.slack().fail_next("views.publish", Fault::Status(503));
    world
        .slack()
        .fail_next("views.publish", Fault::Error("internal_error".into()));
    // Shown, but nobody learnt its hash: the next view replaces it all the same.
    world
        .slack()
        .fail_next_after_effect("views.publish", Fault::Status(502));
    assert!(world.slack().opens_home(ALICE).await.is_ok());
    home_says(&world, ALICE, "You have none").await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    home_says(&world, ALICE, "left, ends").await;
    world.until_quiet().await;
    let states = clone.entered.len();
    assert!(
        published_for(&world, ALICE) <= states + 5,
        "{} views for {states} states",
        published_for(&world, ALICE)
    );
    assert_eq!(world.record(&clone.id).await.state, CloneState::Ready);
    world.stop().await;
}
