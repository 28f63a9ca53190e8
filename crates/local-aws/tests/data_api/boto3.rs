//! boto3, as a script from somebody's laptop uses the Data API: a table, rows, parameters.

use local_aws::engine::EngineKind;

use crate::support::{REGION, World};

async fn boto3_does_its_work(engine: EngineKind) {
    let world = World::start(engine).await;
    if engine == EngineKind::Mysql {
        // Aurora's own default; MariaDB's is latin1.
        world.runs("ALTER DATABASE shop CHARACTER SET utf8mb4").await;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = world.aws.serve(listener).await.unwrap();
    let endpoint = served.endpoint();
    let run = tokio::task::spawn_blocking(move || {
        let python = std::env::var("DOPPEL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        std::process::Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3_data_api.py"))
            .args(["production", "master", "shop"])
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", "boto3")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", REGION)
            .output()
    });
    let done = run.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(
        done.status.success() && said.contains("boto3 saw it all"),
        "{said}"
    );
    served.stop().await;
    world.aws.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_works_on_postgresql() {
    boto3_does_its_work(EngineKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_works_on_mysql() {
    boto3_does_its_work(EngineKind::Mysql).await;
}
