//! A clone with an RDS Proxy: asked for, handed over, taken away.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

use domain::CloneState;
use domain::record::DeleteReason;
use local_aws::{Failure, Kind, Outcome};
use specs::{ALICE, CHANNEL, World};

/// The calls to RDS that changed something, in order.
fn changes(world: &World) -> Vec<String> {
    let calls = world.aws().calls();
    let changes = calls
        .iter()
        .filter(|call| call.service == "rds" && !call.operation.starts_with("Describe"))
        .filter(|call| call.outcome == Outcome::Done);
    changes.map(|call| call.operation.clone()).collect()
}

#[tokio::test]
async fn a_proxy_comes_last_and_goes_first() {
    let world = World::start().await;
    world.asks(ALICE, "/clone production db.r6g.large 4h proxy").await;
    let clone = world.handed_over().await;
    let access = clone.access.clone().unwrap();
    let proxy = access.proxy.unwrap();
    world
        .until_said(&format!("RDS Proxy: `{}:{}`", proxy.host, proxy.port))
        .await;
    let shown = world.local().rds().describe_db_proxies().send().await.unwrap();
    let [shown] = shown.db_proxies() else {
        panic!("{shown:?}")
    };
    assert_eq!(shown.db_proxy_name(), Some(clone.id.as_str()));
    assert_eq!(shown.require_tls(), Some(true));
    assert_eq!(shown.vpc_security_group_ids(), ["sg-proxy"]);
    let made = changes(&world);
    let at = |operation: &str| made.iter().rposition(|made| made == operation).unwrap();
    assert!(
        at("ModifyDBCluster") < at("CreateDBProxy") && at("CreateDBProxy") < at("RegisterDBProxyTargets")
    );

    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
    let gone = changes(&world);
    let at = |operation: &str| gone.iter().position(|gone| gone == operation).unwrap();
    assert!(at("DeleteDBProxy") < at("DeleteDBCluster"), "{gone:?}");
    assert!(
        world
            .local()
            .rds()
            .describe_db_proxies()
            .send()
            .await
            .unwrap()
            .db_proxies()
            .is_empty()
    );
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn a_clone_that_may_pause_gets_no_proxy_and_hears_why() {
    let world = World::start().await;
    let answer = world.asks(ALICE, "/clone production serverless:0-4 proxy").await;
    let said = format!("{answer:?} {}", world.slack().transcript(CHANNEL));
    assert!(said.contains("would never pause at 0 ACU"), "{said}");
    assert!(world.records().await.iter().all(|record| !record.holds_slot));
    world.stop().await;
}

#[tokio::test]
async fn answers_that_are_lost_leave_one_proxy_and_a_clone_that_fails_leaves_none() {
    let world = World::start().await;
    for operation in ["CreateDBProxy", "RegisterDBProxyTargets"] {
        let lost = Failure::new(500, "InternalFailure", "lost");
        world
            .aws()
            .faults()
            .fail_next("rds", operation, Kind::FailAfter(lost));
    }
    world.asks(ALICE, "/clone production db.r6g.large proxy").await;
    let clone = world.handed_over().await;
    let proxies = world.local().rds().describe_db_proxies().send().await.unwrap();
    assert_eq!(proxies.db_proxies().len(), 1);
    let denied = Failure::new(400, "DBProxyQuotaExceededFault", "too many");
    world
        .aws()
        .faults()
        .fail_next("rds", "CreateDBProxy", Kind::Fail(denied));
    world.asks(ALICE, "/clone production db.r6g.large proxy").await;
    let failed = world.failed().await;
    assert_ne!(failed.id, clone.id);
    world.until_closed(&failed.id).await;
    let failed = world.record(&failed.id).await;
    assert_eq!(
        (failed.state, failed.deleted_because),
        (CloneState::Deleted, Some(DeleteReason::Failed))
    );
    world.stop().await;
}
