//! The gateway's door: only Slack gets in, and only once.

use specs::{ALICE, BOB, CHANNEL, World};

#[tokio::test]
async fn forged_stale_and_tampered_requests_get_401_and_start_nothing() {
    let world = World::start().await;
    let slack = world.slack();
    let now = chrono::Utc::now().timestamp();
    let statuses = [
        slack
            .says_signed_with(ALICE, CHANNEL, "/clone production", |r| {
                r.secret("not-the-secret")
            })
            .await
            .status,
        slack
            .says_signed_with(ALICE, CHANNEL, "/clone production", |r| r.at(now - 301))
            .await
            .status,
        slack
            .says_signed_with(ALICE, CHANNEL, "/clone production", |r| r.at(now + 301))
            .await
            .status,
        slack
            .says_signed_with(ALICE, CHANNEL, "/clone production", |r| {
                r.tampered("production", "productioN")
            })
            .await
            .status,
        slack
            .says_signed_with(ALICE, CHANNEL, "/clone production", |r| r.with_signature("v0=00"))
            .await
            .status,
    ];
    assert_eq!(statuses, [Some(401); 5]);
    world.until_quiet().await;
    assert_eq!(world.records().await, vec![]);
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_slack_retries_three_times_makes_one_clone() {
    let world = World::start().await;
    let request = world
        .slack()
        .command_request(ALICE, CHANNEL, "/clone production")
        .unwrap();
    for retry in 1..=3 {
        let answer = world
            .slack()
            .send("/slack/commands", request.clone().retry(retry, "http_timeout"))
            .await;
        assert!(answer.status.is_some_and(|status| status == 200), "{answer:?}");
    }
    world.handed_over().await;
    world.until_quiet().await;
    assert_eq!(world.records().await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn two_people_at_once_each_get_their_own() {
    let world = World::start().await;
    let (alice, bob) = tokio::join!(
        world.asks(ALICE, "/clone production"),
        world.asks(BOB, "/clone production 3d")
    );
    assert!(alice.is_ok() && bob.is_ok(), "{alice:?} {bob:?}");
    let ready = world
        .until_records("both are ready", |all| {
            all.len() == 2 && all.iter().all(|record| record.ready_at.is_some())
        })
        .await;
    assert_ne!(ready[0].principal, ready[1].principal);
    let not_hers = ready
        .iter()
        .find(|record| record.principal != specs::slack_user(ALICE))
        .unwrap();
    let refused = world.asks(ALICE, &format!("/clone delete {}", not_hers.id)).await;
    assert!(refused.text().contains("somebody else"), "{refused:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_replayed_request_gets_401_and_starts_nothing_more() {
    let world = World::start().await;
    let request = world
        .slack()
        .command_request(ALICE, CHANNEL, "/clone production")
        .unwrap();
    let first = world.slack().send("/slack/commands", request.clone()).await;
    let replayed = world.slack().send("/slack/commands", request).await;
    assert_eq!((first.status, replayed.status), (Some(200), Some(401)));
    world.handed_over().await;
    world.until_quiet().await;
    assert_eq!(world.records().await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn help_and_forms_write_nothing_to_the_table_and_a_list_is_remembered() {
    let world = World::start().await;
    let writes = || {
        let is_write = |operation: &str| !matches!(operation, "GetItem" | "Scan");
        let calls = world.aws().calls();
        let ours = calls
            .iter()
            .filter(|call| (call.principal.as_str(), call.service.as_str()) == ("gateway", "dynamodb"));
        ours.filter(|call| is_write(&call.operation)).count()
    };
    for text in ["/clone help", "/clone frobnicate", "/clone"] {
        assert!(world.asks(ALICE, text).await.is_ok());
    }
    assert!(world.slack().open_view(ALICE).is_some(), "the form is open");
    assert_eq!(writes(), 0);
    // It tells one person what others are not told, so its replay must be known everywhere.
    assert!(world.asks(ALICE, "/clone list").await.is_ok());
    assert_eq!(writes(), 1);
    world.stop().await;
}
