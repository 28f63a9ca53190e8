//! As much of IAM as the policies use.

use std::path::Path;

use regex::Regex;
use serde_json::Value;

use super::calls::Access;

/// An account and a Region.
pub(crate) struct Place {
    region: String,
    account: String,
}

impl Place {
    pub(crate) fn somewhere() -> Self {
        Self {
            region: "eu-west-1".into(),
            account: "123456789012".into(),
        }
    }

    /// Where that is.
    pub(crate) fn of(arn: &str) -> Self {
        let mut parts = arn.split(':').skip(3).map(ToOwned::to_owned);
        Self {
            region: parts.next().expect("an ARN has a Region"),
            account: parts.next().expect("an ARN has an account"),
        }
    }

    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    pub(crate) fn rds(&self, kind: &str, id: &str) -> String {
        if id.starts_with("arn:") {
            return id.to_owned();
        }
        self.arn("rds", &format!("{kind}:{id}"))
    }

    pub(crate) fn table(&self) -> String {
        self.arn("dynamodb", "table/doppel-clones")
    }

    /// What Terraform puts in place of a list.
    fn list(&self, name: &str) -> Vec<String> {
        match name {
            "export_patterns" => vec!["batch/*".into()],
            "export_bucket_arns" => vec!["arn:aws:s3:::results".into()],
            "export_target_arns" => vec!["arn:aws:s3:::results/batch/*".into()],
            "export_script_arns" => vec!["arn:aws:s3:::results/scripts/*".into()],
            "source_cluster_arns" => vec![self.rds("cluster", "production")],
            "shared_cluster_arns" => vec!["arn:aws:rds:eu-west-1:210987654321:cluster:production".into()],
            "proxy_any" | "registry_any" => vec!["*".into()],
            "proxy_arns" => vec![self.rds("db-proxy", "*")],
            "proxy_target_arns" => vec![self.rds("target-group", "*")],
            "proxy_and_target_arns" => vec![self.rds("db-proxy", "*"), self.rds("target-group", "*")],
            name => vec![format!("arn:{name}")],
        }
    }

    fn fill(&self, text: &str) -> String {
        let lists = Regex::new(r"\$\{jsonencode\((\w+)\)\}").expect("a good pattern");
        let text = lists.replace_all(text, |found: &regex::Captures<'_>| {
            serde_json::to_string(&self.list(&found[1])).expect("a list of text")
        });
        let values = [
            ("$${", "$ {"),
            ("${partition}", "aws"),
            ("${region}", &self.region),
            ("${account}", &self.account),
            ("${name}", "doppel"),
            ("${bucket}", "config"),
            ("${secrets_key_arn}", "arn:key"),
        ];
        let filled = values.iter().fold(text.into_owned(), |text, (place, value)| {
            text.replace(place, value)
        });
        assert!(!filled.contains("${"), "a place is not filled: {filled}");
        filled
    }
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) is_allow: bool,
    pub(crate) actions: Vec<String>,
    /// What it is about; or, of a `NotResource`, what it is not about.
    pub(crate) resources: Vec<String>,
    is_about_others: bool,
    /// Operator, key, values.
    conditions: Vec<(String, String, Vec<String>)>,
}

/// The statements of `infra/policies/<name>.json`.
pub(crate) fn role(place: &Place, name: &str) -> Vec<Statement> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../infra/policies/{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let document: Value = serde_json::from_str(&place.fill(&text)).expect("a policy is JSON");
    let statements = document["Statement"].as_array().expect("a policy has statements");
    statements.iter().map(read).collect()
}

fn read(statement: &Value) -> Statement {
    assert!(statement["Why"].is_string(), "a statement says why: {statement}");
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let conditions = conditions.flat_map(|(operator, keys)| {
        let keys = keys.as_object().expect("a condition has keys").iter();
        keys.map(|(key, values)| (operator.clone(), key.clone(), texts(values)))
    });
    Statement {
        sid: texts(&statement["Sid"]).remove(0),
        is_allow: statement["Effect"] == "Allow",
        actions: texts(&statement["Action"]),
        is_about_others: !statement["NotResource"].is_null(),
        resources: [texts(&statement["Resource"]), texts(&statement["NotResource"])].concat(),
        conditions: conditions.collect(),
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

impl Statement {
    pub(crate) fn allows(&self, access: &Access) -> bool {
        self.is_allow && self.speaks_of(access)
    }

    pub(crate) fn denies(&self, access: &Access) -> bool {
        !self.is_allow && self.speaks_of(access)
    }

    /// Whether it holds only where this key is as it says.
    pub(crate) fn needs(&self, key: &str) -> bool {
        self.conditions.iter().any(|(_, of, _)| of == key)
    }

    fn speaks_of(&self, access: &Access) -> bool {
        let named = self
            .resources
            .iter()
            .any(|pattern| like(pattern, &access.resource));
        self.actions.contains(&access.action)
            && (access.resource == Access::ANYTHING || named != self.is_about_others)
            && self
                .conditions
                .iter()
                .all(|(operator, key, values)| holds(operator, values, &access.values(key)))
    }
}

fn holds(operator: &str, wanted: &[String], given: &[String]) -> bool {
    let any = |given: &String| wanted.iter().any(|wanted| like(wanted, given));
    match operator {
        "StringEquals" => !given.is_empty() && given.iter().all(|given| wanted.contains(given)),
        "StringLike" | "ArnEquals" => !given.is_empty() && given.iter().all(any),
        "ForAllValues:StringLike" => given.iter().all(any),
        operator => panic!("what does {operator} mean?"),
    }
}

/// `*` stands for any characters.
fn like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    text.strip_prefix(head).is_some_and(|text| {
        let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        ends.any(|at| like(rest, &text[at..]))
    })
}
