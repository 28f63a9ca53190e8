//! boto3 drives the same calls.

use local_aws::engine::EngineKind;

use crate::support::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_restores_creates_modifies_tags_and_deletes() {
    let world = World::start().await;
    world.source(EngineKind::Postgres).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3_rds.py");
    let endpoint = world.endpoint.clone();
    let run = tokio::task::spawn_blocking(move || {
        let python = std::env::var("DOPPEL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        std::process::Command::new(python)
            .arg(script)
            .arg(endpoint)
            .output()
    });
    let done = run.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("boto3 saw it all"), "{said}");
    assert_eq!(world.rds.clusters(), ["production"]);
    world.rds.shutdown().await;
}
