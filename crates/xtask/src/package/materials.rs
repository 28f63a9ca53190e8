//! A bill of materials in CycloneDX: every crate that is linked into a program, with its licence and the checksum that
//! `Cargo.lock` holds it to, and which crate depends on which. The images' base is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::{Value, json};

use super::build::{Arch, said};
use super::text;

/// Name and version.
type Crate = (String, String);

/// The bill of the programs, as JSON.
pub fn bill(workspace: &Path, arch: Arch, programs: &[String]) -> anyhow::Result<Vec<u8>> {
    let mut tree = Command::new("cargo");
    tree.args([
        "tree",
        "--locked",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ])
    .args(["--format", "{p}", "--target", arch.target()])
    .args(programs.iter().flat_map(|program| ["--package", program]))
    .current_dir(workspace);
    let mut metadata = Command::new("cargo");
    metadata
        .args([
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            arch.target(),
        ])
        .current_dir(workspace);
    let metadata = serde_json::from_str(&said(&mut metadata)?).context("cargo's metadata cannot be read")?;
    let linked = linked(&said(&mut tree)?);
    let bill = write(
        &linked,
        &metadata,
        &checksums(&text(&workspace.join("Cargo.lock"))?),
        programs,
    );
    let mut bill = serde_json::to_vec_pretty(&bill).context("the bill of materials cannot be written")?;
    bill.push(b'\n');
    Ok(bill)
}

/// The crates of cargo's tree, with the features that this build has.
fn linked(tree: &str) -> BTreeSet<Crate> {
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((
            words.next()?.to_owned(),
            words.next()?.strip_prefix('v')?.to_owned(),
        ))
    });
    crates.collect()
}

/// What `Cargo.lock` holds the crates to.
fn checksums(lock: &str) -> BTreeMap<Crate, String> {
    let field = |package: &str, name: &str| {
        let line = package
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").filter_map(|package| {
        let named = (field(package, "name")?, field(package, "version")?);
        Some((named, field(package, "checksum")?))
    });
    packages.collect()
}

fn write(
    linked: &BTreeSet<Crate>,
    metadata: &Value,
    checksums: &BTreeMap<Crate, String>,
    programs: &[String],
) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut ids = BTreeMap::new();
    let mut components = Vec::new();
    for package in list(&metadata["packages"]) {
        let named = (word(&package["name"]), word(&package["version"]));
        if !linked.contains(&named) {
            continue;
        }
        let reference = format!("pkg:cargo/{}@{}", named.0, named.1);
        ids.insert(word(&package["id"]), reference.clone());
        let kind = if programs.contains(&named.0) {
            "application"
        } else {
            "library"
        };
        let mut component = json!({
            "type": kind, "bom-ref": reference, "name": named.0, "version": named.1, "purl": reference,
        });
        // Before there were expressions, a slash stood for a choice.
        if let Some(license) = package["license"].as_str() {
            component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
        }
        if let Some(checksum) = checksums.get(&named) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        components.push(component);
    }
    let mut dependencies = Vec::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let Some(reference) = ids.get(&word(&node["id"])) else {
            continue;
        };
        let is_linked = |dependency: &Value| {
            list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].is_null())
        };
        let on: BTreeSet<_> = list(&node["deps"])
            .iter()
            .filter(|dependency| is_linked(dependency))
            .filter_map(|dependency| ids.get(&word(&dependency["pkg"])).cloned())
            .collect();
        dependencies.push(json!({ "ref": reference, "dependsOn": on }));
    }
    let by = |field: &'static str| move |value: &Value| value[field].as_str().unwrap_or_default().to_owned();
    components.sort_by_key(by("bom-ref"));
    dependencies.sort_by_key(by("ref"));
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": "doppel", "name": "doppel", "version": env!("CARGO_PKG_VERSION"),
        } },
        "components": components,
        "dependencies": dependencies,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_stands_in_it_with_licence_and_checksum_and_what_only_builds_does_not() {
        let package = |name: &str, license: &str| json!({ "id": name, "name": name, "version": "1.0.0", "license": license });
        let on = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [package("worker", "Apache-2.0"), package("hex", "MIT/Apache-2.0"), package("cc", "MIT")],
            "resolve": { "nodes": [
                { "id": "worker", "deps": [on("hex", Value::Null), on("cc", json!("build"))] },
                { "id": "hex", "deps": [] },
                { "id": "cc", "deps": [] },
            ] },
        });
        let lock = "[[package]]\nname = \"hex\"\nversion = \"1.0.0\"\nchecksum = \"7f24\"\n\n[[package]]\nname = \"worker\"\nversion = \"1.0.0\"\n";
        let linked = linked("worker v1.0.0 (/home/me/worker)\nhex v1.0.0\nhex v1.0.0 (*)\n");
        let bill = write(&linked, &metadata, &checksums(lock), &["worker".to_owned()]);
        assert_eq!(
            bill["components"],
            json!([
                { "type": "library", "bom-ref": "pkg:cargo/hex@1.0.0", "name": "hex", "version": "1.0.0",
                  "purl": "pkg:cargo/hex@1.0.0", "licenses": [{ "expression": "MIT OR Apache-2.0" }],
                  "hashes": [{ "alg": "SHA-256", "content": "7f24" }] },
                { "type": "application", "bom-ref": "pkg:cargo/worker@1.0.0", "name": "worker", "version": "1.0.0",
                  "purl": "pkg:cargo/worker@1.0.0", "licenses": [{ "expression": "Apache-2.0" }] },
            ])
        );
        assert_eq!(
            bill["dependencies"],
            json!([
                { "ref": "pkg:cargo/hex@1.0.0", "dependsOn": [] },
                { "ref": "pkg:cargo/worker@1.0.0", "dependsOn": ["pkg:cargo/hex@1.0.0"] },
            ])
        );
    }
}
