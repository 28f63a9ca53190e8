//! How long a clone may live.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long a clone lives after its hand-over: at least 1 hour, at most 365 days. The policy's limit is held
/// against it at admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lifetime(TimeDelta);

/// A text that is no lifetime, and what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no lifetime: write hours or days, from `1h` to `365d`, such as `4h` or `3d` (a bare number is days)"
)]
pub struct InvalidLifetime(pub String);

impl Lifetime {
    /// One day: what a request that says nothing gets.
    pub const DEFAULT: Self = Self(TimeDelta::days(1));
    const LEAST: TimeDelta = TimeDelta::hours(1);
    const MOST: TimeDelta = TimeDelta::days(365);

    /// The lifetime as a span of time.
    pub fn span(self) -> TimeDelta {
        self.0
    }

    /// The lifetime in whole hours.
    pub fn hours(self) -> i64 {
        self.0.num_hours()
    }

    /// Two lifetimes, one after the other; never more than the type's limit.
    pub fn plus(self, more: Self) -> Self {
        Self((self.0 + more.0).min(Self::MOST))
    }
}

/// A span in whole days and hours: `3d`, `13h`, `1d 6h`.
pub fn words(span: TimeDelta) -> String {
    let hours = span.num_hours().max(0);
    match (hours / 24, hours % 24) {
        (0, hours) => format!("{hours}h"),
        (days, 0) => format!("{days}d"),
        (days, hours) => format!("{days}d {hours}h"),
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FromStr for Lifetime {
    type Err = InvalidLifetime;

    /// Reads `4h`, `3d`, `2 days` or a bare number of days, as the article's `expire_days` gives it.
    fn from_str(text: &str) -> Result<Self, InvalidLifetime> {
        let invalid = || InvalidLifetime(text.to_owned());
        let lower = text.trim().to_ascii_lowercase();
        let digits = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
        let (number, unit) = lower.split_at(digits);
        let hours_each = match unit.trim_start() {
            "h" | "hour" | "hours" => 1,
            "" | "d" | "day" | "days" => 24,
            _ => return Err(invalid()),
        };
        let number: u32 = number.parse().map_err(|_| invalid())?;
        let span = TimeDelta::hours(i64::from(number) * hours_each);
        if (Self::LEAST..=Self::MOST).contains(&span) {
            Ok(Self(span))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours() {
            hours if hours % 24 == 0 => write!(f, "{}d", hours / 24),
            hours => write!(f, "{hours}h"),
        }
    }
}

impl TryFrom<String> for Lifetime {
    type Error = InvalidLifetime;

    fn try_from(text: String) -> Result<Self, InvalidLifetime> {
        text.parse()
    }
}

impl From<Lifetime> for String {
    fn from(lifetime: Lifetime) -> String {
        lifetime.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("4h", "4h", 4)]
    #[case("3d", "3d", 72)]
    #[case("3", "3d", 72)]
    #[case(" 24H ", "1d", 24)]
    #[case("2 Days", "2d", 48)]
    #[case("1 hour", "1h", 1)]
    fn lifetimes_are_read_and_written(#[case] text: &str, #[case] shown: &str, #[case] hours: i64) {
        let lifetime: Lifetime = text.parse().unwrap();
        assert_eq!((lifetime.to_string().as_str(), lifetime.hours()), (shown, hours));
    }

    #[rstest::rstest]
    #[case("0")]
    #[case("366d")]
    #[case("-1d")]
    #[case("+1d")]
    #[case("1.5d")]
    #[case("d")]
    #[case("1dd")]
    #[case("1w")]
    #[case("soon")]
    #[case("")]
    #[case("99999999999999999999")]
    #[case("4294967295d")]
    fn what_is_no_lifetime_is_refused_and_named(#[case] text: &str) {
        assert_eq!(text.parse::<Lifetime>(), Err(InvalidLifetime(text.into())));
    }
}
