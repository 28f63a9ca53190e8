use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put, ReturnValue,
    ScalarAttributeType, Tag, TimeToLiveSpecification, TransactWriteItem,
};

use crate::{ACCOUNT, REGION, code, world};

pub(crate) const TABLE: &str = "clones";

pub(crate) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) async fn create_table(client: &Client, name: &str) {
    client
        .create_table()
        .table_name(name)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("id")
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name("id")
                .key_type(KeyType::Hash)
                .build()
                .unwrap(),
        )
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

pub(crate) async fn put(client: &Client, id: &str, version: i64) {
    client
        .put_item()
        .table_name(TABLE)
        .item("id", s(id))
        .item("version", n(version))
        .send()
        .await
        .unwrap();
}

pub(crate) async fn has(client: &Client, id: &str) -> bool {
    client
        .get_item()
        .table_name(TABLE)
        .key("id", s(id))
        .send()
        .await
        .unwrap()
        .item
        .is_some()
}

#[tokio::test(start_paused = true)]
async fn a_record_is_written_only_on_the_version_that_was_read() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    let create = || {
        client
            .put_item()
            .table_name(TABLE)
            .item("id", s("a"))
            .item("version", n(1))
            .condition_expression("attribute_not_exists(id)")
            .send()
    };
    create().await.unwrap();
    assert_eq!(code(create().await), "ConditionalCheckFailedException");
    let update = |from: i64| {
        client
            .update_item()
            .table_name(TABLE)
            .key("id", s("a"))
            .update_expression(
                "SET version = version + :one, states = list_append(if_not_exists(states, :none), :new)",
            )
            .condition_expression("version = :from")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":from", n(from))
            .expression_attribute_values(":none", AttributeValue::L(vec![]))
            .expression_attribute_values(":new", AttributeValue::L(vec![s("cloning")]))
            .return_values(ReturnValue::AllNew)
            .send()
    };
    let updated = update(1).await.unwrap().attributes.unwrap();
    assert_eq!(updated["version"], n(2));
    assert_eq!(updated["states"], AttributeValue::L(vec![s("cloning")]));
    let refused = update(1).await.unwrap_err().into_service_error();
    assert!(refused.is_conditional_check_failed_exception(), "{refused:?}");
    let found = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("id = :id")
        .expression_attribute_values(":id", s("a"))
        .send()
        .await
        .unwrap();
    assert_eq!(found.items(), [updated]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_all_or_nothing_and_says_why() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    put(&client, "taken", 1).await;
    let put_new = |id: &str| {
        let put = Put::builder()
            .table_name(TABLE)
            .item("id", s(id))
            .condition_expression("attribute_not_exists(id)")
            .build()
            .unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let write = |ids: [&str; 2]| {
        client
            .transact_write_items()
            .set_transact_items(Some(ids.map(put_new).to_vec()))
            .send()
    };
    let failed = write(["free", "taken"]).await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failed else {
        panic!("{failed:?}");
    };
    let reasons: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap())
        .collect();
    assert_eq!(reasons, ["None", "ConditionalCheckFailed"]);
    assert!(!has(&client, "free").await);
    write(["free", "other"]).await.unwrap();
    assert!(has(&client, "free").await && has(&client, "other").await);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_named_as_dynamodb_names_it() {
    let world = world();
    let client = world.dynamodb();
    let missing = client
        .get_item()
        .table_name("nowhere")
        .key("id", s("a"))
        .send()
        .await;
    assert_eq!(code(missing), "ResourceNotFoundException");
    create_table(&client, TABLE).await;
    assert_eq!(
        code(
            client
                .get_item()
                .table_name(TABLE)
                .key("wrong", s("a"))
                .send()
                .await
        ),
        "ValidationException"
    );
    let unknown = crate::signed("dynamodb", "POST", "/")
        .header("x-amz-target", "DynamoDB_20120810.ExportTableToPointInTime")
        .body("{}".into())
        .unwrap();
    let answer = world.call(unknown).await;
    assert_eq!(answer.status(), 400);
    assert!(crate::text(answer.body()).contains("UnknownOperationException"));
}

#[tokio::test(start_paused = true)]
async fn a_table_says_where_it_is_and_carries_tags() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    let table = client
        .describe_table()
        .table_name(TABLE)
        .send()
        .await
        .unwrap()
        .table
        .unwrap();
    let arn = table.table_arn.unwrap();
    assert_eq!(arn, format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"));
    assert_eq!(table.table_status.unwrap().as_str(), "ACTIVE");
    let tag = Tag::builder().key("app").value("doppel").build().unwrap();
    client
        .tag_resource()
        .resource_arn(&arn)
        .tags(tag.clone())
        .send()
        .await
        .unwrap();
    let tags = client
        .list_tags_of_resource()
        .resource_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(tags.tags(), [tag]);
}

#[tokio::test(start_paused = true)]
async fn an_expired_item_is_swept_after_a_while_and_shows_until_then() {
    let world = world();
    let client = world.dynamodb();
    create_table(&client, TABLE).await;
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name("ttl")
        .enabled(true)
        .build()
        .unwrap();
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(ttl)
        .send()
        .await
        .unwrap();
    let described = client
        .describe_time_to_live()
        .table_name(TABLE)
        .send()
        .await
        .unwrap();
    assert_eq!(
        described
            .time_to_live_description
            .unwrap()
            .attribute_name
            .unwrap(),
        "ttl"
    );
    let expires = world.time.now().timestamp() + 60;
    let gone = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&gone);
    world.stream(TABLE, move |event| {
        let removed = |record: &&serde_json::Value| record["eventName"] == "REMOVE";
        into.lock().unwrap().extend(
            event["Records"]
                .as_array()
                .unwrap()
                .iter()
                .filter(removed)
                .cloned(),
        );
        async { Ok(serde_json::Value::Null) }
    });
    for (id, ttl) in [("old", expires), ("young", expires + 86_400)] {
        client
            .put_item()
            .table_name(TABLE)
            .item("id", s(id))
            .item("ttl", n(ttl))
            .send()
            .await
            .unwrap();
    }
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(has(&client, "old").await, "expired items still show in reads");
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(!has(&client, "old").await);
    assert!(has(&client, "young").await);
    world.idle().await;
    let gone = gone.lock().unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["dynamodb"]["Keys"]["id"]["S"], "old");
    assert_eq!(gone[0]["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
}
