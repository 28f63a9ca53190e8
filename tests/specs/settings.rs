//! What each program reads from its environment is what Terraform sets, and the policies of the examples are good ones.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Args, CommandFactory};
use domain::Policy;
use regex::Regex;

/// Settings that Terraform leaves to their defaults: other places than AWS's and Slack's own.
const DEFAULTS: [&str; 2] = ["DOPPEL_SLACK_API", "DOPPEL_LISTEN"];

fn infra(file: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn names(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\bDOPPEL_[A-Z_]+").expect("a good pattern");
    name.find_iter(text)
        .map(|found| found.as_str().to_owned())
        .collect()
}

/// What `lambdas.tf` sets for a function: what stands in its place of `environments`, and what that refers to.
fn set_for(function: &str) -> BTreeSet<String> {
    let text = infra("lambdas.tf");
    let part = |from: &str, to: &str| {
        let (_, rest) = text
            .split_once(from)
            .unwrap_or_else(|| panic!("lambdas.tf has no {from}"));
        rest.split_once(to).expect("it ends").0.to_owned()
    };
    let environments = part("  environments = {\n", "\n  }\n");
    let own =
        Regex::new(&format!(r"(?ms)^    {function}\s+= (.*?)(?:^    [a-z]|\z)")).expect("a good pattern");
    let own = own
        .captures(&environments)
        .unwrap_or_else(|| panic!("{function} is told nothing"))[1]
        .to_owned();
    let mut set = names(&own);
    for shared in ["step_environment", "tell_environment"] {
        if own.contains(shared) {
            set.extend(names(&part(&format!("  {shared} = {{\n"), "\n  }\n")));
        }
    }
    set
}

fn read_by<T: CommandFactory>() -> BTreeSet<String> {
    of_command(&T::command())
}

fn of_command(command: &clap::Command) -> BTreeSet<String> {
    let read = command.get_arguments().filter_map(|argument| argument.get_env());
    let read = read.map(|name| name.to_string_lossy().into_owned());
    read.filter(|name| !DEFAULTS.contains(&name.as_str())).collect()
}

#[test]
fn every_setting_of_a_function_is_set_and_no_other() {
    assert_eq!(set_for("clone"), read_by::<lambda_clone::Settings>());
    assert_eq!(
        set_for("mask-command"),
        read_by::<lambda_mask_command::Settings>()
    );
    assert_eq!(set_for("resize"), read_by::<lambda_resize::Settings>());
    assert_eq!(set_for("release"), read_by::<lambda_release::Settings>());
    assert_eq!(set_for("sweep"), read_by::<lambda_sweep::Settings>());
    assert_eq!(set_for("notify"), read_by::<lambda_notify::Settings>());
    assert_eq!(set_for("gateway"), read_by::<gateway::Settings>());
}

#[test]
fn every_setting_of_the_tasks_is_set_and_no_other() {
    let step = of_command(&runtime::StepSettings::augment_args(clap::Command::new("step")));
    let set = |file: &str| -> BTreeSet<String> { names(&infra(file)).union(&step).cloned().collect() };
    assert_eq!(set("masking.tf"), read_by::<mask_worker::Settings>());
    assert_eq!(set("exports.tf"), read_by::<query_worker::Settings>());
}

#[test]
fn the_policies_of_the_examples_are_good_ones() {
    let place = Regex::new(r"\$\{(\w+)\}").expect("a good pattern");
    for example in ["complete", "existing"] {
        let text = infra(&format!("examples/{example}/config/doppel.toml"))
            .replace("${engine}", "aurora-postgresql");
        let text = place.replace_all(&text, "$1");
        let policy = Policy::parse("doppel.toml", &text).unwrap_or_else(|error| panic!("{example}: {error}"));
        for source in policy.sources.keys() {
            let rules = infra(&format!("examples/{example}/config/masking/{source}.toml"));
            masking::Rules::parse("rules.toml", &rules).expect("the rules are good ones");
        }
    }
}
