use std::process::Command;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use local_aws::{Fault, FunctionError, Kind, LocalAws, Options, Served, Time};
use serde_json::json;
use tokio::net::TcpListener;

use crate::dynamodb::{TABLE, create_table, has, put};
use crate::{builder, signed, text, world};

async fn served() -> (LocalAws, Served, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let aws = LocalAws::start(Options::new(Time::wall(), home.path().join("aws"))).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = aws.serve(listener).await.unwrap();
    (aws, served, home)
}

#[tokio::test]
async fn the_sdk_reaches_it_on_loopback_until_it_is_stopped() {
    let (aws, served, _home) = served().await;
    let config = builder("tester").endpoint_url(served.endpoint()).build();
    let client = aws_sdk_dynamodb::Client::new(&config);
    create_table(&client, TABLE).await;
    put(&client, "a", 1).await;
    assert!(has(&client, "a").await);
    assert!(aws.calls().iter().all(|call| call.principal == "tester"));
    let address = served.address();
    tokio::time::timeout(Duration::from_secs(10), served.stop())
        .await
        .unwrap();
    assert!(
        tokio::net::TcpStream::connect(address).await.is_err(),
        "the port is free again"
    );
    aws.shutdown().await;
}

#[tokio::test]
async fn the_shutdown_stops_its_servers_even_when_a_call_hangs() {
    let (aws, served, _home) = served().await;
    let client = aws_sdk_dynamodb::Client::new(&builder("tester").endpoint_url(served.endpoint()).build());
    aws.faults().inject(Fault::new(Kind::Hang).always());
    let hanging = tokio::spawn(async move { client.list_tables().send().await });
    crate::until("the call is made", || async { aws.count() > 0 }).await;
    tokio::time::timeout(Duration::from_secs(10), aws.shutdown())
        .await
        .unwrap();
    assert!(
        tokio::net::TcpStream::connect(served.address()).await.is_err(),
        "the port is free again"
    );
    assert!(
        tokio::time::timeout(Duration::from_secs(10), hanging)
            .await
            .unwrap()
            .unwrap()
            .is_err()
    );
}

#[tokio::test]
async fn objects_are_kept_in_s3_however_they_are_sent() {
    let (aws, served, _home) = served().await;
    let endpoint = served.endpoint();
    let local_name = endpoint.replace("127.0.0.1", "localhost");
    let configs = [
        builder("tester").http_client(aws.http_client()).build(),
        builder("tester").endpoint_url(&endpoint).build(),
        builder("tester").endpoint_url(&local_name).build(),
    ];
    for (n, config) in configs.iter().enumerate() {
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(n == 2)
            .build();
        let client = aws_sdk_s3::Client::from_conf(config);
        let bucket = format!("config-{n}");
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let body = "source = \"production\"\n".repeat(5000);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &body).unwrap();
        let streamed = ByteStream::from_path(file.path()).await.unwrap();
        client
            .put_object()
            .bucket(&bucket)
            .key("masking/a b.toml")
            .body(streamed)
            .send()
            .await
            .unwrap();
        let got = client
            .get_object()
            .bucket(&bucket)
            .key("masking/a b.toml")
            .send()
            .await
            .unwrap();
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), body.as_bytes());
        let listed = client
            .list_objects_v2()
            .bucket(&bucket)
            .prefix("masking/")
            .send()
            .await
            .unwrap();
        assert_eq!(listed.contents()[0].key(), Some("masking/a b.toml"));
        let missing = client
            .get_object()
            .bucket(&bucket)
            .key("none")
            .send()
            .await
            .unwrap_err();
        assert!(missing.into_service_error().is_no_such_key());
        let head = client
            .head_object()
            .bucket(&bucket)
            .key("masking/a b.toml")
            .send()
            .await
            .unwrap();
        assert_eq!(head.content_length(), i64::try_from(body.len()).ok());
    }
    let named: Vec<_> = aws.calls().into_iter().map(|call| call.operation).collect();
    for operation in [
        "CreateBucket",
        "PutObject",
        "GetObject",
        "ListObjectsV2",
        "HeadObject",
    ] {
        assert!(
            named.iter().any(|name| name == operation),
            "{operation} is not among {named:?}"
        );
    }
    served.stop().await;
    aws.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_says_who_it_is_or_is_refused() {
    let world = world();
    let unsigned = http::Request::post("/")
        .body("Action=DescribeDBClusters".into())
        .unwrap();
    let answer = world.call(unsigned).await;
    assert_eq!(answer.status(), 403);
    assert!(text(answer.body()).contains("<Code>MissingAuthenticationToken</Code>"));
    let unsigned = http::Request::post("/").header("x-amz-target", "secretsmanager.ListSecrets");
    let answer = world.call(unsigned.body("{}".into()).unwrap()).await;
    assert!(text(answer.body()).contains("MissingAuthenticationTokenException"));
    let unknown = signed("elasticache", "POST", "/")
        .body("Action=DescribeCacheClusters".into())
        .unwrap();
    assert_eq!(world.call(unknown).await.status(), 403);
    assert_eq!(world.count(), 0, "what is not let in is not a call");

    let scope = format!("gateway%2F20270115%2F{}%2Fsts%2Faws4_request", crate::REGION);
    let presigned =
        format!("/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential={scope}&X-Amz-Signature=0");
    let answer = world
        .call(http::Request::get(presigned).body(bytes::Bytes::new()).unwrap())
        .await;
    assert_eq!(answer.status(), 200);
    assert!(text(answer.body()).contains("<Arn>arn:aws:iam::000000000000:user/gateway</Arn>"));
}

/// boto3 in every service, from a process of its own.
#[tokio::test(flavor = "multi_thread")]
async fn boto3_can_be_pointed_at_it() {
    let (aws, served, _home) = served().await;
    aws.lambda("echo", |event| async move { Ok(json!({ "said": event })) });
    aws.lambda("fails", |_| async {
        Err(FunctionError::new("CapExceeded", "too many clones"))
    });
    aws.ecs_task("worker", |run| async move { i32::from(run.command != ["mask"]) });
    let python = std::env::var("DOPPEL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut script = Command::new(&python);
    script
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3_core.py"))
        .env("AWS_ENDPOINT_URL", served.endpoint())
        .env("AWS_ACCESS_KEY_ID", "boto3")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_DEFAULT_REGION", crate::REGION);
    let ran = tokio::task::spawn_blocking(move || script.output())
        .await
        .unwrap();
    let ran = ran.unwrap_or_else(|failed| panic!("{python} cannot be started ({failed}): set DOPPEL_PYTHON"));
    assert!(
        ran.status.success(),
        "{python}:\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(aws.calls().iter().all(|call| call.principal == "boto3"));
    served.stop().await;
    aws.shutdown().await;
}
