//! `cargo xtask bench-masking`, small: every row of its table is measured, on both engines. How fast they are is not
//! tested: that is for a quiet machine and for people to judge.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

#[test]
fn both_engines_are_measured_and_the_last_line_is_json() {
    let folder = tempfile::tempdir().unwrap();
    // Where the tests run as root, servers run as ordinary users, who have files of their own to make.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_measure"))
        .args([
            "masking",
            "--scale",
            "0.002",
            "--runs",
            "1",
            "--skip-peers",
            "--json",
        ])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        told.contains("4000 customers and 6000 orders") && told.contains("plain copy"),
        "{told}"
    );

    let last: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let figures = last.as_object().unwrap();
    let names: BTreeSet<_> = figures.keys().map(String::as_str).collect();
    let measured = [
        "pg_sql",
        "pg_keyed",
        "maria_sql",
        "maria_keyed",
        "scan",
        "peak_mb",
    ];
    let skipped = ["pynonymizer", "row_by_row"];
    assert_eq!(names, measured.into_iter().chain(skipped).collect());
    for name in measured {
        let known = figures[name].as_f64().is_some_and(|number| number > 0.0);
        // Only Linux tells how much memory a process held.
        assert!(
            known || (name == "peak_mb" && !cfg!(target_os = "linux")),
            "{name}: {last}"
        );
    }
    for name in skipped {
        assert!(figures[name].is_null(), "{name}: {last}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "files are left behind"
    );
}
