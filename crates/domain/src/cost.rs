//! Prices, and what a clone costs. A price that is not known is said to be unknown, never guessed.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::class::{AcuRange, Class};
use crate::policy::{Engine, Storage};
use crate::record::{CloneRecord, CloneState};

/// What `prices.toml` says, for one Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Where the prices come from.
    pub source: String,
    /// When they were looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// For clusters with standard storage.
    pub standard: Rates,
    /// For clusters with I/O-optimized storage.
    pub io_optimized: Rates,
    /// How large instance classes are.
    pub sizes: BTreeMap<String, Size>,
}

/// What an hour costs with one kind of storage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// US dollars an hour for each instance class, by engine.
    pub instance_hour: BTreeMap<String, BTreeMap<String, f64>>,
    /// US dollars for one ACU and hour, by engine.
    pub acu_hour: BTreeMap<String, f64>,
}

/// How large an instance class is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory in GiB.
    pub memory_gib: f64,
}

impl Prices {
    /// Reads `prices.toml`.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The file as it is written, with what a reader needs to know.
    pub fn to_toml(&self) -> String {
        let head = "# US dollars, for the estimates in messages; `doppel prices refresh` renews them. A class that is not listed is said\n\
                    # to have no known price.\n";
        format!("{head}{}", toml::to_string(self).unwrap_or_default())
    }

    /// What an hour costs with that storage.
    pub fn rates(&self, storage: Storage) -> &Rates {
        match storage {
            Storage::Standard => &self.standard,
            Storage::IoOptimized => &self.io_optimized,
        }
    }

    /// The same, to be filled in.
    pub fn rates_mut(&mut self, storage: Storage) -> &mut Rates {
        match storage {
            Storage::Standard => &mut self.standard,
            Storage::IoOptimized => &mut self.io_optimized,
        }
    }

    /// US dollars an hour: one number for an instance, the least and the most for Serverless.
    pub fn per_hour(&self, engine: Engine, storage: Storage, class: &Class) -> Option<(f64, f64)> {
        let (rates, engine) = (self.rates(storage), engine.rds_name());
        match class.acu() {
            None => {
                let price = *rates.instance_hour.get(engine)?.get(class.instance_class())?;
                Some((price, price))
            }
            Some(range) => {
                let price = *rates.acu_hour.get(engine)?;
                Some((price * range.least(), price * range.most()))
            }
        }
    }

    /// US dollars an hour of a Serverless range while it is awake, the least and the most.
    pub fn awake_per_hour(&self, engine: Engine, storage: Storage, range: AcuRange) -> Option<(f64, f64)> {
        let price = *self.rates(storage).acu_hour.get(engine.rds_name())?;
        Some((price * range.least_awake(), price * range.most()))
    }

    /// US dollars an hour, at most, of a clone on that class.
    fn at_most(&self, clone: &CloneRecord, class: &Class) -> Option<f64> {
        Some(self.per_hour(clone.engine, clone.storage, class)?.1)
    }

    /// US dollars, at most, that a clone that is handed over costs in such a span.
    pub fn for_span(&self, clone: &CloneRecord, span: TimeDelta) -> Option<f64> {
        Some(self.at_most(clone, &clone.target_class)? * hours(span))
    }

    /// US dollars that a clone has cost until `now`: its instance from the start of cloning to its deletion, at most
    /// (Serverless at its range's upper end). Storage is not counted: a clone shares production's until it is written to.
    pub fn spent(&self, clone: &CloneRecord, now: DateTime<Utc>) -> Option<f64> {
        let end = clone.deleted_at.map_or(now, |deleted| deleted.min(now));
        let entered = |state| clone.entered.get(&state).copied();
        // After a masking that broke off, `discarding` is when the first cluster was made.
        let begun = [CloneState::Cloning, CloneState::Discarding].into_iter();
        let Some(start) = begun.filter_map(entered).min() else {
            return Some(0.0);
        };
        let resized = entered(CloneState::Resizing).unwrap_or(end).min(end);
        let masking = self.at_most(clone, &clone.masking_class)?;
        let after = self.at_most(clone, &clone.target_class)?;
        Some(hours(resized - start) * masking + hours(end - resized) * after)
    }
}

fn hours(span: TimeDelta) -> f64 {
    span.num_seconds().max(0) as f64 / 3600.0
}

/// What clones cost together in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// US dollars of those whose price is known.
    pub dollars: f64,
    /// How many have no known price.
    pub unknown: usize,
}

impl Prices {
    /// What these clones have cost since the first of the month, in UTC. Of clones that were deleted more than 30
    /// days ago there is no record any more.
    pub fn this_month(&self, clones: &[CloneRecord], now: DateTime<Utc>) -> Sum {
        let first = now.date_naive().with_day0(0).unwrap_or_default();
        let start = first.and_time(chrono::NaiveTime::MIN).and_utc();
        clones.iter().fold(Sum::default(), |sum, clone| {
            match (self.spent(clone, start), self.spent(clone, now)) {
                (Some(before), Some(since)) => Sum {
                    dollars: sum.dollars + (since - before).max(0.0),
                    ..sum
                },
                _ => Sum {
                    unknown: sum.unknown + 1,
                    ..sum
                },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: &str = r#"
        source = "made up"
        date = "2026-01-31"
        [standard.instance_hour.aurora-postgresql]
        "db.r6g.large" = 0.30
        "db.t4g.medium" = 0.10
        [standard.acu_hour]
        aurora-postgresql = 0.20
        [io_optimized.instance_hour.aurora-postgresql]
        "db.r6g.large" = 0.39
        [sizes]
        "db.r6g.large" = { vcpu = 2, memory_gib = 16 }
    "#;

    #[test]
    fn a_known_class_has_a_price_and_an_unknown_one_has_none() {
        let prices = Prices::parse(PRICES).unwrap();
        let price =
            |class: &str| prices.per_hour(Engine::Postgres, Storage::Standard, &class.parse().unwrap());
        assert_eq!(price("db.r6g.large"), Some((0.30, 0.30)));
        assert_eq!(price("serverless:0-4"), Some((0.0, 0.80)));
        assert_eq!(price("db.r6g.huge"), None);
        let range = "serverless:0-4".parse::<Class>().unwrap().acu().unwrap();
        assert_eq!(
            prices.awake_per_hour(Engine::Postgres, Storage::Standard, range),
            Some((0.10, 0.80)),
            "awake it has half an ACU at least"
        );
        assert_eq!(
            prices.per_hour(Engine::Mysql, Storage::Standard, &"db.r6g.large".parse().unwrap()),
            None
        );
        let optimized =
            |class: &str| prices.per_hour(Engine::Postgres, Storage::IoOptimized, &class.parse().unwrap());
        assert_eq!(optimized("db.r6g.large"), Some((0.39, 0.39)));
        assert_eq!(
            optimized("db.t4g.medium"),
            None,
            "the other storage's price is not taken for it"
        );
    }

    #[test]
    fn prices_read_back_as_they_were_written() {
        let prices = Prices::parse(PRICES).unwrap();
        assert_eq!(Prices::parse(&prices.to_toml()).unwrap(), prices);
        assert_eq!(Prices::parse("").unwrap(), Prices::default());
    }

    #[test]
    fn masking_and_using_are_each_charged_at_their_own_class() {
        use crate::CloneState as S;
        use crate::plan::tests::{now, record};
        let mut clone = record(S::Cloning);
        clone.enter(S::Resizing, now() + TimeDelta::hours(2));
        let spent = Prices::parse(PRICES)
            .unwrap()
            .spent(&clone, now() + TimeDelta::hours(5))
            .unwrap();
        assert!((spent - 0.90).abs() < 1e-9, "{spent}");
    }

    #[test]
    fn a_month_counts_what_of_each_clone_falls_into_it() {
        use crate::CloneState as S;
        use crate::plan::tests::record;
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let clone = |cloning: &str, deleted: Option<&str>| {
            let mut clone = record(S::Requested);
            clone.entered.clear();
            clone.masking_class = "db.t4g.medium".parse().unwrap();
            clone.target_class = clone.masking_class.clone();
            clone.enter(S::Cloning, at(cloning));
            clone.deleted_at = deleted.map(at);
            clone
        };
        let now = at("2026-03-01T10:00:00Z");
        let prices = Prices::parse(PRICES).unwrap();
        let mut unknown = clone("2026-03-01T00:00:00Z", None);
        unknown.target_class = "db.r6g.huge".parse().unwrap();
        let all = [
            clone("2026-02-28T20:00:00Z", None),
            clone("2026-02-28T20:00:00Z", Some("2026-03-01T02:00:00Z")),
            clone("2026-02-01T00:00:00Z", Some("2026-02-02T00:00:00Z")),
            clone("2026-03-01T09:00:00Z", None),
            unknown,
        ];
        let sum = prices.this_month(&all, now);
        assert!((sum.dollars - 1.30).abs() < 1e-9, "{sum:?}");
        assert_eq!(sum.unknown, 1);
    }
}
