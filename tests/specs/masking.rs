//! What goes wrong with masking ends in nothing: no credentials, no clone, and one explanation.

use domain::{CloneRecord, CloneState, Failure};
use specs::{ALICE, World};

async fn fails(world: &World) -> CloneRecord {
    world.asks(ALICE, "/clone production").await;
    let clone = world.failed().await;
    world.until_closed(&clone.id).await;
    let closed = world.record(&clone.id).await;
    assert_eq!(closed.access, None, "nothing was handed out");
    assert_eq!(closed.ready_at, None);
    assert_eq!(world.clusters(), ["production"], "the clone is gone");
    assert_eq!(world.secrets_left().await, Vec::<String>::new());
    closed
}

#[tokio::test]
async fn a_column_that_nobody_classified_stops_the_release_and_is_named() {
    let world = World::builder()
        .rules(|rules| rules.replace("gift_message = { text = \"drop\" }\n", ""))
        .start()
        .await;
    let clone = fails(&world).await;
    assert_eq!(
        clone.failure.as_ref().map(|failed| failed.failure),
        Some(Failure::Config)
    );
    world.until_said("gift_message").await;
    world.stop().await;
}

#[tokio::test]
async fn a_rule_for_a_table_that_is_not_there_stops_the_release() {
    let world = World::builder()
        .rules(|rules| format!("{rules}\n[tables.ghosts]\nname = \"name\"\n"))
        .start()
        .await;
    fails(&world).await;
    world.until_said("ghosts").await;
    world.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_hands_nothing_out_and_a_fresh_clone_is_made() {
    let world = World::builder().customers(3_000).start().await;
    world.asks(ALICE, "/clone production").await;
    world.until_state(CloneState::Masking).await;
    world.stop_tasks().await;
    let clone = world.handed_over().await;
    assert_eq!(clone.attempt, 2);
    assert_eq!(world.clusters().len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_teams_own_command_that_masks_too_little_is_caught_by_verify() {
    let world = World::builder().masking_command(&["true".into()]).start().await;
    let clone = fails(&world).await;
    assert_eq!(
        clone.failure.as_ref().map(|failed| failed.failure),
        Some(Failure::Unverified)
    );
    world.stop().await;
}

/// What a team's own task would do: read the secret, and run its SQL.
fn by_hand() -> Vec<String> {
    let python = std::env::var("DOPPEL_PYTHON").unwrap_or_else(|_| "python3".into());
    let read = r#"import boto3, json, sys
answer = boto3.client("secretsmanager").get_secret_value(SecretId=sys.argv[1])
secret = json.loads(answer["SecretString"])
print(secret["username"], secret["password"])"#;
    let script = r#"set -e
secret=$("$0" -c "$6" "$1")
PGPASSWORD="${secret#* }" psql -q -v ON_ERROR_STOP=1 -h "$2" -p "$3" -U "${secret%% *}" -d "$4" -f "$5""#;
    let sql = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/masking_by_hand.sql");
    [
        "sh",
        "-c",
        script,
        &python,
        "{secret_arn}",
        "{endpoint}",
        "{port}",
        "{database}",
        sql,
        read,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn a_teams_own_command_that_masks_everything_is_believed_after_verify() {
    let world = World::builder().masking_command(&by_hand()).start().await;
    world.asks(ALICE, "/clone production").await;
    let clone = world.handed_over().await;
    let mut copy = world.open(&clone).await;
    assert_eq!(
        copy.number("SELECT count(*) FROM customers WHERE full_name <> 'Somebody'")
            .await,
        0
    );
    world.stop().await;
}
