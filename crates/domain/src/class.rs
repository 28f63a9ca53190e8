//! What a clone runs on: an instance class, or a range of Serverless v2 capacity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The class of a clone: `db.r6g.large`, or `serverless:0-4`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Class {
    /// A provisioned instance class, such as `db.r6g.large`.
    Instance(String),
    /// Aurora Serverless v2 between two capacities.
    Serverless(AcuRange),
}

/// The longest class name that is taken for one; AWS's are less than half as long.
const MAX_CLASS: usize = 60;

/// A range of Aurora capacity units, in half steps: 0 (paused) to 256, the most at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcuRange {
    least_halves: u16,
    most_halves: u16,
}

/// A text that is no class, and what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no class: write an instance class such as `db.r6g.large`, or `serverless:0-4` (0 to 256 ACU in half steps, the most at least 1)"
)]
pub struct InvalidClass(pub String);

impl AcuRange {
    /// The least capacity in ACU; 0 lets the clone pause.
    pub fn least(self) -> f64 {
        f64::from(self.least_halves) / 2.0
    }

    /// Whether it goes to sleep: a clone that sleeps has no capacity, and costs none.
    pub fn sleeps(self) -> bool {
        self.least_halves == 0
    }

    /// The least capacity in ACU while it is awake.
    pub fn least_awake(self) -> f64 {
        self.least().max(0.5)
    }

    /// The most capacity in ACU.
    pub fn most(self) -> f64 {
        f64::from(self.most_halves) / 2.0
    }

    /// Whether AWS's two numbers say this very range.
    pub fn is(self, least: f64, most: f64) -> bool {
        (self.least() - least).abs() < 0.01 && (self.most() - most).abs() < 0.01
    }
}

impl Class {
    /// What RDS calls the instance's class: `db.serverless` for any Serverless range.
    pub fn instance_class(&self) -> &str {
        match self {
            Self::Instance(name) => name,
            Self::Serverless(_) => "db.serverless",
        }
    }

    /// Whether the RDS Data API works on it: AWS does not offer it on T classes.
    pub fn has_data_api(&self) -> bool {
        !matches!(self, Self::Instance(name) if name.starts_with("db.t"))
    }

    /// The Serverless range, if it is one.
    pub fn acu(&self) -> Option<AcuRange> {
        match self {
            Self::Instance(_) => None,
            Self::Serverless(range) => Some(*range),
        }
    }
}

fn halves(text: &str) -> Option<u16> {
    let (whole, half) = match text.split_once('.') {
        None => (text, 0),
        Some((whole, "5")) => (whole, 1),
        Some((whole, "0")) => (whole, 0),
        Some(_) => return None,
    };
    let whole: u16 = whole.parse().ok()?;
    (whole <= 256).then_some(whole * 2 + half)
}

fn acu_range(text: &str) -> Option<AcuRange> {
    let (least, most) = text.split_once('-')?;
    let range = AcuRange {
        least_halves: halves(least)?,
        most_halves: halves(most)?,
    };
    (range.most_halves >= 2 && range.most_halves <= 512 && range.least_halves <= range.most_halves)
        .then_some(range)
}

fn is_instance_class(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    text.len() <= MAX_CLASS
        && parts.len() == 3
        && parts[0] == "db"
        && parts[1..].iter().all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

impl FromStr for Class {
    type Err = InvalidClass;

    fn from_str(text: &str) -> Result<Self, InvalidClass> {
        let text = text.trim();
        let class = match text.strip_prefix("serverless:") {
            Some(range) => acu_range(range).map(Self::Serverless),
            None => is_instance_class(text).then(|| Self::Instance(text.to_owned())),
        };
        class.ok_or_else(|| InvalidClass(text.to_owned()))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(name) => f.write_str(name),
            Self::Serverless(range) => write!(f, "serverless:{}-{}", range.least(), range.most()),
        }
    }
}

impl TryFrom<String> for Class {
    type Error = InvalidClass;

    fn try_from(text: String) -> Result<Self, InvalidClass> {
        text.parse()
    }
}

impl From<Class> for String {
    fn from(class: Class) -> String {
        class.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("db.r6g.large", "db.r6g.large")]
    #[case("serverless:0-4", "db.serverless")]
    #[case("serverless:0.5-16.5", "db.serverless")]
    fn a_class_reads_back_as_it_was_written(#[case] text: &str, #[case] rds: &str) {
        let class: Class = text.parse().unwrap();
        assert_eq!((class.to_string().as_str(), class.instance_class()), (text, rds));
    }

    #[test]
    fn a_range_from_zero_sleeps() {
        let range = |text: &str| text.parse::<Class>().unwrap().acu().unwrap();
        assert!(range("serverless:0-4").sleeps() && !range("serverless:0.5-4").sleeps());
        assert_eq!(range("serverless:0-4").least_awake(), 0.5);
        assert_eq!(range("serverless:2-4").least_awake(), 2.0);
    }

    #[rstest::rstest]
    #[case("db.t4g.medium", false)]
    #[case("db.t3.large", false)]
    #[case("db.r6g.large", true)]
    #[case("serverless:0-4", true)]
    fn t_classes_have_no_data_api(#[case] class: &str, #[case] has: bool) {
        assert_eq!(class.parse::<Class>().unwrap().has_data_api(), has);
    }

    #[rstest::rstest]
    #[case("r6g.large")]
    #[case("db.large")]
    #[case("serverless")]
    #[case("serverless:4-1")]
    #[case("serverless:0-0.5")]
    #[case("serverless:0-257")]
    #[case("serverless:0.3-4")]
    #[case("serverless:-4")]
    #[case("db.R6G.large")]
    fn what_is_no_class_is_refused_and_named(#[case] text: &str) {
        assert_eq!(text.parse::<Class>(), Err(InvalidClass(text.into())));
    }
}
