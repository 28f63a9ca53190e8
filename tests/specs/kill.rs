//! Whatever befalls the worker or its database while it masks, nothing unmasked is handed out, and the request ends
//! in a fresh and right clone or in one explanation.

use domain::policy::Engine;
use domain::{CloneRecord, CloneState, Failure};
use specs::{ALICE, CHANNEL, Moment, World, moments};

use crate::hand_over::{joins_hold, no_original_is_left};

/// Random moments in all; they are dealt out to so many tests, so that they run side by side.
const KILLS: usize = 20;
const SHARES: usize = 4;

async fn start(engine: Engine) -> World {
    let world = World::builder().engine(engine).customers(60).speed(360);
    world.setup_limit("20h").start().await
}

/// At random, or the one that failed before: `DOPPEL_SEED=…`.
fn seed() -> u64 {
    let given = std::env::var("DOPPEL_SEED").ok();
    let seed = given.map_or_else(
        || u64::from(std::process::id()) ^ chrono::Utc::now().timestamp_micros().cast_unsigned(),
        |seed| seed.parse().expect("DOPPEL_SEED is a number"),
    );
    println!("DOPPEL_SEED={seed}");
    seed
}

/// The whole request ended in a clone that is not the one whose masking broke off, and in which nothing is left of
/// production.
async fn ends_in_a_fresh_and_right_clone(world: &World) -> CloneRecord {
    let clone = world.handed_over().await;
    world.until_quiet().await;
    let clone = world.record(&clone.id).await;
    assert_eq!(clone.attempt, 2, "{:?}", clone.broke_off);
    assert!(clone.is_verified());
    let discarded = clone.broke_off[0].cluster_resource_id.as_deref();
    assert!(discarded.is_some() && discarded != clone.cluster_resource_id.as_deref());
    let mut production = world.production().await;
    let mut copy = world.open(&clone).await;
    no_original_is_left(clone.engine, &mut production, &mut copy).await;
    joins_hold(&mut production, &mut copy).await;
    let mut costs = vec!["production".to_owned(), clone.id.to_string()];
    costs.sort();
    assert_eq!(world.clusters(), costs);
    assert_eq!(world.slots_taken().await, 1);
    clone
}

/// The request ended in one message that says it was tried twice, and in nothing that costs money.
async fn ends_in_one_explanation(world: &World) {
    let clone = world.failed().await;
    world.until_closed(&clone.id).await;
    let clone = world.record(&clone.id).await;
    assert_eq!(
        (clone.ready_at, &clone.access, &clone.verdict),
        (None, &None, &None)
    );
    let failure = clone.failure.as_ref().map(|failed| failed.failure);
    assert_eq!(failure, Some(Failure::BrokeOff), "{clone:#?}");
    world.until_said("it was tried twice").await;
    assert_eq!(world.messages_about(&clone).len(), 1);
    assert_eq!(world.clusters(), ["production"]);
    assert_eq!(world.secrets_left().await, Vec::<String>::new());
    assert_eq!(world.slots_taken().await, 0);
}

async fn killed_at(world: &World, moment: Moment, talk: [u64; 3], again: bool) {
    world.forget_everything().await;
    let mut masking = world.next_masking();
    world.asks(ALICE, "/clone production").await;
    masking.until_moment(moment, talk).await;
    assert_eq!(world.aws().kill_tasks(), 1, "killed {moment}");
    println!("killed {moment}{}", if again { ", twice" } else { "" });
    if again {
        let mut masking = world.next_masking();
        masking.until_moment(moment, talk).await;
        assert_eq!(world.aws().kill_tasks(), 1, "killed again {moment}");
        ends_in_one_explanation(world).await;
    } else {
        ends_in_a_fresh_and_right_clone(world).await;
    }
}

async fn a_share_of_the_kills(share: usize) {
    let world = start(Engine::Postgres).await;
    let talk = world.talk_of_a_good_masking().await;
    assert!(talk.iter().all(|said| *said > 5), "{talk:?}");
    let all = moments(seed(), KILLS);
    for (n, moment) in all.into_iter().enumerate().skip(share).step_by(SHARES) {
        // Every fifth request meets the same fate on its fresh clone too.
        killed_at(&world, moment, talk, n % 5 == 2).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn a_worker_killed_at_a_random_moment_hands_nothing_unmasked_out_1() {
    a_share_of_the_kills(0).await;
}

#[tokio::test]
async fn a_worker_killed_at_a_random_moment_hands_nothing_unmasked_out_2() {
    a_share_of_the_kills(1).await;
}

#[tokio::test]
async fn a_worker_killed_at_a_random_moment_hands_nothing_unmasked_out_3() {
    a_share_of_the_kills(2).await;
}

#[tokio::test]
async fn a_worker_killed_at_a_random_moment_hands_nothing_unmasked_out_4() {
    a_share_of_the_kills(3).await;
}

/// The database server restarts under the worker, as in a failover.
async fn failover(engine: Engine, part: f64) {
    let world = start(engine).await;
    let talk = world.talk_of_a_good_masking().await;
    world.forget_everything().await;
    let mut masking = world.next_masking();
    world.asks(ALICE, "/clone production").await;
    masking.until_moment(Moment { phase: "mask", part }, talk).await;
    let clone = world.only().await;
    let restart = world.local().rds().reboot_db_instance();
    let restart = restart.db_instance_identifier(clone.id.instance_id()).send();
    restart.await.expect("the server restarts");
    let clone = ends_in_a_fresh_and_right_clone(&world).await;
    assert!(
        clone.broke_off[0].cause.contains("the database answered"),
        "the worker itself said why: {:?}",
        clone.broke_off
    );
    world
        .until_said("Discarding the clone whose masking broke off")
        .await;
    world.stop().await;
}

#[tokio::test]
async fn a_postgresql_server_that_restarts_under_the_masking_ends_in_a_fresh_clone() {
    failover(Engine::Postgres, 0.5).await;
}

#[tokio::test]
async fn a_mysql_server_that_restarts_under_the_masking_ends_in_a_fresh_clone() {
    failover(Engine::Mysql, 0.5).await;
}

#[tokio::test]
async fn a_worker_on_mysql_that_is_killed_hands_nothing_unmasked_out() {
    let world = start(Engine::Mysql).await;
    let talk = world.talk_of_a_good_masking().await;
    let moment = moments(seed(), 3)[1];
    assert_eq!(moment.phase, "mask");
    killed_at(&world, moment, talk, false).await;
    world.stop().await;
}

/// What would come again is not tried again.
#[tokio::test]
async fn a_refusal_and_a_finding_cost_one_clone_each() {
    let world = World::builder()
        .rules(|rules| {
            rules.replace(
                "gift_message = { text = \"drop\" }\n",
                "gift_message = \"keep\"\n",
            )
        })
        .start()
        .await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.failed().await;
    world.until_closed(&clone.id).await;
    let clone = world.record(&clone.id).await;
    assert_eq!((clone.attempt, clone.state), (1, CloneState::Deleted));
    println!("{}", world.slack().transcript(CHANNEL));
    let report = clone.report.expect("what was found is reported");
    assert!(
        report
            .findings
            .iter()
            .any(|found| found.column.as_deref() == Some("gift_message")),
        "{:?}",
        report.findings
    );
    world.until_said("gift_message").await;
    world.stop().await;
}
