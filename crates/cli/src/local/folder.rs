//! The config folder of `doppel local`, written before anything reads it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::policy::Engine;

use super::SOURCE;

pub(super) const QUARANTINE: &str = "sg-quarantine";
pub(super) const USERS: &str = "sg-users";
const PROXY: &str = "sg-proxy";
pub(super) const SUBNETS: &str = "private";
pub(super) const PARAMETERS: &str = "doppel-production-quarantine";

/// The shop's masking rules.
pub const SHOP_RULES: &str = include_str!("../../../../examples/masking/shop.toml");

/// Prices for the estimates in messages.
const PRICES: &str = include_str!("../../../../examples/prices.toml");

/// The policy of `doppel local`: one source, `production`. A spec that wants another one appends to it (what comes
/// last in the file belongs to `[limits]`), or replaces a line.
pub fn policy(engine: Engine, database: &str) -> String {
    format!(
        r#"[sources.{SOURCE}]
cluster = "{SOURCE}"
engine = "{engine}"
database = "{database}"
masking_class = "db.r6g.large"
classes = ["db.t4g.medium", "db.r6g.large", "serverless:0-4"]
default_class = "db.t4g.medium"
fallback_classes = ["db.r6g.large"]
quarantine_security_group = "{QUARANTINE}"
user_security_group = "{USERS}"
subnet_group = "{SUBNETS}"
cluster_parameter_group = "{PARAMETERS}"
tags = {{ team = "platform" }}
proxy = {{ role = "arn:aws:iam::000000000000:role/doppel-proxy", security_group = "{PROXY}", subnets = ["subnet-a", "subnet-c"] }}

[people]
admins = ["U0CAROL"]

[slack]
channel = "C0CLONES"

[limits]
setup = "6h"
warn_before = "2h"
"#,
        engine = engine.rds_name(),
    )
}

/// Writes the folder.
pub(super) fn write(folder: &Path, policy: &str, rules: &str) -> anyhow::Result<()> {
    let masking = folder.join("masking");
    std::fs::create_dir_all(&masking).with_context(|| format!("{} cannot be made", masking.display()))?;
    let files: [(PathBuf, &str); 3] = [
        (folder.join("doppel.toml"), policy),
        (folder.join("prices.toml"), PRICES),
        (masking.join(format!("{SOURCE}.toml")), rules),
    ];
    for (file, text) in files {
        std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Policy;

    #[rstest::rstest]
    #[case(Engine::Postgres)]
    #[case(Engine::Mysql)]
    fn the_policy_is_a_good_one(#[case] engine: Engine) {
        let policy = Policy::parse("doppel.toml", &policy(engine, "shop")).unwrap();
        assert_eq!(policy.only_source().unwrap().as_str(), SOURCE);
    }

    #[test]
    fn the_examples_are_good_ones() {
        Policy::parse("doppel.toml", include_str!("../../../../examples/doppel.toml")).unwrap();
        masking::Rules::parse("shop.toml", SHOP_RULES).unwrap();
        domain::cost::Prices::parse(PRICES).unwrap();
    }
}
