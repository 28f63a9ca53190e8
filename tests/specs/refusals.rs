//! What is not allowed, or cannot be, is refused in words, and costs nothing.

use domain::{CloneState, Failure};
use specs::{ALICE, BOB, World};

#[tokio::test]
async fn each_bad_field_of_a_command_is_named_in_the_answer() {
    let world = World::start().await;
    for (said, named) in [
        ("/clone prod", "prod"),
        ("/clone production class=huge", "huge"),
        ("/clone production db.x9.huge", "db.x9.huge"),
        ("/clone production for=soon", "soon"),
        ("/clone production 30d", "30d"),
        ("/clone production serverless:0-4 proxy", "proxy"),
        ("/clone extend nothing 1d", "nothing"),
        ("/clone frobnicate", "frobnicate"),
    ] {
        let answer = world.asks(ALICE, said).await;
        let text = format!("{} {}", answer.text(), answer.body);
        assert!(text.contains(named), "`{said}` was answered: {text}");
    }
    assert_eq!(world.records().await, vec![]);
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn each_bad_field_of_a_direct_input_is_named_in_the_channel() {
    let world = World::start().await;
    for (input, named) in [
        (r#"{"class": "huge"}"#, "`huge` is no class"),
        (r#"{"expire_days": "soon"}"#, "`soon` is no lifetime"),
        (r#"{"source": "Prod!"}"#, "`Prod!` is no source name"),
        (r#"{"source": "staging"}"#, "no source `staging`"),
        (r#"{"expire_day": "3"}"#, "expire_day"),
    ] {
        world.starts(input).await;
        world.until_said(named).await;
    }
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn a_forged_person_or_approval_in_a_direct_input_is_not_believed() {
    let world = World::start().await;
    world
        .starts(r#"{"person": "U0BOSS", "approved_by": "U0BOSS"}"#)
        .await;
    world.until_said("is no field of a request").await;
    world.starts(r#"{"request": "made-up"}"#).await;
    world.until_quiet().await;
    assert!(
        world
            .records()
            .await
            .iter()
            .all(|record| record.ready_at.is_none())
    );
    world.starts("{}").await;
    let ready = |all: &[domain::CloneRecord]| all.iter().any(|record| record.state == CloneState::Ready);
    let clones = world.until_records("the honest one is handed over", ready).await;
    assert!(
        clones
            .iter()
            .all(|clone| clone.principal == domain::request::Principal::Direct),
        "{clones:#?}"
    );
    world.stop().await;
}

#[tokio::test]
async fn one_person_cannot_have_more_clones_than_the_policy_says() {
    let world = World::builder()
        .policy("people", "clones_per_person", "1")
        .start()
        .await;
    world.asks(ALICE, "/clone production").await;
    let first = world.handed_over().await;
    world.asks(ALICE, "/clone production").await;
    let refused = world.failed().await;
    assert_eq!(
        refused.failure.as_ref().map(|failed| failed.failure),
        Some(Failure::CapReached)
    );
    world.asks(BOB, "/clone production").await;
    world
        .until_records("Bob has his own", |all| {
            all.iter()
                .filter(|record| record.state == CloneState::Ready)
                .count()
                == 2
        })
        .await;
    assert_eq!(
        world.record(&first.id).await.state,
        CloneState::Ready,
        "the first is untouched"
    );
    world.stop().await;
}

#[tokio::test]
async fn without_a_free_slot_a_request_is_refused() {
    let world = World::builder()
        .policy("sources.production", "slots", "1")
        .start()
        .await;
    world.asks(ALICE, "/clone production").await;
    world.handed_over().await;
    world.asks(BOB, "/clone production").await;
    let refused = world.failed().await;
    assert_eq!(
        refused.failure.as_ref().map(|failed| failed.failure),
        Some(Failure::NoSlot)
    );
    world.until_said("slot").await;
    assert_eq!(world.clusters().len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_used_up_quota_is_told_before_anything_is_made() {
    let world = World::builder().cluster_quota(1).start().await;
    world.asks(ALICE, "/clone production").await;
    let refused = world.failed().await;
    assert_eq!(
        refused.failure.as_ref().map(|failed| failed.failure),
        Some(Failure::QuotaExceeded)
    );
    world.until_closed(&refused.id).await;
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn a_full_copy_instead_of_a_clone_is_refused_and_deleted() {
    let world = World::start().await;
    world.aws().rds().outgrow_lineage();
    world.asks(ALICE, "/clone production").await;
    let refused = world.failed().await;
    assert_eq!(
        refused.failure.as_ref().map(|failed| failed.failure),
        Some(Failure::FullCopy)
    );
    world.until_closed(&refused.id).await;
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn without_capacity_for_the_class_the_fallback_is_taken() {
    let world = World::start().await;
    world.aws().rds().insufficient_capacity("db.t4g.medium", true);
    world.asks(ALICE, "/clone production db.t4g.medium").await;
    let clone = world.handed_over().await;
    assert_ne!(clone.target_class, clone.class);
    world.until_said(&clone.target_class.to_string()).await;
    world.stop().await;
}
