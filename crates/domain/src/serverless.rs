//! What Aurora Serverless v2 can do on an engine's version, and how a clone on it sleeps.
//!
//! Source: the table of capacity ranges in "How Aurora Serverless v2 works", Aurora user guide.

use crate::class::AcuRange;
use crate::policy::Engine;

/// A clone that may sleep does so after this many minutes without a connection: the least that AWS allows.
pub const SLEEPS_AFTER_MINUTES: i32 = 5;

/// How long the first query waits for a clone that sleeps, in seconds: what AWS says it usually takes.
pub const WAKES_IN_SECONDS: i32 = 15;

/// A range that an engine's version does not have, and what it does have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", words(self))]
pub struct OutOfRange {
    asked: AcuRange,
    engine: Engine,
    version: String,
    has: (f64, f64),
}

/// Whether a cluster of that engine and version, as RDS spells it (`15.14`, `8.0.mysql_aurora.3.08.2`), can have this
/// range. A version that cannot be read is taken for an old one.
///
/// # Errors
/// [`OutOfRange`] says the least and the most that it can have.
pub fn check(engine: Engine, version: &str, asked: AcuRange) -> Result<(), OutOfRange> {
    let (least, most) = range(engine, version);
    if asked.least() >= least && asked.most() <= most {
        return Ok(());
    }
    Err(OutOfRange {
        asked,
        engine,
        version: version.to_owned(),
        has: (least, most),
    })
}

/// The least and the most ACU of a version.
fn range(engine: Engine, version: &str) -> (f64, f64) {
    let (sleeps, large) = match (engine, numbers(engine, version)) {
        (Engine::Postgres, Some((major, minor))) => {
            let from = |minors: [u32; 4]| match major {
                13..=16 => minors[major as usize - 13] <= minor,
                _ => major > 16,
            };
            (from([15, 12, 7, 3]), from([13, 10, 5, 1]))
        }
        (Engine::Mysql, Some(version)) => (version >= (3, 8), version >= (3, 6)),
        (_, None) => (false, false),
    };
    (if sleeps { 0.0 } else { 0.5 }, if large { 256.0 } else { 128.0 })
}

/// Major and minor: Aurora MySQL's own stand behind MySQL's.
fn numbers(engine: Engine, version: &str) -> Option<(u32, u32)> {
    let own = match engine {
        Engine::Postgres => version,
        Engine::Mysql => version.split_once("mysql_aurora.")?.1,
    };
    let mut parts = own.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn words(error: &OutOfRange) -> String {
    let OutOfRange {
        asked,
        engine,
        version,
        has: (least, most),
    } = error;
    let (name, sleeps) = match engine {
        Engine::Postgres => ("Aurora PostgreSQL", "13.15, 14.12, 15.7 and 16.3"),
        Engine::Mysql => ("Aurora MySQL", "3.08.0"),
    };
    let asked = format!("`serverless:{}-{}`", asked.least(), asked.most());
    if error.asked.least() < *least {
        format!(
            "{asked} would sleep at 0 ACU, which {name} {version} cannot: there the least is {least} (it can from {sleeps} on)"
        )
    } else {
        format!("{asked} is more than {name} {version} can have: there the most is {most}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;

    fn of(class: &str) -> AcuRange {
        class.parse::<Class>().unwrap().acu().unwrap()
    }

    #[rstest::rstest]
    #[case(Engine::Postgres, "13.14", 0.5, 256.0)]
    #[case(Engine::Postgres, "13.15", 0.0, 256.0)]
    #[case(Engine::Postgres, "14.11", 0.5, 256.0)]
    #[case(Engine::Postgres, "14.12", 0.0, 256.0)]
    #[case(Engine::Postgres, "15.4", 0.5, 128.0)]
    #[case(Engine::Postgres, "15.7", 0.0, 256.0)]
    #[case(Engine::Postgres, "16.2", 0.5, 256.0)]
    #[case(Engine::Postgres, "16.3", 0.0, 256.0)]
    #[case(Engine::Postgres, "17.4", 0.0, 256.0)]
    #[case(Engine::Postgres, "12.22", 0.5, 128.0)]
    #[case(Engine::Postgres, "sixteen", 0.5, 128.0)]
    #[case(Engine::Mysql, "8.0.mysql_aurora.3.05.2", 0.5, 128.0)]
    #[case(Engine::Mysql, "8.0.mysql_aurora.3.07.1", 0.5, 256.0)]
    #[case(Engine::Mysql, "8.0.mysql_aurora.3.08.0", 0.0, 256.0)]
    #[case(Engine::Mysql, "8.0.mysql_aurora.3.10.1", 0.0, 256.0)]
    #[case(Engine::Mysql, "8.0.36", 0.5, 128.0)]
    fn a_version_has_the_range_that_aws_documents(
        #[case] engine: Engine,
        #[case] version: &str,
        #[case] least: f64,
        #[case] most: f64,
    ) {
        assert_eq!(range(engine, version), (least, most));
        assert_eq!(check(engine, version, of("serverless:0-4")).is_ok(), least == 0.0);
        assert_eq!(
            check(engine, version, of("serverless:1-200")).is_ok(),
            most > 128.0
        );
    }

    #[test]
    fn a_refusal_says_what_there_is_instead() {
        let said = |class, version| {
            check(Engine::Postgres, version, of(class))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said("serverless:0-4", "15.4"),
            "`serverless:0-4` would sleep at 0 ACU, which Aurora PostgreSQL 15.4 cannot: there the least is 0.5 (it can from 13.15, 14.12, 15.7 and 16.3 on)"
        );
        assert_eq!(
            said("serverless:1-200", "15.4"),
            "`serverless:1-200` is more than Aurora PostgreSQL 15.4 can have: there the most is 128"
        );
    }
}
