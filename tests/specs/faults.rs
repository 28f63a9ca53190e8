//! Every AWS call of a good run failing once, before and after its effect, ends in a hand-over or in nothing left.

use domain::CloneState;
use local_aws::{Failure, Kind};
use specs::{ALICE, World};

/// The calls are dealt out to this many tests, so that they run side by side.
const SHARES: usize = 4;

fn refused() -> Failure {
    Failure::new(400, "InjectedFault", "this call was made to fail")
}

async fn every_call_of_a_share(share: usize, kind: fn(Failure) -> Kind) {
    let world = World::builder().customers(20).speed(360).start().await;
    let calls = world.calls_of_a_good_run().await;
    assert!(calls.len() > 20, "a good run makes {} calls", calls.len());
    for call in calls.iter().skip(share).step_by(SHARES) {
        world.forget_everything().await;
        world.fail_from_now(call, kind(refused()));
        world.asks(ALICE, "/clone production").await;
        world.until_settled().await;
        let clones = world.records().await;
        let handed_over = clones.iter().any(|clone| clone.state == CloneState::Ready);
        let nothing_left = world.clusters() == ["production"] && world.slots_taken().await == 0;
        assert!(
            handed_over || nothing_left,
            "after {call:?} failed: {:?}, {clones:#?}",
            world.clusters()
        );
        for clone in clones.iter().filter(|clone| clone.state == CloneState::Ready) {
            assert!(
                clone.is_verified(),
                "after {call:?} failed an unverified clone was handed over"
            );
        }
    }
    println!("{} calls in all", calls.len());
    world.stop().await;
}

macro_rules! shares {
    ($($before:ident $after:ident $share:literal,)+) => {$(
        #[tokio::test]
        async fn $before() {
            every_call_of_a_share($share, Kind::Fail).await;
        }

        #[tokio::test]
        async fn $after() {
            every_call_of_a_share($share, Kind::FailAfter).await;
        }
    )+};
}

shares! {
    a_call_that_fails_leaves_nothing_behind_1 a_call_whose_answer_is_lost_leaves_nothing_behind_1 0,
    a_call_that_fails_leaves_nothing_behind_2 a_call_whose_answer_is_lost_leaves_nothing_behind_2 1,
    a_call_that_fails_leaves_nothing_behind_3 a_call_whose_answer_is_lost_leaves_nothing_behind_3 2,
    a_call_that_fails_leaves_nothing_behind_4 a_call_whose_answer_is_lost_leaves_nothing_behind_4 3,
}
