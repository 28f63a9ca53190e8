use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, Tag};

use crate::{ACCOUNT, REGION, code, world};

const TOKEN: &str = "11111111-2222-3333-4444-555555555555";
const OTHER: &str = "99999999-2222-3333-4444-555555555555";

async fn names(client: &Client, key: FilterNameStringType, value: &str) -> Vec<String> {
    let filter = Filter::builder().key(key).values(value).build();
    let listed = client.list_secrets().filters(filter).send().await.unwrap();
    let mut names: Vec<_> = listed
        .secret_list()
        .iter()
        .map(|secret| secret.name().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test(start_paused = true)]
async fn creating_a_secret_can_be_repeated_but_not_changed() {
    let world = world();
    let client = Client::new(&world.config("lambda-clone"));
    let create = |value: &str, token: &str| {
        client
            .create_secret()
            .name("doppel/a")
            .secret_string(value)
            .client_request_token(token)
            .send()
    };
    let first = create("one", TOKEN).await.unwrap();
    assert!(first.arn().unwrap().starts_with(&format!(
        "arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:doppel/a-"
    )));
    assert_eq!(first.version_id(), Some(TOKEN));
    assert_eq!(create("one", TOKEN).await.unwrap().arn(), first.arn());
    assert_eq!(code(create("one", OTHER).await), "ResourceExistsException");
    assert_eq!(code(create("two", TOKEN).await), "ResourceExistsException");
    assert_eq!(world.secret_value("doppel/a").as_deref(), Some("one"));
    assert_eq!(world.secret_value(first.arn().unwrap()).as_deref(), Some("one"));
    assert_eq!(world.secret_value("doppel/b"), None);
}

#[tokio::test(start_paused = true)]
async fn a_new_value_moves_the_old_one_to_previous() {
    let world = world();
    let client = Client::new(&world.config("mask-worker"));
    client
        .create_secret()
        .name("a")
        .secret_string("one")
        .send()
        .await
        .unwrap();
    let put = |value: &str, token: &str| {
        client
            .put_secret_value()
            .secret_id("a")
            .secret_string(value)
            .client_request_token(token)
            .send()
    };
    put("two", TOKEN).await.unwrap();
    put("two", TOKEN).await.unwrap();
    assert_eq!(code(put("three", TOKEN).await), "ResourceExistsException");
    let get = |stage: &str| {
        client
            .get_secret_value()
            .secret_id("a")
            .version_stage(stage)
            .send()
    };
    assert_eq!(get("AWSCURRENT").await.unwrap().secret_string(), Some("two"));
    assert_eq!(get("AWSPREVIOUS").await.unwrap().secret_string(), Some("one"));
    put("three", OTHER).await.unwrap();
    assert_eq!(get("AWSPREVIOUS").await.unwrap().secret_string(), Some("two"));
    assert_eq!(code(get("AWSPENDING").await), "ResourceNotFoundException");
    let versions = client
        .describe_secret()
        .secret_id("a")
        .send()
        .await
        .unwrap()
        .version_ids_to_stages
        .unwrap();
    assert_eq!(
        versions.len(),
        2,
        "a version without a stage is forgotten: {versions:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn deletion_is_at_once_or_after_its_window() {
    let world = world();
    let client = Client::new(&world.config("lambda-sweep"));
    let get = |id: &str| client.get_secret_value().secret_id(id).send();
    for name in ["now", "later", "saved"] {
        client
            .create_secret()
            .name(name)
            .secret_string("x")
            .send()
            .await
            .unwrap();
    }
    let force = || {
        client
            .delete_secret()
            .secret_id("now")
            .force_delete_without_recovery(true)
            .send()
    };
    force().await.unwrap();
    force().await.unwrap();
    assert_eq!(code(get("now").await), "ResourceNotFoundException");
    assert_eq!(
        code(client.describe_secret().secret_id("now").send().await),
        "ResourceNotFoundException"
    );
    client
        .create_secret()
        .name("now")
        .secret_string("again")
        .send()
        .await
        .unwrap();

    for name in ["later", "saved"] {
        client
            .delete_secret()
            .secret_id(name)
            .recovery_window_in_days(7)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(code(get("later").await), "InvalidRequestException");
    assert_eq!(
        code(client.create_secret().name("later").send().await),
        "InvalidRequestException"
    );
    client.restore_secret().secret_id("saved").send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(7 * 86_400 + 1)).await;
    assert_eq!(code(get("later").await), "ResourceNotFoundException");
    assert_eq!(get("saved").await.unwrap().secret_string(), Some("x"));
    let both = client
        .delete_secret()
        .secret_id("saved")
        .force_delete_without_recovery(true)
        .recovery_window_in_days(7);
    assert_eq!(code(both.send().await), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn secrets_are_found_by_name_and_by_tag() {
    let world = world();
    let client = Client::new(&world.config("lambda-sweep"));
    for (name, clone) in [
        ("doppel/a/master", "a"),
        ("doppel/a/user", "a"),
        ("doppel/b/user", "b"),
        ("other", "c"),
    ] {
        let tag = Tag::builder().key("doppel:clone").value(clone).build();
        client
            .create_secret()
            .name(name)
            .secret_string("x")
            .tags(tag)
            .send()
            .await
            .unwrap();
    }
    let (by_name, by_value) = (FilterNameStringType::Name, FilterNameStringType::TagValue);
    assert_eq!(
        names(&client, by_name.clone(), "doppel/a").await,
        ["doppel/a/master", "doppel/a/user"]
    );
    assert_eq!(names(&client, by_value.clone(), "b").await, ["doppel/b/user"]);
    assert_eq!(names(&client, by_name, "!doppel").await, ["other"]);
    client
        .tag_resource()
        .secret_id("other")
        .tags(Tag::builder().key("doppel:clone").value("b").build())
        .send()
        .await
        .unwrap();
    assert_eq!(
        names(&client, by_value.clone(), "b").await,
        ["doppel/b/user", "other"]
    );
    client
        .untag_resource()
        .secret_id("other")
        .tag_keys("doppel:clone")
        .send()
        .await
        .unwrap();
    assert_eq!(names(&client, by_value, "b").await, ["doppel/b/user"]);
    let mut pages = client.list_secrets().max_results(3).into_paginator().send();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.unwrap().secret_list().len());
    }
    assert_eq!(sizes, [3, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_password_can_be_asked_for() {
    let world = world();
    let client = Client::new(&world.config("lambda-clone"));
    let random = || {
        client
            .get_random_password()
            .password_length(40)
            .exclude_punctuation(true)
            .send()
    };
    let (one, two) = (random().await.unwrap(), random().await.unwrap());
    assert_eq!(one.random_password().unwrap().len(), 40);
    assert_ne!(one.random_password(), two.random_password());
}
