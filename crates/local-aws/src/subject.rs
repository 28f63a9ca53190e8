//! What a call is about, as far as it names it itself: what a policy of IAM could bind it to.

use bytes::Bytes;
use http::{Request, Uri};
use serde_json::Value;

/// Something that a call named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is to the call: the field's name; `tag`; or for an item of DynamoDB what is done to it, such as `PutItem`,
    /// also within a transaction.
    pub kind: String,
    /// Its identifier; `key=value` of a tag; an item's partition key.
    pub name: String,
}

impl Subject {
    fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// Fields of JSON that name what a call is about. Others may hold secrets.
const NAMES: [&str; 7] = [
    "SecretId",
    "Name",
    "stateMachineArn",
    "executionArn",
    "resourceArn",
    "secretArn",
    "taskDefinition",
];

/// Ends of the names of such fields in forms.
const ENDS: [&str; 5] = ["Identifier", "GroupName", "ProxyName", "ResourceArn", "TopicArn"];

/// What a request is about. `hash_key` knows the name of a table's partition key.
pub(crate) fn of(
    service: &str,
    operation: &str,
    request: &Request<Bytes>,
    hash_key: impl Fn(&str) -> Option<String>,
) -> Vec<Subject> {
    if matches!(service, "rds" | "sns") {
        return form(request.body());
    }
    if service == "s3" {
        return object(request.uri());
    }
    let Ok(body) = serde_json::from_slice::<Value>(request.body()) else {
        return Vec::new();
    };
    if service == "dynamodb" {
        return items(operation, &body, &hash_key);
    }
    let named = NAMES
        .iter()
        .filter_map(|name| Some(Subject::new(name, body[*name].as_str()?)));
    let tags = body["Tags"].as_array().into_iter().flatten();
    let tags = tags.filter_map(|tag| Some(tagged(tag["Key"].as_str()?, tag["Value"].as_str()?)));
    named.chain(tags).collect()
}

fn tagged(key: &str, value: &str) -> Subject {
    Subject::new("tag", &format!("{key}={value}"))
}

fn form(body: &[u8]) -> Vec<Subject> {
    let fields: Vec<_> = form_urlencoded::parse(body).collect();
    let value = |name: &str| {
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    };
    let tags = fields.iter().filter_map(|(field, key)| {
        let place = field
            .strip_suffix(".Key")
            .filter(|place| place.starts_with("Tags."))?;
        Some(tagged(key, value(&format!("{place}.Value"))?))
    });
    let named = fields
        .iter()
        .filter(|(field, _)| ENDS.iter().any(|end| field.ends_with(end)));
    let named = named.map(|(field, name)| Subject::new(field, name));
    named.chain(tags).collect()
}

/// Bucket, key and prefix of a path-style request.
fn object(uri: &Uri) -> Vec<Subject> {
    let path = uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let prefix = query.into_owned().find(|(name, _)| name == "prefix");
    let named = [
        ("bucket", bucket),
        ("key", key),
        ("prefix", prefix.as_ref().map_or("", |(_, prefix)| prefix)),
    ];
    let named = named.iter().filter(|(_, name)| !name.is_empty());
    named.map(|(kind, name)| Subject::new(kind, name)).collect()
}

fn items(operation: &str, body: &Value, hash_key: &impl Fn(&str) -> Option<String>) -> Vec<Subject> {
    let item = |operation: &str, request: &Value| {
        let key = hash_key(request["TableName"].as_str()?)?;
        let holder = if request["Key"].is_object() {
            &request["Key"]
        } else {
            &request["Item"]
        };
        Some(Subject::new(operation, holder[&key]["S"].as_str()?))
    };
    match body["TransactItems"].as_array() {
        None => item(operation, body).into_iter().collect(),
        Some(all) => {
            let writes = all.iter().filter_map(Value::as_object).flatten();
            writes
                .filter_map(|(kind, request)| item(&action(kind), request))
                .collect()
        }
    }
}

/// What a part of a transaction does, by the name of the call that does it alone.
fn action(kind: &str) -> String {
    match kind {
        "ConditionCheck" => "ConditionCheckItem".to_owned(),
        kind => format!("{kind}Item"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(service: &str, operation: &str, body: impl Into<Bytes>) -> Vec<(String, String)> {
        let request = Request::new(body.into());
        let of = of(service, operation, &request, |_| Some("id".into()));
        of.into_iter()
            .map(|subject| (subject.kind, subject.name))
            .collect()
    }

    fn is(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter()
            .map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned()))
            .collect()
    }

    #[test]
    fn a_restore_names_both_clusters_its_groups_and_its_tags_and_no_password_is_named() {
        let body = "Action=RestoreDBClusterToPointInTime&DBClusterIdentifier=b&SourceDBClusterIdentifier=a&DBSubnetGroupName=g\
            &MasterUserPassword=hunter2&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v";
        let wanted = [
            ("DBClusterIdentifier", "b"),
            ("SourceDBClusterIdentifier", "a"),
            ("DBSubnetGroupName", "g"),
            ("tag", "k=v"),
        ];
        assert_eq!(told("rds", "RestoreDBClusterToPointInTime", body), is(&wanted));
    }

    #[test]
    fn a_transaction_names_each_item() {
        let body = json!({"TransactItems": [
            {"Put": {"TableName": "t", "Item": {"id": {"S": "a"}, "x": {"S": "y"}}}},
            {"Update": {"TableName": "t", "Key": {"id": {"S": "b"}}}},
        ]});
        let wanted = [("PutItem", "a"), ("UpdateItem", "b")];
        assert_eq!(
            told("dynamodb", "TransactWriteItems", body.to_string()),
            is(&wanted)
        );
    }

    #[test]
    fn a_secret_is_named_and_not_told() {
        let body = json!({"Name": "s", "SecretString": "hunter2", "Tags": [{"Key": "k", "Value": "v"}]});
        let told = told("secretsmanager", "CreateSecret", body.to_string());
        assert_eq!(told, is(&[("Name", "s"), ("tag", "k=v")]));
    }
}
