//! `doppel export`: batch queries and programs against a released clone, their results in S3 or in a folder.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use aws_sdk_s3::Client as S3;
use domain::policy::Engine;
use domain::{CloneId, CloneRecord};
use local_aws::{Failure, Kind};
use serde_json::Value;
use specs::{ALICE, World};

/// What the article's batch query leaves in `s3://batchquery-s3/output/result.part_00000`.
const ARTICLE: &str = "1\tAAAAAAAA01\tBBBBBBBB01
2\tAAAAAAAA02\tBBBBBBBB02
3\tAAAAAAAA03\tBBBBBBBB03
4\tAAAAAAAA04\tBBBBBBBB04
5\tAAAAAAAA05\tBBBBBBBB05
6\tAAAAAAAA06\tBBBBBBBB06
7\tAAAAAAAA07\tBBBBBBBB07
8\tAAAAAAAA08\tBBBBBBBB08
9\tAAAAAAAA08\tBBBBBBBB09
10\tAAAAAAAA10\tBBBBBBBB10
";

const BUCKET: &str = "batchquery-s3";

/// Runs `doppel` against the world as `user`.
async fn doppel(world: &World, user: &str, arguments: &[&str]) -> Output {
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

/// Exports as the clone's owner, and gives the manifest.
async fn export(world: &World, clone: &CloneRecord, arguments: &[&str]) -> Value {
    let output = doppel(world, "me", &[&["export", clone.id.as_str()], arguments].concat()).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exports in vain: the exit code, and what was said.
async fn refused(world: &World, user: &str, id: &CloneId, arguments: &[&str]) -> (i32, String) {
    let output = doppel(world, user, &[&["export", id.as_str()], arguments].concat()).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), said)
}

/// A world with a clone of `me` and a bucket.
async fn with_clone(engine: Engine) -> (World, CloneRecord, S3) {
    let world = World::builder().engine(engine).start().await;
    let created = doppel(&world, "me", &["create", "production", "4h", "--wait"]).await;
    assert_eq!(created.status.code(), Some(0), "{created:?}");
    let clone = world.only().await;
    let s3 = runtime::aws::s3(world.local().config());
    let here =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("ap-northeast-1".into());
    let made = s3
        .create_bucket()
        .bucket(BUCKET)
        .create_bucket_configuration(here.build());
    made.send().await.unwrap();
    (world, clone, s3)
}

/// All that is in the bucket: keys and texts.
async fn contents(s3: &S3) -> BTreeMap<String, String> {
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let mut contents = BTreeMap::new();
    for key in listed.contents().iter().filter_map(|object| object.key()) {
        let object = s3.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        let bytes = object.body.collect().await.unwrap().into_bytes();
        contents.insert(key.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
    }
    contents
}

/// The owner makes the article's table in the clone.
async fn makes_table(world: &World, clone: &CloneRecord) {
    let mut database = world.open(clone).await;
    database
        .rows("CREATE TABLE table1 (id INTEGER, attr1 VARCHAR(10), attr2 VARCHAR(10))")
        .await;
    let rows: Vec<_> = ARTICLE
        .lines()
        .map(|line| format!("('{}')", line.replace('\t', "', '")))
        .collect();
    database
        .rows(&format!("INSERT INTO table1 VALUES {}", rows.join(", ")))
        .await;
}

#[tokio::test]
async fn the_articles_ten_rows_come_byte_for_byte_from_mysql() {
    the_articles_ten_rows(Engine::Mysql).await;
}

#[tokio::test]
async fn the_articles_ten_rows_come_byte_for_byte_from_postgresql() {
    the_articles_ten_rows(Engine::Postgres).await;
}

async fn the_articles_ten_rows(engine: Engine) {
    let (world, clone, s3) = with_clone(engine).await;
    makes_table(&world, &clone).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    // Far more than the 8,192 characters that a task's overrides may have.
    let comment = format!("/* {} */", "long ".repeat(4000));
    std::fs::write(
        file.path(),
        format!("SELECT * {comment}\nFROM table1 ORDER BY id;\n"),
    )
    .unwrap();
    let to = [
        "--query-file",
        file.path().to_str().unwrap(),
        "--to",
        "s3://batchquery-s3/output/result",
    ];
    let manifest = export(&world, &clone, &to).await;

    let there = contents(&s3).await;
    assert_eq!(there["output/result.part_00000"], ARTICLE);
    let keys: Vec<_> = there.keys().map(String::as_str).collect();
    assert_eq!(keys, ["output/result.manifest", "output/result.part_00000"]);
    let written: Value = serde_json::from_str(&there["output/result.manifest"]).unwrap();
    assert_eq!(written, manifest);
    assert_eq!(
        (&manifest["rows"], &manifest["bytes"], &manifest["columns"]),
        (
            &10.into(),
            &ARTICLE.len().into(),
            &serde_json::json!(["id", "attr1", "attr2"])
        )
    );
    assert_eq!(
        manifest["entries"][0]["url"],
        "s3://batchquery-s3/output/result.part_00000"
    );

    let (code, said) = refused(&world, "me", &clone.id, &to).await;
    assert_eq!(code, 2);
    assert!(
        said.contains("there is an export at s3://batchquery-s3/output/result already"),
        "{said}"
    );
    let short = [
        "--query",
        "SELECT 1",
        "--to",
        "s3://batchquery-s3/output/result",
        "--overwrite",
    ];
    export(&world, &clone, &short).await;
    assert_eq!(contents(&s3).await["output/result.part_00000"], "1\n");
    world.stop().await;
}

#[tokio::test]
async fn an_export_comes_into_a_folder_with_its_manifest_and_leaves_nothing_on_the_way() {
    let (world, clone, _) = with_clone(Engine::Mysql).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").display().to_string();
    let query = "SELECT 'a,b' AS `first`, NULL AS second, '' AS `third \"x\"`, 'c\nd' AS fourth";
    let manifest = export(
        &world,
        &clone,
        &["--query", query, "--to", &path, "--format", "csv", "--header"],
    )
    .await;
    let read = |name: &str| std::fs::read_to_string(format!("{path}/{name}")).unwrap();
    assert_eq!(
        read("result.part_00000"),
        "first,second,\"third \"\"x\"\"\",fourth\n\"a,b\",,\"\",\"c\nd\"\n"
    );
    assert_eq!(
        serde_json::from_str::<Value>(&read("result.manifest")).unwrap(),
        manifest
    );
    let s3 = runtime::aws::s3(world.local().config());
    let left = s3
        .list_objects_v2()
        .bucket(doppel::local::EXPORTS)
        .send()
        .await
        .unwrap();
    assert!(left.contents().is_empty(), "{left:?}");
    world.stop().await;
}

#[tokio::test]
async fn nothing_of_a_half_done_export_is_ever_seen() {
    let (world, clone, s3) = with_clone(Engine::Postgres).await;
    // Some 30 MB come before the row that fails.
    let failing = "SELECT n, repeat('x', 100), 1 / (300000 - n) FROM generate_series(1, 400000) n";
    let (code, said) = refused(
        &world,
        "me",
        &clone.id,
        &["--query", failing, "--to", "s3://batchquery-s3/half"],
    )
    .await;
    assert_eq!(code, 1);
    assert!(said.contains("division by zero"), "{said}");
    let refuses = [
        ("s3", "UploadPart"),
        ("s3", "CompleteMultipartUpload"),
        ("s3", "CreateMultipartUpload"),
    ];
    for (service, operation) in refuses {
        let denied = Failure::new(403, "AccessDenied", "Access Denied");
        world
            .aws()
            .faults()
            .fail_next(service, operation, Kind::Fail(denied));
        let (code, said) = refused(
            &world,
            "me",
            &clone.id,
            &["--query", "SELECT 1", "--to", "s3://batchquery-s3/half"],
        )
        .await;
        assert_eq!(code, 1, "{operation}");
        assert!(said.contains("Access Denied"), "{operation}: {said}");
    }
    let there = contents(&s3).await;
    let keys: Vec<_> = there.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["half.request.json", "half.status.json"],
        "what was asked, and what went wrong"
    );
    let uploads = s3.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert!(uploads.uploads().is_empty(), "{uploads:?}");
    world.stop().await;
}

#[tokio::test]
async fn only_one_statement_of_the_owner_against_a_clone_that_is_handed_over_is_exported() {
    let (world, clone, s3) = with_clone(Engine::Postgres).await;
    let to = ["--to", "s3://batchquery-s3/x"];
    for (query, says) in [
        ("SELECT 1; DROP TABLE customers", "more than one statement"),
        ("-- nothing", "the query is empty"),
        ("SELECT 'open", "does not end"),
    ] {
        let (code, said) = refused(&world, "me", &clone.id, &[&["--query", query], &to[..]].concat()).await;
        assert_eq!(code, 2, "{query}");
        assert!(said.contains(says), "{query}: {said}");
    }
    let (code, said) = refused(
        &world,
        "eve",
        &clone.id,
        &[&["--query", "SELECT 1"], &to[..]].concat(),
    )
    .await;
    assert_eq!(code, 4);
    assert!(
        said.contains("belongs to somebody else; only its owner or an admin may export from it"),
        "{said}"
    );

    world.asks(ALICE, "/clone production").await;
    let of_alice = world
        .until_records("Alice's is there", |all| all.len() == 2)
        .await;
    let of_alice = of_alice.into_iter().find(|record| record.id != clone.id).unwrap();
    let (code, said) = refused(
        &world,
        "me",
        &of_alice.id,
        &[&["--query", "SELECT 1"], &to[..]].concat(),
    )
    .await;
    assert!(
        code == 1 && said.contains("only a clone that is handed over"),
        "{code} {said}"
    );
    assert!(contents(&s3).await.is_empty(), "no task was even asked for");
    let tasks = world.aws().calls();
    assert!(tasks.iter().all(|call| call.principal != "query-worker"));
    world.stop().await;
}

#[tokio::test]
async fn a_task_that_somebody_starts_by_hand_asks_the_same_questions() {
    let (world, clone, s3) = with_clone(Engine::Postgres).await;
    let place: query_worker::Place = "s3://batchquery-s3/by-hand".parse().unwrap();
    let request = query_worker::Request {
        clone_id: clone.id.clone(),
        asked_by: domain::request::Principal::Cli("eve".into()),
        what: query_worker::What::Query("SELECT 1".into()),
        format: query_worker::Format::Tsv,
        header: false,
        overwrite: false,
    };
    query_worker::put(&s3, &place, &place.request(), &request)
        .await
        .unwrap();
    let command = [
        "query-worker",
        "--clone-id",
        clone.id.as_str(),
        "--to",
        "s3://batchquery-s3/by-hand",
    ];
    let container = aws_sdk_ecs::types::ContainerOverride::builder()
        .name("query-worker")
        .set_command(Some(command.map(str::to_owned).into()));
    let overrides = aws_sdk_ecs::types::TaskOverride::builder().container_overrides(container.build());
    let ecs = aws_sdk_ecs::Client::new(world.local().config());
    let run = ecs
        .run_task()
        .task_definition("query-worker")
        .overrides(overrides.build());
    run.send().await.unwrap();
    world.until_quiet().await;
    let there = contents(&s3).await;
    assert!(
        there["by-hand.status.json"].contains("belongs to somebody else"),
        "{there:?}"
    );
    assert!(!there.contains_key("by-hand.part_00000") && !there.contains_key("by-hand.manifest"));
    let lines = specs::audit_lines(|line| line.field("clone.id") == clone.id.as_str());
    let last = lines.last().map(specs::AuditLine::decision);
    assert_eq!(last, Some(("refused", "cli/eve")));
    world.stop().await;
}

#[tokio::test]
async fn a_program_of_ones_own_gets_the_endpoint_and_a_token_and_nothing_else_of_ours() {
    let (world, clone, s3) = with_clone(Engine::Postgres).await;
    let psql = local_aws::engine::Installation::find(local_aws::engine::EngineKind::Postgres)
        .unwrap()
        .program(&["psql"])
        .unwrap();
    let script = format!(
        "#!/bin/sh\nset -e\n{} -X -A -t -c 'SELECT current_user, count(*) FROM customers'\nenv | cut -d= -f1 | sort\n",
        psql.display()
    );
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("scripts/count")
        .body(script.into_bytes().into());
    put.send().await.unwrap();
    let arguments = [
        "--script",
        "s3://batchquery-s3/scripts/count",
        "--to",
        "s3://batchquery-s3/output/count",
    ];
    let manifest = export(&world, &clone, &arguments).await;
    let said = contents(&s3).await["output/count.part_00000"].clone();
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("doppel_batch|200"), "{said}");
    let names: Vec<_> = lines
        .filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name))
        .collect();
    let expected = [
        "DB_CA",
        "DB_ENGINE",
        "DB_HOST",
        "DB_NAME",
        "DB_PORT",
        "DB_TOKEN",
        "DB_USER",
        "DOPPEL_CLONE",
        "HOME",
        "PATH",
        "PGDATABASE",
        "PGHOST",
        "PGPASSWORD",
        "PGPORT",
        "PGSSLMODE",
        "PGSSLROOTCERT",
        "PGUSER",
    ];
    assert_eq!(names, expected);
    assert_eq!(manifest["rows"], said.lines().count());

    let failing = "#!/bin/sh\necho some rows\necho 'no such month' >&2\nexit 3\n";
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("scripts/fails")
        .body(failing.as_bytes().to_vec().into());
    put.send().await.unwrap();
    let arguments = [
        "--script",
        "s3://batchquery-s3/scripts/fails",
        "--to",
        "s3://batchquery-s3/output/fails",
    ];
    let (code, said) = refused(&world, "me", &clone.id, &arguments).await;
    assert!(code == 1 && said.contains("no such month"), "{code} {said}");
    assert!(!contents(&s3).await.contains_key("output/fails.part_00000"));
    world.stop().await;
}
