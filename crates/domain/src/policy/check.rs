//! Reading the policy, and refusing a wrong one with the place and what would be right.

use chrono::TimeDelta;
use miette::{Diagnostic, NamedSource, SourceSpan};

use super::{AURORA_CLONES_PER_LINEAGE, ApprovalRule, Limits, Policy, Source};
use crate::class::Class;
use crate::id::SourceName;

/// A policy that cannot be used: where, why, and what would be right.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{file}:{line}: {message}")]
pub struct WrongPolicy {
    file: String,
    line: usize,
    message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    place: SourceSpan,
    #[help]
    help: Option<String>,
}

impl WrongPolicy {
    fn at(file: &str, text: &str, span: std::ops::Range<usize>, message: String, help: Option<&str>) -> Self {
        Self {
            file: file.to_owned(),
            line: text[..span.start.min(text.len())].matches('\n').count() + 1,
            message,
            text: NamedSource::new(file, text.to_owned()),
            place: span.into(),
            help: help.map(ToOwned::to_owned),
        }
    }

    /// The line of the file, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

pub(super) fn parse(file: &str, text: &str) -> Result<Policy, WrongPolicy> {
    let policy: Policy = toml::from_str(text).map_err(|error| {
        WrongPolicy::at(
            file,
            text,
            error.span().unwrap_or(0..0),
            error.message().to_owned(),
            None,
        )
    })?;
    let wrong = |needle: &str, source: Option<&SourceName>, message: String, help: &str| {
        WrongPolicy::at(file, text, find(text, source, needle), message, Some(help))
    };
    if policy.sources.is_empty() {
        return Err(wrong(
            "",
            None,
            "the policy names no source".into(),
            "add a table such as [sources.production]",
        ));
    }
    for (name, source) in &policy.sources {
        if policy.limits.warn_before >= source.max_lifetime {
            return Err(wrong(
                "warn_before",
                None,
                format!("`warn_before` is no shorter than clones of {name} may live"),
                "write an hour or two, such as \"2h\"",
            ));
        }
        if let Some((needle, message, help)) = check_source(source) {
            return Err(wrong(needle, Some(name), message, help));
        }
        let approval = source.approval.as_ref();
        if let Some((needle, message, help)) =
            approval.and_then(|rule| check_approval(rule, source, &policy.limits))
        {
            return Err(wrong(needle, Some(name), message, help));
        }
    }
    Ok(policy)
}

fn check_source(source: &Source) -> Option<(&'static str, String, &'static str)> {
    let wrong = |key, message: String, help| Some((key, message, help));
    if !source.classes.contains(&source.default_class) {
        return wrong(
            "default_class",
            format!(
                "the default class `{}` is not among `classes`",
                source.default_class
            ),
            "name it in `classes`, or choose one of those",
        );
    }
    if matches!(source.masking_class, Class::Serverless(range) if range.least() < 0.5) {
        return wrong(
            "masking_class",
            "a clone that may pause cannot be masked".into(),
            "choose an instance class, or a Serverless range from 0.5 ACU upwards",
        );
    }
    if source.slots == 0 || source.slots >= AURORA_CLONES_PER_LINEAGE {
        return wrong(
            "slots",
            format!("`slots` is {}, which Aurora cannot hold", source.slots),
            "write 1 to 14: Aurora's limit is 15, and the next clone would silently be a full copy",
        );
    }
    if source.quarantine_security_group == source.user_security_group {
        return wrong(
            "quarantine_security_group",
            "the quarantine group is the users' group".into(),
            "use a group of its own that lets only the worker in",
        );
    }
    if source.max_total_life < source.max_lifetime {
        return wrong(
            "max_total_life",
            "`max_total_life` is shorter than `max_lifetime`".into(),
            "make it at least as long",
        );
    }
    if let Some(proxy) = &source.proxy {
        let shared = [&source.user_security_group, &source.quarantine_security_group];
        if shared.contains(&&proxy.security_group) {
            return wrong(
                "proxy",
                "the proxies' security group is the clones' own, which would break their connection".into(),
                "use a group of its own that the users' group lets in",
            );
        }
        if proxy.subnets.len() < 2 {
            return wrong(
                "proxy",
                "a proxy needs subnets in two zones or more".into(),
                "name two subnets at least",
            );
        }
    }
    check_masking(source)
}

fn check_masking(source: &Source) -> Option<(&'static str, String, &'static str)> {
    let Some(command) = &source.masking.command else {
        return None;
    };
    let unknown = command
        .iter()
        .find_map(|word| crate::plan::command::unknown_placeholder(word));
    if let Some(name) = unknown {
        return Some((
            "command",
            format!("the masking command asks for `{{{name}}}`"),
            "known are {endpoint}, {port}, {database}, {secret_arn}, {rules} and {clone_id}",
        ));
    }
    if command.is_empty() || source.masking.task_definition.is_none() || source.masking.container.is_none() {
        return Some((
            "command",
            "a masking command of your own needs the task that runs it".into(),
            "give `command`, `task_definition` and `container`",
        ));
    }
    None
}

/// The longest that a request may wait for its approval and then be set up: the state machine runs for seven days at
/// most.
const LONGEST_WAY: TimeDelta = TimeDelta::days(6);

fn check_approval(
    rule: &ApprovalRule,
    source: &Source,
    limits: &Limits,
) -> Option<(&'static str, String, &'static str)> {
    let wrong = |key, message: String, help| Some((key, message, help));
    if rule.approvers.is_empty() {
        return wrong(
            "approvers",
            "nobody may approve".into(),
            "name Slack users or user groups, such as [\"S0123ABCD\"]",
        );
    }
    if let Some(class) = rule.classes.iter().find(|class| !source.classes.contains(class)) {
        return wrong(
            "approval",
            format!("`{class}` needs an approval, but cannot be asked for at all"),
            "name it in the source's `classes` too, or leave it out",
        );
    }
    if rule.classes.is_empty() && rule.above_lifetime.is_none() {
        return wrong(
            "approval",
            "it says who approves, but not what needs an approval".into(),
            "give `classes`, `above_lifetime` or both",
        );
    }
    if rule
        .above_lifetime
        .is_some_and(|above| above >= source.max_total_life)
    {
        return wrong(
            "above_lifetime",
            "`above_lifetime` is no shorter than `max_total_life`, so that nothing would ever need an approval"
                .into(),
            "make it shorter, or leave it out",
        );
    }
    if rule.within.span() + limits.setup_span() > LONGEST_WAY {
        return wrong(
            "within",
            "waiting for an approval and setting up may together take longer than 6d".into(),
            "let a request wait for some hours, or a day or two",
        );
    }
    None
}

/// The place of `key` in the table of that source, or as near to it as can be found.
fn find(text: &str, source: Option<&SourceName>, key: &str) -> std::ops::Range<usize> {
    let table = source
        .and_then(|name| text.find(&format!("[sources.{name}")))
        .unwrap_or(0);
    let at = text[table..].find(key).map_or(table, |offset| table + offset);
    at..(at + key.len()).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::super::Policy;

    pub(crate) const GOOD: &str = r#"
[sources.production]
cluster = "production"
engine = "aurora-postgresql"
database = "shop"
masking_class = "db.r6g.large"
classes = ["db.t4g.medium", "db.r6g.large", "serverless:0-4"]
default_class = "db.t4g.medium"
quarantine_security_group = "sg-quarantine"
user_security_group = "sg-users"
subnet_group = "private"
cluster_parameter_group = "doppel-quarantine"
"#;

    #[test]
    fn a_small_policy_is_enough() {
        let policy = Policy::parse("doppel.toml", GOOD).unwrap();
        let source = &policy.sources[policy.only_source().unwrap()];
        assert_eq!(source.slots, 12);
        assert_eq!(source.max_lifetime.to_string(), "7d");
        assert_eq!(policy.limits.setup.to_string(), "6h");
        assert!(policy.is_source_cluster("arn:aws:rds:eu-west-1:1:cluster:production"));
    }

    #[test]
    fn people_are_users_groups_and_names_of_the_command_line() {
        let more = r#"
users = ["U0ALICE", "S0SHOP"]
channels = ["C0SHOP"]
approval = { classes = ["db.r6g.large"], above_lifetime = "2d", approvers = ["S0LEADS", "cli/dora"] }
[people]
admins = ["S0PLATFORM"]
"#;
        let policy = Policy::parse("doppel.toml", &format!("{GOOD}{more}")).unwrap();
        assert_eq!(
            policy.user_groups().into_iter().collect::<Vec<_>>(),
            ["S0LEADS", "S0PLATFORM", "S0SHOP"]
        );
        let source = &policy.sources[policy.only_source().unwrap()];
        let rule = source.approval.as_ref().unwrap();
        assert_eq!(rule.within.to_string(), "4h");
        let needed =
            |class: &str, lifetime: &str| rule.needed_for(&class.parse().unwrap(), lifetime.parse().unwrap());
        assert_eq!(needed("db.t4g.medium", "2d"), None);
        assert_eq!(
            needed("db.r6g.large", "49h").as_deref(),
            Some("the class `db.r6g.large` and a lifetime of more than 2d")
        );
    }

    #[rstest::rstest]
    #[case("slots = 15", "slots")]
    #[case("clases = []", "unknown field")]
    #[case("fallback_classes = [\"big\"]", "`big` is no class")]
    #[case("max_lifetime = \"soon\"", "`soon` is no lifetime")]
    #[case("max_total_life = \"1d\"", "shorter than")]
    #[case("masking = { command = [\"mask\", \"{host}\"] }", "{host}")]
    #[case("masking = { command = [\"mask\"] }", "needs the task")]
    #[case("users = [\"@platform\"]", "`@platform` names nobody")]
    #[case("approval = { above_lifetime = \"2d\" }", "missing field `approvers`")]
    #[case(
        "approval = { approvers = [], above_lifetime = \"2d\" }",
        "nobody may approve"
    )]
    #[case("approval = { approvers = [\"U0BOB\"] }", "not what needs an approval")]
    #[case(
        "approval = { approvers = [\"U0BOB\"], classes = [\"db.r6g.huge\"] }",
        "cannot be asked for at all"
    )]
    #[case(
        "approval = { approvers = [\"U0BOB\"], above_lifetime = \"14d\" }",
        "no shorter than `max_total_life`"
    )]
    #[case(
        "approval = { approvers = [\"S0\"], above_lifetime = \"1d\", within = \"6d\" }",
        "longer than 6d"
    )]
    fn a_wrong_line_is_named_with_its_place(#[case] line: &str, #[case] said: &str) {
        let error = Policy::parse("doppel.toml", &format!("{GOOD}{line}\n")).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(error.line(), 13, "{error}");
    }
}
