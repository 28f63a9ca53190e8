//! A world in which everything happens that doppel does.

use aws_sdk_ecs::types::{ContainerOverride, TaskOverride};
use domain::CloneRecord;
use local_aws::{Failure, Fault, Kind};
use query_worker::{Format, Place, Request, What};
use slack::message::action;
use specs::{ALICE, CAROL, Moment, World, until};

/// The bucket of results, and below it the users' programs.
const BUCKET: &str = "results";

/// Everything that doppel does, once: clones of each kind, approvals, a masking that breaks off, deletions in every
/// state, home tabs, chat, and the sweep.
pub(crate) async fn everything() -> World {
    const RULE: &str = r#"{ classes = ["db.r6g.large"], approvers = ["S0PLATFORM"], within = "4h" }"#;
    let world = World::builder()
        .policy("sources.production", "approval", RULE)
        .policy("people", "clones_per_person", "9")
        .policy("people", "direct_clones", "9")
        .setup_limit("20h")
        .notifications()
        .speed(240)
        .start()
        .await;
    assert!(world.slack().opens_home(ALICE).await.is_ok());
    let clones = three_clones(&world).await;
    batch_queries(&world, &clones).await;
    deletions(&world, &clones).await;
    world.asks(ALICE, "/clone list").await;
    starts_over(&world).await;
    withdrawn(&world).await;
    world.sweeps().await;
    world.until_quiet().await;
    world
}

/// So many clones were handed over, since the start.
fn ready(n: usize) -> impl Fn(&[CloneRecord]) -> bool {
    move |all| all.iter().filter(|clone| clone.ready_at.is_some()).count() == n
}

/// By a command with the Data API, with an approval whose call is lost, and by chat; and a request of no clone.
async fn three_clones(world: &World) -> Vec<CloneRecord> {
    world
        .asks(ALICE, "/clone production serverless:0-4 4h data-api")
        .await;
    world.asks(ALICE, "/clone production db.r6g.large 4h").await;
    let arn = world.state_machine_arn();
    let text = format!("@aws stepfunctions start-execution --state-machine-arn {arn} --input {{}}");
    world.asks(ALICE, &text).await;
    // This execution fails, and an event starts the sweep.
    world.starts(r#"{"source": "nonsense"}"#).await;

    let refused = Failure::new(400, "AccessDeniedException", "on demand");
    let lost = Fault::new(Kind::Fail(refused))
        .principal("gateway")
        .operation("states", "SendTaskSuccess");
    world.aws().faults().inject(lost);
    let question = until("the approvers are asked", || async {
        let messages = world.slack().messages(specs::CHANNEL).into_iter();
        let mut asking = messages.filter(|message| format!("{:?}", message.blocks).contains(action::APPROVE));
        asking.next().map(|message| message.ts)
    });
    let answer = world
        .slack()
        .presses(CAROL, &question.await, action::APPROVE)
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    let mut clones = world.until_records("three are handed over", ready(3)).await;
    world.until_quiet().await;
    clones.retain(|clone| clone.ready_at.is_some());
    clones
}

/// Somebody stops one of them and protects another; both are deleted all the same.
async fn deletions(world: &World, clones: &[CloneRecord]) {
    let (stopped, protected) = (&clones[0], &clones[1]);
    let rds = world.local().rds();
    rds.stop_db_cluster()
        .db_cluster_identifier(stopped.id.as_str())
        .send()
        .await
        .expect("it stops");
    let protects = rds
        .modify_db_cluster()
        .db_cluster_identifier(protected.id.as_str())
        .deletion_protection(true);
    protects.send().await.expect("it is protected");
    for clone in [stopped, protected] {
        world.asks(CAROL, &format!("/clone delete {}", clone.id)).await;
    }
    for clone in [stopped, protected] {
        world.until_closed(&clone.id).await;
    }
}

/// A masking breaks off and is begun anew, on a Serverless class that is changed for another.
async fn starts_over(world: &World) {
    let policy = world.local().config_folder().join("doppel.toml");
    let text = std::fs::read_to_string(&policy).expect("the policy is there");
    let masking_class = "masking_class = \"db.r6g.large\"";
    assert!(text.contains(masking_class), "{text}");
    let text = text.replace(masking_class, "masking_class = \"serverless:1-8\"");
    std::fs::write(&policy, text).expect("the policy is written");
    let mut masking = world.next_masking();
    world.asks(ALICE, "/clone production serverless:0-4").await;
    let begun = Moment {
        phase: "mask",
        part: 0.0,
    };
    masking.until_moment(begun, [1, 1, 1]).await;
    assert_eq!(world.aws().kill_tasks(), 1);
    world.until_records("it is handed over after all", ready(4)).await;
}

/// A request is withdrawn while it waits for an approval: its execution does not end by itself.
async fn withdrawn(world: &World) {
    world.asks(ALICE, "/clone production db.r6g.large").await;
    let waits = |all: &[CloneRecord]| all.iter().any(CloneRecord::awaits_answer);
    let all = world.until_records("one waits", waits).await;
    let clone = all
        .iter()
        .find(|clone| clone.awaits_answer())
        .expect("it was just seen");
    world.asks(ALICE, &format!("/clone delete {}", clone.id)).await;
    world.until_closed(&clone.id).await;
}

/// A query, a person's own program, and a query whose result S3 does not take.
async fn batch_queries(world: &World, clones: &[CloneRecord]) {
    let s3 = runtime::aws::s3(world.local().config());
    let here = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(doppel::local::REGION.into());
    let made = s3
        .create_bucket()
        .bucket(BUCKET)
        .create_bucket_configuration(here.build());
    made.send().await.expect("the bucket is made");
    let program = b"#!/bin/sh\necho done\n".to_vec();
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("scripts/program")
        .body(program.into());
    put.send().await.expect("the program is put there");

    let clone = &clones[2];
    let place = |text: String| text.parse::<Place>().expect("a place in S3");
    let query = || What::Query("SELECT 1 AS one".into());
    let program = What::Script(place(format!("s3://{BUCKET}/scripts/program")));
    for (name, what) in [
        ("query", query()),
        ("program", program),
        ("query", query()),
        ("refused", query()),
    ] {
        let to = place(format!("s3://{BUCKET}/batch/{name}"));
        let request = Request {
            clone_id: clone.id.clone(),
            asked_by: clone.principal.clone(),
            what,
            format: Format::Tsv,
            header: true,
            overwrite: true,
        };
        query_worker::put(&s3, &to, &to.request(), &request)
            .await
            .expect("the request is put there");
        if name == "refused" {
            let refused = Failure::new(403, "AccessDenied", "on demand");
            let refused = Fault::new(Kind::Fail(refused)).principal("query-worker");
            world
                .aws()
                .faults()
                .inject(refused.operation("s3", "UploadPart").always());
        }
        runs(world, &clone.id, &to).await;
    }
    world.aws().faults().clear();
}

/// Runs the task of a batch query to its end.
async fn runs(world: &World, clone: &domain::CloneId, to: &Place) {
    let command = [
        "query-worker",
        "--clone-id",
        clone.as_str(),
        "--to",
        &to.to_string(),
    ]
    .map(str::to_owned);
    let container = ContainerOverride::builder()
        .name("query-worker")
        .set_command(Some(command.into()));
    let overrides = TaskOverride::builder()
        .container_overrides(container.build())
        .build();
    let task = aws_sdk_ecs::Client::new(world.local().config()).run_task();
    let task = task
        .cluster("doppel")
        .task_definition("query-worker")
        .overrides(overrides);
    task.send().await.expect("the task starts");
    world.until_quiet().await;
}
