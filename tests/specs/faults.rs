//! Every AWS call of a good run failing once, before and after its effect, ends in a hand-over or in nothing left.

use domain::CloneState;
use local_aws::{Failure, Kind};
use specs::{ALICE, Call, World};

/// The calls are dealt out to this many tests, so that they run side by side.
const SHARES: usize = 4;

fn refused() -> Failure {
    Failure::new(400, "InjectedFault", "this call was made to fail")
}

/// The calls that fail in the same run. Each has a run of its own, but for those that only tell people of the clone:
/// many of them fail in one run, never two in a row, so that each is heard at its next try.
fn fates(calls: &[Call]) -> Vec<Vec<Call>> {
    let (telling, others): (Vec<Call>, Vec<Call>) = calls.iter().cloned().partition(Call::only_tells);
    let (even, odd): (Vec<_>, Vec<_>) = telling.into_iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let told = [even, odd].map(|calls| calls.into_iter().map(|(_, call)| call).collect());
    told.into_iter()
        .chain(others.into_iter().map(|call| vec![call]))
        .collect()
}

async fn every_call_of_a_share(share: usize, kind: fn(Failure) -> Kind) {
    let world = World::builder().customers(20).speed(360).start().await;
    let calls = world.calls_of_a_good_run().await;
    assert!(calls.len() > 20, "a good run makes {} calls", calls.len());
    for calls in fates(&calls).iter().skip(share).step_by(SHARES) {
        world.forget_everything().await;
        world.fail_from_now(calls, || kind(refused()));
        world.asks(ALICE, "/clone production").await;
        world.until_settled().await;
        let clones = world.records().await;
        let handed_over = clones.iter().any(|clone| clone.state == CloneState::Ready);
        let nothing_left = world.clusters() == ["production"] && world.slots_taken().await == 0;
        assert!(
            handed_over || nothing_left,
            "after {calls:?} failed: {:?}, {clones:#?}",
            world.clusters()
        );
        for clone in clones.iter().filter(|clone| clone.state == CloneState::Ready) {
            assert!(
                clone.is_verified(),
                "after {calls:?} failed an unverified clone was handed over"
            );
        }
    }
    println!("{} calls in all, {} runs", calls.len(), fates(&calls).len());
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
