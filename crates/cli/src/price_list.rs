//! AWS's Price List API: what Aurora's instances and Serverless capacity cost in a Region.
//!
//! It lists every product of RDS as a JSON document. What is taken of it: on-demand hours of single instances, and
//! hours of Serverless v2 capacity, each with standard and with I/O-optimized storage.
//! Source: <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html>.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_pricing::types::{Filter, FilterType};
use domain::cost::{Prices, Size};
use domain::policy::{Engine, Storage};
use runtime::aws::{Failed, failed};
use serde::Deserialize;

/// The Price List has few endpoints; each answers for all Regions.
const ENDPOINT_REGION: &str = "us-east-1";

/// What the list says of one Region.
#[derive(Debug, Default)]
pub struct Listed {
    /// The prices, without their date and source.
    pub prices: Prices,
    /// Offers for which there are two prices, so that neither is taken.
    pub doubtful: BTreeSet<String>,
}

/// Asks AWS.
pub async fn fetch(aws: &aws_config::SdkConfig, region: &str) -> Result<Listed, Failed> {
    let config = aws_sdk_pricing::config::Builder::from(aws)
        .region(aws_sdk_pricing::config::Region::new(ENDPOINT_REGION))
        .build();
    let client = aws_sdk_pricing::Client::from_conf(config);
    let mut listed = Listed::default();
    for engine in [Engine::Postgres, Engine::Mysql] {
        let filter = |field: &str, value: &str| {
            Filter::builder()
                .r#type(FilterType::TermMatch)
                .field(field)
                .value(value)
                .build()
        };
        let about = format!("{} in {region}", name(engine));
        let filters = [
            filter("regionCode", region),
            filter("databaseEngine", name(engine)),
        ];
        let filters = filters.into_iter().collect::<Result<Vec<_>, _>>();
        let call = client
            .get_products()
            .service_code("AmazonRDS")
            .set_filters(filters.ok());
        let mut products = call.into_paginator().items().send();
        while let Some(product) = products.next().await {
            listed.take(engine, &product.map_err(failed("GetProducts", about.clone()))?);
        }
    }
    Ok(listed)
}

/// What the list calls an engine.
fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "Aurora PostgreSQL",
        Engine::Mysql => "Aurora MySQL",
    }
}

/// A product, as far as it is looked at.
#[derive(Deserialize)]
struct Document {
    product: Product,
    terms: Terms,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Terms {
    #[serde(rename = "OnDemand", default)]
    on_demand: BTreeMap<String, Term>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    price_dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    unit: String,
    price_per_unit: BTreeMap<String, String>,
}

/// What is on offer: an hour of an instance, or of one ACU.
enum Offer<'a> {
    Instance(&'a str, Option<Size>),
    Acu,
}

impl Listed {
    /// Notes a product, if it is one of those that clones run on.
    fn take(&mut self, engine: Engine, product: &str) {
        let Ok(document) = serde_json::from_str::<Document>(product) else {
            return;
        };
        let attributes = &document.product.attributes;
        let is_ours = attributes
            .get("databaseEngine")
            .is_some_and(|engine_name| engine_name == name(engine));
        let Some((storage, offer)) = offer(attributes).filter(|_| is_ours) else {
            return;
        };
        let unit = match offer {
            Offer::Instance(..) => "Hrs",
            Offer::Acu => "ACU-Hr",
        };
        if let Some(price) = document.terms.hour(unit) {
            self.note(engine, storage, &offer, price);
        }
    }

    fn note(&mut self, engine: Engine, storage: Storage, offer: &Offer<'_>, price: f64) {
        let about = match offer {
            Offer::Instance(class, _) => format!("{} {class}, {storage}", engine.rds_name()),
            Offer::Acu => format!("{} serverless, {storage}", engine.rds_name()),
        };
        let rates = self.prices.rates_mut(storage);
        let known = match offer {
            Offer::Instance(class, _) => {
                let classes = rates
                    .instance_hour
                    .entry(engine.rds_name().to_owned())
                    .or_default();
                classes.insert((*class).to_owned(), price)
            }
            Offer::Acu => rates.acu_hour.insert(engine.rds_name().to_owned(), price),
        };
        if known.is_some_and(|known| (known - price).abs() > f64::EPSILON) {
            self.doubtful.insert(about.clone());
        }
        if self.doubtful.contains(&about) {
            match offer {
                Offer::Instance(class, _) => {
                    if let Some(classes) = rates.instance_hour.get_mut(engine.rds_name()) {
                        classes.remove(*class);
                    }
                }
                Offer::Acu => drop(rates.acu_hour.remove(engine.rds_name())),
            }
        }
        if let Offer::Instance(class, Some(size)) = offer {
            self.prices.sizes.insert((*class).to_owned(), *size);
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many prices there are.
    pub fn count(&self) -> usize {
        let rates = [
            self.prices.rates(Storage::Standard),
            self.prices.rates(Storage::IoOptimized),
        ];
        let count = |rates: &domain::cost::Rates| {
            rates.acu_hour.len() + rates.instance_hour.values().map(BTreeMap::len).sum::<usize>()
        };
        rates.into_iter().map(count).sum()
    }
}

impl Terms {
    /// The one price in US dollars for that unit. A price of zero is none: the list has such placeholders.
    fn hour(&self, unit: &str) -> Option<f64> {
        let mut prices = self
            .on_demand
            .values()
            .flat_map(|term| term.price_dimensions.values());
        let price = prices.next().filter(|_| prices.next().is_none())?;
        let dollars: f64 = price.price_per_unit.get("USD")?.parse().ok()?;
        (price.unit == unit && dollars > 0.0 && dollars.is_finite()).then_some(dollars)
    }
}

/// What is on offer, by the usage type: `EUW1-InstanceUsage:db.r6g.large`, `EUW1-Aurora:ServerlessV2Usage`, both with
/// `IOOptimized` in it for that kind of storage.
fn offer(attributes: &BTreeMap<String, String>) -> Option<(Storage, Offer<'_>)> {
    let get = |name: &str| attributes.get(name).map(String::as_str);
    let usage = get("usagetype")?;
    // The bare usage is us-east-1's; all others carry their Region before a dash.
    let is_usage = |wanted: &str| usage == wanted || usage.ends_with(&format!("-{wanted}"));
    for storage in [Storage::Standard, Storage::IoOptimized] {
        let optimized = if storage == Storage::IoOptimized {
            "IOOptimized"
        } else {
            ""
        };
        if is_usage(&format!("Aurora:ServerlessV2{optimized}Usage")) {
            return Some((storage, Offer::Acu));
        }
        let Some(class) = get("instanceType") else {
            continue;
        };
        let is_single = get("deploymentOption").is_none_or(|option| option == "Single-AZ");
        if is_single && is_usage(&format!("InstanceUsage{optimized}:{class}")) {
            return Some((storage, Offer::Instance(class, size(attributes))));
        }
    }
    None
}

fn size(attributes: &BTreeMap<String, String>) -> Option<Size> {
    let memory = attributes.get("memory")?.strip_suffix(" GiB")?;
    Some(Size {
        vcpu: attributes.get("vcpu")?.parse().ok()?,
        memory_gib: memory.replace(',', "").parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn product(usage: &str, unit: &str, dollars: &str) -> String {
        json!({
            "product": {"productFamily": "…", "attributes": {
                "databaseEngine": "Aurora PostgreSQL", "usagetype": usage, "instanceType": "db.r6g.large",
                "deploymentOption": "Single-AZ", "vcpu": "2", "memory": "16 GiB",
            }},
            "terms": {"OnDemand": {"a": {"priceDimensions": {"b": {"unit": unit, "pricePerUnit": {"USD": dollars}}}}}},
        })
        .to_string()
    }

    fn listed(products: &[String]) -> Listed {
        let mut listed = Listed::default();
        products
            .iter()
            .for_each(|product| listed.take(Engine::Postgres, product));
        listed
    }

    fn price(listed: &Listed, storage: Storage, class: &str) -> Option<f64> {
        let hour = listed
            .prices
            .per_hour(Engine::Postgres, storage, &class.parse().unwrap());
        hour.map(|(_, most)| most)
    }

    #[test]
    fn each_kind_of_storage_has_its_own_price() {
        let listed = listed(&[
            product("EUW1-InstanceUsage:db.r6g.large", "Hrs", "0.3130000000"),
            product(
                "EUW1-InstanceUsageIOOptimized:db.r6g.large",
                "Hrs",
                "0.4070000000",
            ),
            product("EUW1-Aurora:ServerlessV2Usage", "ACU-Hr", "0.14"),
            product("EUW1-Aurora:ServerlessV2IOOptimizedUsage", "ACU-Hr", "0.18"),
        ]);
        assert_eq!(price(&listed, Storage::Standard, "db.r6g.large"), Some(0.313));
        assert_eq!(price(&listed, Storage::IoOptimized, "db.r6g.large"), Some(0.407));
        assert_eq!(price(&listed, Storage::Standard, "serverless:0-4"), Some(0.56));
        assert_eq!(price(&listed, Storage::IoOptimized, "serverless:0-1"), Some(0.18));
        assert_eq!(
            listed.prices.sizes["db.r6g.large"],
            Size {
                vcpu: 2,
                memory_gib: 16.0
            }
        );
    }

    #[rstest::rstest]
    #[case::storage("EUW1-Aurora:StorageUsage", "GB-Mo", "0.1")]
    #[case::serverless_v1("EUW1-Aurora:ServerlessUsage", "ACU-Hr", "0.06")]
    #[case::two_zones("EUW1-Multi-AZUsage:db.r6g.large", "Hrs", "0.6")]
    #[case::another_class("EUW1-InstanceUsage:db.r6g.xlarge", "Hrs", "0.6")]
    #[case::another_unit("EUW1-InstanceUsage:db.r6g.large", "Months", "200")]
    #[case::a_placeholder("EUW1-InstanceUsage:db.r6g.large", "Hrs", "0.0000000000")]
    #[case::no_number("EUW1-InstanceUsage:db.r6g.large", "Hrs", "NaN")]
    fn what_is_no_price_of_a_clones_hour_is_left_out(
        #[case] usage: &str,
        #[case] unit: &str,
        #[case] dollars: &str,
    ) {
        assert!(listed(&[product(usage, unit, dollars)]).is_empty());
    }

    #[test]
    fn of_two_prices_for_one_thing_neither_is_taken() {
        let usage = "InstanceUsage:db.r6g.large";
        let three = ["0.3", "0.4", "0.3"].map(|price| product(usage, "Hrs", price));
        let listed = listed(&three);
        assert_eq!(price(&listed, Storage::Standard, "db.r6g.large"), None);
        assert_eq!(listed.doubtful.len(), 1);
        assert!(listed.is_empty());
    }
}
