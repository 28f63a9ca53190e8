//! Who may import whom: `ARCHITECTURE.md` as a test.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each of our crates may import of ours, at most.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("local-aws", &[]),
    ("local-slack", &[]),
    ("masking", &["domain"]),
    ("slack", &["domain"]),
    ("runtime", &["domain", "masking"]),
    ("lambda-clone", &["domain", "runtime"]),
    ("lambda-mask-command", &["domain", "runtime"]),
    ("lambda-resize", &["domain", "runtime"]),
    ("lambda-release", &["domain", "runtime"]),
    ("lambda-sweep", &["domain", "runtime"]),
    ("lambda-notify", &["domain", "runtime", "slack"]),
    ("gateway", &["domain", "runtime", "slack"]),
    ("mask-worker", &["domain", "masking", "runtime"]),
    ("query-worker", &["domain", "runtime"]),
    ("lambda-query", &[]),
    ("xtask", &[]),
];

/// Only these may import the embedded AWS and the embedded Slack.
const MAY_EMBED: &[&str] = &["doppel", "measure", "specs"];

/// What must never reach the pure crates, not even through others.
const IMPURE: &[&str] = &[
    "tokio",
    "hyper",
    "reqwest",
    "aws-config",
    "aws-smithy-runtime",
    "tokio-postgres",
    "mysql_async",
];

struct House {
    /// Our crates, each with the crates that it names in its manifest (not for tests).
    ours: BTreeMap<String, BTreeSet<String>>,
    /// Every crate, with all that it pulls in.
    resolved: BTreeMap<String, BTreeSet<String>>,
}

fn house() -> House {
    let metadata = MetadataCommand::new().exec().expect("cargo metadata answers");
    let members: BTreeSet<_> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let ours = metadata
        .workspace_packages()
        .iter()
        .map(|package| {
            let named = package
                .dependencies
                .iter()
                .filter(|d| d.kind == DependencyKind::Normal);
            (package.name.to_string(), named.map(|d| d.name.clone()).collect())
        })
        .collect();
    let name_of: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|p| (&p.id, p.name.to_string()))
        .collect();
    let nodes = &metadata.resolve.as_ref().expect("a resolved graph").nodes;
    let direct: BTreeMap<_, BTreeSet<_>> = nodes
        .iter()
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal));
            (
                name_of[&node.id].clone(),
                normal.map(|dep| name_of[&dep.pkg].clone()).collect(),
            )
        })
        .collect();
    let resolved = members
        .iter()
        .map(|member| (member.clone(), reach(member, &direct)))
        .collect();
    House { ours, resolved }
}

fn reach(from: &str, direct: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut to_do = vec![from.to_owned()];
    while let Some(next) = to_do.pop() {
        for dependency in direct.get(&next).into_iter().flatten() {
            if seen.insert(dependency.clone()) {
                to_do.push(dependency.clone());
            }
        }
    }
    seen
}

#[test]
fn each_crate_imports_of_ours_only_what_the_architecture_allows() {
    let house = house();
    let members: BTreeSet<_> = house.ours.keys().cloned().collect();
    let rules: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    for (name, dependencies) in &house.ours {
        let of_ours: BTreeSet<_> = dependencies.intersection(&members).map(String::as_str).collect();
        match rules.get(name.as_str()) {
            Some(allowed) => {
                let allowed: BTreeSet<_> = allowed.iter().copied().collect();
                assert!(
                    of_ours.is_subset(&allowed),
                    "{name} imports {of_ours:?}, and may import {allowed:?}"
                );
            }
            None => assert!(
                MAY_EMBED.contains(&name.as_str()),
                "{name} has no rule in this test: give it one"
            ),
        }
    }
}

#[test]
fn the_pure_crates_pull_in_no_runtime_network_or_aws() {
    let house = house();
    for pure in ["domain", "masking"] {
        for impure in IMPURE {
            assert!(
                !house.resolved[pure].contains(*impure),
                "{pure} pulls in {impure}"
            );
        }
        assert!(
            !house.resolved[pure].iter().any(|name| name.starts_with("aws-")),
            "{pure} pulls in AWS"
        );
    }
}

#[test]
fn openssl_is_nowhere() {
    let house = house();
    for (name, all) in &house.resolved {
        assert!(
            !all.contains("openssl-sys") && !all.contains("native-tls"),
            "{name} pulls in OpenSSL"
        );
    }
}

#[test]
fn the_map_has_no_ghost_rooms() {
    let house = house();
    for (name, _) in MAY_IMPORT {
        assert!(
            house.ours.contains_key(*name),
            "{name} is on the map, but no crate"
        );
    }
}
