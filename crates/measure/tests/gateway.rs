//! `cargo xtask bench-gateway`, small: every row of its table is measured. How fast they are is not tested: that is
//! for a quiet machine and for people to judge.

use std::process::{Command, Stdio};

#[test]
fn every_request_is_measured_and_the_last_line_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_measure"))
        .args(["gateway", "--runs", "1", "--requests", "100", "--json"])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    for row in ["/clone help", "a form is closed", "one write"] {
        assert!(told.contains(row), "{row}: {told}");
    }
    let last: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(last.as_object().unwrap().len(), 2, "{last}");
    for name in ["ratio", "p99_ms"] {
        assert!(
            last[name].as_f64().is_some_and(|number| number > 0.0),
            "{name}: {last}"
        );
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "files are left behind");
}
