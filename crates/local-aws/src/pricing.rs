//! AWS's Price List, as far as it sells Aurora. The shapes are AWS's, with much beside what one looks for; the numbers
//! are made up.
//!
//! Source: <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html>.

use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::rds::Class;

/// Where AWS answers questions about prices, of any Region.
const ENDPOINTS: [&str; 3] = ["us-east-1", "eu-central-1", "ap-south-1"];
/// The most products of a page.
const PAGE: usize = 100;
/// AWS's code of the on-demand term.
const ON_DEMAND: &str = "JRTCKXETXF";

pub(crate) struct Pricing {
    classes: Vec<Class>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetProducts {
    service_code: String,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    next_token: Option<String>,
    #[serde(default)]
    max_results: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    r#type: String,
    field: String,
    value: String,
}

impl Pricing {
    pub(crate) fn new(classes: Vec<Class>) -> Self {
        Self { classes }
    }

    pub(crate) fn call(&self, region: &str, operation: &str, request: &Request<Bytes>) -> Answer {
        let refuse = |code: &str, message: &str| answer::error("pricing", 400, code, message);
        if !ENDPOINTS.contains(&region) {
            return refuse("UnknownEndpoint", "The Price List has no endpoint in this Region");
        }
        if operation != "GetProducts" {
            return refuse("UnknownOperationException", "");
        }
        let Ok(asked) = serde_json::from_slice::<GetProducts>(request.body()) else {
            return refuse("InvalidParameterException", "The request cannot be read");
        };
        if asked.service_code != "AmazonRDS" {
            return refuse("NotFoundException", "The service code does not exist");
        }
        if asked.filters.iter().any(|filter| filter.r#type != "TERM_MATCH") {
            return refuse("InvalidParameterException", "Only TERM_MATCH is known here");
        }
        let Ok(start) = asked.next_token.as_deref().unwrap_or("0").parse::<usize>() else {
            return refuse("InvalidNextTokenException", "");
        };
        let found = self.products(&asked.filters);
        let end = start.saturating_add(asked.max_results.unwrap_or(PAGE).clamp(1, PAGE));
        let page: Vec<String> = found
            .iter()
            .skip(start)
            .take(end - start)
            .map(Value::to_string)
            .collect();
        let mut said = json!({"FormatVersion": "aws_v1", "PriceList": page});
        if end < found.len() {
            said["NextToken"] = json!(end.to_string());
        }
        answer::json("pricing", &said)
    }

    /// Every product that fits, in the Region that the filters name.
    fn products(&self, filters: &[Filter]) -> Vec<Value> {
        let region = filters.iter().find(|filter| filter.field == "regionCode");
        let region = region.map_or("us-east-1", |filter| filter.value.as_str());
        let engines = [("Aurora PostgreSQL", "21"), ("Aurora MySQL", "16")];
        let all = engines
            .into_iter()
            .flat_map(|engine| self.of_engine(engine, region));
        let fits = |product: &Value| {
            filters
                .iter()
                .all(|filter| product["product"]["attributes"][&filter.field] == filter.value.as_str())
        };
        all.filter(fits).collect()
    }

    fn of_engine(&self, (engine, code): (&str, &str), region: &str) -> Vec<Value> {
        let mut products = Vec::new();
        for class in self
            .classes
            .iter()
            .filter(|class| if code == "21" { class.postgres } else { class.mysql })
        {
            if class.name == "db.serverless" {
                continue;
            }
            let (vcpu, memory) = size(&class.name);
            let price = memory
                * if class.name.starts_with("db.t") {
                    0.0283
                } else {
                    0.0196
                };
            for (storage, usage, price) in [
                ("EBS Only", "InstanceUsage", price),
                (
                    "Aurora IO Optimization Mode",
                    "InstanceUsageIOOptimized",
                    price * 1.3,
                ),
            ] {
                let attributes = json!({
                    "instanceType": class.name, "vcpu": vcpu.to_string(), "memory": format!("{memory} GiB"),
                    "storage": storage, "usagetype": format!("{region}-{usage}:{}", class.name),
                    "deploymentOption": "Single-AZ", "licenseModel": "No license required",
                });
                products.push(("Database Instance", attributes, "Hrs", price));
            }
        }
        let usage = |usage: &str| json!({"usagetype": format!("{region}-{usage}")});
        products.extend([
            ("ServerlessV2", usage("Aurora:ServerlessV2Usage"), "ACU-Hr", 0.14),
            (
                "ServerlessV2",
                usage("Aurora:ServerlessV2IOOptimizedUsage"),
                "ACU-Hr",
                0.182,
            ),
            ("Serverless", usage("Aurora:ServerlessUsage"), "ACU-Hr", 0.07),
            ("Database Storage", usage("Aurora:StorageUsage"), "GB-Mo", 0.11),
            (
                "System Operation",
                usage("Aurora:StorageIOUsage"),
                "IOs",
                0.000_000_22,
            ),
            (
                "Extended Support",
                usage("ExtendedSupport:Yr1-Yr2:AuroraPostgreSQL13"),
                "vCPU-Hours",
                0.1,
            ),
        ]);
        let made = products.into_iter().enumerate();
        made.map(|(n, offer)| product(&format!("SKU{code}{n:04}"), (engine, code), region, offer))
            .collect()
    }
}

fn product(
    sku: &str,
    (engine, code): (&str, &str),
    region: &str,
    (family, mut attributes, unit, price): (&str, Value, &str, f64),
) -> Value {
    let common = json!({
        "servicecode": "AmazonRDS", "servicename": "Amazon Relational Database Service", "regionCode": region,
        "locationType": "AWS Region", "databaseEngine": engine, "engineCode": code,
    });
    if let (Some(attributes), Value::Object(common)) = (attributes.as_object_mut(), common) {
        attributes.extend(common);
    }
    let term = |code: &str, unit: &str, price: f64| {
        let rate = format!("{sku}.{code}.6YS6EN2CT7");
        json!({
            format!("{sku}.{code}"): {
                "sku": sku, "offerTermCode": code, "effectiveDate": "2026-11-01T00:00:00Z", "termAttributes": {},
                "priceDimensions": { rate.clone(): {
                    "unit": unit, "rateCode": rate, "beginRange": "0", "endRange": "Inf", "appliesTo": [],
                    "description": format!("${price:.4} per {unit}"), "pricePerUnit": {"USD": format!("{price:.10}")},
                }},
            }
        })
    };
    let mut terms = json!({ "OnDemand": term(ON_DEMAND, unit, price) });
    if family == "Database Instance" {
        terms["Reserved"] = term("4NA7Y494T4", "Hrs", price * 0.7);
    }
    json!({
        "product": {"productFamily": family, "sku": sku, "attributes": attributes},
        "serviceCode": "AmazonRDS", "terms": terms, "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    })
}

/// vCPUs and GiB of memory by the class's name, as AWS cuts its families.
fn size(class: &str) -> (u32, f64) {
    let (family, size) = class
        .trim_start_matches("db.")
        .split_once('.')
        .unwrap_or_default();
    let vcpu = match size.strip_suffix("xlarge") {
        Some("") => 4,
        Some(times) => times.parse().unwrap_or(1) * 4,
        None => 2,
    };
    let memory = match (family.chars().next(), size) {
        (Some('t'), "medium") => 4.0,
        (Some('r'), _) => f64::from(vcpu) * 8.0,
        _ => f64::from(vcpu) * 4.0,
    };
    (vcpu, memory)
}
