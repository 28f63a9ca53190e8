//! The command line: the same front doors for scripts, with exit codes that mean something.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

use std::process::{Output, Stdio};

use serde_json::Value;
use specs::World;

/// Runs `doppel` against the world, as a script would.
async fn doppel(world: &World, arguments: &[&str]) -> Output {
    doppel_as("me", world, arguments).await
}

/// The same, as somebody in particular.
async fn doppel_as(user: &str, world: &World, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("local.json");
    std::fs::write(&file, serde_json::to_vec(world.local().addresses()).unwrap()).unwrap();
    tokio::process::Command::new(env!("CARGO_BIN_EXE_doppel"))
        .args(["--local", "--json"])
        .args(arguments)
        .env("DOPPEL_LOCAL", &file)
        .env("USER", user)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(text.trim().lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {text} {errors}"))
}

#[tokio::test]
async fn prices_are_renewed_from_the_price_list_for_any_region() {
    let world = World::start().await;
    let file = world.local().config_folder().join("prices.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    let unknown = |class: &str| !before.contains(class);
    assert!(unknown("db.r6g.2xlarge") && before.contains("examples"));
    let printed = doppel(&world, &["prices", "refresh", "--region", "eu-west-1", "--print"]).await;
    assert_eq!(printed.status.code(), Some(0), "{printed:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before, "only printed");

    let renewed = doppel(&world, &["prices", "refresh", "--region", "eu-west-1"]).await;
    assert_eq!(renewed.status.code(), Some(0), "{renewed:?}");
    let prices = domain::cost::Prices::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(prices.source, "AWS Price List API, eu-west-1");
    assert_eq!(prices.date, Some(world.local().clock().now().date_naive()));
    let hour = |engine, storage, class: &str| prices.per_hour(engine, storage, &class.parse().unwrap());
    use domain::policy::{Engine, Storage};
    for engine in [Engine::Postgres, Engine::Mysql] {
        let (_, standard) = hour(engine, Storage::Standard, "db.r6g.large").unwrap();
        let (_, optimized) = hour(engine, Storage::IoOptimized, "db.r6g.large").unwrap();
        assert!(standard > 0.0 && optimized > standard);
        assert!(hour(engine, Storage::Standard, "serverless:0-4").is_some());
    }
    assert_eq!(prices.sizes["db.r6g.large"].memory_gib, 16.0);
    assert_eq!(
        hour(Engine::Postgres, Storage::Standard, "db.x9.large"),
        None,
        "never guessed"
    );
    world.stop().await;
}

#[tokio::test]
async fn a_script_creates_connects_extends_and_deletes() {
    let world = World::start().await;
    let created = doppel(&world, &["create", "production", "4h", "db.t4g.medium", "--wait"]).await;
    assert_eq!(created.status.code(), Some(0), "{created:?}");
    let id = json(&created)["DBClusterIdentifier"].as_str().unwrap().to_owned();

    let shown = doppel(&world, &["show", &id]).await;
    assert_eq!(json(&shown)["state"], "ready");
    let listed = doppel(&world, &["list"]).await;
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&id));

    let connect = doppel(&world, &["connect", &id, "--print"]).await;
    let printed = String::from_utf8_lossy(&connect.stdout).into_owned();
    let dsn = printed
        .split('"')
        .find(|word| word.starts_with("postgres"))
        .unwrap_or(printed.trim());
    let mut clone = specs::Database::connect(domain::policy::Engine::Postgres, dsn)
        .await
        .unwrap();
    assert_eq!(clone.number("SELECT count(*) FROM customers").await, 200);
    drop(clone);

    let extended = doppel(&world, &["extend", &id, "1d"]).await;
    assert_eq!(extended.status.code(), Some(0), "{extended:?}");
    let deleted = doppel(&world, &["delete", &id, "--wait"]).await;
    assert_eq!(deleted.status.code(), Some(0), "{deleted:?}");
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let world = World::start().await;
    for (arguments, code) in [
        (&["show", "doppel-production-20200101-aaaaaa"][..], 3),
        (&["create", "staging"][..], 3),
        (&["create", "production", "db.t4g.medium", "90d"][..], 4),
        (&["create", "production", "huge"][..], 2),
        (&["create", "production", "400d"][..], 2),
    ] {
        let output = doppel(&world, arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} says why");
    }
    let swept = doppel(&world, &["sweep", "--dry-run"]).await;
    assert_eq!(swept.status.code(), Some(0), "{swept:?}");
    world.stop().await;
}

/// A world in which more than two days need Dora's or Alice's word.
async fn with_approval() -> World {
    let rule = r#"{ above_lifetime = "2d", approvers = ["cli/dora", "cli/alice"] }"#;
    World::builder()
        .policy("sources.production", "approval", rule)
        .start()
        .await
}

/// Alice asks for what needs an approval.
async fn asked(world: &World) -> domain::CloneRecord {
    let asked = doppel_as("alice", world, &["create", "production", "3d"]).await;
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    let waits = world.until_records("a request waits", |all| {
        all.iter().any(domain::CloneRecord::awaits_answer)
    });
    waits.await.remove(0)
}

#[tokio::test]
async fn an_approver_answers_on_the_command_line_by_the_same_rule_as_in_slack() {
    let world = with_approval().await;
    let clone = asked(&world).await;
    let id = clone.id.to_string();
    for (user, said) in [
        ("alice", "your own request"),
        ("bob", "not among those who approve"),
    ] {
        let refused = doppel_as(user, &world, &["approve", &id]).await;
        assert_eq!(refused.status.code(), Some(4), "{refused:?}");
        let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(errors.contains(said), "{errors}");
    }
    let token = clone.approval.and_then(|approval| approval.token).unwrap();
    for arguments in [vec!["show", &id], vec!["list"]] {
        let shown = doppel(&world, &arguments).await;
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(
            text.contains("awaiting") && !text.contains(token.expose()),
            "{text}"
        );
    }
    let approved = doppel_as("dora", &world, &["approve", &id]).await;
    assert_eq!(approved.status.code(), Some(0), "{approved:?}");
    let late = doppel_as("dora", &world, &["deny", &id]).await;
    assert_eq!(late.status.code(), Some(4), "{late:?}");
    world.handed_over().await;
    world.until_quiet().await;
    let lines = specs::audit_lines(|line| line.field("clone.id") == id);
    let said: Vec<_> = lines.iter().map(specs::AuditLine::decision).collect();
    assert_eq!(said, [("awaiting", "cli/alice"), ("approved", "cli/dora")]);
    world.stop().await;
}

#[tokio::test]
async fn a_denial_on_the_command_line_tells_its_reason() {
    let world = with_approval().await;
    let clone = asked(&world).await;
    let deny = ["deny", clone.id.as_str(), "--reason", "two days will do"];
    let denied = doppel_as("dora", &world, &deny).await;
    assert_eq!(denied.status.code(), Some(0), "{denied:?}");
    let failed = world.failed().await;
    let failure = failed.failure.as_ref().unwrap();
    assert_eq!(failure.failure, domain::Failure::Denied);
    assert!(failure.cause.contains("two days will do"), "{failure:?}");
    world.until_closed(&failed.id).await;
    assert_eq!(world.clusters(), ["production"]);
    world.stop().await;
}
