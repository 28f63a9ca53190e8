use std::collections::BTreeSet;

use aws_sdk_pricing::Client;
use aws_sdk_pricing::config::Region;
use aws_sdk_pricing::types::{Filter, FilterType};

use crate::{World, code, world};

fn client(world: &World, region: &'static str) -> Client {
    let config = aws_sdk_pricing::config::Builder::from(&world.config("cli"))
        .region(Region::from_static(region))
        .build();
    Client::from_conf(config)
}

fn filter(field: &str, value: &str) -> Filter {
    let filter = Filter::builder().r#type(FilterType::TermMatch);
    filter.field(field).value(value).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_price_list_comes_in_pages_and_by_filters() {
    let world = world();
    let client = client(&world, "us-east-1");
    let call = || {
        let call = client.get_products().service_code("AmazonRDS");
        call.filters(filter("regionCode", "eu-west-1"))
            .filters(filter("databaseEngine", "Aurora MySQL"))
    };
    let whole = call().send().await.unwrap();
    let mut paged = Vec::new();
    let mut pages = call().max_results(7).into_paginator().items().send();
    while let Some(product) = pages.next().await {
        paged.push(product.unwrap());
    }
    assert!(paged.len() > 14, "more than two pages");
    assert_eq!(paged, whole.price_list());
    let products: Vec<serde_json::Value> = paged
        .iter()
        .map(|product| serde_json::from_str(product).unwrap())
        .collect();
    let of = |field: &str| -> BTreeSet<&str> {
        let attributes = products.iter().map(|product| &product["product"]["attributes"]);
        attributes
            .filter_map(|attributes| attributes[field].as_str())
            .collect()
    };
    assert_eq!(
        (of("regionCode"), of("databaseEngine")),
        (["eu-west-1"].into(), ["Aurora MySQL"].into())
    );
    assert_eq!(of("storage"), ["Aurora IO Optimization Mode", "EBS Only"].into());
}

#[tokio::test(start_paused = true)]
async fn the_price_list_is_asked_in_few_regions_and_about_services_that_there_are() {
    let world = world();
    let ask = |region, service: &str| client(&world, region).get_products().service_code(service).send();
    assert_eq!(code(ask("eu-west-1", "AmazonRDS").await), "UnknownEndpoint");
    assert_eq!(code(ask("us-east-1", "AmazonNothing").await), "NotFoundException");
    let bad = client(&world, "us-east-1")
        .get_products()
        .service_code("AmazonRDS")
        .next_token("x");
    assert_eq!(code(bad.send().await), "InvalidNextTokenException");
}
