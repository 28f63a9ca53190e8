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
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("local.json");
    std::fs::write(&file, serde_json::to_vec(world.local().addresses()).unwrap()).unwrap();
    tokio::process::Command::new(env!("CARGO_BIN_EXE_doppel"))
        .args(["--local", "--json"])
        .args(arguments)
        .env("DOPPEL_LOCAL", &file)
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
