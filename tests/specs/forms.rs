//! The form behind a bare `/clone`.

use domain::CloneState;
use specs::{ALICE, World};

/// All that the open form shows.
fn shown(world: &World) -> String {
    let form = world.slack().open_view(ALICE).expect("the form is open");
    serde_json::to_string(form.blocks()).unwrap()
}

#[tokio::test]
async fn the_form_shows_what_each_choice_costs_and_makes_the_clone() {
    let world = World::start().await;
    world.asks(ALICE, "/clone").await;
    let form = world
        .slack()
        .open_view(ALICE)
        .expect("a bare /clone opens the form");
    assert!(
        shown(&world).contains("*$2.71* for 1d on `db.t4g.medium`"),
        "{}",
        shown(&world)
    );
    let chose = world
        .slack()
        .acts_in_view(ALICE, &form.id, "class", Some("db.r6g.large"))
        .await;
    assert!(chose.is_ok(), "{chose:?}");
    assert!(
        shown(&world).contains("*$7.51* for 1d on `db.r6g.large`"),
        "{}",
        shown(&world)
    );
    world
        .slack()
        .acts_in_view(ALICE, &form.id, "lifetime", Some("4h"))
        .await;
    assert!(
        shown(&world).contains("*$1.25* for 4h on `db.r6g.large`"),
        "{}",
        shown(&world)
    );
    let sent = world
        .slack()
        .submits(ALICE, &form.id, &[("options", "data_api")])
        .await;
    assert!(sent.is_ok() && sent.field_errors.is_empty(), "{sent:?}");
    assert_eq!(world.slack().open_view(ALICE), None);
    let clone = world.until_state(CloneState::Requested).await;
    assert_eq!(
        (clone.class.to_string(), clone.lifetime.hours()),
        ("db.r6g.large".into(), 4)
    );
    assert!(clone.options.data_api);
    assert_eq!(
        clone.channel.as_deref(),
        Some(specs::CHANNEL),
        "where it was asked for"
    );
    world.stop().await;
}

#[tokio::test]
async fn what_the_policy_no_longer_allows_is_told_at_its_field() {
    let world = World::start().await;
    world.asks(ALICE, "/clone").await;
    let form = world
        .slack()
        .open_view(ALICE)
        .expect("a bare /clone opens the form");
    let file = world.local().config_folder().join("doppel.toml");
    let policy = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        policy.replace("\"db.t4g.medium\", \"db.r6g.large\"", "\"db.t4g.medium\""),
    )
    .unwrap();
    let sent = world
        .slack()
        .submits(ALICE, &form.id, &[("class", "db.r6g.large")])
        .await;
    assert!(
        sent.field_errors["class-production"].contains("is not allowed for production"),
        "{sent:?}"
    );
    world.until_quiet().await;
    assert_eq!(world.records().await, vec![]);
    world.stop().await;
}
