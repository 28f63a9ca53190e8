//! The state machines, from the same files that Terraform deploys.

use anyhow::{Context, bail};
use local_aws::LocalAws;

const CLONE: &str = include_str!("../../../../statemachine/clone.asl.json");
const SWEEP: &str = include_str!("../../../../statemachine/sweep.asl.json");

/// The two machines' ARNs.
pub(super) struct Machines {
    pub(super) clone: String,
    pub(super) sweep: String,
}

pub(super) fn create(aws: &LocalAws) -> anyhow::Result<Machines> {
    let machine = |name: &str, text: &str| {
        let definition = fill(aws, text).with_context(|| format!("the state machine {name}"))?;
        aws.sfn()
            .create(name, &definition)
            .with_context(|| format!("the state machine {name}"))
    };
    Ok(Machines {
        clone: machine("doppel-clone", CLONE)?,
        sweep: machine("doppel-sweep", SWEEP)?,
    })
}

/// Puts this account's names in the places that Terraform's `templatefile` fills.
fn fill(aws: &LocalAws, text: &str) -> anyhow::Result<String> {
    let lambdas = ["clone", "mask-command", "resize", "release", "notify", "sweep"];
    let mut values: Vec<_> = lambdas
        .iter()
        .map(|name| {
            (
                format!("{}_function_arn", name.replace('-', "_")),
                aws.lambda_arn(&format!("doppel-{name}")),
            )
        })
        .collect();
    let rest = [
        ("cluster_arn", "doppel"),
        ("mask_timeout_seconds", "18000"),
        ("worker_security_group", "sg-worker"),
        ("worker_subnets", "subnet-a,subnet-c"),
    ];
    values.extend(rest.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let filled = values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    });
    if let Some((_, rest)) = filled.split_once("${") {
        bail!(
            "nothing is known for `${{{}}}`",
            rest.split('}').next().unwrap_or(rest)
        );
    }
    Ok(filled)
}
