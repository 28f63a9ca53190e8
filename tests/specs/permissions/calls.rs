//! What a call of AWS's API asks of IAM.

use local_aws::{Recorded, Subject};

use super::policy::Place;

/// One thing that IAM is asked: may this be done, to that, under these circumstances?
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) action: String,
    pub(crate) resource: String,
    context: Vec<(String, String)>,
}

impl Access {
    /// A resource that the record of calls does not tell: which function is invoked, which task is run.
    pub(crate) const ANYTHING: &str = "anything";

    pub(crate) fn new(action: &str, resource: &str) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.context.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn values(&self, key: &str) -> Vec<String> {
        let of_key = self.context.iter().filter(|(of, _)| of == key);
        of_key.map(|(_, value)| value.clone()).collect()
    }
}

/// Under which roles a caller of the embedded AWS runs in an account; none if it is no program of ours.
pub(crate) fn roles_of(principal: &str) -> Option<&'static [&'static str]> {
    Some(match principal {
        "lambda-clone" => &["clone"],
        "lambda-mask-command" => &["mask-command"],
        "lambda-resize" => &["resize"],
        "lambda-release" => &["release"],
        "lambda-sweep" => &["sweep"],
        "lambda-notify" => &["notify"],
        "gateway" => &["gateway"],
        "mask-worker" => &["mask-worker"],
        "query-worker" => &["query-worker"],
        "states" => &["clone-machine", "sweep-machine"],
        "events" => &["events"],
        "chatbot" => &["chatbot"],
        _ => return None,
    })
}

/// Everything that IAM is asked about a call, after AWS's service authorization reference.
pub(crate) fn accesses(call: &Recorded, place: &Place) -> Vec<Access> {
    match call.service.as_str() {
        "dynamodb" => items(call, place),
        "rds" => rds(call, place),
        "s3" => objects(call),
        "secretsmanager" => secrets(call, place),
        "states" => {
            let arn = call
                .subjects
                .iter()
                .find(|subject| subject.name.starts_with("arn:"));
            let arn = arn.map_or("*", |subject| &subject.name);
            vec![Access::new(&format!("states:{}", call.operation), arn)]
        }
        "sns" => {
            let topic = call.subjects.iter().find(|subject| subject.kind == "TopicArn");
            vec![Access::new("sns:Publish", topic.map_or("", |topic| &topic.name))]
        }
        "lambda" => vec![Access::new("lambda:InvokeFunction", Access::ANYTHING)],
        "ecs" => {
            let access = Access::new(&format!("ecs:{}", call.operation), Access::ANYTHING);
            vec![access.with("ecs:cluster", &place.arn("ecs", "cluster/doppel"))]
        }
        service => panic!("what does {} of {service} ask of IAM?", call.operation),
    }
}

fn items(call: &Recorded, place: &Place) -> Vec<Access> {
    if call.operation == "Scan" {
        return vec![Access::new("dynamodb:Scan", &place.table())];
    }
    assert!(!call.subjects.is_empty(), "{} is about an item", call.operation);
    let access = |item: &Subject| {
        Access::new(&format!("dynamodb:{}", item.kind), &place.table())
            .with("dynamodb:LeadingKeys", &item.name)
    };
    call.subjects.iter().map(access).collect()
}

fn objects(call: &Recorded) -> Vec<Access> {
    let named = |kind: &str| {
        let found = call.subjects.iter().find(|subject| subject.kind == kind);
        found.map_or("", |subject| &subject.name)
    };
    let bucket = format!("arn:aws:s3:::{}", named("bucket"));
    let action = match call.operation.as_str() {
        "ListObjectsV2" => {
            return vec![Access::new("s3:ListBucket", &bucket).with("s3:prefix", named("prefix"))];
        }
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        operation => operation,
    };
    vec![Access::new(
        &format!("s3:{action}"),
        &format!("{bucket}/{}", named("key")),
    )]
}

/// The tags that a request gives.
fn with_request_tags(mut access: Access, call: &Recorded) -> Access {
    for tag in call.subjects.iter().filter(|subject| subject.kind == "tag") {
        let (key, value) = tag.name.split_once('=').expect("a tag has a value");
        access = access.with(&format!("aws:RequestTag/{key}"), value);
    }
    access
}

/// The tag that everything has that doppel made: the clone's id, with which all of its names begin.
fn with_tag_of(access: Access, name: &str) -> Access {
    let id = name.strip_prefix("doppel/").unwrap_or(name);
    match id.starts_with("doppel-") {
        true => access.with("aws:ResourceTag/doppel:clone", id),
        false => access,
    }
}

fn secrets(call: &Recorded, place: &Place) -> Vec<Access> {
    let action = format!("secretsmanager:{}", call.operation);
    let named = call
        .subjects
        .iter()
        .find(|subject| matches!(subject.kind.as_str(), "SecretId" | "Name"));
    let Some(Subject { name, .. }) = named else {
        return vec![Access::new(&action, "*")];
    };
    let arn = place.arn("secretsmanager", &format!("secret:{name}-AbCdEf"));
    if call.operation == "CreateSecret" {
        let create = with_request_tags(Access::new(&action, &arn), call);
        let tag = Access {
            action: "secretsmanager:TagResource".into(),
            ..create.clone()
        };
        return vec![create, tag];
    }
    vec![with_tag_of(Access::new(&action, &arn), name)]
}

fn rds(call: &Recorded, place: &Place) -> Vec<Access> {
    let action = format!("rds:{}", call.operation);
    let named = |kind: &str| {
        call.subjects
            .iter()
            .find(|subject| subject.kind == kind)
            .map(|subject| subject.name.as_str())
    };
    let given = [
        ("DBClusterIdentifier", "cluster"),
        ("SourceDBClusterIdentifier", "cluster"),
        ("DBInstanceIdentifier", "db"),
        ("DBClusterParameterGroupName", "cluster-pg"),
        ("DBParameterGroupName", "pg"),
        ("DBSubnetGroupName", "subgrp"),
        ("ResourceArn", "cluster"),
    ];
    let mut about: Vec<(&str, &str)> = given
        .iter()
        .filter_map(|(field, kind)| Some((*kind, named(field)?)))
        .collect();
    // What the request does not name, and IAM is asked about all the same.
    about.extend(match call.operation.as_str() {
        "DescribeDBClusters" if about.is_empty() => vec![("cluster", "*")],
        "DescribeDBInstances" => vec![("db", "*")],
        "DescribeDBClusterSnapshots" => vec![("cluster", "*"), ("cluster-snapshot", "*")],
        "RestoreDBClusterToPointInTime" => vec![("og", "default:aurora-postgresql-16")],
        "CreateDBInstance" => vec![
            ("og", "default:aurora-postgresql-16"),
            ("pg", "default.aurora-postgresql16"),
            ("subgrp", "private"),
        ],
        "DeleteDBCluster" => vec![("cluster-snapshot", "doppel-final")],
        _ => Vec::new(),
    });
    if about.is_empty() || matches!(action.as_str(), "rds:DescribeOrderableDBInstanceOptions") {
        return vec![Access::new(&action, "*")];
    }
    let new = match call.operation.as_str() {
        "RestoreDBClusterToPointInTime" => named("DBClusterIdentifier").map(|id| ("cluster", id)),
        "CreateDBInstance" => named("DBInstanceIdentifier").map(|id| ("db", id)),
        _ => None,
    };
    let access = |(kind, id): (&str, &str)| {
        let access = with_request_tags(Access::new(&action, &place.rds(kind, id)), call);
        let name = id.rsplit(':').next().unwrap_or(id);
        if new == Some((kind, id)) {
            access
        } else {
            with_tag_of(access, name)
        }
    };
    let mut all: Vec<Access> = about.into_iter().map(access).collect();
    if let Some((kind, id)) = new {
        all.push(with_request_tags(
            Access::new("rds:AddTagsToResource", &place.rds(kind, id)),
            call,
        ));
    }
    all
}
