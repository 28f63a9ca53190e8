//! Rules and masking from the command line, against a database that is no clone.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use specs::World;

/// A run of `doppel`: its code, and what it said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn doppel(arguments: &[&str]) -> Said {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_doppel"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn write(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("rules.toml");
    std::fs::write(&file, text).unwrap();
    file
}

#[tokio::test]
async fn a_database_on_a_laptop_is_explained_and_masked_once() {
    let world = World::start().await;
    let dsn = world.local().addresses().source.dsn.clone();
    let home = tempfile::tempdir().unwrap();
    let suggested = doppel(&["rules", "suggest", &dsn]).await;
    assert_eq!(suggested.code, Some(0), "{}", suggested.err);
    let file = write(home.path(), &suggested.out);
    let rules = file.to_str().unwrap();

    let same = doppel(&["rules", "diff", rules, &dsn]).await;
    assert_eq!(
        (same.code, same.out.as_str()),
        (Some(0), "the rules and the database agree\n"),
        "{}",
        same.err
    );
    let less = suggested
        .out
        .lines()
        .filter(|line| !line.starts_with("full_name ="));
    let less = less.collect::<Vec<_>>().join("\n") + "\nfax = \"phone\"\n";
    std::fs::write(home.path().join("less.toml"), less).unwrap();
    let less = doppel(&[
        "rules",
        "diff",
        home.path().join("less.toml").to_str().unwrap(),
        &dsn,
    ])
    .await;
    assert_eq!(less.code, Some(6), "{}", less.err);
    assert!(
        less.out.contains("\nfull_name = ") && less.out.contains("there is no column `fax`"),
        "{}",
        less.out
    );

    let plan = doppel(&["mask", "--plan", "--rules", rules, &dsn]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.err);
    assert!(plan.out.contains("public.customers  200 rows, "), "{}", plan.out);
    let plan = doppel(&["--json", "mask", "--plan", "--rules", rules, &dsn]).await;
    let tables: Value = serde_json::from_str(&plan.out).unwrap();
    let customers = tables["tables"].as_array().unwrap().iter();
    let mut customers = customers.filter(|table| table["table"] == "public.customers");
    let columns = customers.next().unwrap()["columns"].as_array().unwrap().clone();
    assert!(
        columns
            .iter()
            .any(|column| column["column"] == "email" && column["transform"] == "email")
    );

    let unmeant = doppel(&["mask", "--rules", rules, &dsn]).await;
    assert_eq!(unmeant.code, Some(2), "{}", unmeant.err);
    let masked = doppel(&["--json", "mask", "--rules", rules, &dsn, "--yes"]).await;
    assert_eq!(masked.code, Some(0), "{}", masked.err);
    let report: Value = serde_json::from_str(&masked.out).unwrap();
    assert!(
        report["report"]["tables"]
            .as_array()
            .is_some_and(|tables| !tables.is_empty())
    );
    let user = report["dsn"].as_str().unwrap();
    let mut database = specs::Database::connect(domain::policy::Engine::Postgres, user)
        .await
        .unwrap();
    assert_eq!(
        database
            .number("SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com'")
            .await,
        0
    );
    drop(database);
    let again = doppel(&["mask", "--rules", rules, &dsn, "--yes"]).await;
    assert_eq!(again.code, Some(4), "{}", again.err);
    assert!(again.err.contains("masked before"), "{}", again.err);
    world.stop().await;
}

#[tokio::test]
async fn mistakes_in_rules_are_shown_in_their_lines() {
    let home = tempfile::tempdir().unwrap();
    let file = write(home.path(), "\"*.email\" = \"emial\"\n");
    let said = doppel(&[
        "rules",
        "check",
        file.to_str().unwrap(),
        "postgres://a:b@127.0.0.1:1/x",
    ])
    .await;
    assert_eq!(said.code, Some(4));
    assert!(
        said.err.contains("did you mean `email`?")
            && said
                .err
                .contains("1 | \"*.email\" = \"emial\"\n      |             ^^^^^^^"),
        "{}",
        said.err
    );
}
